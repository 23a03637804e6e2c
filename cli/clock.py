"""What day it is."""

from __future__ import annotations

import os
import time

CHINA = "CST-8"
"""As POSIX writes it (8 hours ahead of UTC): the names of zones need files that slim images have not."""


def keep_the_days_of_china() -> None:
    """Make `today` that of China in this process and those it starts, unless TZ says otherwise.

    The rules hold from midnight to midnight there, and servers and containers count in UTC, 8 hours behind.
    """
    os.environ.setdefault("TZ", CHINA)
    time.tzset()
