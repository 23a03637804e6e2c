"""For whoever runs the site: live, ready, and what is measured for Prometheus."""

from __future__ import annotations

from datetime import UTC, datetime

from flask import Blueprint, Response, abort, current_app, jsonify

from web.caching import replies
from web.context import metrics, service, usage
from web.metrics import CONTENT_TYPE
from web.traditional import is_traditional

health = Blueprint("health", __name__)
STOPPING = "STOPPING"
"""In the configuration of an application whose process was told to stop."""
CONTENT_DIGITS = 12
"""Hexadecimal digits of the content's fingerprint that are told."""


@health.before_request
def _have_one_address() -> None:
    """A proxy that keeps these to whoever runs the site knows them by one address each."""
    if is_traditional():
        abort(404)


@health.get("/healthz")
def live() -> Response:
    """The process answers; names the content files that are broken, and those that keep everything from being published.

    `held_back` says that nothing new is published, whatever it is that keeps it: the disk, for example.
    Drafts are not named: that there is one is nobody else's business yet.
    """
    held, documents = service().held_back_by, service().library.documents
    files = {problem.file for problem in service().errors}
    drafts = {file for file in files if file in documents and documents[file].withdrawn}
    broken = sorted({*held, *files - drafts})
    told = {"broken_files": broken, "held_back": bool(service().held_back), "held_back_by": held}
    return jsonify({"status": "ok", **told})


@health.get("/readyz")
def ready() -> Response:
    """Pages can be had; 503 from when the process was told to stop. `degraded` says why a stand-in answers, or nobody.

    `content` is the same on all servers that have the same; generations are named by each for itself.
    A site whose search is gone stays in service: it has its pages, and says so better than the proxy would.
    """
    stopping = bool(current_app.config.get(STOPPING))
    site = service()
    status = {"status": "stopping" if stopping else "ready", "degraded": site.degraded}
    content = site.library.fingerprint[:CONTENT_DIGITS]
    reply = jsonify(status | {"generation": site.generation, "content": content, "engine": site.settings.engine})
    reply.status_code = 503 if stopping else 200
    return reply


@health.get("/metrics")
def measured() -> Response:
    """Counts in the Prometheus text format."""
    library = service().library
    metrics().counting(usage().waiting, usage().dropped)
    now = {
        "wence_entries": len(library.entries),
        "wence_content_errors": len(service().errors),
        "wence_topics": len(library.topics),
        "wence_held_back": bool(service().held_back),
        "wence_degraded": bool(service().degraded),
        "wence_cache_entries": len(replies()),
        "wence_cache_bytes": replies().size,
        "wence_index_age_seconds": (datetime.now(UTC) - service().built).total_seconds(),
    }
    return Response(metrics().text(now, service().generation), content_type=CONTENT_TYPE)
