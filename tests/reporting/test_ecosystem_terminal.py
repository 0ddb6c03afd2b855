"""The outlook of a shared corpus in words: numbers, what matters, sources, and what the model leaves out."""

from __future__ import annotations

from dataclasses import replace
from io import StringIO

import pytest

from assay.core.ecosystem import Band, Ecosystem, Effect
from assay.reporting.ecosystem_html import page
from assay.reporting.ecosystem_terminal import show
from assay.reporting.ecosystem_words import AXES, matters, outlook, shown, widths


@pytest.fixture
def made():
    years = (2025.0, 2035.0, 2045.0)
    bands = (
        Band("synthetic_share", (0, 0.4, 0.55), (0, 0.26, 0.3), (0, 0.55, 0.82), (0, 0.4, 0.5), (0, 0.4, 0.5), (None, 1.0, 1.0)),
        Band("rows_read", (1, 1, 1), (1, 1, 1), (1, 1, 1), (1, 1, 1), (1, 1, 1), (None, None, None)),
        Band("rare_levels", (1, 0.9, 0.8), (0.9, 0.8, 0.7), (1, 1, 0.9), (1, 0.8, 0.7), (1, 1, 1), (0.0, 0.25, 0.25)),
    )
    effects = (
        Effect("synthetic_share", "synthetic.growth", 2045.0, 0.37, 0.78, 0.0, 0.7),
        Effect("synthetic_share", "human.growth", 2045.0, 0.68, 0.45, 0.0, 0.2),
        Effect("rare_levels", "human.growth", 2045.0, 0.78, 0.81, 0.02, 0.0),
    )
    told = (
        {"name": "synthetic.growth", "low": 0.0, "high": 0.15, "source": "", "assumption": "Ours, [bold]as it is[/bold]."},
        {"name": "human.growth", "low": -0.05, "high": 0.05, "source": "Somebody (2020), A paper", "assumption": ""},
    )
    settings = {"years": [2035.0, 2045.0], "draws": 9}
    return Ecosystem("usual", "As usual", years, bands, effects, told, ("Nobody reacts.",), settings)


def test_the_terminal_says_what_it_hangs_on_and_what_is_left_out(made):
    file = StringIO()
    show(made, file=file, width=100)
    said = file.getvalue()
    flat = " ".join(said.split())
    assert "not a prediction" in flat
    assert "55% (30% to 82%)" in flat
    assert "Most by synthetic.growth: 37% at 0, 78% at 0.15; 70% of the variance. Then human.growth." in flat
    assert "1 quantities have a published source" not in flat
    assert "1 quantity has a published source" in flat
    assert "Ours, [bold]as it is[/bold]." in flat
    assert "Nobody reacts." in flat
    assert max(map(len, said.splitlines())) <= 100


def test_the_page_says_the_same_and_shows_names_as_text(made):
    said = page(replace(made, name="<script>alert(1)</script>", left_out=("a\u202eb", "Nobody reacts.")))
    assert "<script" not in said
    assert "\u202e" not in said
    assert said.count("<svg") == 3
    for told in ("55% (30% to 82%)", "Most by synthetic.growth", "Somebody (2020), A paper", "Nobody reacts.", "-0.05 to 0.05"):
        assert told in said


def test_words(made):
    assert outlook(made) == [
        "By 2035, 40% (26% to 55%), and by 2045, 55% (30% to 82%) of what generators learn from is synthetic.",
        "Until 2045 100% of the rows that generators want pass the readers' filters.",
        "By 2035, 90% (80% to 100%), and by 2045, 80% (70% to 90%) of the rare levels that human rows would show are still "
        "there.",
    ]
    # 3% apart with an error of 2%: neither moved nor still
    assert matters(made, "rare_levels", 2045.0) == (
        "Cannot tell whether a single assumption moves it (human.growth: difference 3.0%, error 2.0%)."
    )
    assert matters(made, "rows_read", 2045.0) == "No assumption has a range."
    assert widths(made, "rare_levels", 2045) == "25% ranges, 75% seeds"
    assert widths(made, "rows_read", 2045) == "nothing varies"
    assert shown("log_variance", -0.1234) == "-0.12"
    assert shown("log_variance", None) == "\N{EN DASH}"


@pytest.mark.parametrize(
    ("axis", "at_high", "error", "said"),
    [
        ("rare_levels", 0.505, 0.005, "No single"),
        ("rare_levels", 0.505, 0.01, "Cannot tell"),
        ("rare_levels", 0.5, 0.02, "Cannot tell"),  # a difference of nothing is no proof of nothing
        ("rare_levels", 0.53, 0.005, "Most by"),
        ("rare_levels", 0.53, 0.0076, "Cannot tell"),
        ("classifier_error", 0.5005, 0.0, "No single"),
        ("classifier_error", 0.505, 0.002, "Cannot tell"),
        (
            "log_variance",
            0.49,
            0.02,
            "Cannot tell whether a single assumption moves it (human.growth: difference 0.01, error 0.02)",
        ),
    ],
)
def test_that_nothing_matters_is_said_only_where_it_is_known(made, axis, at_high, error, said):
    still = Effect(axis, "synthetic.growth", 2045.0, 0.5, 0.5, 0.0, 0.0)
    effect = Effect(axis, "human.growth", 2045.0, 0.5, at_high, error, 0.0)
    assert matters(replace(made, effects=(still, effect)), axis, 2045.0).startswith(said)


def test_every_axis_of_a_run_has_words():
    from assay.lab.ecosystem import run

    found = run("business_as_usual", draws=2, seeds=2)
    assert set(found.axes) == set(AXES)
    assert len(outlook(found)) == len(found.axes)


def test_a_band_out_of_order_is_refused(made):
    with pytest.raises(ValueError, match="low <= middle <= high"):
        replace(made.bands[0], low=(1.0, 1.0, 1.0))
