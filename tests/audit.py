"""Known vulnerabilities of what the lock file pins: `make audit`. It needs a network and a vulnerability service.

pip-audit asks the JSON API of PyPI, or OSV with `--osv`. A package mirror alone serves neither: pip-audit then passes over
every package and still ends well, so what was not audited is counted here and is no success.
Ends with 0 when every package was audited and none is vulnerable, 1 when one is, 2 when pip-audit itself does not run, 3
when some could not be audited.
"""

from __future__ import annotations

import json
import subprocess
import sys
from dataclasses import dataclass
from typing import Any

from tests.conftest import ROOT

LOCK = "requirements-dev.lock"
"""Pins what the other lock file pins too."""
CLEAN, VULNERABLE, BROKEN, NOT_AUDITED = 0, 1, 2, 3


@dataclass(frozen=True)
class Found:
    """How many packages were audited, which could not be, and which are vulnerable, in words."""

    audited: int
    passed_over: tuple[str, ...]
    vulnerable: tuple[str, ...]

    @property
    def code(self) -> int:
        """The exit code."""
        if self.vulnerable:
            return VULNERABLE
        return CLEAN if self.audited and not self.passed_over else NOT_AUDITED


def read(report: str) -> Found:
    """What pip-audit's JSON says; nothing was audited where it is none (no service was reached)."""
    try:
        packages: list[dict[str, Any]] = json.loads(report)["dependencies"]
    except (ValueError, KeyError, TypeError):
        return Found(0, (), ())
    audited = [package for package in packages if "skip_reason" not in package]
    return Found(
        len(audited),
        tuple(package["name"] for package in packages if "skip_reason" in package),
        tuple(
            f"{package['name']} {package['version']}: {flaw['id']}, mended in {', '.join(flaw['fix_versions']) or '-'}"
            for package in audited
            for flaw in package["vulns"]
        ),
    )


def is_broken(said: str) -> bool:
    """Whether what pip-audit said on standard error is of pip-audit: an option it does not know, or that it is not there."""
    return said.startswith("usage:") or "No module named" in said


def main() -> int:
    """Audit and say what was found."""
    command = [
        sys.executable,
        "-m",
        "pip_audit",
        "--requirement",
        str(ROOT / LOCK),
        "--require-hashes",
        "--disable-pip",
    ]
    command += ["--progress-spinner", "off", "--format", "json", "--timeout", "10"]
    command += ["--vulnerability-service", "osv" if "--osv" in sys.argv else "pypi"]
    ran = subprocess.run(command, capture_output=True, text=True, check=False)
    if is_broken(ran.stderr):
        sys.stdout.write(f"pip-audit does not run: {ran.stderr[-400:].strip()}\n")
        return BROKEN
    found = read(ran.stdout)
    lines = [*found.vulnerable]
    if found.code == NOT_AUDITED:
        why = (
            f"{len(found.passed_over)} packages are unknown to the service" if found.passed_over else ran.stderr[-400:]
        )
        lines.append(f"NOT AUDITED: {why.strip()}")
        lines.append(
            "This says nothing about vulnerabilities. Run it where PyPI itself, or with --osv OSV, is reached."
        )
    lines.append(f"{found.audited} packages audited, {len(found.vulnerable)} vulnerabilities known.")
    sys.stdout.write("\n".join(lines) + "\n")
    return found.code


if __name__ == "__main__":
    sys.exit(main())
