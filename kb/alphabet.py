"""All questions by sound, for an index from A to Z."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from string import ascii_uppercase
from typing import NamedTuple

from pypinyin import lazy_pinyin

from kb.model import Entry

NO_LETTER = "0-9"
"""Where questions go that begin with a digit, or with neither a letter nor a Han character."""

LETTERS = (*ascii_uppercase, NO_LETTER)


class Question(NamedTuple):
    """One way into an entry: its title or the question of one of its facts.

    `syllable` is the sound of the first character, without tone (积分 gives ji); for a Latin letter or digit, itself.
    """

    syllable: str
    sound: str
    text: str
    entry: Entry

    @property
    def letter(self) -> str:
        """A to Z, or NO_LETTER."""
        first = self.syllable[:1].upper()
        return first if "A" <= first <= "Z" else NO_LETTER


def alphabet_of(entries: Iterable[Entry]) -> Mapping[str, tuple[Question, ...]]:
    """The questions of the entries, by letter from A to Z, NO_LETTER last; in each by sound. A wording comes once."""
    found: dict[str, Question] = {}
    for entry in entries:
        for text in (entry.title, *(fact.question for fact in entry.facts if fact.question)):
            found.setdefault(text, _question(text, entry))
    groups: dict[str, list[Question]] = {}
    for question in sorted(found.values(), key=lambda each: (each.syllable, each.sound, each.text)):
        groups.setdefault(question.letter, []).append(question)
    letters = sorted(groups, key=lambda letter: (letter == NO_LETTER, letter))
    return {letter: tuple(groups[letter]) for letter in letters}


def _question(text: str, entry: Entry) -> Question:
    said = re.sub(r"^[\W_]+", "", text)
    sounds = lazy_pinyin(said) or [text]
    first = sounds[0].lower() if "\u3400" <= said[:1] <= "\u9fff" else said[:1].lower() or NO_LETTER
    return Question(first, " ".join(sounds).lower(), text, entry)
