"""Small scenarios of a shared corpus, as text."""

from __future__ import annotations

from assay.lab.ecosystem_reading import read_scenario
from assay.lab.ecosystem_scenario import Scenario

KNOWN = {
    "human.stock": 50,
    "human.inflow": 0.3,
    "human.growth": 0,
    "synthetic.stock": 0,
    "synthetic.inflow": 0.5,
    "synthetic.growth": 0,
    "corpus.retention": 0.7,
}
ONE = '[[generators]]\nname = "a"\nevery = 1\nrows = 50\n'
TWO = '[[generators]]\nname = "a"\nevery = 1\nrows = 30\nshare = 2\n[[generators]]\nname = "b"\nevery = 2\nrows = 20\n'


def text(quantities: dict[str, object] | None = None, *, readers: str = ONE, end: int = 2031, step: str = "year") -> str:
    """Write a scenario; a quantity is a number or a pair of low and high."""
    sections: dict[str, list[str]] = {}
    for name, given in (KNOWN | (quantities or {})).items():
        section, _, key = name.partition(".")
        if key == "by":
            shown = str(given)
        elif isinstance(given, tuple):
            shown = f'{{ low = {given[0]}, high = {given[1]}, assumption = "A test." }}'
        else:
            shown = f'{{ value = {given}, assumption = "A test." }}'
        sections.setdefault(section, []).append(f"{key} = {shown}")
    head = f'ecosystem = "assay.ecosystem/1"\ntitle = "A test"\nstart = 2025\nend = {end}\nstep = "{step}"\n'
    body = "".join(f"[{section}]\n" + "\n".join(lines) + "\n" for section, lines in sections.items())
    return head + body + readers


def scenario(quantities: dict[str, object] | None = None, *, readers: str = ONE, end: int = 2031, step: str = "year") -> Scenario:
    """Read it."""
    return read_scenario(text(quantities, readers=readers, end=end, step=step))


def fresh(size: int, share: float, end: int) -> Scenario:
    """Make the scenario that is the regime ``fresh:share``: each year all rows go, and size new ones are read."""
    given: dict[str, object] = {"human.stock": size, "human.inflow": share, "synthetic.inflow": 1 - share, "corpus.retention": 0}
    return scenario(given, readers=f"[[generators]]\nevery = 1\nrows = {size}\n", end=end)
