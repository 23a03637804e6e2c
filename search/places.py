"""Places: does a question ask about somewhere else than the content's own region?

Names are those of GB/T 2260, the divisions of China above the township (package `gb2260`); which of them are home is
declared in the content's `lexicon/scope.yml`.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache

from gb2260.data import data

from search.chinese import jieba_data, people
from search.lexicon import Lexicon
from search.text import placed

_ENDING = re.compile(
    r"(?:[\u4e00-\u9fff]{1,4}族)*(?:自治州|自治县|自治区|自治旗|特别行政区|地区|省|市|区|县|盟|旗|州)$"
)
_ORIGIN_AFTER = frozenset(
    {"人", "户口", "户籍", "籍", "老家", "老乡", "来", "身份", "身份证", "过来", "出差", "探亲", "过年", "交过", "缴过"}
)
"""Words that make the place before them where somebody is from, is for a while or paid once, and not what is asked
about."""
_ORIGIN_BEFORE = frozenset({"户口", "户籍", "老家", "档案"})
"""Words that, NEAR before 在 or 是, make the place after it (户口还在江苏) where somebody is from or has something."""
_THITHER = ("回了", "回过", "寄到", "寄去", "寄回", "寄往", "递到", "送到")
"""Words before a place that somebody went back to, or that something is sent to."""
NEAR = 4
_WHO = frozenset({"我", "他", "她", "我们", "他们", "都", "俩"})
_NAMES = ("nr", "ns", "nt", "nz")
"""How jieba's dictionary marks names."""
COMMON = 500
"""The count in jieba's dictionary from which what it does not mark as a name is a common word, whatever else has that
name."""
_DONE = frozenset({"办", "办理", "申请", "申领", "办证", "领"})
"""What is done at the place before it."""


@dataclass(frozen=True)
class Divisions:
    """Names of divisions.

    `known` are unmistakable ones; `short` names of counties, without those that are common words (公安).
    """

    known: frozenset[str]
    short: frozenset[str]


@cache
def divisions() -> Divisions:
    """All divisions, with and without their ending (顺德区, 顺德)."""
    known: set[str] = set()
    short: set[str] = set()
    for code, name in data[None].items():
        stem = _ENDING.sub("", name)
        if len(name) > 2:
            known.add(name)
        if len(stem) > 1:
            (short if code % 100 and not name.endswith("市") else known).add(stem)
    common = {
        word for word, count, tag in jieba_data("dict.txt") if int(count) >= COMMON and not tag.startswith(_NAMES)
    }
    return Divisions(frozenset(known), frozenset(short - common))


@cache
def cities() -> dict[str, bool]:
    """The names of prefectures and above, without their ending; True for provinces and their capitals."""
    named = ((code, name) for code, name in sorted(data[None].items()) if not code % 100 and "辖" not in name)
    return {_ENDING.sub("", name): code % 10_000 in (0, 100) for code, name in named}


def is_home(word: str, lexicon: Lexicon) -> bool:
    """Whether a word names one of the content's own places, with or without its ending (松江, 松江区)."""
    home = lexicon.scope.home
    # Every word is asked for: most begin with no name, and need no regular expression.
    return word.startswith(home) and (word in home or _ENDING.sub("", word) in home)


def as_elsewhere(text: str, cuts: Sequence[str], lexicon: Lexicon) -> str:
    """A text, cut into words, with 外地 for every unmistakable place that is none of home (江苏户口: 外地户口)."""
    for start, end, word in reversed([*placed(cuts, text)]):
        if word in divisions().known and not is_home(word, lexicon):
            text = f"{text[:start]}外地{text[end:]}"
    return text


def elsewhere(cuts: Sequence[str], lexicon: Lexicon) -> str | None:
    """The place that a question is about, if it is not the content's own; None where there is none or it is home.

    `cuts` are the words of the question. A place right before one of the content's subjects (苏州居住证) is what it is
    about, whatever else is said, and so is one where it is done (在合肥办居住证), where somebody lives (住在昆山) or that
    has a district of a name like one of home's (舟山普陀区); any other place counts only when home is not named and nobody
    comes from there.
    """
    home = lexicon.scope.home
    if not home:
        return None
    at_home = any(word.startswith(home) for word in cuts)
    origins = {place for place in range(len(cuts)) if _is_origin(place, cuts)}
    named = {cuts[place] for place in origins}
    for place, word in enumerate(cuts):
        before, following = cuts[place - 1] if place else "", cuts[place + 1 : place + 3]
        if place in origins:
            continue
        name = _prefix(word, lexicon)
        if name and name not in home:
            return name
        if word in home or (len(word) > 1 and (word.startswith(home) or word in lexicon.home_beginnings)):
            continue
        modifies = any(lexicon.subject_pattern.match(after) for after in following[:1])
        sure = word in divisions().known
        if modifies and (sure or word in divisions().short):
            return word
        if sure and following and following[0] not in lexicon.scope.region and is_home(following[0], lexicon):
            return word
        done_there = before == "在" and len(following) == 2 and following[0] in _DONE
        if sure and done_there and lexicon.subject_pattern.match(following[1]):
            return word
        if sure and before in ("住", "在") and "住" in cuts[max(0, place - 2) : place]:
            return word
        if sure and not at_home and word not in named and not any(after in _ORIGIN_AFTER for after in following):
            return word
    return None


def _is_origin(place: int, cuts: Sequence[str]) -> bool:
    """Whether a place is where somebody is from (都是四川的), is for a while (在苏州出差) or has gone back to (回了成都).

    Or has paid (在苏州交的社保), has something (户口还在江苏) or is sent something (寄到昆山).
    """
    before = cuts[max(0, place - NEAR) : place]
    after, then = (*cuts[place + 1 : place + 3], "", "")[:2]
    if not before:
        return False
    if before[-1] == "老家" or "".join(before[-2:]).endswith(_THITHER):
        return True
    if before[-1] == "是" and after == "的":
        return any(word in _WHO or word in people() for word in before[-2:-1])
    if before[-1] == "在" and (after in _ORIGIN_AFTER or (after in ("交", "缴") and then in ("的", "了", "过"))):
        return True
    return before[-1].endswith(("在", "是")) and not _ORIGIN_BEFORE.isdisjoint(before[:-1])


def _prefix(word: str, lexicon: Lexicon) -> str | None:
    """The place that a word begins with when one of the content's subjects follows in the same word (上海图书馆)."""
    for size in range(2, len(word) - 1):
        if word[:size] in divisions().known and lexicon.subject_pattern.match(word, size):
            return word[:size]
    return None
