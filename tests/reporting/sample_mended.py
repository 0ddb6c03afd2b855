"""Results of mending made by hand: one that gained, one that did not, one without sealed rows, one with hostile names."""

from __future__ import annotations

import io
from dataclasses import replace

from assay.core.mended import Calibration, Checked, FormScored, GroupGain, Left, Measured, Proof, Taken, Wanted, Why, Withheld
from assay.reporting.mended import Mended
from assay.reporting.mended_terminal import show

RUN = {
    "assay_version": "0.1.0",
    "versions": {"python": "3.11.7"},
    "command": "assay mend real.parquet synthetic.parquet --holdout sealed.parquet --target income --seed 0",
    "seed": 0,
    "jobs": 2,
    "timings": {"total": 41.5},
}
TABLE = {"rows": 300, "columns": 9, "sha256": "1" * 64}


def near(value: float, half: float = 0.01) -> Measured:
    return Measured(value, round(value - half, 6), round(value + half, 6))


def form(rows: str, share: float | None, learner: str, score: float, against: float) -> FormScored:
    name = {"synthetic": "synthetic rows", "mended": "mended rows"}.get(rows)
    real = "real rows" if share is None else f"real rows at {share:.0%} of the weight"
    words = f"real rows alone, {learner}" if name is None else f"{name} alone, {learner}"
    if name is not None and share != 0:
        words = f"{real} + {name}, {learner}"
    return FormScored(words, rows, share, learner, near(score, 0.03), near(against, 0.012))


FORMS = (
    form("mended", 0.5, "linear", 0.871, 0.014),
    form("mended", None, "linear", 0.869, 0.012),
    form("mended", 0.0, "boosting", 0.862, 0.005),
    form("synthetic", 0.8, "linear", 0.857, 0.0),
    form("mended", 0.8, "boosting", 0.855, -0.002),
    form("real", None, "linear", 0.852, -0.005),
    form("synthetic", None, "linear", 0.846, -0.011),
    form("synthetic", 0.5, "boosting", 0.84, -0.017),
    form("real", None, "boosting", 0.829, -0.028),
    form("synthetic", 0.0, "boosting", 0.741, -0.116),
)
STEPS = (
    Taken(
        "drop_repeats",
        "duplication",
        (),
        "4.1% of the synthetic rows stand there more than once, 0.2% of the real ones.",
        1e-9,
        True,
        False,
        near(0.812, 0.02),
        near(0.794, 0.02),
        near(0.001, 0.004),
    ),
    Taken(
        "weigh_classes",
        "label_shift",
        ("income",),
        "'income' is yes in 41.0% of the rows, in 24.3% of the real ones.",
        0.0004,
        False,
        False,
        near(0.794, 0.02),
        near(0.641, 0.03),
        near(0.021, 0.008),
    ),
    Taken(
        "refill_tails",
        "tail_loss",
        ("hours", "capital"),
        "No synthetic row lies above the real 98% point of 'hours'.",
        0.0021,
        False,
        True,
        near(0.641, 0.03),
        near(0.562, 0.03),
        near(0.004, 0.006),
    ),
)


def checked(verdict: str, **changes: object) -> Checked:
    return replace(
        Checked(
            verdict,
            ("Label shift: 'income' is yes in 41% of the rows, 24% of the real ones.",),
            (("LABEL01", "label_shift", "The target's classes have other shares than in reality."),),
            near(180, 40),
            near(0.004, 0.003),
            near(0.02, 0.03),
            12_000,
        ),
        **changes,
    )


def gained() -> Mended:
    return Mended(
        selection="unseen",
        steps=STEPS,
        left=(
            Left(
                "match_quantiles",
                ("age",),
                "'age' lies 0.4 standard deviations higher than in the real rows.",
                "it made rows easier to tell from real ones by 0.3 standard errors, and models trained on them better by 0.1: "
                "that is no gain in sum",
            ),
        ),
        forms=FORMS,
        baseline=FORMS[3].words,
        chosen=FORMS[0].words,
        unweighed=None,
        proof=Proof(
            "auc",
            5000,
            near(0.848, 0.011),
            near(0.752, 0.014),
            near(0.855, 0.011),
            near(0.872, 0.01),
            near(0.017, 0.006),
            near(0.024, 0.007),
            (
                GroupGain("sex", "sex = Female", 1_700, near(0.021, 0.012)),
                GroupGain("sex", "sex = Male", 3_290, near(0.012, 0.009)),
                GroupGain("race", "race: all smaller groups", 21, None),
            ),
            Calibration(near(0.061, 0.02), near(0.048, 0.015), near(0.012, 0.01)),
        ),
        unproved=None,
        withheld=Withheld(0, 0, 0, False),
        before=checked("not_trusted"),
        after=checked("trusted", reasons=("Every required check passed.",), findings=(), worth=near(690, 120), rows=9_400),
        wanted=(
            Wanted("age above 61", ("age",), 200, near(0.012, 0.004), near(0.005, 0.003)),
            Wanted("any rows", (), 200, near(0.005, 0.003), near(0.005, 0.003)),
        ),
        counts={"real": 300, "synthetic": 12_000, "mended": 11_620, "from_real": 120, "effective": 9_412.3, "holdout": 5000},
        inputs={"real": TABLE, "synthetic": {**TABLE, "rows": 12_000}, "holdout": {**TABLE, "rows": 5000}},
        run=RUN,
    )


