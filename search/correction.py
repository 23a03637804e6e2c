"""The second tier of understanding: pinyin, initials, homophones, near shapes and typos, against the words that are known.

A correction is never made of words that are themselves known, and every one is reported, with the way back.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from itertools import accumulate, groupby, islice, product

from pypinyin import Style, lazy_pinyin, pinyin

from kb.numerals import NUMERALS
from search.chinese import asked_by_initials, facet_patterns, near_shapes, stopwords, things
from search.lexicon import alternation
from search.model import Correction
from search.segmenter import Segmenter
from search.text import MEASURES, bigrams, is_han, placed

MAX_TERM = 8
"""Characters of a term that is looked for by sound."""
Beginning = tuple[str, str, int]
"""The first two sounds of a word, and how many it has."""
Said = Callable[[str], int]
"""How many passages have two characters side by side."""
_LATIN = re.compile(r"[a-z]+(?:[ '][a-z]+)*")
_BETWEEN_HAN = re.compile("(?<=[\u3400-\u9fff]) (?=[\u3400-\u9fff])")
"""A blank between Han characters: between syllables where all was typed in letters (jzz xuban), else between keywords."""
OFTEN = 3
"""Passages that have a word, from which something else is taken for a misspelling of it."""
SAID = 0.2
"""Passages that have two characters side by side, for each that has what they may be misspelt for, from which they are not."""
COMMON = 1000
"""Passages that have a word, from which it counts as common; the lexicon's terms always do."""
_SHORTEST_PINYIN = 4
"""Letters; shorter runs are too ambiguous to be read as full pinyin."""
CERTAIN = 4
"""Characters from which a term that sounds alike may begin a known word's end anew (居住登|纪要: 居住登记 and 要)."""
_SHORTEST_INITIALS = 2
"""Letters of the shortest word that is read by its initials, beside a term (jzz cl)."""
READABLE = 0.5
"""The share of a run's letters that must spell something for the run to be pinyin, and no other language."""


@lru_cache(maxsize=65536)
def _sound(text: str) -> tuple[str, ...]:
    return tuple(lazy_pinyin(text))


@lru_cache(maxsize=32768)
def _readings(char: str) -> frozenset[str]:
    """Every way to read a character."""
    return frozenset(pinyin(char, style=Style.NORMAL, heteronym=True)[0])


@lru_cache(maxsize=32768)
def _sounds(term: str) -> tuple[tuple[str, ...], ...]:
    """Every reading of a term, at most 16 (调档: diao dang, tiao dang)."""
    readings = [list(dict.fromkeys(options))[:2] for options in pinyin(term, style=Style.NORMAL, heteronym=True)]
    return tuple(islice(product(*readings), 16))


@lru_cache(maxsize=131_072)
def _letters(word: str) -> str:
    """A word in full pinyin; empty for one that is not of Han characters, or too long to be looked for."""
    return "".join(_sound(word)) if len(word) <= MAX_TERM and all(map(is_han, word)) else ""


@lru_cache(maxsize=131_072)
def _noun_beginning(word: str) -> Beginning:
    return _beginning(_sound(word))


