"""Do intervals with predictions hold, and how much narrower are they? Few labelled rows of real tables, many without labels.

    python bench/estimate.py              run what is missing, tell, and write bench/results/estimate.json
    python bench/estimate.py --summary    tell what is there

From 5,000 rows of each table `tree_chain` makes 5,000 synthetic ones, from which alone the model learns. All other rows are the
population: each of 200 draws takes 200 or 1,000 of them with labels and up to 10,000 others without. Told are the coverage of 95%
intervals, with real rows alone and with predictions, of the population's own value; the mean ratio of their widths; what that is
worth in real rows; how many draws were refused as too weak; and, on ten draws, how many because real and further rows were told
apart, which they are not. Draws are without replacement from a finite population, so that intervals of 1,000 rows are a little
careful. Beside them stands what is warned of: half of the synthetic rows in the place of further ones. Cross-prediction, without
any synthetic row, is run on fewer draws, as it fits ten models for each. Ten minutes of one core.
"""

from __future__ import annotations

import argparse
import json
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
from scipy.special import ndtri

import assay
import tables
from assay.checking.estimand import Estimand
from assay.checking.estimate_model import predictions
from assay.checking.estimate_populations import compare
from assay.checking.estimate_tables import Tables, kept, together
from assay.core.files import write_atomically
from assay.stats.prediction_powered import too_weak

RESULTS = Path(__file__).parent / "results" / "estimate.json"
MADE_FROM, FURTHER, COMPARED = 5_000, 10_000, 10
WAYS = ("synthetic rows", "none: are they told apart?", "cross-prediction", "synthetic rows, further ones too")
CASES: list[tuple[str, dict[str, Any]]] = [
    ("adult", {"what": "rate", "positive": ">50K"}),
    ("adult", {"what": "logistic", "positive": ">50K", "given": ["age", "hours-per-week"]}),
    ("default", {"what": "rate", "positive": "1"}),
    ("california", {"what": "mean"}),
    ("california", {"what": "quantile", "share": 0.5}),
    ("california", {"what": "quantile", "share": 0.9}),
    ("california", {"what": "ols", "given": ["median_income", "housing_median_age"]}),
]
FIRST = [CASES[0], CASES[2], CASES[3]]  # one of each table


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--draws", type=int, default=200)
    parser.add_argument("--cross", type=int, default=100, help="draws of cross-prediction")
    parser.add_argument("--rows", default="200,1000")
    parser.add_argument("--results", type=Path, default=RESULTS)
    parser.add_argument("--summary", action="store_true")
    options = parser.parse_args()
    found: list[dict[str, Any]] = json.loads(options.results.read_text("utf-8")) if options.results.exists() else []
    if not options.summary:
        run(options, found)
    for line in found:
        tell(line)


def run(options: argparse.Namespace, found: list[dict[str, Any]]) -> None:
    """Add what is not there yet, and write it as it comes."""
    made: dict[str, tuple[Any, pa.Table]] = {}
    few, *more = map(int, options.rows.split(","))
    tasks = [(case, WAYS[2], few, options.cross) for case in [*FIRST, CASES[4]]]
    tasks += [(case, WAYS[0], rows, options.draws) for case in CASES for rows in (few, *more)]
    tasks += [(case, WAYS[1], rows, COMPARED) for case in FIRST for rows in (few, *more)]
    tasks += [(case, WAYS[3], rows, options.draws) for case in FIRST for rows in (few, *more)]
    for (name, asked), way, rows, draws in tasks:
        key = {"table": name, **asked, "model": way, "rows": rows, "draws": draws}
        if any(all(line.get(word) == part for word, part in key.items()) for line in found):
            continue
        if name not in made:
            made[name] = synthetic_and_rest(name)
        population = Population(name, *made[name], asked)
        ways = (population.learned, population.compared, population.crossed, population.misled)
        found.append(key | ways[WAYS.index(way)](rows, draws))
        tell(found[-1])
        write_atomically(options.results, (json.dumps(found, indent=1) + "\n").encode())


def synthetic_and_rest(name: str) -> tuple[Any, pa.Table]:
    """Make synthetic rows from 5,000, and give them with the other rows."""
    whole = tables.table(name)
    first, rest = tables.parts(whole, name, (MADE_FROM, len(whole) - MADE_FROM), seed=0)
    return assay.generate(first, with_="tree_chain", n=MADE_FROM, target=tables.TABLES[name].target, seed=0), rest


