"""What a page says to those who link to it: canonical address, Open Graph, structured data."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from typing import Literal

from kb.model import Entry, Status
from web.addresses import absolute
from web.context import previews, service
from web.preview import Words
from web.structured import Node

SITE_IMAGE = "/preview.png"


@dataclass(frozen=True)
class Share:
    """For `_machines.html`. `address` and `image` are absolute; `structured` is JSON-LD."""

    title: str
    description: str
    address: str
    image: str
    kind: Literal["website", "article"] = "website"
    structured: Node | None = None


def site_words() -> Words:
    """What is on the image of the site itself."""
    site = service().library.site
    return Words(site.name, site.region, site.tagline)


def entry_words(entry: Entry) -> Words:
    """What is on the image of an entry; a rule out of force says so."""
    library = service().library
    status = entry.status_on(date.today())
    topic = library.topic_of[entry.topic].name if entry.topic in library.topic_of else ""
    return Words(library.site.name, topic, entry.title, "" if status is Status.in_force else status.label)


def share_page(path: str, title: str, description: str, structured: Node | None = None) -> Share:
    """A page that is not an entry: it has the image of the site."""
    return Share(title, description, absolute(path), _image(SITE_IMAGE, site_words()), structured=structured)


def share_entry(entry: Entry, structured: Node) -> Share:
    """An entry with its own image."""
    words = entry_words(entry)
    title = f"【{words.warning}】{entry.title}" if words.warning else entry.title
    return Share(title, entry.summary, absolute(entry.url), _image(f"{entry.url}.png", words), "article", structured)


def _image(path: str, words: Words) -> str:
    """With a part of its hash, so that those who keep images fetch the next one."""
    return absolute(f"{path}?v={previews().key(words)[:12]}")