@dataclass(frozen=True)
class Corrector:
    """Knows the sounds of terms (the lexicon's) and of words (the index's own vocabulary, with their counts)."""

    segmenter: Segmenter
    typos: Mapping[str, str]
    typo_pattern: re.Pattern[str]
    english: Mapping[str, str]
    english_word: re.Pattern[str]
    english_run: re.Pattern[str]
    by_sound: Mapping[tuple[str, ...], str]
    by_shape: Mapping[str, str]
    by_letters: Mapping[str, tuple[str, int]]
    by_initials: Mapping[str, str]
    nouns: Mapping[str, str]
    """The index's nouns, and its words that ask, that OFTEN passages have, by their letters; of equals the commonest."""
    places: Mapping[str, str]
    known: frozenset[str]
    beginnings: frozenset[Beginning]
    noun_beginnings: frozenset[Beginning]

    def correct(self, text: str, said: Said) -> tuple[str, tuple[Correction, ...]]:
        """The text with misspellings replaced, and what was replaced.

        `text` is normalised; `said` tells of two characters side by side how many passages have them.
        """
        corrections: list[Correction] = []

        def use(typed: str, used: str) -> str:
            corrections.append(Correction(typed=typed, used=used))
            return used

        all_latin = text.isascii()
        if any(map(is_han, text)):
            text = self.english_run.sub(lambda run: self._in_chinese(run[0], use), text)
        text = self.typo_pattern.sub(lambda match: use(match[0], self.typos[match[0]]), text)

        def read(match: re.Match[str]) -> str:
            named = all_latin and not match.string[: match.start()].isascii()
            return self._latin(match[0], use, _least(match), named)

        text = _LATIN.sub(read, text)
        if all_latin:
            text = _BETWEEN_HAN.sub("", text)
        return self._misspellings(text, use, said), tuple(corrections)

    def _in_chinese(self, run: str, use: Callable[[str, str], str]) -> str:
        return self.english_word.sub(lambda match: use(match[0], self.english[match[0].replace("-", " ")]), run)

    def is_pinyin(self, letters: str) -> bool:
        """Whether letters spell something; two of them are as well somebody's name (hp, ma)."""
        return len(letters) > 2 and self._spell(letters) is not None

    def _latin(self, run: str, use: Callable[[str, str], str], least: int, named: bool) -> str:
        """A run of letters, read; `named` says that all was typed in letters and a term stands before them."""
        letters, parts = re.sub(r"[ ']", "", run), re.split(r"[ ']", run)
        if letters in self.known or run in self.known:
            return run
        together = len(letters) >= least and self.places.keys().isdisjoint(parts)
        if together and (whole := self._spell(*parts) or self._spell(letters)):
            return use(run, whole)
        return self._latin_parts(parts, use, least, named) or run

    def _latin_parts(self, parts: list[str], use: Callable[[str, str], str], least: int, named: bool) -> str | None:
        """Parts of a run with those that spell something read together; None when they are too few to be sure of."""
        read: dict[str, str | None] = {}
        asked = False
        for part in parts:
            read[part] = None if part in self.known else self._latin_word(part)
            if named and not read[part] and (word := asked_by_initials().get(part)):
                read[part], asked = word, True
            named = named or self._term(part) is not None
        letters = [len(part) for part in parts if part not in self.known]
        spelt = [len(part) for part in parts if read[part]]
        if sum(spelt) < max(0 if asked else least, READABLE * sum(letters)):
            return None
        pieces = []
        for (readable, _), group in groupby(parts, key=lambda part: (read[part] is not None, part in self.places)):
            run = list(group)
            words = self._spell(*run) or "".join(read[part] or "" for part in run)
            pieces.append(use(" ".join(run), words) if readable else " ".join(run))
        return "".join(pieces)

    def _latin_word(self, word: str) -> str | None:
        """What letters stand for: a term, words in full pinyin, or a term and what is asked of it."""
        return self._term(word) or self._spell(word) or self._term_and_asked(word)

    def _term(self, letters: str) -> str | None:
        """The term that letters stand for by its initials, or as editors say."""
        return self.typos.get(letters) or self.by_initials.get(letters)

    def _term_and_asked(self, letters: str) -> str | None:
        """A term and what is asked of it, in one word by their initials (jzzcl: 居住证材料)."""
        for end in range(_SHORTEST_INITIALS, len(letters)):
            term, asked = self._term(letters[:end]), asked_by_initials().get(letters[end:])
            if term and asked:
                return term + asked
        return None

    def _spell(self, *parts: str) -> str | None:
        """The likeliest words that the letters spell in full pinyin; None when they spell nothing.

        A blank between parts stands between syllables or words: no word reaches from within one part into another (in
        jishi zhengshu there is no shizheng), nor is any of fewer syllables than the parts that it is made of (xi'an is not 先).
        """
        letters, ends = "".join(parts), set(accumulate(map(len, parts), initial=0))
        part_of = [place for place, part in enumerate(parts) for _ in part]
        best: list[tuple[float, str] | None] = [(0.0, "")] + [None] * len(letters)
        for end in range(1, len(letters) + 1):
            for start in range(max(0, end - 6 * MAX_TERM), end):
                before = best[start]
                within_one = part_of[start] == part_of[end - 1]
                if before is None or not (within_one or {start, end} <= ends):
                    continue
                found = self._word(letters[start:end], start == 0)
                if found is None:
                    continue
                word, count = found
                if len(word) <= part_of[end - 1] - part_of[start]:
                    continue
                score = before[0] + _worth(end - start, count)
                if best[end] is None or score > best[end][0]:  # type: ignore[index]
                    best[end] = (score, before[1] + word)
        last = best[len(letters)]
        return last[1] if last else None

    def _word(self, letters: str, first: bool) -> tuple[str, int] | None:
        """The word of these letters; a place only where a run begins (putonghua has no tonghua in it)."""
        place = self.places.get(letters) if first else None
        return (place, COMMON) if place else self.by_letters.get(letters)

    def _misspellings(self, text: str, use: Callable[[str, str], str], said: Said) -> str:
        """One pass from left to right; at each place the longest term that sounds or looks alike, if what stands there is loose."""
        inside, loose = self._known_words(text)
        parts: list[str] = []
        start = 0
        while start < len(text):
            term = self._meant(text, start, inside, loose, said)
            if term:
                parts.append(use(text[start : start + len(term)], term))
            else:
                parts.append(text[start])
            start += len(term or " ")
        return "".join(parts)

    def _meant(self, text: str, start: int, inside: list[bool], loose: list[bool], said: Said) -> str | None:
        """The term or word that is misspelt where `start` is, as many characters long; None for none."""
        # Reading aloud is what is slow: only what may begin as some term does is read.
        begun = [*product(*map(_readings, text[start : start + 2]))]
        for size in range(min(MAX_TERM, len(text) - start), 1, -1):
            span = text[start : start + size]
            cuts_known = inside[start] or (inside[start + size] and size < CERTAIN)
            if cuts_known or not any(loose[start : start + size]) or not all(map(is_han, span)):
                continue
            if span in self.known or self.segmenter.knows(span) or stopwords().issuperset(span):
                return None
            apart = loose[start : start + size]
            sounds = [(*pair, size) for pair in begun]
            heard, noun_heard = (not known.isdisjoint(sounds) for known in (self.beginnings, self.noun_beginnings))
            meant = self._as_term(span, apart, heard, said) or (
                self._as_noun(span, apart, said) if noun_heard else None
            )
            if meant:
                return meant
        return None

    def _as_term(self, span: str, loose: Sequence[bool], heard: bool, said: Said) -> str | None:
        """The term that sounds or looks like what was typed; `heard` says whether any can sound like it."""
        term = (self.by_sound.get(_sound(span)) if heard else None) or self.by_shape.get(span, span)
        changed = _changed(span, term)
        # What is changed must be loose, and no denial (不签), but in a long term; two little words (就加) are not both misspelt.
        sure = len(span) >= CERTAIN or all(loose[place] and span[place] != "不" for place in changed)
        enough = len(changed) == 1 or len(span) > 2 or stopwords().isdisjoint(span)
        return term if changed and sure and enough and not _is_said(span, term, changed, said) else None

    def _as_noun(self, span: str, loose: Sequence[bool], said: Said) -> str | None:
        """The noun, or word that asks, that sounds like what was typed and differs in one character, no little word."""
        word = self.nouns.get(_letters(span), "")
        changed = _changed(span, word) if len(word) == len(span) else []
        plain = any(not loose[place] or span[place] in stopwords() or span[place] in NUMERALS for place in changed)
        return word if len(changed) == 1 and not plain and not _is_said(span, word, changed, said) else None

    def _known_words(self, text: str) -> tuple[list[bool], list[bool]]:
        """Where words of two characters or more stand that are known.

        Returns for each place whether it lies inside one, where no correction may cut, and for each character whether
        it stands in none.
        """
        inside = [False] * (len(text) + 1)
        loose = [is_han(char) for char in text]
        for start, end, word in placed(self.segmenter.cut(text), text):
            if len(word) > 1 and (word in self.known or self.segmenter.knows(word)):
                inside[start + 1 : end] = [True] * (len(word) - 1)
                loose[start:end] = [False] * len(word)
        return inside, loose


