"""Standard output and error: readers that close early, and work that takes longer than two seconds."""

from __future__ import annotations

import io
import logging
import os
import signal
import sys
import threading
import time
from collections.abc import Generator
from contextlib import contextmanager, suppress

PATIENCE = 2.0


@contextmanager
def printing() -> Generator[None]:
    """Let a reader close the pipe early (``| head``) without changing how the command ends."""
    try:
        yield
        sys.stdout.flush()
    except BrokenPipeError:
        _close()


def finish() -> bool:
    """Flush standard output while a closed pipe can still be met calmly.

    Returns
    -------
    bool
        Whether all was written that somebody reads: false where a disk is full.
    """
    try:
        sys.stdout.flush()
    except (BrokenPipeError, ValueError):
        _close()
    except OSError:
        _close()
        return False
    return True


def print_document(text: str) -> None:
    """Print JSON as UTF-8, whatever the terminal's encoding: anything else would not be JSON."""
    with printing():
        sys.stdout.flush()
        sys.stdout.buffer.write(text.encode("utf-8", "backslashreplace"))
        sys.stdout.buffer.flush()


@contextmanager
def calm_threads() -> Generator[None]:
    """Let an interruption end background threads without a traceback each."""
    usual = threading.excepthook

    def hook(raised: threading.ExceptHookArgs) -> None:
        if not issubclass(raised.exc_type, KeyboardInterrupt):
            usual(raised)

    threading.excepthook = hook
    try:
        yield
    finally:
        threading.excepthook = usual


@contextmanager
def stoppable() -> Generator[None]:
    """Let a signal that ends the process be met as an interruption is: nothing stale stays, no half of a file either.

    Only signals that would end it: under ``nohup`` a hangup stays without effect.
    """
    found = [getattr(signal, name, None) for name in ("SIGTERM", "SIGHUP")]
    main_thread = threading.current_thread() is threading.main_thread()
    taken = [sign for sign in found if main_thread and sign is not None and signal.getsignal(sign) == signal.SIG_DFL]
    for sign in taken:
        signal.signal(sign, signal.default_int_handler)
    try:
        yield
    finally:
        for sign in taken:
            signal.signal(sign, signal.SIG_DFL)


def print_anything() -> None:
    """Let names that the terminal's encoding lacks be shown as escapes instead of ending the command.

    A stream that was closed before the start leads to nowhere: Python gives none, and other files would take its number.
    """
    for name in ("stdout", "stderr"):
        if getattr(sys, name) is None:
            setattr(sys, name, io.TextIOWrapper(io.FileIO(os.devnull, "w"), encoding="utf-8"))
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(errors="backslashreplace")


def _close() -> None:
    """Send the rest to nowhere, so that the interpreter does not stumble when it flushes at its end."""
    with suppress(OSError, ValueError, AttributeError):
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())


def say(line: str) -> None:
    """Print progress, a warning or an error to standard error, with whatever steers a terminal in names made visible."""
    from assay.reporting.text import visible

    line = "\n".join(visible(part) for part in line.split("\n"))
    with suppress(OSError, ValueError):
        print(line, file=sys.stderr, flush=True)


class Progress:
    """Say on standard error what is being done, from the third second on.

    Parameters
    ----------
    what : str
        Said first.
    quiet : bool
        Say nothing at all.

    Notes
    -----
    On a terminal one line is written over and over and is gone at the end; elsewhere each step is a line of its own, at most
    one every two seconds.
    """

    def __init__(self, what: str, *, quiet: bool = False) -> None:
        self.what, self.quiet = what, quiet
        self._started = self._said = time.monotonic()
        self._step = ""
        self._terminal = sys.stderr.isatty()
        self._stop = threading.Event()
        self._ticker = threading.Thread(target=self._tick, name="progress", daemon=True)

    def __enter__(self) -> Progress:
        if not self.quiet:
            self._ticker.start()
        return self

    def __exit__(self, *error: object) -> None:
        self._stop.set()
        if not self.quiet:
            self._ticker.join()
        if self._terminal and self._said > self._started:
            self._write("\r\x1b[2K")

    def __call__(self, name: str, position: int, total: int) -> None:
        """Take note of a step, as `assay.check` tells it."""
        self._step = f": {position} of {total}, {name.replace('_', ' ')}"

    def step(self, text: str) -> None:
        """Take note of a step in words."""
        self._step = f": {text}"

    def _tick(self) -> None:
        shown = None
        while not self._stop.wait(0.2 if self._terminal else 0.5):
            now = time.monotonic()
            seconds = now - self._started
            if seconds < PATIENCE:
                continue
            if self._terminal:
                self._write(f"\r\x1b[2K{self.what}{self._step} ({seconds:.0f} s)")
                self._said = now
            elif self._step != shown and (shown is None or now - self._said >= PATIENCE):
                say(f"{self.what}{self._step} ({seconds:.0f} s)")
                shown, self._said = self._step, now

    @staticmethod
    def _write(text: str) -> None:
        with suppress(OSError, ValueError):
            sys.stderr.write(text)
            sys.stderr.flush()


@contextmanager
def overheard(progress: Progress) -> Generator[None]:
    """Show what generators log: how far they are as steps of the progress, warnings as lines of their own."""

    class Told(logging.Handler):
        def emit(self, record: logging.LogRecord) -> None:
            if record.levelno >= logging.WARNING:
                say(f"Warning: {record.getMessage()}")
            elif record.levelno == logging.INFO:
                progress.step(record.getMessage())

    logger, handler = logging.getLogger("assay"), Told()
    own = logger.level
    level, upwards = logger.getEffectiveLevel(), logger.propagate
    logger.addHandler(handler)
    logger.setLevel(min(logging.INFO, level))
    logger.propagate = level == logging.DEBUG  # some libraries print all that reaches the root
    try:
        yield
    finally:
        logger.removeHandler(handler)
        logger.setLevel(own)
        logger.propagate = upwards
