"""Where GitHub Actions runs the command, tell it of the verdict in its own words."""

from __future__ import annotations

import os
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from assay.cli.streams import say

if TYPE_CHECKING:
    from assay.reporting.report import Report

ENVIRONMENT: dict[str, str] = {
    "GITHUB_ACTIONS": "If it is true, check prints annotations; --github and --no-github go before it.",
    "GITHUB_STEP_SUMMARY": "The file to which check then appends a summary in Markdown.",
}


def running() -> bool:
    """Tell whether a runner of GitHub Actions started this process."""
    return os.environ.get("GITHUB_ACTIONS", "").lower() == "true"


def tell_fault(error: BaseException, arguments: Sequence[str]) -> None:
    """Say what went wrong as an annotation, where GitHub runs the command and the user has nothing against it."""
    if "--github" in arguments or (running() and "--no-github" not in arguments):
        from assay.reporting.github import command

        message = getattr(error, "format_message", lambda: str(error))() or type(error).__name__
        say(command("error", "Assay: no result", message))


def tell(report: Report) -> None:
    """Print annotations to standard error, where they never mix with JSON, and append the summary of the job.

    A summary that cannot be written costs a warning and changes no verdict.
    """
    from assay.reporting.github import commands, summary

    for line in commands(report):
        say(line)
    path = os.environ.get("GITHUB_STEP_SUMMARY")
    if path:
        try:
            with Path(path).open("a", encoding="utf-8", errors="backslashreplace") as file:
                file.write(summary(report))
        except OSError as error:
            say(f"Warning: the summary of the job could not be written: {error}")
