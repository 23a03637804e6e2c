"""Files beside the index that a cluster serves: for machines that follow, what the library and the lexicon of it say.

A file lies there in pieces that never change. Each is named after the round in which it was put there, so that what a
round left that is over may go without any list of what is whose, and after the SHA-256 of its file, so that a file which
is there already is not sent again.
"""

from __future__ import annotations

import hashlib
import json
import zlib
from base64 import b64decode, b64encode
from collections.abc import Iterator, Mapping
from contextlib import suppress
from pathlib import Path

from opensearchpy.helpers import bulk, scan

from kb.writing import replace_file
from search.engines.cluster import Cluster, Unreachable

PIECE = 4_000_000
"""Bytes of a piece before it is packed."""
HERE = "here.json"
"""In the folder of who follows: the pieces that its files were made of, once they are all there."""
_ROUND = 8
_DIGEST = slice(_ROUND + 1, _ROUND + 1 + 64)

Shelf = Mapping[str, tuple[str, ...]]
"""By the name of a file, its pieces in order; of a file without any content none."""


def put(
    cluster: Cluster, index: str, beside: Mapping[Path, str], build: int, before: Shelf
) -> dict[str, tuple[str, ...]]:
    """Put files there for a build of a round, by path with their SHA-256; those that are there since `before` are left."""
    there = {pieces[0][_DIGEST]: pieces for pieces in before.values() if pieces}
    for path, digest in beside.items():
        if digest not in there:
            there[digest] = tuple(_sent(cluster, index, path, f"{build:0{_ROUND}d}-{digest}"))
    return {path.name: there[digest] for path, digest in beside.items()}


def _sent(cluster: Cluster, index: str, path: Path, name: str) -> Iterator[str]:
    with path.open("rb") as file:
        for place, piece in enumerate(iter(lambda: file.read(PIECE), b"")):
            ident, packed = f"{name}-{place}", b64encode(zlib.compress(piece)).decode()
            cluster.send([{"_op_type": "create", "_index": index, "_id": ident, "packed": packed}])
            yield ident


def clear(cluster: Cluster, index: str, over: int, *used: Shelf) -> None:
    """Remove the pieces of rounds up to `over` that are in none of the shelves `used`."""
    kept = {ident for shelf in used for pieces in shelf.values() for ident in pieces}
    found = {hit["_id"] for hit in scan(cluster.writing, index=index, query={"_source": False})} - kept
    old = (ident for ident in found if ident[:_ROUND].isdecimal() and int(ident[:_ROUND]) <= over)
    bulk(
        cluster.writing, ({"_op_type": "delete", "_index": index, "_id": ident} for ident in old), raise_on_error=False
    )


def take(cluster: Cluster, index: str, shelf: Shelf, folder: Path) -> str:
    """Bring files into a folder, those that are not there yet, and remove all others; a name, the same for the same files.

    Raises what opensearch-py raises, Unreachable for a file that is not whole, and OSError.
    """
    folder.mkdir(parents=True, exist_ok=True)
    here = _here(folder)
    if here != shelf:
        for name, pieces in shelf.items():
            if here.get(name) != pieces or not (folder / name).exists():
                _take(cluster, index, pieces, folder / name)
        for path in folder.iterdir():
            if path.name not in shelf:
                path.unlink()
        with replace_file(folder / HERE) as file:
            file.write(json.dumps(shelf).encode())
    return hashlib.sha256(json.dumps(shelf, sort_keys=True).encode()).hexdigest()


def _here(folder: Path) -> Shelf:
    with suppress(OSError, ValueError, AttributeError):
        kept = json.loads((folder / HERE).read_bytes())
        return {name: tuple(pieces) for name, pieces in kept.items()}
    return {}


def _take(cluster: Cluster, index: str, pieces: tuple[str, ...], path: Path) -> None:
    digest = hashlib.sha256()
    with replace_file(path) as file:
        for ident in pieces:
            packed = cluster.writing.get(index, ident)["_source"]["packed"]
            piece = zlib.decompressobj().decompress(b64decode(packed), PIECE)
            digest.update(piece)
            file.write(piece)
        if pieces and digest.hexdigest() != pieces[0][_DIGEST]:
            raise Unreachable("取来的内容不完整")
