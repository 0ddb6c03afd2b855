"""What each generator keeps and what it loses, against closed forms."""

import numpy as np
import pyarrow as pa
import pytest
from scipy.stats import ks_2samp, multivariate_normal

from assay.core.registry import get
from assay.generators._latent import Bounds, correlation
from assay.generators.gaussian_copula import GaussianCopula
from assay.generators.tree_chain import TreeChain
from assay.testing.contracts import _dataset


def gaussian(rows=6000, rho=0.7, seed=0):
    """Two numbers of correlation `rho`, a zero-heavy one, three levels cut from a third, and nulls where the first is large."""
    rng = np.random.default_rng(seed)
    z = rng.multivariate_normal(np.zeros(3), [[1, rho, 0.6], [rho, 1, 0.4], [0.6, 0.4, 1]], rows)
    level = np.array(["low", "mid", "high"])[np.digitize(z[:, 2], [-0.5, 1.0])]
    return _dataset(
        {
            "x": ("numeric", pa.array(np.exp(z[:, 0]))),
            "heap": ("numeric", pa.array(np.where(z[:, 1] < 0.5, 0.0, z[:, 1]))),
            "c": ("categorical", pa.array(level)),
            "w": ("numeric", pa.array(np.round(z[:, 1] * 50).astype(np.int64), mask=z[:, 0] > 1)),
        }
    )


@pytest.mark.parametrize("name", ["marginals", "bootstrap_rows", "gaussian_copula", "tree_chain"])
def test_every_marginal_is_kept(name):
    real = gaussian()
    drawn = get("generator", name)().fit(real, seed=0).sample(6000, seed=1)
    for column in ("x", "heap", "w"):
        ours, theirs = (data.numbers(column) for data in (drawn, real))
        assert ks_2samp(ours[~np.isnan(ours)], theirs[~np.isnan(theirs)], method="asymp").statistic < 0.035, column
        assert abs(np.isnan(ours).mean() - np.isnan(theirs).mean()) < 0.025
    for level in ("low", "mid", "high"):
        shares = [np.mean(np.array(data.table.column("c").to_pylist()) == level) for data in (drawn, real)]
        assert abs(shares[0] - shares[1]) < 0.03
    assert (drawn.numbers("heap") == 0).mean() == pytest.approx(0.69, abs=0.03)


@pytest.mark.parametrize(("name", "tolerance"), [("gaussian_copula", 0.04), ("tree_chain", 0.06), ("bootstrap_rows", 0.03)])
def test_dependence_is_kept(name, tolerance):
    real = gaussian()
    drawn = get("generator", name)().fit(real, seed=0).sample(6000, seed=1)

    def facts(data):
        x, heap, w = (data.numbers(column) for column in ("x", "heap", "w"))
        high = np.array(data.table.column("c").to_pylist()) == "high"
        present = ~np.isnan(w)
        log = np.log(x)
        pairs = ((log, heap), (log, high), (log[present], w[present]))
        return np.array([*(np.corrcoef(*pair)[0, 1] for pair in pairs), np.quantile(x[~present], 0.05) > 2.5])

    kept = np.abs(facts(drawn) - facts(real))
    assert (kept[:3] < tolerance).all(), kept
    assert name == "gaussian_copula" or kept[3] == 0


def test_marginals_lose_all_dependence():
    drawn = get("generator", "marginals")().fit(gaussian(), seed=0).sample(6000, seed=1)
    assert abs(np.corrcoef(np.log(drawn.numbers("x")), drawn.numbers("heap"))[0, 1]) < 0.04


def test_bootstrap_copies_every_row_and_tree_chain_none():
    real = gaussian(1500)
    rows = set(map(tuple, real.table.select(["x", "heap", "c", "w"]).to_pandas().fillna(-1).itertuples(index=False)))

    def copied(name):
        drawn = get("generator", name)().fit(real, seed=0).sample(1500, seed=1)
        return np.mean([tuple(row) in rows for row in drawn.table.to_pandas().fillna(-1).itertuples(index=False)])

    assert copied("bootstrap_rows") == 1.0
    assert copied("tree_chain") < 0.01
    assert copied("gaussian_copula") < 0.01


