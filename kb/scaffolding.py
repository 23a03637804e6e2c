"""What helps editors begin: templates for new entries, the JSON Schema of what they write, the guide's reference."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from datetime import date
from enum import StrEnum
from pathlib import Path
from typing import Any, get_args

from pydantic import BaseModel
from pydantic.fields import FieldInfo
from pydantic.json_schema import models_json_schema
from pypinyin import lazy_pinyin

from kb import model
from kb.documents import MAX_SLUG
from kb.errors import ContentError
from kb.library import read_topics
from kb.model import SLUG, ArticleMeta, EntryKind, Facet, FaqMeta, Meta, Site, Source, Status, Topic, Verification
from kb.templates import template
from kb.validating import did_you_mean

_NAMES: dict[type[BaseModel], str] = {
    ArticleMeta: "指南的文件头",
    FaqMeta: "问答的文件头",
    model.Fact: "事实 facts",
    model.SourceRef: "引用来源 source",
    model.Limit: "时限 limit",
    model.Item: "材料 items",
    model.Step: "步骤 steps",
    model.Value: "对照表 values",
    model.Total: "合计 total",
    model.Part: "合计的一部分 parts",
    model.Conflict: "说法不一 conflict",
    model.Statement: "一种说法 statements",
    model.Period: "期间 effective",
    model.Now: "现在怎么办 now",
    Source: "来源 sources",
    Topic: "主题 topics.yml",
    Site: "网站 site.yml",
    model.Contact: "联系方式 contact",
    model.Home: "首页 home",
}
"""What editors call each model; the order of the reference."""

_VOCABULARIES: tuple[tuple[type[Facet] | type[Status] | type[Verification], str], ...] = (
    (Facet, "类别 facet"),
    (Status, "状态 status"),
    (Verification, "核实程度 verification"),
)


def new_entry(root: Path, kind: EntryKind, topic: str, slug: str, today: date, aliases: Sequence[str] = ()) -> Path:
    """Write a template for a new entry and return its path. `kb check` reports every 【…】 until it is replaced.

    `aliases` are written into it as they are.

    Raises ContentError for a topic that topics.yml does not have, a name that cannot be an address, and a file that
    exists already.
    """
    topics = {known.id: known.name for known in read_topics(root)}
    if topic not in topics:
        raise ContentError(
            f"主题 {topic} 在 topics.yml 里没有——{did_you_mean(topic, topics)}已有的主题：{'、'.join(topics)}"
        )
    if not re.fullmatch(SLUG, slug):
        raise ContentError(f"文件名 {slug} 不能做网址——只用小写字母、数字和连字符，如 banli-liucheng")
    if len(slug) > MAX_SLUG:
        raise ContentError(f"文件名太长（上限 {MAX_SLUG} 个字符）——改短一些，如 banli-liucheng")
    path = root / kind.folder / topic / f"{slug}.md"
    path.parent.mkdir(parents=True, exist_ok=True)
    try:
        with path.open("x", encoding="utf-8") as file:
            file.write(template(kind, topic, today, aliases))
    except FileExistsError:
        raise ContentError(f"{path} 已经有了——换一个文件名，或直接修改它") from None
    return path


def slug_of(text: str) -> str:
    """A file name from a question: its sounds in pinyin, those of its first dozen characters; empty when it has none."""
    sounds = lazy_pinyin("".join(re.findall(r"[a-z0-9\u4e00-\u9fff]", text.lower()))[:12])
    slug = "-".join(re.findall(r"[a-z0-9]+", " ".join(sounds)))
    return slug if len(slug) <= MAX_SLUG else slug[: MAX_SLUG + 1].rpartition("-")[0]


def schema() -> dict[str, Any]:
    """The JSON Schema (2020-12) of front matter and of the shared files, described in Chinese, for editors' tools."""
    models = (ArticleMeta, FaqMeta, Topic, Source, Site)
    _, definitions = models_json_schema([(cls, "validation") for cls in models], by_alias=True)
    known = definitions["$defs"]
    for cls, name in _NAMES.items():
        known[cls.__name__] |= {"title": name, "description": name}
        for described in known[cls.__name__]["properties"].values():
            described.pop("title", None)
    for vocabulary, name in _VOCABULARIES:
        words = _words(vocabulary)
        labels = "；".join(f"{word} {label}" for word, label in words.items())
        known[vocabulary.__name__] |= {"title": name, "description": labels, "enum": list(words)}
    return {"$schema": "https://json-schema.org/draft/2020-12/schema", "title": "问策内容格式", **definitions}


def reference() -> str:
    """The reference part of the editor guide, in Markdown: every field and every word that may be written."""
    parts = [
        _table("文件头", [*_rows(FaqMeta, "问答"), *_rows(ArticleMeta, "指南"), *_rows(Meta)]),
        *(_table(name, _rows(cls)) for cls, name in _NAMES.items() if not issubclass(cls, Meta)),
    ]
    for vocabulary, name in _VOCABULARIES:
        rows = [f"| `{word}` | {label} |" for word, label in _words(vocabulary).items()]
        parts.append("\n".join([f"### {name}", "", "| 写 | 意思 |", "|---|---|", *rows]))
    return "\n\n".join(parts)


def _words(vocabulary: type[StrEnum]) -> dict[str, str]:
    return {str(word): getattr(word, "label", "") for word in vocabulary if word is not Status.upcoming}


def _table(name: str, rows: list[str]) -> str:
    return "\n".join([f"### {name}", "", "| 字段 | 必填 | 写法 | 说明 |", "|---|---|---|---|", *rows])


def _rows(cls: type[BaseModel], kind: str = "") -> list[str]:
    """A row for each field; with a kind of entry, for those fields only that this kind alone has."""
    return [
        f"| `{field.alias or name}` | {kind or '是' if field.is_required() else ''} | {_writing(field)} "
        f"| {field.description} |"
        for name, field in cls.model_fields.items()
        if not kind or name not in Meta.model_fields
    ]


def _writing(field: FieldInfo) -> str:
    """How a value is written, in words for editors."""
    types = list(_flat(field.annotation))
    inner = next((kind for kind in types if kind in _NAMES), None)
    if inner is model.SourceRef:
        return "来源编号，或 `{id: 编号, clause: 第几条}`，或它们的列表"
    if inner is Source:
        return "列表，每项是来源编号，或写全“来源”的字段"
    if inner:
        return f"列表，每项见“{_NAMES[inner]}”" if tuple in types else f"见“{_NAMES[inner]}”"
    for vocabulary, name in _VOCABULARIES:
        if vocabulary in types:
            return f"见“{name}”"
    if tuple in types:
        return "`[甲, 乙]`"
    if date in types:
        return "`2026-01-31`"
    if bool in types:
        return "`true` 或 `false`"
    return "整数" if int in types else "文字"


def _flat(annotation: Any) -> Iterator[Any]:
    """The classes named in a type annotation, however deep."""
    if isinstance(annotation, type) and not get_args(annotation):
        yield annotation
    elif str(annotation).startswith("tuple"):
        yield tuple
    for part in get_args(annotation):
        yield from _flat(part)
