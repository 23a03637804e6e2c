"""Requests a second of the site beside a bare Flask hello on the same server, in one run, and latency at a steady rate.

    python -m tests.bench.http [--workers 1] [--threads 8]

Needs wrk. Both servers run as `web.server.run` runs them, with as many workers and threads; only one is loaded at a time.
The questions are those of tests/questions, 500 of them in turn, so that no one address is asked. Warm: every question was
asked before. Cold: no address was ever asked (spaces after the question make it another one), so that every answer is worked out. Latency is
measured by a driver
that sends at fixed times, at a quarter of hello's rate (half of the load aimed at, which is half of hello), and counts from when
a request was due: a server that stalls cannot hide it. Hello and the site take turns, for other work on the machine counts too.
"""

from __future__ import annotations

import os
import re
import socket
import subprocess
import sys
import threading
import time
import urllib.request
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from statistics import median
from tempfile import TemporaryDirectory
from urllib.parse import quote

import click
from flask import Flask
from ruamel.yaml import YAML

from web.server import run

ROOT = Path(__file__).parent.parent.parent
QUESTIONS = 500
PATHS = ("/search?q=", "/api/v1/answer?q=", "/api/v1/suggest?q=")
_TURNS = """
local paths = {%s}
local n, round = %d, 0
request = function()
  n = n + 1
  if n > #paths then n, round = 1, round + 1 end
  return wrk.format("GET", paths[n] .. string.rep("%%20", %s))
end
"""


@dataclass(frozen=True)
class Load:
    """How the servers are loaded; `encoding` is what the clients accept."""

    seconds: int
    connections: int
    encoding: str


def hello() -> Flask:
    """The least that Flask can do."""
    app = Flask("hello")
    app.add_url_rule("/", view_func=lambda: "hello")
    return app


def questions() -> list[str]:
    """QUESTIONS questions of visitors, each once."""
    texts: dict[str, None] = {}
    for path in sorted((ROOT / "tests" / "questions").glob("*.yml")):
        texts |= dict.fromkeys(case["q"].strip() for case in YAML(typ="safe").load(path))
    return [text for text in texts if 0 < len(text) <= 60][:QUESTIONS]


@contextmanager
def started(command: Sequence[str], port: int, environ: dict[str, str]) -> Iterator[str]:
    """A server in a process of its own, once it answers."""
    with subprocess.Popen(command, cwd=ROOT, env=os.environ | environ, stderr=subprocess.DEVNULL) as server:
        address = f"http://127.0.0.1:{port}"
        try:
            for _ in range(600):
                try:
                    urllib.request.urlopen(address + "/", timeout=5).close()  # noqa: S310  our own server
                    break
                except OSError:
                    time.sleep(0.1)
            yield address
        finally:
            server.terminate()


