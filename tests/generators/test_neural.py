"""The neural generators: the contract, conditions, what is determined, resuming, likelihoods, refusals."""

import json
import sys

import numpy as np
import pyarrow as pa
import pytest

pytest.importorskip("torch")

from assay.core.errors import InputError, MissingDependencyError, UsageError
from assay.core.registry import get
from assay.data.where import parse
from assay.generators import _neural
from assay.nets import train
from assay.testing.contracts import GeneratorContract, _dataset, mixed_table

NAMES = ("autoregressive", "diffusion", "gan", "vae")
SMALL = {"epochs": 2, "batch": 128, "width": 16, "blocks": 1}


def make(name, **settings):
    return get("generator", name)(**{**SMALL, **settings})


@pytest.mark.parametrize("name", NAMES)
class TestContract(GeneratorContract):
    @pytest.fixture(autouse=True)
    def _named(self, name):
        self.name = name

    def make(self):
        return make(self.name)


def dependent(rows=3000):
    """`y` follows `c`, `d` is determined by `c`, `x` lies around 3 where `c` is 'a', which is 5% of the rows."""
    rng = np.random.default_rng(3)
    level = rng.choice(["a", "b", "c"], rows, p=[0.05, 0.45, 0.5])
    y = rng.random(rows) < np.where(level == "a", 0.9, 0.1)
    columns = {
        "x": ("numeric", pa.array(rng.normal(np.where(level == "a", 3.0, 0.0)))),
        "c": ("categorical", pa.array(level)),
        "d": ("categorical", pa.array(np.char.add("of ", level))),
        "y": ("boolean", pa.array(y)),
    }
    return _dataset(columns)


LEARNED = {"vae": {"epochs": 60}, "gan": {"epochs": 60, "rate": 0.002}, "diffusion": {"epochs": 60, "rate": 0.003}}


@pytest.fixture(scope="module", params=NAMES)
def learned(request):
    settings = {"epochs": 12, "width": 32, **LEARNED.get(request.param, {})}
    return make(request.param, **settings).fit(dependent(), seed=0)


def test_dependence_is_learned(learned):
    drawn = learned.sample(4000, seed=1)
    rare = drawn.table["c"].to_numpy() == "a"
    assert 0.015 < rare.mean() < 0.12
    assert drawn.numbers("y")[rare].mean() > 0.5 > 0.3 > drawn.numbers("y")[~rare].mean()
    assert drawn.numbers("x")[rare].mean() > 1.2


def test_what_is_determined_stays_so(learned):
    drawn = learned.sample(500, seed=2).table
    assert all(d == f"of {c}" for c, d in zip(drawn["c"].to_pylist(), drawn["d"].to_pylist(), strict=True))


@pytest.mark.parametrize("text", ["c = a", "d = 'of a'", "x > 2.5 and y = true"])
def test_conditions_are_met_and_the_rest_follows(learned, text):
    condition = parse(text, learned.schema_)
    drawn = learned.sample_where(300, condition, seed=1)
    assert len(drawn) == 300
    assert condition.mask(drawn).all()
    assert drawn.numbers("x").mean() > 1.2
    assert drawn.numbers("y").mean() > 0.5


def test_a_condition_that_nothing_meets_is_refused(learned):
    with pytest.raises(InputError, match="No row can meet"):
        learned.sample_where(5, parse("c = a and d = 'of b'", learned.schema_), seed=1)


def test_levels_can_be_balanced(learned):
    drawn = learned.sample_balanced(90, "d", seed=4)
    assert {drawn.table["d"].value_counts().to_pylist()[at]["counts"] for at in range(3)} == {30}


@pytest.mark.parametrize("name", NAMES)
def test_a_fit_that_was_killed_goes_on_with_the_same_samples(name, tmp_path, monkeypatch):
    real = mixed_table(300)
    expected = make(name, epochs=4).fit(real, seed=5).sample(50, seed=1)
    monkeypatch.setattr(train, "EVERY_SECONDS", 0.0)
    update, taken = train._Run.update, []

    def killed(self, *given):
        if self.step == 5:
            raise KeyboardInterrupt
        update(self, *given)

    monkeypatch.setattr(train._Run, "update", killed)
    with pytest.raises(KeyboardInterrupt):
        make(name, epochs=4).fit(real, seed=5, checkpoint=tmp_path / "training")

    def counted(self, *given):
        taken.append(self.step)
        update(self, *given)

    monkeypatch.setattr(train._Run, "update", counted)
    again = make(name, epochs=4).fit(real, seed=5, checkpoint=tmp_path / "training")
    assert taken[0] == 5
    assert again.sample(50, seed=1).sha256 == expected.sha256


@pytest.mark.parametrize("name", NAMES)
def test_what_is_saved_is_json_npz_arrow_and_safetensors_with_curves(name, tmp_path):
    make(name).fit(mixed_table(200), seed=0).save(tmp_path)
    assert {path.name for path in tmp_path.iterdir()} == {"generator.json", "arrays.npz", "values.arrow", "weights.safetensors"}
    curves = json.loads((tmp_path / "generator.json").read_bytes())["notes"]["curves"]
    assert [point["epoch"] for point in curves] == [0.0, 1.0]
    assert all("validation" in point for point in curves)


def test_weights_that_were_changed_are_not_loaded(tmp_path):
    make("vae").fit(mixed_table(200), seed=0).save(tmp_path)
    data = bytearray((tmp_path / "weights.safetensors").read_bytes())
    data[-1] ^= 1
    (tmp_path / "weights.safetensors").write_bytes(bytes(data))
    with pytest.raises(InputError, match="digest differs"):
        get("generator", "vae").load(tmp_path)


