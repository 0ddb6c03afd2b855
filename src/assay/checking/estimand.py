"""What is to be estimated of a table: its labels as numbers, its regressors as a matrix, and the intervals."""

# pyright: reportAttributeAccessIssue=false
# pyarrow.compute makes its functions at import, unseen by type checkers

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from numbers import Real
from typing import Any, get_args

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from assay.core.errors import InputError, UnknownNameError, UsageError, did_you_mean, raise_all
from assay.core.estimated import Interval, Quantity, What
from assay.data.dataset import Dataset
from assay.data.dtypes import is_number
from assay.data.target import infer_task, level_texts, place_of
from assay.data.validate import short
from assay.stats import prediction_powered as ppi
from assay.stats import prediction_powered_regressions as regressions

LEAST = 20  # labelled rows
EACH = 10  # of either outcome of a rate, of a level, and for every coefficient of a logistic regression
CERTAIN = 1e-3  # mean log loss
BEYOND = 5  # labelled rows expected on either side of a quantile


@dataclass(frozen=True)
class Estimand:
    """What is asked of which column.

    Parameters
    ----------
    what : {'mean', 'rate', 'quantile', 'ols', 'logistic'}
        The quantity.
    column : str
        Of which column.
    share : float, optional
        Of a quantile.
    positive : str, optional
        Text of the level whose rate or log odds is asked for; settled by `settled`.
    given : tuple of str
        Regressors.
    confidence : float
        Of the intervals.
    levels : mapping of str to pyarrow.Array
        Levels of the regressors that are no numbers, the first being what the others are compared with.
    """

    what: What
    column: str
    share: float | None = None
    positive: str | None = None
    given: tuple[str, ...] = ()
    confidence: float = 0.95
    levels: Mapping[str, pa.Array] = field(default_factory=dict)

    def __post_init__(self) -> None:
        if self.what not in get_args(What):
            raise UnknownNameError("quantity", str(self.what), get_args(What))
        regression = self.what in ("ols", "logistic")
        if (self.share is not None) != (self.what == "quantile"):
            raise UsageError(
                f"q (--q) is the share of rows below a quantile, and goes with what='quantile' alone. Got q={self.share!r} with "
                f"what={self.what!r}. For the median: the quantile at q 0.5."
            )
        if self.share is not None and not (isinstance(self.share, Real) and 0 < self.share < 1):
            raise UsageError(f"q (--q) must be a share in (0, 1). Got {self.share!r}. For the median pass 0.5.")
        if bool(self.given) != regression:
            raise UsageError(
                f"given (--given) names the regressors of ols and logistic, and of nothing else. Got {list(self.given)} with "
                f"what={self.what!r}. For example: ols, given age."
            )
        if self.column in self.given or len(set(self.given)) < len(self.given):
            raise UsageError(
                f"given (--given) must name other columns than {short(self.column)}, each once. Got {list(self.given)}."
            )
        if self.positive is not None and not self.binary:
            raise UsageError(
                f"positive (--positive) names the level of a rate or a logistic regression. Got {self.positive!r} with "
                f"what={self.what!r}. Leave it out, or ask for the rate."
            )
        if not (isinstance(self.confidence, Real) and 0.5 <= self.confidence < 1):
            raise UsageError(f"confidence must be in [0.5, 1). Got {self.confidence!r}. For 95% pass 0.95.")

    @property
    def binary(self) -> bool:
        """Whether labels are 0 and 1."""
        return self.what in ("rate", "logistic")

    def settled(self, real: Dataset) -> Estimand:
        """Settle which level is meant and which levels regressors have, by the labelled rows.

        Raises
        ------
        InputError
            Labels or regressors that are of no use; all regressors together.
        """
        column = real.table.column(self.column)
        positive = self.positive
        if self.binary:
            positive = _level(column, self.column, self.positive)
        elif not (is_number(column.type) or pa.types.is_boolean(column.type)):
            raise InputError(
                f"Column {short(self.column)} holds {column.type}, and {self.what} needs numbers.",
                column=self.column,
                fix="For the share of rows with a level ask for the rate (--what rate).",
            )
        levels: dict[str, pa.Array] = {}
        faults: list[InputError] = []
        for name in self.given:
            try:
                found = _levels(real, name)
            except InputError as error:
                faults.append(error)
            else:
                levels |= {} if found is None else {name: found}
        raise_all(faults)
        return Estimand(self.what, self.column, self.share, positive, self.given, self.confidence, levels)

    def truth(self, table: Dataset, column: str | None = None) -> np.ndarray:
        """Give labels as numbers of shape (rows,), NaN where null; of a rate 1 for its level and 0 for others.

        Parameters
        ----------
        table : Dataset
            Rows.
        column : str, optional
            Another column that holds the same kind of labels.
        """
        name = column or self.column
        if not self.binary:
            return table.numbers(name)
        same = pc.equal(level_texts(table.table.column(name)), self.positive)
        return np.asarray(same.cast(pa.float64()).combine_chunks().to_numpy(zero_copy_only=False), dtype=np.float64)

    def told(self, table: Dataset, column: str, known: pa.Array) -> np.ndarray:
        """Give another model's predictions as numbers of shape (rows,), NaN where null.

        Parameters
        ----------
        table : Dataset
            Rows.
        column : str
            Holds numbers or, for a rate or logistic regression, levels among `known`.
        known : pyarrow.Array
            Texts of the label's levels.
        """
        cells = table.table.column(column)
        if self.binary and pc.all(pc.is_in(pc.drop_null(level_texts(cells)), value_set=known), min_count=0).as_py():
            return self.truth(table, column)
        if not (is_number(cells.type) or pa.types.is_boolean(cells.type)):
            wanted = f"numbers or levels of {short(self.column)}" if self.binary else "numbers"
            raise InputError(
                f"Predictions in {short(column)} are {cells.type} in the {table.name} rows.", column=column, fix=f"Give {wanted}."
            )
        found = table.numbers(column)
        if self.what == "logistic" and (np.nanmin(found) < 0 or np.nanmax(found) > 1):
            raise InputError(
                f"Predictions in {short(column)} leave [0, 1] in the {table.name} rows.", column=column, fix="Give probabilities."
            )
        return found

    def usable(self, table: Dataset) -> np.ndarray:
        """Mark the rows whose regressors are all known, shape (rows,)."""
        found = np.ones(len(table), dtype=bool)
        for name in self.given:
            if name in self.levels:
                codes = table.codes(name, self.levels[name])
                found &= (codes >= 0) & (codes < len(self.levels[name]))
            else:
                found &= ~table.nulls(name)
        return found

    def design(self, table: Dataset) -> tuple[np.ndarray, list[str]]:
        """Give regressors of shape (rows, coefficients), the first all ones, and their names."""
        columns, names = [np.ones(len(table))], ["intercept"]
        for name in self.given:
            if name not in self.levels:
                columns.append(table.numbers(name))
                names.append(name)
                continue
            codes = table.codes(name, self.levels[name])
            for at, level in enumerate(level_texts(pa.chunked_array([self.levels[name]])).to_pylist()):
                if at:
                    columns.append((codes == at) * 1.0)
                    names.append(f"{name} = {level}")
        return np.column_stack(columns), names

    def require(self, truth: np.ndarray, design: np.ndarray) -> None:
        """Refuse labelled rows that are too few for any interval, even the classical one."""
        n, what = len(truth), {"ols": "a linear regression", "logistic": "a logistic regression"}.get(self.what, f"a {self.what}")
        least, unit = LEAST, "labelled real rows"
        if self.what == "quantile":
            assert self.share is not None
            least = max(LEAST, int(np.ceil(BEYOND / min(self.share, 1 - self.share) - 1e-9)))
        elif self.what == "ols":
            least = LEAST * design.shape[1]
        elif self.binary and n >= LEAST:
            n, unit = int(min(truth.sum(), n - truth.sum())), f"labelled real rows with and as many without {self.positive!r}"
            least = EACH * (design.shape[1] if self.what == "logistic" else 1)
        if n < least:
            raise InputError(
                f"{what[:1].upper()}{what[1:]} needs at least {least} {unit}. Got {n}.",
                column=self.column,
                fix="Give more real rows" + (", or fewer regressors." if self.given else "."),
            )
        if self.given and np.linalg.matrix_rank(design / _scale(design)) < design.shape[1]:
            raise InputError(
                f"Regressors {', '.join(map(short, self.given))} are constant, or tell the same twice, in the real rows.",
                column=self.given[0],
                fix="Leave one of them out.",
            )
        if self.what == "logistic":
            self._refuse_certain(truth, design)

    def _refuse_certain(self, truth: np.ndarray, design: np.ndarray) -> None:
        """Refuse regressors that tell the outcome without error: coefficients are then endless."""
        flags = ((design == 0) | (design == 1)).all(axis=0)
        certain = any(len(np.unique(truth[design[:, at] == side])) == 1 for at in np.flatnonzero(flags) for side in (0, 1))
        if not certain:
            even = design / _scale(design)
            odds = even @ regressions.logistic(even, truth, truth, even, truth, weight=0.0).classical
            certain = float(np.mean(np.logaddexp(0, odds) - truth * odds)) < CERTAIN
        if certain:
            raise InputError(
                f"Some real rows' {short(self.column)} follows from the regressors without error: its coefficients are endless.",
                column=self.column,
                fix="Leave a regressor out, merge its levels, or give more real rows.",
            )

    def quantities(
        self,
        truth: np.ndarray,
        predicted: np.ndarray,
        more: np.ndarray,
        design: np.ndarray,
        more_design: np.ndarray,
        names: list[str],
    ) -> tuple[tuple[Quantity, ...], float]:
        """Give every quantity with both intervals, and the correlation of truth and predictions (of gradients in regressions).

        Parameters
        ----------
        truth, predicted : numpy.ndarray, shape (n,)
            Labels of the real rows, and predictions of a model that has not seen them.
        more : numpy.ndarray, shape (N,)
            Predictions of the same model for the further rows.
        design, more_design : numpy.ndarray, shapes (n, d) and (N, d)
            As `design` gives.
        names : list of str
            Of the coefficients.
        """
        unit = np.ones(1)
        if self.given:
            unit = _scale(design)
            one = regressions.ols if self.what == "ols" else regressions.logistic
            found = one(design / unit, truth, predicted, more_design / unit, more, level=self.confidence)
        elif self.what == "quantile":
            assert self.share is not None
            found = ppi.quantile(truth, predicted, more, self.share, level=self.confidence)
        else:
            found = ppi.mean(truth, predicted, more, level=self.confidence)
        value, low, high, classical, classical_low, classical_high = (part / unit for part in found[:6])
        quantities = tuple(
            Quantity(
                name,
                Interval(float(classical[at]), float(classical_low[at]), float(classical_high[at])),
                Interval(float(value[at]), float(low[at]), float(high[at])),
                float(found.weight[at]),
                len(truth),
            )
            for at, name in enumerate(names if self.given else [self.what])
        )
        return quantities, found.correlation


