"""Pages of verbs (in Python and on the command line), of the façade's classes, and the reference."""

from __future__ import annotations

import inspect
import pkgutil
import re
from functools import cache
from importlib import import_module
from pathlib import Path
from typing import Any

from typer.main import get_command

import assay
import assay.verbs
from assay.cli.app import app
from assay.cli.failure import EXIT_CODES
from making.numpydoc import entries, page, prose, sections, table
from making.others import policy_keys

ORDER = (
    "load",
    "split",
    "generate",
    "check",
    "explain",
    "policy",
    "draft",
    "rules",
    "drill",
    "loop",
    "forecast",
    "estimate",
    "mend",
    "replay",
    "certify",
    "verify",
    "watch",
)

GUIDES = {
    "check": "[A first check](../first-check.md) · ",
    "drill": "[Would you have noticed?](../drill.md) · ",
    "loop": "[What if models learn from models?](../loop.md) · ",
    "forecast": "[What would a loop do?](../forecast.md) · ",
    "mend": "[What makes it usable?](../mend.md) · ",
    "replay": "[What makes it usable?](../mend.md) · ",
    "estimate": "[How much is it really?](../estimate.md) · ",
    "generate": "[Scenarios](../scenarios.md) · ",
    "rules draft": "[Scenarios](../scenarios.md) · ",
    "rules check": "[Scenarios](../scenarios.md) · ",
    "policy check": "[A policy of one's own](../own-policy.md) · ",
}


@cache
def verbs() -> dict[str, Any]:
    """Give every verb with its function, in the order of the work; None where there is a command only."""
    stems = [module.name for module in pkgutil.iter_modules(assay.verbs.__path__) if not module.name.startswith("_")]
    found = {stem: getattr(import_module(f"assay.verbs.{stem}"), stem) for stem in stems}
    found |= {name: None for name in commands() if name.split()[0] not in found}
    return dict(
        sorted(found.items(), key=lambda one: (ORDER.index(one[0].split()[0]) if one[0].split()[0] in ORDER else 99, one[0]))
    )


@cache
def commands() -> dict[str, Any]:
    """Give every command by its words."""
    found: dict[str, Any] = {}
    for name, command in get_command(app).commands.items():
        parts = getattr(command, "commands", None)
        found |= {name: command} if parts is None else {f"{name} {part}": below for part, below in parts.items()}
    return found


def path(verb: str) -> str:
    """Give where the page of a verb stands."""
    return f"verbs/{verb.replace(' ', '-')}.md"


def summary(verb: str, function: Any) -> str:
    """Give what a verb does, in a line."""
    return sections(function)[""].splitlines()[0] if function is not None else commands()[verb].help.splitlines()[0]


def verb_pages() -> dict[str, str]:
    """Give one page a verb."""
    return {path(verb): _verb(verb, function) for verb, function in verbs().items()}


def _verb(verb: str, function: Any) -> str:
    command = commands().get(verb)
    return page(
        f"# {verb}",
        summary(verb, function),
        *(_command(verb, command) if command is not None else ()),
        *(_function(verb, function) if function is not None else ()),
        f"{GUIDES.get(verb, '')}[All verbs](../index.md#verbs) · [Exit codes](../reference.md#exit-codes)",
    )


def _command(verb: str, command: Any) -> list[str]:
    arguments = [part for part in command.params if part.param_type_name == "argument"]
    options = [part for part in command.params if part.param_type_name == "option" and "--help" not in part.opts]
    usage = " ".join([part.metavar if part.required else f"[{part.metavar.strip('[]')}]" for part in arguments])
    must = " ".join(f"{part.opts[0]} {part.metavar}" for part in options if part.required)
    told = command.help.split("\n\n")[1:]
    return [
        "## On the command line",
        "```console\n$ " + " ".join(filter(None, ["assay", verb, usage, must, "[OPTIONS]" if options else ""])) + "\n```",
        *(" ".join(part.split()) for part in told),
        table(
            ["argument or option", "meaning"],
            [(f"`{part.metavar.strip('[]')}`", part.help) for part in arguments]
            + [(_names(part), _meaning(part)) for part in options],
        )
        if arguments or options
        else "",
    ]


def _names(option: Any) -> str:
    names = ", ".join(f"`{name}`" for name in (*option.opts, *option.secondary_opts))
    return names if option.is_flag else f"{names} `{option.metavar}`"


