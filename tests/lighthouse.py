"""Lighthouse on the main pages, phone profile; writes docs/lighthouse.md. Needs Node, npm and Chromium: not part of `make test`.

.venv/bin/python -m tests.lighthouse
"""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
import tempfile
from datetime import date
from pathlib import Path
from urllib.parse import quote

from tests.conftest import CONTENT, ROOT
from tests.serving import served

VERSION = "12.8.2"
REPORT = ROOT / "docs" / "lighthouse.md"
PAGES = {"首页": "/", "搜索，有答案": f"/search?q={quote('积分审核要多久')}", "指南": "/a/jifen/zhinan"}
CATEGORIES = {"performance": "性能", "accessibility": "无障碍", "best-practices": "最佳做法", "seo": "SEO"}
FLAGS = "--headless=new --no-sandbox --disable-gpu"


def measure(url: str, chromium: str) -> dict[str, float]:
    """Scores of a page out of 100 by category, and `bytes` transferred."""
    with tempfile.TemporaryDirectory() as folder:
        out = Path(folder) / "report.json"
        command = ["npx", "--yes", f"lighthouse@{VERSION}", url, "--quiet", "--output=json", f"--output-path={out}"]
        command += [f"--only-categories={','.join(CATEGORIES)}", f"--chrome-flags={FLAGS}"]
        subprocess.run(command, check=True, env=os.environ | {"CHROME_PATH": chromium})
        report = json.loads(out.read_text("utf-8"))
    for name, audit in report["audits"].items():
        if audit["score"] is not None and audit["score"] < 1 and audit["scoreDisplayMode"] != "informative":
            sys.stderr.write(f"{name}: {audit['score']} {audit.get('displayValue', '')}\n")
    scores = {name: round(100 * report["categories"][name]["score"]) for name in CATEGORIES}
    return scores | {"bytes": report["audits"]["total-byte-weight"]["numericValue"]}


def main() -> None:
    """Measure each page and write the table."""
    chromium = shutil.which("chromium")
    if chromium is None or shutil.which("npx") is None:
        sys.exit("needs chromium and npx")
    with tempfile.TemporaryDirectory() as folder, served(CONTENT, Path(folder) / "index") as address:
        found = {name: measure(address + path, chromium) for name, path in PAGES.items()}
    rows = [
        f"| {name} | {' | '.join(str(figures[one]) for one in CATEGORIES)} | {figures['bytes'] / 1000:.1f} |"
        for name, figures in found.items()
    ]
    head = ["页面", *CATEGORIES.values(), "传输（千字节）"]
    lines = [
        "# Lighthouse",
        "",
        f"Lighthouse {VERSION}，手机，{date.today()}。重测：`.venv/bin/python -m tests.lighthouse`。",
        "",
        f"| {' | '.join(head)} |",
        f"|{'---|' * len(head)}",
        *rows,
    ]
    REPORT.write_text("\n".join(lines) + "\n", "utf-8")
    sys.stdout.write("\n".join(rows) + "\n")
    low = [name for name, figures in found.items() if any(figures[one] < 100 for one in CATEGORIES)]
    if low:
        sys.exit(f"below 100: {'、'.join(low)}")


if __name__ == "__main__":
    main()
