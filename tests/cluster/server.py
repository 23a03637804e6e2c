"""The OpenSearch server for tests: fetched once with Maven, unpacked where a user of its own can read it."""

from __future__ import annotations

import os
import pwd
import shutil
import subprocess
import zipfile
from dataclasses import dataclass
from pathlib import Path
from typing import Any

VERSION = "2.19.1"
USER = "wence-opensearch"
_ARTIFACT = f"org.opensearch.distribution.integ-test-zip:opensearch:{VERSION}:zip"
_REMEDY = "install a Java runtime (17 or newer) and Maven: apt-get install openjdk-17-jre-headless maven"


class NoServer(RuntimeError):
    """The server cannot be had on this machine; the message says what to do."""


@dataclass(frozen=True)
class Account:
    """Who runs the server, which refuses to run as root; None for whoever runs the tests."""

    uid: int | None = None
    gid: int | None = None

    @property
    def owner(self) -> dict[str, Any]:
        """What makes `subprocess` run a program as the account."""
        return {} if self.uid is None else {"user": self.uid, "group": self.gid, "extra_groups": []}

    def give(self, folder: Path) -> None:
        """Make a folder and everything in it the account's own."""
        if self.uid is None or self.gid is None:
            return
        for path in (folder, *folder.rglob("*")):
            os.chown(path, self.uid, self.gid)


def account() -> Account:
    """Whoever runs the tests, or for root a system user, made when there is none. Raises NoServer."""
    if os.geteuid() != 0:
        return Account()
    try:
        found = pwd.getpwnam(USER)
    except KeyError:
        made = _run("useradd", "--system", "--no-create-home", "--shell", "/usr/sbin/nologin", USER)
        if made.returncode not in (0, 9):  # 9: another run has just made it
            raise NoServer(f"cannot make the user {USER}: {made.stderr}") from None
        found = pwd.getpwnam(USER)
    return Account(found.pw_uid, found.pw_gid)


def unpack(folder: Path) -> Path:
    """Unpack the server into a folder; where it is then. Raises NoServer."""
    with zipfile.ZipFile(_fetched()) as packed:
        packed.extractall(folder)
    home = folder / f"opensearch-{VERSION}"
    for script in (home / "bin").iterdir():
        script.chmod(0o755)
    return home


def _fetched() -> Path:
    cache = Path(os.environ.get("XDG_CACHE_HOME", Path.home() / ".cache")) / "wence-opensearch"
    packed = cache / f"opensearch-{VERSION}.zip"
    if packed.exists():
        return packed
    if not shutil.which("mvn") or not shutil.which("java"):
        raise NoServer(f"OpenSearch needs Java, and Maven to fetch it; {_REMEDY}")
    arriving = cache / f"arriving-{os.getpid()}"
    arriving.mkdir(parents=True, exist_ok=True)
    try:
        for _attempt in range(3):
            done = _run(
                "mvn", "-q", "-B", "dependency:copy", f"-Dartifact={_ARTIFACT}", f"-DoutputDirectory={arriving}"
            )
            if done.returncode == 0:
                (arriving / packed.name).replace(packed)
                return packed
        raise NoServer(f"Maven could not fetch {_ARTIFACT}: {done.stdout[-2000:]}{done.stderr[-2000:]}")
    finally:
        shutil.rmtree(arriving, ignore_errors=True)


def _run(*command: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(command, capture_output=True, text=True, timeout=300, check=False)
