"""The chain under a privacy budget: the contract, what reaches files and rows, refusals, learning."""

import io
import json
import tomllib
from pathlib import Path

import numpy as np
import pyarrow as pa
import pytest

pytest.importorskip("torch")
pytest.importorskip("opacus")

from assay.core.errors import InputError, InputErrors, MissingDependencyError, UsageError
from assay.core.registry import get
from assay.data.where import parse
from assay.generators import _private
from assay.generators._declared import declared
from assay.generators._private_budget import Budget
from assay.generators._private_domain import Domain
from assay.nets import train
from assay.testing.contracts import GeneratorContract, _dataset, mixed_table
from assay.verbs.generate import generate

SMALL = {"epochs": 2, "batch": 64, "width": 8}
SECRET = 0x5EED_0F_A1_07_0F_DEAD_BEEF_CAFE_F00D


def make(**settings):
    return get("generator", "autoregressive")(**{**SMALL, "epsilon": 8.0, **settings})


class TestContract(GeneratorContract):
    def make(self):
        return make(epsilon=400.0)

    def test_schema_and_types_round_trip(self):
        real, drawn = self.real(), self.fitted().sample(123, seed=1)
        assert drawn.table.schema.equals(real.table.schema)
        assert [(column.name, column.kind) for column in drawn.schema.columns] == [
            (column.name, column.kind) for column in real.schema.columns
        ]

    def test_the_lineage_says_where_rows_came_from(self):
        lineage = self.fitted().sample(20, seed=3).lineage
        assert (lineage.seed, lineage.depth, lineage.parents) == (-1, 1, ())
        assert json.loads(lineage.to_json())["parameters"]["privacy"]["epsilon"] == 400.0
        assert "fit_seed" not in lineage.parameters

    def test_nulls_stay_only_where_they_were(self):
        real, drawn = self.real(), self.fitted().sample(1000, seed=1)
        for name in real.names:
            assert abs(drawn.nulls(name).mean() - real.nulls(name).mean()) < 0.12, name


def bare(rows=3000):
    """A table with planted cells that one row each has."""
    rng = np.random.default_rng(3)
    word = rng.choice(["red", "green", "blue"], rows).astype(object)
    whole, real, day = rng.integers(20, 80, rows), rng.normal(size=rows), rng.integers(17_000, 18_000, rows)
    word[5], whole[6], real[7], day[8] = "PLANTED-LEVEL", 987_654_321, 7.6543210e12, 2_000_001
    name = [f"person-{at:05d}" for at in rng.permutation(rows)]
    return _dataset(
        {
            "name": ("id", pa.array(name)),
            "word": ("categorical", pa.array(word)),
            "whole": ("numeric", pa.array(whole)),
            "real": ("numeric", pa.array(real)),
            "day": ("datetime", pa.array(day.astype(np.int32)).cast(pa.date32())),
        }
    )


def held(folder: Path) -> bytes:
    """All bytes of a saved generator, arrays unpacked."""
    parts = [path.read_bytes() for path in folder.iterdir()]
    with np.load(io.BytesIO((folder / "arrays.npz").read_bytes()), allow_pickle=False) as archive:
        parts += [archive[name].tobytes() for name in archive.files]
    return b"".join(parts)


@pytest.mark.parametrize("epsilon", [1.0, 400.0])
def test_nothing_that_few_rows_hold_is_saved_or_drawn(tmp_path, epsilon):
    real = bare()
    generator = make(epsilon=epsilon).fit(real, seed=SECRET)
    generator.save(tmp_path)
    there = held(tmp_path)
    assert b"green" in there
    planted = [b"PLANTED", np.int64(987_654_321).tobytes(), np.float64(7.6543210e12).tobytes(), np.int64(2_000_001).tobytes()]
    planted += [np.int32(2_000_001).tobytes(), b"person-0", real.sha256.encode(), str(SECRET).encode()]
    assert [part for part in planted if part in there] == []
    drawn = generator.sample(5000, seed=1)
    assert set(drawn.table["word"].to_pylist()) == {"red", "green", "blue"}
    assert drawn.numbers("whole").max() < 130
    assert np.abs(drawn.numbers("real")).max() < 16
    assert not {str(SECRET), real.sha256} & set(drawn.lineage.to_json().split('"'))
    assert str(SECRET) not in drawn.lineage.to_json()


