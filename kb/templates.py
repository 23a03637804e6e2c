"""What a new entry begins with, and the words in it that stand for the editor's own."""

from __future__ import annotations

import json
import re
from collections.abc import Sequence
from datetime import date, timedelta

from kb.model import EntryKind

REVIEW_EVERY = timedelta(days=182)


def template(kind: EntryKind, topic: str, today: date, aliases: Sequence[str] = ()) -> str:
    """A filled template; what the editor must replace stands in 【】."""
    # A JSON string is a double-quoted YAML string.
    asked = ", ".join(json.dumps(alias, ensure_ascii=False) for alias in aliases) or "【另一种问法】"
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
aliases: [{asked}]
# 来源已经写在 sources.yml 里的，删掉 sources 这几行，下面的 s1 换成它的编号
sources:
  - id: s1
    title: 【文件名称】
    issuer: 【发布机关】
    number: 【文号】
facts:
  - facet: process            # 类别，见编辑指南
    # about 写只针对哪件事；针对整个主题，就删掉 about 这一行
    about: 【只针对哪件事】
    question: 【这条事实回答的问题？】
    answer: 【一两句话的直接答案】
    source: {{id: s1, clause: 【第几条】}}
---
【正文，第一段写最重要的一句话】
{sections}"""


PLACEHOLDERS = frozenset(
    found for kind in EntryKind for found in re.findall("【[^【】]*】", template(kind, "", date(2000, 1, 1)))
)
"""What `kb check` asks to be replaced: other text may well stand in such brackets."""
