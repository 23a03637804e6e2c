"""What helps editors begin: the JSON Schema of what they write, and templates for new entries."""

from __future__ import annotations

import re
from datetime import date, timedelta
from pathlib import Path
from typing import Any

from pydantic.json_schema import models_json_schema

from kb.errors import ContentError
from kb.model import SLUG, ArticleMeta, EntryKind, FaqMeta, Site, Source, Topic

REVIEW_EVERY = timedelta(days=182)


def schema() -> dict[str, Any]:
    """The JSON Schema (2020-12) of front matter and of the shared files, for editors' tools."""
    models = (ArticleMeta, FaqMeta, Topic, Source, Site)
    _, definitions = models_json_schema([(model, "validation") for model in models], by_alias=True)
    return {"$schema": "https://json-schema.org/draft/2020-12/schema", "title": "问策内容格式", **definitions}


def new_entry(root: Path, kind: EntryKind, topic: str, slug: str, today: date) -> Path:
    """Write a template for a new entry and return its path. `kb check` reports every 【…】 until it is replaced.

    Raises ContentError for names that cannot be addresses and for a file that exists already.
    """
    for name, what in ((topic, "主题编号"), (slug, "文件名")):
        if not re.fullmatch(SLUG, name):
            raise ContentError(f"{what} {name} 不能做网址——只用小写字母、数字和连字符，如 banli-liucheng")
    folder = "articles" if kind is EntryKind.article else "faqs"
    path = root / folder / topic / f"{slug}.md"
    path.parent.mkdir(parents=True, exist_ok=True)
    try:
        with path.open("x", encoding="utf-8") as file:
            file.write(template(kind, topic, today))
    except FileExistsError:
        raise ContentError(f"{path} 已经有了——换一个文件名，或直接修改它") from None
    return path


def template(kind: EntryKind, topic: str, today: date) -> str:
    """A filled template; what the editor must replace stands in 【】."""
    heading = "title: 【标题】" if kind is EntryKind.article else "question: 【问题，写成人们会问的样子？】"
    sections = (
        "\n## 常见问题\n### 【问题？】 {#wenti-1 facet=process about=【哪件事】}\n【答案，一两句话】\n"
        if kind is EntryKind.article
        else ""
    )
    return f"""---
{heading}
topic: {topic}
status: in_force              # in_force 现行 | superseded 被取代 | expired 失效 | draft 草稿
verification: unverified      # official 见过官方原文 | secondary 有可靠转引 | unverified 未核实
effective: {{from: null, to: null}}
reviewed: {today}
review_by: {today + REVIEW_EVERY}
aliases: [【另一种问法】]
sources:
  - id: s1
    title: 【文件名称】
    issuer: 【发布机关】
    number: 【文号】
facts:
  - facet: process            # 类别，见编辑指南
    question: 【这条事实回答的问题？】
    answer: 【一两句话的直接答案】
    source: {{id: s1, clause: 【第几条】}}
---
【正文，第一段写最重要的一句话】
{sections}"""