def nothing() -> Mended:
    """Give one in which no remedy helped."""
    forms = tuple(one for one in FORMS if one.rows != "mended")
    proof = Proof("auc", 5000, near(0.848), near(0.752), near(0.855), near(0.855), Measured(0.0, 0.0, 0.0), near(0.007))
    # a regression has no calibration, and no column was named as sensitive
    same = checked("not_trusted")
    counts = {"real": 300, "synthetic": 12_000, "mended": 12_000, "from_real": 0, "effective": 12_000.0, "holdout": 5000}
    return replace(
        gained(), steps=(), forms=forms, chosen=FORMS[3].words, proof=proof, before=same, after=same, wanted=(), counts=counts
    )


def shared() -> Mended:
    """Give one in which the generator may have seen the rows that chose, and the gain is not proven."""
    proof = replace(gained().proof, gain=near(0.002, 0.006))  # type: ignore[type-var]
    return replace(gained(), selection="shared", proof=proof, after=checked("not_trusted"))


def unsealed() -> Mended:
    """Give one without sealed rows."""
    counts = {**gained().counts, "holdout": 0}
    inputs = {**gained().inputs, "holdout": None}
    none = {"proof": None, "before": None, "after": None, "withheld": None, "left": ()}
    why = Why("no_holdout", "There are no sealed rows.")
    return replace(gained(), selection="refitted", unproved=why, counts=counts, inputs=inputs, **none)  # type: ignore[arg-type]


def targetless() -> Mended:
    """Give one without a target."""
    steps = tuple(replace(step, use=None) for step in STEPS)
    return replace(
        gained(),
        steps=steps,
        forms=(),
        baseline=None,
        chosen=None,
        unweighed=Why("no_target", "No target is named, so no use is weighed up."),
        proof=None,
        unproved=Why("no_use", "No use was weighed up, so there is none to prove."),
        wanted=(),
    )


def scarce() -> Mended:
    """Give one with a target of which too few real rows tell."""
    why = Why("too_few", "No use is weighed up: two classes of the target need at least 10 real rows each. Got 1 such classes.")
    return replace(targetless(), unweighed=why)


def lost() -> Mended:
    """Give one whose chosen form does worse on sealed rows, beyond noise."""
    proof = replace(gained().proof, gain=near(-0.017, 0.006))  # type: ignore[type-var]
    return replace(gained(), proof=proof)


def leaking() -> Mended:
    """Give one whose holdout is not sealed, so that too little of it is left to prove anything."""
    why = Why("too_few_sealed", "A proof needs sealed rows: ten rows of two classes each. Got 8 rows. 300 of 308 were withheld.")
    return replace(gained(), proof=None, unproved=why, withheld=Withheld(280, 3, 17, True))


def copying() -> Mended:
    """Give one in which mending made copies and membership worse, and a group is harmed."""
    after = replace(gained().after, copies=near(0.05, 0.02), membership=near(0.2, 0.05))  # type: ignore[type-var]
    proof = replace(gained().proof, groups=(GroupGain("sex", "sex = Female", 1_700, near(-0.021, 0.012)),))  # type: ignore[type-var]
    return replace(gained(), after=after, proof=proof)


def hostile(name: str) -> Mended:
    """Give one with a name wherever a name may stand."""
    step = replace(STEPS[1], remedy=name, columns=(name, name), sign=name, mechanism="label_shift")
    forms = (replace(FORMS[0], words=name, learner=name), *FORMS[1:])
    bad = checked("not_trusted", reasons=(name,), findings=((name, "label_shift", name),))
    return replace(
        gained(),
        steps=(step, STEPS[0]),
        left=(Left(name, (name,), name, name),),
        forms=forms,
        chosen=name,
        before=bad,
        after=bad,
        wanted=(Wanted(name, (name,), 5, near(0.1), near(0.1)),),
        unproved=Why("no_use", name),
        withheld=Withheld(1, 2, 3, True),
        proof=replace(gained().proof, groups=(GroupGain(name, name, 40, near(-0.1)),)),  # type: ignore[type-var]
        run={**RUN, "command": f"assay mend {name}"},
    )


ALL = {
    "gained": gained,
    "nothing": nothing,
    "shared": shared,
    "unsealed": unsealed,
    "targetless": targetless,
    "scarce": scarce,
    "lost": lost,
    "leaking": leaking,
    "copying": copying,
}


def printed(result: Mended, **options: object) -> str:
    """Give what the terminal shows."""
    out = io.StringIO()
    show(result, file=out, **options)
    return out.getvalue()
