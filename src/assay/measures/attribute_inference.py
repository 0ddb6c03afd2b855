"""Attribute inference: what the synthetic table gives away of a person of whom the rest is known."""

from __future__ import annotations

from collections.abc import Mapping
from typing import ClassVar, Literal, NamedTuple

import numpy as np

from assay.core.errors import NotApplicable
from assay.core.estimate import Estimate
from assay.core.evidence import Evidence, Family, Item
from assay.core.protocols import Context, Measure
from assay.data.codec import OWN_LEVELS, Codec
from assay.measures._neighbours import aligned, draw
from assay.stats.attacks import Risk
from assay.stats.neighbours import References
from assay.stats.rowhash import matrix_digests, single

MOST_QUERIES = 5_000
LEAST_QUERIES = 1_000
MOST_WORK = 6e10  # floating-point operations of the nearest-row attack
LARGEST = 1e150  # the squares of larger numbers are more than a double holds
MOST_CELLS = 900_000  # synthetic rows times trees
LEAST_COLUMNS = 3
LEAST_ROWS = 50
LEAST_MISSES = 0.05
TOLERANCE = 0.05
OTHER = 1e9  # a level too rare to be guessed
METHOD = (
    "guesses of {column} by {attack}: share right of {m} training rows, against {n} holdout rows; risk over control, "
    "MOVER interval of the ratio of misses{chosen}"
)


class AttributeInference(Measure):
    """Guess a column of a training row from all its other columns and the synthetic table.

    Notes
    -----
    Two attacks, each on training rows and, as the control, on holdout rows of which the synthetic table cannot know:

    - *a tree* grown on the synthetic rows down to single ones, with the other columns as features: it finds out by itself which
      of them matter, and finds its way back to a copied row even where numbers were changed a little;
    - *the nearest synthetic row* in all the other columns: its value is the guess (for columns declared sensitive only, as it
      takes long).

    Both see the synthetic table with centre and spread of its numbers moved onto the real ones, where they are off. A guess is
    right if the level is the same, or the number lies within a twentieth of the real column's range between its 5% and 95%
    points. The effect is ``(attack - control) / (1 - control)``: what is learned of people BECAUSE they were in the training
    table; what holds for everybody is science and cancels. Columns declared ``sensitive`` are attacked; without any, every
    column (of tables so large that this takes long, the target and the first few), which is said. To fail, the bound is
    corrected for the number of attacks; to pass, every one must be within its margin. Columns that holdout rows give away in
    over 95% have nothing left to find.

    What it cannot see: attackers who know more than one row (the generator, several releases), who do not know all the other
    columns, or who care for a few people only: a leak of single rows is lost in the share.

    References
    ----------
    Giomi, Boenisch, Wehmeyer and Tasnadi (2023), A unified framework for quantifying privacy risk in synthetic data, PETS.
    Stadler, Oprisanu and Troncoso (2022), Synthetic data: anonymisation groundhog day, USENIX Security.
    """

    question: ClassVar[str] = "Can an attacker learn a sensitive value of a training row?"
    family: ClassVar[str] = "privacy"
    reads: ClassVar[Literal["profile", "rows"]] = "rows"
    needs: ClassVar[frozenset[str]] = frozenset({"holdout"})
    whole: ClassVar[tuple[str, ...]] = ("synthetic",)
    cost: ClassVar[int] = 48
    codes: ClassVar[Mapping[str, str]] = {
        "ATTR01": "A column of training rows can be guessed from the others and the synthetic table better than one of other "
        "real rows."
    }
    mechanism: ClassVar[str] = "memorisation"
    remedy: ClassVar[str] = (
        "Drop synthetic rows that copy training rows, and refit with more regularisation, larger leaves or fewer steps, or with "
        "differential privacy."
    )
    cannot_see: ClassVar[str] = "Attackers who know more than the other columns; leaks of single people too few to move a share."

    def measure(self, context: Context) -> Evidence:
        """Attack column by column."""
        if min(len(context.real), len(context.holdout)) < LEAST_ROWS:
            raise NotApplicable(
                f"guessing needs at least {LEAST_ROWS} rows in the real table and in the holdout; "
                f"got {len(context.real)} and {len(context.holdout)}."
            )
        schema = context.schema
        if len(schema.modelled) < 2:
            raise NotApplicable("fewer than two columns carry a distribution: there is nothing to guess one from.")
        declared = [name for name in schema.sensitive if name in schema.modelled]
        if schema.sensitive and not declared:
            raise NotApplicable("the sensitive columns are ids or free text, which carry no distribution to guess.")
        columns = declared or _within_reach(context)
        known = _tables(context, len(columns))
        seeds = [int(context.rng("attribute_inference", name).integers(2**31)) for name in columns]
        tasks = [(known, name, bool(declared), seed) for name, seed in zip(columns, seeds, strict=True)]
        tests: list[tuple[str, str, Risk]] = []
        useless: dict[str, str] = {}
        for name, risks in zip(columns, context.map(_attack, tasks), strict=True):
            for attack, risk in risks:
                if 1 - risk.control < LEAST_MISSES:
                    useless[name] = "other real rows give it away in over 95%"
                else:
                    tests.append((name, attack, risk))
        if not tests:
            raise NotApplicable("every column follows from the others in over 95% of other real rows: nothing is left to find.")
        of = "all" if len(columns) == len(schema.modelled) else f"of {len(schema.modelled)} columns"
        chosen = "" if declared else f"; none is declared sensitive: {of} {len(columns)} were attacked"
        useless = {name: why for name, why in useless.items() if name not in {test[0] for test in tests}}
        error = context.alpha / len(tests)
        items = tuple(_item(context, *test, error, chosen) for test in tests)
        return Evidence((Family("attribute_inference", items),), not_applicable=useless)

    def describe(self, item: Item) -> str:
        """Say how much better than chance the guesses are."""
        e, facts = item.estimate, item.facts
        return (
            f"By {facts['attack']}, {facts['column']} is guessed right for {e.value:.1%} of the training rows and for "
            f"{e.floor_median:.1%} of other real rows: of what was left to find, {e.effect:.1%} ({e.low:.1%} to {e.high:.1%}) is "
            "given away by having been in the training table."
        )

    def missed(self, item: Item) -> str:
        """Say how much could be given away."""
        return (
            f"{item.facts['column']} given away, by {item.facts['attack']}, for up to {item.harm_high:.1%} of the training rows "
            "that the rest leaves open would not have been seen at this size"
        )


