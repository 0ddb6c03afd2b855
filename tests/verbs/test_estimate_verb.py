from __future__ import annotations

import dataclasses

import numpy as np
import pyarrow as pa
import pytest
from jsonschema import Draft202012Validator

import assay
from assay.core.errors import InputError, UsageError
from assay.core.lineage import Lineage
from assay.data.dataset import Dataset
from assay.data.infer import infer_schema
from assay.reporting.documents import estimate_schema
from assay.reporting.estimate import Estimated

ILL = 0.4  # about


def people(rows, seed, *, shift=0.0, noise=0.4, label=True):
    """Rows with a wage of mean 3 + shift, an illness, a town, and a good prediction of each."""
    rng = np.random.default_rng(seed)
    x, z = rng.normal(shift, 1, rows), rng.normal(size=rows)
    wage = 3 + x + 0.5 * z + noise * rng.normal(size=rows)
    ill = rng.random(rows) < 1 / (1 + np.exp(-(2 * x - 0.6)))
    columns = {
        "x": x,
        "z": z,
        "town": rng.choice(["Bonn", "Ulm"], rows, p=[0.7, 0.3]),
        "told_wage": 0.9 * wage + 0.5 + 0.3 * rng.normal(size=rows),
        "told_ill": np.clip(1 / (1 + np.exp(-2 * x)), 0.02, 0.98),
    }
    if label:
        columns |= {"wage": wage, "ill": np.where(ill, "yes", "no")}
    return pa.table(columns)


def further(rows=1_500, seed=100, **more):
    return people(rows, seed, label=False, **more)


@pytest.fixture
def quick(monkeypatch):
    """Leave out the classifiers: the difference of predictions is tested all the same."""
    monkeypatch.setattr("assay.checking.estimate_populations._told", lambda *_: [])


def values(found):
    document = found.to_dict()
    document["run"].pop("timings")
    Draft202012Validator(estimate_schema()).validate(found.to_dict())
    assert Estimated.from_dict(found.to_dict()) == dataclasses.replace(found)
    return document


ASKED = {
    "mean": {"column": "wage", "predicted": "told_wage"},
    "rate": {"column": "ill", "what": "rate", "predicted": "told_ill"},
    "quantile": {"column": "wage", "what": "quantile", "q": 0.5, "predicted": "told_wage"},
    "ols": {"column": "wage", "what": "ols", "given": "x", "predicted": "told_wage"},
    "logistic": {"column": "ill", "what": "logistic", "given": ["z"], "predicted": "told_ill"},
}
TRUTH = {"mean": 3.0, "quantile": 3.0, "ols": 3.0}


@pytest.mark.parametrize("what", ASKED)
def test_every_quantity_comes_with_both_intervals_and_a_document_that_fits(what, quick):
    found = assay.estimate(people(200, 1), further(), **ASKED[what])
    document = values(found)
    assert (found.status, found.exit_code, document["learned"]) == ("told", 0, "predicted")
    assert document["rows"] == {"real": 200, "further": 1_500, "model": 0}
    for one in document["quantities"]:
        assert one["classical"]["low"] < one["classical"]["value"] < one["classical"]["high"]
        assert one["powered"]["low"] < one["powered"]["value"] < one["powered"]["high"]
        assert one["worth_in_real_rows"] == pytest.approx(200 / one["width_ratio"] ** 2)
    assert document["quantities"][0]["width_ratio"] < 0.95
    assert any("has not learned from the real rows" in said for said in document["assumptions"])
    assert values(assay.estimate(people(200, 1), further(), **ASKED[what])) == document


@pytest.mark.parametrize("what", TRUTH)
def test_intervals_cover_what_the_population_has(what, quick):
    inside = []
    for seed in range(100):
        found = assay.estimate(people(60, seed), further(600, 1_000 + seed), **ASKED[what])
        one = found.answer.quantities[0]
        part = one.powered or one.classical
        inside.append(part.low <= TRUTH[what] <= part.high)
    assert np.mean(inside) >= 0.9


def test_a_model_of_synthetic_rows_helps_however_wrong_they_are(quick):
    wrong = people(600, 7, shift=1.0)
    inside, ratios = [], []
    for seed in range(25):
        found = assay.estimate(people(80, seed), further(800, 500 + seed), column="wage", model_rows=wrong)
        one = found.answer.quantities[0]
        part = one.powered or one.classical
        inside.append(part.low <= 3 <= part.high)
        ratios.append(one.width_ratio or 1.0)
    assert found.answer.learned == "model_rows"
    assert found.answer.rows.model == 600
    assert any("What made the model rows has not seen" in said for said in found.answer.assumptions)
    assert np.mean(inside) >= 0.84
    assert np.mean(ratios) < 0.7


