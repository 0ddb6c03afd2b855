"""Which real rows may choose."""

from __future__ import annotations

import numpy as np
import pytest

import assay
from assay.core.errors import MissingDependencyError, UsageError
from assay.mending import selection as module
from assay.mending.selection import selection


def of(real, made, **options):
    told: list[str] = []
    given = {"unseen": False, "with_": None, "settings": None, "seed": 0, **options}
    return *selection(real, made, tell=told.append, **given), told


@pytest.fixture
def real(make_dataset):
    return assay.load(make_dataset(200, 1).table, target="default")


def test_a_generator_is_fitted_anew_as_its_rows_were_asked_for(real):
    made = assay.generate(real, with_="marginals", n=150, where="age > 60", balance="default", seed=3)
    refit, how, _ = of(real, made)
    assert how == "refitted"
    rows = refit(real.take(np.arange(150)), 100, 0)
    assert rows.numbers("age").min() > 60
    assert abs(float(rows.numbers("default").mean()) - 0.5) <= 0.01
    assert rows.table.equals(refit(real.take(np.arange(150)), 100, 0).table)


def test_rows_of_a_saved_generator_are_of_a_fit_with_another_seed(real, tmp_path):
    assay.generate(real, with_="marginals", n=10, seed=3, save=tmp_path / "kept")
    made = assay.generate(load=tmp_path / "kept", n=150, seed=5)
    refit, how, _ = of(real, made)
    assert (how, len(refit(real, 30, 1))) == ("refitted", 30)


def test_a_generator_that_is_not_installed_here_leaves_the_rows_shared(real, monkeypatch):
    made = assay.generate(real, with_="marginals", n=150)

    def get(kind, name):
        raise MissingDependencyError("The generator 'marginals'", "torch", "neural")

    monkeypatch.setattr(module, "get", get)
    refit, how, told = of(real, made)
    assert (refit, how) == (None, "shared")
    assert told[0].startswith("the generator cannot be fitted anew here: The generator 'marginals'")
    with pytest.raises(MissingDependencyError):
        of(real, made, with_="marginals")


def test_what_is_said_must_not_contradict_the_lineage(real):
    made = assay.generate(real, with_="marginals", n=150)
    with pytest.raises(UsageError, match="its lineage names these rows"):
        of(real, made, unseen=True)
    with pytest.raises(UsageError, match="settings without with_"):
        of(real, made, settings={"text": "null"})
    assert of(real, assay.load(made.table, target="default"))[:2] == (None, "shared")


def test_what_is_said_must_be_a_name_and_a_mapping(real):
    made = assay.load(real.table, target="default")
    with pytest.raises(UsageError, match=r"settings must be a mapping of names to values. Got \['a=1'\]. For example"):
        of(real, made, with_="marginals", settings=["a=1"])
    for with_ in (3, ["marginals"]):
        with pytest.raises(UsageError, match=r"with_ must be the name of a generator. Got .*\. For example"):
            of(real, made, with_=with_)
