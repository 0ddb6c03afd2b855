"""A policy that is decided in a moment, and a small table to plant in."""

from __future__ import annotations

import pytest

from assay.judging.policy import load_policy

POLICY = """
name = "quick"
purpose = "Tests."
error = 0.05
needs = []

[checks.schema_match]
material = 0.001
blind = 0.02
reason = "It must fit."

[checks.ks_distance]
material = 0.05
mean = 0.05
blind = 0.5
reason = "It must lie where reality lies."
"""


@pytest.fixture
def quick(tmp_path):
    """Policy of counts only."""
    (tmp_path / "quick.toml").write_text(POLICY, encoding="utf-8")
    return load_policy(tmp_path / "quick.toml")
