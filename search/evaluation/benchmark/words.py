"""The words that made collections are about: the content's own first, jieba's dictionary for the long tail."""

from __future__ import annotations

import re
from bisect import bisect
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import cache
from itertools import accumulate
from random import Random

from search.chinese import jieba_data
from search.places import divisions

EXPONENT = 1.0
"""Of Zipf's law: the word of rank r is drawn in proportion to 1 / r (Zipf 1949; near 1 in most languages)."""
AUDIENCES = 500
_PLACE = re.compile("[镇乡村庄桥河山塘湾岭沟店坪屯街江湖溪岛寺港堡寨口]$")
_PERSON = re.compile("[员工户师生民者手匠人]$")


@dataclass(frozen=True)
class Kind:
    """A kind of matter, a topic of made collections: its id, its name, what else it is called."""

    id: str
    name: str
    exact: tuple[str, ...]


KINDS = tuple(
    Kind(ident, name, tuple(others))
    for ident, name, *others in (
        ("butie", "补贴", "补助"),
        ("dengji", "登记", "备案登记"),
        ("xuke", "许可", "许可证"),
        ("buzhu", "救助金", "救助款"),
        ("zige", "资格认定", "资格认证"),
        ("beian", "备案", "报备"),
        ("baoxian", "保险", "参保"),
        ("jiangli", "奖励", "奖励金"),
        ("zhengshu", "合格证", "合格证书"),
        ("shenpi", "审批", "审批手续"),
        ("peixun", "培训", "培训班"),
        ("zulin", "租赁", "出租"),
        ("jianmian", "减免", "免除"),
        ("daikuan", "贷款", "借款"),
        ("kaoshi", "考试", "测试"),
        ("niandu", "年检", "年度检验"),
        ("jianding", "鉴定", "评定"),
        ("zhuanrang", "转让", "过户"),
        ("tuishui", "退税", "税款退还"),
        ("zhuxiao", "注销", "销户"),
        ("jiaofei", "缴费", "交费"),
        ("gongshi", "公证", "公证书"),
        ("baoming", "报名", "报考"),
        ("weixiu", "维修金", "维修资金"),
        ("yunshu", "运输证", "营运证"),
        ("jianyi", "检疫", "检疫证明"),
        ("shangbiao", "商标注册", "注册商标"),
        ("zhaopin", "招聘", "招录"),
        ("anzhi", "安置", "安置房"),
        ("gongji", "公积金", "住房公积金"),
    )
)


class Zipf:
    """Draws words, the first the most often."""

    def __init__(self, words: Sequence[str]) -> None:
        self.words = tuple(words)
        self._sums = list(accumulate((rank + 1) ** -EXPONENT for rank in range(len(self.words))))

    def draw(self, chance: Random) -> str:
        """One word."""
        return self.words[bisect(self._sums, chance.random() * self._sums[-1])]


@dataclass(frozen=True)
class Words:
    """`places` and `audiences` tell entries apart, each pair once; `things` and `nouns` follow Zipf's law.

    `things` name matters (2 or 3 characters); `nouns` stand in answers and bodies, the content's own the most often.
    """

    places: tuple[str, ...]
    audiences: tuple[str, ...]
    things: Zipf
    nouns: Zipf

    @property
    def pairs(self) -> int:
        """Entries that can be told apart."""
        return len(self.places) * len(self.audiences)


def words_of(nouns: Iterable[str]) -> Words:
    """The words of collections made from content in which these nouns stand, each as often as it is said."""
    common = _nouns()
    known = divisions().known | divisions().short
    places = [word for word in _tagged("ns") if len(word) < 4 and _PLACE.search(word) and word not in known]
    kinds = [word for kind in KINDS for word in (kind.name, *kind.exact)]
    things = [
        word
        for word in common
        if len(word) < 4 and not _PERSON.search(word) and not any(kind in word or word in kind for kind in kinds)
    ]
    own = [word for word, _ in Counter(nouns).most_common()]
    return Words(
        tuple(places),
        tuple([word for word in common if len(word) < 4 and _PERSON.search(word)][:AUDIENCES]),
        Zipf(things),
        Zipf(tuple(dict.fromkeys((*own, *common)))),
    )


@cache
def _nouns() -> tuple[str, ...]:
    """Common nouns of two characters or more, the most frequent first."""
    return tuple(_tagged("n"))


def _tagged(tag: str) -> list[str]:
    rows = [(-int(count), word) for word, count, own in jieba_data("dict.txt") if own == tag and len(word) > 1]
    return [word for _, word in sorted(rows)]