@pytest.mark.parametrize("rho", [-0.6, 0.0, 0.8])
def test_the_latent_correlation_is_found_through_coarse_cuts(rho):
    rng = np.random.default_rng(1)
    z = multivariate_normal([0, 0], [[1, rho], [rho, 1]]).rvs(5000, random_state=rng)
    cuts = np.array([0.0, 0.5, 0.8, 1.0])
    bounds = []
    for column in z.T:
        state = np.searchsorted(np.quantile(column, cuts[1:-1]), column)
        bounds.append(Bounds(cuts[state], cuts[state + 1]))
    found = correlation(bounds, 40, rng)
    assert found[0, 1] == pytest.approx(rho, abs=0.05)
    assert np.linalg.eigvalsh(found).min() > 0


def test_a_copula_of_copied_columns_is_positive_definite():
    x = np.random.default_rng(0).normal(size=300)
    real = _dataset({name: ("numeric", pa.array(x if name != "z" else -x)) for name in "xyz"})
    generator = GaussianCopula().fit(real, seed=0)
    assert np.linalg.eigvalsh(generator.correlation_).min() > 0
    drawn = generator.sample(500, seed=1)
    assert np.corrcoef(drawn.numbers("x"), drawn.numbers("z"))[0, 1] < -0.97


def test_tree_chain_keeps_an_interaction_that_a_copula_cannot_see():
    rng = np.random.default_rng(0)
    x, flag = rng.normal(size=4000), rng.random(4000) < 0.5
    real = _dataset(
        {
            "x": ("numeric", pa.array(x)),
            "s": ("boolean", pa.array(flag)),
            "y": ("numeric", pa.array(np.where(flag, x, -x) + rng.normal(0, 0.1, 4000))),
        }
    )
    for name, low, high in (("tree_chain", 0.75, 1.0), ("gaussian_copula", -0.2, 0.2)):
        drawn = get("generator", name)().fit(real, seed=0).sample(4000, seed=1)
        held = drawn.numbers("s") == 1
        assert low <= np.corrcoef(drawn.numbers("x")[held], drawn.numbers("y")[held])[0, 1] <= high


def test_tree_chain_orders_columns_by_levels():
    rng = np.random.default_rng(0)
    columns = {
        "many": ("categorical", pa.array(rng.integers(0, 400, 1000).astype(str))),
        "few": ("numeric", pa.array(rng.integers(0, 9, 1000))),
        "unique": ("numeric", pa.array(rng.random(1000))),
        "two": ("boolean", pa.array(rng.random(1000) < 0.5)),
    }
    assert TreeChain(trees=1).fit(_dataset(columns), seed=0).order_ == ("two", "few", "many", "unique")
    assert TreeChain(trees=1, first=("many",)).fit(_dataset(columns), seed=0).order_ == ("many", "two", "few", "unique")


@pytest.mark.parametrize("name", ["marginals", "bootstrap_rows", "gaussian_copula", "tree_chain"])
def test_many_levels_stay_in_bounded_memory(name):
    import tracemalloc

    rng = np.random.default_rng(0)
    rows = 60_000
    real = _dataset(
        {
            "unique": ("categorical", pa.array([f"level {row}" for row in range(rows)])),
            "many": ("categorical", pa.array(rng.integers(0, 20_000, rows).astype(str))),
            "x": ("numeric", pa.array(rng.integers(0, 9, rows))),
        }
    )
    settings = {"trees": 2, "rows": 20_000} if name == "tree_chain" else {}
    tracemalloc.start()
    drawn = get("generator", name)(**settings).fit(real, seed=0).sample(1000, seed=1)
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert len(drawn) == 1000
    assert peak < 200e6
