"""For whoever runs the site: live, ready, and a few counts for Prometheus."""

from __future__ import annotations

from flask import Blueprint, Response, jsonify

from web.context import service, usage

health = Blueprint("health", __name__)


@health.get("/healthz")
def live() -> Response:
    """The process answers; names the content files that are broken, and those that keep everything from being published."""
    held = service().held_back_by
    broken = sorted({*held, *(problem.file for problem in service().library.errors)})
    return jsonify({"status": "ok", "broken_files": broken, "held_back_by": held})


@health.get("/readyz")
def ready() -> Response:
    """Questions can be answered."""
    return jsonify({"status": "ready", "generation": service().generation, "engine": service().settings.engine})


@health.get("/metrics")
def metrics() -> Response:
    """Counts in the Prometheus text format."""
    library = service().library
    values = {
        "wence_entries": len(library.entries),
        "wence_content_errors": len(library.errors),
        "wence_topics": len(library.topics),
        "wence_searches_waiting": usage().waiting,
        "wence_searches_not_counted": usage().dropped,
    }
    lines = [line for name, value in values.items() for line in (f"# TYPE {name} gauge", f"{name} {value}")]
    return Response("\n".join(lines) + "\n", content_type="text/plain; version=0.0.4; charset=utf-8")
