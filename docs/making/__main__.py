"""Write every page and run the notebook: ``python docs/making``. Pages of things that are gone are removed."""

from __future__ import annotations

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[1]))

from making.index import pages
from making.notebook import execute, read, write

DOCS = Path(__file__).parents[1]
NOTEBOOK = DOCS.parent / "examples" / "first_check.ipynb"
MADE = ("verbs", "measures", "codes", "generators", "damages", "remedies", "policies", "objects")


def main() -> None:
    """Write what changed, and say what."""
    made = pages()
    for folder in MADE:
        for path in (DOCS / folder).glob("*.md"):
            if path.relative_to(DOCS).as_posix() not in made:
                path.unlink()
                print(f"removed {path.relative_to(DOCS)}")
    for name, text in made.items():
        path = DOCS / name
        path.parent.mkdir(exist_ok=True)
        if not path.exists() or path.read_text(encoding="utf-8") != text:
            path.write_text(text, encoding="utf-8")
            print(f"wrote {name}")
    before = read(NOTEBOOK)
    after = execute(before)
    if after != before:
        write(NOTEBOOK, after)
        print(f"ran {NOTEBOOK.name}")


if __name__ == "__main__":
    main()
