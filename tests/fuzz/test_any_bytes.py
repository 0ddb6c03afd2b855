"""Any bytes: `load` refuses with a reason that names the file, or reads a table."""

from __future__ import annotations

import tempfile
from pathlib import Path

from files import Mutant, mutants, read_mutant
from hypothesis import HealthCheck, given, settings


@settings(
    max_examples=120, derandomize=True, deadline=None, database=None, suppress_health_check=list(HealthCheck), print_blob=True
)
@given(mutants())
def test_any_bytes_are_refused_or_read(mutant: Mutant):
    with tempfile.TemporaryDirectory() as folder:
        assert read_mutant(mutant, Path(folder)) in ("refused", "read")
