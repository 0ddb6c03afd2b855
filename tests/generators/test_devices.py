"""The neural generators on a GPU, where there is one: equal rows from equal seeds, drawn elsewhere, conditions, a budget."""

import pytest

pytest.importorskip("torch")

import torch

from assay.core.registry import get
from assay.testing.contracts import mixed_table
from assay.verbs.generate import generate

NAMES = ("autoregressive", "diffusion", "gan", "vae")
SMALL = {"epochs": 2, "batch": 128, "width": 16, "blocks": 1}
pytestmark = pytest.mark.skipif(not torch.cuda.is_available(), reason="there is no GPU here")


@pytest.mark.parametrize("name", NAMES)
def test_equal_seeds_give_equal_rows_on_a_gpu(name):
    real = mixed_table(600)
    drawn = [get("generator", name)(**SMALL, device="cuda").fit(real, seed=1).sample(200, seed=2) for _ in range(2)]
    assert drawn[0].sha256 == drawn[1].sha256
    assert drawn[0].table.schema.equals(real.table.schema)


@pytest.mark.parametrize("name", NAMES)
def test_what_was_fitted_on_a_gpu_draws_on_a_cpu_too(tmp_path, name):
    generate(mixed_table(600), with_=name, n=50, settings=SMALL, device="cuda", seed=1, save=tmp_path)
    there, here = (generate(n=200, load=tmp_path, device=device, seed=2) for device in ("cuda", "cpu"))
    assert there.lineage.parameters["device"] == "cuda"
    assert here.lineage.parameters["device"] == "cpu"
    assert here.sha256 == generate(n=200, load=tmp_path, seed=2).sha256


@pytest.mark.parametrize("name", NAMES)
def test_conditions_are_met_on_a_gpu(name):
    drawn = generate(mixed_table(600), with_=name, n=40, settings=SMALL, device="cuda", seed=1, where="age > 40")
    assert (drawn.numbers("age") > 40).all()


def test_a_private_fit_runs_on_a_gpu():
    pytest.importorskip("opacus")
    settings = {**SMALL, "epsilon": 8.0}
    drawn = generate(mixed_table(600), with_="autoregressive", n=50, settings=settings, device="cuda", seed=2**200 + 1)
    assert len(drawn) == 50
