"""Every model that utility and worth_in_real_rows speak of, fitted once: on real, on synthetic, on halves and on folds."""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np

from assay.core.errors import NotApplicable, UsageError
from assay.core.protocols import Context
from assay.data.codec import Codec, canonical_order
from assay.data.dataset import Dataset
from assay.data.entities import entity_codes
from assay.stats import learners, scores
from assay.stats.classifier import whole_folds
from assay.stats.refits import Rule, Table, Trial, fit_and_score, half_variance, halves
from assay.stats.scores import Score

SPLITS = 4
FOLDS = 5
MOST_ROWS = 50_000
LEAST_ROWS = 40
MOST_CLASSES = 20
RARE_POSITIVES = 0.10
LABEL_REACH = 3.0  # standard deviations of a regression target beyond which labels and residuals count as this
METHOD = (
    f"influence functions over holdout rows, plus refits on {SPLITS} random splits of the training rows into halves "
    "(Welch-Satterthwaite interval)"
)


class Fitted(NamedTuple):
    """All trials of one learner.

    ``folds`` holds for each of five folds of the synthetic rows the model trained on the others, scored on the fold and on
    the holdout; halves come as (splits, 2) lists of trials on the holdout; ``real_on_synthetic`` is the real-trained model asked
    about synthetic rows.
    """

    name: str
    probabilities: bool
    real: Trial
    real_trained: Trial
    real_on_synthetic: Trial
    synthetic: Trial
    trained: Trial
    folds: list[tuple[Trial, Trial]]
    real_halves: list[tuple[Trial, Trial]]
    synthetic_halves: list[tuple[Trial, Trial]]

    @property
    def real_variance(self) -> float:
        """Variance that resampling real training rows brings to TRTR."""
        return _variance(self.real_halves)

    @property
    def synthetic_variance(self) -> float:
        """Variance that resampling synthetic training rows brings to TSTR."""
        return _variance(self.synthetic_halves)


class Trials(NamedTuple):
    """Tables, rule and learners of one check; ``best`` is the learner with the highest TRTR.

    ``rows`` and ``synthetic_rows`` tell where the rows of ``holdout`` and ``synthetic`` stood in their tables.
    """

    rule: Rule
    real: Table
    synthetic: Table
    holdout: Table
    rows: np.ndarray
    synthetic_rows: np.ndarray
    groups: np.ndarray | None
    real_groups: np.ndarray | None
    synthetic_groups: np.ndarray | None
    fitted: tuple[Fitted, ...]
    learners: tuple[Any, ...]
    sampled: bool
    warnings: tuple[str, ...]

    @property
    def best(self) -> Fitted:
        """Learner that does best when trained on real rows: its numbers are the headline."""
        return self.fitted[self.best_at]

    @property
    def best_at(self) -> int:
        """Place of the best learner."""
        return int(np.argmax([fitted.real.score.value for fitted in self.fitted]))


def trials(context: Context) -> Trials:
    """Fit and score everything once per check; what fails fails once, and for every measure alike."""
    done = context.share("trials", lambda: _attempt(context))
    if isinstance(done, Exception):
        raise done
    return done


def _attempt(context: Context) -> Trials | Exception:
    try:
        return _run(context)
    except Exception as error:
        return error


