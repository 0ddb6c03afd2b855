"""Entry point of the command line: runs a command, turns whatever happens into an exit code and an error document."""

from __future__ import annotations

import logging
import os
import sys
from collections.abc import Sequence

import typer
from typer.main import get_command

from assay.cli import failure, github
from assay.cli.app import app
from assay.cli.streams import calm_threads, finish, print_anything, say, stoppable


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one command.

    Parameters
    ----------
    arguments : sequence of str, optional
        Words behind ``assay``; default those of the process.

    Returns
    -------
    int
        0 trusted (for other commands: done), 1 not trusted, 2 usage or bad input, 3 cannot tell, 4 unforeseen, 130 interrupted.

    Notes
    -----
    typer's own runner is not used: it ends with 1, which reads as 'not trusted', where a pipe closes or a reader meets the end
    of a file.
    """
    # Before pyarrow is imported: its own allocator gives pages back so eagerly that they are zeroed over and over (1 s of 8).
    os.environ.setdefault("ARROW_DEFAULT_MEMORY_POOL", "system")
    given = list(sys.argv[1:] if arguments is None else arguments)
    print_anything()
    words, debug = failure.without_debug(given)
    if debug:
        logging.basicConfig(level=logging.DEBUG, format="%(name)s: %(message)s")
    try:
        command = get_command(app)
        with stoppable(), calm_threads(), command.make_context("assay", list(words)) as context:
            command.invoke(context)
        code = 0
    except typer.Exit as ended:
        code = ended.exit_code
    except BaseException as error:  # whatever it is, it must not end with 1
        try:
            code = failure.tell(error, words, debug=debug)
            github.tell_fault(error, words)
        except Exception as worse:
            say(f"Error: something unforeseen happened while an error was told ({type(worse).__name__}: {worse}).")
            code = failure.UNFORESEEN
    if not finish() and code != failure.BAD_INPUT:
        say("Error: the result could not be printed whole: standard output takes no more.")
        return failure.UNFORESEEN
    return code


if __name__ == "__main__":
    sys.exit(main())
