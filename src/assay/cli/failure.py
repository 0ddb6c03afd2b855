"""What happens when a command fails: the message, the exit code, and the error document in place of a stale report."""

from __future__ import annotations

import errno
import os
import sys
import tempfile
import traceback
from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path

import typer

from assay.cli.streams import print_document, say
from assay.core.errors import AssayError, InputError
from assay.core.files import write_atomically

BAD_INPUT, UNFORESEEN, INTERRUPTED = 2, 4, 130
EXIT_CODES: dict[int, tuple[str, str]] = {
    0: ("trusted", "Every check that the policy requires passed; for the other commands: done."),
    1: ("not trusted", "At least one harm is larger than the policy allows. Only check and mend end so."),
    2: ("usage or bad input", "An option, a file or a table cannot be used. The message names it and the fix."),
    3: (
        "cannot tell",
        "Neither harm nor its absence is proven; of a drill: nothing could be planted; of a loop: something is unfinished; "
        "of a forecast: nothing could be told; of mending: no sealed rows; of an estimate: predictions are refused, and the real "
        "rows' own interval stands. Only check, drill, loop, forecast, mend and estimate end so.",
    ),
    4: ("unforeseen", "A fault of Assay's. The traceback is kept in a file that the message names."),
    130: ("interrupted", "Stopped by the user or by a signal."),
}
TABLES = (".parquet", ".pq", ".csv", ".tsv", ".gz", ".jsonl", ".ndjson", ".arrow", ".feather", ".toml")
MAYBE_TABLES = (".txt", ".data")
REPORTS = ("--html", "--junit")


def without_debug(arguments: Sequence[str]) -> tuple[list[str], bool]:
    """Take ``--debug`` out of the arguments, wherever it stands before ``--``.

    Examples
    --------
    >>> without_debug(["check", "a.csv", "--debug"])
    (['check', 'a.csv'], True)
    """
    end = list(arguments).index("--") if "--" in arguments else len(arguments)
    kept = [word for word in arguments[:end] if word != "--debug"]
    return [*kept, *arguments[end:]], len(kept) < end


def json_path(arguments: Sequence[str]) -> str | None:
    """Find where ``--json`` points, even in arguments that cannot be parsed.

    Examples
    --------
    >>> json_path(["check", "a.csv", "b.csv", "--json", "out.json"]), json_path(["check", "--json=-"]), json_path(["check"])
    ('out.json', '-', None)
    """
    return _parted(arguments)[0]


def _parted(arguments: Sequence[str]) -> tuple[str | None, list[str]]:
    """Part where ``--json`` points from the words that may name an input: all but the outputs."""
    found, others = None, list[str]()
    words = iter(arguments)
    for word in words:
        if word == "--":
            others.extend(words)
        elif word.startswith("--json="):
            found = word.removeprefix("--json=")
        elif word == "--json":
            found = next(words, found)
        elif word in REPORTS:
            next(words, None)
        elif not word.startswith(tuple(f"{option}=" for option in REPORTS)):
            others.append(word)
    if others[:1] == ["policy"]:  # its --json is a flag, and what stands behind it the policy
        return None, others
    return found or None, others


def _path_of(option: str, arguments: Sequence[str]) -> str | None:
    """Find what an option was given, the last time that it stands there; None where it does not."""
    found = None
    words = list(arguments)
    for at, word in enumerate(words):
        if word == "--":
            break
        if word.startswith(f"{option}="):
            found = word.removeprefix(f"{option}=")
        elif word == option and at + 1 < len(words):
            found = words[at + 1]
    return found or None


def is_table(path: str) -> bool:
    """Tell whether a name is one of a table or schema: a document is never written over such a file."""
    try:
        return Path(path).suffix.lower() in TABLES or Path(path).is_dir()
    except OSError:  # a name that is too long, for one
        return False


def _precious(path: str) -> bool:
    """Tell whether what stands there may be a table: a path may have slipped into the place of another."""
    if is_table(path):
        return True
    try:
        with Path(path).open("rb") as file:
            return Path(path).suffix.lower() in MAYBE_TABLES and file.read(1) not in (b"", b"{")
    except OSError:
        return False


def tell(error: BaseException, arguments: Sequence[str], *, debug: bool = False) -> int:
    """Say on standard error what went wrong, leave an error document where ``--json`` pointed, and give the exit code.

    Parameters
    ----------
    error : BaseException
        What was raised.
    arguments : sequence of str
        The words of the command line.
    debug : bool
        Show the traceback instead of naming the file it was written to.
    """
    if isinstance(error, OSError) and error.errno == errno.ENAMETOOLONG:
        named = None if error.filename is None else str(error.filename)
        error = InputError("The name of this file is too long.", file=named, fix="Give a shorter one.")
    if isinstance(error, KeyboardInterrupt | typer.Abort):
        say("Interrupted.")
        _write_document(InputError("Interrupted before there was a result.", fix="Run it again."), arguments)
        return INTERRUPTED
    if isinstance(error, typer.TyperException):
        show = getattr(error, "show", None)
        if show is None:
            say(f"Error: {error.format_message()}")
        else:
            show(file=sys.stderr)
        _write_document(InputError(error.format_message(), fix="See: assay --help"), arguments)
        return BAD_INPUT
    if isinstance(error, AssayError):
        say("\n".join(f"Error: {line}" for line in str(error).splitlines()))
        if debug:
            traceback.print_exception(error)
        _write_document(error, arguments)
        return BAD_INPUT
    name = type(error).__name__
    message = f"{name}: {error}" if str(error) else name
    say(f"Error: something unforeseen happened ({message}).")
    if debug:
        traceback.print_exception(error)
        fix = "Run it again with --debug and report what it shows."
    else:
        fix = f"{_traceback_file(error)}--debug shows it."
        say(fix)
    _write_document(InputError(f"Something unforeseen happened ({message}).", fix=fix), arguments)
    return UNFORESEEN


def _traceback_file(error: BaseException) -> str:
    try:
        descriptor, name = tempfile.mkstemp(prefix="assay-traceback-", suffix=".txt")
        with os.fdopen(descriptor, "w", encoding="utf-8", errors="backslashreplace") as file:
            file.writelines(traceback.format_exception(error))
    except OSError:
        return "The traceback could not be written to a file; "
    return f"The traceback is in {name}; "


def _write_document(error: BaseException, arguments: Sequence[str]) -> None:
    """Replace whatever stands where ``--json`` points; never a table that slipped in there, nor an input."""
    path, others = _parted(arguments)
    if path is None:
        return
    from assay.reporting.documents import error_document, to_json

    text = to_json(error_document(error))
    if path == "-":
        with suppress(OSError):  # where nothing can be printed, the exit code still tells
            print_document(text)
        return
    named = [part for word in others for part in (word, word.partition("=")[2]) if part]
    if _precious(path) or os.path.realpath(path) in map(os.path.realpath, named):
        return
    try:
        _make_folder(path, arguments)
        write_atomically(path, text.encode("utf-8", "backslashreplace"))
    except InputError as unwritable:
        if str(unwritable) != str(error):
            say(f"Error: {unwritable}")


def _make_folder(path: str, arguments: Sequence[str]) -> None:
    """Make the folder that the work would have made (``--out``), where the document was to lie in it."""
    out = _path_of("--out", arguments)
    if out is not None and not is_table(out) and Path(os.path.realpath(path)).parent == Path(os.path.realpath(out)):
        with suppress(OSError):  # then the document cannot be written either, and that is said
            Path(out).mkdir(parents=True, exist_ok=True)
