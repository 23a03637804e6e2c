"""What Wence knows of Chinese: the word lists and patterns that ship with it (`data/`), and jieba's."""

from __future__ import annotations

import re
from collections.abc import Mapping
from functools import cache
from importlib.resources import files

from ruamel.yaml import YAML

from kb.model import Facet
from search.text import normalise


def telling_lines(text: str) -> list[tuple[int, str]]:
    """The lines that are neither empty nor a comment, numbered from 1."""
    lines = ((number, line.strip()) for number, line in enumerate(text.split("\n"), start=1))
    return [(number, line) for number, line in lines if line and line[0] not in "#＃"]


def _data(name: str) -> str:
    return (files("search") / "data" / name).read_text("utf-8")


def _words(name: str) -> frozenset[str]:
    return frozenset(word for _, line in telling_lines(_data(name)) for word in line.split())


@cache
def stopwords() -> frozenset[str]:
    """Function words of Chinese (`data/stopwords.txt`)."""
    return _words("stopwords.txt")


@cache
def circumstances() -> frozenset[str]:
    """Nouns for persons, times and places of daily life (`data/circumstances.txt`): told around a question, not asked."""
    return _words("circumstances.txt")


@cache
def people() -> frozenset[str]:
    """Words for relatives and partners (`data/people.txt`): an answer for one is none for another."""
    return _words("people.txt")


@cache
def one_person() -> frozenset[str]:
    """Those of `people` that are one (all but `data/several.txt`)."""
    return people() - _words("several.txt")


@cache
def opening() -> frozenset[str]:
    """What a clause may begin with that asks nothing (`data/opening.txt`)."""
    return _words("opening.txt")


@cache
def closing() -> frozenset[str]:
    """What may stand right behind what asks (`data/closing.txt`)."""
    return _words("closing.txt")


@cache
def everyday() -> tuple[str, ...]:
    """Questions of daily life, normalised, that no content of this kind answers (`data/everyday.txt`)."""
    return tuple(normalise(line) for _, line in telling_lines(_data("everyday.txt")))


@cache
def near_shapes() -> Mapping[str, str]:
    """For a character those that look like it (`data/near_shapes.txt`)."""
    found: dict[str, str] = {}
    for _, group in telling_lines(_data("near_shapes.txt")):
        for char in group:
            found[char] = found.get(char, "") + group.replace(char, "")
    return found


@cache
def asked_by_initials() -> Mapping[str, str]:
    """What people ask of a matter, by its initials (`data/initials.txt`)."""
    return dict(line.split() for _, line in telling_lines(_data("initials.txt")))


@cache
def english() -> Mapping[str, str]:
    """English words that people put between Chinese ones, with the Chinese for each (`data/english.txt`)."""
    rows = (line.split() for _, line in telling_lines(_data("english.txt")))
    return {word.replace("-", " "): chinese for word, chinese in rows}


@cache
def facet_patterns() -> tuple[tuple[Facet, re.Pattern[str], float], ...]:
    """How people ask for each facet (`data/facets.yml`)."""
    data = YAML(typ="safe").load(_data("facets.yml"))
    return tuple(
        (Facet(facet), re.compile(rule["match"]), float(rule["weight"]))
        for facet, rules in data.items()
        for rule in rules
    )


@cache
def _interrogatives() -> tuple[tuple[str, re.Pattern[str]], ...]:
    data = YAML(typ="safe").load(_data("interrogatives.yml"))
    return tuple((kind, re.compile(pattern)) for kind, pattern in data.items())


def interrogatives(text: str) -> frozenset[str]:
    """The kinds of question that a normalised text asks (`data/interrogatives.yml`): manner, amount, whether…"""
    return frozenset(kind for kind, pattern in _interrogatives() if pattern.search(text))


@cache
def jieba_data(name: str) -> tuple[tuple[str, str, str], ...]:
    """The rows of one of jieba's files: word, number, tag or nothing."""
    lines = (files("jieba") / name).read_text("utf-8").splitlines()
    rows = (line.split(" ") for line in lines)
    return tuple((row[0], row[1], row[2] if len(row) > 2 else "") for row in rows if len(row) > 1)


@cache
def general_idf() -> Mapping[str, float]:
    """Inverse document frequencies of general Chinese (jieba's idf.txt; natural log, median 11.7)."""
    return {word: float(value) for word, value, _ in jieba_data("analyse/idf.txt")}


@cache
def things() -> frozenset[str]:
    """Words that jieba's dictionary marks as nouns (n…), two characters or more: what a question can be about."""
    return frozenset(word for word, _, tag in jieba_data("dict.txt") if tag.startswith("n") and len(word) > 1)
