"""Reports made by hand for the tests of the renderers; the numbers are invented, their shapes are those of real checks."""

from __future__ import annotations

from dataclasses import replace

from assay.core.estimate import Estimate
from assay.core.finding import Finding
from assay.core.picture import Picture
from assay.core.scorecard import Check, Headline, NotChecked, Scorecard
from assay.core.verdict import Verdict
from assay.reporting.report import Report

COUNTS = "Counts in 40 blocks of rows; floor and interval from 400 joint resamples of blocks."
REFITS = "Gradient boosting and logistic regression; paired bootstrap over holdout rows and 6 refits on half samples."


def estimate(measure, effect, half, *columns, value=None, floor=(0.006, 0.011, 0.019), method=COUNTS, n=20_000, **rest):
    return Estimate(
        measure=measure,
        value=effect if value is None else value,
        floor_low=floor[0],
        floor_median=floor[1],
        floor_high=floor[2],
        effect=effect,
        low=effect - half,
        high=effect + half,
        n_real=n,
        n_synthetic=n,
        method=method,
        columns=tuple(columns),
        **rest,
    )


def headline(believed=0.952, actual=0.874, attainable=0.926, worth=True):
    score = (0.495, 0.5, 0.505)
    gap = (-0.006, 0.0, 0.006)
    return Headline(
        metric="ROC AUC",
        trained=estimate("utility", believed + 0.009, 0.002, floor=score, method=REFITS),
        believed=estimate("utility", believed, 0.004, floor=score, method=REFITS),
        actual=estimate("utility", actual, 0.007, floor=score, method=REFITS),
        attainable=estimate("utility", attainable, 0.005, floor=score, method=REFITS),
        illusion_gap=estimate("illusion_gap", believed - actual, 0.008, floor=gap, method=REFITS),
        utility_gap=estimate("utility", attainable - actual, 0.008, floor=gap, method=REFITS),
        worth_in_real_rows=estimate("worth_in_real_rows", 840, 260, floor=(17_000, 20_000, 23_000), method=REFITS)
        if worth
        else None,
    )


def check(family, outcome, effect=None, half=0.01, *columns, margin=0.05, blind=None, measure=None, missed="", reason="", **rest):
    mean = rest.pop("mean", None)
    mean_margin = rest.pop("mean_margin", None)
    required = rest.pop("required", True)
    worst = None if effect is None else estimate(measure or family, effect, half, *columns, **rest)
    average = None if mean is None else estimate(measure or family, mean, half / 3)
    return Check(
        measure or family, family, required, outcome, average, worst, margin, blind or margin, missed, reason, mean_margin
    )


NEAR_ZERO = (-0.02, 0.0, 0.02)
PRIVACY_PASS = (
    check(
        "exact_copies",
        "pass",
        0.0002,
        0.0002,
        floor=(0, 0.0001, 0.0003),
        margin=0.005,
        missed="Up to 0.05% of copied rows would not have been seen.",
    ),
    check(
        "near_copies", "pass", 0.0006, 0.0008, margin=0.005, missed="Up to 0.14% of nearly copied rows would not have been seen."
    ),
    check(
        "membership",
        "pass",
        0.002,
        0.009,
        margin=0.04,
        floor=(-0.005, 0, 0.009),
        missed="An attack with 2.1% true positives at 1% false positives.",
    ),
    check("too_close", "pass", -0.01, 0.02, margin=0.05, floor=NEAR_ZERO),
)


