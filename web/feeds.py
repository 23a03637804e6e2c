"""What machines fetch: sitemap, Atom feed, OpenSearch description, robots. XML only by a serialiser."""

from __future__ import annotations

from datetime import date
from xml.etree.ElementTree import Element, SubElement, tostring

from flask import Blueprint, Response, request

from kb.model import Entry, Status
from web.context import service

feeds = Blueprint("feeds", __name__)
FEED_LENGTH = 30


def current_entries() -> list[Entry]:
    """Entries in force today, the latest reviewed first."""
    today = date.today()
    found = [entry for entry in service().library.entries.values() if entry.status_on(today) is Status.in_force]
    return sorted(found, key=lambda entry: (-entry.reviewed.toordinal(), entry.id))


def _xml(root: Element, content_type: str) -> Response:
    return Response(
        tostring(root, encoding="utf-8", xml_declaration=True), content_type=f"{content_type}; charset=utf-8"
    )


def _address(path: str) -> str:
    return request.url_root.rstrip("/") + path


@feeds.get("/sitemap.xml")
def sitemap() -> Response:
    """Home, topics and every entry in force."""
    root = Element("urlset", xmlns="http://www.sitemaps.org/schemas/sitemap/0.9")
    paths: list[tuple[str, date | None]] = [
        ("/", None),
        *((f"/t/{topic.id}", None) for topic in service().library.topics),
    ]
    paths += [(entry.url, entry.reviewed) for entry in current_entries()]
    for path, changed in paths:
        url = SubElement(root, "url")
        SubElement(url, "loc").text = _address(path)
        if changed:
            SubElement(url, "lastmod").text = changed.isoformat()
    return _xml(root, "application/xml")


@feeds.get("/feed.xml")
def feed() -> Response:
    """The entries reviewed last, as Atom (RFC 4287)."""
    entries = current_entries()[:FEED_LENGTH]
    root = Element("feed", xmlns="http://www.w3.org/2005/Atom")
    SubElement(root, "title").text = service().library.site.name
    SubElement(root, "id").text = _address("/")
    SubElement(root, "link", rel="self", href=_address("/feed.xml"))
    latest = max((entry.reviewed for entry in entries), default=date(2026, 1, 1))
    SubElement(root, "updated").text = f"{latest}T00:00:00Z"
    SubElement(SubElement(root, "author"), "name").text = service().library.site.name
    for entry in entries:
        item = SubElement(root, "entry")
        SubElement(item, "title").text = entry.title
        SubElement(item, "id").text = _address(entry.url)
        SubElement(item, "link", href=_address(entry.url))
        SubElement(item, "updated").text = f"{entry.reviewed}T00:00:00Z"
        SubElement(item, "summary").text = entry.summary
    return _xml(root, "application/atom+xml")


@feeds.get("/opensearch.xml")
def opensearch() -> Response:
    """Lets a browser search this site from its address bar (OpenSearch 1.1)."""
    root = Element("OpenSearchDescription", xmlns="http://a9.com/-/spec/opensearch/1.1/")
    SubElement(root, "ShortName").text = service().library.site.name[:16]
    SubElement(root, "Description").text = service().library.site.tagline
    SubElement(root, "InputEncoding").text = "UTF-8"
    SubElement(root, "Url", type="text/html", template=_address("/search?q={searchTerms}"))
    return _xml(root, "application/opensearchdescription+xml")


@feeds.get("/robots.txt")
def robots() -> Response:
    """Entries and plain questions may be read by all; filtered and later result pages and the API are not for crawling."""
    lines = ["User-agent: *", "Disallow: /search?*&", "Disallow: /api/", f"Sitemap: {_address('/sitemap.xml')}", ""]
    return Response("\n".join(lines), content_type="text/plain; charset=utf-8")
