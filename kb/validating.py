"""From plain data to models; what pydantic finds wrong becomes problems that an editor can act on."""

from __future__ import annotations

import hashlib
import os
import re
import unicodedata
from collections.abc import Callable, Iterable, Mapping
from contextlib import suppress
from datetime import date
from enum import StrEnum
from pathlib import Path
from typing import Any, TypeVar

from pydantic import BaseModel, ValidationError
from pydantic_core import ErrorDetails
from rapidfuzz.distance import Indel
from rapidfuzz.process import extractOne

from kb.bounds import MAX_PROBLEMS
from kb.errors import ContentError, Problem
from kb.fields import Group, as_written, data_at, fields_at, home_above, home_below, is_required, model_at
from kb.model import (
    SLUG,
    Conflict,
    Contact,
    EntryKind,
    Facet,
    Fact,
    Home,
    Item,
    Limit,
    Now,
    Part,
    Period,
    Source,
    SourceRef,
    Statement,
    Status,
    Step,
    Topic,
    Total,
    Value,
    Verification,
)
from kb.numerals import NUMERALS, number_of
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
    Total: "{goal: 120, unit: 分, asked: [够], parts: [{tables: [年龄]}, {tables: [学历]}], note: 以核定为准。}",
    Part: "{tables: [年龄]}",
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
        found = error.errors(include_url=False)
        for detail in found:
            detail["loc"] = as_written(located.data, detail["loc"])
        details = _told_once(found, model, located)[:MAX_PROBLEMS]
        return None, [_problem(detail, model, located, path, sources or {}) for detail in details]


def _told_once(details: list[ErrorDetails], model: type[BaseModel], located: Located) -> list[ErrorDetails]:
    """The details without what is said of others as well.

    That is, fields that are missing only because another name was written for them, or they were written elsewhere; and
    lists that are too short only because of what is wrong with their items.
    """
    faulty = {detail["loc"][:end] for detail in details for end in range(len(detail["loc"]))}
    extra = [detail["loc"] for detail in details if detail["type"] == "extra_forbidden"]
    meant = {(*where[:-1], _meant(where, model)) for where in extra}
    for where in extra[:MAX_PROBLEMS]:  # no more are told
        if home := _home(where, model, located):
            meant -= {(*where[:-1], _meant(where, model))}
            meant |= {(*home.where, where[-1])}
    return [
        detail
        for detail in details
        if not (detail["type"] == "missing" and detail["loc"] in meant)
        and not (detail["type"] == "too_short" and detail["loc"] in faulty)
    ]


_OTHER_NAMES = {"title": ("question",), "question": ("title", "q")}
LIKE = 0.8
"""Likeness of two names (normalised indel similarity) from which one is taken for the other, whatever else it could be."""


def _meant(where: Where, model: type[BaseModel]) -> str:
    """The field that is most likely meant by a name that is none at this place, or an empty string."""
    key, fields = str(where[-1]), fields_at(model, where[:-1])
    begun = re.match(r"[A-Za-z_]+(?= )", key)  # a field without its colon
    names = (*_OTHER_NAMES.get(key, ()), *([begun[0]] if begun else ()))
    return next((name for name in names if name in fields), "") or nearest(key, fields)


def _home(where: Where, model: type[BaseModel], located: Located) -> Group | None:
    """The group to which a field belongs that stands at another place; None for one that is rather misspelt."""
    key, meant = str(where[-1]), _meant(where, model)
    is_lacking = meant not in (data_at(located.data, where[:-1]) or ())
    if where in located.bare or (
        is_lacking and (meant in _OTHER_NAMES.get(key, ()) or is_required(model, where, meant))
    ):
        return None
    below = home_below(model, located, where)
    if below and below.is_lacking and is_required(model, (*below.where, key), key):
        return below
    return None if Indel.normalized_similarity(key, meant) >= LIKE else below or home_above(model, where)


