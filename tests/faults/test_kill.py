"""Killed at any moment, the site opens a good generation, with right answers and nothing to repair by hand."""

from __future__ import annotations

import subprocess
import sys

from tests.conftest import ROOT
from tests.faults import tools

ROUNDS = tools.ROUNDS or 12


def test_a_build_or_a_site_killed_at_any_moment_leaves_a_good_generation() -> None:
    command = [sys.executable, "-m", "tests.faults.kill", "--rounds", str(ROUNDS)]
    ended = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=ROUNDS * 30)
    assert ended.returncode == 0, ended.stdout + ended.stderr
