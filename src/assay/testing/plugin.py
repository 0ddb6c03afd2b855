"""A pytest plugin: the fixture `assay_check`, whose assertions are on bounds and not on values.

pytest loads it by itself once Assay is installed. Nothing of Assay is imported before a test asks for the fixture.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Protocol

import pytest

if TYPE_CHECKING:
    from assay.testing.bounds import Bounds


class Checker(Protocol):
    """What the fixture gives: `assay.check`, with its arguments, wrapped in assertions."""

    def __call__(
        self, real: Any, synthetic: Any, *, holdout: Any = None, target: str | None = None, policy: Any = "train", **options: Any
    ) -> Bounds:
        """Check a synthetic table."""
        ...


@pytest.fixture
def assay_check() -> Checker:
    """Check a synthetic table in a test: ``assay_check(real, synthetic, holdout=..., target=..., policy=...)``.

    It takes what `assay.check` takes and gives an object with `assert_trusted`, `assert_check`, `assert_at_most` and
    `assert_no_finding`. What a sample of this size cannot decide fails, and says 'cannot tell'.
    """

    def run(real: Any, synthetic: Any, **options: Any) -> Bounds:
        from assay.testing.bounds import Bounds
        from assay.verbs.check import check

        return Bounds(check(real, synthetic, **options))

    return run
