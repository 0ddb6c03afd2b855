"""The folder of a loop: every generation's rows and scores, written whole or not at all, so that a killed run goes on."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any, cast

import pyarrow as pa
import pyarrow.parquet as pq

from assay.core.errors import InputError, UsageError
from assay.core.files import write_atomically
from assay.core.lineage import METADATA_KEY, Lineage
from assay.core.trajectory import Descent
from assay.data.dataset import Dataset
from assay.data.schema import Schema
from assay.data.writers import write_table
from assay.lab.loop_record import POINTS, RESULT, Made

SETTINGS, FLOORS = "settings.json", "floors.json"
RUN, ERROR = "assay.loop.run/1", "assay.error/1"
FIRST = "_first"
UNFINISHED = ".assay-"  # how files begin that a killed process was writing


class Store:
    """What a loop has done so far, on disk.

    Parameters
    ----------
    folder : str or Path
        ``settings.json`` says whose loop it is; ``GENERATOR/REGIME/SEED/N.json`` and ``N.parquet`` hold generation N, the first
        one under the regime ``_first``, as all regimes share it.

    Notes
    -----
    The rows are written before the scores: where the scores are, the generation is done. Scores tell no value of the table;
    synthetic rows may, as far as the generator does.
    """

    def __init__(self, folder: str | Path) -> None:
        self.folder = Path(folder)

    def claim(self, about: Mapping[str, Any], generators: Mapping[str, Mapping[str, Any]]) -> None:
        """Make the folder, or find that it holds a loop with the same settings.

        Parameters
        ----------
        about : mapping
            What every number depends on: table, holdout, columns, size, seed, version, packages.
        generators : mapping
            Settings by generator. Others than before may be added.

        Raises
        ------
        UsageError
            If it holds another loop; the message says what differs.
        InputError
            If it cannot be written to.
        """
        path = self.folder / SETTINGS
        about, generators = _plain(about), _plain(generators)
        try:
            self.folder.mkdir(parents=True, exist_ok=True)
            known = self._settings(path, about, generators) if path.exists() else {}
            if not path.exists() and any(map(_foreign, self.folder.iterdir())):
                raise UsageError(f"{self.folder} holds other files and no loop. Give --out another folder, or empty this one.")
            entry = {"schema": RUN, "about": about, "generators": {**known, **generators}}
            write_atomically(path, _json(entry))
            (self.folder / RESULT).unlink(missing_ok=True)  # a stale result is never read
            (self.folder / POINTS).unlink(missing_ok=True)
        except OSError as error:
            raise InputError(
                f"The loop cannot be kept here: {error.strerror or error}.",
                file=str(self.folder),
                fix="Give --out a folder that you may write to.",
            ) from error

    def made(self, descent: Descent, number: int) -> Made | None:
        """Give what is known of a generation; None where it is not done."""
        path = self._place(descent, number, "json")
        try:
            return Made.from_dict(json.loads(path.read_bytes()))
        except FileNotFoundError:
            return None
        except (OSError, ValueError, KeyError, TypeError) as error:
            fix = "Remove it, and this generation is made again."
            raise InputError(f"This is no generation of a loop ({type(error).__name__}).", file=str(path), fix=fix) from error

    def keep_rows(self, descent: Descent, number: int, rows: Dataset) -> None:
        """Keep a generation's rows."""
        path = self._place(descent, number, "parquet")
        path.parent.mkdir(parents=True, exist_ok=True)
        write_table(rows, path)

    def keep_scores(self, made: Made) -> None:
        """Keep a generation's scores, and with them the word that it is done; what it failed of before is forgotten."""
        step = made.generation.descent, made.generation.number
        write_atomically(self._place(*step, "json"), _json(made.to_dict()))
        self.failure(*step).unlink(missing_ok=True)

    def rows(self, descent: Descent, number: int, schema: Schema) -> Dataset | None:
        """Give a generation's rows; None where they are not kept."""
        path = self._place(descent, number, "parquet")
        try:
            table = pq.ParquetFile(path, page_checksum_verification=True).read()
        except FileNotFoundError:  # perhaps only now: another process may sweep
            return None
        except (pa.ArrowException, OSError) as error:
            fix = "Remove it, and these rows are made again."
            raise InputError("These rows of a generation cannot be read.", file=str(path), fix=fix) from error
        stamp = (table.schema.metadata or {}).get(METADATA_KEY)
        lineage = None if stamp is None else Lineage.from_json(stamp)
        return Dataset(table.replace_schema_metadata(None), schema, name=f"generation {number}", lineage=lineage)

    def holds_rows(self, descent: Descent, number: int) -> bool:
        """Tell whether a generation's rows are kept."""
        return self._place(descent, number, "parquet").exists()

    def grown_beyond(self, descent: Descent, number: int) -> bool:
        """Tell whether anything is kept of a later generation of a lineage."""
        later = self._place(descent, number, "json").parent.glob("*.*")
        return any(path.suffix in (".json", ".parquet") and path.stem.isdigit() and int(path.stem) > number for path in later)

    def sweep(self, descent: Descent, wanted: frozenset[int], *, upto: int) -> None:
        """Remove the rows of the generations of a lineage up to one, but those wanted; scores and later rows stay."""
        folder = self._place(descent, 0, "parquet").parent
        for path in folder.glob("*.parquet"):
            if path.stem.isdigit() and int(path.stem) <= upto and int(path.stem) not in wanted:
                path.unlink(missing_ok=True)

    def failure(self, descent: Descent, number: int) -> Path:
        """Give where the traceback of a generation stands, if it failed."""
        return self._place(descent, number, "error.txt")

    def fail(self, descent: Descent, number: int, told: str) -> Path:
        """Keep the traceback of a generation that failed, and give where."""
        path = self.failure(descent, number)
        path.parent.mkdir(parents=True, exist_ok=True)
        write_atomically(path, told.encode("utf-8", "backslashreplace"))
        return path

    def floors(self) -> dict[str, Any] | None:
        """Give what `keep_floors` kept; None where there is nothing that can be read."""
        try:
            return json.loads((self.folder / FLOORS).read_bytes())
        except (OSError, ValueError):
            return None

    def keep_floors(self, floors: Mapping[str, Any]) -> None:
        """Keep what real samples show: it follows from the real rows and the size, which are those of the folder."""
        write_atomically(self.folder / FLOORS, _json(floors))

    def _place(self, descent: Descent, number: int, ending: str) -> Path:
        regime = descent.regime.replace(":", "=") or FIRST
        return self.folder / descent.generator / regime / str(descent.seed) / f"{number}.{ending}"

    def _settings(self, path: Path, about: Mapping[str, Any], generators: Mapping[str, Any]) -> dict[str, Any]:
        """Give the generators that the folder has, if they and all else are the same."""
        try:
            entry = json.loads(path.read_bytes())
            known, others = entry["about"], entry["generators"]
            usable = entry["schema"] == RUN and isinstance(known, dict) and isinstance(others, dict)
        except (ValueError, KeyError, TypeError):
            usable, known, others = False, {}, {}
        if not usable:
            raise UsageError(f"{path} is not the settings of a loop. Give --out another folder, or remove that file.")
        differing = [
            _named(key, known.get(key), about.get(key)) for key in sorted({*about, *known}) if about.get(key) != known.get(key)
        ]
        differing += [f"setting of {name}" for name in generators if name in others and others[name] != generators[name]]
        if differing:
            raise UsageError(
                f"{self.folder} holds a loop with another {' and another '.join(differing)}. "
                "Give --out another folder, or the same settings and packages; "
                "generators, regimes, seeds and generations may be added."
            )
        return others


def _named(key: str, known: Any, asked: Any) -> str:
    """Name what differs, and of parts those that do, with what they were and are."""
    if not (isinstance(known, dict) and isinstance(asked, dict)):
        return key
    was, now = cast("dict[str, Any]", known), cast("dict[str, Any]", asked)
    parts = [part for part in sorted({*was, *now}) if was.get(part) != now.get(part)]
    return " and another ".join(f"{part} ({was.get(part, 'none')} there, {now.get(part, 'none')} here)" for part in parts)


def _foreign(path: Path) -> bool:
    """Tell a file of somebody else's from what a loop leaves that ended before it began: half a file, or an error document."""
    if path.name.startswith(UNFINISHED):
        return False
    try:
        return path.suffix != ".json" or json.loads(path.read_bytes())["schema"] != ERROR
    except (OSError, ValueError, KeyError, TypeError):
        return True


def _plain(content: Mapping[str, Any]) -> dict[str, Any]:
    return json.loads(json.dumps(content, sort_keys=True, default=str))


def _json(entry: Mapping[str, Any]) -> bytes:
    return json.dumps(entry, ensure_ascii=True, allow_nan=False, indent=1).encode() + b"\n"