@pytest.mark.parametrize("name", NAMES)
def test_one_row_and_one_level_tables(name):
    for rows in (1, 3):
        real = _dataset({"a": ("categorical", pa.array(["x"] * rows)), "b": ("numeric", pa.array(np.arange(rows) * 1.5))})
        drawn = make(name).fit(real, seed=0).sample(7, seed=1)
        assert set(drawn.table["a"].to_pylist()) == {"x"}


@pytest.mark.parametrize("name", NAMES)
def test_one_column_of_numbers_keeps_its_distribution(name):
    real = _dataset({"x": ("numeric", pa.array(np.random.default_rng(0).lognormal(size=500)))})
    drawn = make(name).fit(real, seed=0).sample(2000, seed=1).numbers("x")
    assert len(np.unique(drawn)) > 400
    assert np.abs(np.searchsorted(np.sort(real.numbers("x")), np.sort(drawn)) / 500 - np.linspace(0, 1, 2000)).max() < 0.3


@pytest.mark.parametrize("name", NAMES)
def test_a_training_too_large_for_the_memory_is_refused_before_it_begins(name, monkeypatch):
    monkeypatch.setattr(_neural, "available", lambda: 1000)
    with pytest.raises(InputError, match="GiB are free"):
        make(name).fit(mixed_table(100), seed=0)


def test_what_a_chain_of_many_columns_keeps_is_counted_column_by_column():
    def estimate(columns, batch):
        rng = np.random.default_rng(0)
        real = _dataset({f"b{at}": ("boolean", pa.array(rng.random(64) < 0.5)) for at in range(columns)})
        return make("autoregressive", epochs=1, batch=batch).fit(real, seed=0).memory()

    few, many = (estimate(columns, 64) - estimate(columns, 32) for columns in (5, 40))
    assert many == 8 * few  # what half of a batch keeps


def test_a_device_that_is_not_there_is_refused():
    with pytest.raises(UsageError, match="device must be one of those here"):
        make("vae", device="cuda:77").fit(mixed_table(100), seed=0)
    with pytest.raises(UsageError, match="device must be 'cpu'"):
        make("vae", device="abacus").fit(mixed_table(100), seed=0)


def test_rows_of_an_entity_are_held_out_together():
    rng = np.random.default_rng(0)
    real = _dataset({"who": ("id", pa.array(np.repeat(np.arange(200), 5))), "x": ("numeric", pa.array(rng.normal(size=1000)))})
    schema = real.schema.__class__(real.schema.columns, entity="who")
    generator = make("autoregressive")
    generator._entities, generator.rows_ = np.repeat(np.arange(200), 5), 1000
    held = generator._held_out(rng)
    assert 80 <= held.sum() <= 120
    assert (held.reshape(200, 5).all(axis=1) | ~held.reshape(200, 5).any(axis=1)).all()
    assert generator.fit(real.with_schema(schema), seed=0).sample(20, seed=0).table.num_rows == 20


def test_the_log_likelihood_is_that_of_the_chain():
    rng = np.random.default_rng(0)
    a = rng.integers(0, 2, 4000)
    b = np.where(rng.random(4000) < 0.9, a, 1 - a)
    real = _dataset({"a": ("boolean", pa.array(a == 1)), "b": ("boolean", pa.array(b == 1))})
    generator = make("autoregressive", epochs=30, width=32).fit(real, seed=0)
    found = generator.log_likelihood(real)
    expected = np.log(np.where(a == b, 0.45, 0.05))
    np.testing.assert_allclose(found, expected, atol=0.15)
    level = _dataset({"a": ("boolean", pa.array([True])), "b": ("boolean", pa.array([None], pa.bool_()))})
    assert generator.log_likelihood(level) == -np.inf


def test_the_likelihood_of_the_vae_is_a_close_lower_bound():
    rng = np.random.default_rng(0)
    a = rng.integers(0, 2, 4000)
    b = np.where(rng.random(4000) < 0.9, a, 1 - a)
    real = _dataset({"a": ("boolean", pa.array(a == 1)), "b": ("boolean", pa.array(b == 1))})
    generator = make("vae", epochs=30, width=32, latent=2, components=8).fit(real, seed=0)
    cells = _dataset({"a": ("boolean", pa.array([False, False, True, True])), "b": ("boolean", pa.array([False, True] * 2))})
    cells = cells.take(np.tile(np.arange(4), 250))
    found = generator.log_likelihood(cells)
    drawn = generator.sample(40_000, seed=1).table.to_pydict()
    shares = np.bincount(2 * np.array(drawn["a"]) + np.array(drawn["b"]), minlength=4) / 40_000
    np.testing.assert_allclose(np.exp(found).reshape(250, 4).mean(axis=0), shares, atol=0.02)  # unbiased for the probability
    assert (found.reshape(250, 4).mean(axis=0) <= np.log(shares) + 0.05).all()  # so below it on the logarithm's scale
    assert generator.log_likelihood(cells).tolist() == found.tolist()


def test_without_torch_the_error_says_what_to_install(monkeypatch):
    for name in [name for name in sys.modules if name.partition(".")[0] == "torch" or name.startswith("assay.nets")]:
        monkeypatch.delitem(sys.modules, name)
    for name in ("assay.generators._neural", "assay.generators.vae"):
        monkeypatch.delitem(sys.modules, name, raising=False)
    monkeypatch.setitem(sys.modules, "torch", None)
    with pytest.raises(MissingDependencyError, match=r"needs torch. Install it with: pip install -e '.\[neural\]'"):
        get.__wrapped__("generator", "vae")
