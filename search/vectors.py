"""Vectors on the disk: what the encoder made of wordings, so that the next start need not wait for it again.

A cache beside the generations: it may be deleted at any time, and one that is damaged, of another make or not there is no
vectors at all. The file is the SHA-256 of what follows, and that a .npz of numpy.
"""

from __future__ import annotations

import hashlib
import os
from collections.abc import Mapping
from contextlib import suppress
from io import BytesIO
from pathlib import Path

import numpy as np

from search.meaning import MAKE, Vectors

FILE = "vectors.bin"
_DIGEST = hashlib.sha256().digest_size


def read_vectors(folder: Path) -> dict[str, Vectors]:
    """The unit vectors (512,) that are kept in an index folder, by text."""
    try:
        body = (folder / FILE).read_bytes()
    except OSError:
        return {}
    if hashlib.sha256(body[_DIGEST:]).digest() != body[:_DIGEST]:
        return {}
    with np.load(BytesIO(body[_DIGEST:])) as kept:
        if str(kept["make"]) != MAKE:
            return {}
        # Copied, so that one that stays in memory does not hold all.
        return {text: row.copy() for text, row in zip(kept["texts"].tolist(), kept["vectors"], strict=True)}


def write_vectors(folder: Path, vectors: Mapping[str, Vectors]) -> None:
    """Keep these vectors and no others, in one step; a disk that is full or may not be written keeps none."""
    packed = BytesIO()
    np.savez(packed, make=np.array(MAKE), texts=np.array([*vectors]), vectors=np.array([*vectors.values()]))
    body = packed.getvalue()
    new = folder / f"{FILE}.{os.getpid()}"
    try:
        new.write_bytes(hashlib.sha256(body).digest() + body)
        new.replace(folder / FILE)
    except OSError:
        with suppress(OSError):
            new.unlink(missing_ok=True)
