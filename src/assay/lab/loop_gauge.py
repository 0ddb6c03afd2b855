"""What measures the generations of a loop unless somebody gives another gauge: all axes, their floors kept with the loop."""

from __future__ import annotations

from assay.data.dataset import Dataset
from assay.lab.loop_step import Gauge
from assay.lab.loop_store import Store


class Yardsticks:
    """Makes what measures all axes; what real samples show follows from table and size and is worked out once for a folder.

    Parameters
    ----------
    store : Store
        Where floors are kept.
    """

    def __init__(self, store: Store) -> None:
        self.store = store

    def __call__(self, real: Dataset, holdout: Dataset, *, size: int, seed: int) -> Gauge:
        """Give the yardstick of a table and size."""
        from assay.lab.yardstick import Yardstick  # it brings learners and tests that other gauges do not need

        kept = self.store.floors()
        yardstick = Yardstick(real, holdout, size=size, seed=seed, floors=kept)
        if kept is None:
            self.store.keep_floors(yardstick.floors_to_dict())
        return yardstick


def expected_drift(gauge: Gauge, generations: int) -> tuple[float, ...]:
    """Give what a perfect generator under replacement would leave of the rare levels, where the gauge knows."""
    expected = getattr(gauge, "expected_survival", None)
    shares = [] if expected is None else [expected(number) for number in range(1, generations + 1)]
    return () if None in shares else tuple(shares)