def _unknown_field(where: Where, model: type[BaseModel], located: Located) -> tuple[str, str]:
    """What is wrong with a name that is no field at this place, and the remedy."""
    *parent, last = where
    key, around = str(last), _name(tuple(parent))
    fields = fields_at(model, tuple(parent))
    if re.search("[:：]", key):
        return f"{_name(where)} 的冒号没有写对", "用英文冒号，后面空一格，如 id: s1"
    if where in located.bare:
        return _without_colon(key, around, fields, key == next(iter(data_at(located.data, tuple(parent)))))
    if key.startswith("-"):
        return f"{_name(where)} 的减号后面没有空格", "减号后面空一格，如 - facet: fee"
    if home := _home(where, model, located):
        return _misplaced(key, around, home, located)
    meant = _meant(where, model)
    return f"不认识的字段 {_name(where)}", f"{did_you_mean(meant or key, fields)}改正字段名，或删掉这一行"


def _without_colon(key: str, around: str, fields: Mapping[str, str], is_first: bool) -> tuple[str, str]:
    name, _, rest = key.partition(" ")
    if name in fields and rest:
        return f"{around}里，{name} 后面少了英文冒号", f"写成 {name}: {rest}，冒号后面空一格"
    if is_first:
        return f"{around}里的“{key}”没有写字段名", f"前面写上字段名和英文冒号，如 {next(iter(fields), 'id')}: {key}"
    quoted = '文字里的英文逗号换成中文逗号，或给整段文字加英文引号 "…"'
    if re.match("[0-9]", key):
        return f"{around}里，“{key}”前面的逗号把一个数字或一句话断开了", f"数字里不要逗号；{quoted}"
    return f"{around}里，“{key}”前面的英文逗号把一句话断开了", quoted


def _misplaced(key: str, around: str, home: Group, located: Located) -> tuple[str, str]:
    group = _name(home.where) if home.where else "最外层"
    what = f"{key} 写错了地方：它属于 {group}"
    if not home.is_below:
        what = f"{key} 写错了地方：{around}里没有它，它属于{group}"
        if key == "status":
            return what, "一条事实过了期，在它的 effective.to 写最后有效的一天；整个条目的 status 写在最外层"
        return what, "移到最外层，行首不留空格" if not home.where else f"移到 {group} 里"
    blanks = 4 if isinstance(home.where[-1], int) else 2
    beside = next(iter(data_at(located.data, home.where) or ()), "") if home.in_lines else ""
    if home.indented:
        return what, f"行首补 {blanks} 个空格，和上面的 {beside} 对齐"
    if home.in_lines:
        return what, f"移到 {group} 里，行首的空格和 {beside} 一样多"
    example = EXAMPLES.get(home.model, "")
    return what, f"写进 {group}" + (f"，如 {example}" if example else "")


def load_yaml(root: Path, name: str, model: type[M]) -> M:
    """Read and validate a shared YAML file. Raises ContentError, with file and lines, when it cannot be used."""
    try:
        located = read_yaml(root, name)
    except Unreadable as error:
        raise unusable((_renamed(root, name) or error.problem,)) from error
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


def _renamed(root: Path, name: str) -> Problem | None:
    """What is wrong where a shared file is missing and one beside it has nearly its name; or where there is none."""
    if os.path.lexists(root / name):
        return None
    stem, _, _ = Path(name).name.partition(".")
    folder = (root / name).parent
    beside: list[Path] = []
    with suppress(OSError):
        beside = sorted(folder.iterdir())
    near = next((each.name for each in beside if each.name.lower().partition(".")[0] == stem), "")
    if near.isprintable() and near:
        return Problem(name, 1, f"没有这个文件，却有 {near}", f"把 {near} 改名为 {Path(name).name}")
    return Problem(name, 1, "没有这个文件", "它可能被移走、删掉或改了名：找回来，放进内容文件夹")


