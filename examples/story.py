"""What the stories share: their options, scarce real rows, models on sealed rows, plain words, and the picture."""

from __future__ import annotations

import argparse
import os
import warnings
from collections.abc import Sequence
from pathlib import Path
from textwrap import fill
from typing import NamedTuple

import numpy as np
from sklearn.exceptions import ConvergenceWarning

import assay
from assay.core.files import write_atomically
from assay.core.mended import Measured
from assay.core.seeds import spawn
from assay.reporting.charts import headline_chart
from assay.reporting.mended import Mended
from assay.reporting.mended_charts import proof_chart
from assay.reporting.mended_words import around
from assay.reporting.report import Report
from assay.reporting.svg import drawing, rectangle, text

ROOT = Path(__file__).parents[1]
WIDTH, HEAD = 720, 64
STYLE = """
svg{font-family:system-ui,"Segoe UI",Roboto,"Liberation Sans",Arial,sans-serif}
.ground{fill:#fff}text{fill:#171b24;font-size:13px}.tick,.sub{fill:#566073;font-size:12px}.head{font-weight:600;font-size:15px}
.name,.score{font-weight:600;font-size:14.5px}.small-name{font-size:13px}
.gap{font-weight:600;font-size:12px;paint-order:stroke;stroke:#fff;stroke-width:4px;stroke-linejoin:round}
.axis{stroke:#566073;fill:none}.rule{stroke:#edf0f4}.drop{stroke:#a0a8b6;stroke-dasharray:2 3;fill:none}
.whisker,.span{stroke:#171b24;stroke-width:1.6;fill:none}.margin{stroke:#171b24;stroke-width:1.5;stroke-dasharray:5 3;fill:none}
.dot{stroke:#fff;stroke-width:1.5}.dot.trained{fill:#fff;stroke:#d98200;stroke-width:3}
.dot.believed,.dot.of-synthetic{fill:#d98200}.dot.actual{fill:#d55e00}.dot.attainable,.dot.of-real{fill:#0072b2}
.dot.of-baseline{fill:#171b24}.dot.of-mended{fill:#009e73}
"""


class Parts(NamedTuple):
    """Few real rows, further ones for whoever has them, and sealed ones."""

    real: assay.Dataset
    further: assay.Dataset
    sealed: assay.Dataset


class Told(NamedTuple):
    """What a story found, for those who hold it to its word."""

    parts: Parts
    synthetic: assay.Dataset
    report: Report
    mended: Mended


def options(about: str, picture: str, given: Sequence[str] | None) -> argparse.Namespace:
    """Read the options that every story has."""
    parser = argparse.ArgumentParser(description=about, formatter_class=argparse.RawDescriptionHelpFormatter)
    folder = Path(os.environ.get("ASSAY_DATA") or ROOT.parent / "shared" / "data")
    parser.add_argument("--data", type=Path, default=folder, help="folder of the real table: $ASSAY_DATA, or shared/data beside")
    parser.add_argument("--out", type=Path, default=ROOT / "docs" / picture, help="where the picture goes")
    parser.add_argument("--small", action="store_true", help="few rows, in seconds; the figures are then worth little")
    parser.add_argument("--real", type=int, help="real rows; by default as many as the story tells of")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--jobs", type=int)
    return parser.parse_args(given)


def scarce(whole: assay.Dataset, real: int, further: int, sealed: int, seed: int) -> Parts:
    """Draw few real rows, further and sealed ones, no row twice."""
    order = spawn(seed, "story").permutation(len(whole))
    cuts = np.split(order, np.cumsum([sealed, real, further]))
    rows = {"sealed": cuts[0], "real": cuts[1], "further": cuts[2]}
    return Parts(**{name: whole.take(np.sort(at), name=name) for name, at in rows.items()})


def say(told: str) -> None:
    """Print a paragraph."""
    print(fill(told, 100), end="\n\n", flush=True)


def quiet() -> None:
    """Leave out what learners say of their iterations, which are bounded on purpose."""
    warnings.simplefilter("ignore", ConvergenceWarning)


def illusion(report: Report) -> str:
    """Say what was believed, what is, and what was to be had."""
    head = report.headline
    if head is None:
        return "The check gave no scores: there is too little to learn the target from."

    def told(key: str) -> str:
        found = getattr(head, key)
        return around(Measured(found.effect, found.low, found.high))

    return (
        f"Validated on synthetic rows like its own, a model of these rows would report {told('believed')}; on sealed real rows "
        f"it reaches {told('actual')}, and one of the few real rows {told('attainable')}."
    )


def finding(report: Report) -> str:
    """Say the verdict and its foremost findings."""
    messages = " ".join(found.message for found in report.findings[:3])
    return f"Verdict: {report.verdict.replace('_', ' ')}. {messages}".rstrip()


def proof_said(mended: Mended) -> str:
    """Say the four scores on sealed rows, both differences, and where the best without mending did not keep its word."""
    proof = mended.proof
    if proof is None:
        return "Nothing could be scored on sealed rows."
    broken = ""
    if proof.baseline.high < proof.real.low:
        broken = " Cross-validation took a baseline that falls behind real rows alone here: only the gain over these counts."
    return (
        f"Real rows alone {around(proof.real)}, synthetic rows alone {around(proof.synthetic)}, the best without mending "
        f"({mended.baseline}) {around(proof.baseline)}, as chosen {around(proof.mended)}. Over the best without mending: "
        f"{around(proof.gain, sign=True)}; over real rows alone: {around(proof.over_real, sign=True)}.{broken}"
    )


def verdict_on(mended: Mended, name: str, over: str) -> str:
    """Say what a difference on sealed rows shows, and no more."""
    gain: Measured | None = None if mended.proof is None else getattr(mended.proof, name)
    if gain is None:
        return ""
    if gain.low == gain.high == 0.0:
        return f"What was chosen is {over}."
    if not gain.beyond_noise:
        return f"The interval holds zero: neither a gain over {over} is proven nor a loss."
    return f"That is {'better' if gain.value > 0 else 'worse'} than {over}, beyond the noise of the sealed rows."


def draw(path: Path, report: Report, mended: Mended, titles: tuple[tuple[str, str], tuple[str, str]]) -> None:
    """Draw what was believed above what was proven, as one SVG with its own colours.

    Parameters
    ----------
    path : Path
        Where to.
    report, mended : Report, Mended
        Of the rows as they came, and of what mending made of them; nothing is drawn where either has no scores.
    titles : pairs of str
        Of both pictures, each with the line under it.
    """
    if report.headline is None or mended.proof is None:
        return
    parts, top = [], 0.0
    for (title, under), chart in zip(titles, (headline_chart(report.headline), proof_chart(mended.proof)), strict=True):
        height = float(chart.partition('viewBox="0 0 ')[2].partition('"')[0].split()[1])
        parts += [text(0, top + 22, title, "head"), text(0, top + 42, under, "sub")]
        parts.append(chart.replace("<svg ", f'<svg y="{top + HEAD - 8:.0f}" width="{WIDTH}" height="{height:.0f}" ', 1))
        top += HEAD + height + 6
    label = f"{titles[0][0]}; {titles[1][0]}"
    svg = drawing(WIDTH, top, [rectangle(0, 0, WIDTH, top, "ground"), *parts], label=label, kind="story")
    opened, rest = svg.replace("<svg ", f'<svg xmlns="http://www.w3.org/2000/svg" width="{WIDTH}" ', 1).split(">", 1)
    write_atomically(path, f"{opened}><style>{STYLE}</style>{rest}\n".encode())
    print(f"Picture: {path}")
