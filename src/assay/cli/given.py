"""Objects that users name on the command line: ``MODULE:ATTRIBUTE`` of their own code."""

from __future__ import annotations

import importlib
import sys
from pathlib import Path
from typing import Any

from assay.core.errors import UsageError


def imported(name: str, option: str) -> Any:
    """Import what a user named.

    Parameters
    ----------
    name : str
        ``MODULE:ATTRIBUTE``; dots lead into attributes. Modules of the current folder are found after installed ones.
    option : str
        The option that named it, for messages.

    Raises
    ------
    UsageError
        If it cannot be imported or is not there.

    Notes
    -----
    Importing runs the module's code. It happens for names that the user typed and for nothing else.

    Examples
    --------
    >>> imported("math:sqrt", "--scorer")(4.0)
    2.0
    """
    module, colon, attribute = name.partition(":")
    if not colon or not module or not attribute:
        raise UsageError(f"{option} needs MODULE:ATTRIBUTE, such as my_models:forest. Got {name!r}.")
    here = str(Path.cwd())
    if here not in sys.path:
        sys.path.append(here)  # last, so that no file of this folder can stand in for an installed module
    try:
        found: Any = importlib.import_module(module)
    except Exception as error:
        raise UsageError(
            f"{option} {name} cannot be imported: {type(error).__name__}: {error}. "
            f"Give a module that Python finds from {Path.cwd().name or 'here'}, or install it."
        ) from error
    for part in attribute.split("."):
        if not hasattr(found, part):
            raise UsageError(f"{option} {name}: {module} has no {part!r}. Name an estimator or a function that makes one.")
        found = getattr(found, part)
    return found


def learner_named(name: str) -> Any:
    """Give a built-in learner's name as it is, else the estimator that a user's name stands for, made if it is a factory."""
    if ":" not in name:
        return name
    found = imported(name, "--learner")
    if isinstance(found, type) or (callable(found) and not hasattr(found, "fit")):
        try:
            found = found()
        except Exception as error:
            raise UsageError(
                f"--learner {name} failed when called without arguments: {type(error).__name__}: {error}."
            ) from error
    return found


def scorer_named(name: str | None) -> Any:
    """Give the name of one of scikit-learn's scorers as it is, else the user's own callable."""
    return imported(name, "--scorer") if name is not None and ":" in name else name
