from __future__ import annotations

import copy
import io

import pytest
from jsonschema import Draft202012Validator, ValidationError

from assay.core.errors import UsageError
from assay.core.forecast import (
    Answers,
    Band,
    Cost,
    Leaving,
    Mixture,
    MixturePoint,
    MixturePrediction,
    Outlook,
    SafeShare,
    SizeEffect,
)
from assay.reporting.documents import forecast_schema
from assay.reporting.forecast import Forecast
from assay.reporting.forecast_terminal import show
from assay.reporting.forecast_words import first_to_leave, share, size, when

HOSTILE = ["<script>alert(1)</script>", "a\u202eb\x1b[31m", "x" * 5000, "[red]bold[/red]"]
RUN = {"assay_version": "0", "versions": {}, "command": "", "seed": 0, "jobs": 1, "timings": {"total": 1.0}}


def forecast(name="toy", *, status="leaves", untold=None):
    bands = tuple(Band(k, 0.5, 0.4, 0.6, 0.3, 0.7) for k in (1, 2))
    left = Leaving(status, 2, 1, None, 0.9, "more seeds")
    answers = Answers(
        2,
        (Outlook(name, "replace", "two_sample_auc", 100, 5, 3, None, 0.55, 1.1, 1.3, 2, 0, bands, left),),
        (SafeShare(name, "two_sample_auc", "mix", 100, "share", 0.2, 0.1, None, ((0.0, 0.1), (1.0, 1.0))),),
        (SizeEffect(name, "replace", "two_sample_auc", (50, 100), 3, "more_rows", 0.5, 0.49, 0.52, 400),),
        (
            Mixture(
                name,
                "TSTR",
                (MixturePoint(10, 0, 0.8, 0.01, 0.79),),
                0.9,
                1.0,
                0.1,
                0.5,
                0.01,
                0.005,
                "told",
                (MixturePrediction(100, 200, 0.85, 0.8, 0.9), MixturePrediction(100, 900, 0.88, 0.8, 0.9, "cannot_tell")),
                2.0,
            ),
        ),
        Cost(10.0, 30.0, 5),
        untold or {},
        "No stretch from other tables has been measured.",
    )
    return Forecast(answers, {"generations": 2}, RUN)


def printed(result):
    out = io.StringIO()
    show(result, file=out, width=80)
    return out.getvalue()


@pytest.mark.parametrize("result", [forecast(), forecast(status="cannot_tell", untold={"g, tstr": "needs 3 lineages"})])
def test_every_document_fits_the_schema_and_reads_back(result):
    Draft202012Validator.check_schema(forecast_schema())
    Draft202012Validator(forecast_schema()).validate(result.to_dict())
    assert Forecast.from_dict(result.to_dict()) == result


@pytest.mark.parametrize(
    "path", [(), ("outlooks", 0), ("outlooks", 0, "leaving"), ("shares", 0), ("sizes", 0), ("mixtures", 0), ("cost",), ("run",)]
)
def test_the_schema_takes_nothing_more_and_nothing_less(path):
    document = forecast().to_dict()
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
            Draft202012Validator(forecast_schema()).validate(broken)


def test_what_is_told_stands_on_the_terminal():
    shown = printed(forecast())
    for said in (
        "FORECAST",
        "within 2 generations",
        "20 s saved",
        "2 (1 to after 2)",
        "0.5 (0.4 to 0.6)",
        "to 0.55",
        "a share of 0.2 suffices",
        "more rows, 400 of them",
        "100 real and 200 synthetic rows: TSTR 0.85 (0.8 to 0.9)",
        "100 real and 900 synthetic rows: cannot tell, these are more rows than any fit had",
        "bear them out to generation 2; after it there is no guarantee. No stretch from other tables has been measured.",
        "All sizes are cut from one pool",
    ):
        assert said in " ".join(shown.split())
    assert max(map(len, shown.splitlines())) <= 80


def test_what_cannot_be_told_says_what_would_narrow_it():
    result = forecast(status="cannot_tell")
    assert (result.status, result.exit_code) == ("cannot_tell", 3)
    shown = " ".join(printed(result).split())
    assert "? CANNOT TELL" in shown
    assert "would be narrowed by more seeds" in shown


@pytest.mark.parametrize("name", HOSTILE)
def test_names_are_text_and_never_markup(name):
    shown = printed(forecast(name))
    assert "\x1b[31m" not in shown
    assert "\u202e" not in shown
    assert max(map(len, shown.splitlines())) <= 80


@pytest.mark.parametrize("name", HOSTILE)
def test_the_page_shows_names_as_text(name):
    page = forecast(name, untold={f"{name}, tstr": name}).to_html()
    assert "<script" not in page
    assert "\u202e" not in page
    assert page.count("<svg") == 1
    assert "20 s saved" in page
    assert "dotted line" in page
    assert len(page) < 60_000


def test_a_forecast_of_nothing_is_a_page_that_says_so():
    nothing = Forecast(Answers(3, ()), {}, RUN)
    assert "cannot tell" in nothing.to_html()
    assert "No axis could be forecast." in nothing.to_html()


def test_what_leaves_first_is_one_sentence():
    def outlook(axis, status, generation):
        return Outlook("g", "r", axis, 9, 5, 3, None, 1.0, 1.0, 1.0, 4, 0, (), Leaving(status, generation, 1, None, 0.5, ""))

    gone = [outlook("tstr", "outside", 1), outlook("support", "leaves", 4), outlook("tail_mass", "leaves", 3)]
    assert first_to_leave(gone) == "1 of 3 axes is outside before any loop; first to leave: tail mass, at generation 3."
    assert first_to_leave([outlook("tstr", "stays", None)]) == "No axis is told to leave."
    assert first_to_leave([outlook("tstr", "cannot_tell", None)]) == "1 cannot be told."


def test_words_of_answers():
    assert when(Leaving("outside", 1, 1, 1, 1.0, ""), 8) == "1, before any loop"
    assert "no share suffices" in share(SafeShare("g", "tstr", "fresh", 9, "none", None, None, None, ()))
    assert "rows do not mend it" in size(SizeEffect("g", "r", "tstr", (1, 2), 3, "another_generator", 0.5, 0.4, 0.6, None))


def test_it_saves_as_json_or_as_a_page(tmp_path):
    assert forecast().save(tmp_path / "f.json").exists()
    assert forecast().save(tmp_path / "f.html").read_text(encoding="utf-8") == forecast().to_html()
    with pytest.raises(UsageError, match=r"ends in \.json or \.html"):
        forecast().save(tmp_path / "f.csv")


def test_another_document_is_refused():
    with pytest.raises(UsageError, match=r"assay\.forecast/1"):
        Forecast.from_dict({"schema": "assay.loop/1"})