def _least(run: re.Match[str]) -> int:
    """How many letters are read as pinyin: fewer beside Han characters (diu了)."""
    beside = run.string[max(0, run.start() - 1) : run.start()] + run.string[run.end() : run.end() + 1]
    return _SHORTEST_PINYIN - any(map(is_han, beside))


def _changed(span: str, term: str) -> list[int]:
    """The places at which a term of as many characters differs from what was typed."""
    return [place for place, (char, right) in enumerate(zip(span, term, strict=False)) if char != right]


def _is_said(span: str, term: str, changed: Iterable[int], said: Said) -> bool:
    """Whether texts have a changed character beside what it stands beside: then it is no misspelling (要签, not 要钱).

    One text alone may have it misspelt, and so may few against those that have it right.
    """
    for place in changed:
        begin, end = max(0, place - 1), place + 2
        for typed, right in zip(bigrams(span[begin:end]), bigrams(term[begin:end]), strict=True):
            if said(typed) > max(1, SAID * said(right)):
                return True
    return False


def make_corrector(
    segmenter: Segmenter,
    terms: Iterable[str],
    typos: Mapping[str, str],
    english: Mapping[str, str],
    vocabulary: Mapping[str, int],
    cities: Mapping[str, bool],
    strangers: Iterable[str] = (),
) -> Corrector:
    """Build a corrector from the lexicon's terms, the index's vocabulary (word to number of passages) and names of cities.

    English words are read among Chinese ones, where all that stand together are known. Names of other things (`strangers`)
    are read where nothing of ours is spelt so. A city is read where nothing else is spelt so; those of which `cities` says
    that they are great ones, before words.
    """
    terms = [term for term in terms if all(map(is_han, term)) and 2 <= len(term) <= MAX_TERM]
    by_sound: dict[tuple[str, ...], str] = {}
    by_initials: dict[str, str] = {}
    by_letters: dict[str, tuple[str, int]] = {}
    for term in terms:
        for sound in _sounds(term):
            by_sound.setdefault(sound, term)
            by_letters.setdefault("".join(sound), (term, COMMON + 1))
        if len(term) >= 3:
            by_initials.setdefault("".join(sound[0] for sound in _sound(term)), term)
    # Editors need not write pinyin; where one does, it is still pinyin.
    spelt = by_letters.keys() | by_initials.keys()
    nouns: dict[str, tuple[str, int]] = {}
    named = things()
    for word, count in vocabulary.items():
        if letters := _letters(word):
            _keep(by_letters, letters, word, COMMON if len(word) == 1 and _asks(word) else min(count, COMMON))
            if count >= OFTEN and len(word) > 1 and (word in named or _asks(word)):
                _keep(nouns, letters, word, count)
    for word in strangers:
        if letters := _letters(word):
            by_letters.setdefault(letters, (word, 1))
    for word, letters in _less_usual(vocabulary):
        by_letters.setdefault(letters, (word, 0))
    places: dict[str, str] = {}
    for city, is_great in cities.items():
        # Short names spell all sorts of things (xian, jinan).
        if len(letters := _letters(city)) > _SHORTEST_PINYIN + (not is_great) and (
            is_great or letters not in by_letters
        ):
            places.setdefault(letters, city)
    known = frozenset(terms) | {word for word in vocabulary if len(word) > 1 and word not in spelt}
    beginnings = frozenset(map(_beginning, by_sound))
    noun_beginnings = frozenset(_noun_beginning(word) for word, _ in nouns.values())
    typos = {typo: term for typo, term in typos.items() if not segmenter.knows(typo)}
    english_word = alternation(english).pattern.replace(r"\ ", "[ -]")
    by_shape = {wrong: term for term in terms for wrong in _lookalikes(term)}
    return Corrector(
        segmenter=segmenter,
        typos=typos,
        typo_pattern=alternation(typos),
        english=english,
        english_word=re.compile(english_word),
        english_run=re.compile(
            rf"(?<![a-z0-9])(?<![a-z0-9][ -])(?:{english_word})(?:[ -](?:{english_word}))*(?![ -]?[a-z0-9])"
        ),
        by_sound=by_sound,
        by_shape=by_shape,
        by_letters=by_letters,
        by_initials=by_initials,
        nouns={letters: word for letters, (word, _) in nouns.items()},
        places=places,
        known=known,
        beginnings=beginnings,
        noun_beginnings=noun_beginnings,
    )