def _meaning(option: Any) -> str:
    marks = "Required. " if option.required else ""
    default = option.default
    shown = default is not None and default is not False and default not in ("", ()) and not option.required
    return f"{marks}{option.help}" + (f" Default: `{option.default}`." if shown else "")


def _function(verb: str, function: Any) -> list[str]:
    document = sections(function)
    home = "assay" if verb in assay.__all__ else function.__module__
    return [
        "## In Python",
        f"```python\nfrom {home} import {verb}\n\n{signature(verb, function)}\n```",
        *_document(document),
    ]


def _document(document: dict[str, str]) -> list[str]:
    parts = [prose(document[""].partition("\n")[2])]
    for name in ("Parameters", "Attributes", "Returns", "Raises"):
        if name in document:
            lines = [_entry(*one) for one in entries(document[name])]
            parts += [f"**{name}**", "\n".join(lines)]
    parts += ["**Notes**", prose(document["Notes"])] if "Notes" in document else []
    return parts


def _entry(names: str, kind: str, told: str) -> str:
    code = ", ".join(f"`{name.strip()}`" for name in names.split(","))
    return f"- {code}{f' ({kind})' if kind else ''}{': ' if told else ''}{told}"


def signature(name: str, function: Any) -> str:
    """Give the signature without types, one line where it fits."""
    shown = inspect.signature(function)
    plain = shown.replace(
        parameters=[
            part.replace(annotation=inspect.Parameter.empty) for part in shown.parameters.values() if part.name != "self"
        ],
        return_annotation=inspect.Signature.empty,
    )
    text = f"{name}{plain}"
    if len(text) <= 100:
        return text
    parts: list[str] = []
    for part in plain.parameters.values():
        if part.kind is part.KEYWORD_ONLY and "*" not in parts:
            parts.append("*")
        parts.append(str(part))
    return f"{name}(\n    " + ",\n    ".join(parts) + ",\n)"


def objects() -> list[str]:
    """Give the façade's names that are classes."""
    return [name for name in assay.__all__ if inspect.isclass(getattr(assay, name))]


def object_pages() -> dict[str, str]:
    """Give one page a class of the façade."""
    return {f"objects/{name}.md": _object(name, getattr(assay, name)) for name in objects()}


def _object(name: str, kind: Any) -> str:
    members: list[str] = []
    for key, member in sorted(vars(kind).items()):
        if key.startswith("_") or not (callable(member) or isinstance(member, property | classmethod | staticmethod)):
            continue
        plain = member.fget if isinstance(member, property) else getattr(member, "__func__", member)
        if not inspect.isfunction(plain):
            continue
        call = key if isinstance(member, property) else re.sub(r"\bcls, |\bcls\b", "", signature(key, plain))
        members += [f"### `{' '.join(call.split())}`", prose(sections(plain)[""]), *_document(sections(plain))[1:]]
    return page(
        f"# {name}", prose(sections(kind)[""]), *_document(sections(kind))[1:], "## Members" if members else "", *members,
        "[Index](../index.md)",
    )  # fmt: skip


@cache
def environment() -> dict[str, str]:
    """Give every environment variable with its meaning: modules that read one say so in a mapping ``ENVIRONMENT``."""
    root = Path(assay.__file__).parent
    found: dict[str, str] = {}
    for file in sorted(root.rglob("*.py")):
        if "\nENVIRONMENT" in file.read_text(encoding="utf-8"):
            module = ".".join(file.relative_to(root.parent).with_suffix("").parts)
            found |= import_module(module).ENVIRONMENT
    return found


def reference_page() -> str:
    """Give exit codes, environment variables, global options and policy keys."""
    options = [part for part in get_command(app).params if "--help" not in part.opts]
    return page(
        "# Reference",
        "## Exit codes",
        "Only 0, 1 and 3 are verdicts; nothing that goes wrong reads as one.",
        table(["code", "", "meaning"], ((code, word, meaning) for code, (word, meaning) in EXIT_CODES.items())),
        "## Options of every command",
        table(
            ["option", "meaning"], [(_names(part), part.help) for part in options] + [("`-h`, `--help`", "What a command takes.")]
        ),
        "## Environment variables",
        table(["variable", "meaning"], ((f"`{name}`", told) for name, told in environment().items())),
        "## Keys of a policy file",
        policy_keys(),
        "[How to write one](own-policy.md) · [Index](index.md)",
    )
