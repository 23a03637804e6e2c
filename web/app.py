"""The composition root of the site."""

from __future__ import annotations

from datetime import date
from importlib.metadata import version

from flask import Flask

from kb.model import Entry
from search.service import Service
from search.text import MAX_QUERY
from web.addresses import PASSING, absolute, address, site_address
from web.anchors import fact_address
from web.api import api
from web.assets import named_by_content
from web.caching import Site, keeping, remembering
from web.context import form_token
from web.errors import handling
from web.feedback import forms
from web.feeds import feeds
from web.health import health
from web.history import span
from web.installing import installing
from web.logs import watching
from web.metrics import Metrics
from web.next_steps import next_steps
from web.pages import pages
from web.preferences import preferences
from web.preview import Previews
from web.said import said
from web.security import Guard, guarded
from web.styleguide import styleguide
from web.traditional import TakesPrefixOff, convert_response, is_traditional, scripts
from web.usage.recorder import Recorder
from web.usage.store import MAX_COMMENT, Store
from web.usage.tokens import Tokens, kept_secret
from web.wording import example_question, first_sentence, repeats, unbroken


def create_app(
    service: Service,
    store: Store,
    secret: bytes | None = None,
    site_url: str | None = None,
    guard: Guard = Guard(),  # noqa: B008  frozen
) -> Flask:
    """Wire the site: the service answers, views render.

    `store` keeps the use of the site; `secret` signs forms, by default kept beside the store.
    `site_url` is what absolute addresses start with; without it, they start with what a request names as its host, which
    is this machine or one of the `guard`'s. A guard without limits, as the default one, limits nobody.
    Raises ValueError, in Chinese, for a `site_url` that cannot be used.
    """
    app = Site(__name__)
    app.url_map.merge_slashes = (
        False  # its redirects are absolute: to http behind a proxy, and out of traditional characters
    )
    app.extensions["wence-metrics"] = Metrics()
    watching(app)  # first, so that it sees each response last
    keeping(app)
    app.config["VERSION"] = version("wence")
    app.config["SITE_URL"] = site_address(site_url) if site_url else ""
    app.json.ensure_ascii = False  # type: ignore[attr-defined]  # Flask's default provider has it
    app.json.sort_keys = False  # type: ignore[attr-defined]
    app.jinja_env.trim_blocks = app.jinja_env.lstrip_blocks = True
    app.extensions["wence"] = service
    app.extensions["wence-usage"] = Recorder(store, service)
    app.extensions["wence-tokens"] = Tokens(secret or kept_secret(store.path.parent))
    app.extensions["wence-previews"] = Previews(service.settings.index.parent / "previews")
    for blueprint in (pages, forms, preferences, styleguide, api, feeds, installing, health):
        app.register_blueprint(blueprint)
    remembering(app)
    guarded(app, guard)
    app.after_request(convert_response)
    app.wsgi_app = TakesPrefixOff(app.wsgi_app)  # type: ignore[method-assign]
    handling(app)
    for each in (first_sentence, repeats, unbroken):
        app.jinja_env.filters[each.__name__] = each
    named_by_content(app)

    def status_today(entry: Entry) -> object:
        return entry.status_on(date.today())

    @app.context_processor
    def _shared() -> dict[str, object]:
        library = service.library
        return {
            "site": library.site,
            "example": example_question(library.site),
            "topics": library.topics,
            "topic_of": library.topic_of,
            "by_topic": library.by_topic,
            "entries": library.entries,
            "absolute": absolute,
            "address": address,
            "span": span,
            "today": date.today(),
            "status_today": status_today,
            "fact_address": lambda card: fact_address(card, library, date.today()),
            "next_steps": lambda card, as_of: next_steps(card, library, as_of),
            "is_traditional": is_traditional,
            "scripts": lambda: scripts(PASSING),
            "said": said,
            "form_token": form_token,
            "max_query": MAX_QUERY,
            "max_comment": MAX_COMMENT,
        }

    return app
