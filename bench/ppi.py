"""Prediction-powered intervals beside the package ppi-python, on the same rows: estimates, ends of intervals, lambda.

    python3.11 -m venv /tmp/ppi && /tmp/ppi/bin/pip install ppi-python==0.2.3
    python bench/ppi.py /tmp/ppi/bin/python

Means, quantiles, linear and logistic regressions of made rows with predictions of several qualities, 90% intervals. Largest
difference in units of the reference's half-width; ``bench/results/ppi.json`` keeps it. Ours take Student's quantile for means and
regressions, for these residuals without the row's own pull, and a variance of quantiles that is not too small at the ends, so
they are a little wider.
"""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import numpy as np

from assay.core.files import write_atomically
from assay.stats import prediction_powered as ppi
from assay.stats import prediction_powered_regressions as regressions

RESULTS = Path(__file__).parent / "results" / "ppi.json"
PEER = """
import json, sys
import numpy as np
import ppi_py
out = []
for case in json.load(sys.stdin):
    y, f, more = (np.array(case[key]) for key in ("y", "f", "more"))
    if case["kind"] == "mean":
        low, high = ppi_py.ppi_mean_ci(y, f, more, alpha=0.1, lam=case["lam"])
        value = ppi_py.ppi_mean_pointestimate(y, f, more, lam=case["lam"])
    elif case["kind"] == "quantile":
        low, high = ppi_py.ppi_quantile_ci(y, f, more, case["share"], alpha=0.1, exact_grid=True)
        value = ppi_py.ppi_quantile_pointestimate(y, f, more, case["share"], exact_grid=True)
    else:
        x, x_more = np.array(case["x"]), np.array(case["x_more"])
        one = ppi_py.ppi_ols_ci if case["kind"] == "ols" else ppi_py.ppi_logistic_ci
        point = ppi_py.ppi_ols_pointestimate if case["kind"] == "ols" else ppi_py.ppi_logistic_pointestimate
        low, high = one(x, y, f, x_more, more, alpha=0.1, lam=case["lam"])
        value = point(x, y, f, x_more, more, lam=case["lam"])
    out.append([np.ravel(part).tolist() for part in (value, low, high)])
print(json.dumps(out))
"""


def cases() -> list[dict]:
    """Make rows of every kind, with good, weak and no lambda given."""
    made = []
    for seed, (noise, lam) in enumerate([(0.3, None), (1.0, None), (3.0, None), (0.5, 1.0), (0.5, 0.0)]):
        rng = np.random.default_rng(seed)
        x = np.column_stack([np.ones(4_400), rng.normal(size=(4_400, 2))])
        y = x @ [0.5, 1.0, -1.0] + rng.normal(size=4_400)
        f = y + 0.2 + noise * rng.normal(size=4_400)
        label = (rng.random(4_400) < 1 / (1 + np.exp(-(x @ [0.0, 1.0, -0.5])))) * 1.0
        told = np.clip(0.5 + (label - 0.5) / (1 + noise) + 0.1 * rng.normal(size=4_400), 0.01, 0.99)
        part, rest = slice(0, 400), slice(400, None)
        made.append({"kind": "mean", "lam": lam, "y": y[part], "f": f[part], "more": f[rest]})
        if lam == 1.0:  # the package has no other for quantiles
            made += [
                {"kind": "quantile", "share": share, "lam": 1.0, "y": y[part], "f": f[part], "more": f[rest]}
                for share in (0.2, 0.5)
            ]
        made.append({"kind": "ols", "lam": lam, "x": x[part], "x_more": x[rest], "y": y[part], "f": f[part], "more": f[rest]})
        made.append(
            {
                "kind": "logistic",
                "lam": lam,
                "x": x[part],
                "x_more": x[rest],
                "y": label[part],
                "f": told[part],
                "more": told[rest],
            }
        )
    return made


def ours(case: dict) -> ppi.Powered:
    y, f, more = case["y"], case["f"], case["more"]
    if case["kind"] == "mean":
        return ppi.mean(y, f, more, level=0.9, weight=case["lam"])
    if case["kind"] == "quantile":
        return ppi.quantile(y, f, more, case["share"], level=0.9, weight=case["lam"])
    one = regressions.ols if case["kind"] == "ols" else regressions.logistic
    return one(case["x"], y, f, case["x_more"], more, level=0.9, weight=case["lam"])


def main(peer: str) -> None:
    made = cases()
    asked = json.dumps(
        [{key: part.tolist() if isinstance(part, np.ndarray) else part for key, part in one.items()} for one in made]
    )
    ran = subprocess.run([peer, "-c", PEER], input=asked, capture_output=True, text=True, check=True)
    worst: dict[str, dict[str, float]] = {}
    for case, told in zip(made, json.loads(ran.stdout), strict=True):
        found = ours(case)
        half = (np.array(told[2]) - np.array(told[1])) / 2
        apart = [
            float(np.max(np.abs(np.array(a) - b) / half)) for a, b in zip(told, (found.value, found.low, found.high), strict=True)
        ]
        wider = float(np.max((found.high - found.low) / (2 * half) - 1))
        own = worst.setdefault(case["kind"], {"value": 0.0, "ends": 0.0, "wider": 0.0})
        own["value"], own["ends"] = max(own["value"], apart[0]), max(own["ends"], *apart[1:])
        own["wider"] = max(own["wider"], wider, key=abs)
    for kind, found in worst.items():
        print(f"{kind:10}" + ", ".join(f"{name} {value:.4f}" for name, value in found.items()))
    write_atomically(
        RESULTS, (json.dumps({k: {n: round(v, 5) for n, v in d.items()} for k, d in worst.items()}, indent=1) + "\n").encode()
    )


if __name__ == "__main__":
    main(sys.argv[1])
