"""Fixtures that more than one room uses: the real content, and small folders to vary."""

from __future__ import annotations

from collections.abc import Callable
from fcntl import LOCK_EX, flock
from functools import cache
from pathlib import Path
from textwrap import dedent

import pytest
from hypothesis import settings

from cli.clock import keep_the_days_of_china
from search.chinese import everyday
from search.kept import read_vectors, write_vectors
from search.meaning import encoder
from search.service import Service, Settings, open_service

keep_the_days_of_china()  # as the servers that tests start and ask

# How long an example takes is the machine's affair.
settings.register_profile("untimed", settings(), deadline=None)
settings.load_profile("untimed")

ROOT = Path(__file__).parent.parent
CONTENT = ROOT / "content"
CACHE = ROOT / ".pytest_cache/site"
"""An index of the real content, kept from run to run for its vectors."""

SITE = """
name: 测试站
tagline: 测试
region: 某市
disclaimer: 以官方为准
contact: {text: 请拨打 12345}
"""
TOPICS = "- {id: jifen, name: 积分, summary: 关于积分, aliases: [积分]}\n"
SOURCES = "- {id: banfa, title: 积分办法, issuer: 某机关, number: 某规〔2022〕1号}\n"
ARTICLE = """
---
title: 积分办理指南
topic: jifen
status: in_force
verification: official
effective: {from: 2023-01-01, to: 2099-12-31}
reviewed: 2026-11-01
review_by: 2027-05-01
aliases: [积分怎么办理]
facts:
  - facet: review_time
    question: 积分审核要多久？
    answer: 20 个工作日内核定并告知。
    limit: {promised: 20, unit: 工作日, from: 审核属实之日}
    source: {id: banfa, clause: 第十七条}
---
积分由单位申请。

## 常见问题
### 审核能加急吗？ {#jiaji facet=review_time about=加急}
不能加急。
"""
FAQ = """
---
question: 积分要交什么材料？
topic: jifen
status: in_force
verification: official
reviewed: 2026-11-01
aliases: [积分材料清单]
facts:
  - facet: materials
    items: [{name: 居住证, copies: 原件}]
    source: banfa
---
带居住证原件。
"""


class Folder:
    """A content folder on disk, with one good article and FAQ, that a test changes."""

    article = "articles/jifen/zhinan.md"
    faq = "faqs/jifen/cailiao.md"

    def __init__(self, root: Path) -> None:
        self.root = root
        self.write("site.yml", SITE)
        self.write("topics.yml", TOPICS)
        self.write("sources.yml", SOURCES)
        self.write(self.article, ARTICLE)
        self.write(self.faq, FAQ)

    def write(self, path: str, text: str | bytes) -> None:
        """Write a file; text is dedented and loses its first line break."""
        full = self.root / path
        full.parent.mkdir(parents=True, exist_ok=True)
        full.write_bytes(text if isinstance(text, bytes) else dedent(text).lstrip("\n").encode())

    def change(self, path: str, old: str, new: str) -> None:
        """Replace a piece of a file that must be there."""
        text = (self.root / path).read_text("utf-8")
        assert old in text
        (self.root / path).write_text(text.replace(old, new, 1), "utf-8")

    def write_windows(self) -> str:
        """Write two FAQs with 窗口 in their titles, and twelve nearer to that word; the id of the one that it does not find."""
        base = (self.root / self.faq).read_text("utf-8")
        far = "办积分能不能不去单位注册地的那个窗口"
        titles = {"near": ("窗口", "近处"), "far": (far, "远处")}
        titles |= {f"q{number}": (f"大厅{number}号", f"窗口 {number}") for number in range(12)}
        for slug, (title, alias) in titles.items():
            text = base.replace("积分要交什么材料？", title).replace("积分材料清单", alias)
            self.write(
                f"faqs/jifen/{slug}.md", text.replace("facet: materials", f"facet: materials\n    about: {slug}")
            )
        return "faqs/jifen/far"

    def write_what_is_not_in_force(self) -> tuple[str, ...]:
        """Write a draft, a coming and an expired FAQ; the names by which they can be told on any page."""
        changes = {
            "caogao": ("in_force", "draft"),
            "jianglai": ("reviewed", "effective: {from: 2099-01-01, to: null}\nreviewed"),
            "guoqu": ("status: in_force", "status: expired\neffective: {from: 2020-01-01, to: 2021-12-31}"),
        }
        base = (self.root / self.faq).read_text("utf-8")
        for slug, change in changes.items():
            text = base.replace("积分要交什么材料？", f"金丝雀{slug}？").replace("积分材料清单", slug).replace(*change)
            self.write(
                f"faqs/jifen/{slug}.md", text.replace("facet: materials", f"facet: materials\n    about: {slug}")
            )
        return tuple(changes)


@pytest.fixture
def folder(tmp_path: Path) -> Folder:
    """A small valid content folder."""
    return Folder(tmp_path / "content")


@pytest.fixture
def open_folder(tmp_path: Path) -> Callable[..., Service]:
    """Opens the service of a folder, by engine."""

    def opened(folder: Folder, engine: str = "tantivy") -> Service:
        return open_service(Settings(folder.root, tmp_path / "index" / engine, engine))

    return opened


def keep_vectors(index: Path, engine: str = "tantivy", real: bool = False) -> None:
    """Have ready what every start would encode anew; of the `real` content all wordings too, some 15 seconds of a processor.

    As where a site was started before; that the first start makes them itself is tested in tests/search/test_kept.py.
    """
    if not index.exists():
        (index / engine).mkdir(parents=True)
        write_vectors(index / engine, _vectors(real))


@cache
def _vectors(real: bool) -> dict[str, bytes]:
    if not real:
        encoder().remember(everyday())
        return encoder().known(everyday())
    CACHE.mkdir(parents=True, exist_ok=True)
    with (CACHE / "one-at-a-time").open("w") as lock:
        flock(lock, LOCK_EX)  # the first of the test processes encodes, the others wait for it
        open_service(Settings(CONTENT, CACHE)).warm_up()
        return read_vectors(CACHE)


@pytest.fixture(scope="session", params=["tantivy", "whoosh"])
def service(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Service:
    """The real content on each embedded engine."""
    return _opened(tmp_path_factory, request.param)


@pytest.fixture(scope="session")
def site(tmp_path_factory: pytest.TempPathFactory) -> Service:
    """The real content on the default engine."""
    return _opened(tmp_path_factory, "tantivy")


def _opened(places: pytest.TempPathFactory, engine: str) -> Service:
    place = places.mktemp(engine) / "index"
    keep_vectors(place, engine, real=True)
    return open_service(Settings(CONTENT, place / engine, engine))