def file_version(root: Path, name: str) -> str:
    """SHA-256 of a shared file, to tell whether it changed; empty for one that is missing."""
    try:
        return hashlib.sha256(read_text(root, name).encode()).hexdigest()
    except Unreadable:
        return "unreadable" if os.path.lexists(root / name) else ""


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
    what, remedy = _explain(detail, where, model, located)
    if where[:1] == ("sources",) and len(where) == 2 and isinstance(detail.get("input"), str):
        remedy = joined(detail["input"]) or where_to_define(detail["input"], sources, sources)
    if where == ("question",) and path.startswith(f"{EntryKind.article.folder}/"):
        what = "这像是问答，却放在指南的文件夹里"
        remedy = f"移到 {EntryKind.faq.folder}/{path.partition('/')[2]}；真是指南，就把 question 改成 title"
    elif remedy == _SLUG_REMEDY and where == ("topic",) and path.count("/") == 2:
        remedy = f"写主题的编号，和文件所在的文件夹同名：{path.split('/')[1]}"
    elif detail["type"] == "string_pattern_mismatch" and not joined(str(detail["input"])):
        remedy = did_you_mean(str(detail["input"]), _ids_at(where, located, sources)) + remedy
    return Problem(path, located.line(where), what, remedy)


def _ids_at(where: Where, located: Located, sources: Mapping[str, Source]) -> Mapping[str, str]:
    """The ids, each with its name, that may stand at a place, as far as they are known."""
    if where[-1:] == ("parent",) and isinstance(located.data, list):
        topics = [topic for topic in located.data if isinstance(topic, Mapping)]
        return {str(topic.get("id")): str(topic.get("name")) for topic in topics}
    if where[-1] in ("id", "source") and "source" in where:
        return {name: source.title for name, source in sources.items()}
    return {}


def _name(where: Where) -> str:
    if where[:1] == ("facts",) and where[1:] and isinstance(where[1], int):
        return " 的 ".join((f"第 {where[1] + 1} 条事实", *map(_part, where[2:])))
    return " 的 ".join(map(_part, where)) or "内容"


def _part(part: str | int) -> str:
    return f"第 {part + 1} 项" if isinstance(part, int) else part