def test_one_row_more_does_not_move_the_domain_but_by_noise():
    real = bare(2000)
    found = [make().fit(table, seed=4) for table in (real, real.take(np.arange(1, 2000)))]
    first, second = (each.values_["whole"].starts for each in found)
    assert abs(int(first.min()) - int(second.min())) < 30
    assert found[0].values_["word"].support.equals(found[1].values_["word"].support)
    counts = [each.values_["word"].counts for each in found]
    deviation = found[0].privacy_["domain"]["noise_rows"]
    assert 0 < np.abs(counts[0] - counts[1]).max() < 8 * deviation  # another table has other noise, which would else cancel out


def test_the_record_keeps_to_the_budget_by_opacus_own_count(caplog):
    from opacus.accountants import PRVAccountant

    real = bare()
    with caplog.at_level("DEBUG"):
        generator = make(epsilon=2.0, delta=1e-5).fit(real, seed=0)
    record = generator.privacy_
    spent, training = record["domain"], record["training"]
    accountant = PRVAccountant()
    accountant.history = [
        (spent["noise_rows"] / np.sqrt(spent["counts_per_row"]), 0.999999, 1),
        (training["noise_multiplier"], training["sampling_rate"], training["steps"]),
    ]
    assert accountant.get_epsilon(0.9e-5) <= record["epsilon_spent"] <= record["epsilon"] == 2.0
    assert record["epsilon_spent"] > 1.97
    assert (spent["counts_per_row"], training["steps"], record["delta"]) == (1 + 3 * 5, 94, 1e-5)
    assert training["sampling_rate"] == pytest.approx(64 / 3000)
    assert "guessed" in record["not_covered"][0]
    assert "can be guessed" in caplog.text
    assert "number of rows" in caplog.text
    json.dumps(record, allow_nan=False)


def test_delta_is_a_tenth_of_a_row_by_default():
    assert make().fit(bare(500), seed=0).privacy_["delta"] == pytest.approx(1 / 5000)


def test_noise_of_the_system_is_never_repeated_and_leaves_no_checkpoint(tmp_path, monkeypatch, caplog):
    monkeypatch.setattr(train, "EVERY_SECONDS", -1.0)
    written = []
    monkeypatch.setattr("assay.nets.checkpoint.write_atomically", lambda path, data: written.append(path))
    made = [make(noise="system").fit(bare(600), seed=0, checkpoint=tmp_path) for _ in range(2)]
    assert made[0].sample(50, seed=1).sha256 != made[1].sample(50, seed=1).sha256
    assert made[0].sample(50, seed=1).lineage.seed == 1
    assert written == []
    assert "guessed" not in caplog.text
    assert "guesses" not in made[0].privacy_["not_covered"][0]


def test_a_checkpoint_holds_nothing_but_weights_and_steps(tmp_path, monkeypatch):
    monkeypatch.setattr(train, "EVERY_SECONDS", -1.0)
    real, before = bare(600), []
    step = get("generator", "autoregressive")._row_losses

    def noting(module, states):
        before.extend(path.read_bytes() for path in tmp_path.glob("training.json"))
        return step(module, states)

    monkeypatch.setattr(get("generator", "autoregressive"), "_row_losses", staticmethod(noting))
    make().fit(real, seed=0, checkpoint=tmp_path)
    assert before
    assert set(json.loads(before[-1])) == {"schema", "key", "sha256", "step"}


def dependent(rows=4000):
    rng = np.random.default_rng(3)
    level = rng.choice(["a", "b", "c"], rows, p=[0.2, 0.3, 0.5])
    columns = {
        "x": ("numeric", pa.array(rng.normal(np.where(level == "a", 6.0, 0.0)))),
        "c": ("categorical", pa.array(level)),
        "y": ("boolean", pa.array(rng.random(rows) < np.where(level == "a", 0.9, 0.1))),
    }
    return _dataset(columns)


