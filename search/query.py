"""Understanding: from what was typed to one immutable Query that says what was understood, and why."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date
from functools import cached_property
from itertools import accumulate
from math import log

from kb.comparing import comparable
from kb.model import Facet, Topic
from search.chinese import circumstances, facet_patterns, general_idf, interrogatives, people, stopwords, things
from search.correction import Corrector, make_corrector
from search.forms import BIGRAMS
from search.forward import Forward
from search.lexicon import LOOSE, Distinct, Lexicon, State
from search.model import Correction
from search.places import as_elsewhere, cities, elsewhere, is_home
from search.quantities import with_ages
from search.segmenter import Segmenter
from search.text import MAX_QUERY, MEASURES, bigrams, is_han, normalise, placed, runs

_MEDIAN_IDF = 11.7392
"""The median of jieba's general idf, used for words it does not have."""
CLAUSE = re.compile(r"[,，。.!！?？;；、\n~…]+")
"""What separates clauses."""
ASKING = re.compile(
    r"怎么|怎样|如何|多久|多少|(?<!前)几|什么|哪|吗|呢|"
    r"可不可以|有没有|能不能|是不是|要不要|算不算|够不够|谁|为什么|啥|请问|不$"
)
"""What asks; 前几年 does not."""
STORY = 0.4
"""How much what is told around a question counts, against the question itself."""
INVENTED = 0.4
"""What a word tells that no dictionary has: the segmenter put it together from loose characters (审好)."""
EVERYDAY = 7.5
"""General idf up to which a noun is an everyday one (现行, 普通)."""
NOT_HERE = "这里没有这个问题的答案。"
"""What is said to a question that the content says it does not answer."""
_ASKS_WHETHER = re.compile(
    r"(.)[不没]\1|有没|[不没][吗么]?(?=[^\w\s]|$)|不知道|不同|不见|差不多|不管|不好意思|对不起|无论"
)
_NOT = re.compile("[不没未无]")
_WISH = re.compile("^我?们?(?:想要?|要|需要|准备|打算)[去来]?(?=[办申补换续签落转登查领挂注居])")
"""What a wish begins with that asks nothing else (我要办居住证): it asks no more than what is wished for."""
_WAITING = re.compile(r"[\s,。!]*在线等[^,。]{0,4}$")
_COUNTED = re.compile(f"[0-9](?:{'|'.join(MEASURES)})")
_TOO = re.compile(r"[,;。]\s*(?:那么?)?([^,;。]{1,12}?)(?:是不是|是否)?也([^,;。也]{1,14})$")
"""What ends with another thing of which the same is asked."""
_MODAL = "能要会可用得"
_MOVED = re.compile("[迁转落](?:到|进|来|入|在)?$")
"""What stands before where a household register went to: no place where something is done."""
_OF_PEOPLE = re.compile("的|人|本地|户")
"""What stands behind a place that people are from (是上海的): no place where something is done, either."""
SHORT = 2
"""Characters up to which what is typed is looked for inside titles, too."""
LONG = 24
"""Characters from which a question counts as a story, in which the question itself has to be found."""


@dataclass(frozen=True)
class Concept:
    """One informative thing in a question: its wording, what may stand for it in an entry, and how telling it is.

    `alternatives` are words with how well each stands in (1 the same, less for loose synonyms); a word that asks for a
    facet (多长时间) is accounted for by a passage of one of its `facets`. A `thing` is what a question can be about: a
    noun, or a term of the lexicon.
    """

    wording: str
    alternatives: tuple[tuple[str, float], ...]
    information: float
    known: bool
    facets: frozenset[str] = frozenset()
    thing: bool = False


