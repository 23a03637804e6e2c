"""The rules that the files of a lexicon must keep, among each other and beside the content: each rule one function."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from pathlib import Path

from kb.claims import Wording
from kb.comparing import comparable
from kb.errors import WIDELY, ContentError, Level, Problem
from kb.library import read_topics
from kb.model import EntryKind, Topic
from kb.reading import TOPICS_FILE, read_yaml
from kb.remarks import ASKED, WHOLE_QUESTION
from kb.tables import Table
from kb.validating import did_you_mean
from search.chinese import facet_patterns, interrogatives, stopwords, things
from search.lexicon import OUTSIDE_FILE, SCOPE_FILE, SYNONYMS_FILE, TERMS_FILE, Lexicon, lines_of, load_lexicon
from search.segmenter import Segmenter, make_segmenter
from search.text import normalise, question_key

LONGEST_ASKING = 6
"""Characters of a question that may be about nothing: longer ones say something."""


def lexicon_problems(root: Path, own: Iterable[Wording]) -> tuple[Problem, ...]:
    """What is wrong with the files in `lexicon/`: what keeps everything from being published, then what is doubtful.

    `own` are the content's own wordings.
    """
    try:
        lexicon, topics = load_lexicon(root), read_topics(root)
    except ContentError as error:
        return error.problems
    written = tuple(own)
    general = make_segmenter(())  # which keeps none of the words together that are in doubt
    return (
        *_missing_files(root),
        *_unknown_topics(root, lexicon, topics),
        *_typos_that_are_words(root, lexicon),
        *_words_twice(root, lexicon),
        *_words_on_both_sides(root, lexicon),
        *_lines_that_are_none(root),
        *_words_that_only_ask(root, lexicon, topics, general),
        *_questions_about_nothing(lexicon, written, general),
        *_outside_and_own(root, lexicon, written),
        *_outside_and_topics(root, topics),
        *_confusable_and_own(root, lexicon, written),
        *too_broad(lexicon, topics, Table[Wording]().after((), ((each.key, each) for each in written))),
    )


def _missing_files(root: Path) -> Iterator[Problem]:
    """Files that are not there though others of the lexicon are: most likely they were there, and cards rest on them."""
    if not any((root / name).exists() for name in (SCOPE_FILE, SYNONYMS_FILE, OUTSIDE_FILE, TERMS_FILE)):
        return
    for name, lost, nothing in (
        (SCOPE_FILE, "别处的事会当作本站的来答", "home: []"),
        (SYNONYMS_FILE, "条目里没写的叫法都认不出来", "[]"),
    ):
        if not (root / name).exists():
            remedy = f"被移走、删掉或改了名的，找回来；真的不用，建一个，里面写 {nothing}"
            yield Problem(name, 1, f"没有这个文件，{lost}", remedy, Level.warning)


def _unknown_topics(root: Path, lexicon: Lexicon, topics: Iterable[Topic]) -> Iterator[Problem]:
    names = {topic.id: topic.name for topic in topics}
    for index, group in enumerate(lexicon.groups):
        for topic in group.topic:
            if topic not in names:
                line = read_yaml(root, SYNONYMS_FILE).line((index, "topic"))
                what = f"“{group.term}”的主题 {topic} 在 topics.yml 里没有"
                yield Problem(
                    SYNONYMS_FILE, line, what, f"{did_you_mean(topic, names)}改成已有的主题编号", blocks=False
                )


def _typos_that_are_words(root: Path, lexicon: Lexicon) -> Iterator[Problem]:
    """Misspellings that are words of their own, which are never corrected (search/correction.py)."""
    segmenter = make_segmenter(lexicon.all_terms)
    for index, group in enumerate(lexicon.groups):
        for typo in filter(segmenter.knows, group.typo):
            line = read_yaml(root, SYNONYMS_FILE).line((index, "typo"))
            what = f"“{typo}”本身是一个词，不会当作“{group.term}”的错字"
            yield Problem(SYNONYMS_FILE, line, what, "写长一些，如“申请复合”，或删掉", Level.warning)


def _words_twice(root: Path, lexicon: Lexicon) -> Iterator[Problem]:
    """A word that may be swapped for those of two groups: only the last of them holds."""
    first: dict[str, int] = {}
    for index, group in enumerate(lexicon.groups):
        for word in dict.fromkeys((group.term, *group.exact)):
            if (other := first.setdefault(word, index)) != index:
                located = read_yaml(root, SYNONYMS_FILE)
                line = located.line((index, "term" if word == group.term else "exact"))
                what = f"“{word}”在第 {located.line((other,))} 行的一组里已经有了"
                yield Problem(SYNONYMS_FILE, line, what, "两组合成一组，或只留一处", Level.warning)


def _words_on_both_sides(root: Path, lexicon: Lexicon) -> Iterator[Problem]:
    """A word for both of two opposite states."""
    for pair, opposite in enumerate(lexicon.scope.opposites):
        for word in opposite.one:
            if word in opposite.other:
                line = read_yaml(root, SCOPE_FILE).line(("opposites", pair))
                what = f"“{word}”在这一对 opposites 的两边都有"
                yield Problem(SCOPE_FILE, line, what, "一个词只能说其中一种情形：留下一边", Level.warning)


_NUMBERED = re.compile(r"(?:[-*+•·－—] *|[(（]?[0-9]{1,3}[、.．)）] *(?![0-9]))(?=\S)")
_REMARKED = re.compile(r"\s[#＃]")


def _are_several(line: str) -> bool:
    """Whether a line is several questions; a comma may stand within one."""
    parts = re.split("[、；;]", line)
    return len(parts) > 1 and all(map(ASKED.search, parts))


def _lines_that_are_none(root: Path) -> Iterator[Problem]:
    """Lines of word lists that are read as they stand, marks and all."""
    for name in (OUTSIDE_FILE, TERMS_FILE):
        first: dict[str, int] = {}
        for number, line in lines_of(root, name):
            other = first.setdefault(line, number)
            if _NUMBERED.match(line):
                yield Problem(name, number, f"“{line[:20]}”前面的编号或减号会算在里面", "删掉编号或减号", Level.warning)
            elif _REMARKED.search(line):
                yield Problem(name, number, "句子后面的 # 不是注释，会算在里面", "# 写在行首，另起一行", Level.warning)
            elif name == TERMS_FILE and re.search("[，、；,;]", line):
                yield Problem(name, number, f"“{line[:20]}”会当作一个词", "一行写一个词，不用逗号", Level.warning)
            elif name == OUTSIDE_FILE and _are_several(line):
                yield Problem(name, number, f"“{line[:20]}”会当作一个问题", "一行写一个问题", Level.warning)
            elif other != number:
                yield Problem(name, number, f"这一行和第 {other} 行一样", "留下一行", Level.warning)


def _only_asks(text: str, segmenter: Segmenter) -> bool:
    """Whether a normalised text is nothing but words that every question may have (怎么办), or one character."""
    return len(comparable(text)) == 1 or stopwords().issuperset(segmenter.words(text))


def _words_that_only_ask(
    root: Path, lexicon: Lexicon, topics: Iterable[Topic], segmenter: Segmenter
) -> Iterator[Problem]:
    """Names of topics, and terms, that stand in questions about anything, or are of one character."""
    shared = [
        (TOPICS_FILE, (index, field), word)
        for index, topic in enumerate(topics)
        for field, words in (("name", (topic.name,)), ("aliases", topic.aliases))
        for word in words
    ]
    shared += [
        (SYNONYMS_FILE, (index, field), word)
        for index, group in enumerate(lexicon.groups)
        for field, words in (("term", (group.term,)), ("exact", group.exact))
        for word in words
    ]
    for name, where, word in shared:
        if _only_asks(normalise(word), segmenter):
            line = read_yaml(root, name).line(where)
            what = f"“{word}”太宽，什么问题里都可能有"
            yield Problem(name, line, what, "写成两个字以上、只说这件事的词，或删掉", Level.warning)


def _is_of_a_facet(text: str, segmenter: Segmenter) -> bool:
    """Whether a normalised text is what people ask of any matter (多少钱), and beside it only words that all questions may have."""
    found = filter(None, (pattern.search(text) for _, pattern, _ in facet_patterns()))
    rests = (text[: match.start()] + text[match.end() :] for match in found)
    return any(stopwords().issuperset(segmenter.words(rest)) for rest in rests)


def _questions_about_nothing(lexicon: Lexicon, own: Iterable[Wording], segmenter: Segmenter) -> Iterator[Problem]:
    """Questions of entries that do not say about what they ask (怎么办, 多少钱)."""
    for each in own:
        if not 1 < len(each.key) <= LONGEST_ASKING:
            continue
        text = normalise(each.text).rstrip("?!。 ")
        names = lexicon.subjects(text) or things().intersection(segmenter.words(text))
        if _only_asks(text, segmenter) or (interrogatives(text) and not names and _is_of_a_facet(text, segmenter)):
            what = f"问法“{each.text}”没有说是哪件事，太宽，会抢走别的问题"
            yield Problem(each.path, each.line, what, WHOLE_QUESTION, blocks=False)


def _outside_and_own(root: Path, lexicon: Lexicon, own: Iterable[Wording]) -> tuple[Problem, ...]:
    """Questions that are said to be not answered, and are an entry's own."""
    if not lexicon.outside:
        return ()
    written = {question_key(each.text): f"{each.path}:{each.line}" for each in own}
    return tuple(
        Problem(
            OUTSIDE_FILE,
            number,
            f"“{line}”也是条目的问法（{where}），会照常给卡片",
            "本站回答的，从这里删掉；不回答的，从条目里删掉",
            Level.warning,
        )
        for number, line in lines_of(root, OUTSIDE_FILE)
        if (where := written.get(question_key(line)))
    )


