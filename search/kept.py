"""What took long to make, kept on the disk so that the next start need not wait for it again: vectors and forms.

Caches beside the generations: each may be deleted at any time, and one that is damaged, of another make or not there is
as good as none. A file is the SHA-256 of what follows, and that a .npz of numpy.
"""

from __future__ import annotations

import hashlib
import json
import time
from collections.abc import Iterable, Mapping
from contextlib import suppress
from pathlib import Path
from typing import Any
from zipfile import BadZipFile

import numpy as np
from numpy.typing import NDArray

from kb.writing import replace_file
from search.forms import MARK, UNITS, Block, KeptForms, Vocabulary
from search.meaning import MAKE, SIZE
from search.segmenter import Segmenter

VECTORS, FORMS = "vectors.bin", "forms.bin"
MAKE_OF_FORMS = "1"
"""Raised when terms are cut, counted or numbered in another way."""
UNFINISHED = 600
"""Seconds after which what is still being written has been given up."""
_DIGEST = hashlib.sha256().digest_size
_ARRAYS = ("ids", "counts", "lengths", "posted", "postings", "ends")
"""Those of a block, in its order."""

Arrays = Mapping[str, NDArray[Any]]


def read_vectors(folder: Path) -> dict[str, bytes]:
    """The vectors of eight bits that are kept in an index folder, by text."""
    kept = _read(folder / VECTORS, MAKE, ("wordings", "vectors"))
    if not kept:
        return {}
    return dict(zip(_strings(kept["wordings"]), map(bytes, kept["vectors"]), strict=True))


def write_vectors(folder: Path, vectors: Mapping[str, bytes]) -> None:
    """Keep these vectors and no others, in one step, unless they are there; a disk that is full or read-only keeps none."""
    kept = _read(folder / VECTORS, MAKE, ("wordings",))
    if kept and set(_strings(kept["wordings"])) == vectors.keys():
        return
    rows = np.frombuffer(b"".join(vectors.values()), np.int8).reshape(-1, SIZE)
    _write(folder / VECTORS, MAKE, {"wordings": _bytes(vectors), "vectors": rows})


def read_forms(folder: Path, segmenter: Segmenter) -> KeptForms | None:
    """The forms that are kept in an index folder, if they were made of words cut as this segmenter does."""
    kept = _read(folder / FORMS, _make_of_forms(segmenter), ("passages", "marks", *UNITS, *_ARRAYS))
    if not kept:
        return None
    marks = dict(zip(_strings(kept["passages"]), map(bytes, kept["marks"]), strict=True))
    vocabulary = Vocabulary.of(segmenter, [_strings(kept[unit]) for unit in UNITS])
    rows = {ident: row for row, ident in enumerate(marks)}
    return KeptForms(vocabulary, Block(rows, *(kept[name] for name in _ARRAYS)), marks)


def write_forms(folder: Path, forms: KeptForms) -> None:
    """Keep these forms and no others; as `write_vectors`."""
    terms = {unit: _bytes(own) for unit, own in zip(UNITS, forms.vocabulary.numbers, strict=True)}
    marks = np.frombuffer(b"".join(forms.marks.values()), np.uint8).reshape(-1, MARK)
    block = {name: getattr(forms.block, name) for name in _ARRAYS}
    make = _make_of_forms(forms.vocabulary.segmenter)
    _write(folder / FORMS, make, {"passages": _bytes(forms.marks), "marks": marks, **terms, **block})


def remove_unfinished(folder: Path, names: Iterable[str], age: float | None = UNFINISHED) -> None:
    """Remove what was left half-written of these files by who was killed; not what may still be being written.

    That is what is no older than `age`, in seconds; with None, nothing is.
    """
    for name in names:
        for path in folder.glob(f".{name}.*"):
            with suppress(OSError):
                if age is None or time.time() - path.stat().st_mtime > age:
                    path.unlink()


def _make_of_forms(segmenter: Segmenter) -> str:
    return f"{MAKE_OF_FORMS} {segmenter.identity}"


def _bytes(strings: Iterable[str]) -> NDArray[np.uint8]:
    return np.frombuffer(json.dumps(list(strings)).encode(), np.uint8)


def _strings(array: NDArray[Any]) -> list[str]:
    strings: list[str] = json.loads(array.tobytes())
    return strings


def _read(path: Path, make: str, names: Iterable[str]) -> Arrays:
    """The arrays of a file by these names; none of them where it is not whole, or is of another make."""
    try:
        with path.open("rb") as file:
            whole = file.read(_DIGEST) == hashlib.file_digest(file, "sha256").digest()
            file.seek(_DIGEST)
            if not whole:
                return {}
            with np.load(file) as kept:
                return {name: kept[name] for name in names} if str(kept["make"]) == make else {}
    except (OSError, ValueError, TypeError, KeyError, EOFError, BadZipFile):
        return {}


def _write(path: Path, make: str, arrays: Arrays) -> None:
    with suppress(OSError), replace_file(path) as file:
        file.write(bytes(_DIGEST))
        np.savez(file, allow_pickle=False, make=np.array(make), **arrays)
        file.seek(_DIGEST)
        digest = hashlib.file_digest(file, "sha256").digest()
        file.seek(0)
        file.write(digest)
