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


def test_all_faults_of_a_file_are_listed_together(tmp_path: Path) -> None:
    file = tmp_path / "own.toml"
    file.write_text('nmae = "x"\n[checks.tail_mass]\nmaterial = -1\nblind = 1\n[checks.tail_mas]\nmaterial = 1\nblind = 2\n')
    with pytest.raises(InputError) as caught:
        load_policy(file)
    text = str(caught.value)
    assert "'nmae'" in text
    assert "material must be a number >= 0" in text
    assert "Did you mean 'tail_mass'" in text
    assert str(file) in text


def test_own_policy_and_broken_toml(tmp_path: Path) -> None:
    file = tmp_path / "own.toml"
    file.write_text(policy_text("test").replace('name = "test"', 'name = "own"'))
    assert load_policy(file).name == "own"
    file.write_text("[checks")
    with pytest.raises(InputError, match="not TOML"):
        load_policy(file)
    with pytest.raises(InputError, match="cannot be read"):
        load_policy(tmp_path / "absent.toml")
