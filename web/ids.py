"""Ids that have to be new and need not be secret, from a generator of this process.

The system's chance costs more than it takes: Python lets another thread run meanwhile (docs/decisions/0021). Python's own
`random` may be seeded by anybody.
"""

from __future__ import annotations

import os
import random

_GENERATOR = random.Random()  # noqa: S311  seeded by the system, and no secret comes of it
os.register_at_fork(after_in_child=_GENERATOR.seed)


def new_id() -> str:
    """32 hexadecimal digits that, as good as certain, no process has given out before."""
    return f"{_GENERATOR.getrandbits(128):032x}"
