"""Believed against actual over the generations of a loop, as one SVG: from the folder that `assay loop --out` leaves.

python bench/loop_picture.py TRAJECTORY_DIR OUT.svg [GENERATOR [REGIME]]
"""

from __future__ import annotations

import sys
from pathlib import Path

from assay.core.files import write_atomically
from assay.lab.loop_record import read_trajectory
from assay.reporting.loop_believed import stand_alone


def main(folder: str, picture: str, generator: str = "", regime: str = "") -> None:
    svg = stand_alone(read_trajectory(folder), generator=generator, regime=regime)
    Path(picture).parent.mkdir(parents=True, exist_ok=True)
    write_atomically(Path(picture), f"{svg}\n".encode())


if __name__ == "__main__":
    main(*sys.argv[1:5])
