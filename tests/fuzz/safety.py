"""What no page may hold, looked for in HTML as a browser's parser sees it (lxml.html)."""

from __future__ import annotations

import re
from collections.abc import Iterator

from lxml import html as parser

FORBIDDEN = frozenset(
    "script style iframe object embed applet base link meta form input button svg math img video audio".split()  # noqa: SIM905
)
SCHEMES = frozenset({"http", "https", "mailto", "tel"})
_SCHEME = re.compile(r"([a-z][a-z0-9+.-]*):", re.IGNORECASE)
_IGNORED = re.compile(r"^[\x00-\x20]+|[\t\n\r]")
"""What browsers pass over in an address (WHATWG URL, 4.4)."""


def unsafe(html: str) -> list[str]:
    """What is dangerous in a piece of HTML; empty for none."""
    if not html.strip():
        return []
    return [found for element in parser.fragments_fromstring(f"<div>{html}</div>") for found in _in(element)]


def _in(root: parser.HtmlElement) -> Iterator[str]:
    for element in root.iter():
        if not isinstance(element.tag, str):
            yield f"{element.tag}"  # a comment or a processing instruction
            continue
        if element.tag.lower() in FORBIDDEN:
            yield f"<{element.tag}>"
        for name, value in element.attrib.items():
            scheme = _SCHEME.match(_IGNORED.sub("", value))
            if name.lower().startswith("on") or name.lower() in ("srcdoc", "formaction", "src", "style"):
                yield f"{name}={value!r}"
            if name.lower() == "href" and scheme and scheme[1].lower() not in SCHEMES:
                yield f"{name}={value!r}"