@dataclass(frozen=True)
class Query:
    """A question understood. `facets` and `topics` map to weights, the strongest first; `notes` say why.

    `subjects` are the matters it names of those that the content declares to be about; `on_subject` says whether it
    names any, `implied` whether it has at least a word that people say for one, and `owner` is an unknown name right
    before one. A `bare` question names a matter and asks nothing of it; one that `only_asks` names nothing that it
    could be asked of (材料, 上海在哪办). `anywhere` is the text without the name of the region and with 岁 behind ages, `focus` the part that asks,
    and `story` the whole that it is only a part of, "" when the focus is all. `general` maps its words to what they tell in general Chinese; `unknown` is the share of its
    information in words that the index does not have, 0..1; `kinds` are the kinds of question it asks, `distinct` those
    that it names of what has rules of its own, `states` those with an opposite that somebody or something is said to be in.
    """

    typed: str
    text: str
    anywhere: str
    focus: str
    story: str
    words: tuple[str, ...]
    cuts: tuple[str, ...]
    bigrams: tuple[str, ...]
    general: Mapping[str, float]
    unknown: float
    subjects: frozenset[str]
    on_subject: bool
    implied: bool
    owner: str | None
    kinds: frozenset[str]
    negated: bool
    people: tuple[tuple[str, ...], ...]
    distinct: frozenset[Distinct]
    states: frozenset[State]
    concepts: tuple[Concept, ...]
    facets: Mapping[Facet, float]
    only_asks: bool
    topics: Mapping[str, float]
    corrections: tuple[Correction, ...]
    hints: tuple[str, ...]
    outside: str | None
    notes: tuple[str, ...]

    @cached_property
    def telling(self) -> tuple[str, ...]:
        """The words that tell something, with those that may stand for them; single characters tell too little."""
        words = (word for concept in self.concepts for word, _ in concept.alternatives)
        return tuple(dict.fromkeys(word for word in words if len(word) > 1 or word.isdigit()))

    def names(self, name: str) -> bool:
        """Whether the question has a name (normalised) as whole words, not in the middle of a word or number."""
        wanted, text = "".join(runs(name)), "".join(self.cuts)
        counted = (match.end() for match in _COUNTED.finditer(text))  # a word may begin with what is counted (2 倍加)
        ends = {*accumulate(map(len, self.cuts), initial=0), *counted}
        return wanted != "" and any(text.startswith(wanted, start) and start + len(wanted) in ends for start in ends)

    @cached_property
    def short(self) -> str:
        """What was typed in Han characters, so few that it may be no word, or a part of several; else empty."""
        text = normalise(self.typed, MAX_QUERY)
        return text if len(text) <= SHORT and all(map(is_han, text)) else ""

    @property
    def bare(self) -> bool:
        """Whether the question only names a matter."""
        return not self.facets and len(self.concepts) < 2

    @property
    def facet(self) -> Facet | None:
        """The facet asked for, if one was recognised."""
        return next(iter(self.facets), None)

    @property
    def topic(self) -> str | None:
        """The topic asked about; None when none, or several equally, are named."""
        first, second = (*self.topics, None, None)[:2]
        tied = first and second and self.topics[first] == self.topics[second]
        return None if tied else first


