"""Everything Assay raises on purpose, as one tree.

::

    AssayError
    |-- InputError (ValueError)            a table, file or option that cannot be used; names file, column or row and the fix
    |   `-- InputErrors                    several of them, found in one pass over the same input
    |-- UsageError (ValueError)            an option or argument that cannot be used
    |   `-- UnknownNameError               a name that no plug-in has; suggests the nearest
    |-- NotFittedError (ValueError)        sample or save before fit
    |-- NotApplicable (ValueError)         a measure does not apply to this data; becomes an outcome, never a crash
    |-- BudgetExceeded                     the time given is spent; becomes the outcome `skipped`
    `-- MissingDependencyError (ImportError)   an extra that is not installed, with the line that installs it

Every message says what was wrong, what was got, what was expected and the next step.
"""

from __future__ import annotations

import difflib
from collections.abc import Iterable, Sequence


class AssayError(Exception):
    """Base of every error that Assay raises on purpose."""


class InputError(AssayError, ValueError):
    """A table, file or option that cannot be used.

    Parameters
    ----------
    message : str
        What is wrong and what was got.
    file : str, optional
        The file at fault.
    column : str, optional
        The column at fault.
    row : int, optional
        The row (data rows count from 1) or line at fault.
    fix : str, optional
        The next step for the user.
    """

    def __init__(
        self, message: str, *, file: str | None = None, column: str | None = None, row: int | None = None, fix: str = ""
    ) -> None:
        self.message, self.file, self.column, self.row, self.fix = message, file, column, row, fix
        super().__init__(message)

    def __str__(self) -> str:
        place = f"{self.file}: " if self.file else ""
        return f"{place}{self.message}{' ' + self.fix if self.fix else ''}"

    @property
    def errors(self) -> tuple[InputError, ...]:
        """All errors of this input: itself alone here, several in `InputErrors`."""
        return (self,)

    def to_dict(self) -> dict[str, object]:
        """Give the entry of an `assay.error/1` document."""
        return {"message": self.message, "file": self.file, "column": self.column, "row": self.row, "fix": self.fix}


class InputErrors(InputError):
    """Several errors of one input, listed together."""

    def __init__(self, errors: Iterable[InputError]) -> None:
        self._errors = tuple(error for group in errors for error in group.errors)
        first = self._errors[0]
        super().__init__(first.message, file=first.file, column=first.column, row=first.row, fix=first.fix)

    @property
    def errors(self) -> tuple[InputError, ...]:
        """All errors found."""
        return self._errors

    def __str__(self) -> str:
        return "\n".join(str(error) for error in self._errors)


def raise_all(errors: Sequence[InputError]) -> None:
    """Raise nothing for no error, the error itself for one, `InputErrors` for several."""
    if errors:
        raise errors[0] if len(errors) == 1 else InputErrors(errors)


class UsageError(AssayError, ValueError):
    """An option or argument that cannot be used."""


class UnknownNameError(UsageError):
    """A name that nothing answers to, with the nearest one that something does."""

    def __init__(self, what: str, name: object, known: Iterable[str]) -> None:
        self.what, self.name, self.known = what, name, tuple(sorted(known))
        super().__init__(f"No {what} {name!r}.{did_you_mean(name, self.known)} Known: {', '.join(self.known) or 'none'}.")


class NotFittedError(AssayError, ValueError):
    """`sample` or `save` was called before `fit`."""


class NotApplicable(AssayError, ValueError):
    """A measure does not apply to this data, with the reason."""


class BudgetExceeded(AssayError):
    """The time given with `--budget` is spent."""


class MissingDependencyError(AssayError, ImportError):
    """Something needs a package that is not installed."""

    def __init__(self, what: str, package: str, extra: str) -> None:
        super().__init__(f"{what} needs {package}. Install it with: pip install -e '.[{extra}]'")


def did_you_mean(name: object, known: Iterable[str]) -> str:
    """Suggest the nearest known name, or nothing; files may hold numbers where names belong.

    Examples
    --------
    >>> did_you_mean("incme", ["income", "age"])
    " Did you mean 'income'?"
    """
    near = difflib.get_close_matches(str(name), list(known), n=1, cutoff=0.6)
    return f" Did you mean {near[0]!r}?" if near else ""
