"""The site follows its content: a change on disk is built and switched to while questions go on being answered."""

from __future__ import annotations

import logging
import threading

from watchfiles import watch

from kb.errors import ContentError
from search.engines import EngineError
from search.service import Service

log = logging.getLogger("wence")


def following(service: Service) -> Service:
    """Start following the content in a background thread; returns the same service."""
    threading.Thread(target=_follow, args=(service,), name="wence-following", daemon=True).start()
    return service


def _follow(service: Service) -> None:
    for _changes in watch(service.settings.content, step=100, debounce=400):
        refresh(service)


def refresh(service: Service) -> None:
    """Take up what changed; what cannot be used is logged, and the last good version is served on."""
    try:
        if service.refresh():
            log.warning("内容已更新：%s", service.generation)
    except (ContentError, EngineError, OSError) as error:
        log.error("内容有错，继续用上一个版本：%s", error)