def bad() -> Report:
    """A Gaussian copula on a census table: not trusted, for several reasons."""
    tail = estimate("tail_mass", -3.62, 0.9, "capital-gain", floor=(-0.14, 0.0, 0.14))
    pair = estimate("pair_gap", 0.182, 0.011, "marital-status", "relationship", floor=(0.02, 0.027, 0.036))
    auc = estimate("two_sample", 0.317, 0.009, value=0.817, floor=(0.489, 0.497, 0.507), method="Cross-fitted, 5 folds; DeLong.")
    gap = estimate("utility", 0.052, 0.008, floor=(-0.006, 0, 0.006), method=REFITS)
    rule = estimate("constraint_violations", 0.071, 0.004, "education", "education-num", floor=(0, 0, 0.0002))
    rare = estimate("rare_levels", 0.31, 0.08, "native-country", floor=(-0.06, 0.0, 0.07))
    scale = estimate("variance_ratio", -0.19, 0.07, "capital-loss", floor=(-0.05, 0.0, 0.05))
    shown = estimate("worth_in_real_rows", 840, 260, floor=(17_000, 20_000, 23_000), method=REFITS)
    findings = (
        Finding(
            "TAIL01",
            "tail_loss",
            "critical",
            ("capital-gain",),
            "0.02% of synthetic rows exceed the real 99th percentile of capital-gain (about 15,000); 1% should.",
            (0,),
            "Fit the upper tail on its own: generate with a tail-aware generator, or mend with tail resampling from real rows.",
            0.998,
        ),
        Finding(
            "PAIR01",
            "broken_dependence",
            "critical",
            ("marital-status", "relationship"),
            "18% of the rows would have to change for these columns to go together as in reality; of two real samples, 2.7%.",
            (1,),
            "Use a generator that conditions columns on each other, such as tree_chain.",
            0.999,
        ),
        Finding(
            "USE01",
            "broken_dependence",
            "major",
            (),
            "A model trained on the synthetic rows scores 0.874 on real rows; trained on real rows it scores 0.926.",
            (3,),
            "Mend the dependence first; then measure again.",
            0.97,
        ),
        Finding(
            "RULE01",
            "constraint_violation",
            "major",
            ("education", "education-num"),
            "7.1% of synthetic rows break the rule that education determines education-num; no real row does.",
            (4,),
            "Derive education-num from education after sampling.",
            0.999,
        ),
        Finding(
            "RARE01",
            "rare_level_loss",
            "major",
            ("native-country",),
            "31% of the mass of levels under 2% of native-country is missing.",
            (5,),
            "Raise the smoothing of rare levels.",
            0.96,
        ),
        Finding(
            "VAR01",
            "variance_change",
            "minor",
            ("capital-loss",),
            "The spread of capital-loss is 17% smaller than in the real table.",
            (6,),
            "Fit the non-zero part on its own.",
            0.95,
            slice="capital-loss > 0",
        ),
    )
    checks = (
        check(
            "tail_mass",
            "fail",
            -3.62,
            0.9,
            "capital-gain",
            margin=0.69,
            blind=1.61,
            floor=(-0.14, 0.0, 0.14),
            mean=-0.61,
            mean_margin=0.35,
        ),
        check(
            "pair_gap",
            "fail",
            0.182,
            0.011,
            "marital-status",
            "relationship",
            margin=0.06,
            floor=(0.02, 0.027, 0.036),
            mean=0.044,
            mean_margin=0.02,
        ),
        check("two_sample", "fail", 0.317, 0.009, value=0.817, floor=(0.489, 0.497, 0.507)),
        check("utility", "fail", 0.052, 0.008, margin=0.02, floor=(-0.006, 0, 0.006)),
        check("illusion_gap", "fail", 0.078, 0.008, margin=0.04, floor=(-0.006, 0, 0.006)),
        check("constraint_violations", "fail", 0.071, 0.004, "education", "education-num", margin=0.003, floor=(0, 0, 0.0002)),
        check("rare_levels", "fail", 0.31, 0.04, "native-country", margin=0.25, floor=(-0.06, 0.0, 0.07)),
        check(
            "worst_slice",
            "cannot_tell",
            0.11,
            0.24,
            slice="native-country = Mexico",
            margin=0.05,
            blind=0.3,
            floor=(-0.1, 0, 0.1),
            reason="The upper bound of 0.35 is above the blind margin 0.30; about 31,000 rows would settle it.",
        ),
        check(
            "variance_ratio",
            "pass",
            -0.09,
            0.05,
            "capital-loss",
            margin=0.095,
            blind=0.69,
            floor=(-0.05, 0.0, 0.05),
            missed="A change of spread by up to 13% in capital-loss would not have been seen at this size.",
            mean=0.02,
            mean_margin=0.14,
        ),
        check(
            "ks_distance",
            "pass",
            0.017,
            0.008,
            "hours-per-week",
            missed="A shift of up to 2.5% of the rows of hours-per-week would not have been seen at this size.",
            mean=0.006,
            mean_margin=0.02,
        ),
        check(
            "category_gap",
            "pass",
            0.012,
            0.006,
            "occupation",
            missed="A shift of up to 1.8% of the rows of occupation would not have been seen at this size.",
            mean=0.005,
            mean_margin=0.02,
        ),
        check("duplicate_rows", "pass", 0.0004, 0.0006, margin=0.005, floor=(-0.0005, 0, 0.0006)),
        check("calibration", "error", reason="ValueError: the bins of the calibration curve are empty."),
        *PRIVACY_PASS,
        check("schema_match", "pass", 0.0, 0.0, margin=0.001, floor=(0, 0, 0)),
        check("missingness_gap", "not_applicable", margin=0.02, reason="No column of the real table has nulls."),
    )
    edges = tuple(
        f"{edge:,}" for edge in (0, 100, 500, 1_000, 2_000, 3_000, 4_000, 5_000, 7_500, 10_000, 15_000, 30_000, 100_000)
    )
    pictures = (
        Picture(
            "histogram",
            "capital-gain",
            ("capital-gain",),
            edges,
            (0.917, 0.001, 0.002, 0.004, 0.008, 0.011, 0.008, 0.009, 0.017, 0.004, 0.011, 0.008),
            (0.911, 0.004, 0.006, 0.01, 0.015, 0.014, 0.011, 0.012, 0.013, 0.003, 0.001, None),
        ),
        Picture(
            "heatmap",
            "marital-status against relationship",
            ("marital-status", "relationship"),
            (("Never-married", "Married", "Divorced", "Widowed"), ("Husband", "Wife", "Own-child", "Unmarried", "Not-in-family")),
            (
                (None, None, 0.14, 0.02, 0.16),
                (0.4, 0.05, 0.01, None, None),
                (None, None, 0.01, 0.05, 0.08),
                (None, None, None, 0.01, 0.02),
            ),
            (
                (0.06, 0.01, 0.09, 0.05, 0.12),
                (0.3, 0.03, 0.03, 0.04, 0.06),
                (0.05, 0.01, 0.02, 0.02, 0.05),
                (0.01, None, None, 0.01, 0.01),
            ),
        ),
        Picture(
            "levels",
            "native-country, levels under 2%",
            ("native-country",),
            ("Mexico", "Philippines", "Germany", "Puerto-Rico", "Canada", "El-Salvador", "(missing)"),
            (0.0195, 0.006, 0.0042, 0.0037, 0.0037, 0.0032, 0.0175),
            (0.021, 0.0048, 0.002, 0.0011, 0.0009, None, 0.018),
        ),
        Picture(
            "heatmap",
            "education against education-num",
            ("education", "education-num"),
            (("HS-grad", "Some-college", "Bachelors"), ("9", "10", "13")),
            ((0.32, None, None), (None, 0.22, None), (None, None, 0.16)),
            ((0.29, 0.02, 0.01), (0.02, 0.19, 0.01), (0.004, 0.01, 0.14)),
        ),
    )
    return Report(
        Scorecard(
            (tail, pair, auc, gap, rule, rare, scale, shown),
            checks,
            (
                NotChecked("missingness_gap", "not_applicable", "No column of the real table has nulls."),
                NotChecked("calibration", "error", "ValueError: the bins of the calibration curve are empty."),
                NotChecked("triple_gap", "skipped", "The budget of 20 seconds was spent."),
            ),
            headline(),
            ("The level '?' of workclass looks like a missing value; if it is one, read it with --null '?'.",),
        ),
        Verdict(
            "not_trusted",
            (
                "The upper tail of capital-gain is lost: 0.02% of synthetic rows exceed the real 99th percentile; 1% should.",
                "marital-status and relationship no longer go together as they do in reality.",
                "A model trained on these rows scores 0.874 in reality, where you would have believed 0.952.",
            ),
            None,
            findings,
            (
                ("tail_loss", 24.1),
                ("broken_dependence", 18.3),
                ("constraint_violation", 9.4),
                ("rare_level_loss", 4.2),
                ("variance_change", 2.1),
            ),
        ),
        {"name": "train", "sha256": "ab" * 32, "purpose": "Replace the real rows when a model is trained."},
        {
            "real": {"rows": 20_000, "columns": 15, "sha256": "1f" * 32},
            "synthetic": {"rows": 20_000, "columns": 15, "sha256": "2e" * 32},
            "holdout": {"rows": 8_842, "columns": 15, "sha256": "3d" * 32},
        },
        {
            "assay_version": "0.1.0",
            "versions": {"python": "3.11.9", "numpy": "2.4.6", "scikit-learn": "1.9.1", "duckdb": "1.5.6"},
            "command": "assay check real.parquet synthetic.parquet --holdout holdout.parquet --target income",
            "seed": 0,
            "jobs": 2,
            "timings": {"profile": 0.71, "utility": 4.92, "two_sample": 1.37},
        },
        pictures,
    )


