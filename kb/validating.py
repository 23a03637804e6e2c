"""From plain data to models; what pydantic finds wrong becomes problems that an editor can act on."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Callable, Iterable, Mapping
from datetime import date
from enum import StrEnum
from pathlib import Path
from typing import Any, TypeVar, get_args

from pydantic import BaseModel, ValidationError
from pydantic_core import ErrorDetails
from rapidfuzz.distance import Indel
from rapidfuzz.process import extractOne

from kb.bounds import MAX_PROBLEMS
from kb.errors import ContentError, Problem
from kb.model import (
    Conflict,
    Contact,
    Facet,
    Fact,
    Home,
    Item,
    Limit,
    Now,
    Period,
    Source,
    SourceRef,
    Statement,
    Status,
    Step,
    Topic,
    Value,
    Verification,
)
from kb.parsing import Located, Unreadable, Where
from kb.reading import read_text, read_yaml

M = TypeVar("M", bound=BaseModel)

_ENUMS: tuple[type[StrEnum], ...] = (Facet, Status, Verification)


EXAMPLES: Mapping[type[BaseModel], str] = {
    Fact: "{facet: fee, answer: 不收费。, source: guicheng-2024}",
    Limit: "{promised: 5, unit: 工作日, from: 受理之日}",
    Period: "{from: 2026-01-01, to: null}",
    Item: "{name: 身份证, copies: 原件}",
    Step: "{do: 在网上填表, who: 申请人}",
    Value: "{of: 大专, value: 50 分}",
    Conflict: "{statements: [{text: 甲, source: guicheng-2024}, {text: 乙, source: wangye-2023}], safer: 照甲办}",
    Statement: "{text: 规程说当天恢复, source: guicheng-2024}",
    SourceRef: "{id: guicheng-2024, clause: 第五条}",
    Source: "{id: guicheng-2024, title: 借阅规程}",
    Now: "{text: 按新规程办, entry: articles/主题/文件名}",
    Topic: "{id: jieshuzheng, name: 借书证, summary: 办证和补证}",
    Contact: "{text: 请拨打 12345}",
    Home: "{popular: [借书证丢了怎么补？]}",
}
"""How each group of fields is written, for those who wrote a text in its place."""


def validate(
    model: type[M], located: Located, path: str, sources: Mapping[str, Source] | None = None
) -> tuple[M | None, list[Problem]]:
    """Validate data against a model; returns the instance or None, and every problem found.

    `sources` are the shared ones that entries may name by id.
    """
    try:
        return model.model_validate(located.data, context={"sources": sources or {}}), []
    except ValidationError as error:
        if located.data == {}:
            what = "文件头是空的" if path.endswith(".md") else "文件是空的"
            return None, [Problem(path, located.line(()), what, "照编辑指南里的例子写上内容；没有内容的列表写 []")]
        details = _told_once(error.errors(include_url=False), model)[:MAX_PROBLEMS]
        return None, [_problem(detail, model, located, path, sources or {}) for detail in details]


def _told_once(details: list[ErrorDetails], model: type[BaseModel]) -> list[ErrorDetails]:
    """The details without the fields that are missing only because another name was written for them."""
    extra = (detail["loc"] for detail in details if detail["type"] == "extra_forbidden")
    meant = {(*where[:-1], _meant(str(where[-1]), _fields(model, where[:-1]))) for where in extra}
    return [detail for detail in details if not (detail["type"] == "missing" and detail["loc"] in meant)]


def _meant(key: str, fields: Mapping[str, str]) -> str:
    """The field that is most likely meant by a name that is none, or an empty string."""
    other = {"title": "question", "question": "title"}.get(key, "")
    return other if other in fields else nearest(key, fields)


def load_yaml(root: Path, name: str, model: type[M]) -> M:
    """Read and validate a shared YAML file. Raises ContentError, with file and lines, when it cannot be used."""
    try:
        located = read_yaml(root, name)
    except Unreadable as error:
        raise unusable((error.problem,)) from error
    value, problems = validate(model, located, name)
    if value is None:
        raise unusable(tuple(problems))
    return value


def unusable(problems: tuple[Problem, ...]) -> ContentError:
    """Shared files that cannot be used, and why."""
    names = "、".join(dict.fromkeys(problem.file for problem in problems))
    return ContentError(f"{names} 不能用，全站都要用到，请先改好：", problems)


def problems_of(*readers: Callable[[Path], object], root: Path) -> tuple[Problem, ...]:
    """What keeps shared files from being used, of all that are read so: an editor mends them in one go."""
    found: list[Problem] = []
    for read in readers:
        try:
            read(root)
        except ContentError as error:
            found += error.problems
    return tuple(found)


def file_version(root: Path, name: str) -> str:
    """SHA-256 of a shared file, to tell whether it changed; empty for one that is missing."""
    if not (root / name).exists():
        return ""
    try:
        return hashlib.sha256(read_text(root, name).encode()).hexdigest()
    except Unreadable:
        return "unreadable"


def did_you_mean(word: str, known: Mapping[str, str]) -> str:
    """A Chinese hint with the nearest of the known names (name to label), or an empty string."""
    near = nearest(word, known)
    label = known.get(near, "")
    return near and f"是不是 {near}{f'（{label}）' if label not in ('', near, word) else ''}？"


def nearest(word: str, known: Mapping[str, str]) -> str:
    """The name among the known ones (name to label) that a word, or a label, comes nearest to; or an empty string."""
    by_label = {label: name for name, label in known.items()}
    if word in by_label:
        return by_label[word]
    within = [name for label, name in by_label.items() if len(word) > 1 and word in label]
    if len(within) == 1:
        return within[0]
    near = _nearest(word.lower().replace("-", "_"), known, 0.6) or _nearest(word.lower(), known, 0.6)
    return near or by_label.get(_nearest(word, by_label, 0.5), "")


def joined(ident: str) -> str:
    """The remedy for several ids between which stands a Chinese comma, so that they became one; or an empty string."""
    return "几个编号写成 [甲, 乙]，之间用英文逗号" if re.search("[，、；]", ident) else ""


def where_to_define(ident: str, shared: Mapping[str, Source], known: Mapping[str, Source]) -> str:
    """The remedy for a source that is not among those known, of which some are shared ones."""
    hint = did_you_mean(ident, {name: source.title for name, source in known.items()})
    if not shared:
        return f"{hint}sources.yml 不见了，或者是空的：原来有，就找回来；没有，就在本文件的 sources 里写全"
    return f"{hint}写在本文件的 sources 或 sources.yml 里"


def _nearest(word: str, names: Iterable[str], least: float) -> str:
    """The name nearest in writing, at least so similar (normalised indel similarity, 0..1), or an empty string."""
    found = extractOne(word, list(names), scorer=Indel.normalized_similarity, score_cutoff=least)
    return str(found[0]) if found else ""


def _problem(
    detail: ErrorDetails, model: type[BaseModel], located: Located, path: str, sources: Mapping[str, Source]
) -> Problem:
    where: Where = tuple(detail["loc"])
    what, remedy = _explain(detail, where, model)
    if where[:1] == ("sources",) and len(where) == 2 and isinstance(detail.get("input"), str):
        remedy = joined(detail["input"]) or where_to_define(detail["input"], sources, sources)
    named = where[-1:] == ("id",) and "source" in where and detail["type"] == "string_pattern_mismatch"
    if named and not joined(detail["input"]):
        remedy = did_you_mean(detail["input"], {name: source.title for name, source in sources.items()}) + remedy
    return Problem(path, located.line(where), what, remedy)


def _name(where: Where) -> str:
    parts = [f"第 {part + 1} 项" if isinstance(part, int) else str(part) for part in where]
    return " 的 ".join(parts) or "内容"


def _explain(detail: ErrorDetails, where: Where, model: type[BaseModel]) -> tuple[str, str]:
    kind, given, name = detail["type"], detail.get("input"), _name(where)
    context: dict[str, Any] = detail.get("ctx", {})
    shown = f"“{str(given)[:40]}”"
    if kind == "missing":
        return f"缺少字段 {name}", f"补上 {where[-1]}（{_description(model, where) or '必填'}）"
    if kind == "extra_forbidden":
        key = str(where[-1])
        if re.search("[:：]", key):
            return f"{name} 的冒号没有写对", "用英文冒号，后面空一格，如 id: s1"
        if given is None and re.match("[0-9]", key):
            what = f"{_name(where[:-1])}里，“{key}”前面的逗号把一个数字或一句话断开了"
            return what, '数字里不要逗号；文字里的英文逗号换成中文逗号，或给整段文字加英文引号 "…"'
        if key.startswith("-"):
            return f"{name} 的减号后面没有空格", "减号后面空一格，如 - facet: fee"
        fields = _fields(model, where[:-1])
        hint = did_you_mean(_meant(key, fields) or key, fields)
        return f"不认识的字段 {name}", f"{hint}改正字段名，或删掉这一行"
    if kind == "enum":
        enum = next((enum for enum in _ENUMS if str(next(iter(enum))) in str(context.get("expected"))), Facet)
        labels = {str(member): getattr(member, "label", "") for member in enum if member is not Status.upcoming}
        if isinstance(given, list):
            facts = "；说到几类的，拆成几条事实" if enum is Facet else ""
            return f"{name} 写成了列表，只能写一个", f"只留一个，不写方括号{facts}"
        if given is None:
            return f"{name} 是空的", f"可以写：{'、'.join(labels)}"
        hint = did_you_mean(str(given).strip(" \"'“”‘’，。"), labels)
        return f"{name} 写成了{shown}，没有这个选项", f"{hint}可以写：{'、'.join(labels)}"
    if kind.startswith(("date", "datetime")):
        return _no_day(name, given, shown)
    if kind.startswith("int") or kind in ("greater_than_equal", "less_than_equal"):
        comma = "数字里不要逗号；" if re.search("[0-9][,，][0-9]", shown) else ""
        return f"{name} 写成了{shown}，不是合适的数字", f"{comma}只写 0 以上的整数，单位写在别的字段"
    if kind == "string_too_long":
        return f"{name} 太长（上限 {context.get('max_length')} 字）", "写短一些，细节放到正文里"
    if kind == "string_too_short":
        return f"{name} 是空的", "填上内容，不需要就删掉这一行"
    if kind == "string_pattern_mismatch":
        if where[-1] == "url":
            return f"{name} 写成了{shown}，不是网址", "写成 https:// 开头的完整网址"
        if remedy := joined(str(given)):
            return f"{name} 写成了{shown}，里面有中文的逗号或顿号", remedy
        return f"{name} 写成了{shown}，格式不对", "只用小写字母、数字和连字符，如 jifen-xuban"
    if kind.startswith("string"):
        return f"{name} 应是文字，{_got(given)}", "写成一行文字；是空的就填上或删掉这一行"
    example = EXAMPLES.get(_model_at(model, where) or model, "")
    if kind in ("tuple_type", "list_type"):
        remedy = f"每项一行，如 - {example}" if example else "写成 [甲, 乙]，或每项一行、以“- ”开头"
        return f"{name} 应是列表，{_got(given)}", remedy
    if kind == "too_short":
        return f"{name} 的项数不够", f"至少写 {context.get('min_length', 1)} 项"
    if kind == "too_long":
        return f"{name} 的项数太多（上限 {context.get('max_length')} 项）", "拆成几个条目"
    if kind in ("model_type", "model_attributes_type", "dict_type"):
        return f"{name} 应是一组“字段: 内容”，{_got(given)}", f"写成字段和内容，如 {example or 'title: 标题'}"
    if kind == "value_error":
        what, _, remedy = str(context.get("error", "")).partition("——")
        return what if where and str(where[-1]) in what else f"{name}：{what}", remedy or "按编辑指南改正"
    return f"{name} 写成了{shown}，不合要求", "对照编辑指南改正"


def _no_day(name: str, given: object, shown: str) -> tuple[str, str]:
    if given is None:
        return f"{name} 是空的", "写上日期，如 2026-01-31"
    parts = re.fullmatch(r"\s*([12]\d{3})\D*?(\d{1,2})(?:\D+|(?=\d\d$))(\d{1,2})\D?\s*", str(given), re.ASCII)
    if not parts:
        open_end = "没有截止日写 null；有就" if name.endswith("to") else ""
        return f"{name} 写成了{shown}，不是日期", f"{open_end}写成 2026-01-31 这样的年-月-日"
    year, month, day = map(int, parts.groups())
    try:
        return f"{name} 写成了{shown}，不是日期的写法", f"写成 {date(year, month, day)}"
    except ValueError:
        what = f"{month} 月没有 {day} 日" if 1 <= month <= 12 else f"没有 {month} 月"
        return f"{name} 写成了{shown}，不是日期：{what}", "核对后写对的日期，如 2026-01-31"


def _got(given: object) -> str:
    if given is None:
        return "现在是空的"
    if isinstance(given, Mapping):
        return "现在是一组字段（文字里有冒号时要加引号）"
    if isinstance(given, list):
        return "现在是列表"
    if isinstance(given, bool):
        return f"现在是 {str(given).lower()}（当文字用要加英文引号）"
    hint = "（冒号要用英文冒号，后面空一格）" if re.match("[A-Za-z_]+[:：]", str(given)) else ""
    return f"现在是“{str(given)[:40]}”{hint}"


def _model_at(model: type[BaseModel], where: Where) -> type[BaseModel] | None:
    """The model that describes the data at a place."""
    root = model.model_fields.get("root")  # of a file that is a list
    current = _inner_model(root.annotation) if root else model
    for part in where:
        if isinstance(part, int):
            continue
        field = _field(current, part) if current else None
        current = _inner_model(field.annotation) if field else None
    return current


def _field(model: type[BaseModel], key: str) -> Any:
    for name, field in model.model_fields.items():
        if key in (name, field.alias):
            return field
    return None


def _inner_model(annotation: Any) -> type[BaseModel] | None:
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        return annotation
    return next((found for part in get_args(annotation) if (found := _inner_model(part))), None)


def _fields(model: type[BaseModel], where: Where) -> dict[str, str]:
    found = _model_at(model, where)
    if found is None:
        return {}
    return {field.alias or name: (field.description or "").split("；")[0] for name, field in found.model_fields.items()}


def _description(model: type[BaseModel], where: Where) -> str:
    return _fields(model, where[:-1]).get(str(where[-1]), "")
