"""What views reach through the application: the service, what records its use, the tokens of its forms."""

from __future__ import annotations

from typing import cast

from flask import current_app, g

from search.service import Service
from web.usage.recorder import Recorder
from web.usage.tokens import Tokens


def service() -> Service:
    """The service of this application."""
    return cast(Service, current_app.extensions["wence"])


def usage() -> Recorder:
    """What records the use of this application."""
    return cast(Recorder, current_app.extensions["wence-usage"])


def tokens() -> Tokens:
    """What makes and reads the tokens of this application's forms."""
    return cast(Tokens, current_app.extensions["wence-tokens"])


def form_token() -> str:
    """The token of the page being rendered, the same in all its forms."""
    if "form_token" not in g:
        g.form_token = tokens().new()
    return str(g.form_token)
