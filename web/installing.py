"""What lets a browser install the site and read visited entries without a network."""

from __future__ import annotations

import hashlib
from pathlib import Path

from flask import Blueprint, Response, current_app, jsonify, render_template, url_for

from web.context import service

installing = Blueprint("installing", __name__)
_THEME = "#1d4f91"
_SHORT = 12
"""Characters of a name under an icon."""


@installing.get("/manifest.webmanifest")
def manifest() -> Response:
    """The web app manifest (W3C)."""
    site = service().library.site
    sizes = {"icon.svg": ("any", "image/svg+xml"), "icon-192.png": ("192x192", "image/png")}
    sizes["icon-512.png"] = ("512x512", "image/png")
    icons = [
        {"src": url_for("static", filename=name), "sizes": size, "type": kind, "purpose": "any"}
        for name, (size, kind) in sizes.items()
    ]
    reply = jsonify(
        id="/",
        name=site.name,
        short_name=site.name[:_SHORT],
        description=site.tagline,
        lang="zh-CN",
        dir="ltr",
        start_url="/",
        scope="/",
        display="minimal-ui",
        theme_color=_THEME,
        background_color="#ffffff",
        icons=icons,
    )
    reply.content_type = "application/manifest+json"
    return reply


@installing.get("/sw.js")
def service_worker() -> Response:
    """The service worker; at the root, so that its scope is the whole site.

    It changes when the offline page does, which names its styles and scripts by their content: then a browser fetches
    page and parts again.
    """
    script = (Path(current_app.root_path) / "static" / "sw.js").read_text("utf-8")
    version = hashlib.sha256(offline().encode()).hexdigest()[:16]
    reply = Response(f"// {version}\n{script}", content_type="text/javascript; charset=utf-8")
    reply.headers["Cache-Control"] = "no-cache"
    reply.vary.add("Cookie")  # the offline page looks as its visitor chose
    return reply


@installing.get("/offline")
def offline() -> str:
    """Shown without a network instead of a page that was not visited; lists those that were."""
    return render_template("offline.html")
