"""What a page in traditional characters costs: `python -m tests.bench.traditional`, milliseconds a page."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from statistics import median
from tempfile import TemporaryDirectory
from time import perf_counter

import click

from search.service import Settings, open_service
from tests.conftest import CONTENT
from tests.web.conftest import client_of
from web.traditional import to_traditional_page

ROUNDS = 50
PATHS = ("/", "/search?q=积分审核要多久", "/t/jifen-fenzhi", "/a/jifen/zhinan", "/az/J")


def main() -> None:
    """Print size, time to render, time to convert: medians."""
    with TemporaryDirectory() as folder:
        client = client_of(open_service(Settings(CONTENT, Path(folder))))
        for path in PATHS:
            html = client.get(path).text
            rendering = _median(client.get, path)
            converting = _median(to_traditional_page, html)
            click.echo(
                f"{path}: {len(html.encode()) / 1024:.0f} KiB, render {rendering:.2f} ms, convert {converting:.2f} ms"
            )


def _median(work: Callable[[str], object], given: str) -> float:
    times = []
    for _ in range(ROUNDS):
        start = perf_counter()
        work(given)
        times.append(1000 * (perf_counter() - start))
    return median(times)


if __name__ == "__main__":
    main()