@pytest.fixture(scope="module")
def learned():
    return make(epsilon=20.0, epochs=8, batch=128, width=16, rate=0.01, first=("c",)).fit(dependent(), seed=0)


def test_dependence_is_learned_with_a_large_budget(learned):
    drawn = learned.sample(4000, seed=1)
    rare = drawn.table["c"].to_numpy() == "a"
    assert 0.15 < rare.mean() < 0.25
    assert drawn.numbers("y")[rare].mean() > 0.6 > 0.4 > drawn.numbers("y")[~rare].mean()
    assert drawn.numbers("x")[rare].mean() > drawn.numbers("x")[~rare].mean() + 2


def test_values_are_spread_over_their_intervals(learned):
    drawn = learned.sample(4000, seed=1).numbers("x")
    assert len(np.unique(drawn)) > 3000
    real = np.sort(dependent().numbers("x"))
    assert np.abs(np.searchsorted(real, np.sort(drawn)) / len(real) - np.linspace(0, 1, 4000)).max() < 0.1


def test_conditions_and_likelihoods_work_on_what_was_paid_for(learned):
    condition = parse("c = a and x > 2.5", learned.schema_)
    drawn = learned.sample_where(200, condition, seed=1)
    assert condition.mask(drawn).all()
    assert set(learned.sample_balanced(90, "c", seed=4).table["c"].value_counts().field("counts").to_pylist()) == {30}
    likely = learned.log_likelihood(dependent())
    odd = _dataset({"x": ("numeric", pa.array([6.0])), "c": ("categorical", pa.array(["b"])), "y": ("boolean", pa.array([True]))})
    assert np.isfinite(likely).all()
    assert learned.log_likelihood(odd)[0] < np.median(likely) - 2


def test_a_tiny_budget_still_gives_rows_of_the_types():
    real = mixed_table(300)
    drawn = make(epsilon=0.1).fit(real, seed=0).sample(50, seed=1)
    assert drawn.table.schema.equals(real.table.schema)
    assert set(drawn.table["member"].to_pylist()) == {True, False}
    assert drawn.table["level"].null_count == 50


DOMAIN = """
[whole]
low = 20
high = 79
[real]
low = -4.0
high = 4.0
step = 0.25
[word]
levels = ["violet", "red", "green", "blue"]
[day]
low = 2016-07-01
high = 2019-06-30
"""

DOMAINS = tomllib.loads(DOMAIN)


def test_declared_domains_are_kept_and_cost_less(tmp_path):
    path = tmp_path / "domain.toml"
    path.write_text(DOMAIN, encoding="utf-8")
    generator = make(domain=str(path), epsilon=1.0).fit(bare(), seed=0)
    spent = generator.privacy_["domain"]
    assert (spent["declared"], spent["counts_per_row"], spent["threshold_rows"]) == (["day", "real", "whole", "word"], 13, 0.0)
    drawn = generator.sample(3000, seed=1)
    assert (drawn.numbers("whole").min(), drawn.numbers("whole").max()) >= (20, 20)
    assert drawn.numbers("whole").max() <= 79
    assert np.array_equal(drawn.numbers("real") * 4, np.rint(drawn.numbers("real") * 4))
    assert np.abs(drawn.numbers("real")).max() <= 4
    assert set(drawn.table["word"].to_pylist()) <= {"violet", "red", "green", "blue"}
    assert str(min(drawn.table["day"].to_pylist())) >= "2016-07-01"


def test_where_a_domain_lies_changes_no_row(tmp_path):
    drawn = []
    for name in ("one.toml", "other.toml"):
        (tmp_path / name).write_text(DOMAIN, encoding="utf-8")
        drawn.append(make(domain=str(tmp_path / name), epsilon=1.0).fit(bare(400), seed=0).sample(50, seed=1))
    assert drawn[0].sha256 == drawn[1].sha256
    (tmp_path / "other.toml").write_text(DOMAIN.replace("high = 79", "high = 80"), encoding="utf-8")
    changed = make(domain=str(tmp_path / "other.toml"), epsilon=1.0).fit(bare(400), seed=0).sample(50, seed=1)
    assert changed.sha256 != drawn[0].sha256