def test_without_any_model_the_real_rows_predict_each_other(quick):
    inside = []
    for seed in range(4):
        found = assay.estimate(people(100, seed), further(500, 500 + seed), column="ill", what="rate", seed=seed)
        assert found.answer.learned == "cross"
        assert found.answer.rows.model == 100
        one = found.answer.quantities[0]
        part = one.powered or one.classical
        inside.append(part.low <= ILL <= part.high)
    assert np.mean(inside) >= 0.75


def test_predictions_without_worth_are_refused_and_the_real_rows_stand(quick):
    noise = np.random.default_rng(3)
    real, more = (table.append_column("dice", pa.array(noise.random(len(table)))) for table in (people(200, 1), further()))
    found = assay.estimate(real, more, column="wage", predicted="dice")
    document = values(found)
    assert (found.status, document["reason"], found.exit_code) == ("refused", "too_weak", 3)
    assert document["quantities"][0]["powered"] is None
    assert document["quantities"][0]["worth_in_real_rows"] is None
    assert document["correlation"] <= document["threshold"] == pytest.approx(1 / np.sqrt(198))
    wage = real.column("wage").to_numpy()
    assert document["quantities"][0]["classical"]["value"] == pytest.approx(wage.mean())
    against = [table.set_column(0, "x", pa.array(-table.column("told_wage").to_numpy())) for table in (real, more)]
    assert assay.estimate(*against, column="wage", predicted="x").to_dict()["reason"] == "too_weak"  # lambda would be negative


def test_rows_of_another_population_are_told_apart():
    found = assay.estimate(people(200, 1), further(shift=1.0), column="wage", predicted="told_wage")
    document = values(found)
    assert (document["status"], document["reason"], found.exit_code) == ("refused", "populations_differ", 3)
    assert document["quantities"][0]["powered"] is None
    assert document["populations"]["auc"] > 0.6
    assert document["populations"]["shift"] > 0.5
    alike = assay.estimate(people(200, 1), further(), column="wage", predicted="told_wage").answer.populations
    assert not alike.differ
    assert alike.unseen > 0
    few = assay.estimate(people(30, 1), further(), column="wage", predicted="told_wage").answer.populations
    assert few.auc is None  # a classifier needs 40


def test_synthetic_and_labelled_rows_need_a_statement(quick):
    real, more = people(200, 1), people(1_500, 2)
    with pytest.raises(UsageError, match=r"Got labels in 'wage'.*model_rows.*same_population=True"):
        assay.estimate(real, more, column="wage")
    table = further()
    stamped = Dataset(table, infer_schema(table), lineage=Lineage("tree_chain"))
    with pytest.raises(UsageError, match="a lineage stamp"):
        assay.estimate(real, stamped, column="wage", predicted="told_wage")
    found = assay.estimate(real, more, column="wage", same_population=True)
    assert found.answer.learned == "half"
    assert (found.answer.rows.further, found.answer.rows.model) == (750, 750)
    assert any("stated by same_population" in said for said in found.answer.assumptions)
    assert found.to_dict()["settings"]["same_population"] is True


def test_rows_made_from_the_labelled_rows_are_refused(quick):
    real = assay.load(people(200, 1))
    more = people(1_500, 2)
    made = Dataset(more, infer_schema(more), lineage=Lineage("tree_chain", parents=(real.sha256,)))
    with pytest.raises(UsageError, match="made from the labelled real rows"):
        assay.estimate(real, further(), column="wage", model_rows=made)
    with pytest.raises(UsageError, match="made from the labelled real rows"):
        assay.estimate(real, made, column="wage", same_population=True)


def test_rows_that_stand_in_two_tables_are_refused(quick):
    real, more = people(200, 1), further()
    both = pa.concat_tables([more, real.select(more.column_names).slice(0, 20)])
    with pytest.raises(InputError, match="20 of 200 real rows stand among the further rows"):
        assay.estimate(real, both, column="wage", predicted="told_wage")
    with pytest.raises(InputError, match="200 of 200 real rows stand among the model rows"):
        assay.estimate(real, more, column="wage", model_rows=pa.concat_tables([people(300, 9), real]))
    coarse = [table.select([name for name in table.column_names if name not in ("x", "z")]) for table in (real, more)]
    coarse = [table.set_column(1, "told_wage", pa.array(np.round(table.column("told_wage").to_numpy()))) for table in coarse]
    coarse = [table.drop_columns(["told_ill"]) for table in coarse]
    assert assay.estimate(*coarse, column="wage", predicted="told_wage").status == "told"  # coincidences are no copies


