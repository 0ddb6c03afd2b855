from __future__ import annotations

import numpy as np
import pytest
from scipy.stats import hypergeom

from assay.stats.fisher import fewer, more


@pytest.mark.parametrize("seed", range(40))
def test_both_tails_are_hypergeometric(seed: int) -> None:
    rng = np.random.default_rng(seed)
    n1, n2 = int(rng.integers(1, 3000)), int(rng.integers(1, 20_000))
    share = rng.random() ** 3
    k1, k2 = int(rng.binomial(n1, share * rng.choice([0.3, 1.0]))), int(rng.binomial(n2, share))
    law = hypergeom(n1 + n2, k1 + k2, n1)
    assert fewer(k1, n1, k2, n2) == pytest.approx(law.cdf(k1), abs=1e-8)
    assert more(k1, n1, k2, n2) == pytest.approx(law.sf(k1 - 1), abs=1e-8)


def test_no_hit_is_a_product() -> None:
    assert fewer(0, 3, 4, 7) == pytest.approx(6 / 10 * 5 / 9 * 4 / 8)


def test_arrays_and_effective_counts() -> None:
    chances = fewer(np.array([0, 2]), 10, np.array([3.5, 4.0]), 40.0)
    assert chances[0] < fewer(0, 10, 3, 40)
    assert chances[1] == pytest.approx(fewer(2, 10, 4, 40))
