"""Compression of replies that have gaps: what is in a gap goes in without compressing the rest again."""

from __future__ import annotations

import zlib
from collections.abc import Iterable
from functools import lru_cache

from werkzeug.http import parse_accept_header

MAX_HEADER = 200
"""Characters of an Accept-Encoding header that is read."""
_GZIP_HEAD = b"\x1f\x8b\x08\x00\x00\x00\x00\x00\x00\xff"


def packed(pieces: Iterable[bytes]) -> tuple[bytes, ...]:
    """Each piece as deflate blocks that end on a byte and look back at no other piece (RFC 1951, full flush)."""
    packer = zlib.compressobj(6, zlib.DEFLATED, -zlib.MAX_WBITS)
    return tuple(packer.compress(piece) + packer.flush(zlib.Z_FULL_FLUSH) for piece in pieces)


def gzipped(body: bytes, gap: bytes, pieces: Iterable[bytes]) -> bytes:
    """The gzip (RFC 1952) of `body`: its `packed` pieces, with `gap` between them as it is, in stored blocks."""
    length = len(gap).to_bytes(2, "little")
    stored = b"\x00" + length + bytes(byte ^ 0xFF for byte in length) + gap
    end = b"\x03\x00" + zlib.crc32(body).to_bytes(4, "little") + (len(body) & 0xFFFFFFFF).to_bytes(4, "little")
    return _GZIP_HEAD + stored.join(pieces) + end


@lru_cache(maxsize=256)
def quality(accepted: str, coding: str) -> float:
    """How much a client wants a content coding, 0 to 1, by its Accept-Encoding header; an endless header wants nothing."""
    return float(parse_accept_header(accepted)[coding]) if len(accepted) <= MAX_HEADER else 0.0