def _within_reach(context: Context) -> list[str]:
    """Give the columns that can be attacked in time, the target first."""
    schema = context.schema
    most = max(MOST_CELLS // max(len(context.synthetic), 1), LEAST_COLUMNS)
    if len(schema.modelled) <= most:
        return list(schema.modelled)
    return sorted(schema.modelled, key=lambda name: (name != schema.target, schema.column(name).ordered))[:most]


class _Known(NamedTuple):
    """What attacks work on: encoded rows of each table, synthetic ones in an order of their own, and who is asked about."""

    codec: Codec
    distance: dict[str, np.ndarray]
    ordinal: dict[str, np.ndarray]
    tolerances: dict[str, float]
    asked: dict[str, np.ndarray]


def _tables(context: Context, columns: int) -> _Known:
    codec: Codec = context.share("codec", lambda: Codec(context.schema).fit(context.real))
    moved = aligned(context)
    synthetic = "synthetic" if moved is None else "aligned"
    tables = {"real": context.real, synthetic: moved or context.synthetic, "holdout": context.holdout}
    distance = {
        name: context.share(f"distance:{name}", lambda table=table: codec.distance(table)) for name, table in tables.items()
    }
    ordinal = {name: context.share(f"ordinal:{name}", lambda table=table: codec.ordinal(table)) for name, table in tables.items()}
    ordinal = {name: np.clip(matrix, -LARGEST, LARGEST) for name, matrix in ordinal.items()}
    each = 2.0 * distance["real"].shape[1] * len(context.synthetic) * columns * 2
    most = int(np.clip(MOST_WORK / each, LEAST_QUERIES, MOST_QUERIES))
    asked = {side: draw(distance[side], most, context.rng("attribute_inference", side)) for side in ("real", "holdout")}
    # in an order that does not depend on how the table was stored: of equally near rows the first is taken, and trees are grown
    order = np.argsort(matrix_digests(single(ordinal[synthetic])), kind="stable")
    for matrices in (distance, ordinal):
        matrices["synthetic"] = matrices[synthetic][order]
    tolerances: dict[str, float] = {}
    for at, name in enumerate(context.schema.modelled):
        if context.schema.column(name).ordered:
            values = ordinal["real"][:, at]
            values = values[~np.isnan(values)]
            low, high = np.quantile(values, (0.05, 0.95)) if len(values) else (0.0, 0.0)
            tolerances[name] = float(TOLERANCE * (high - low))
    return _Known(codec, distance, ordinal, tolerances, asked)


def _attack(known: _Known, name: str, thoroughly: bool, seed: int) -> list[tuple[str, Risk]]:
    """Guess one column of training and holdout rows."""
    at = list(known.codec.schema.modelled).index(name)
    sides = ("real", "holdout")
    truth = {side: known.ordinal[side][:, at] for side in sides}
    source = known.ordinal["synthetic"][:, at]
    tolerance = known.tolerances.get(name)
    others = {side: np.delete(known.ordinal[side], at, axis=1) for side in (*sides, "synthetic")}
    guesses = _tree(others, source, tolerance is not None, seed)
    found = [("a tree grown on the synthetic rows", _risk([_right(guesses[side], truth[side], tolerance) for side in sides]))]
    if thoroughly:
        place = known.codec.places()[name]
        references = References(np.delete(known.distance["synthetic"], place, axis=1))
        hits: list[np.ndarray] = []
        for side in sides:
            rest = np.delete(known.distance[side][known.asked[side]], place, axis=1)
            guess = source[references.nearest(rest, 1)[1][:, 0]]
            hits.append(_right(guess, truth[side][known.asked[side]], tolerance))
        found.append(("the nearest synthetic row", _risk(hits)))
    return found


def _risk(hits: list[np.ndarray]) -> Risk:
    real, holdout = hits
    return Risk(float(real.sum()), float(len(real)), float(holdout.sum()), float(len(holdout)))


def _tree(others: dict[str, np.ndarray], source: np.ndarray, number: bool, seed: int) -> dict[str, np.ndarray]:
    from sklearn.tree import ExtraTreeClassifier, ExtraTreeRegressor  # sklearn imports pandas where it is installed

    null = np.isnan(source)
    features = {side: single(matrix) for side, matrix in others.items()}
    if number:
        known = source[~null] if not null.all() else np.zeros(1)
        missing = known.min() - 2 * np.ptp(known) - 1.0  # below all numbers, so that leaves of nulls answer with null
        tree = ExtraTreeRegressor(max_features=1.0, random_state=seed)
        tree.fit(features["synthetic"], np.where(null, missing, source))
        edge = (missing + known.min()) / 2
    else:
        # a share of the features is allowed, though sklearn's annotations know names only
        tree = ExtraTreeClassifier(max_features=1.0, random_state=seed)  # pyright: ignore[reportArgumentType]
        tree.fit(features["synthetic"], np.where(null, -1.0, np.where(source < OWN_LEVELS, source, OTHER)))
        edge = -1.0
    guesses = {side: np.asarray(tree.predict(features[side]), dtype=np.float64) for side in ("real", "holdout")}
    return {side: np.where(guess <= edge, np.nan, guess) for side, guess in guesses.items()}


def _right(guess: np.ndarray, truth: np.ndarray, tolerance: float | None) -> np.ndarray:
    """Tell which guesses are right: the same level, a number near enough, or null for null."""
    null = np.isnan(guess) & np.isnan(truth)
    return null | (np.abs(guess - truth) <= (1e-9 if tolerance is None else tolerance))


def _item(context: Context, column: str, attack: str, risk: Risk, error: float, chosen: str) -> Item:
    control = risk.control
    spread = 1.96 * float(np.sqrt(control * (1 - control) * (1 / risk.rows + 1 / risk.control_rows)))
    effect = risk.value
    estimate = Estimate(
        "attribute_inference",
        risk.attack,
        max(control - spread, 0.0),
        control,
        min(control + spread, 1.0),
        effect,
        min(risk.bound(0.025, upper=False), effect),
        max(risk.bound(0.025, upper=True), effect),
        len(context.real),
        len(context.synthetic),
        METHOD.format(column=column, attack=attack, m=round(risk.rows), n=round(risk.control_rows), chosen=chosen),
        columns=(column,),
        sampled=risk.rows < len(context.real) or risk.control_rows < len(context.holdout),
    )
    facts = {"column": column, "attack": attack}
    low, high = max(risk.bound(error, upper=False), 0.0), max(risk.bound(0.05, upper=True), 0.0)
    return Item(estimate, low, high, risk.score, facts)