def _beginning(sounds: Sequence[str]) -> Beginning:
    return sounds[0], sounds[1], len(sounds)


def _worth(letters: int, count: int) -> float:
    """Longer stretches read as one word are likelier than many short ones; among equals the commoner word wins."""
    return float(letters**1.5) + count / (2 * COMMON)


def _lookalikes(term: str) -> Iterator[str]:
    """A term with one character that looks like the right one."""
    for place, char in enumerate(term):
        for other in near_shapes().get(char, ""):
            yield term[:place] + other + term[place + 1 :]


@lru_cache(maxsize=131_072)
def _asks(word: str) -> bool:
    """Whether a word alone asks for a facet: of characters that are spelt alike (查, 差), a question rather has that."""
    return any(pattern.fullmatch(word) for _, pattern, _ in facet_patterns())


def _keep(table: dict[str, tuple[str, int]], letters: str, word: str, count: int) -> None:
    """Keep the commonest word; among equals the first by its characters, whatever order they come in."""
    held = table.get(letters)
    if held is None or (-count, word) < (-held[1], held[0]):
        table[letters] = (word, count)


def _less_usual(vocabulary: Iterable[str]) -> Iterator[tuple[str, str]]:
    """What is read only where nothing else is spelt so: numbers (sanbei), and other readings of a character (shei)."""
    for numeral, measure in product(NUMERALS, MEASURES):
        yield numeral + measure, _letters(numeral + measure)
    for char in sorted(word for word in vocabulary if len(word) == 1 and is_han(word)):
        for (letters,) in _sounds(char):
            yield char, letters
