"""What machines fetch: sitemaps, Atom feed, OpenSearch description, robots, llms.txt. XML only by a serialiser."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date
from xml.etree.ElementTree import Element, SubElement, tostring

from flask import Blueprint, Response, abort, render_template, request, url_for

from kb.model import Entry, EntryKind
from web.addresses import absolute
from web.context import service

feeds = Blueprint("feeds", __name__)
FEED_LENGTH = 30
MAX_ADDRESSES = 5_000
"""Addresses of one sitemap. It may hold 50,000 (sitemaps.org), but a reply of that length is not kept in memory."""
MAX_LINES = 2_000
"""Entries that llms.txt lists, for the same reason."""
_SITEMAPS = "http://www.sitemaps.org/schemas/sitemap/0.9"
_SHORT_NAME, _DESCRIPTION = 16, 1024
"""Characters that OpenSearch 1.1 allows."""


def current_entries() -> list[Entry]:
    """Entries in force today, the latest reviewed first."""
    return sorted(service().library.in_force(date.today()), key=lambda entry: (-entry.reviewed.toordinal(), entry.id))


def _xml(root: Element, content_type: str) -> Response:
    return Response(
        tostring(root, encoding="utf-8", xml_declaration=True), content_type=f"{content_type}; charset=utf-8"
    )


@feeds.get("/sitemap.xml")
def sitemap() -> Response:
    """Home, topics, other pages and every entry in force; where these are too many for one sitemap, the index of several."""
    paths = _paths()
    if len(paths) <= MAX_ADDRESSES:
        return _urls(paths)
    root = Element("sitemapindex", xmlns=_SITEMAPS)
    for first in range(0, len(paths), MAX_ADDRESSES):
        SubElement(SubElement(root, "sitemap"), "loc").text = absolute(f"/sitemap-{first // MAX_ADDRESSES + 1}.xml")
    return _xml(root, "application/xml")


@feeds.get("/sitemap-<int:number>.xml")
def sitemap_part(number: int) -> Response:
    """One of the sitemaps that the index names, counted from 1."""
    paths = _paths()
    if request.path != f"/sitemap-{number}.xml" or number < 1 or (number - 1) * MAX_ADDRESSES >= len(paths):
        abort(404)
    return _urls(paths[(number - 1) * MAX_ADDRESSES : number * MAX_ADDRESSES])


def _paths() -> list[tuple[str, date | None]]:
    """What is to be found by search engines, with the day of its last change where that is known."""
    pages = ["/", "/updates", "/quality", *(f"/t/{topic.id}" for topic in service().library.topics)]
    return [*((page, None) for page in pages), *((entry.url, entry.reviewed) for entry in current_entries())]


def _urls(paths: Iterable[tuple[str, date | None]]) -> Response:
    root = Element("urlset", xmlns=_SITEMAPS)
    for path, changed in paths:
        url = SubElement(root, "url")
        SubElement(url, "loc").text = absolute(path)
        if changed:
            SubElement(url, "lastmod").text = changed.isoformat()
    return _xml(root, "application/xml")


@feeds.get("/feed.xml")
def feed() -> Response:
    """The entries reviewed last, as Atom (RFC 4287)."""
    library = service().library
    entries = current_entries()[:FEED_LENGTH]
    root = Element("feed", {"xmlns": "http://www.w3.org/2005/Atom", "xml:lang": "zh-CN"})
    SubElement(root, "title").text = library.site.name
    SubElement(root, "subtitle").text = library.site.tagline
    SubElement(root, "id").text = absolute("/")
    SubElement(root, "link", rel="self", type="application/atom+xml", href=absolute("/feed.xml"))
    SubElement(root, "link", rel="alternate", type="text/html", href=absolute("/"))
    SubElement(root, "icon").text = absolute(url_for("static", filename="icon.svg"))
    latest = max((entry.reviewed for entry in entries), default=date.today())
    SubElement(root, "updated").text = f"{latest}T00:00:00Z"
    SubElement(SubElement(root, "author"), "name").text = library.site.name
    for entry in entries:
        item = SubElement(root, "entry")
        SubElement(item, "title").text = entry.title
        SubElement(item, "id").text = absolute(entry.url)
        SubElement(item, "link", rel="alternate", type="text/html", href=absolute(entry.url))
        SubElement(item, "link", rel="alternate", type="text/markdown", href=absolute(f"{entry.url}.md"))
        SubElement(item, "updated").text = f"{entry.reviewed}T00:00:00Z"
        SubElement(item, "summary").text = entry.summary
        if entry.topic in library.topic_of:
            SubElement(item, "category", term=entry.topic, label=library.topic_of[entry.topic].name)
    return _xml(root, "application/atom+xml")


@feeds.get("/opensearch.xml")
def opensearch() -> Response:
    """Lets a browser search this site from its address bar (OpenSearch 1.1)."""
    site = service().library.site
    root = Element("OpenSearchDescription", xmlns="http://a9.com/-/spec/opensearch/1.1/")
    SubElement(root, "ShortName").text = site.name[:_SHORT_NAME]
    SubElement(root, "Description").text = site.tagline[:_DESCRIPTION]
    SubElement(root, "InputEncoding").text = "UTF-8"
    SubElement(root, "Language").text = "zh-CN"
    icon = SubElement(root, "Image", width="192", height="192", type="image/png")
    icon.text = absolute(url_for("static", filename="icon-192.png"))
    SubElement(root, "Url", type="text/html", method="get", template=absolute("/search?q={searchTerms}"))
    own = {"type": "application/opensearchdescription+xml", "rel": "self"}
    SubElement(root, "Url", own, template=absolute("/opensearch.xml"))
    return _xml(root, "application/opensearchdescription+xml")


@feeds.get("/robots.txt")
def robots() -> Response:
    """Entries and plain questions may be read by all; filtered and later result pages and the API are not for crawling."""
    rules = ["Disallow: /search?*&", "Disallow: /zh-Hant/search?*&", "Disallow: /api/", "Allow: /api/openapi.json"]
    lines = ["User-agent: *", *rules, f"Sitemap: {absolute('/sitemap.xml')}", ""]
    return Response("\n".join(lines), content_type="text/plain; charset=utf-8")


@feeds.get("/llms.txt")
def llms() -> Response:
    """What there is to read, for language models, as llmstxt.org proposes: guides by topic, single questions as optional.

    No more than MAX_LINES entries, guides first; of the others it says how they are found.
    """
    entries = sorted(current_entries(), key=lambda entry: (entry.kind is EntryKind.faq, entry.id))
    by_topic: dict[str, list[Entry]] = {}
    faqs: list[Entry] = []
    for entry in entries[:MAX_LINES]:
        (faqs if entry.kind is EntryKind.faq else by_topic.setdefault(entry.topic, [])).append(entry)
    sections = [(topic, by_topic.get(topic.id, ())) for topic in service().library.topics]
    text = render_template("llms.txt", sections=sections, faqs=faqs, more=len(entries[MAX_LINES:]))
    return Response(text, content_type="text/plain; charset=utf-8")
