"""A cluster of real nodes on this machine, on loopback and free ports; single nodes can be killed, stopped and started."""

from __future__ import annotations

import json
import os
import shutil
import signal
import socket
import subprocess
import tempfile
import time
import urllib.request
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from tests.cluster.server import Account, account, unpack

JAVA = "-Xms256m -Xmx256m -XX:+UseSerialGC -XX:TieredStopAtLevel=1"
START_SECONDS = 90


@dataclass
class Node:
    """One server; `process` is None while it is stopped."""

    name: str
    home: Path
    folder: Path
    http: int
    transport: int
    account: Account
    java: str
    process: subprocess.Popen[bytes] | None = None

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.http}"

    def configure(self, cluster: str, nodes: Sequence[Node]) -> None:
        """Write the node's own configuration folder."""
        config = self.folder / "config"
        config.mkdir(parents=True)
        for name in ("data", "logs", "tmp"):
            (self.folder / name).mkdir()
        shutil.copyfile(self.home / "config" / "log4j2.properties", config / "log4j2.properties")
        options = (self.home / "config" / "jvm.options").read_text().splitlines(keepends=True)
        (config / "jvm.options").write_text("".join(line for line in options if "GC" not in line and "gc" not in line))
        settings = {
            "cluster.name": cluster,
            "node.name": self.name,
            "path.data": str(self.folder / "data"),
            "path.logs": str(self.folder / "logs"),
            "network.host": "127.0.0.1",
            "http.port": self.http,
            "transport.port": self.transport,
            "discovery.seed_hosts": [f"127.0.0.1:{node.transport}" for node in nodes],
            "cluster.initial_cluster_manager_nodes": [node.name for node in nodes],
            "cluster.routing.allocation.disk.threshold_enabled": False,
            "monitor.fs.health.refresh_interval": "1s",  # a node that cannot write leaves; by default after two minutes
        }
        lines = (f"{name}: {json.dumps(value)}\n" for name, value in settings.items())
        (config / "opensearch.yml").write_text("".join(lines))
        self.account.give(self.folder)

    def start(self) -> None:
        """Start the server; it is not ready yet when this returns."""
        environment = {
            "PATH": os.environ["PATH"],
            "HOME": str(self.folder),
            "OPENSEARCH_PATH_CONF": str(self.folder / "config"),
            "OPENSEARCH_TMPDIR": str(self.folder / "tmp"),
            "OPENSEARCH_JAVA_HOME": str(Path(shutil.which("java") or "/usr/bin/java").resolve().parent.parent),
            "OPENSEARCH_JAVA_OPTS": self.java,
        }
        with (self.folder / "output").open("ab") as output:
            self.process = subprocess.Popen(
                [str(self.home / "bin" / "opensearch")],
                env=environment,
                cwd=self.folder,
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=output,
                start_new_session=True,
                **self.account.owner,
            )

    def fill_disk(self) -> None:
        """From now on no byte that the server writes finds room."""
        self._limit_files("1")

    def hang(self) -> None:
        """From now on nothing is heard of the server, and its connections stay open."""
        self._tell(signal.SIGSTOP)

    def go_on(self) -> None:
        """The end of `hang` and of `fill_disk`."""
        self._tell(signal.SIGCONT)
        self._limit_files("unlimited")

    def _tell(self, what: signal.Signals) -> None:
        assert self.process
        self.process.send_signal(what)

    def _limit_files(self, size: str) -> None:
        assert self.process
        command = ["prlimit", "--pid", str(self.process.pid), f"--fsize={size}:"]
        subprocess.run(command, check=True, **self.account.owner)

    def end(self, how: signal.Signals = signal.SIGTERM) -> None:
        """End the server and wait until it is gone; SIGKILL gives it no chance to say goodbye."""
        if self.process is None:
            return
        self.process.send_signal(how)
        try:
            self.process.wait(30)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait(30)
        self.process = None


