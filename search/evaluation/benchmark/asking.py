"""What is asked of a made collection: in entries' own words, in others, in two words, at length, and of nothing in it."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from random import Random

from search.chinese import stopwords
from search.evaluation.benchmark.generating import Generator
from search.segmenter import Segmenter
from search.text import normalise

STYLES = ("own", "own", "own", "dropped", "synonym", "reordered", "keywords", "keywords", "story", "nothing")
"""The styles of ten questions in turn: 30% in an entry's own words."""
OWN = "own"
_STORIES = (
    "您好，我是{audience}，去年从老家搬到{place}，{noun}和{noun}都交过了，上个星期又去窗口问了一次，"
    "工作人员说{noun}还不齐，让我先回去等通知。我想问一下，{asked}另外我爱人也在这边上班，{noun}能不能一起办？麻烦了，谢谢！",
    "请教一个问题：家里情况比较复杂，{noun}在外地，{noun}又丢了，{place}这边没有人帮忙。{asked}"
    "我在网上看了很多说法都不一样，有的说要{noun}，有的说不用，急着用，希望有人能说清楚。",
)
_NOTHINGS = (
    "{noun}和{noun}哪个更好吃",
    "{noun}为什么会{noun}",
    "推荐几本讲{noun}的小说",
    "今天{noun}的比分是多少",
    "怎样用{noun}做一个{noun}模型",
)


@dataclass(frozen=True)
class Asked:
    """A question, how it is asked, and the entry whose words it has; None for a question about nothing."""

    text: str
    style: str
    entry: str | None


def questions(generator: Generator, segmenter: Segmenter, entries: int, count: int, series: str) -> tuple[Asked, ...]:
    """Questions about the first entries, in random order; another `series` gives others."""
    chance = Random(f"{generator.seed} {series}")  # noqa: S311  not a secret
    asked = [_question(generator, segmenter, entries, STYLES[number % len(STYLES)], chance) for number in range(count)]
    chance.shuffle(asked)
    return tuple(asked)


def _question(generator: Generator, segmenter: Segmenter, entries: int, style: str, chance: Random) -> Asked:
    def nouns() -> Iterator[str]:
        while True:
            yield generator.words.nouns.draw(chance)

    if style == "nothing":
        return Asked(_filled(chance.choice(_NOTHINGS), nouns()), style, None)
    number = chance.randrange(entries)
    entry, identity = generator.entry(number), generator.identity(number)
    own = chance.choice([asking.text for asking in entry.askings()])
    if style == OWN:
        return Asked(own, style, entry.id)
    if style == "keywords":
        label = entry.facts[0].facet.label if entry.facts else "办理"
        return Asked(f"{identity.matter} {label}", style, entry.id)
    if style == "story":
        story = chance.choice(_STORIES).replace("{asked}", f"{own.rstrip('？?')}？")
        return Asked(
            _filled(story.replace("{place}", identity.place).replace("{audience}", identity.audience), nouns()),
            style,
            entry.id,
        )
    words = segmenter.cut(normalise(own))
    return Asked("".join(_VARIED[style](generator, words, chance)), style, entry.id)


def _filled(text: str, nouns: Iterator[str]) -> str:
    first, *rest = text.split("{noun}")
    return first + "".join(noun + piece for noun, piece in zip(nouns, rest, strict=False))


def _dropped(_generator: Generator, words: list[str], chance: Random) -> Sequence[str]:
    """One word less: of those that tell something, if there are two."""
    telling = [place for place, word in enumerate(words) if word not in stopwords()] or [0]
    place = chance.choice(telling)
    return words[:place] + words[place + 1 :] if len(telling) > 1 else words


def _synonym(generator: Generator, words: list[str], chance: Random) -> Sequence[str]:
    """One word for another; the first that has others."""
    variants = generator.lexicon.variants
    for place, word in enumerate(words):
        if word in variants:
            group = variants[word].group
            others = [other for other in (group.term, *group.exact, *group.loose) if other != word]
            if others:
                return [*words[:place], chance.choice(others), *words[place + 1 :]]
    return _reordered(generator, words, chance)


def _reordered(_generator: Generator, words: list[str], chance: Random) -> Sequence[str]:
    """The second part first."""
    place = chance.randrange(1, len(words)) if len(words) > 1 else 0
    return words[place:] + words[:place]


_VARIED = {"dropped": _dropped, "synonym": _synonym, "reordered": _reordered}