class Loud:
    """Noise that always stands out."""

    def normal(self, mean, deviation, many):
        return np.full(many, 50 * deviation)

    def choice(self, *given, **named):
        return np.random.default_rng(0).choice(*given, **named)


@pytest.mark.parametrize("domain", [{}, DOMAINS])
def test_noise_makes_no_nan_in_types_that_have_none(domain):
    real = bare(500)
    kinds = {name: real.table.column(name).type for name in real.names}
    public = declared(domain, real.schema, kinds)
    known = Domain(real.schema, kinds, public)
    budget = Budget.made(1.0, 1e-5, share=0.3, touches=known.touches, open_columns=known.open_columns, sampling=0.1, steps=20)
    for name, (values, _, codes) in known.learn(real.table, budget, 16, lambda *_: Loud()).items():
        assert (values.counts[0] > 0) == (name == "real")
        assert values.within(codes, np.full(len(codes), 0.5)).type == kinds[name]


def test_faults_of_domains_are_told_together():
    wrong = {"whole": {"low": 5, "high": 1}, "word": {"low": 1}, "reel": {"low": 1, "high": 2}, "real": {"low": 0, "hihg": 2}}
    with pytest.raises(InputErrors) as caught:
        make(domain=wrong).fit(bare(100), seed=0)
    for part in ("low must not be above high", "takes levels", "Did you mean 'real'", "no key 'hihg'"):
        assert part in str(caught.value)


def test_what_cannot_be_guaranteed_is_refused(monkeypatch):
    real = bare(100)
    for delta in (0.01, 0.5):
        with pytest.raises(UsageError, match=r"delta must be below 1 / rows = 0.01"):
            make(delta=delta).fit(real, seed=0)
    with pytest.raises(InputError, match="share the entity 'name'"):
        make().fit(real.with_schema(real.schema.with_changes(entity="name")), seed=0)
    with pytest.raises(UsageError, match="epsilon must be a number > 0, or none"):
        make(epsilon=0.0).fit(real, seed=0)
    for given in ({"delta": 1e-5}, {"domain": "some.toml"}):
        with pytest.raises(UsageError, match="needs epsilon"):
            make(epsilon=None, **given).fit(real, seed=0)
    with pytest.raises(InputError, match="No noise is known"):
        make(epsilon=1e-4, delta=1e-6).fit(real, seed=0)
    wide = _dataset({"x": ("numeric", pa.array(np.arange(50), pa.uint64()))})
    with pytest.raises(InputError, match="range is too wide"):
        make().fit(wide, seed=0)
    monkeypatch.setattr(_private, "find_spec", lambda name: None)
    with pytest.raises(MissingDependencyError, match="needs opacus"):
        make().fit(real, seed=0)


def test_settings_come_from_texts_and_the_order_of_conditions_from_names():
    made = generate(
        dependent(400), with_="autoregressive", n=20, where="y = true and c in (a, b)",
        settings={"epsilon": "50", "delta": "none", "epochs": "1", "batch": "32", "width": "8"},
    )  # fmt: skip
    assert made.lineage.parameters["first"] == ("c", "y")
    assert (made.lineage.parameters["epsilon"], made.lineage.parameters["delta"]) == (50.0, None)
    with pytest.raises(UsageError, match=r"epsilon must be a number > 0, or none. Got 'much'"):
        generate(dependent(50), with_="autoregressive", n=2, settings={"epsilon": "much"})


def test_one_row_tables_are_made():
    real = _dataset({"a": ("categorical", pa.array(["x"])), "b": ("numeric", pa.array([1.5]))})
    assert make(delta=0.01).fit(real, seed=0).sample(7, seed=1).table.num_rows == 7