@dataclass
class Cluster:
    """Nodes that know one another."""

    nodes: list[Node] = field(default_factory=list)

    @property
    def url(self) -> str:
        """The addresses of all nodes, as KB_OPENSEARCH_URL wants them."""
        return ",".join(node.url for node in self.nodes)

    @property
    def running(self) -> list[Node]:
        return [node for node in self.nodes if node.process]

    def start(self) -> None:
        """Start what does not run, or ended by itself, and wait for green."""
        for node in self.nodes:
            if node.process is None or node.process.poll() is not None:
                node.start()
        self.wait()

    def wait(self, status: str = "green") -> None:
        """Wait until all running nodes know one another and the cluster has a status. Raises RuntimeError.

        Shards on which the cluster has given up are tried again, as its operator would.
        """
        path = f"/_cluster/health?wait_for_status={status}&wait_for_nodes={len(self.running)}&timeout=5s"
        deadline = time.monotonic() + START_SECONDS
        while time.monotonic() < deadline:
            for node in self.running:
                if node.process and node.process.poll() is not None:
                    raise RuntimeError(f"{node.name} stopped: {(node.folder / 'output').read_text()[-3000:]}")
            with suppress(OSError):
                if self._members() == self._processes() and not self.ask("GET", path)["timed_out"]:
                    return
            with suppress(OSError):
                self.ask("POST", "/_cluster/reroute?retry_failed=true&metric=none&cluster_manager_timeout=1s")
            time.sleep(0.3)
        raise RuntimeError(f"the cluster did not get {status} in {START_SECONDS} s: {self._said()}")

    def _members(self) -> set[int]:
        """The processes that the cluster is made of, each told by itself.

        Who has just lost the manager still tells of the nodes that were, and of their shards, as if nothing had happened.
        """
        nodes = self.ask("GET", "/_nodes/process?timeout=2s")["nodes"]
        return {node["process"]["id"] for node in nodes.values() if "process" in node}

    def _processes(self) -> set[int]:
        return {node.process.pid for node in self.running if node.process}

    def ask(self, method: str, path: str, body: object = None) -> Any:
        """A request of the tests' own to the first running node; its JSON answer."""
        data = None if body is None else json.dumps(body).encode()
        headers = {"Content-Type": "application/json"}
        request = urllib.request.Request(self.running[0].url + path, data, headers, method=method)  # noqa: S310
        with urllib.request.urlopen(request, timeout=15) as reply:  # noqa: S310  our own server
            return json.load(reply)

    def manager(self) -> Node:
        """The node that was elected."""
        name = self.ask("GET", "/_cat/cluster_manager?format=json")[0]["node"]
        return next(node for node in self.nodes if node.name == name)

    def _said(self) -> str:
        """What the cluster says of itself, then the last words of each node."""
        told = (
            self._explained(path) for path in ("/_cat/shards?format=json", "/_cluster/allocation/explain", "/_recovery")
        )
        return "\n".join([*told, *((node.folder / "output").read_text()[-1500:] for node in self.running)])

    def _explained(self, path: str) -> str:
        try:
            return f"{path}: {json.dumps(self.ask('GET', path))[:6000]}"
        except OSError as error:
            return f"{path}: {error}"


@contextmanager
def cluster(count: int, java: str = JAVA) -> Iterator[Cluster]:
    """A green cluster; everything of it is gone afterwards. Raises NoServer or RuntimeError."""
    who = account()
    root = Path(tempfile.mkdtemp(prefix="wence-cluster-", dir="/var/tmp"))
    made = Cluster()
    try:
        home = unpack(root)
        root.chmod(0o755)
        ports = _free_ports(2 * count)
        made.nodes = [
            Node(f"node-{n + 1}", home, root / f"node-{n + 1}", ports[2 * n], ports[2 * n + 1], who, java)
            for n in range(count)
        ]
        for node in made.nodes:
            node.configure(root.name, made.nodes)
        who.give(home)
        made.start()
        yield made
    finally:
        for node in made.running:
            node.end(signal.SIGKILL)
        shutil.rmtree(root, ignore_errors=True)


def _free_ports(count: int) -> list[int]:
    sockets = [socket.socket() for _ in range(count)]
    try:
        for one in sockets:
            one.bind(("127.0.0.1", 0))
        return [one.getsockname()[1] for one in sockets]
    finally:
        for one in sockets:
            one.close()
