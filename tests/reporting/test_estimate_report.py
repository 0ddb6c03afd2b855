from __future__ import annotations

import copy
import io

import pytest
from jsonschema import Draft202012Validator, ValidationError

from assay.core.errors import UsageError
from assay.core.estimated import Answer, Counts, Interval, Populations, Quantity
from assay.reporting.documents import estimate_schema
from assay.reporting.estimate import Estimated
from assay.reporting.estimate_terminal import show
from assay.reporting.estimate_words import between, outcome, question

HOSTILE = ["<script>alert(1)</script>", "a\u202eb\x1b[31m", "x" * 5000, "[red]bold[/red]"]
TABLE = {"rows": 9, "columns": 2, "sha256": "0"}
INPUTS = {"real": TABLE, "further": TABLE, "model": None}
RUN = {"assay_version": "0", "versions": {}, "command": "", "seed": 0, "jobs": 1, "timings": {"total": 1.0}}


def estimated(name="income", *, status="told", warnings=(), what="mean", quantities=None):
    powered = Interval(0.25, 0.22, 0.28) if status == "told" else None
    found = quantities or (Quantity(what, Interval(0.24, 0.2, 0.28), powered, 0.8, 400),)
    answer = Answer(
        status,
        "model_rows",
        Counts(400, 20_000, 3_000),
        found,
        0.7,
        0.05,
        Populations(0.51, 0.01, 0.4, status == "populations_differ", 0.03),
        ("Real rows are a random sample.",),
        tuple(warnings),
    )
    settings = {"what": what, "column": name, "q": 0.5 if what == "quantile" else None, "given": ["age"] if what == "ols" else []}
    settings |= {"positive": name if what == "rate" else None, "where": f"x = '{name}'", "predicted": None}
    return Estimated(answer, {**settings, "same_population": False, "confidence": 0.95}, INPUTS, RUN)


def printed(result):
    out = io.StringIO()
    show(result, file=out, width=80)
    return out.getvalue()


@pytest.mark.parametrize("status", ["told", "too_weak", "populations_differ"])
def test_every_document_fits_the_schema_and_reads_back(status):
    result = estimated(status=status, warnings=["3 rows."])
    Draft202012Validator.check_schema(estimate_schema())
    Draft202012Validator(estimate_schema()).validate(result.to_dict())
    assert Estimated.from_dict(result.to_dict()) == result
    assert result.exit_code == (0 if status == "told" else 3)
    assert result.to_dict()["reason"] == (None if status == "told" else status)


@pytest.mark.parametrize(
    "path",
    [(), ("rows",), ("quantities", 0), ("quantities", 0, "classical"), ("populations",), ("settings",), ("inputs",), ("run",)],
)
def test_the_schema_takes_nothing_more_and_nothing_less(path):
    document = estimated().to_dict()
    for change in ("more", "less"):
        broken = copy.deepcopy(document)
        part = broken
        for step in path:
            part = part[step]
        if change == "more":
            part["more"] = 1
        else:
            part.pop(next(iter(part)))
        with pytest.raises(ValidationError):
            Draft202012Validator(estimate_schema()).validate(broken)


def test_both_intervals_stand_on_the_terminal_with_what_they_rest_on():
    shown = printed(estimated(warnings=["3 real rows have no label."]))
    for said in (
        "ESTIMATE",
        "Mean of income",
        "0.75 of the classical one, as narrow as that of 711 real rows; there are 400",
        "0.240 (0.200 to 0.280)",
        "0.250 (0.220 to 0.280)",
        "correlated by 0.7; chance gives 0.05",
        "Lambda 0.8",
        "400 real rows with labels, 20,000 further ones",
        "predictions from a model of rows that are used for nothing else (3,000 rows)",
        "Assumed, not proven",
        "Real rows are a random sample.",
        "3 real rows have no label.",
    ):
        assert said in " ".join(shown.split())
    assert max(map(len, shown.splitlines())) <= 80


@pytest.mark.parametrize(
    ("status", "said"),
    [("too_weak", "Predictions that cannot be told from noise"), ("populations_differ", "told apart with AUC 0.510")],
)
def test_a_refusal_says_why_and_leaves_the_real_rows_interval(status, said):
    result = estimated(status=status)
    shown = " ".join(printed(result).split())
    assert "? CANNOT TELL" in shown
    assert said in shown
    assert "The interval of the real rows alone stands." in shown
    assert "0.240 (0.200 to 0.280)" in shown
    assert "With predictions" not in shown
    assert "With predictions" not in result._repr_html_()


@pytest.mark.parametrize("name", HOSTILE)
@pytest.mark.parametrize("what", ["mean", "rate", "quantile", "ols"])
def test_names_are_text_and_never_markup(name, what):
    result = estimated(name, what=what, warnings=[name])
    shown, card = printed(result), result._repr_html_()
    for text in (shown, card):
        assert "\x1b[31m" not in text
        assert "\u202e" not in text
    assert max(map(len, shown.splitlines())) <= 80
    assert "<script" not in card
    assert len(card) < 10_000


def test_many_coefficients_are_cut_and_said_to_be():
    many = tuple(Quantity(f"x{at}", Interval(1.0, 0.0, 2.0), Interval(1.0, 0.5, 1.5), 0.5, 400) for at in range(40))
    result = estimated(what="ols", quantities=many)
    assert "and 10 more" in printed(result)
    assert "and 10 more" in result._repr_html_()
    assert len(result.to_frame()) == 40
    assert "is 0.5 of the classical one" in outcome(result.answer)[0]


def test_words_of_questions_and_numbers():
    assert question(estimated(what="quantile")) == "Quantile of income, 0.5 of the rows below where x = 'income'"
    assert question(estimated(what="ols")).startswith("Linear regression of income on age")
    assert between(Interval(206_855.2, 204_001.0, 209_000.9)) == ("206,855", "204,001 to 209,001")
    assert Quantity("mean", Interval(1.0, 1.0, 1.0), Interval(1.0, 1.0, 1.0), 0.0, 9).worth is None


def test_it_saves_as_json_and_another_document_is_refused(tmp_path):
    assert estimated().save(tmp_path / "e.json").exists()
    with pytest.raises(UsageError, match=r"ends in \.json"):
        estimated().save(tmp_path / "e.csv")
    with pytest.raises(UsageError, match=r"assay\.estimate/1"):
        Estimated.from_dict({"schema": "assay.loop/1"})
    assert estimated()["mean"].worth == pytest.approx(400 / 0.75**2)
    with pytest.raises(KeyError):
        estimated()["median"]
    assert repr(estimated()) == "Estimated(told: 1 quantities of 400 real rows)"
