"""What took long to make, kept on the disk so that the next start need not wait for it again: vectors and forms.

Caches beside the generations: each may be deleted at any time, and one that is damaged, of another make or not there is
as good as none. A file is the SHA-256 of what follows, and that a .npz of numpy.
"""

from __future__ import annotations

import hashlib
import json
import os
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from search.forms import MARK, UNITS, Block, KeptForms, Vocabulary
from search.meaning import MAKE, Vectors
from search.segmenter import Segmenter

VECTORS, FORMS = "vectors.bin", "forms.bin"
MAKE_OF_FORMS = "1"
"""Raised when terms are cut, counted or numbered in another way."""
_DIGEST = hashlib.sha256().digest_size
_ARRAYS = ("ids", "counts", "lengths", "posted", "postings", "ends")
"""Those of a block, in its order."""

Arrays = Mapping[str, NDArray[Any]]


def read_vectors(folder: Path) -> dict[str, Vectors]:
    """The unit vectors (512,) that are kept in an index folder, by text."""
    with _opened(folder / VECTORS, MAKE) as kept:
        # Copied, so that one that stays in memory does not hold all.
        return (
            {text: row.copy() for text, row in zip(kept["texts"].tolist(), kept["vectors"], strict=True)}
            if kept
            else {}
        )


def write_vectors(folder: Path, vectors: Mapping[str, Vectors]) -> None:
    """Keep these vectors and no others, in one step; a disk that is full or may not be written keeps none."""
    _write(folder / VECTORS, MAKE, {"texts": np.array([*vectors]), "vectors": np.array([*vectors.values()])})


def read_forms(folder: Path, segmenter: Segmenter) -> KeptForms | None:
    """The forms that are kept in an index folder, if they were made of words cut as this segmenter does."""
    with _opened(folder / FORMS, _make_of_forms(segmenter)) as kept:
        if not kept:
            return None
        marks = _marks(kept)
        vocabulary = Vocabulary.of(segmenter, [_strings(kept[unit]) for unit in UNITS])
        rows = {ident: row for row, ident in enumerate(marks)}
        return KeptForms(vocabulary, Block(rows, *(kept[name] for name in _ARRAYS)), marks)


def write_forms(folder: Path, forms: KeptForms) -> None:
    """Keep these forms and no others, in one step, if they are not there; as `write_vectors`."""
    make = _make_of_forms(forms.vocabulary.segmenter)
    with _opened(folder / FORMS, make) as kept:
        if kept and _marks(kept) == forms.marks:
            return
    terms = {unit: _bytes(own) for unit, own in zip(UNITS, forms.vocabulary.numbers, strict=True)}
    marks = np.frombuffer(b"".join(forms.marks.values()), np.uint8).reshape(-1, MARK)
    block = {name: getattr(forms.block, name) for name in _ARRAYS}
    _write(folder / FORMS, make, {"passages": _bytes(forms.marks), "marks": marks, **terms, **block})


def _make_of_forms(segmenter: Segmenter) -> str:
    return f"{MAKE_OF_FORMS} {segmenter.identity}"


def _marks(kept: Arrays) -> dict[str, bytes]:
    return dict(zip(_strings(kept["passages"]), map(bytes, kept["marks"]), strict=True))


def _bytes(strings: Iterable[str]) -> NDArray[np.uint8]:
    return np.frombuffer(json.dumps(list(strings)).encode(), np.uint8)


def _strings(array: NDArray[Any]) -> list[str]:
    strings: list[str] = json.loads(array.tobytes())
    return strings


@contextmanager
def _opened(path: Path, make: str) -> Iterator[Arrays]:
    """The arrays of a file, each read when it is asked for; none where it is not whole or of another make."""
    try:
        file = path.open("rb")
    except OSError:
        yield {}
        return
    with file:
        whole = file.read(_DIGEST) == hashlib.file_digest(file, "sha256").digest()
        file.seek(_DIGEST)
        if not whole:
            yield {}
            return
        with np.load(file) as kept:
            yield kept if str(kept["make"]) == make else {}


def _write(path: Path, make: str, arrays: Arrays) -> None:
    new = path.with_name(f"{path.name}.{os.getpid()}")
    try:
        with new.open("w+b") as file:
            file.write(bytes(_DIGEST))
            np.savez(file, allow_pickle=False, make=np.array(make), **arrays)
            file.seek(_DIGEST)
            digest = hashlib.file_digest(file, "sha256").digest()
            file.seek(0)
            file.write(digest)
        new.replace(path)
    except OSError:
        with suppress(OSError):
            new.unlink(missing_ok=True)