def good() -> Report:
    """A second real sample: trusted."""
    report = bad()
    passed = tuple(
        replace(
            entry,
            outcome="pass",
            worst=replace(entry.worst, effect=entry.margin * 0.2, low=0.0, high=entry.margin * 0.7),
            mean=None,
            reason="",
            could_have_missed=f"Harm of up to {entry.margin * 0.7:.2g} would not have been seen at this size.",
        )
        for entry in report.scorecard.checks
        if entry.worst is not None
    )
    return Report(
        replace(
            report.scorecard, checks=passed, not_checked=(), headline=headline(0.927, 0.923, 0.926, worth=False), warnings=()
        ),
        Verdict("trusted", ("Every check that the policy asks for passed.",)),
        report.policy,
        report.inputs,
        report.run,
    )


def unsure() -> Report:
    """No holdout and no target: cannot tell."""
    report = bad()
    passed = tuple(entry for entry in good().scorecard.checks if entry.family in ("ks_distance", "category_gap", "pair_gap"))
    return Report(
        replace(
            report.scorecard,
            checks=passed,
            headline=None,
            not_checked=tuple(
                NotChecked(name, "not_applicable", "No holdout was given.") for name in ("two_sample", "membership", "utility")
            ),
        ),
        Verdict("cannot_tell", ("No holdout was given: nothing can be said about copies or about use.",), 31_000),
        report.policy,
        {**report.inputs, "holdout": None},
        {**report.run, "command": "assay check real.csv synthetic.csv"},
    )