class Population:
    """Rows to draw from, their labels, and the predictions of a model that learned from synthetic rows."""

    def __init__(self, name: str, synthetic: Any, rest: pa.Table, asked: dict[str, Any]) -> None:
        column = tables.TABLES[name].target
        real, further = assay.load(rest, name="real"), assay.load(rest.drop_columns([column]), name="further")
        self.asked = Estimand(asked["what"], column, **{key: part for key, part in asked.items() if key != "what"})
        self.real, self.synthetic = real, synthetic
        self.tables, self.estimand = kept(together(real, further, synthetic, self.asked, None, {}), self.asked, None, None)
        self.predicted = predictions(self.tables, self.estimand, "model_rows", None, 0).real
        self.truth = self.estimand.truth(self.tables.real)
        self.design, self.names = self.estimand.design(self.tables.real)
        self.values = [one.classical.value for one in self._both(*2 * [np.arange(len(self.truth))], *2 * [self.predicted])[0]]

    def learned(self, rows: int, draws: int) -> dict[str, Any]:
        """Draw labelled rows again and again, with a model of synthetic rows."""
        found = []
        for at in range(draws):
            real, further = self._drawn(rows, at)
            found.append(self._both(real, further, self.predicted[real], self.predicted[further]))
        return self._line(rows, found)

    def compared(self, rows: int, draws: int) -> dict[str, Any]:
        """Count draws in which rows of one population are told apart."""
        apart = []
        for at in range(draws):
            real, further = self._drawn(rows, at)
            told = compare(
                self._part(real, further), self.predicted[real], self.predicted[further], np.arange(len(further)), None, at
            )
            apart.append(told.differ)
        return {"told_apart": int(sum(apart))}

    def crossed(self, rows: int, draws: int) -> dict[str, Any]:
        """Draw labelled rows again and again, with models of these rows themselves."""
        found = []
        for at in range(draws):
            real, further = self._drawn(rows, at)
            told = predictions(self._part(real, further), self.estimand, "cross", None, at)
            found.append(self._both(real, further, told.real, told.further))
        return self._line(rows, found)

    def misled(self, rows: int, draws: int) -> dict[str, Any]:
        """Draw labelled rows again and again, with half of the synthetic rows in the place of further ones: what is warned of."""
        both = together(self.real, self.synthetic, None, self.asked, None, {})
        both, estimand = kept(both, self.asked, None, None)
        told = predictions(both, estimand, "half", None, 0)
        design = estimand.design(both.further.take(told.rows))[0]
        found, apart = [], []
        for at in range(draws):
            real, _ = self._drawn(rows, at)
            own, also = told.real[real], self.design[real]
            found.append(estimand.quantities(self.truth[real], own, told.further, also, design, self.names))
            if at < COMPARED:
                part = both._replace(real=both.real.take(real))
                apart.append(compare(part, own, told.further, told.rows, None, at).differ)
        return {**self._line(rows, found), "told_apart_of_ten": int(sum(apart))}

    def _drawn(self, rows: int, at: int) -> tuple[np.ndarray, np.ndarray]:
        order = np.random.default_rng([9, rows, at]).permutation(len(self.truth))
        return order[:rows], order[rows : rows + FURTHER]

    def _part(self, real: np.ndarray, further: np.ndarray) -> Tables:
        return self.tables._replace(real=self.tables.real.take(real), further=self.tables.further.take(further))

    def _both(self, real: np.ndarray, further: np.ndarray, told: np.ndarray, more: np.ndarray) -> Any:
        return self.estimand.quantities(self.truth[real], told, more, self.design[real], self.design[further], self.names)

    def _line(self, rows: int, found: list[Any]) -> dict[str, Any]:
        held = [(quantities, rho) for quantities, rho in found if not too_weak(max(rho, 0.0), rows)]

        def inside(kind: str) -> list[float]:
            sides = [[getattr(one, kind) for one in quantities] for quantities, _ in (found if kind == "classical" else held)]
            return [
                round(float(np.mean([each[at].low <= value <= each[at].high for each in sides])), 4)
                for at, value in enumerate(self.values)
            ]

        def spread() -> list[float]:
            off = [
                [(one.powered.value - value) / (one.powered.width / 2) for one, value in zip(each, self.values, strict=True)]
                for each, _ in held
            ]
            return [round(float(one), 3) for one in ndtri(0.975) * np.sqrt(np.mean(np.square(off), axis=0))]

        ratios = np.array([[one.width_ratio for one in quantities] for quantities, _ in held])
        return {
            "too_weak": len(found) - len(held),
            "quantities": [one.name for one in found[0][0]],
            "coverage_classical": inside("classical"),
            "coverage_powered": inside("powered"),
            "error_over_claimed": spread(),
            "width_ratio": [round(float(one), 4) for one in ratios.mean(axis=0)],
            "correlation": round(float(np.mean([rho for _, rho in found])), 3),
            "worth": [round(rows / float(one) ** 2) for one in ratios.mean(axis=0)],
        }


def tell(line: dict[str, Any]) -> None:
    share = f" {line['share']}" if "share" in line else ""
    begin = f"{line['table']:10} {line['what']}{share}, {line['rows']} rows, {line['model']}"
    if "told_apart" in line:
        print(f"{begin} {line['told_apart']} of {line['draws']}", flush=True)
        return
    print(
        f"{begin}: coverage {line['coverage_powered']} (alone {line['coverage_classical']}), error over "
        f"claimed {line['error_over_claimed']}, width {line['width_ratio']}, worth "
        f"{line['worth']}, rho {line['correlation']}, too weak {line['too_weak']} of {line['draws']}"
        + (f", told apart {line['told_apart_of_ten']} of ten" if "told_apart_of_ten" in line else ""),
        flush=True,
    )


if __name__ == "__main__":
    main()
