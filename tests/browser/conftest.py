"""A browser for looking at pages: Debian's Chromium, where there is one, without a network."""

import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest
from selenium import webdriver
from selenium.webdriver.chrome.options import Options
from selenium.webdriver.chrome.service import Service
from selenium.webdriver.chrome.webdriver import WebDriver

CHROMIUM = shutil.which("chromium")
DRIVER = shutil.which("chromedriver")


@pytest.fixture(scope="session")
def browser() -> Iterator[WebDriver]:
    if not CHROMIUM or not DRIVER:
        pytest.skip("no chromium and chromedriver here: pages are not looked at in a browser")
    options = Options()
    options.binary_location = CHROMIUM
    nowhere = "--host-resolver-rules=MAP * ~NOTFOUND, EXCLUDE 127.0.0.1, EXCLUDE localhost"
    for argument in ("--headless=new", "--no-sandbox", "--disable-dev-shm-usage", nowhere):
        options.add_argument(argument)
    options.set_capability("goog:loggingPrefs", {"browser": "ALL"})
    driver = webdriver.Chrome(options=options, service=Service(DRIVER))
    driver.set_script_timeout(240)
    try:
        yield driver
    finally:
        driver.quit()


@pytest.fixture(scope="session")
def axe() -> str:
    """The source of axe-core."""
    import axe_core_python

    folder = Path(str(axe_core_python.__file__)).parent
    return (folder / "axe.min.js").read_text(encoding="utf-8")
