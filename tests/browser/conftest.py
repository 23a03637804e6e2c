"""The real server and a real Chromium, at the width of a phone and of a desk."""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, ConsoleMessage, Page, sync_playwright

from tests.conftest import CONTENT
from tests.serving import served

SIZES = {"phone": (360, 740), "desktop": (1280, 900)}


@pytest.fixture(scope="session")
def address(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    with served(CONTENT, tmp_path_factory.mktemp("served") / "index") as at:
        yield at


@pytest.fixture(scope="session")
def browser() -> Iterator[Browser]:
    chromium = shutil.which("chromium")
    if chromium is None:
        if os.environ.get("CI"):
            pytest.fail("chromium is missing; CI must run the browser tests (tests/browser/install.sh)")
        pytest.skip("chromium is not installed; `sh tests/browser/install.sh` installs it on Debian")
    with sync_playwright() as playwright:
        opened = playwright.chromium.launch(executable_path=chromium, args=["--no-sandbox", "--disable-gpu"])
        yield opened
        opened.close()


@pytest.fixture(params=list(SIZES))
def page(request: pytest.FixtureRequest, browser: Browser, address: str) -> Iterator[Page]:
    """A page that fails the test on a console message, or a request that leaves the host."""
    yield from opened_page(browser, address, *SIZES[request.param])


@pytest.fixture(params=[(size, javascript) for size in SIZES for javascript in (True, False)], ids=str)
def visitor(request: pytest.FixtureRequest, browser: Browser, address: str) -> Iterator[Page]:
    """Such a page with JavaScript, and without."""
    size, javascript = request.param
    yield from opened_page(browser, address, *SIZES[size], javascript=javascript)


def opened_page(browser: Browser, address: str, width: int, height: int, javascript: bool = True) -> Iterator[Page]:
    context = browser.new_context(
        viewport={"width": width, "height": height}, base_url=address, java_script_enabled=javascript
    )
    opened = context.new_page()
    said = listening(opened, address)
    yield opened
    context.close()
    assert said == []


def listening(opened: Page, address: str) -> list[str]:
    """Fills with what a page complains of from now on, and with what it asks of any other site."""
    said: list[str] = []
    # The browser reports a page that is not there; whether it should be is for the test to say.
    opened.on("console", lambda message: said.append(message.text) if not _is_of_the_page(message, opened) else None)
    opened.on("pageerror", lambda error: said.append(str(error)))
    opened.on("request", lambda asked: said.append(asked.url) if not asked.url.startswith(address) else None)
    return said


def _is_of_the_page(message: ConsoleMessage, opened: Page) -> bool:
    return message.location["url"] == opened.url and message.text.startswith("Failed to load resource")


def fits(page: Page) -> bool:
    """Whether nothing makes the page wider than the window."""
    return bool(page.evaluate("document.documentElement.scrollWidth <= window.innerWidth"))
