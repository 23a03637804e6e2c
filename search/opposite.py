"""The opposite case: whether a passage is of those who are not, or have not, what the question says; or the other way round.

What a card says first is its verdict (不能。), and a verdict for the opposite case is the worst answer there is. Rules of
the language; opposites that no letter shows (对不上, 一致) are declared by the content (`Opposite`).
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from search.lexicon import is_said
from search.quantities import TIME, lengths, times_told, with_half_years
from search.query import CLAUSE, Query
from search.ranking import Ranked
from search.text import bigrams, placed

_IS_NOT, _HAS_NOT = "(?<!是)不是|并非|(?<![除莫])非", "(?<!有)没有?(?:拿到)?|无"
_HAS_NEVER = re.compile(r"(?<!有)没(?:有)?(?!有|超过|通过|经过)(\w{1,3}?过)")
"""What is denied of the past (没断过); 有没有 asks, and 没超过 is no past."""


def is_opposite(query: Query, item: Ranked) -> bool:
    """Whether a passage is of the opposite case."""
    return (
        bool(item.features["opposite"]) or _is_denied(query, item) or _is_met(query, item) or _is_reached(query, item)
    )


def _is_denied(query: Query, item: Ranked) -> bool:
    """Whether the question says that something is not so (不是上海户口, 没学位) of which the passage says that it is.

    Only what is plainly said, right after the denial, and plainly told by the passage: that 居住证 is named in both tells
    nothing; nor does what the question also says to be so (我不是上海户口，老婆是上海户口). A table has a row for either case.
    """
    if item.passage.tabled:
        return False
    told = (item.wording, *item.passage.wordings[:1])
    never = set(_HAS_NEVER.findall(query.text)).difference(*map(_HAS_NEVER.findall, item.passage.wordings))
    if any(done in wording for done in never for wording in told):
        return True
    for denial, in_wordings, in_answer in ((_IS_NOT, "", "是"), (_HAS_NOT, "有", "有")):
        for word in _words_after(re.compile(denial), query):
            denied = re.compile(f"(?:{denial}){re.escape(word)}")
            if query.text.count(word) > len(denied.findall(query.text)):
                continue
            named = (
                any(_says(wording, in_wordings + word) for wording in told) or in_answer + word in item.passage.answer
            )
            if named and not any(denied.search(wording) for wording in item.passage.wordings):
                return True
    return False


_WITHOUT = ("没有", "没", "未", "无")
"""What denies that something is there or done."""
_PERFECT = re.compile(r"[了好完]|过(?![期低高后程])")
"""What tells, right behind a verb, that it is done: 注册了, 注册过; 签注过期 does not."""


def _is_met(query: Query, item: Ranked) -> bool:
    """Whether the question says that something is so (已经注册, 有居住证) of which the passage's own question says that it is not.

    Not where the question denies it as well, or is about somebody else, whose state it need not be.
    """
    own = item.passage.question
    if item.passage.tabled or query.people or not any(denial in own for denial in _WITHOUT):
        return False
    return any(
        any(denial + word in own for denial in _WITHOUT)
        and not any(denial + word in query.text for denial in _WITHOUT)
        and not any(_says(wording, said) for wording in item.passage.wordings)
        for word, said in _what_is_so(query)
    )


def _says(text: str, said: str) -> bool:
    return any(is_said(text, *match.span()) for match in re.finditer(re.escape(said), text))


def _what_is_so(query: Query) -> Iterator[tuple[str, str]]:
    """The words of a question of which it says plainly that they are there or done; each also with what says so."""
    text = "".join(query.cuts)
    for start, end, word in placed(query.cuts, text):
        if len(word) < 2 or word[-1] in "到好完":
            continue
        done = _PERFECT.match(text, end)
        if text[:start].endswith("有") and is_said(text, start - 1, end):
            yield word, f"有{word}"
        elif done and is_said(text, start, done.end()):
            yield word, word + done[0]
        elif text[:start].endswith(("已", "已经")) and is_said(text, start, end):
            yield word, f"已{word}"


_SHORT_OF = re.compile(
    rf"(?:不到|没到|不够|不足|[未不没][交有]?满)\s*{TIME}(?!或)|(?<!\d){TIME}(?:不到|没到|不够|不足|未满|没满)"
)
"""A time or age that is not reached: 不到 24 个月, 一年不到; 没满 6 个月或断过 is of something else as well."""


def _is_reached(query: Query, item: Ranked) -> bool:
    """Whether the passage's own question is of who falls short of a time or age (不到 24 个月), and all times asked reach it."""
    own, text = with_half_years(item.passage.question), with_half_years(query.text)
    return any(_reaches(text, own[: bound.start()], bound[0]) for bound in _SHORT_OF.finditer(own))


def _reaches(text: str, before: str, bound: str) -> bool:
    """Whether all times told of what stands before a bound (社保没满 6 个月) reach it; where no clause is of that, all that are told."""
    of = set(bigrams(CLAUSE.split(before)[-1]))
    clauses = CLAUSE.split(text)
    told = ",".join([clause for clause in clauses if not of.isdisjoint(bigrams(clause))] or clauses)
    if _SHORT_OF.search(told):
        return False
    asked, least = times_told(told), lengths(_SHORT_OF, bound)
    return any(min(asked[unit]) >= max(least[unit]) for unit in asked.keys() & least.keys())


def _words_after(denial: re.Pattern[str], query: Query) -> Iterator[str]:
    """The words of a question, of two characters or more, that stand right after a denial."""
    text = "".join(query.cuts)
    ends = {match.end() for match in denial.finditer(text)}
    for start, _, word in placed(query.cuts, text):
        if start in ends and len(word) > 1:
            yield word
