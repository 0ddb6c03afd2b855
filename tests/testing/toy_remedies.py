"""A remedy of a package of one's own: classes of the target get their real shares."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from scipy.stats import chi2_contingency

from assay.core.errors import NotApplicable
from assay.core.plan import Plan
from assay.core.protocols import Remedy
from assay.data.amended import Amended
from assay.data.dataset import Dataset
from assay.data.scene import Scene

LEAST = 10


class ToyWeights(Remedy):
    """Weigh rows so that the classes of the target have their real shares."""

    question = "Do the classes of the target have their real shares?"
    mends = frozenset({"label_shift"})
    changes = "weights"
    needs_target = True
    cannot_see = "Anything but the shares of classes."

    def signs(self, scene: Scene) -> Sequence[Plan]:
        """Compare the shares by a chi-squared test."""
        target = scene.schema.target
        if target is None or scene.schema.task == "regression":
            return ()
        counts = np.array(_counts(scene.real, scene.synthetic, target), dtype=float).reshape(-1, 2)
        counts = counts[(counts >= LEAST).all(axis=1)]
        if len(counts) < 2:
            return ()
        p_value = float(chi2_contingency(counts.T).pvalue)
        if p_value >= scene.error:
            return ()
        return (Plan("toy_weights", "label_shift", p_value, len(counts) - 1.0, f"Classes of {target!r} differ.", (target,)),)

    def learn(self, plan: Plan, scene: Scene) -> Mapping[str, Any]:
        """Learn a factor for each class of ten rows and more."""
        target = str(scene.schema.target)
        levels = scene.real.table.column(target).unique().to_pylist()
        factors: dict[str, float] = {}
        for level, (real, synthetic) in zip(levels, _counts(scene.real, scene.synthetic, target), strict=False):
            if real >= LEAST and synthetic >= LEAST and level is not None:
                factors[str(level)] = (real / len(scene.real)) / (synthetic / len(scene.synthetic))
        if not factors:
            raise NotApplicable("no class has enough rows")
        return {"target": target, "factors": factors}

    def apply(self, setting: Mapping[str, Any], rows: Amended, real: Dataset, rng: np.random.Generator) -> Amended:
        """Weigh rows."""
        cells = rows.table.table.column(setting["target"]).to_pylist()
        return rows.weighed(np.array([setting["factors"].get(str(cell), 1.0) for cell in cells], dtype=float))


def _counts(real: Dataset, synthetic: Dataset, target: str) -> list[tuple[int, int]]:
    cells = [table.table.column(target).to_pylist() for table in (real, synthetic)]
    levels = real.table.column(target).unique().to_pylist()
    return [(cells[0].count(level), cells[1].count(level)) for level in levels]
