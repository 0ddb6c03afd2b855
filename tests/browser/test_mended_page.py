"""The page of mended rows in a real browser: nothing runs, nothing is fetched, nothing sticks out."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

sys.path.insert(0, str(Path(__file__).parent))

from test_report_page import FLAGS, pytestmark, visit

__all__ = ["pytestmark"]


@pytest.fixture(scope="module")
def driver(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Any]:
    from selenium import webdriver
    from selenium.webdriver.chrome.options import Options
    from selenium.webdriver.chrome.service import Service
    from test_report_page import BROWSER, DRIVER

    options = Options()
    options.binary_location = str(BROWSER)
    for flag in (*FLAGS, f"--user-data-dir={tmp_path_factory.mktemp('profile')}"):
        options.add_argument(flag)
    options.set_capability("goog:loggingPrefs", {"browser": "ALL", "performance": "ALL"})
    browser = webdriver.Chrome(options=options, service=Service(str(DRIVER)))
    yield browser
    browser.quit()


@pytest.fixture(scope="module")
def pages(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    sys.path.insert(0, str(Path(__file__).parents[1] / "reporting"))
    from sample_mended import ALL, hostile

    folder = tmp_path_factory.mktemp("mended")
    made = {name: make().save(folder / f"{name}.html") for name, make in ALL.items()}
    for name, text in {"script": "<script>window.hacked=1</script>", "long": "x" * 400}.items():
        made[name] = hostile(text).save(folder / f"{name}.html")
    return made


@pytest.mark.parametrize("width", [360, 1280])
@pytest.mark.parametrize(
    "name", ["gained", "nothing", "shared", "unsealed", "targetless", "lost", "leaking", "copying", "script", "long"]
)
def test_nothing_sticks_out_and_nothing_runs(driver: Any, pages: dict[str, Path], name: str, width: int):
    visit(driver, pages[name], width)
    driver.execute_script("document.querySelectorAll('details').forEach(part => part.open = true)")
    assert driver.execute_script("return Math.max(document.documentElement.scrollWidth, document.body.scrollWidth)") <= width
    assert driver.execute_script("return [typeof window.hacked, document.scripts.length]") == ["undefined", 0]
    assert driver.get_log("browser") == []
    overlapping = """
        const boxes = [...document.querySelectorAll('svg text')].map(part => part.getBoundingClientRect()).filter(b => b.width);
        return boxes.filter((a, i) => boxes.some((b, j) => i < j && a.left < b.right - 2 && b.left < a.right - 2
            && a.top < b.bottom - 3 && b.top < a.bottom - 3)).length;
    """
    assert driver.execute_script(overlapping) == 0
