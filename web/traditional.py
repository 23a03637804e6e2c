"""Every page in traditional characters, under /zh-Hant/.

The prefix is taken off before the request is routed, so that views know one address each; a page that goes out is
converted text by text. Conversion is from character to character (OpenCC `s2hk`), never to the words of another
region: titles of laws and document numbers stay what they are.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Collection, Iterable
from functools import cache
from html import escape
from html.parser import HTMLParser
from typing import Any
from urllib.parse import quote, urlsplit

from flask import Response, request
from opencc import OpenCC

from web.addresses import query, site_base

PREFIX = "/zh-Hant"
_MARK = "wence.traditional"
_MACHINES = re.compile(r"/(api|static)/|/[^?#]*\.[a-z]+(?:[?#]|$)|//")
"""Addresses that have no traditional twin: the API, assets, feeds, other hosts."""
_OF_SCRIPTS = frozenset(
    {"data-some", "data-none", "data-done", "data-failed", "data-stop", "data-copy", "data-kept", "data-off"}
)
"""Attributes with what the scripts say."""
_SPOKEN = frozenset({"title", "alt", "aria-label", "placeholder"}) | _OF_SCRIPTS
"""Attributes whose words people see or hear."""
_UNTOUCHED = frozenset({"script", "style", "code", "pre", "textarea"})
_INLINE = frozenset({"a", "abbr", "b", "em", "i", "mark", "small", "strong", "sub", "sup"})
_VOID = frozenset({"area", "br", "col", "hr", "img", "input", "link", "meta", "wbr"})


_WORDS = (
    ("衞", "衛"),
    ("户", "戶"),
    ("簽註", "簽注"),
    ("籤注", "簽注"),
    ("籤註", "簽注"),
    ("制證", "製證"),
    ("週歲", "周歲"),
)
"""What OpenCC gives, and what people write who ask of permits; `t2s`, the way back, knows 衛 and not 衞."""


class TakesPrefixOff:
    """WSGI: `/zh-Hant/t/jifen` is routed as `/t/jifen`, and remembered as asked for in traditional characters."""

    def __init__(self, app: Callable[..., Iterable[bytes]]) -> None:
        self._app = app

    def __call__(self, environ: dict[str, Any], start_response: Any) -> Iterable[bytes]:
        path = environ.get("PATH_INFO", "")
        if path == PREFIX or path.startswith(PREFIX + "/"):
            environ[_MARK] = True
            environ["PATH_INFO"] = path.removeprefix(PREFIX) or "/"
        return self._app(environ, start_response)


def is_traditional() -> bool:
    """Whether the request under way asks for traditional characters."""
    return bool(request.environ.get(_MARK))


def scripts(without: Collection[str] = ()) -> dict[str, str]:
    """The path and query of this page in each script, by language tag (RFC 5646), with x-default.

    Parameters named in `without` are left out.
    """
    kept = "&".join(part for part in query().split("&") if part.partition("=")[0] not in without)
    plain = "/" + quote(request.path.lstrip("/")) + (f"?{kept}" if kept else "")
    return {"zh-Hans": plain, "zh-Hant": PREFIX + plain, "x-default": plain}


def convert_response(response: Response) -> Response:
    """Put a page that goes out under the prefix into traditional characters, and keep redirects under it."""
    if not is_traditional() or "zh-Hant" in response.content_language:
        return response
    location = response.headers.get("Location", "")
    if location.startswith("/"):
        response.headers["Location"] = prefixed(location)
    if response.mimetype == "text/html" and not response.is_streamed and not response.content_encoding:
        response.set_data(to_traditional_page(response.get_data(as_text=True), site_base()))
        response.content_language.add("zh-Hant")
    return response


def prefixed(target: str) -> str:
    """The traditional twin of an address on this site; other addresses are given back as they are."""
    if not target.startswith("/") or _MACHINES.match(target) or target.startswith(PREFIX + "/"):
        return target
    return PREFIX + target


@cache
def _converter() -> OpenCC:
    return OpenCC("s2hk")


def to_traditional(text: str) -> str:
    """Simplified to traditional characters, as many as before."""
    converted = str(_converter().convert(text))
    for taken, meant in _WORDS:
        converted = converted.replace(taken, meant)
    return converted


def to_traditional_page(html: str, base: str = "") -> str:
    """A page of ours in traditional characters: texts, and the attributes that are read out.

    Left alone: values, addresses, ids, code, what a visitor typed into a field, and elements that carry `hreflang`.
    Links and forms to our own pages lead to their traditional twins; what machines are told names those, too. `base` is
    what its absolute addresses of ours start with.
    """
    page = _Page(base)
    page.feed(html)
    page.close()
    return page.result()


class _Page(HTMLParser):
    """Takes a page apart into what stays and what is converted.

    All that is converted goes through OpenCC at once, so that a word divided by <mark> is still read as a word;
    every character gives one character, so that the result can be cut at the same places.
    """

    def __init__(self, base: str) -> None:
        super().__init__(convert_charrefs=False)
        self._own = re.compile(rf'"{re.escape(base)}(/[^"]*)"')
        self._base = base
        self._parts: list[str] = []
        self._joined: list[str] = []
        self._length = 0
        self._texts: list[tuple[int, int]] = []
        self._untouched = ""
        self._depth = 0

    def result(self) -> str:
        """The page converted."""
        joined = "".join(self._joined)
        converted = to_traditional(joined)
        for part, start in self._texts:
            text = self._parts[part]
            whole = len(converted) == len(joined)
            self._parts[part] = converted[start : start + len(text)] if whole else to_traditional(text)
        return "".join(self._parts)

    def _text(self, text: str) -> None:
        self._texts.append((len(self._parts), self._length))
        self._parts.append(text)
        self._read(text)

    def _read(self, text: str) -> None:
        self._joined.append(text)
        self._length += len(text)

    def handle_data(self, data: str) -> None:
        if self._untouched:
            self._parts.append(data)
        else:
            self._text(self._structured(data) if self.cdata_elem == "script" else data)

    def _structured(self, data: str) -> str:
        twins = self._own.sub(lambda found: f'"{self._base}{prefixed(found[1])}"', data)
        return twins.replace('"zh-CN"', '"zh-Hant"')

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self._start(tag, dict(attrs))
        if not self._untouched and tag not in _VOID and _is_untouched(tag, dict(attrs)):
            self._untouched = tag
        if self._untouched == tag:
            self._depth += 1

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self._start(tag, dict(attrs))

    def _start(self, tag: str, attrs: dict[str, str | None]) -> None:
        if tag not in _INLINE:
            self._read("\n")
        values = {} if self._untouched else {name: value for name, value in attrs.items() if value is not None}
        spoken = {name for name in values if name in _SPOKEN or (name == "content" and _describes(values))}
        changed = {} if "hreflang" in values else _addresses(tag, values)
        if not spoken and not changed:
            self._parts.append(self.get_starttag_text() or "")
            return
        self._parts.append(f"<{tag}")
        for name, value in attrs.items():
            self._parts.append(f" {name}" if value is None else f' {name}="')
            if name in spoken:
                self._read("\n")
                self._text(escape(values[name]))
                self._read("\n")
            elif value is not None:
                self._parts.append(escape(changed.get(name, value)))
            self._parts.append("" if value is None else '"')
        self._parts.append(">")

    def handle_endtag(self, tag: str) -> None:
        if tag not in _INLINE:
            self._read("\n")
        self._parts.append(f"</{tag}>")
        if tag == self._untouched:
            self._depth -= 1
            self._untouched = tag if self._depth else ""

    def handle_entityref(self, name: str) -> None:
        self._parts.append(f"&{name};")

    def handle_charref(self, name: str) -> None:
        self._parts.append(f"&#{name};")

    def handle_comment(self, data: str) -> None:
        self._parts.append(f"<!--{data}-->")

    def handle_decl(self, decl: str) -> None:
        self._parts.append(f"<!{decl}>")


def _is_untouched(tag: str, attrs: dict[str, str | None]) -> bool:
    return "hreflang" in attrs or (tag in _UNTOUCHED and attrs.get("type") != "application/ld+json")


def _describes(attrs: dict[str, str]) -> bool:
    """Whether a <meta> says something to people: a title or a description, of the page or of its preview."""
    name = attrs.get("name") or attrs.get("property") or ""
    return name.endswith(("title", "description", "site_name", "image:alt"))


def _addresses(tag: str, attrs: dict[str, str]) -> dict[str, str]:
    """The attributes of a tag that say where it leads or which script it is in, as they are on the traditional page."""
    if tag == "a" and "href" in attrs:
        return {"href": prefixed(attrs["href"])}
    if tag == "form" and "action" in attrs:
        return {"action": prefixed(attrs["action"])}
    if tag == "button" and "formaction" in attrs:
        return {"formaction": prefixed(attrs["formaction"])}
    if tag == "link" and attrs.get("rel") == "canonical" and "href" in attrs:
        return {"href": _twin(attrs["href"])}
    if tag == "meta" and attrs.get("property") == "og:url" and "content" in attrs:
        return {"content": _twin(attrs["content"])}
    if tag == "meta" and attrs.get("property") == "og:locale":
        return {"content": "zh_HK"}
    return {"lang": "zh-Hant"} if tag == "html" else {}


def _twin(address: str) -> str:
    """The absolute address of the traditional twin of one of our pages."""
    parts = urlsplit(address)
    return parts._replace(path=prefixed(parts.path)).geturl()
