"""The picture on the README's first screen, from the report that `assay demo` leaves.

assay demo && python bench/readme_picture.py assay-demo/tree_chain.json docs/believed-actual.svg
"""

from __future__ import annotations

import json
import sys
from pathlib import Path

from assay.core.files import write_atomically
from assay.core.scorecard import Headline
from assay.reporting.charts import headline_chart

STYLE = """
svg{font-family:system-ui,"Segoe UI",Roboto,"Liberation Sans",Arial,sans-serif;background:#fff}
text{fill:#171b24;font-size:13px}.tick{fill:#566073;font-size:12px}
.name,.score{font-weight:600;font-size:14.5px}
.gap{font-weight:600;font-size:12px;paint-order:stroke;stroke:#fff;stroke-width:4px;stroke-linejoin:round}
.axis,.zero{stroke:#566073;fill:none}.rule{stroke:#edf0f4}.drop{stroke:#a0a8b6;stroke-dasharray:2 3;fill:none}
.whisker,.span{stroke:#171b24;stroke-width:1.6;fill:none}
.dot{stroke:#fff;stroke-width:1.5}.dot.trained{fill:#fff;stroke:#d98200;stroke-width:3}
.dot.believed{fill:#d98200}.dot.actual{fill:#d55e00}.dot.attainable{fill:#0072b2}
"""


def main(report: str, picture: str) -> None:
    headline = Headline.from_dict(json.loads(Path(report).read_text(encoding="utf-8"))["headline"])
    svg = headline_chart(headline).replace("<svg ", '<svg xmlns="http://www.w3.org/2000/svg" width="720" ', 1)
    before, after = svg.split(">", 1)
    Path(picture).parent.mkdir(parents=True, exist_ok=True)
    write_atomically(Path(picture), f"{before}><style>{STYLE}</style>{after}\n".encode())


if __name__ == "__main__":
    main(*sys.argv[1:3])
