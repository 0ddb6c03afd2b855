"""``assay doctor``: what is installed, what is missing."""

from __future__ import annotations

import typer

from assay.cli.streams import Progress, printing


def doctor() -> None:
    """Say what is installed, and what installs the rest."""
    from assay.verbs.doctor import EXTRAS
    from assay.verbs.doctor import doctor as run

    with Progress("Looking around"):
        found = run()
    lines = [
        f"assay {found.assay}, Python {found.python}, {found.platform}, {found.cores} cores",
        "",
        f"Base: {'complete' if found.healthy else 'INCOMPLETE'}",
    ]
    lines += [f"  {package.name:<16} {package.installed or 'missing':<12} {note(package)}".rstrip() for package in found.base]
    if not found.healthy:
        lines.append("  Install it with: pip install -e .")
    for extra, purpose in EXTRAS.items():
        lacking = found.missing(extra)
        lines += ["", f"Extra {extra} ({purpose}): {'missing' if lacking else 'installed'}"]
        members = [package for package in found.packages if package.extra == extra]
        lines += [f"  {package.name:<16} {package.installed or 'missing':<12} {note(package)}".rstrip() for package in members]
        if lacking:
            lines.append(f"  Install it with: pip install -e '.[{extra}]'")
    if found.accelerator:
        lines += ["", f"torch: {found.accelerator}"]
    with printing():
        typer.echo("\n".join(lines))
    raise typer.Exit(0 if found.healthy else 2)


def note(package: object) -> str:
    """Say which versions are asked for where another one is installed."""
    from assay.verbs.doctor import Package

    assert isinstance(package, Package)
    return "" if package.healthy else f"wanted {package.wanted}"
