"""How often one address may ask, search and vote. Addresses are neither kept nor logged: a keyed digest stands for each."""

from __future__ import annotations

import hashlib
import ipaddress
import re
import secrets
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, fields, replace
from math import ceil
from typing import Any, cast

from flask import Flask, current_app, request
from flask_limiter import Limiter
from limits import RateLimitItem, parse_many

from web.api import json_body
from web.context import service
from web.counters import Counters

_SCOPES = {"pages.search": "search", "api.suggest": "suggest", "forms.send": "feedback", "api.feedback": "feedback"}
"""What each endpoint counts as; the rest of the API counts as `read`, the rest of the site is not limited."""
_NOTATION = re.compile(r"\d{1,6}/(second|minute|hour|day)(;\d{1,6}/(second|minute|hour|day))*")
_OFF = "off"
_IPV6_NETWORK = 64
"""Bits of an IPv6 address that count: a household is given that much, and every address in it (RFC 6177)."""
STORAGE = f"{Counters.STORAGE_SCHEME[0]}://"


@dataclass(frozen=True)
class Limits:
    """How often one address may do what, as `10/minute;200/day`; `off` for no limit. Many people may share an address.

    `votes` counts the votes of one address on one entry.
    """

    read: str = "600/minute"
    search: str = "300/minute"
    suggest: str = "1200/minute"
    feedback: str = "10/minute;60/hour;200/day"
    votes: str = "5/day"


NONE = Limits(*[_OFF] * len(fields(Limits)))


def limits_from(settings: Mapping[str, str]) -> Limits:
    """The limits that the environment sets: KB_LIMIT_READ and so on for one, KB_LIMITS=off for none at all.

    Raises ValueError, in Chinese.
    """
    every = settings.get("KB_LIMITS", "")
    if every not in ("", _OFF):
        raise ValueError(f"KB_LIMITS={every[:80]} 不能用——只能写 off（不限次数），或去掉这个设置")
    changed: dict[str, str] = {}
    for name in (field.name for field in fields(Limits)):
        variable = f"KB_LIMIT_{name.upper()}"
        value = settings.get(variable, "").replace(" ", "")
        if value and value != _OFF and not _NOTATION.fullmatch(value):
            raise ValueError(f"{variable}={value[:80]} 不能用——写成 60/minute 或 10/minute;200/day，不限写 off")
        if value:
            changed[name] = value
    return NONE if every else replace(Limits(), **changed)


@dataclass(frozen=True)
class _Installed:
    limiter: Limiter
    whose: Callable[[], str]
    search: tuple[RateLimitItem, ...]


def limited(app: Flask, limits: Limits) -> None:
    """Put the limits on the endpoints of an application; counters are in the memory of this process."""
    whose = _digests()
    # All limits are looked at, so that nobody is told to come back when another one still refuses him.
    limiter = Limiter(whose, storage_uri=STORAGE, strategy="fixed-window", fail_on_first_breach=False)
    # Known already, it hooks into no request: the views that are limited check by themselves, and no other page pays.
    app.extensions.setdefault("limiter", set()).add(limiter)
    limiter.init_app(app)
    for endpoint, view in app.view_functions.items():
        scope = _SCOPES.get(endpoint) or ("read" if endpoint.startswith("api.") else "")
        guarded: Any = view
        if scope and getattr(limits, scope) != _OFF:
            guarded = limiter.shared_limit(getattr(limits, scope), scope=scope)(guarded)
        if scope == "feedback" and limits.votes != _OFF:
            guarded = limiter.shared_limit(limits.votes, scope=_voted_on, exempt_when=lambda: not _voted_on())(guarded)
        app.view_functions[endpoint] = guarded
    search = () if limits.search == _OFF else tuple(parse_many(limits.search))
    app.extensions["wence-limits"] = _Installed(limiter, whose, search)


def may_search() -> bool:
    """Whether a search may be made that was not asked for by a limited endpoint; counts as one of this address."""
    installed = _installed()
    return installed is None or all(
        installed.limiter.limiter.hit(limit, installed.whose(), "search") for limit in installed.search
    )


def wait() -> int:
    """Seconds after which a request that was refused may be sent again, at least 1."""
    installed = _installed()
    limits = installed.limiter.current_limits if installed else ()
    ends = [limit.window.reset_time for limit in limits if limit.remaining < 1]  # `reset_at` is a second later
    return max(ceil(max(ends) - time.time()), 1) if ends else 60


def plainly(seconds: int) -> str:
    """A wait in words: 40 秒, 3 分钟, 5 小时."""
    if seconds < 90:
        return f"{seconds} 秒"
    return f"{ceil(seconds / 60)} 分钟" if seconds < 5400 else f"{ceil(seconds / 3600)} 小时"


def _installed() -> _Installed | None:
    return cast(_Installed | None, current_app.extensions.get("wence-limits"))


def _digests() -> Callable[[], str]:
    """What stands for the address of a request, by a key that is never written: it cannot be turned back."""
    key = secrets.token_bytes(32)

    def digest() -> str:
        return hashlib.blake2b(network_of(request.remote_addr or "").encode(), key=key, digest_size=12).hexdigest()

    return digest


def network_of(address: str) -> str:
    """The address itself, or the network of an IPv6 address; anything else (a Unix socket) is one address for all."""
    try:
        found = ipaddress.ip_address(address)
    except ValueError:
        return ""
    if isinstance(found, ipaddress.IPv4Address):
        return str(found)
    if found.ipv4_mapped:
        return str(found.ipv4_mapped)
    return str(ipaddress.ip_network((found.packed, _IPV6_NETWORK), strict=False))


def _voted_on(_endpoint: str = "") -> str:
    """The entry that a request votes on, else nothing."""
    sent: Mapping[str, Any] = {}
    if request.endpoint == "api.feedback":
        sent = json_body() or {}
    elif (request.view_args or {}).get("name") == "vote":
        sent = request.form
    entry = sent.get("entry")
    return f"votes {entry}" if isinstance(entry, str) and entry in service().library.entries else ""
