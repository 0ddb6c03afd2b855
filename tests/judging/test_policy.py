from __future__ import annotations

from pathlib import Path

import pytest

from assay.core import registry
from assay.core.errors import InputError, UnknownNameError
from assay.judging.policy import load_policy, policy_text, shipped


def test_four_policies_ship_and_load() -> None:
    assert shipped() == ("augment", "share", "test", "train")
    for name in shipped():
        policy = load_policy(name)
        assert policy.name == name
        assert policy.purpose
        assert all(rule.reason for rule in policy.rules.values())


@pytest.mark.parametrize("name", ["augment", "share", "test", "train"])
def test_every_rule_names_a_measure_and_blind_is_never_below_material(name: str) -> None:
    for rule in load_policy(name).rules.values():
        assert rule.measure in registry.names("measure")
        material, blind = rule.margins("auc")
        assert blind >= material >= 0


def test_error_is_shared_out_among_required_families() -> None:
    policy = load_policy("train")
    required = sum(rule.required for rule in policy.rules.values())
    assert policy.alpha * required == pytest.approx(0.05)


def test_only_test_policy_does_without_a_holdout() -> None:
    assert {name for name in shipped() if "holdout" not in load_policy(name).needs} == {"test"}
    assert "target" in load_policy("train").needs


def test_margin_by_metric() -> None:
    rule = load_policy("train").rules["utility"]
    assert rule.margins("average_precision")[0] == 0.10
    assert rule.margins("r2")[0] == 0.03
    assert rule.margins(None)[0] == 0.02


def test_unknown_name_suggests_the_nearest() -> None:
    with pytest.raises(UnknownNameError, match="Did you mean 'train'"):
        load_policy("trian")


BROKEN = """extends = "train"
nmae = "x"
needs = ["holdou"]
error = true

[checks.tail_mass]
material = -1
blind = nan
[checks.tail_mas]
material = 1
blind = inf
[checks.worst_slcie]
measure = "utility"
material = { auc = true, ap = 1 }
blind = 1
[checks.utility]
required = 1
reason = 3
mean = "much"
blind = { auc = 0.001 }
wieght = 2
"""
FAULTS = (
    (2, "nmae", "Did you mean 'name'"),
    (3, "needs", "'holdout' and 'target'"),
    (4, "error", "between 0 and 0.5. Got True"),
    (7, "checks.tail_mass.material", "must be a number >= 0, or a table of them by metric. Got -1"),
    (8, "checks.tail_mass.blind", "Got nan"),
    (9, "checks.tail_mas", "Did you mean 'tail_mass'"),
    (11, "checks.tail_mas.blind", "Got inf"),
    (12, "checks.worst_slcie", "Did you mean 'worst_slice'"),
    (14, "checks.worst_slcie.material.auc", "Got True"),
    (14, "checks.worst_slcie.material.ap", "Known: auc, average_precision, r2"),
    (17, "checks.utility.required", "true or false. Got 1"),
    (18, "checks.utility.reason", "Got 3"),
    (19, "checks.utility.mean", "Got 'much'"),
    (20, "checks.utility.blind", "at least the material margin, 0.02 for auc"),
    (21, "checks.utility.wieght", "is not a key"),
)


def own(folder: Path, text: str) -> Path:
    file = folder / "own.toml"
    file.write_text(text, encoding="utf-8")
    return file


def test_all_faults_of_a_file_are_listed_together_each_with_its_place(tmp_path: Path) -> None:
    with pytest.raises(InputError) as caught:
        load_policy(own(tmp_path, BROKEN))
    found = caught.value.errors
    for line, key, told in FAULTS:
        assert any(e.row == line and f"line {line}, {key}: " in str(e) and told in str(e) for e in found), (line, key, told)
    assert len(found) == len(FAULTS)
    assert all(str(tmp_path / "own.toml") in str(error) for error in found)


def test_what_is_not_there_is_asked_for(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="must have blind = NUMBER"):
        load_policy(own(tmp_path, "[checks.tail_mass]\nmaterial = 1\n"))
    with pytest.raises(InputError, match=r"checks: must hold a table"):
        load_policy(own(tmp_path, 'name = "empty"\n'))
    with pytest.raises(InputError, match="Did you mean 'train'"):
        load_policy(own(tmp_path, 'extends = "tran"\n[checks.tail_mass]\nmaterial = 1\n'))
    with pytest.raises(InputError, match=r"not TOML.*line 2"):
        load_policy(own(tmp_path, 'name = "x"\n[checks\n'))


def test_a_file_inherits_what_it_leaves_out(tmp_path: Path) -> None:
    train = load_policy("train")
    policy = load_policy(own(tmp_path, 'extends = "train"\n[checks.utility]\nmaterial = { auc = 0.01 }\n'))
    assert (policy.name, policy.extends, policy.changed) == ("own", "train", ("checks.utility.material",))
    assert policy.rules["utility"].material == {"auc": 0.01, "average_precision": 0.1, "r2": 0.03}
    assert policy.rules["utility"].blind == train.rules["utility"].blind
    assert {**policy.rules, "utility": None} == {**train.rules, "utility": None}
    assert (policy.needs, policy.error, policy.purpose) == (train.needs, train.error, train.purpose)


def test_nothing_changed_is_the_policy_itself(tmp_path: Path) -> None:
    same = load_policy(own(tmp_path, 'extends = "share"\n'))
    assert (same.sha256, same.changed) == (load_policy("share").sha256, ())


def test_the_digest_is_that_of_the_rules_and_not_of_how_they_are_written(tmp_path: Path) -> None:
    text = policy_text("train")
    train = load_policy("train").sha256
    assert load_policy(own(tmp_path, "# a comment\n" + text.replace("Half of a tail", "One half of a tail"))).sha256 == train
    assert load_policy(own(tmp_path, text.replace("material = 0.693", "material = 0.7"))).sha256 != train
    assert load_policy(own(tmp_path, text.replace("error = 0.05", "error = 0.01"))).sha256 != train
    assert len({load_policy(name).sha256 for name in shipped()}) == 4


@pytest.mark.parametrize("name", ["augment", "share", "test", "train"])
def test_what_is_shown_says_the_same_by_itself(name: str, tmp_path: Path) -> None:
    policy = load_policy(name)
    again = load_policy(own(tmp_path, policy.to_toml()))
    assert (again.to_dict() | {"extends": None}) == policy.to_dict()


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("checks = 3", "must hold a table"),
        ("[[checks]]\nmaterial = 0.1", "must hold a table"),
        (f"error = {'9' * 5000}", "cannot be read"),
        (f"needs = {'[' * 5000}", "too deep"),
    ],
)
def test_a_file_that_extends_another_is_read_as_strictly(tmp_path: Path, text: str, said: str) -> None:
    with pytest.raises(InputError, match=said):
        load_policy(own(tmp_path, f"extends = 'train'\n{text}\n"))


def test_own_policy_and_unreadable_files(tmp_path: Path) -> None:
    file = own(tmp_path, policy_text("test").replace('name = "test"', 'name = "own"'))
    assert load_policy(file).name == "own"
    with pytest.raises(InputError, match="cannot be read"):
        load_policy(tmp_path / "absent.toml")
