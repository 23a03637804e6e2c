"""The site follows its content, on the disk or published by another machine, while questions go on being answered."""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Collection, Iterator
from pathlib import Path

from watchfiles import watch

from kb.bounds import MAX_PROBLEMS
from kb.errors import ContentError, Problem
from kb.library import Library
from search.engines import EngineError
from search.service import Service

log = logging.getLogger("wence")

LOOK_SECONDS = 1.0
"""How often it is looked whether the content folder is still the one that is watched, and what another machine published."""
AGAIN_SECONDS = 2.0
"""When a failed build is tried again; then after twice as long each time, until it is CHECK_SECONDS."""
FIRST_SECONDS = 10.0
"""How long a worker waits for its first look: gunicorn ends one that has said nothing for 30 seconds, again and again."""
POLL_SECONDS = 2.0
"""How often all files are looked at where nothing tells of changes."""
WATCH_AGAIN_SECONDS = 600.0
"""When it is tried again whether something does."""
CHECK_SECONDS = 60.0
"""How often the content is compared without any event: file systems and full queues lose some."""


def following(service: Service) -> Service:
    """Follow the content in a background thread; returns the same service, with what changed so far.

    What takes longer than FIRST_SECONDS (a cluster that hangs, another one's full build) comes when it is there.
    """
    looked = threading.Event()
    threading.Thread(target=_follow, args=(service, looked), name="wence-following", daemon=True).start()
    looked.wait(FIRST_SECONDS)
    return service


def refresh(service: Service) -> bool:
    """Take up what changed; what cannot be used is logged, and the last good version is served on.

    Returns whether the engine, the disk or the program failed: all may be well again soon, without any change of the content.
    """
    was_held_back = service.held_back
    try:
        if service.refresh():
            log.warning("内容已更新：%s", service.generation)
            for problem in service.errors[:MAX_PROBLEMS]:
                log.warning("%s：%s", _what_became_of(problem, service.library), problem)
        elif was_held_back:
            log.warning("内容又能用了，和网站上的一样：%s", service.generation)
    except ContentError:
        log.error("内容有错，继续用上一个版本：%s", " ".join(service.held_back.split("\n")))
    except (EngineError, OSError):  # content that cannot be read is a ContentError
        log.error("索引没有建成，继续用上一个版本，会自动再试：%s", " ".join(service.held_back.split("\n")))
        return True
    except (KeyboardInterrupt, SystemExit):
        raise
    except BaseException:  # tantivy's panics are no Exception; the next change must be tried whatever this one did
        log.exception("更新内容时出了意外，继续用上一个版本，会自动再试")
        service.hold_back(EngineError("更新内容时程序出了意外，原因在日志里——会自动再试；一直这样，请告诉开发者"))
        return True
    return False


def _what_became_of(problem: Problem, library: Library) -> str:
    if not problem.blocks:
        return "已发布，但要改"
    return "没有发布，仍用上一版" if problem.file in library.good else "没有发布"


def _follow(service: Service, looked: threading.Event) -> None:
    while True:
        try:
            # A worker that replaces a dead one inherits what the first process opened, which may be of last week; what
            # is published must not wait until the content can be used, or another process has built.
            service.catch_up()
            refresh(service)
            looked.set()
            _keep_up(service)
        except BaseException:  # in watching itself; a site that follows no more would not be noticed for weeks
            log.exception("跟随内容时出了意外，从头再来")
            time.sleep(LOOK_SECONDS)


def _keep_up(service: Service) -> None:
    """Refresh whenever the content may have changed, and when it is time: soon after a failed build. Never ends."""
    due, again = time.monotonic(), AGAIN_SECONDS
    for changed in _looks(service.settings.content):
        if changed:
            again = AGAIN_SECONDS
        elif time.monotonic() < due:
            continue
        if refresh(service):
            wait, again = again, min(2 * again, CHECK_SECONDS)
        else:
            # What another machine published gives no event.
            wait, again = LOOK_SECONDS if service.follows else CHECK_SECONDS, AGAIN_SECONDS
        due = time.monotonic() + wait


def _looks(content: Path) -> Iterator[bool]:
    """Whether the content may have changed, by an event or by another folder in its place; every LOOK_SECONDS at least."""
    while True:
        watched = _identity(content)
        for changes in _events(content):
            replaced = _identity(content) != watched
            yield bool(changes) or replaced
            if replaced:
                break


def _events(content: Path) -> Iterator[Collection[object]]:
    """What changed in the folder; something empty when nothing did for LOOK_SECONDS. Ends when it cannot be watched."""
    wait = round(LOOK_SECONDS * 1000)
    try:
        yield from watch(content, step=100, debounce=400, rust_timeout=wait, yield_on_timeout=True)
    except Exception as error:  # a missing folder, too many watches in the system: see the tests for what there is
        if content.is_dir():
            log.warning("收不到内容文件夹的改动通知（%s），改为定时查看", error)
            yield from _polled(content)
    time.sleep(LOOK_SECONDS)
    yield ()


def _polled(content: Path) -> Iterator[Collection[object]]:
    """All may have changed, every POLL_SECONDS. Not by `watch`, which follows links, to the end of the disk if it must."""
    end = time.monotonic() + WATCH_AGAIN_SECONDS
    while content.is_dir() and time.monotonic() < end:
        yield (content,)
        time.sleep(POLL_SECONDS)


def _identity(folder: Path) -> tuple[int, int] | None:
    """Tells a folder from another one that took its name, through links too; None when there is none."""
    try:
        found = folder.stat()
    except OSError:
        return None
    return found.st_dev, found.st_ino
