"""Plans of the remedies that act on slices with flipped labels."""

from __future__ import annotations

from assay.core.plan import Plan
from assay.data.scene import Scene
from assay.remedies._label_slices import flipped_slices


def slice_plans(remedy: str, scene: Scene) -> list[Plan]:
    """Give the plans of a remedy of slices: the foremost alone, and all together where there are several.

    Notes
    -----
    ``numbers`` counts what describes the slices. The model of the rows outside of them that `turn_labels` may fit, about 60
    weights from thousands of synthetic rows, is not in it, nor are chances of changed labels; `teach_labels` adds 40 for its own.
    Counted in full, they let ties go to labels drawn anew where turned ones do as well.
    """
    found = flipped_slices(scene)
    if not found:
        return []
    foremost = found[0]
    sign = (
        f"In the {foremost.share:.0%} of the synthetic rows with {foremost.words} labels run against what they follow elsewhere "
        f"(slope {foremost.synthetic_slope:.2f}), in {foremost.real_rows} real rows with it (slope {foremost.real_slope:.2f})."
    )
    return [
        Plan(
            remedy=remedy,
            mechanism="label_noise",
            p_value=max(one.p_value for one in some),
            numbers=float(sum(2 * len(one.conditions) + 1 for one in some)),
            sign=sign if len(some) == 1 else f"{sign} So they do in {len(some) - 1} more.",
            columns=(str(scene.schema.target), *dict.fromkeys(name for one in some for name in one.columns)),
            options={"slices": [[dict(condition) for condition in one.conditions] for one in some]},
        )
        for some in ([found[:1], found] if len(found) > 1 else [found])
    ]
