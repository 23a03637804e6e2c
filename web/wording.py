"""How what editors wrote is set on pages."""

from __future__ import annotations

from html import escape

from kb.model import Site

_ENDS = "。；！？"
_OPENING = "（“《〔("
_CLOSING = "）”》〕)"
_BOX = '<div class="scroll" tabindex="0" role="group" aria-label="表格">'


def example_question(site: Site) -> str:
    """A question that shows how one may ask: the editors' own, from the search box or the home page; else empty."""
    _, _, shown = site.placeholder.partition("例如：")
    return shown or next(iter(site.home.popular), "")


def first_sentence(text: str) -> tuple[str, str]:
    """Cut after the first sentence or clause; a stop within brackets or quotation marks does not count."""
    depth = 0
    for at, letter in enumerate(text):
        if letter in _OPENING:
            depth += 1
        elif letter in _CLOSING:
            depth = max(depth - 1, 0)
        elif letter in _ENDS and depth == 0:
            # A semicolon promises more; large and alone, it looks cut off.
            return text[: at + 1].removesuffix("；"), text[at + 1 :]
    return text, ""


def scrolling(html: str) -> str:
    """HTML of `kb.rendering` with each table in a box of its own that scrolls, by keyboard too, where it is too wide."""
    return html.replace("<table>", _BOX + "<table>").replace("</table>", "</table></div>")


def without_lead(html: str, lead: str) -> str:
    """HTML of `kb.rendering` without its first paragraph where that is `lead`, which the card above it says already."""
    return html.removeprefix(f"<p>{escape(lead, quote=False)}</p>").strip()