def _run(context: Context) -> Trials:
    schema = context.schema
    if not schema.features:
        raise NotApplicable("There is no column to predict the target from.")
    codec: Codec = context.share("codec", lambda: Codec(schema).fit(context.real))
    warned: list[str] = []
    tables, groups, kept_rows, sampled = [], [], [], False
    for dataset, role in ((context.real, "real"), (context.synthetic, "synthetic"), (context.holdout, "holdout")):
        kept, cut = _kept(codec, dataset, context.rng("utility", "rows", role), role, warned)
        sampled = sampled or cut
        kept = kept[canonical_order(codec.ordinal(dataset.take(kept)))]
        part = dataset.take(kept)
        tables.append(Table(codec.ordinal(part, schema.features), codec.onehot(part, schema.features), codec.labels(part)))
        groups.append(entity_codes(part))
        kept_rows.append(kept)
    rule, tables = _rule(context, codec, tables, warned)
    real, synthetic, holdout = tables
    chosen = _learners(context)
    seeds = context.rng("utility", "seeds").integers(2**31 - 1, size=4 + 4 * SPLITS + FOLDS)
    fold = _folds(rule, synthetic, groups[1], context.rng("utility", "folds"))
    real_splits = halves(len(real.target), SPLITS, context.rng("utility", "halves", "real"), groups[0])
    synthetic_splits = halves(len(synthetic.target), SPLITS, context.rng("utility", "halves", "synthetic"), groups[1])
    everywhere = [(holdout, None)]
    tasks: list[tuple[Any, ...]] = []
    for _, learner in chosen:
        tasks.append((learner, int(seeds[0]), rule, real, None, [(holdout, None), (real, None), (synthetic, None)]))
        tasks.append((learner, int(seeds[1]), rule, synthetic, None, [(holdout, None), (synthetic, None)]))
        tasks += [
            (
                learner,
                int(seeds[4 + part]),
                rule,
                synthetic,
                np.flatnonzero(fold != part),
                [(synthetic, held_out), (holdout, None)],
            )
            for part, held_out in enumerate(np.flatnonzero(fold == part) for part in range(FOLDS))
        ]
        for table, splits in ((real, real_splits), (synthetic, synthetic_splits)):
            tasks += [
                (learner, int(seeds[4 + FOLDS + at]), rule, table, rows, everywhere)
                for at, pair in enumerate(splits)
                for rows in pair
            ]
    done = context.map(fit_and_score, tasks, apart=built_in(context))
    each = len(tasks) // len(chosen)
    fitted = tuple(_gather(name, learner, done[at * each : (at + 1) * each]) for at, (name, learner) in enumerate(chosen))
    return Trials(
        rule=rule,
        real=real,
        synthetic=synthetic,
        holdout=holdout,
        rows=kept_rows[2],
        synthetic_rows=kept_rows[1],
        groups=groups[2],
        real_groups=groups[0],
        synthetic_groups=groups[1],
        fitted=fitted,
        learners=tuple(learner for _, learner in chosen),
        sampled=sampled,
        warnings=tuple(warned),
    )


def _gather(name: str, learner: Any, done: list[list[Trial]]) -> Fitted:
    rest = [trial[0] for trial in done[2 + FOLDS :]]
    pairs = [(rest[at], rest[at + 1]) for at in range(0, len(rest), 2)]
    return Fitted(
        name=name,
        probabilities=isinstance(learner, str) or learners.gives_probabilities(learner),
        real=done[0][0],
        real_trained=done[0][1],
        real_on_synthetic=done[0][2],
        synthetic=done[1][0],
        trained=done[1][1],
        folds=[(trial[0], trial[1]) for trial in done[2 : 2 + FOLDS]],
        real_halves=pairs[:SPLITS],
        synthetic_halves=pairs[SPLITS:],
    )


def _kept(codec: Codec, dataset: Dataset, rng: np.random.Generator, role: str, warned: list[str]) -> tuple[np.ndarray, bool]:
    """Rows with a usable target, at most 50,000 of them."""
    labels = codec.labels(dataset)
    usable = labels >= 0 if codec.classes_ else ~np.isnan(labels)
    lost = int((~usable).sum())
    if lost:
        warned.append(f"{lost} {role} rows have no target, or a class the real table does not have: left out of utility.")
    rows = np.flatnonzero(usable)
    if len(rows) < LEAST_ROWS:
        raise NotApplicable(f"Utility needs at least {LEAST_ROWS} {role} rows with a target. Got {len(rows)}. Give more rows.")
    if len(rows) > MOST_ROWS:
        return np.sort(rng.choice(rows, MOST_ROWS, replace=False)), True
    return rows, False


