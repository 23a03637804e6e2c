"""Screenshots of each page kind into docs/screenshots/, each below 60 KB: not part of `make test`.

.venv/bin/python -m tests.screenshots
"""

from __future__ import annotations

import base64
import shutil
import sys
import tempfile
from pathlib import Path

from playwright.sync_api import sync_playwright

from tests.browser.conftest import SIZES
from tests.browser.test_access import PAGES, looking
from tests.conftest import CONTENT, ROOT
from tests.serving import served

FOLDER = ROOT / "docs" / "screenshots"
MOST_BYTES = 60_000
SHOWN = {
    "home": ("home", {}, "phone"),
    "home-desktop": ("home", {}, "desktop"),
    "fact": ("fact", {}, "phone"),
    "fact-desktop": ("fact", {}, "desktop"),
    "fact-dark": ("fact", {"theme": "dark"}, "phone"),
    "fact-elder": ("fact", {"view": "elder"}, "phone"),
    "checklist": ("checklist", {}, "phone"),
    "steps": ("steps", {}, "phone"),
    "table": ("table", {}, "phone"),
    "notice": ("notice", {}, "phone"),
    "two-facets": ("two facets", {}, "phone"),
    "conflict": ("conflict", {}, "phone"),
    "no-answer": ("no answer", {}, "phone"),
    "topic": ("topic", {}, "phone"),
    "article": ("article", {}, "phone"),
    "article-desktop": ("article", {}, "desktop"),
    "question": ("question", {}, "phone"),
    "quality": ("quality", {}, "phone"),
    "settings": ("settings", {}, "phone"),
    "not-found": ("not found", {}, "phone"),
}
"""File name: page kind, choices, screen."""


def main() -> None:
    """Take them all anew."""
    FOLDER.mkdir(exist_ok=True)
    with (
        tempfile.TemporaryDirectory() as index,
        served(CONTENT, Path(index) / "index") as address,
        sync_playwright() as playwright,
    ):
        browser = playwright.chromium.launch(executable_path=shutil.which("chromium"), args=["--no-sandbox"])
        for name, (kind, choices, screen) in SHOWN.items():
            with looking(browser, address, choices, SIZES[screen]) as context:
                page = context.new_page()
                page.goto(PAGES[kind])
                # Playwright itself has no WebP, which is a third of the size of PNG here.
                taken = context.new_cdp_session(page).send("Page.captureScreenshot", {"format": "webp", "quality": 75})
            picture = base64.b64decode(taken["data"])
            if len(picture) >= MOST_BYTES:
                sys.exit(f"{name}: {len(picture)} bytes, more than {MOST_BYTES}")
            (FOLDER / f"{name}.webp").write_bytes(picture)


if __name__ == "__main__":
    main()
