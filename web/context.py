"""What views reach through the application: the service, what records its use, the tokens of its forms."""

from __future__ import annotations

from typing import cast

from flask import current_app, g

from search.model import Answer
from search.service import Service
from web.metrics import Metrics
from web.preview import Previews
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
    """The place of the token in the forms of the page being rendered; `web.caching` puts the token there."""
    return tokens().place


def metrics() -> Metrics:
    """What measures this application."""
    return cast(Metrics, current_app.extensions["wence-metrics"])


def answered(answer: Answer, counts: bool) -> Answer:
    """Note what the request under way was answered; `counts` as a question asked. Each reply is counted, a kept one too."""
    g.answered = answer.model_copy(update={"results": (), "related": ()}), counts
    return answer


def previews() -> Previews:
    """Where this application draws and keeps preview images."""
    return cast(Previews, current_app.extensions["wence-previews"])