def _rule(context: Context, codec: Codec, tables: list[Table], warned: list[str]) -> tuple[Rule, list[Table]]:
    """Choose the metric; scale a regression's target; merge classes too many or too rare to rank."""
    real, _, holdout = tables
    task = context.schema.task
    if task == "regression":
        largest = max(float(np.abs(real.target).max()), 1e-300)
        centre, scale = float(np.mean(real.target / largest)), float(np.std(real.target / largest))
        if scale == 0 or np.ptp(holdout.target) == 0:
            raise NotApplicable("The target is constant: there is nothing to predict.")
        tables = [table._replace(target=np.clip((table.target / largest - centre) / scale, -1e6, 1e6)) for table in tables]
        return Rule(task, 0, "r2", context.scorer), tables
    classes = len(codec.classes_)
    if classes > MOST_CLASSES:
        order = np.argsort(-np.bincount(real.target, minlength=classes), kind="stable")
        place = np.full(classes, MOST_CLASSES)
        place[order[:MOST_CLASSES]] = np.arange(MOST_CLASSES)
        tables = [table._replace(target=place[table.target]) for table in tables]
        real, _, holdout = tables
        warned.append(f"The target has {classes} classes: all but the {MOST_CLASSES} most frequent count as one in utility.")
        classes = MOST_CLASSES + 1
    counts = np.minimum(np.bincount(real.target, minlength=classes), np.bincount(holdout.target, minlength=classes))
    told = int((counts >= scores.LEAST).sum())
    if told < 2:
        raise NotApplicable(
            f"Utility needs two classes with at least {scores.LEAST} rows each in the real table and in the holdout. Got {told}. "
            "Give more real rows."
        )
    if told < classes:
        warned.append(f"{classes - told} classes have fewer than {scores.LEAST} rows and are left out of the mean over classes.")
    if task == "binary":
        rare = float(np.mean(real.target == 1)) < RARE_POSITIVES
        return Rule(task, 2, "average_precision" if rare else "auc", context.scorer), tables
    return Rule("multiclass", classes, "auc", context.scorer), tables


def expected(context: Context, trial: Trials) -> tuple[np.ndarray, np.ndarray]:
    """Give what the best real-trained model expects of synthetic and of holdout rows; probabilities where there are classes."""
    best = trial.best
    if not trial.rule.classes or best.probabilities:
        return best.real_on_synthetic.predicted, best.real.predicted

    def make() -> tuple[np.ndarray, np.ndarray]:
        rule = trial.rule._replace(scorer=None)
        asked = [(trial.synthetic, None), (trial.holdout, None)]
        seed = int(context.rng("label_agreement", "model").integers(2**31 - 1))
        own = fit_and_score("boosting", seed, rule, trial.real, None, asked)
        return own[0].predicted, own[1].predicted

    return context.share("expected labels", make)


def built_in(context: Context) -> bool:
    """Whether nothing of the user's own takes part, which might not be known to another process."""
    return context.scorer is None and all(isinstance(learner, str) for learner in context.learners or ())


def _learners(context: Context) -> list[tuple[str, Any]]:
    """Name the learners: the two built-in families, or the user's."""
    given = list(context.learners) if context.learners else list(learners.BUILT_IN)
    named: list[tuple[str, Any]] = []
    for learner in given:
        if isinstance(learner, str) and learner not in learners.BUILT_IN:
            raise UsageError(
                f"learners must be estimators of scikit-learn's kind or {' or '.join(learners.BUILT_IN)}. Got {learner!r}."
            )
        if not isinstance(learner, str) and not (hasattr(learner, "fit") and hasattr(learner, "predict")):
            raise UsageError(f"learners must be estimators with fit and predict. Got {type(learner).__name__}.")
        stem = learner if isinstance(learner, str) else type(learner).__name__
        again = sum(name.split(" ")[0] == stem for name, _ in named)
        named.append((f"{stem} {again + 1}" if again else stem, learner))
    return named


def _folds(rule: Rule, table: Table, groups: np.ndarray | None, rng: np.random.Generator) -> np.ndarray:
    labels = table.target if rule.classes else np.zeros(len(table.target), dtype=np.int64)
    return whole_folds(labels, FOLDS, rng, groups)


def _variance(pairs: list[tuple[Trial, Trial]]) -> float:
    values = np.array([[first.score.value, second.score.value] for first, second in pairs])
    return float(half_variance(values[:, 0], values[:, 1]))


def mean_score(parts: list[Score]) -> Score:
    """Average scores on the same rows."""
    return Score(float(np.mean([part.value for part in parts])), np.mean([part.influence for part in parts], axis=0))
