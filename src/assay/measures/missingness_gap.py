"""Missing values: as many, together, and with the target, as in reality?"""

from __future__ import annotations

import numpy as np

from assay.core.errors import NotApplicable
from assay.core.estimate import Estimate
from assay.core.evidence import Evidence, Family, Item
from assay.core.protocols import Context, Measure
from assay.stats.bands import Z90
from assay.stats.items import signed_family


class MissingnessGap(Measure):
    """Compare where values are missing: per column, in pairs of columns, and by class or range of the target.

    Notes
    -----
    Differences of shares of rows, synthetic minus real: P(null), P(both null), P(null and class) (or a coarse
    group of a numeric target). Columns without a null in
    the real table are judged apart (family ``new_nulls``): there any null is new, and its share is bounded by ``3 / n`` where
    the real table has none in n rows. What it cannot see: missingness that depends on other columns' values.

    References
    ----------
    Rubin (1976), Inference and missing data, Biometrika 63. Hanley and Lippman-Hand (1983), If nothing goes wrong, is
    everything all right?, JAMA 249 (the rule of three).
    """

    question = "Are values missing where and as often as in reality?"
    family = "schema"
    reads = "profile"
    cost = 8
    codes = {
        "MISS01": "Values are missing too often, too rarely, or in the wrong rows.",
        "MISS02": "Values are missing in a column that never misses any in reality.",
    }
    mechanism = "missingness_change"
    remedy = "Model the null flag of each column together with the others, and reapply the real missing pattern."
    cannot_see = "Missingness that depends on the values of other columns than the target."

    def measure(self, context: Context) -> Evidence:
        """Measure every column with nulls, and every column without."""
        layout, real, synthetic = context.real_profile.layout, context.real_profile, context.synthetic_profile
        ends = layout.group_offsets[1:] - 1
        nulls_real = real.pairs[:, ends, ends]
        nulls_synthetic = synthetic.pairs[:, ends, ends]
        names = [cells.name for cells in layout.columns]
        has = nulls_real.sum(axis=0) > 0
        families: list[Family] = []
        if has.any():
            families.append(self._gaps(context, names, ends, np.flatnonzero(has)))
        fresh = [at for at in range(len(names)) if not has[at]]
        items = tuple(
            _new_nulls(
                names[at], float(nulls_synthetic[:, at].sum()), real.total, synthetic.total, context.alpha / max(len(fresh), 1)
            )
            for at in fresh
        )
        if items:
            families.append(Family("missingness_gap", items, name="new_nulls"))
        if not families:
            raise NotApplicable("no column to look at")
        return Evidence(tuple(families))

    @staticmethod
    def _gaps(context: Context, names: list[str], ends: np.ndarray, holes: np.ndarray) -> Family:
        real, synthetic = context.real_profile, context.synthetic_profile
        layout = real.layout
        picks: list[tuple[int, int]] = [(int(ends[at]), int(ends[at])) for at in holes]
        places: list[dict[str, object]] = [{"columns": (names[at],), "facts": {"how": "null"}} for at in holes]
        for i, a in enumerate(holes):
            for b in holes[i + 1 :]:
                picks.append((int(ends[a]), int(ends[b])))
                places.append({"columns": (names[a], names[b]), "facts": {"how": "both null"}})
        target = context.schema.target
        if target is not None and target in names:
            how = "null in one range" if layout.by_name[target].ordered else "null in one class"
            span = layout.group_span(target)
            for at in holes:
                if names[at] == target:
                    continue
                for group in range(span.start, span.stop - 1):
                    if real.pairs[:, group, group].sum() >= 10:
                        picks.append((int(ends[at]), group))
                        places.append({"columns": (names[at], target), "facts": {"how": how}})
        rows, columns = np.array(picks).T
        a, b = real.pairs[:, rows, columns], synthetic.pairs[:, rows, columns]
        p, q = a.sum(axis=0, dtype=float) / real.total, b.sum(axis=0, dtype=float) / synthetic.total
        for place, share_real, share_synthetic in zip(places, p, q, strict=True):
            place["facts"] = {**place["facts"], "share_real": float(share_real), "share_synthetic": float(share_synthetic)}  # type: ignore[dict-item]
        noise = context.draws.noise(a, b)
        spread = np.sqrt((p + 0.5 / real.total) / real.total + (q + 0.5 / synthetic.total) / synthetic.total)
        quiet = noise.std(axis=0) < 0.5 * spread
        noise[:, quiet] += context.rng("floor").normal(size=(len(noise), int(quiet.sum()))) * spread[quiet]
        return signed_family(
            "missingness_gap",
            q - p,
            noise,
            context.draws.null_noise(a) + 1e-9 * context.rng("null").normal(size=noise.shape),
            places,
            n_real=real.total,
            n_synthetic=synthetic.total,
            method="difference of shares of rows; joint block bootstrap",
            alpha=context.alpha,
            with_mean=False,
        )

    def describe(self, item: Item) -> str:
        """Say where nulls are wrong."""
        e, facts = item.estimate, item.facts
        if facts["how"] == "new":
            return f"{e.columns[0]} is missing in {e.value:.2%} of the synthetic rows and never in {e.n_real:,} real ones."
        where = {
            "null": e.columns[0],
            "both null": " and ".join(e.columns),
            "null in one class": f"{e.columns[0]} within one class of {e.columns[-1]}",
            "null in one range": f"{e.columns[0]} within one range of {e.columns[-1]}",
        }[facts["how"]]
        return (
            f"{where} missing: {facts['share_synthetic']:.2%} of the synthetic rows, {facts['share_real']:.2%} of the real ones."
        )

    def missed(self, item: Item) -> str:
        """Say how large a change could hide."""
        columns = " and ".join(item.estimate.columns)
        return (
            f"a change of up to {item.harm_high:.1%} of the rows in the nulls of {columns} would not have been seen at this size"
        )


def _new_nulls(name: str, nulls: float, n_real: int, n_synthetic: int, error: float) -> Item:
    """Judge nulls in a column that has none in the real table."""
    share = nulls / n_synthetic
    bound = 3.0 / n_real + 3.0 / n_synthetic
    spread = np.sqrt((nulls + 0.5) / n_synthetic**2)
    z = float(np.sqrt(2 * np.log(1 / error)))
    estimate = Estimate(
        "missingness_gap",
        share,
        0.0,
        0.0,
        bound,
        share,
        max(share - 1.96 * spread, 0.0),
        share + 1.96 * spread + (3.0 / n_synthetic if nulls == 0 else 0.0),
        n_real,
        n_synthetic,
        "share of nulls where the real table has none; rule of three",
        columns=(name,),
    )
    harm_low = max(share - z * spread - 3.0 / n_real, 0.0)
    return Item(
        estimate,
        harm_low,
        share + Z90 * spread + (3.0 / n_synthetic if nulls == 0 else 0.0),
        share / spread,
        {"how": "new", "code": "MISS02"},
    )
