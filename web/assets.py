"""Static files: named by their content (`site.0123456789ab.css`), for browsers to keep for good, and compressed once.

A file is read, hashed and compressed at its first use, and held in memory for as long as the process runs.
"""

from __future__ import annotations

import gzip
import hashlib
import mimetypes
import re
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from posixpath import normpath

import brotli  # type: ignore[import-untyped]
from flask import Flask, Response, abort, request

from web.packing import quality

KEPT_SECONDS = 365 * 24 * 3600
_NAMED = re.compile(r"(?P<stem>.+)\.(?P<digest>[0-9a-f]{12})(?P<ending>\.\w+)")
_TEXTS = ("text/", "image/svg+xml", "application/json")


@dataclass(frozen=True)
class Asset:
    """A file as it is sent. `forms` has its bytes by content coding, "" for as they are."""

    digest: str
    mimetype: str
    forms: Mapping[str, bytes]


def named_by_content(app: Flask) -> None:
    """Serve the static folder, give templates `asset(name)`, and let browsers keep what they asked for by its present content."""
    folder = Path(app.static_folder or "")
    there = {path.relative_to(folder).as_posix(): path for path in folder.rglob("*") if path.is_file()}

    @cache
    def read(name: str) -> Asset:
        content = there[name].read_bytes()
        mimetype = mimetypes.guess_type(name)[0] or "application/octet-stream"
        return Asset(hashlib.sha256(content).hexdigest()[:12], mimetype, _forms(content, mimetype))

    def asset(name: str) -> str:
        # Not by `url_for`: the page that refuses a Host header has styles too, and no host to build addresses for.
        stem, dot, ending = name.rpartition(".")
        return f"{app.static_url_path}/{stem}.{read(name).digest}{dot}{ending}"

    def send(filename: str) -> Response:
        """The file as it is now, by its plain name or that of any content; who asks for the present one may keep it."""
        name, digest = normpath(filename), ""
        if name not in there and (named := _NAMED.fullmatch(name)):
            name, digest = named["stem"] + named["ending"], named["digest"]
        return _sent(read(name), digest) if name in there else abort(404)

    app.view_functions["static"] = send
    app.jinja_env.globals["asset"] = asset


def _sent(asset: Asset, asked: str) -> Response:
    accepted = request.headers.get("Accept-Encoding", "")
    coding = next((coding for coding in asset.forms if coding and quality(accepted, coding) > 0), "")
    reply = Response(asset.forms[coding], mimetype=asset.mimetype)
    reply.set_etag(f"{asset.digest}-{coding}" if coding else asset.digest)
    if coding:
        reply.content_encoding = coding
    if len(asset.forms) > 1:
        reply.vary.add("Accept-Encoding")
    if asked == asset.digest:
        reply.cache_control.public = reply.cache_control.immutable = True
        reply.cache_control.max_age = KEPT_SECONDS
    else:
        reply.cache_control.no_cache = True
    reply.make_conditional(request)
    return reply


def _forms(content: bytes, mimetype: str) -> dict[str, bytes]:
    """The best compressed first; a form that saves nothing is left out."""
    forms = {"": content}
    if mimetype.startswith(_TEXTS):
        forms = {"br": brotli.compress(content), "gzip": gzip.compress(content, 9, mtime=0), **forms}
    return {coding: form for coding, form in forms.items() if not coding or len(form) < len(content)}