@dataclass(frozen=True)
class Understanding:
    """All that is needed to understand questions about one content folder.

    `topic_names` are the normalised names of topics, each with the topic's id; `vocabulary` maps the words of the index
    to the number of passages that have them in their wordings; `mentioned` knows every word of their texts.
    """

    segmenter: Segmenter
    lexicon: Lexicon
    corrector: Corrector
    topic_names: tuple[tuple[str, str], ...]
    vocabulary: Mapping[str, int]
    mentioned: Forward
    passages: int

    def fits(self, segmenter: Segmenter, lexicon: Lexicon) -> bool:
        """Whether it reads questions with this segmenter and lexicon."""
        own = self.segmenter.identity, self.lexicon.fingerprint
        return own == (segmenter.identity, lexicon.fingerprint)

    def understand(self, typed: str, exact: bool = False) -> Query:
        """Understand a question. `exact` leaves out corrections. Never raises; `typed` is bounded here."""
        original = normalise(typed, MAX_QUERY)
        read, corrections = (original, ()) if exact else self.corrector.correct(original, self._said)
        whole = normalise(read) if corrections else read
        text = whole if exact else _plainly(self._of_the_other(whole))
        told = with_ages(self._without_region(text))
        right = self._in_right_terms(told)
        focus = _focus(right)
        notes: list[str] = [f"规范化：{original}"]
        concepts = self._concepts(focus)
        if focus != right:
            concepts = self._with_background(concepts, right)
        facets = facets_of(focus) or facets_of(text)
        topics = self._topics(right)
        cuts = tuple(self.segmenter.cut(text))
        all_told = told if text == whole else with_ages(self._without_region(whole))
        said = {comparable(original), comparable(whole), comparable(all_told)} & self.lexicon.outside_keys
        outside = NOT_HERE if said else self.ruled_out(whole, cuts if text == whole else self.segmenter.cut(whole))
        anywhere_else = as_elsewhere(text, cuts, self.lexicon)
        notes += [f"更正：{correction.typed} → {correction.used}" for correction in corrections]
        if focus != right:
            notes.append(f"问句：{focus}")
        return Query(
            typed=typed,
            text=text,
            anywhere=all_told,
            focus=focus,
            story=right if focus != right else "",
            words=tuple(dict.fromkeys(self.segmenter.words(told))),
            cuts=cuts,
            bigrams=tuple(dict.fromkeys(bigrams(told))),
            general={
                word: general_idf().get(word, _MEDIAN_IDF)
                for word in self.segmenter.words(focus)
                if word not in stopwords()
            },
            unknown=_unknown(concepts),
            subjects=self.lexicon.subjects(focus) or self.lexicon.subjects(right),
            on_subject=not self.lexicon.scope.subjects or self.lexicon.subject_pattern.search(text) is not None,
            implied=not self.lexicon.scope.implied or any(word in cuts for word in self.lexicon.scope.implied),
            owner=self._owner(text),
            kinds=interrogatives(focus),
            negated=negated(focus),
            people=tuple(self._names_of(cut) for cut in dict.fromkeys(cuts) if cut in people()),
            distinct=self.lexicon.kinds(text) | self.lexicon.kinds(anywhere_else),
            states=self.lexicon.states(text) | self.lexicon.states(anywhere_else),
            concepts=concepts,
            facets=facets,
            only_asks=bool(facets) and not self.lexicon.subjects(right) and self._only_asks(told),
            topics=topics,
            corrections=corrections,
            hints=() if outside or right == told else self._hints(told),
            outside=outside,
            notes=tuple(notes),
        )

    def _of_the_other(self, text: str) -> str:
        """Of a question whether what is so of one thing is so of another (签注不收钱，那补卡也不收吧), what it asks of the other.

        What it is told of the first is no part of that, and has the words that tell the most. Where the same is not said
        of both, or the first has come to be so (社保断了，积分也断吗), it is a condition, and stays.
        """
        asked = _TOO.search(text)
        told = text[: asked.start()] if asked else ""
        if not asked or told.endswith("了") or asked[1] in told or not self._names_a_matter(asked[1]):
            return text
        same = asked[2][0] in _MODAL and asked[2][0] in told
        return text[asked.start(1) :] if same or not set(bigrams(asked[2])).isdisjoint(bigrams(told)) else text

    def _names_a_matter(self, text: str) -> bool:
        """Whether a piece of a question names what is ours, or a thing; who somebody is, or what there is not, is neither."""
        if negated(text) or not people().isdisjoint(cuts := self.segmenter.cut(text)):
            return False
        return any(
            word in self.lexicon.variants or word in self.lexicon.scope.implied or word in things() for word in cuts
        )

    def _said(self, pair: str) -> int:
        """How many passages have two characters side by side."""
        return self.mentioned.passages_with(BIGRAMS, pair)

    def _without_region(self, text: str) -> str:
        """A text without the name of the region, where it stands for itself (在上海办, not 上海户口), and its 在.

        A place of home right before a subject (浦东新区居住证) says no more.
        """
        scope = self.lexicon.scope
        if not any(name in text for name in (*scope.region, *scope.home)):
            return text
        kept, position = "", 0
        for start, end, cut in placed(self.segmenter.cut(text), text):
            kept += text[position:start]
            position = end
            of_people = text[:start].endswith("是") and _OF_PEOPLE.match(text, end)
            is_region = cut in scope.region and not (of_people or _MOVED.search(text[:start]))
            says_where = is_region or (is_home(cut, self.lexicon) and self._subject_at(text, end))
            kept = kept.removesuffix("在") if says_where else kept + self._anywhere(cut)
        return kept + text[position:]

    def _anywhere(self, word: str) -> str:
        """A word without the name of the region before it, where that is in the lexicon for the same (上海居住证)."""
        variants = self.lexicon.variants
        for name in self.lexicon.scope.region:
            bare = word.removeprefix(name)
            if bare != word and word in variants and bare in variants and variants[word].group is variants[bare].group:
                return bare
        return word

    def _subject_at(self, text: str, position: int) -> bool:
        return bool(self.lexicon.scope.subjects and self.lexicon.subject_pattern.match(text, position))

    def _in_right_terms(self, text: str) -> str:
        """A text with what people call by a wrong name (年检), of which the lexicon has a hint, by the right one (签注)."""

        def right(match: re.Match[str]) -> str:
            variant = self.lexicon.variants[match[0]]
            return variant.group.term if variant.hint else match[0]

        return self.lexicon.pattern.sub(right, text)

    def _only_asks(self, text: str) -> bool:
        """Whether every word of a normalised text, without the region, asks or tells nothing."""
        asking = {place for start, end, _ in facet_spans(text) for place in range(start, end)}
        return all(
            self.information(word) == 0 or asking.issuperset(range(start, end))
            for start, end, word in placed(self.segmenter.cut(text), text)
        )

    def information(self, word: str) -> float:
        """How telling a word is, from 0: by its rarity in the index; a word it lacks, by that in general Chinese.

        Little words tell nothing, and places of home, since all is about them.
        """
        if word in stopwords() or is_home(word, self.lexicon):
            return 0.0
        count = self.vocabulary.get(word, 0)
        most = log(1 + self.passages / 0.5)
        if count:
            return min(most, log(1 + (self.passages - count + 0.5) / (count + 0.5)))
        if not self.segmenter.knows(word) and is_han(word):
            return most * INVENTED
        return most * min(1.0, general_idf().get(word, _MEDIAN_IDF) / _MEDIAN_IDF)

    def _owner(self, text: str) -> str | None:
        """The unknown name right beside a subject (国航里程积分, 积分排位赛), which makes it another thing's."""
        if not self.lexicon.scope.subjects:
            return None
        for match in self.lexicon.subject_pattern.finditer(text):
            before, after = text[: match.start()], text[match.end() :]
            for word in (*self.segmenter.cut(before)[-1:], *self.segmenter.cut(after)[:1]):
                # Letters may be set apart by a space (F1 积分); Han words must touch the subject.
                touching = before.endswith(word) or after.startswith(word)
                if (touching or not is_han(word)) and self._is_strange(word):
                    return word
        return None

    def _is_strange(self, word: str) -> bool:
        """Whether a word names something particular that the content never mentions."""
        ours = word in self.mentioned or is_home(word, self.lexicon) or self.corrector.is_pinyin(word)
        plain = word in stopwords() or word in circumstances()
        return not ours and not plain and len(word) > 1 and self._is_name(word)

    @staticmethod
    def _is_name(word: str) -> bool:
        """Whether a word names something particular: a noun that is not an everyday one, or letters."""
        if not is_han(word):
            return not word[0].isdigit()
        return word in things() and general_idf().get(word, _MEDIAN_IDF) > EVERYDAY

    def _names_of(self, word: str) -> tuple[str, ...]:
        """A word and those that may be swapped for it."""
        variant = self.lexicon.variants.get(word)
        return (word, variant.group.term, *variant.group.exact, *variant.group.loose) if variant else (word,)

    def _hints(self, text: str) -> tuple[str, ...]:
        """What to say of wrong names in a text, where the right one is not there as well."""
        hints: dict[str, None] = {}
        for match in self.lexicon.pattern.finditer(text):
            variant = self.lexicon.variants[match[0]]
            group = variant.group
            if variant.hint and not any(name in text for name in (group.term, *group.exact)):
                hints[variant.hint] = None
        return tuple(hints)

    def _concepts(self, text: str) -> tuple[Concept, ...]:
        concepts: list[Concept] = []
        for match in self.lexicon.pattern.finditer(text):
            variant = self.lexicon.variants[match[0]]
            group = variant.group
            alternatives = {match[0]: 1.0}
            for wording in (group.term, *group.exact):
                alternatives[wording] = max(alternatives.get(wording, 0), variant.weight)
            for wording in group.loose:
                alternatives.setdefault(wording, LOOSE)
            information = min(
                (self.information(word) for word in alternatives if word in self.vocabulary),
                default=self.information(group.term),
            )
            concepts.append(
                Concept(
                    match[0],
                    tuple(alternatives.items()),
                    max(information, 0.5),
                    known=any(word in self.vocabulary for word in (match[0], group.term, *group.exact)),
                    thing=True,
                )
            )
        spans = facet_spans(text)
        rest = self.lexicon.pattern.sub(lambda match: " " * len(match[0]), text)
        for begin, finish, word in placed(self.segmenter.cut(rest), rest):
            information = self.information(word)
            if information > 0 and (len(word) > 1 or not is_han(word) or word in self.vocabulary):
                asking = {facet for start, end, facet in spans if start <= begin and finish <= end}
                concepts.append(
                    Concept(
                        word,
                        ((word, 1.0),),
                        information,
                        known=word in self.vocabulary,
                        facets=frozenset(asking),
                        thing=not asking and self._is_thing(word),
                    )
                )
        return tuple(concepts)

    def _is_thing(self, word: str) -> bool:
        """Whether a word is something that a question can be about."""
        told = word in circumstances() or word in self.lexicon.scope.implied
        return not told and (word in things() or not self.segmenter.knows(word))

    def _with_background(self, concepts: tuple[Concept, ...], story: str) -> tuple[Concept, ...]:
        """Of a story: what its question names, and from the rest the known things; other words of it tell little."""
        inside = {concept.wording for concept in concepts}
        background = self._concepts(story)
        asked = [
            concept if concept.known else replace(concept, information=concept.information * STORY)
            for concept in concepts
        ]
        told = [
            replace(concept, information=concept.information * STORY)
            for concept in background
            if concept.wording not in inside and concept.known
        ]
        return (*asked, *told)

    def _topics(self, text: str) -> dict[str, float]:
        scores: dict[str, float] = {}
        for name, topic in self.topic_names:
            if name in text:
                scores[topic] = max(scores.get(topic, 0), float(len(name)))
        for match in self.lexicon.pattern.finditer(text):
            variant = self.lexicon.variants[match[0]]
            for topic in variant.group.topic:
                scores[topic] = max(scores.get(topic, 0), len(match[0]) * variant.weight)
        return dict(sorted(scores.items(), key=lambda pair: -pair[1]))  # of equals the lexicon's first

    def ruled_out(self, text: str, cuts: Sequence[str]) -> str | None:
        """Why a normalised question, cut into words, lies outside this content by what it names; or None."""
        for confusable in self.lexicon.scope.confusable:
            if confusable.named_in(text):
                return confusable.note
        return self.lexicon.scope.elsewhere if elsewhere(cuts, self.lexicon) else None