def test_entities_come_once(quick):
    def with_entity(table, first):
        return table.append_column("who", pa.array(np.arange(first, first + len(table))))

    real, more = with_entity(people(200, 1), 0), with_entity(further(), 10_000)
    ask = {"column": "wage", "predicted": "told_wage", "entity": "who"}
    assert assay.estimate(real, more, **ask).status == "told"
    with pytest.raises(InputError, match="further rows belong to, too"):
        assay.estimate(real, with_entity(further(), 150), **ask)
    twice = real.set_column(real.column_names.index("who"), "who", pa.array(np.arange(200) // 2))
    with pytest.raises(InputError, match="not independent of each other"):
        assay.estimate(twice, more, **ask)


def test_nulls_are_left_out_and_counted(quick):
    real, more = people(200, 1), further()
    label = pa.array(real.column("wage").to_numpy(), mask=np.arange(200) < 30)
    told = pa.array(more.column("told_wage").to_numpy(), mask=np.arange(1_500) < 40)
    found = assay.estimate(
        real.set_column(real.column_names.index("wage"), "wage", label),
        more.set_column(more.column_names.index("told_wage"), "told_wage", told),
        column="wage",
        predicted="told_wage",
    )
    assert (found.answer.rows.real, found.answer.rows.further) == (170, 1_460)
    assert any("30 real rows have no label" in said for said in found.answer.warnings)
    assert any("40 further rows lack" in said for said in found.answer.warnings)


def test_a_condition_holds_for_all_rows(quick):
    found = assay.estimate(people(200, 1), further(), column="wage", predicted="told_wage", where="town = Bonn")
    assert found.answer.rows.real == people(200, 1).column("town").to_pylist().count("Bonn")
    assert found.answer.rows.further < 1_200


def test_levels_are_compared_with_the_most_frequent(quick):
    found = assay.estimate(people(200, 1), further(), column="wage", what="ols", given=["x", "town"], predicted="told_wage")
    assert [one.name for one in found.answer.quantities] == ["intercept", "x", "town = Ulm"]
    assert found.answer.quantities[1].powered.value == pytest.approx(1, abs=0.2)


WRONG = [
    ({"column": None}, UsageError, "needs a column"),
    ({"column": "wge"}, InputError, "Did you mean 'wage'"),
    ({"column": "ill"}, InputError, "mean needs numbers"),
    ({"what": "median"}, UsageError, "No quantity 'median'"),
    ({"what": "quantile"}, UsageError, "q=None"),
    ({"what": "quantile", "q": 1.0}, UsageError, r"in \(0, 1\)"),
    ({"what": "quantile", "q": 0.999}, InputError, "at least 5000 labelled real rows"),
    ({"q": 0.5}, UsageError, "goes with what='quantile'"),
    ({"what": "ols"}, UsageError, "names the regressors"),
    ({"given": ["x"]}, UsageError, "names the regressors"),
    ({"what": "ols", "given": ["wage"]}, UsageError, "other columns"),
    ({"what": "ols", "given": ["x", "xx"]}, InputError, "no column 'xx'"),
    ({"positive": "yes"}, UsageError, "names the level"),
    ({"column": "ill", "what": "rate", "positive": "maybe"}, InputError, "maybe"),
    ({"confidence": 95}, UsageError, r"\[0.5, 1\)"),
    ({"confidence": "0.9"}, UsageError, r"confidence must be in \[0.5, 1\)\. Got '0.9'"),
    ({"what": "quantile", "q": "0.5"}, UsageError, r"in \(0, 1\)\. Got '0.5'"),
    ({"where": 3}, UsageError, r"must be a condition as text\. Got 3"),
    ({"predicted": "wage"}, UsageError, "another column"),
    ({"predicted": "town"}, InputError, "Give numbers"),
    ({"predicted": "told"}, InputError, "no column 'told'"),
    ({"model_rows": people(60, 3)}, UsageError, "without model_rows"),
    ({"predicted": None, "model_rows": further(60)}, InputError, "model rows have no column 'wage'"),
    ({"predicted": None, "model_rows": people(30, 3)}, InputError, "at least 40 rows to learn from"),
    ({"where": "wage > 3"}, InputError, "--where names 'wage'"),
    ({"where": "x > 100"}, InputError, "At least 20 real rows that can be used are needed. Got 0"),
    ({"seed": -1}, UsageError, "seed"),
]


@pytest.mark.parametrize(("change", "kind", "said"), WRONG)
def test_what_cannot_be_used_is_refused_with_a_next_step(change, kind, said, quick):
    asked = {"column": "wage", "predicted": "told_wage", **change}
    with pytest.raises(kind, match=said):
        assay.estimate(people(200, 1), further(), **asked)


def test_too_few_rows_are_refused(quick):
    ask = {"column": "wage", "predicted": "told_wage"}
    with pytest.raises(InputError, match="Got 12 of 12"):
        assay.estimate(people(12, 1), further(), **ask)
    with pytest.raises(InputError, match="At least 40 further rows"):
        assay.estimate(people(60, 1), further(20), **ask)
    with pytest.raises(InputError, match="linear regression needs at least 60"):
        assay.estimate(people(50, 1), further(), **ask, what="ols", given=["x", "z"])
    same = people(100, 1)
    same = same.append_column("twice", pa.array(2 * same.column("x").to_numpy()))
    more = further()
    more = more.append_column("twice", pa.array(2 * more.column("x").to_numpy()))
    with pytest.raises(InputError, match="tell the same twice"):
        assay.estimate(same, more, **ask, what="ols", given=["x", "twice"])
    sure = people(100, 1)
    sure = sure.set_column(
        sure.column_names.index("ill"), "ill", pa.array(np.where(sure.column("x").to_numpy() > 0, "yes", "no"))
    )
    with pytest.raises(InputError, match="without error"):
        assay.estimate(sure, further(), column="ill", what="logistic", given=["x"], predicted="told_ill")
    with pytest.raises(UsageError, match="Got None"):
        assay.estimate(people(100, 1), None, **ask)
    real = people(100, 1)
    blind = real.set_column(real.column_names.index("told_wage"), "told_wage", pa.nulls(100, pa.float64()))
    with pytest.raises(InputError, match=r"Got 0 of 100\. Give more rows with labels, predictions and regressors\."):
        assay.estimate(blind, further(), **ask)


def test_tables_of_nothing_but_predictions_are_held_against_each_other(quick):
    real, more = people(200, 1).select(["told_wage", "wage"]), further().select(["told_wage"])
    assert assay.estimate(real, more, column="wage", predicted="told_wage").answer.populations.auc is None
    with pytest.raises(InputError, match="200 of 200 real rows stand among the further rows"):
        assay.estimate(real, pa.concat_tables([more, real.select(["told_wage"])]), column="wage", predicted="told_wage")
    with pytest.raises(InputError, match="nothing is left to predict it from"):
        assay.estimate(people(200, 1).select(["x", "wage"]), further().select(["z"]), column="wage")


def test_columns_that_are_not_shared_or_of_another_type_are_left_out_of_the_model(quick):
    real, more = people(200, 1), further()
    more = more.set_column(more.column_names.index("z"), "z", pa.array([f"z{at % 7}" for at in range(len(more))]))
    found = assay.estimate(real, more, column="wage", predicted="told_wage")
    assert any("'ill'" in said for said in found.answer.warnings)
    assert any("of another type" in said and "'z'" in said for said in found.answer.warnings)
    with pytest.raises(InputError, match="is double in the real rows"):
        assay.estimate(real, more, column="wage", predicted="told_wage", what="ols", given=["z"])


def test_a_quantile_on_a_heap_has_no_width(quick):
    real, more = people(200, 1), further()
    real = real.append_column("hours", pa.array(np.where(np.arange(200) % 5, 40, 20)))
    found = assay.estimate(real, more, column="hours", what="quantile", q=0.5, predicted="told_wage")
    one = found.answer.quantities[0]
    assert (one.classical.low, one.classical.value, one.classical.high) == (40, 40, 40)
    assert one.worth is None
    assert found.to_dict()["quantities"][0]["width_ratio"] is None
    values(found)


def test_large_tables_are_drawn_from_and_said_to_be(quick, monkeypatch):
    monkeypatch.setattr(
        "assay.verbs.estimate.sample", lambda table, seed: table if len(table) < 1_000 else table.take(np.arange(900))
    )
    found = assay.estimate(people(200, 1), further(), column="wage", predicted="told_wage")
    assert found.answer.rows.further == 900
    assert found.to_dict()["inputs"]["further"]["rows"] == 1_500
    assert "Of 1,500 further rows 900 were drawn at random." in found.answer.warnings


def test_numbers_without_squares_are_refused_and_constants_have_no_width(quick):
    real, more = people(200, 1), further()
    endless = real.append_column("heat", pa.array(np.linspace(-1e300, 1e300, 200)))
    with pytest.raises(InputError, match="beyond 1e\\+100 in the real rows"):
        assay.estimate(endless, more, column="heat", predicted="told_wage")
    same = real.append_column("level", pa.array(np.full(200, 7.0)))
    found = assay.estimate(same, more, column="level", predicted="told_wage")
    assert (found.answer.status, found["mean"].classical.low, found["mean"].classical.high) == ("too_weak", 7, 7)
    values(found)
