from __future__ import annotations

import re
from dataclasses import replace
from html.parser import HTMLParser

import pytest
from hostile_reports import HOSTILE, every_report, hostile, wide
from sample_reports import bad, good, unsure

from assay.reporting import html
from assay.reporting.report import Report

VOID = {"meta", "link", "br", "img", "input", "hr"}


class Page(HTMLParser):
    """Collects tags, attributes and text, and finds what is not closed."""

    def __init__(self, source: str) -> None:
        super().__init__()
        self.tags: list[tuple[str, dict[str, str | None]]] = []
        self.open: list[str] = []
        self.words: list[str] = []
        self.feed(source)
        self.close()

    def handle_starttag(self, tag, attrs):
        self.tags.append((tag, dict(attrs)))
        if tag not in VOID:
            self.open.append(tag)

    def handle_startendtag(self, tag, attrs):
        self.tags.append((tag, dict(attrs)))

    def handle_endtag(self, tag):
        assert self.open.pop() == tag

    def handle_data(self, data):
        if self.open and self.open[-1] != "style":
            self.words.append(data)

    @property
    def text(self) -> str:
        return " ".join(" ".join(self.words).split())


@every_report
def test_the_page_is_well_formed_runs_nothing_and_loads_nothing(report: Report):
    page = Page(report.to_html())
    assert page.open == []
    assert {tag for tag, _ in page.tags}.isdisjoint({"script", "img", "iframe", "object", "embed", "base", "form"})
    for _, attributes in page.tags:
        assert not any(name.startswith("on") for name in attributes)
        assert "srcdoc" not in attributes
        assert (attributes.get("href") or "#").startswith(("#", "data:,"))
        assert "src" not in attributes
    policies = [
        tag["content"] for name, tag in page.tags if name == "meta" and tag.get("http-equiv") == "Content-Security-Policy"
    ]
    assert policies[0] is not None
    assert policies[0].startswith("default-src 'none'; style-src 'unsafe-inline'")


def test_sections_stand_in_their_order():
    source = bad().to_html()
    names = ("headline", "next", "findings", "mechanisms", "privacy", "checks", "not-checked", "methods", "run")
    places = [source.index(f'id="{name}"') for name in names]
    assert places == sorted(places)
    assert source.index("Not trusted") < places[0]


def test_the_page_says_what_was_found():
    text = Page(bad().to_html()).text
    for part in (
        *("Not trusted", "May this table replace the real one", "higher is better", "Lower is better", "Illusion gap +0.078"),
        *(
            "0.02% of synthetic rows exceed",
            "Fit the upper tail on its own",
            "Worth in real rows: 840 (580 to 1,100)",
            "Could have missed:",
        ),
        *("The budget of 20 seconds was spent.", "1f" * 32, "scikit-learn 1.9.1", "Fewer than 10 rows".lower(), "8,842 rows"),
    ):
        assert part in text


def test_findings_get_the_pictures_of_their_columns():
    source = bad().to_html()
    finding = source[source.index("TAIL01</code></p>") : source.index("PAIR01</code></p>")]
    assert finding.count("<figure>") == 1
    assert "<figcaption>capital-gain</figcaption>" in finding


@pytest.mark.parametrize(
    ("make", "sentence"), [(good, "No leak found by these attacks."), (unsure, "No attack was run to its end")]
)
def test_privacy_claims_no_more_than_the_attacks_show(make, sentence):
    assert sentence in Page(make().to_html()).text


def test_a_failed_attack_and_an_open_one_are_not_called_clean():
    report = good()
    for outcome, sentence in (("fail", "A leak was found: membership."), ("cannot_tell", "the others could not tell")):
        checks = tuple(
            replace(check, outcome=outcome) if check.family == "membership" else check for check in report.scorecard.checks
        )
        changed = Report(replace(report.scorecard, checks=checks), report.judgement, report.policy, report.inputs, report.run)
        assert sentence in Page(changed.to_html()).text
        assert "No leak found by these attacks." not in Page(changed.to_html()).text


def test_words_that_promise_too_much_are_never_printed():
    for make in (bad, good, unsure):
        assert not re.search(r"anonym|\bprivate\b|gdpr|complian", Page(make().to_html()).text, re.IGNORECASE)


def test_hostile_names_are_text_and_templates_in_them_are_not_run():
    page = Page(hostile().to_html())
    assert HOSTILE[0] in page.text
    assert "{{ 7*7 }}{% raw %}" in page.text
    assert "\u202e" not in page.text
    assert "safe\\u202egnp.exe" in page.text


def test_five_hundred_columns_fit_and_what_is_hidden_is_counted():
    source = wide().to_html()
    assert len(source.encode()) < 1_500_000
    text = Page(source).text
    assert f"{500 - html.FINDINGS} more findings are not shown here" in text
    assert f"{500 - html.LINES} more warnings are not shown here" in text
    assert f"{1500 - html.ESTIMATES:,} more estimates are not shown here" in text
    assert source.count("<figure>") <= html.PICTURES


@every_report
def test_the_card_is_a_fragment_without_pictures(report: Report):
    source = report._repr_html_()
    page = Page(source)
    assert page.open == []
    assert page.tags[0][0] == "div"
    assert len(source) < 20_000
    assert "<script" not in source


def test_the_same_report_gives_the_same_page():
    assert bad().to_html() == bad().to_html()


def test_a_report_without_a_headline_says_why():
    text = Page(unsure().to_html()).text
    assert "No model was trained" in text
    assert "No holdout was given." in text
    assert "Nothing is proven to be wrong" in text


def test_a_report_that_was_read_back_can_be_shown():
    assert "Not trusted" in Report.from_dict(bad().to_dict()).to_html()
