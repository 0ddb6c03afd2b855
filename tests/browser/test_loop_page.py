"""The page of a loop in a real browser: nothing is fetched, nothing sticks out, and the slider shows one generation at a time."""

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
def page(tmp_path_factory: pytest.TempPathFactory) -> Path:
    sys.path.insert(0, str(Path(__file__).parents[1] / "reporting"))
    from sample_loops import loop

    long = "a_regime_with_a_name_that_is_longer_than_any_other"
    found = loop(("toy", "x" * 300), ("replace", "accumulate", long), columns=("<script>window.hacked=1</script>",))
    return found.save(tmp_path_factory.mktemp("loop") / "loop.html")


@pytest.mark.parametrize("width", [360, 1280])
def test_nothing_of_a_loop_sticks_out(driver: Any, page: Path, width: int):
    visit(driver, page, width)
    driver.execute_script("document.querySelectorAll('details').forEach(part => part.open = true)")
    assert driver.execute_script("return Math.max(document.documentElement.scrollWidth, document.body.scrollWidth)") <= width
    assert driver.execute_script("return [typeof window.hacked, document.scripts.length]") == ["undefined", 1]
    assert driver.get_log("browser") == []


def test_the_slider_shows_one_generation_at_a_time(driver: Any, page: Path):
    visit(driver, page, 1280)
    seen = """
        const stage = document.querySelector('.stage'), slider = stage.querySelector('input');
        slider.value = arguments[0];
        slider.dispatchEvent(new Event('input'));
        const frames = [...stage.querySelector('svg').querySelectorAll('.frame')];
        const shown = frames.filter(frame => getComputedStyle(frame).opacity === '1').map(frame => frame.dataset.at);
        return [shown, stage.querySelector('output').textContent];
    """
    assert driver.execute_script(seen, "0") == [["0"], "real rows"]
    assert driver.execute_script(seen, "2") == [["2"], "generation 2"]
