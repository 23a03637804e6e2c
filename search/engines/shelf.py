"""Files beside the index that a cluster serves: for machines that follow, what the library and the lexicon of it say.

A file lies there in pieces that never change. Each is named after the round in which it was put there, so that what a
round left that is over may go without any list of what is whose, and after the SHA-256 of its file, so that a file
which is there already is not sent again, and one that was fetched can be told from a damaged one.
"""

from __future__ import annotations

import hashlib
import hmac
import json
import logging
import zlib
from base64 import b64decode, b64encode
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path

from opensearchpy import NotFoundError, OpenSearchException
from opensearchpy.helpers import bulk, scan

from kb.storing import sha256_of
from kb.writing import replace_file
from search.engines.cluster import Cluster, Unreachable, reading
from search.engines.protocol import EngineError

PIECE = 4_000_000
"""Bytes of a piece before it is packed."""
GONE = "发布的机器刚刚又换了一版，这一次没有取全——会自动再取；一直这样，就在发布的机器上运行 kb index --full"
_ROUND = 8
_DIGEST = slice(_ROUND + 1, _ROUND + 1 + 64)
_EMPTY = hashlib.sha256().hexdigest()

Shelf = Mapping[str, tuple[str, ...]]
"""By the name of a file, its pieces in order; of a file without any content none."""
log = logging.getLogger("wence")


def name_of(shelf: Shelf) -> str:
    """The same for the same files."""
    return hashlib.sha256(json.dumps(shelf, sort_keys=True).encode()).hexdigest()


def seal_of(shelf: Shelf, made_of: str, key: str) -> str:
    """Tells who knows the key (HMAC-SHA-256, RFC 2104) that files were put there by who knows it, too."""
    return hmac.new(key.encode(), f"{made_of} {name_of(shelf)}".encode(), hashlib.sha256).hexdigest()


def put(
    cluster: Cluster, index: str, beside: Mapping[Path, str], build: int, before: Shelf
) -> dict[str, tuple[str, ...]]:
    """Put files there for a build of a round, by path with their SHA-256; those that are there since `before` are left."""
    there = _there(cluster, index, before.values())
    for path, digest in beside.items():
        if digest not in there:
            there[digest] = tuple(_sent(cluster, index, path, f"{build:0{_ROUND}d}-{digest}"))
    return {path.name: there[digest] for path, digest in beside.items()}


def _there(cluster: Cluster, index: str, files: Iterable[tuple[str, ...]]) -> dict[str, tuple[str, ...]]:
    """Of some files, those of which every piece is there, by their SHA-256."""
    known = {_digest_of(pieces): pieces for pieces in files if pieces}
    asked = {"ids": [ident for pieces in known.values() for ident in pieces]}
    docs = cluster.writing.mget(asked, index=index, params={"_source": "false"})["docs"] if known else ()
    found = {doc["_id"] for doc in docs if doc.get("found")}
    return {digest: pieces for digest, pieces in known.items() if found.issuperset(pieces)}


def _sent(cluster: Cluster, index: str, path: Path, name: str) -> Iterator[str]:
    with path.open("rb") as file:
        for place, piece in enumerate(iter(lambda: file.read(PIECE), b"")):
            ident, packed = f"{name}-{place}", b64encode(zlib.compress(piece)).decode()
            cluster.send([{"_op_type": "create", "_index": index, "_id": ident, "packed": packed}])
            yield ident


def clear(cluster: Cluster, index: str, over: int, *used: Shelf) -> None:
    """Remove the pieces of rounds up to `over` that are in none of the shelves `used`; if not now, the next time."""
    kept = {ident for shelf in used for pieces in shelf.values() for ident in pieces}
    try:
        found = {hit["_id"] for hit in scan(cluster.writing, index=index, query={"_source": False})} - kept
        old = (ident for ident in found if ident[:_ROUND].isdecimal() and int(ident[:_ROUND]) <= over)
        gone = ({"_op_type": "delete", "_index": index, "_id": ident} for ident in old)
        bulk(cluster.writing, gone, raise_on_error=False)
    except OpenSearchException:
        log.warning("集群里没人用的旧内容没有清掉，下次发布再清；一直这样，检查账号对 %s 有没有查询和删除的权限", index)


def take(cluster: Cluster, index: str, shelf: Shelf, folder: Path) -> None:
    """Bring files into a folder, those that are not there whole, and remove all others.

    Raises EngineError for a file of which a piece is gone, what opensearch-py raises, and OSError.
    """
    folder.mkdir(parents=True, exist_ok=True)
    for name, pieces in shelf.items():
        if not _is_whole(folder / name, pieces):
            _take(cluster, index, pieces, folder / name)
    for path in folder.iterdir():
        if path.name not in shelf:
            path.unlink()


def _is_whole(path: Path, pieces: tuple[str, ...]) -> bool:
    return path.exists() and sha256_of(path) == _digest_of(pieces)


def _take(cluster: Cluster, index: str, pieces: tuple[str, ...], path: Path) -> None:
    digest = hashlib.sha256()
    with replace_file(path) as file:
        for ident in pieces:
            piece = _unpacked(cluster, index, ident)
            digest.update(piece)
            file.write(piece)
        if digest.hexdigest() != _digest_of(pieces):
            raise Unreachable("取来的内容不完整")


@reading()
def _unpacked(cluster: Cluster, index: str, ident: str) -> bytes:
    try:
        packed = cluster.writing.get(index, ident)["_source"]["packed"]
        return zlib.decompressobj().decompress(b64decode(packed), PIECE)
    except NotFoundError as error:
        raise EngineError(GONE) from error
    except zlib.error as error:
        raise ValueError(ident) from error


def _digest_of(pieces: tuple[str, ...]) -> str:
    """The SHA-256 of the file that has these pieces."""
    return pieces[0][_DIGEST] if pieces else _EMPTY
