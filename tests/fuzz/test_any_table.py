"""Any tables, any options: `check` refuses with a reason or reports soundly."""

from __future__ import annotations

import tempfile
from pathlib import Path

from cases import cases
from hypothesis import HealthCheck, given, settings
from keeping import keep

FEW = settings(
    max_examples=8, derandomize=True, deadline=None, database=None, suppress_health_check=list(HealthCheck), print_blob=True
)


@FEW
@given(cases(most_rows=60))
def test_any_table_is_refused_or_reported_soundly(case):
    with tempfile.TemporaryDirectory() as folder:
        assert keep(case, Path(folder)) in ("refused", "trusted", "not_trusted", "cannot_tell")
