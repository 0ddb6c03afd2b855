"""The HTML report in a real browser: nothing runs, nothing is fetched, nothing sticks out."""

from __future__ import annotations

import importlib.util
import json
import shutil
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

FLAGS = (
    *("--headless", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking"),
    *("--disable-component-update", "--disable-sync", "--disable-dev-shm-usage", "--hide-scrollbars"),
)
BROWSER = next(filter(None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome", "chrome"))), None)
DRIVER = shutil.which("chromedriver")
pytestmark = [
    pytest.mark.skipif(importlib.util.find_spec("selenium") is None, reason="selenium is not installed"),
    pytest.mark.skipif(BROWSER is None or DRIVER is None, reason="no Chromium with its driver on this machine"),
    pytest.mark.xdist_group("browser"),
]


@pytest.fixture(scope="module")
def driver(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Any]:
    from selenium import webdriver
    from selenium.webdriver.chrome.options import Options
    from selenium.webdriver.chrome.service import Service

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
    from hostile_reports import ALL

    folder = tmp_path_factory.mktemp("pages")
    return {name: make().save(folder / f"{name}.html") for name, make in ALL.items()}


def visit(driver: Any, page: Path, width: int) -> None:
    driver.get_log("browser"), driver.get_log("performance")
    size = {"width": width, "height": 900, "deviceScaleFactor": 1, "mobile": width < 500}
    driver.execute_cdp_cmd("Emulation.setDeviceMetricsOverride", size)
    driver.get(page.as_uri())


@pytest.mark.parametrize("width", [360, 1280])
@pytest.mark.parametrize("name", ["bad", "hostile", "unsure", "wide"])
def test_nothing_sticks_out_of_the_page(driver: Any, pages: dict[str, Path], name: str, width: int):
    visit(driver, pages[name], width)
    driver.execute_script("document.querySelectorAll('details').forEach(part => part.open = true)")
    assert driver.execute_script("return Math.max(document.documentElement.scrollWidth, document.body.scrollWidth)") <= width


def test_hostile_names_run_no_script_and_fetch_nothing(driver: Any, pages: dict[str, Path]):
    from selenium.common.exceptions import NoAlertPresentException

    visit(driver, pages["hostile"], 1280)
    with pytest.raises(NoAlertPresentException):
        _ = driver.switch_to.alert.text
    assert driver.execute_script("return [typeof window.hacked, document.scripts.length, document.images.length]") == [
        *("undefined", 0, 0)
    ]
    assert "<script>window.hacked=1;alert(1)</script>" in driver.execute_script("return document.body.innerText")
    assert driver.get_log("browser") == []
    events = [json.loads(entry["message"])["message"] for entry in driver.get_log("performance")]
    asked = {event["params"]["request"]["url"] for event in events if event["method"] == "Network.requestWillBeSent"}
    assert {url for url in asked if not url.startswith("data:")} == {pages["hostile"].as_uri()}


def test_the_page_refuses_a_script_even_if_one_got_in(driver: Any, pages: dict[str, Path], tmp_path: Path):
    page = tmp_path / "injected.html"
    source = pages["bad"].read_text(encoding="utf-8")
    page.write_text(source.replace("</main>", "<script>window.hacked=1</script></main>"), encoding="utf-8")
    visit(driver, page, 1280)
    assert driver.execute_script("return typeof window.hacked") == "undefined"
    assert any("Content Security Policy" in entry["message"] for entry in driver.get_log("browser"))


@pytest.mark.parametrize(("width", "shown", "hidden"), [(360, ".phone", ".desk"), (1280, ".desk", ".phone")])
def test_one_headline_picture_is_shown(driver: Any, pages: dict[str, Path], width: int, shown: str, hidden: str):
    visit(driver, pages["bad"], width)
    script = "return document.querySelector(arguments[0]).getBoundingClientRect().height"
    assert driver.execute_script(script, shown) > 200
    assert driver.execute_script(script, hidden) == 0


def test_text_in_pictures_can_be_read_on_a_phone(driver: Any, pages: dict[str, Path]):
    visit(driver, pages["bad"], 360)
    smallest = driver.execute_script(
        """return Math.min(...[...document.querySelectorAll('svg.chart text')].filter(part => part.getClientRects().length)
        .map(part => parseFloat(getComputedStyle(part).fontSize) * part.getScreenCTM().a / Math.cos(Math.atan2(
            part.getScreenCTM().b, part.getScreenCTM().a))))"""
    )
    assert smallest >= 9
