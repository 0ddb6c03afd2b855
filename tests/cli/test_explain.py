from __future__ import annotations

import pytest

from assay.cli.__main__ import main
from assay.core.registry import get, names


def test_a_code_is_explained_whatever_its_case(capsys):
    assert main(["explain", "tail01"]) == 0
    shown = capsys.readouterr().out
    for part in ("TAIL01", "Question", "Measure", "Statistic", "Mechanism", "Remedy", "Cannot see", "tail_loss", "exceed"):
        assert part in shown


def test_all_codes_are_listed_and_each_can_be_explained(capsys):
    assert main(["explain"]) == 0
    listed = [line.split()[0] for line in capsys.readouterr().out.splitlines()]
    assert set(listed) == {code for name in names("measure") for code in get("measure", name).codes}
    for code in listed:
        assert main(["explain", code]) == 0


@pytest.mark.parametrize(("name", "shown"), [("tail_mass", "TAIL02"), ("tail_loss", "TAIL01"), ("TAIL", "TAIL02")])
def test_measures_and_mechanisms_are_explained_too(capsys, name, shown):
    assert main(["explain", name]) == 0
    assert shown in capsys.readouterr().out


@pytest.mark.parametrize(("name", "near"), [("TIAL01", "TAIL01"), ("tail_mas", "tail_mass"), ("zzz", "Known:")])
def test_an_unknown_code_exits_2_and_suggests(capsys, name, near):
    assert main(["explain", name]) == 2
    assert near in capsys.readouterr().err


def test_margins_stand_with_the_policies_that_ask_for_them(capsys):
    assert main(["explain", "USE02"]) == 0
    shown = " ".join(capsys.readouterr().out.split())
    assert "How much is too much utility: material 0.02 (auc)" in shown
    assert "(required by train; reported under augment, share, test)" in shown
    assert main(["explain", "WORTH01"]) == 0
    assert "How much is too much" not in capsys.readouterr().out


def test_a_list_of_codes_is_one_short_line_each(capsys):
    assert main(["explain"]) == 0
    assert max(map(len, capsys.readouterr().out.splitlines())) <= 180
