"""The ecosystem: several generators and classifiers that read from and write to one corpus, over calendar years."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from assay.checking.options import require_usable
from assay.core.ecosystem import Band, Ecosystem
from assay.core.errors import UsageError
from assay.core.seeds import spawn
from assay.lab.ecosystem_columns import Columns
from assay.lab.ecosystem_labels import Labels
from assay.lab.ecosystem_levels import Levels, long_tail
from assay.lab.ecosystem_reading import load_scenario
from assay.lab.ecosystem_scenario import FEWEST, Scenario, drawn, middles, repeated, told
from assay.lab.ecosystem_sensitivity import effects, ends, from_ranges
from assay.lab.ecosystem_worlds import unfold

DRAWS, SEEDS = 200, 4
AT_MIDDLE = 40  # seeds with all quantities in the middle of their ranges
AT_ENDS = 8  # and with one of them at either end
OUTLOOK = (2035, 2045)
MOST_COLUMNS = FEWEST - 2  # readers of the fewest rows learn from one less, and its covariance must have full rank
LEFT_OUT = (
    "It is a model of a pool under stated assumptions, not a prediction of the web. Ranges are drawn evenly and independently.",
    "Reality stands still: people's own rows do not change, and do not come to imitate what models write.",
    "Rows are alike: no languages, subjects, popularity or duplicates, and no readers that prefer old or trusted sources.",
    "Generators are normal columns, shares of levels and linear rules, fitted at their best; what real ones do better, or worse "
    "in other ways, is in `making` alone, and stays as it is for all the years.",
    "Nobody reacts: no generator is withdrawn, no reader changes its filter when its own rows get worse, and nothing is learned "
    "from people's feedback or from paid or private data.",
    "A detector errs at random, not more on some people's rows than on others; marks are neither forged nor put on human rows.",
    "Rows that people and generators make together count as either human or synthetic.",
)


def run(
    scenario: str | Path | Scenario,
    *,
    draws: int = DRAWS,
    seeds: int = SEEDS,
    seed: int = 0,
    years: Sequence[float] | None = None,
    dimension: int = 2,
) -> Ecosystem:
    """Run a scenario of a shared corpus in the toy worlds, through sufficient statistics.

    Parameters
    ----------
    scenario : str, path or Scenario
        One that ships (``business_as_usual``, ``provenance_adopted``, ``filtering_only``), or a TOML file.
    draws : int, default 200
        Draws from the scenario's ranges, at least 2.
    seeds : int, default 4
        Lineages of each draw, at least 2.
    seed : int, default 0
        Equal seeds give equal numbers, at least 0.
    years : sequence of float, optional
        Years of the outlook, for which the effect of each assumption is told. Default 2035 and 2045, or else the last year.
    dimension : int, default 2
        Normal columns, from 1 to 8.

    Returns
    -------
    Ecosystem

    Raises
    ------
    InputError, UnknownNameError
        See `assay.lab.ecosystem_reading.load_scenario`.
    UsageError
        If an option cannot be used, readers accept too few rows, or the corpus or its variance grows without bounds; with the
        year.

    Notes
    -----
    Lineages: `draws` times `seeds` with every quantity drawn from its range, 40 with all of them in the middle, and for each
    quantity 8 at either end of its range with the others in the middle (one at a time). Intervals are the 2.5% and 97.5% points.

    Examples
    --------
    >>> found = run("business_as_usual", draws=2, seeds=2)
    >>> found.at("synthetic_share", 2025)["middle"], found.years
    (0.0, (2035.0, 2045.0))
    """
    if not isinstance(scenario, Scenario):
        scenario = load_scenario(scenario)
    require_usable(seed, None, None)
    _require_whole("draws", draws, 2)
    _require_whole("seeds", seeds, 2)
    _require_whole("dimension", dimension, 1, MOST_COLUMNS)
    wanted = _years(scenario, years)
    ranged = scenario.ranged
    drawn_values = drawn(scenario, draws, spawn(seed, "ecosystem", "ranges"))
    groups = [repeated(drawn_values, seeds), middles(scenario, AT_MIDDLE), ends(scenario, AT_ENDS)]
    values = {name: np.concatenate([group[name] for group in groups]) for name in groups[0]}
    rng = spawn(seed, "ecosystem", "worlds")
    axes = unfold(scenario, values, toy_worlds(scenario, values, rng, dimension=dimension), rng)
    cut = draws * seeds
    steps = [int(np.abs(scenario.times - year).argmin()) for year in wanted]
    bands: list[Band] = []
    found = []
    for axis, numbers in axes.items():
        sampled = numbers[:, :cut].reshape(len(numbers), draws, seeds)
        bands.append(_band(axis, sampled, numbers[:, cut : cut + AT_MIDDLE]))
        at_ends = numbers[:, cut + AT_MIDDLE :].reshape(len(numbers), len(ranged), 2, AT_ENDS)
        for year, step in zip(wanted, steps, strict=True):
            found += effects(axis, year, ranged, drawn_values, sampled[step], at_ends[step])
    return Ecosystem(
        scenario.name,
        scenario.title,
        tuple(map(float, scenario.times)),
        tuple(bands),
        tuple(found),
        tuple(told(scenario)),
        LEFT_OUT,
        {
            "draws": int(draws),
            "seeds": int(seeds),
            "seed": int(seed),
            "years": list(wanted),
            "sha256": scenario.sha256,
            "generators": [each.name for each in scenario.generators],
            "classifiers": [each.name for each in scenario.classifiers],
            "dimension": int(dimension),
        },
    )


def toy_worlds(
    scenario: Scenario, values: Mapping[str, np.ndarray], rng: np.random.Generator, *, dimension: int = 2
) -> tuple[Columns, Levels, Labels]:
    """Give the toy worlds of a scenario: normal columns, levels with a long tail, labels.

    Parameters
    ----------
    scenario : Scenario
        Who writes and reads.
    values : mapping of str to numpy.ndarray of shape (lineages,)
        Every quantity, for every lineage.
    rng : numpy.random.Generator
        Draws what the worlds are made of.
    dimension : int
        Normal columns.
    """
    writers = len(scenario.generators)
    most = int(scenario.quantities["human.stock"].low)
    return (
        Columns(values, writers, dimension=dimension),
        Levels(values, writers, probabilities=long_tail(min(scenario.generators[0].rows, most))),
        Labels(values, writers, len(scenario.classifiers), rng),
    )


def _years(scenario: Scenario, years: Sequence[float] | None) -> tuple[float, ...]:
    if years is None:
        return tuple(float(year) for year in OUTLOOK if scenario.start <= year <= scenario.end) or (float(scenario.end),)
    told = f"years must be numbers from {scenario.start} to {scenario.end}, such as ({scenario.end},)."
    if isinstance(years, str) or not hasattr(years, "__iter__"):
        raise UsageError(f"{told} Got {years!r}.")
    found = tuple(years)
    if not found or not all(_is_number(year) and scenario.start <= year <= scenario.end for year in found):
        raise UsageError(f"{told} Got {', '.join(map(repr, found)) or 'none'}.")
    return tuple(map(float, found))


def _is_number(given: Any) -> bool:
    return isinstance(given, int | float | np.integer | np.floating) and not isinstance(given, bool)


def _require_whole(name: str, given: Any, least: int, most: int | None = None) -> None:
    if not isinstance(given, int | np.integer) or isinstance(given, bool) or given < least or (most and given > most):
        wanted = f"an integer >= {least}" if most is None else f"an integer from {least} to {most}"
        raise UsageError(f"{name} must be {wanted}. Got {given!r}.")


def _band(axis: str, sampled: np.ndarray, middle: np.ndarray) -> Band:
    """Make the band of an axis, `sampled` of shape (times, draws, seeds) and `middle` of shape (times, seeds)."""
    flat = sampled.reshape(len(sampled), -1)
    low, median, high = (tuple(map(float, part)) for part in np.quantile(flat, [0.025, 0.5, 0.975], axis=1))
    seeds_low, seeds_high = (tuple(map(float, part)) for part in np.quantile(middle, [0.025, 0.975], axis=1))
    return Band(axis, median, low, high, seeds_low, seeds_high, tuple(from_ranges(each) for each in sampled))