def _explain(detail: ErrorDetails, where: Where, model: type[BaseModel], located: Located) -> tuple[str, str]:
    kind, given, name = detail["type"], detail.get("input"), _name(where)
    context: dict[str, Any] = detail.get("ctx", {})
    shown = f"“{str(given)[:40]}”"
    if kind == "missing":
        return f"缺少字段 {name}", f"补上 {where[-1]}（{_description(model, where) or '必填'}）"
    if kind == "extra_forbidden":
        return _unknown_field(where, model, located)
    if kind == "enum":
        enum = next((enum for enum in _ENUMS if str(next(iter(enum))) in str(context.get("expected"))), Facet)
        labels = {str(member): getattr(member, "label", "") for member in enum if member is not Status.upcoming}
        if isinstance(given, list):
            facts = "；说到几类的，拆成几条事实" if enum is Facet else ""
            return f"{name} 写成了列表，只能写一个", f"只留一个，不写方括号{facts}"
        choices = "、".join(f"{each}（{label}）" if label else each for each, label in labels.items())
        if given is None:
            return f"{name} 是空的", f"可以写：{choices}"
        hint = did_you_mean(unicodedata.normalize("NFKC", str(given)).strip(" \"'“”‘’，。"), labels)
        return f"{name} 写成了{shown}，没有这个选项", f"{hint}可以写：{choices}"
    if kind.startswith(("date", "datetime")):
        return _no_day(name, given, shown)
    if kind.startswith("bool"):
        return f"{name} 写成了{shown}", "写 true（是）或 false（不是）"
    if kind.startswith("int") or kind in ("greater_than_equal", "less_than_equal"):
        comma = "数字里不要逗号；" if re.search("[0-9][,，][0-9]", shown) else ""
        half = unicodedata.normalize("NFKC", str(given)).strip()
        if half != str(given) and re.fullmatch("[0-9]+", half, re.ASCII):
            return f"{name} 写成了{shown}，是全角的数字", f"写成 {half}"
        if isinstance(given, str) and not comma and (number := _NUMBER.fullmatch(half)):
            unit = "，单位写在 unit" if where[-1] == "promised" else ""
            return f"{name} 写成了{shown}，不是合适的数字", f"写成 {number_of(number[1])}{unit}"
        bound = f"最大 {context['le']}" if "le" in context else f"从 {context.get('ge', 0)} 起"
        return f"{name} 写成了{shown}，不是合适的数字", f"{comma}只写整数，{bound}，单位写在别的字段"
    if kind == "string_too_long":
        return f"{name} 太长（上限 {context.get('max_length')} 字）", "写短一些，细节放到正文里"
    if kind == "string_too_short":
        return f"{name} 是空的", "填上内容，不需要就删掉这一行"
    if kind == "string_pattern_mismatch":
        if where[-1] == "url":
            return f"{name} 写成了{shown}，不是网址", "写成 https:// 开头的完整网址"
        if remedy := joined(str(given)):
            return f"{name} 写成了{shown}，里面有中文的逗号或顿号", remedy
        return f"{name} 写成了{shown}，格式不对", _as_slug(str(given)) or _SLUG_REMEDY
    if kind.startswith("string") and isinstance(given, Mapping) and given:
        text = "、".join(f"“{key}: {said}”"[:40] for key, said in given.items())
        return f"{name} 里有英文冒号：{text}", '冒号换成中文的“：”，或给整段文字加英文引号 "…"'
    if kind.startswith("string"):
        return f"{name} 应是文字，{_got(given)}", "写成一行文字；是空的就填上或删掉这一行"
    example = EXAMPLES.get(model_at(model, where) or model, "")
    if kind in ("tuple_type", "list_type") and isinstance(given, Mapping) and example and given:
        first = next(iter(given))
        return f"{name} 下面的 {first} 前面少了“- ”", f"写成 - {first}: …，同一组的其他行和 {first} 对齐"
    if kind in ("tuple_type", "list_type"):
        remedy = f"每项一行，以“- ”开头，如 - {example}" if example else "写成 [甲, 乙]，或每项一行、以“- ”开头"
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


_NUMBER = re.compile(rf"([0-9]{{1,6}}|[{''.join(NUMERALS)}]{{1,9}}) *[^0-9.,\s几多余{''.join(NUMERALS)}-]{{0,4}}")
"""A number in digits or Han numerals, with its unit or without one."""
_SLUG_REMEDY = "只用小写字母、数字和连字符，如 jifen-xuban"


def _as_slug(given: str) -> str:
    """How a name is to be changed so that it is one; empty where that is not plain."""
    half = unicodedata.normalize("NFKC", given)
    bare = half.strip("“”‘’「」『』\"' ")
    plain = bare.removesuffix(".md").lower()
    if plain == given or not re.fullmatch(SLUG, plain):
        return ""
    changes = {
        "换成半角": bool(re.search("[\uff01-\uff5e]", given)),
        "去掉引号": bare != half.strip(),
        "去掉 .md": bare.endswith(".md"),
        "换成小写": bare != bare.lower(),
    }
    return "，".join([*(change for change, needed in changes.items() if needed), f"写成 {plain}"])


def _no_day(name: str, given: object, shown: str) -> tuple[str, str]:
    if given is None:
        return f"{name} 是空的", "写上日期，如 2026-01-31"
    half = unicodedata.normalize("NFKC", str(given)).strip("“”‘’\"' ")
    parts = re.fullmatch(r"\s*([12]\d{3})\D*?(\d{1,2})(?:\D+|(?=\d\d$))(\d{1,2})\D?\s*", half, re.ASCII)
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


def _description(model: type[BaseModel], where: Where) -> str:
    return fields_at(model, where[:-1]).get(str(where[-1]), "")
