"""Somebody else's generator: its types are put right, its lineage stamped, the world's random streams left alone."""

import random

import numpy as np
import pandas as pd
import polars as pl
import pytest

from assay.core.errors import InputError, NotFittedError, UsageError
from assay.generators import Wrapped
from assay.testing.contracts import mixed_table


class Resampled:
    """Resamples rows from numpy's global stream, and forgets types."""

    def fit(self, frame):
        self.frame = frame

    def sample(self, num_rows):
        drawn = self.frame.iloc[np.random.randint(0, len(self.frame), num_rows)].reset_index(drop=True)  # noqa: NPY002
        return drawn.assign(age=drawn["age"].astype(float))


class Seeded(Resampled):
    def sample(self, n, seed):
        return pl.from_pandas(self.frame.iloc[np.random.default_rng(seed).integers(0, len(self.frame), n)])


@pytest.mark.parametrize("model", [Resampled, Seeded])
def test_rows_have_the_real_types_and_the_same_seed_gives_the_same_rows(model):
    real = mixed_table(120)
    generator = Wrapped(model()).fit(real, seed=0)
    made = generator.sample(50, seed=3)
    assert made.table.schema.equals(real.table.schema)
    assert made.sha256 == generator.sample(50, seed=3).sha256 != generator.sample(50, seed=4).sha256
    assert (made.lineage.generator, made.lineage.parents, made.lineage.depth) == (model.__name__, (real.sha256,), 1)
    assert Wrapped(model(), name="theirs").fit(made).sample(9, seed=0).lineage.depth == 2


def test_the_global_streams_stay_as_they_were():
    generator = Wrapped(Resampled()).fit(mixed_table(60))
    np.random.seed(1)  # noqa: NPY002
    random.seed(1)
    expected = random.random(), np.random.random()  # noqa: NPY002
    np.random.seed(1)  # noqa: NPY002
    random.seed(1)
    generator.sample(20, seed=7)
    assert (random.random(), np.random.random()) == expected  # noqa: NPY002


def test_what_is_no_generator_is_refused(tmp_path):
    with pytest.raises(UsageError, match="without sample"):
        Wrapped(type("Half", (), {"fit": lambda self, frame: None})()).fit(mixed_table(30))
    with pytest.raises(UsageError, match="'pandas' or 'arrow'"):
        Wrapped(Resampled(), frame="list").fit(mixed_table(30))
    with pytest.raises(NotFittedError):
        Wrapped(Resampled()).sample(5, seed=0)
    with pytest.raises(UsageError, match="its own means"):
        Wrapped(Resampled()).fit(mixed_table(30)).save(tmp_path)


def test_rows_of_other_columns_or_another_number_are_refused():
    class Odd(Resampled):
        def sample(self, n):
            return pd.DataFrame({"x": range(n)})

    class Few(Resampled):
        def sample(self, n):
            return self.frame.head(2)

    with pytest.raises(InputError):
        Wrapped(Odd()).fit(mixed_table(30)).sample(5, seed=0)
    with pytest.raises(InputError, match="gave 2 rows"):
        Wrapped(Few()).fit(mixed_table(30)).sample(5, seed=0)