def known_levels(real: Dataset, column: str) -> pa.Array:
    """Give the texts of a column's levels."""
    return pc.unique(pc.drop_null(level_texts(real.table.column(column))))


def _level(column: pa.ChunkedArray, name: str, positive: Any) -> str:
    """Give the text of the level whose rate is meant."""
    texts = pc.unique(pc.drop_null(level_texts(column))).to_pylist()
    if len(texts) == 2:
        found = infer_task(column, name, task="binary", positive=positive)[1]
        assert found is not None
        return found
    if positive is None:
        raise InputError(
            f"Column {short(name)} has {len(texts):,} levels, and a rate is that of one of them.",
            column=name,
            fix="Name it with positive=LEVEL (--positive LEVEL).",
        )
    place = place_of(positive, texts)
    if place is None:
        raise InputError(
            f"Column {short(name)} has no level {positive!r} in the real rows.{did_you_mean(positive, texts[:1000])}",
            column=name,
            fix="Give one of its levels.",
        )
    return texts[place]


def _levels(real: Dataset, name: str) -> pa.Array | None:
    """Give the levels of a regressor, the most frequent first; None of one that is a number."""
    described = real.schema.column(name)
    cells = real.table.column(name)
    if described.kind in ("numeric", "boolean") and (is_number(cells.type) or pa.types.is_boolean(cells.type)):
        return None
    if described.kind not in ("categorical", "boolean"):
        raise InputError(
            f"Regressor {short(name)} is of kind {described.kind}.", column=name, fix="Give numbers, booleans or categories."
        )
    counted = cells.drop_null().combine_chunks().value_counts()
    table = pa.table({"level": counted.field("values"), "count": counted.field("counts")})
    table = table.sort_by([("count", "descending"), ("level", "ascending")])
    rare = int(pc.sum(pc.less(table.column("count"), EACH)).as_py() or 0)
    if rare or len(table) < 2:
        said = f"{rare} level{'s' if rare > 1 else ''} in fewer than {EACH} labelled real rows" if rare else "one level only"
        raise InputError(f"Regressor {short(name)} has {said}.", column=name, fix="Merge or leave out levels, or the column.")
    return table.column("level").combine_chunks()


def _scale(design: np.ndarray) -> np.ndarray:
    size = np.sqrt(np.mean(design**2, axis=0))
    return np.where(size > 0, size, 1.0)
