"""What a scenario makes, in a few lines."""

from __future__ import annotations

from assay.scenario.memory import check_memory
from assay.scenario.model import Event, Scenario
from assay.scenario.schema import schema_of
from assay.scenario.world import make_tables

TRIED = 1_000


def describe(scenario: Scenario) -> list[str]:
    r"""Make some rows of a scenario and say what it makes.

    Raises
    ------
    InputError
        If something does not work out on the rows, or they would not fit into the memory.

    Examples
    --------
    >>> from assay.scenario.reading import read_scenario
    >>> describe(read_scenario('[tables.people.columns]\nage = {distribution = "integers", low = 18, high = 90}'))[1:]
    ['people: 1,000 rows for n = 1,000; age']
    """
    check_memory(scenario, scenario.main, TRIED, scenario.tables)
    made = make_tables(scenario, TRIED, seed=0)
    lines = [f"The scenario can be used: {scenario.title or scenario.file}."]
    for name, rows in made.items():
        table = scenario.tables[name]
        columns = schema_of(scenario, name).names
        shown = ", ".join(columns[:12]) + (f" and {len(columns) - 12} more" if len(columns) > 12 else "")
        of = "" if table.parent is None else f" of {table.parent}"
        lines.append(f"{name}: {rows.num_rows:,} rows{of} for n = {TRIED:,}; {shown}")
        lines += [f"  event {event.name}: {_amount(event)}, {event.pattern}" for event in table.events]
    return lines


def _amount(event: Event) -> str:
    if event.count is not None:
        return f"{event.count:,} rows"
    return f"{100 * (event.share or 0.0):g}% of the rows" + (" that meet when" if event.of_slice else "")
