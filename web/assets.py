"""Static files are named by their content, so that a browser may keep them as long as it likes."""

from __future__ import annotations

import hashlib
from functools import cache
from pathlib import Path
from posixpath import normpath

from flask import Flask, Response, request, url_for

KEPT_SECONDS = 365 * 24 * 3600


def named_by_content(app: Flask) -> None:
    """Give templates `asset(name)`, and let browsers keep what they asked for by its present content."""
    folder = Path(app.static_folder or "")

    # One digest for each file there is, however its address is spelt.
    @cache
    def digest(name: str) -> str:
        return hashlib.sha256((folder / name).read_bytes()).hexdigest()[:12]

    def asset(name: str) -> str:
        return url_for("static", filename=name, v=digest(name))

    def keep(response: Response) -> Response:
        if request.endpoint == "static" and response.status_code in (200, 304):
            # Read whole, for what is streamed is not compressed for every browser.
            response.direct_passthrough = False
            response.make_sequence()
            name = normpath((request.view_args or {})["filename"])
            if request.args.get("v") == digest(name):
                response.cache_control.no_cache = None
                response.cache_control.public = response.cache_control.immutable = True
                response.cache_control.max_age = KEPT_SECONDS
        return response

    app.jinja_env.globals["asset"] = asset
    app.after_request(keep)
