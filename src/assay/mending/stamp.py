"""The lineage of mended rows: real ones had a part in them."""

from __future__ import annotations

from collections.abc import Sequence

import assay
from assay.core.lineage import Lineage
from assay.data.amended import Amended
from assay.data.dataset import Dataset


def stamped(rows: Amended, real: Dataset, synthetic: Dataset, remedies: Sequence[str]) -> Dataset:
    """Give the mended table with a lineage that names the real rows, the synthetic ones and the remedies."""
    depth = synthetic.lineage.depth if synthetic.lineage else 1
    before = synthetic.lineage.parents if synthetic.lineage else ()
    own = [synthetic.sha256, real.sha256] if remedies else [synthetic.sha256]
    parents = tuple(dict.fromkeys([*before, *own]))
    made_by = synthetic.lineage.generator if synthetic.lineage else "unknown"
    facts = {"remedies": list(remedies), "of": made_by}
    stamp = Lineage("mend", facts, parents=parents, depth=depth, assay_version=assay.__version__)
    return Dataset(rows.table.table, rows.table.schema, name="mended", lineage=stamp)
