"""Events from TOML: how many rows, which, and what happens in them."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from assay.scenario.keys import EVENT_KEYS, EVENTS_OF_PATTERN
from assay.scenario.model import Event, Fault, Path, Rule
from assay.scenario.problems import Problems
from assay.scenario.reading_rules import RuleReader

FAULTS = ("stuck", "drift", "spike", "dropout")
MOST_EVENTS = 1_000


class EventReader:
    """Reads events and notes what is wrong with them.

    Parameters
    ----------
    problems : Problems
        Where it is noted.
    rules : RuleReader
        Reads the rules in them.
    """

    def __init__(self, problems: Problems, rules: RuleReader) -> None:
        self.problems, self.rules = problems, rules

    def events(self, entries: Any, path: Path) -> tuple[Event, ...]:
        """Read the events of a table."""
        if not isinstance(entries, list) or len(entries) > MOST_EVENTS:
            self.problems.add(
                path, f"must be a list of at most {MOST_EVENTS:,} tables: start each with [[{'.'.join(map(str, path))}]]."
            )
            return ()
        events = tuple(self._event(entry, (*path, at)) for at, entry in enumerate(entries))
        names = [event.name for event in events]
        for event in events:
            if names.count(event.name) > 1:
                self.problems.add(
                    (*event.path, "name"), f"{event.name!r} names {names.count(event.name)} events. Give each its own."
                )
        return events

    def _event(self, entry: Any, path: Path) -> Event:
        problems, rules = self.problems, self.rules
        if not isinstance(entry, Mapping):
            problems.add(path, f"must be a table of {', '.join(EVENT_KEYS)}.")
            return Event("event", "rows", path)
        problems.unknown(path, entry, EVENT_KEYS, "an event")
        if "name" not in entry:
            problems.add(path, f"needs name. {EVENT_KEYS['name']}")
        pattern = entry.get("pattern", "rows")
        if not isinstance(pattern, str) or pattern not in EVENTS_OF_PATTERN:
            problems.add((*path, "pattern"), f"must be one of {', '.join(EVENTS_OF_PATTERN)}. Got {pattern!r}.")
            pattern = "rows"
        own = {key for keys in EVENTS_OF_PATTERN.values() for key in keys} - set(EVENTS_OF_PATTERN[pattern])
        for key in sorted(own & set(entry)):
            owners = " or ".join(name for name, keys in EVENTS_OF_PATTERN.items() if key in keys)
            problems.add((*path, key), f'goes with pattern = "{owners}", not "{pattern}".')
        share, count = self._amount(entry, path)
        slice_ = entry.get("of", "table")
        if slice_ not in ("table", "slice"):
            problems.add((*path, "of"), f"must be table or slice. Got {slice_!r}.")
        if slice_ == "slice" and ("when" not in entry or pattern == "burst"):
            problems.add((*path, "of"), "= slice goes with when and with single rows or stretches.")
        size = self._needed(entry, "size", path) if pattern == "burst" else None
        length = self._needed(entry, "length", path) if pattern == "stretch" else None
        seconds = 0.0
        if pattern == "burst":
            if "within" not in entry:
                problems.add(path, f"needs within. {EVENT_KEYS['within']}")
            else:
                seconds = rules.duration(entry["within"], (*path, "within"))
        return Event(
            rules.text(entry["name"], (*path, "name"), "event") if "name" in entry else "event",
            pattern,
            path,
            share,
            count,
            rules.expression(entry["when"], (*path, "when")) if "when" in entry else None,
            slice_ == "slice",
            self._set(entry.get("set", {}), (*path, "set")),
            self._set(entry.get("last", {}), (*path, "last")),
            size,
            seconds,
            rules.texts(entry["same"], (*path, "same")) if "same" in entry else (),
            length,
            self._fault(entry, path),
        )

    def _amount(self, entry: Mapping[str, Any], path: Path) -> tuple[float | None, int | None]:
        if ("rate" in entry) == ("count" in entry):
            got = "both" if "rate" in entry else "neither"
            self.problems.add(path, f"needs rate = SHARE or count = NUMBER, one of them. Got {got}.")
            return 0.0, None
        if "count" in entry:
            return None, self.rules.whole(entry["count"], (*path, "count"), low=0, high=10**9)
        wanted = "a share of the rows from 0 to 1, such as 0.002"
        return self.rules.number(entry["rate"], (*path, "rate"), holds=lambda x: 0 <= x <= 1, wanted=wanted), None

    def _needed(self, entry: Mapping[str, Any], key: str, path: Path) -> Rule | None:
        if key not in entry:
            self.problems.add(path, f"needs {key}. {EVENT_KEYS[key]}")
            return None
        return self.rules.rule(entry[key], (*path, key))

    def _set(self, entry: Any, path: Path) -> dict[str, Rule]:
        if not isinstance(entry, Mapping):
            self.problems.add(path, "must be a table of columns and rules.")
            return {}
        return {name: self.rules.rule(part, (*path, name)) for name, part in entry.items()}

    def _fault(self, entry: Mapping[str, Any], path: Path) -> Fault | None:
        given = [key for key in ("columns", "size_of_fault") if key in entry]
        if "fault" not in entry:
            for key in given:
                self.problems.add((*path, key), "goes with fault.")
            return None
        kind = entry["fault"]
        if kind not in FAULTS:
            self.problems.add((*path, "fault"), f"must be one of {', '.join(FAULTS)}. Got {kind!r}.")
            return None
        if "columns" not in entry:
            self.problems.add(path, f"needs columns. {EVENT_KEYS['columns']}")
        size = None
        if kind in ("drift", "spike"):
            size = self._needed(entry, "size_of_fault", path)
        elif "size_of_fault" in entry:
            self.problems.add((*path, "size_of_fault"), f"goes with drift and spike, not {kind}.")
        columns = self.rules.texts(entry["columns"], (*path, "columns")) if "columns" in entry else ()
        return Fault(kind, columns, size)