def _outside_and_topics(root: Path, topics: Iterable[Topic]) -> Iterator[Problem]:
    """Names of topics among the questions that are not answered: whoever types one would be sent away."""
    names = {question_key(name): topic.id for topic in topics for name in (topic.name, *topic.aliases)}
    for number, line in lines_of(root, OUTSIDE_FILE):
        if topic := names.get(question_key(line)):
            what = f"“{line}”是主题 {topic} 的名称，本站回答的"
            yield Problem(OUTSIDE_FILE, number, what, "删掉这一行，或写成一句完整的、不归本站答的问题", Level.warning)


def _confusable_and_own(root: Path, lexicon: Lexicon, own: Iterable[Wording]) -> Iterator[Problem]:
    """Questions of entries that name what is said to be no matter of this content. Aliases may: people put it in their way.

    A word that many of them name is most likely wrong itself.
    """
    named: dict[tuple[int, str], list[Wording]] = {}
    for each in own:
        text = "" if each.is_alias else normalise(each.text)
        for index, other in enumerate(lexicon.scope.confusable):
            if word := other.named_in(text):
                named.setdefault((index, word), []).append(each)
                break
    for (index, word), found in named.items():
        if len(found) > WIDELY:
            line = read_yaml(root, SCOPE_FILE).line(("confusable", index))
            what = f"confusable 里的“{word}”在条目的 {len(found)} 个问题里都有：换个说法来问它们就没有卡片"
            yield Problem(SCOPE_FILE, line, what, "words 只写别处特有的词，或在 unless 写上本站的词", Level.warning)
            continue
        for each in found:
            what = f"“{each.text}”里有“{word}”，scope.yml 的 confusable 说它不归本站答：换个说法来问就没有卡片"
            remedy = "本站回答的，在 scope.yml 那一条的 unless 里写上问题里特有的词；不回答的，删掉这个问题"
            yield Problem(each.path, each.line, what, remedy, Level.warning)


def too_broad(lexicon: Lexicon, topics: Iterable[Topic], own: Table[Wording]) -> Iterator[Problem]:
    """A declared subject, or a term, is no question: only an article may go by its name. Of topics see `kb.checking`.

    `own` are the content's own wordings by key, traditional characters as they are. They are published: it takes what is
    no part of `kb` to tell.
    """
    names = {question_key(name) for topic in topics for name in (topic.name, *topic.aliases)}
    for key, file in lexicon.broad.items():
        for wording in own[key] if key not in names else ():
            if not wording.entry.startswith(EntryKind.article.folder):
                what = f"问法“{wording.text}”是 {file} 里的一个词，太宽，会抢走所有问它的人"
                yield Problem(wording.path, wording.line, what, WHOLE_QUESTION, blocks=False)
