"""The rules that a valid file must keep on its own, whatever the others say: each rule one function, listed in one table."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator
from itertools import pairwise
from typing import TYPE_CHECKING

from pydantic import BaseModel

from kb.comparing import comparable, comparable_question, comparable_statement
from kb.errors import Level, Problem
from kb.model import MAX_PROSE, Entry, EntryKind, Facet, Fact, Period, Status, facts_in
from kb.numerals import AT_ONCE, half_width, lengths_in, steps_in
from kb.rendering import first_paragraph

if TYPE_CHECKING:
    from kb.documents import Document

CATCH_ALL = re.compile(
    r"其[他它](所?需要?|相关|有关|必要)?的?(材料|资料|证明|文件)|等(相关|有关)?(材料|资料|证明)$|视情况"
)
NO_FEE = "不收费"
FREE = frozenset(("不收费", "免费", "不要钱", "不用钱", "免收费", "不收费用", "不收取费用", "0元", "零元"))
"""Answers that say of a fee that there is none."""
_BEFOREHAND = re.compile(r"前 *[\d一二两三四五六七八九十百]+ *")
"""When to come (到期前 30 日内), which is not how long it takes."""
WORKING = "工作日"
UNITS = WORKING, "自然日"
MARKUP = re.compile(
    r"\*\*|＊＊|</?[A-Za-z][^<>]*>|\[[^\[\]]+\] *\([^()]*\)|`|^#{1,6} |~~[^~\n]+~~|==[^=\n]+==", re.MULTILINE
)
"""Markdown or HTML, where only text is shown."""
SEVERAL = re.compile("[，、]")
"""What editors write between words where an English comma belongs."""
WHOLE_QUESTION = "写成一句完整的问题，如“签注要钱吗”"
"""The remedy for a wording that is too broad."""
SAME_AS_SOURCE = "核对来源后改成一致"
"""The remedy for two places that say different numbers."""


Place = tuple[str | int, ...]
"""Where something stands in the front matter."""


def remarks_of(document: Document) -> tuple[Problem, ...]:
    """What the rules find in one document."""
    return tuple(problem for rule in RULES for problem in rule(document))


def fact_line(document: Document, entry: Entry, index: int, *within: str) -> int:
    """The line on which a fact of an entry stands, or a field of it."""
    return entry.line if entry.parent else document.line("facts", index, *within)


def _joined_aliases(document: Document) -> Iterator[Problem]:
    """A wording with a Chinese comma in it: most likely several that became one; beside others it is rather one."""
    for entry in (entry for entry in document.entries if not entry.parent):
        lists: list[tuple[tuple[str, ...], Place]] = [(entry.aliases, ("aliases",))]
        lists += [(fact.aliases, ("facts", index, "aliases")) for index, fact in enumerate(entry.facts)]
        for aliases, place in lists:
            for number, alias in enumerate(aliases):
                if _are_several(alias) and (len(aliases) == 1 or _are_alike(alias)):
                    what = f"问法“{alias}”里有中文逗号或顿号，算作一个问法"
                    remedy = "如果是几个问法，之间换成英文逗号"
                    yield Problem(document.path, document.line(*place, number), what, remedy, Level.warning)


def _are_several(alias: str) -> bool:
    """Whether the parts of a wording, between Chinese commas, are likely to be wordings themselves.

    Each then has words of the one before it; a list of things (书、杂志) has not, nor a story (我昨天借了书，能借几天).
    """
    parts = [comparable(part) for part in SEVERAL.split(alias)]
    pairs = [{part[at : at + 2] for at in range(len(part) - 1)} for part in parts]
    return len(parts) > 1 and "我" not in alias and all(one & two for one, two in pairwise(pairs))


ASKED = re.compile("[吗呢么几哪]|什么|怎么|多[久少]|能不能|要不要|可不可以")
"""What a question has that asks something."""


def _are_alike(alias: str) -> bool:
    """Whether the parts of a wording, between Chinese commas, begin alike and each ask something of that beginning."""
    parts = [comparable(part) for part in SEVERAL.split(alias)]
    return len({part[:2] for part in parts}) == 1 and all(ASKED.search(part, 2) for part in parts)


def _joined_words(document: Document) -> Iterator[Problem]:
    """Of what is looked for in questions as it is written, no word has a comma in it."""
    for entry, index, fact in facts_in(document.entries):
        if entry.parent:
            continue
        lists: list[tuple[tuple[str, ...], Place]] = [
            (value.aliases, ("values", number, "aliases")) for number, value in enumerate(fact.values)
        ]
        if total := fact.total:
            lists += [(getattr(total, name), ("total", name)) for name in ("asked", "passing", "never")]
            for number, part in enumerate(total.parts):
                lists += [
                    (getattr(part, name), ("total", "parts", number, name)) for name in ("near", "before", "after")
                ]
        for words, place in lists:
            for at, word in enumerate(words):
                yield from joined_in(word, document.path, document.line("facts", index, *place, at))


def joined_in(word: str, path: str, line: int) -> Iterator[Problem]:
    """Whether a word of a list, at this place, is most likely several, between which stands a Chinese comma."""
    if SEVERAL.search(word):
        what = f"“{word[:20]}”里有中文逗号或顿号，算作一个词"
        yield Problem(path, line, what, "如果是几个词，之间换成英文逗号", Level.warning)


def _wordings_of_two(document: Document) -> Iterator[Problem]:
    """A wording of two facts that hold at once: whoever types it gets one of them, and it may be the wrong one."""
    for entry in document.entries:
        known: dict[str, dict[int, Fact]] = {}
        for text, index, alias in entry.askings():
            if index is None:
                continue
            fact, others = entry.facts[index], known.setdefault(comparable_question(text), {})
            if (other := next((at for at, one in others.items() if _differ_at_once(one, fact)), None)) is not None:
                place: Place = ("question",) if alias is None else ("aliases", alias)
                what = f"问法“{text}”也写在第 {other + 1} 条事实上，说的却不是同一件事"
                yield Problem(document.path, document.line("facts", index, *place), what, "只留一处，或写明是哪一种")
            others[index] = fact


def _differ_at_once(one: Fact, other: Fact) -> bool:
    return one.matter != other.matter and one.effective.overlaps(other.effective)


def _single_characters(document: Document) -> Iterator[Problem]:
    for wording in document.claims.wordings:
        if len(wording.key) == 1:
            what = f"问法“{wording.text}”只有一个字，太宽，会抢走别的问题"
            yield Problem(document.path, wording.line, what, WHOLE_QUESTION)


def _cut_short(document: Document) -> Iterator[Problem]:
    for line in document.cut:
        what = "这一行的文字只到 # 为止，空格加 # 后面的都被当作注释"
        remedy = '# 是文字的一部分，就给整段文字加英文引号 "…"；真是注释，就另起一行写'
        yield Problem(document.path, line, what, remedy, Level.warning)


def _marked_up(document: Document) -> Iterator[Problem]:
    """The front matter is plain text: visitors see the marks themselves."""
    for entry in document.entries[:1]:
        for text, place in _plain_texts(entry):
            # An answer or a summary that is not written is of the body, which is Markdown.
            if MARKUP.search(text) and ".".join(map(str, place)) in document.lines:
                name = str(place[2 if place[0] in ("facts", "sources") else 0])
                yield from marks_in(text, name, document.path, document.line(*place))


def _plain_texts(entry: Entry) -> Iterator[tuple[str, Place]]:
    """The texts that visitors see as they may be written in the front matter, each with its place there."""
    yield from ((entry.title, ("title",)), (entry.title, ("question",)), (entry.summary, ("summary",)))
    for name in ("now", "facts", "sources"):
        yield from texts_in(getattr(entry, name), name)


def texts_in(value: object, *place: str | int) -> Iterator[tuple[str, Place]]:
    """The texts within a group of fields that visitors see, each with its place."""
    if isinstance(value, str):
        yield value, place
    elif isinstance(value, tuple):
        for number, each in enumerate(value):
            yield from texts_in(each, *place, number)
    elif isinstance(value, BaseModel):
        for name, each in value:
            if name not in ("aliases", "source", "entry", "url"):
                yield from texts_in(each, *place, name.rstrip("_"))


def marks_in(text: str, name: str, path: str, line: int) -> Iterator[Problem]:
    """Whether a field, at this place, has marks that mean nothing there."""
    if found := MARKUP.search(text):
        what = f"{name} 里的 {found[0][:20]} 会原样显示给访问者"
        yield Problem(path, line, what, "这里只写文字，不用 Markdown 和 HTML", Level.warning)


def _empty_facts(document: Document) -> Iterator[Problem]:
    for _, index, fact in facts_in(document.entries):
        if fact.is_empty:
            what = f"第 {index + 1} 条事实（{fact.facet.label}）没有内容"
            yield Problem(document.path, document.line("facts", index), what, "写 answer、items、steps 或 values")


def _dates_in_order(document: Document) -> Iterator[Problem]:
    for entry in document.entries[:1]:
        if entry.review_by and entry.review_by < entry.reviewed:
            what = f"review_by（{entry.review_by}）早于 reviewed（{entry.reviewed}）"
            yield Problem(document.path, document.line("review_by"), what, "两个日期核对后改正")
        for index, fact in enumerate(entry.facts):
            if fact.effective != Period() and not fact.effective.overlaps(entry.effective):
                what = f"{fact.facet.label}的期间不在整个条目的 effective 之内"
                yield Problem(document.path, document.line("facts", index, "effective"), what, "核对两处日期后改正")
        if entry.status.is_over:
            if entry.effective.to is None:
                what = f"status 是 {entry.status}，却没有写失效日期"
                yield Problem(document.path, document.line("status"), what, "在 effective.to 写最后有效的一天")
            if entry.now is None:
                what = "已不再有效的条目没有写现在怎么办"
                yield Problem(document.path, document.line("status"), what, "用 now.text 写现行做法", Level.warning)


def _now_is_never_shown(document: Document) -> Iterator[Problem]:
    for entry in document.entries[:1]:
        if entry.now and entry.status is Status.in_force and entry.effective.to is None:
            what, remedy = "现行有效的条目写了 now，不会显示", "删掉 now；已经失效的，改 status 并写 effective.to"
            yield Problem(document.path, document.line("now"), what, remedy, Level.warning)


def _widened_by_nothing(document: Document) -> Iterator[Problem]:
    """A field that narrows a fact and is left empty: the fact then holds for everything, or for everybody."""
    for entry, index, fact in facts_in(document.entries):
        for name, value in (("about", fact.about), ("audience", fact.audience)):
            line = document.lines.get(f"facts.{index}.{name}")
            if line and value is None and not entry.parent:
                what = f"{name} 是空的，这条事实会对{'整个主题' if name == 'about' else '所有人'}都算数"
                yield Problem(document.path, line, what, "写上内容，或删掉这一行", Level.warning)


_UNIT = "(?:天|日|个|元|分|年|月|%)"
_COLLEAGUE = "(?:领导|主任|[^，。]{0,2}[科处局馆]长|[小老][王李张刘陈杨赵黄周吴徐孙])"
_UNWRITTEN = re.compile(
    r"(?i)(?:请?(?:详?见|参见)(?:正文|下文|下面|文末)|[^，。；]{0,12}(?:见|参见)附[件表录][0-9一二三四五六七八九十]{0,3}|"
    r"待定|待补充?|待确认|待核实|暂缺|同上|略|todo|tbd|[是否对√×]|yes|no)[。.！!]?|"
    rf".*(?:(?<![a-z])x{{2,}} ?{_UNIT}|[?？]{{2,}} ?{_UNIT}|电话[:：]? ?[x?？_]{{2,}}|[?？_]{{3,}}|"
    rf"【(?:金额|数[字量目]|[天人次年月日]数|多少|几)】|待{_COLLEAGUE}[^，。]{{0,2}}(?:确认|审定|补充|核实)).*",
    re.DOTALL,
)
_ANSWERED = re.compile("答(?:案|复)?[:：]")


def _unwritten_answers(document: Document) -> Iterator[Problem]:
    """The card shows the answer alone: it must not send people elsewhere, or leave a blank where a number belongs."""
    for entry, index, fact in facts_in(document.entries):
        answer, line = fact.answer or "", fact_line(document, entry, index, "answer")
        if begun := _ANSWERED.match(answer):
            what = f"答案以“{begun[0]}”开头，会原样显示"
            yield Problem(document.path, line, what, "只写答案，删掉这几个字", Level.warning)
        asked = entry.question_of(fact)
        if answer and (_UNWRITTEN.fullmatch(answer) or comparable(answer) == comparable(asked)):
            what = f"答案“{answer[:20]}”还没有写完：卡片上只显示这一句"
            level = Level.warning if fact.items or fact.steps or fact.values else Level.error
            yield Problem(document.path, line, what, "写上一两句话的直接答案", level)


def _facts_twice(document: Document) -> Iterator[Problem]:
    for entry in document.entries:
        for index, fact in enumerate(entry.facts):
            first = entry.facts.index(fact)
            if first < index:
                what = f"这条事实和第 {first + 1} 条一模一样"
                yield Problem(document.path, document.line("facts", index), what, "删掉一条，或改成另一件事")


LONG = 300
"""Characters from which an answer fills the screen of a phone, and hides what stands below it."""


def _long_answers(document: Document) -> Iterator[Problem]:
    for entry, index, fact in facts_in(document.entries):
        length = len(fact.answer or "")
        if LONG < length < MAX_PROSE:
            what = f"答案有 {length} 个字，卡片会占满手机的屏幕"
            remedy = f"先写一两句直接的答案（{LONG} 字以内），其余写进 items、steps、notes 或正文"
            yield Problem(document.path, fact_line(document, entry, index), what, remedy, Level.warning)


def _bare_numbers(document: Document) -> Iterator[Problem]:
    """A row of a table is shown alone: what its number counts must stand in it."""
    for _, index, fact in facts_in(document.entries):
        for number, value in enumerate(fact.values):
            if re.fullmatch(r"[0-9.,]+", value.value):
                line = document.line("facts", index, "values", number)
                what = f"values 里“{value.of}”的 {value.value} 没有单位"
                yield Problem(document.path, line, what, f"写成“{value.value} 分”“{value.value} 元”这样", Level.warning)


def _open_answers(document: Document) -> Iterator[Problem]:
    """The list that an answer announces is not on the card, unless it is of the fact itself."""
    for entry in document.entries:
        for answer, place in _answers_alone(entry):
            if answer.endswith(("：", ":")):
                line = entry.line if entry.parent else document.line(*place)
                what = f"答案“{answer[-20:]}”停在冒号上：卡片上只显示这一句"
                yield Problem(document.path, line, what, "第一段写成完整的一两句话；列表写进 items、steps 或 values")


def _answers_alone(entry: Entry) -> Iterator[tuple[str, Place]]:
    """The answers below which a card has no list, each with its place in the front matter."""
    for index, fact in enumerate(entry.facts):
        if fact.answer and not (fact.items or fact.steps or fact.values or fact.limit or fact.conflict):
            yield fact.answer, ("facts", index, "answer")
    if entry.kind is EntryKind.faq and not entry.facts:
        yield first_paragraph(entry.text), ("question",)


_SENTENCE = re.compile(r"[^。；！？\n]+")
_FIGURE = re.compile(r"(?<![0-9.])[0-9]{1,9}(?:\.[0-9]{1,4})?(?= ?[\u4e00-\u9fff%])")
"""A number with its unit."""


def _figures_in(text: str) -> dict[str, str]:
    """The sentences of a text with just one number, without it, and the number; those that come twice left out."""
    found: dict[str, set[str]] = {}
    for sentence in _SENTENCE.findall(text):
        if len(numbers := _FIGURE.findall(sentence)) == 1:
            found.setdefault(re.sub(r"\s", "", _FIGURE.sub("#", sentence)), set()).update(numbers)
    return {sentence: numbers.pop() for sentence, numbers in found.items() if len(numbers) == 1}


def _answer_and_body(document: Document) -> Iterator[Problem]:
    """The page of a question shows the answer above the body: the same sentence must not have two numbers."""
    if not (document.lines.get("facts.0.answer") and document.lines.get("question")):
        return
    for entry in document.entries[:1]:
        above, below = _figures_in(entry.facts[0].answer or ""), _figures_in(entry.text)
        for sentence in above.keys() & below.keys():
            if above[sentence] != below[sentence]:
                what = f"answer 写的是 {above[sentence]}，正文同一句话里却是 {below[sentence]}"
                line = document.line("facts", 0, "answer")
                yield Problem(document.path, line, what, SAME_AS_SOURCE, Level.warning)


def _refers_to_itself(document: Document) -> Iterator[Problem]:
    for entry in document.entries[:1]:
        for index, ident in enumerate(entry.related):
            if ident == entry.id or ident in entry.related[:index]:
                what = "related 里写了自己" if ident == entry.id else f"related 里 {ident} 写了两次"
                yield Problem(document.path, document.line("related", index), what, "删掉这一项", Level.warning)
        if entry.now and entry.now.entry == entry.id:
            what, remedy = "now.entry 写的是自己", "写现行做法所在的条目"
            yield Problem(document.path, document.line("now", "entry"), what, remedy, blocks=False)


def _loose_limits(document: Document) -> Iterator[Problem]:
    for _, index, fact in facts_in(document.entries):
        if not fact.limit:
            continue
        line = document.line("facts", index, "limit")
        if fact.limit.unit not in UNITS:
            what = f"时限的单位写成了“{fact.limit.unit}”" if fact.limit.unit else "时限没有写单位"
            yield Problem(document.path, line, what, "unit 只写工作日或自然日，不写“个”")
        if not fact.limit.from_:
            yield Problem(document.path, line, "时限没有写从什么时候起算", "from 写起算的那件事", Level.warning)


def _limit_and_answer(document: Document) -> Iterator[Problem]:
    """A card shows both: a visitor must not read one number of days above and another below."""
    for _, index, fact in facts_in(document.entries):
        said = lengths_in(_BEFOREHAND.sub("", fact.answer or ""))
        limit = fact.limit
        if not (limit and said) or (not limit.promised and AT_ONCE.search(fact.answer or "")):
            continue
        same = [length for length in said if length.days == limit.promised]
        if not any(limit.unit not in UNITS or length.working == (limit.unit == WORKING) for length in same):
            words = "、".join(length.text for length in same or said)
            what = f"limit 写的是 {limit.promised} {limit.unit or '天'}，答案里说的却是 {words}"
            yield Problem(document.path, document.line("facts", index, "limit"), what, SAME_AS_SOURCE, Level.warning)


def _steps_and_answer(document: Document) -> Iterator[Problem]:
    for _, index, fact in facts_in(document.entries):
        said = steps_in(fact.answer or "")
        if fact.steps and said not in (None, len(fact.steps)):
            what = f"答案里说共 {said} 步，steps 里却有 {len(fact.steps)} 步"
            yield Problem(document.path, document.line("facts", index, "steps"), what, "核对后改成一致", Level.warning)


_AMOUNT = re.compile(r"([0-9.]+) *(\D+)")


def _values_and_answer(document: Document) -> Iterator[Problem]:
    """A card shows both: a row whose name stands in the answer, right before a number of its unit, must have that number."""
    for _, index, fact in facts_in(document.entries):
        answer = half_width(fact.answer or "")
        rows: dict[tuple[str, str], list[str]] = {}
        for value in fact.values:
            if amount := _AMOUNT.fullmatch(half_width(value.value)):
                rows.setdefault((value.of, amount[2]), []).append(amount[1])
        for (name, unit), amounts in rows.items():
            named = rf"(?<!\w){re.escape(half_width(name))}[ :：是为]*([0-9.]+) *{re.escape(unit)}(?![钟月])"
            said = re.findall(named, answer)
            if said and not set(said) & set(amounts):
                what = f"values 里“{name}”写的是 {amounts[0]} {unit}，答案里说的却是 {said[0]} {unit}"
                yield Problem(
                    document.path, document.line("facts", index, "values"), what, SAME_AS_SOURCE, Level.warning
                )


def _goal_and_answer(document: Document) -> Iterator[Problem]:
    for _, index, fact in facts_in(document.entries):
        if fact.total:
            goal, unit = fact.total.goal, fact.total.unit
            said = re.findall(rf"([0-9]+) *{re.escape(unit)}(?!钟)", half_width(fact.answer or ""))
            if said and str(goal) not in said:
                what = f"total 的 goal 写的是 {goal}，答案里说的却是 {said[0]} {unit}"
                line = document.line("facts", index, "total", "goal")
                yield Problem(document.path, line, what, SAME_AS_SOURCE, Level.warning)


def _values_twice(document: Document) -> Iterator[Problem]:
    """Two rows of one table for the same case: which of them holds nobody could tell."""
    for _, index, fact in facts_in(document.entries):
        seen: set[tuple[str, str | None]] = set()
        for number, value in enumerate(fact.values):
            case = comparable_statement(value.of) or value.of, value.note
            if case in seen:
                line = document.line("facts", index, "values", number)
                yield Problem(document.path, line, f"values 里“{value.of}”写了两次", "留下对的一项，或写清楚区别")
            seen.add(case)


def _vague_facts(document: Document) -> Iterator[Problem]:
    for entry, index, fact in facts_in(document.entries):
        line = fact_line(document, entry, index)
        if fact.facet is Facet.fee and comparable(fact.answer or "") in ("", "无", "没有", "0", "暂无"):
            yield Problem(document.path, line, "费用没有写清楚", f"不收费就写“{NO_FEE}”", Level.warning)
        if fact.facet is Facet.basis and not any(ref.clause for ref in fact.source):
            yield Problem(document.path, line, "政策依据没有写条款", "在 source 的 clause 写第几条", Level.warning)
        for number, item in enumerate(fact.items):
            if CATCH_ALL.search(item.name):
                where = document.line("facts", index, "items", number)
                what = f"材料“{item.name}”是兜底的说法，来办事的人不知道要带什么"
                yield Problem(document.path, where, what, "逐项写明，写不明就删掉", Level.warning)


RULES: tuple[Callable[[Document], Iterable[Problem]], ...] = (
    _joined_aliases,
    _joined_words,
    _wordings_of_two,
    _single_characters,
    _cut_short,
    _marked_up,
    _empty_facts,
    _dates_in_order,
    _now_is_never_shown,
    _refers_to_itself,
    _widened_by_nothing,
    _unwritten_answers,
    _facts_twice,
    _long_answers,
    _bare_numbers,
    _open_answers,
    _answer_and_body,
    _loose_limits,
    _limit_and_answer,
    _steps_and_answer,
    _values_and_answer,
    _goal_and_answer,
    _values_twice,
    _vague_facts,
)