def facet_spans(text: str) -> list[tuple[int, int, Facet]]:
    """Where a text asks for a facet: start, end, facet."""
    return [
        (match.start(), match.end(), facet)
        for facet, pattern, _ in facet_patterns()
        for match in pattern.finditer(text)
    ]


def facets_of(text: str) -> dict[Facet, float]:
    """The facets a question asks for, with weights, the strongest first."""
    scores: dict[Facet, float] = {}
    for facet, pattern, weight in facet_patterns():
        if pattern.search(text):
            scores[facet] = scores.get(facet, 0.0) + weight
    return dict(sorted(scores.items(), key=lambda pair: (-pair[1], pair[0])))


def negated(text: str) -> bool:
    """Whether a normalised question is about what is not (没有房产证), and does not only ask whether (能不能, 有没有)."""
    return _NOT.search(_ASKS_WHETHER.sub("", text)) is not None


def _unknown(concepts: tuple[Concept, ...]) -> float:
    total = sum(concept.information for concept in concepts)
    return sum(concept.information for concept in concepts if not concept.known) / total if total else 0.0


def _plainly(text: str) -> str:
    """A question without what asks nothing: 在线等, the year that it is, and of a wish of one clause what it begins with.

    Of what does not ask in words the year may be what is asked for (社保基数2026).
    """
    text = _WAITING.sub("", text)
    if ASKING.search(text):
        year = f"{date.today().year} ?年?"
        return re.sub(rf"^{year} ?(?=\D)|(?<=\D) ?{year}$", "", text)
    return text if CLAUSE.search(text) else _WISH.sub("", text, count=1)


def _focus(text: str) -> str:
    """Of a story, the clauses that ask; a short question is its own focus."""
    if len(text) <= LONG:
        return text
    clauses = [clause.strip() for clause in CLAUSE.split(text) if clause.strip()]
    asking = [clause for clause in clauses if ASKING.search(clause) and len(clause) > 3]
    return " ".join(asking) or text


def make_understanding(
    segmenter: Segmenter,
    lexicon: Lexicon,
    topics: tuple[Topic, ...],
    vocabulary: Mapping[str, int],
    mentioned: Forward,
    passages: int,
    before: Understanding | None = None,
) -> Understanding:
    """Wire the parts; see `Understanding`. `before` is one of the same segmenter and lexicon."""
    if before and before.vocabulary is vocabulary:
        corrector = before.corrector
    else:
        places = cities() if lexicon.scope.home else {}
        strangers = [word for confusable in lexicon.scope.confusable for word in confusable.words]
        corrector = make_corrector(
            segmenter, lexicon.all_terms, lexicon.typos, lexicon.english, vocabulary, places, strangers
        )
    names = tuple((normalise(name), topic.id) for topic in topics for name in (topic.name, *topic.aliases))
    return Understanding(segmenter, lexicon, corrector, names, vocabulary, mentioned, passages)
