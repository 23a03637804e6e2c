"""What is sent to us, read: parameters and forms; what cannot be used is said to programs, and to people in plain words."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, NamedTuple, TypeVar

from pydantic import BaseModel, ValidationError

T = TypeVar("T", bound=BaseModel)

_FIELDS = {
    "q": "您的问题",
    "comment": "您写的话",
    "as_of": "日期",
    "page": "页码",
    "per_page": "每页的条数",
    "topic": "主题",
    "kind": "类型",
    "force": "效力",
    "view": "版式",
    "size": "字号",
    "theme": "颜色",
    "address": "网址",
}


class _Wrong(NamedTuple):
    """What is wrong and the remedy, for a program; and for someone who filled in a form, where that is not the same."""

    technically: str
    plainly: str = ""


_REOPEN = "不对——请回到刚才的页面，刷新后再试"
_NO_DATE = _Wrong("写得不对——写成 2026-01-31 这样")
_WRONG = {
    "missing": _Wrong("没有写——请补上", "没有填——请回到刚才的页面，填好再发"),
    "string_too_short": _Wrong("是空的——请写上内容", "是空的——请写几个字"),
    "string_too_long": _Wrong("太长——最多 {max_length} 字，请写短些"),
    "extra_forbidden": _Wrong("不认识——请核对参数名", _REOPEN),
    "date_from_datetime_parsing": _NO_DATE,
    "date_format": _NO_DATE,
    "value_error": _Wrong("年份不对——写 1900 年以后的日期"),
    "enum": _Wrong("没有这个选项——kind 可以写 article、faq；force 可以写 current、upcoming、past", _REOPEN),
    "literal_error": _Wrong("没有这个选项——请从页面上的选项里选", _REOPEN),
    "int_parsing": _Wrong("不是整数——请写数字"),
    "greater_than_equal": _Wrong("太小——从 {ge} 开始"),
    "less_than_equal": _Wrong("太大——最大 {le}"),
    "not_utf8": _Wrong("里的字不是 UTF-8 编码，认不出来——用 UTF-8 编码再发", "里的字认不出来——请在上面重新写下问题"),
    "string_type": _Wrong("不是文字——写成带引号的文字", _REOPEN),
    "string_unicode": _Wrong("里有半个字符，认不出来——删掉它再发"),
    "bool_type": _Wrong("应是 true 或 false", _REOPEN),
    "bool_parsing": _Wrong("应是 true 或 false", _REOPEN),
    "string_pattern_mismatch": _Wrong("格式不对——只用小写字母、数字和连字符", _REOPEN),
    "unknown_topic": _Wrong("写的主题 {topic} 不存在——全部主题见 /api/v1/topics", _REOPEN),
}
"""By pydantic's type of error, or ours; `{…}` is the bound that it names."""
_OTHERWISE = _Wrong("不合要求——请核对写法，说明见 /api/openapi.json", _REOPEN)


class BadParameter(Exception):
    """A parameter that cannot be used; the message names it, what is wrong and the remedy, in Chinese.

    `plain` says the same to someone who has never heard of parameters.
    """

    def __init__(self, name: str, error: str, bounds: Mapping[str, object]) -> None:
        wrong = _WRONG.get(error, _OTHERWISE)
        super().__init__(f"参数 {name} {wrong.technically.format(**bounds)}")
        field = _FIELDS.get(name, "发来的内容有一处")
        self.plain = f"{field}{(wrong.plainly or wrong.technically).format(**bounds)}。"


def parse(model: type[T], values: dict[str, Any]) -> T:
    """Validate parameters. Raises BadParameter."""
    try:
        return model.model_validate(values)
    except ValidationError as error:
        first = error.errors(include_url=False)[0]
        name = ".".join(map(str, first["loc"]))[:80] or "请求内容"
        raise BadParameter(name, first["type"], first.get("ctx", {})) from error
