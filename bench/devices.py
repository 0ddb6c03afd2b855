"""What a GPU gives: every neural generator on the CPU and on a GPU, side by side in one run.

    python bench/devices.py [--device cuda] [--rows 20000] [--epochs 5]
    python bench/devices.py --summary

Adult rows are fitted (default settings, but a fixed number of epochs) and as many are drawn, three times on each device in turn,
after a small fit that is not counted; told is the median. The three have one seed, and `same` says whether they gave equal rows.
`off` is how far the drawn columns are from the real ones (see `off`): on both devices about as far.
"""

from __future__ import annotations

import argparse
import json
import os
import platform
import time
from pathlib import Path
from statistics import median

import numpy as np
import torch

import assay
import tables
from assay.core.registry import get
from assay.data.dataset import Dataset

RESULTS = Path(__file__).parent / "results" / "devices.json"
NAMES = ("autoregressive", "diffusion", "gan", "vae")
TIMES = 3


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--device", default="cuda")
    parser.add_argument("--rows", type=int, default=20_000)
    parser.add_argument("--epochs", type=int, default=5)
    parser.add_argument("--results", type=Path, default=RESULTS)
    parser.add_argument("--summary", action="store_true")
    options = parser.parse_args()
    if not options.summary:
        measure(options)
    tell(json.loads(options.results.read_text()))


def measure(options: argparse.Namespace) -> None:
    whole = assay.load(tables.table("adult"), target="income")
    real = whole.take(np.sort(np.random.default_rng(0).permutation(len(whole))[: options.rows]))
    few = real.take(np.arange(min(1_000, len(real))))
    devices = ("cpu", options.device)
    result = {
        "rows": len(real),
        "epochs": options.epochs,
        "cores": os.cpu_count(),
        "gpu": torch.cuda.get_device_name() if torch.cuda.is_available() else None,
        "versions": {"python": platform.python_version(), "torch": torch.__version__, "assay": assay.__version__},
        "generators": {},
    }
    for name in NAMES:
        settings = {"epochs": options.epochs, "patience": 0}
        found = {device: {"fit": [], "draw": [], "sha256": [], "off": []} for device in devices}
        for device in devices:
            get("generator", name)(epochs=1, device=device).fit(few, seed=0).sample(1_000, seed=0)
        for _ in range(TIMES):
            for device in devices:
                began = time.perf_counter()
                generator = get("generator", name)(**settings, device=device).fit(real, seed=1)
                fitted = time.perf_counter()
                drawn = generator.sample(len(real), seed=2)
                found[device]["fit"].append(round(fitted - began, 3))
                found[device]["draw"].append(round(time.perf_counter() - fitted, 3))
                found[device]["sha256"].append(drawn.sha256)
                found[device]["off"].append(off(real, drawn))
        result["generators"][name] = found
        options.results.write_text(json.dumps(result, indent=1) + "\n")
        print(name, {device: (parts["fit"], parts["draw"]) for device, parts in found.items()}, flush=True)


def off(real: Dataset, drawn: Dataset) -> float:
    """Mean over columns of the total variation of levels, or the greatest difference of the distribution functions of numbers."""
    distances = []
    for column in real.schema.modelled:
        if real.schema.column(column).kind == "numeric":
            a, b = (np.sort(rows.numbers(column)) for rows in (real, drawn))
            at = np.concatenate([a, b])
            places = (np.searchsorted(rows, at, side="right") / len(rows) for rows in (a, b))
            distances.append(float(np.abs(np.subtract(*places)).max()))
        else:
            shares = [rows.table.column(column).value_counts().to_pylist() for rows in (real, drawn)]
            first, second = ({one["values"]: one["counts"] / len(real) for one in each} for each in shares)
            distances.append(sum(abs(first.get(k, 0) - second.get(k, 0)) for k in first.keys() | second.keys()) / 2)
    return round(float(np.mean(distances)), 5)


def tell(result: dict) -> None:
    print(f"{result['rows']:,} rows, {result['epochs']} epochs; {result['cores']} cores beside {result['gpu']}")
    print("                  fit: CPU s, GPU s, ratio    draw: CPU s, GPU s, ratio    off: CPU, GPU    same: CPU, GPU")
    for name, devices in result["generators"].items():
        cpu, gpu = devices.values()
        fits, draws = ([median(each[part]) for each in (cpu, gpu)] for part in ("fit", "draw"))
        same = ["yes" if len(set(each["sha256"])) == 1 else "no" for each in (cpu, gpu)]
        told = f"{name:<16}{fits[0]:>12.2f}{fits[1]:>7.2f}{fits[0] / fits[1]:>7.1f}"
        told += f"{draws[0]:>14.2f}{draws[1]:>7.2f}{draws[0] / draws[1]:>7.1f}"
        print(f"{told}{median(cpu['off']):>15.4f}{median(gpu['off']):>8.4f}    {', '.join(same)}")


if __name__ == "__main__":
    main()