def free_port() -> int:
    """A port that nothing listens on."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        return int(free.getsockname()[1])


def rate(address: str, paths: Sequence[str], load: Load, cold: bool = False) -> tuple[float, str]:
    """Requests a second that wrk gets, taking the paths in turn, and what it says of failed ones."""
    listed = ",".join(f'"{path}"' for path in paths)
    with TemporaryDirectory() as folder:
        script = Path(folder) / "turns.lua"
        script.write_text(_TURNS % (listed, 0, "round + 1" if cold else "0"))
        command = [
            "wrk",
            "-t1",
            f"-c{load.connections}",
            f"-d{load.seconds}",
            "-H",
            f"Accept-Encoding: {load.encoding}",
        ]
        said = subprocess.run([*command, "-s", str(script), address], capture_output=True, text=True, check=True).stdout
    found = re.search(r"Requests/sec:\s+([\d.]+)", said)
    failed = re.search(r"Non-2xx or 3xx responses: (\d+)", said)
    return float(found[1]) if found else 0.0, f"  {failed[1]} failed" if failed else ""


class Steady:
    """Sends at fixed times over kept connections; `late` are seconds from when each request was due to the end of its reply."""

    def __init__(self, port: int, paths: Sequence[str], encoding: str) -> None:
        self._port = port
        host = f"127.0.0.1:{port}"
        self._asked = [
            f"GET {path} HTTP/1.1\r\nHost: {host}\r\nAccept-Encoding: {encoding}\r\n\r\n".encode() for path in paths
        ]
        self._lock = threading.Lock()
        self.late: list[float] = []

    def run(self, a_second: float, seconds: float, connections: int) -> list[float]:
        """Sorted latencies."""
        self._next, self._all = 0, int(a_second * seconds)
        begun = time.perf_counter() + 0.2
        senders = [threading.Thread(target=self._send, args=(begun, a_second)) for _ in range(connections)]
        for sender in senders:
            sender.start()
        for sender in senders:
            sender.join()
        return sorted(self.late)

    def _send(self, begun: float, a_second: float) -> None:
        with socket.create_connection(("127.0.0.1", self._port)) as line:
            line.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            while True:
                with self._lock:
                    number = self._next
                    self._next += 1
                if number >= self._all:
                    return
                due = begun + number / a_second
                time.sleep(max(0.0, due - time.perf_counter()))
                line.sendall(self._asked[number % len(self._asked)])
                _read_reply(line)
                self.late.append(time.perf_counter() - due)


def steady(port: int, paths: Sequence[str], a_second: float, load: Load) -> str:
    """A line with the latencies at a steady rate."""
    late = Steady(port, paths, load.encoding).run(a_second, load.seconds, 2 * load.connections)
    p50, p99 = (late[int(len(late) * part)] * 1000 for part in (0.5, 0.99))
    return f"at {a_second:.0f}/s: p50 {p50:.1f} ms  p99 {p99:.1f} ms  longest {late[-1] * 1000:.0f} ms"


def _read_reply(line: socket.socket) -> None:
    got = b""
    while b"\r\n\r\n" not in got:
        got += line.recv(65536)
    head, _, body = got.partition(b"\r\n\r\n")
    assert head.startswith(b"HTTP/1.1 200"), head[:100]
    length = re.search(rb"content-length: (\d+)", head.lower())
    left = int(length[1]) - len(body) if length else 0
    while left > 0:
        left -= len(line.recv(65536))


@click.command()
@click.option("--seconds", default=3, show_default=True, help="of each load")
@click.option(
    "--rounds", default=5, show_default=True, help="of hello and the site in turn; the median of their ratios counts"
)
@click.option("--workers", default=1, show_default=True)
@click.option("--threads", default=8, show_default=True)
@click.option("--connections", default=8, show_default=True)
@click.option("--encoding", default="gzip", show_default=True, help="what the clients accept; identity for none")
@click.option("--hello", "bare", type=int, hidden=True)
def main(
    seconds: int, rounds: int, workers: int, threads: int, connections: int, encoding: str, bare: int | None
) -> None:
    """Print the table."""
    if bare:
        run(hello, "127.0.0.1", bare, workers, threads)
        return
    load, asked = Load(seconds, connections, encoding), [quote(text) for text in questions()]
    click.echo(
        f"{workers} workers x {threads} threads, {connections} connections, {len(asked)} questions, "
        f"{os.cpu_count()} cores, load average before {os.getloadavg()[0]:.1f}"
    )
    same = ["--workers", str(workers), "--threads", str(threads)]
    with TemporaryDirectory() as folder:
        port, other = free_port(), free_port()
        site = [sys.executable, "-m", "cli.main", "serve", "--port", str(port), *same]
        plain = [sys.executable, "-m", "tests.bench.http", "--hello", str(other), *same]
        with (
            started(plain, other, {}) as bare_address,
            started(site, port, {"KB_INDEX": f"{folder}/index", "KB_LIMITS": "off"}) as address,
        ):
            for start in PATHS:
                paths = [start + text for text in asked]
                cold, failed = rate(address, paths, load, cold=True)
                click.echo(f"{start} cold: {cold:.0f}/s{failed}")
                for _ in range(2 * workers):  # each worker keeps its own
                    for path in paths:
                        urllib.request.urlopen(address + path, timeout=30).close()  # noqa: S310  our own server
                turns = [(rate(bare_address, ["/"], load)[0], rate(address, paths, load)) for _ in range(rounds)]
                least = median(plainly for plainly, _ in turns)
                click.echo(
                    f"{start} warm: {median(site for _, (site, _) in turns):.0f}/s, hello {least:.0f}/s, "
                    f"ratio {median(site / plainly for plainly, (site, _) in turns):.2f} "
                    f"({min(site / plainly for plainly, (site, _) in turns):.2f} to "
                    f"{max(site / plainly for plainly, (site, _) in turns):.2f}){turns[-1][1][1]}"
                )
                click.echo(
                    f"  hello {steady(other, ['/'], least / 4, load)}\n  site  {steady(port, paths, least / 4, load)}"
                )
    click.echo(f"load average after {os.getloadavg()[0]:.1f}")


if __name__ == "__main__":
    main()
