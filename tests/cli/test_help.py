from __future__ import annotations

import subprocess
import sys

import pytest

import assay
from assay.cli.__main__ import main

OPTIONS = {
    "check": "--holdout --target --task --positive --schema --entity --sensitive --time --policy --null "
    "--json --html --junit --github --no-github --seed --jobs --budget",
    "drill": "--target --task --positive --schema --entity --sensitive --time --policy --null --kinds --rows --rounds "
    "--json --html --out --seed --jobs --budget",
    "loop": "--with --regime --generations --seeds --out --holdout --size --set --target --task --positive --schema --entity "
    "--sensitive --time --null --keep --json --seed --jobs --budget",
    "forecast": "--with --regime --generations --pilots --seeds --out --holdout --size --small --mix --set --target --task "
    "--positive --schema --entity --sensitive --time --null --json --seed --jobs --budget",
    "mend": "--holdout --target --task --positive --schema --entity --sensitive --time --policy --null --unseen --with --set "
    "--out --recipe --replay --json --html --seed --jobs --budget",
    "estimate": "--column --what --q --positive --given --where --predicted --model-rows --same-population --confidence --schema "
    "--entity --null --json --seed",
    "generate": "--with --set -n --where --balance --target --schema --seed --device --out --save --load",
    "split": "--holdout --out-real --out-holdout --entity --seed",
    "explain": "CODE",
    "doctor": "",
    "demo": "--out --seed",
    "policy show": "NAME|FILE --json",
    "policy check": "NAME|FILE",
    "policy": "show check",
    "rules draft": "REAL --out --target --schema --null",
    "rules check": "FILE|NAME",
    "rules": "draft check",
    "": "--version --debug " + "check drill loop forecast mend estimate generate split explain doctor demo policy rules",
}


@pytest.mark.parametrize("command", OPTIONS)
def test_help_names_every_option(command, capsys):
    assert main([*command.split(), "--help"]) == 0
    shown = capsys.readouterr()
    words = shown.out.replace(",", " ").split()
    assert shown.err == ""
    assert set(OPTIONS[command].split()) <= {word.strip("[]") for word in words}


def test_version(capsys):
    assert main(["--version"]) == 0
    assert capsys.readouterr().out == f"assay {assay.__version__}\n"


@pytest.mark.parametrize("arguments", [[], ["chekc"], ["--nonsense"], ["policy"], ["policy", "list"], ["doctor", "twice"]])
def test_wrong_usage_exits_2(arguments, capsys):
    assert main(arguments) == 2
    assert "Usage:" in capsys.readouterr().err


def test_a_wrong_command_is_met_with_the_right_one(capsys):
    main(["chekc"])
    assert "'check'" in capsys.readouterr().err


def test_help_loads_nothing_heavy():
    code = (
        "import sys\nfrom assay.cli.__main__ import main\nmain(['--help'])\n"
        "heavy = {'numpy', 'scipy', 'sklearn', 'pyarrow', 'duckdb', 'joblib', 'rich', 'jinja2', 'torch', 'pandas', 'polars'}\n"
        "print('LOADED', sorted(heavy & set(sys.modules)), [name for name in sys.modules if name.startswith('assay.verbs')])\n"
    )
    ended = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, timeout=60, check=True)
    assert ended.stdout.splitlines()[-1] == "LOADED [] []"
