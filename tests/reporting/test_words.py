from __future__ import annotations

from dataclasses import replace

import pytest
from sample_reports import bad, estimate, good

from assay.core.finding import MECHANISMS, Outcome
from assay.core.registry import names
from assay.core.verdict import EXIT_CODES
from assay.reporting import words


def test_every_mechanism_outcome_and_verdict_has_its_words():
    assert set(words.MECHANISMS) == set(MECHANISMS)
    assert set(words.OUTCOMES) == set(Outcome.__args__)
    assert set(words.VERDICTS) == set(EXIT_CODES)


def test_no_two_outcomes_that_differ_in_meaning_share_a_symbol():
    symbols = [words.OUTCOMES[name].symbol for name in ("pass", "fail", "cannot_tell", "error", "skipped")]
    assert len(set(symbols)) == len(symbols)


def test_what_failed_comes_first_and_required_before_the_rest():
    checks = bad().scorecard.checks
    shown = words.ordered((replace(checks[0], required=False), *reversed(checks)))
    assert [check.outcome for check in shown] == sorted((check.outcome for check in shown), key=words.ORDER.index)
    failed = [check.required for check in shown if check.outcome == "fail"]
    assert failed == sorted(failed, reverse=True)


def test_a_measure_that_is_not_installed_has_nothing_to_say():
    assert words.about("of another time", "question") == ""


@pytest.mark.parametrize("measure", names("measure"))
def test_an_installed_measure_asks_its_question(measure):
    assert words.about(measure, "question").endswith("?")


def test_worth_without_width_says_which_end_was_met():
    one = replace(estimate("worth_in_real_rows", 125.0, 0.0), method="at most the smallest size tried; isotonic learning curve")
    assert words.worth(one) == "125 (at most the smallest size tried)"


def test_a_reason_does_not_repeat_the_name_beside_it():
    check = replace(bad().scorecard.checks[0], reason="Tail mass: the mean may be as high as 0.4")
    assert words.why(check) == "The mean may be as high as 0.4"


def test_next_steps_name_only_commands_that_exist():
    known = ("check", "generate", "split", "explain", "policy", "doctor", "demo")
    for report in (bad(), good()):
        for _, command in words.next_steps(report):
            assert command == "" or command.split()[1] in known
