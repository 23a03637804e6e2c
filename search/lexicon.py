"""The words of one content folder: terms, synonyms, typos, scope."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterable, Mapping, Set
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Annotated, TypeVar

from pydantic import AfterValidator, BaseModel, BeforeValidator, Field, RootModel, TypeAdapter

from kb.errors import ContentError, Problem
from kb.model import Facet, Line, Model
from kb.parsing import Unreadable
from kb.reading import LEXICON_FILES, read_text, settled
from kb.validating import file_version, load_yaml, problems_of, unusable
from search.chinese import english, everyday, telling_lines
from search.text import normalise, question_key

M = TypeVar("M", bound=BaseModel)
T = TypeVar("T")
Told = tuple[re.Pattern[str], Mapping[str, list[T]]]
"""What finds any of some words, and what each of them tells."""
_FILES = SCOPE_FILE, SYNONYMS_FILE, OUTSIDE_FILE, TERMS_FILE = tuple(f"lexicon/{name}" for name in LEXICON_FILES)
MAX_OUTSIDE, MAX_OUTSIDER = 2000, 200
"""Questions in `outside.txt`, each of which every question is compared with, and characters of one."""


def _one_or_more(value: object) -> object:
    return (value,) if isinstance(value, str) else value


def _one_word(value: str) -> str:
    if re.search("[，、；“”]", value):
        raise ValueError("里面有中文逗号、顿号或引号，几个词成了一个——词之间用英文逗号，不加中文引号")
    return value


Word = Annotated[Line, AfterValidator(_one_word)]


class SynonymGroup(Model):
    """Words for one thing. `exact` may be swapped freely; `loose` are what people say, though it means another thing.

    `typo` is read for the term wherever it stands, `english` only among Chinese words. `topic` is the topic, or the several
    topics, that a question which says one of them is about.
    """

    term: Word = Field(description="这件事的正式叫法")
    exact: tuple[Word, ...] = Field((), description="同义词，可以互换的说法")
    loose: tuple[Word, ...] = Field((), description="近义词，意思不完全一样的说法")
    typo: tuple[Word, ...] = Field((), description="常见的错字和缩写")
    english: tuple[Word, ...] = Field((), description="英文说法")
    topic: Annotated[tuple[Line, ...], BeforeValidator(_one_or_more)] = Field((), description="主题编号")
    hint: Line | None = Field(None, description="访客用了 loose 的说法时给他看的提示")


class Confusable(Model):
    """Other things that share words with this content.

    A question that names one gets no card, `unless` it says what makes it ours after all.
    """

    words: tuple[Word, ...]
    unless: tuple[Word, ...] = ()
    note: Line

    def named_in(self, text: str) -> str | None:
        """The first of the words that a normalised text names, and nothing that makes it ours after all; or None."""
        if any(word in text for word in self.unless):
            return None
        return next((word for word in self.words if word in text), None)


class Distinct(Model):
    """Words for one kind that has rules of its own (三级技能): what is asked of it is answered by what speaks of it.

    With `facets` this holds for these alone: a skilled worker's points are his own, the office is everybody's.
    """

    words: Annotated[tuple[Word, ...], Field(min_length=1)]
    facets: tuple[Facet, ...] = ()

    def concerns(self, facet: str | None) -> bool:
        """Whether a fact of a facet is another one for this kind."""
        return not self.facets or facet in self.facets


class Opposite(Model):
    """Two states of which a thing is in one (没注册, 已经注册): what is answered for one says nothing of the other."""

    one: Annotated[tuple[Word, ...], Field(min_length=1)]
    other: Annotated[tuple[Word, ...], Field(min_length=1)]


State = tuple[int, int]
"""One of two opposite states: which pair of the content's, and which side of it."""
_UNSAID = re.compile(
    r"(?:是否|不管|无论|必须|一定|要不要|[要需得须](?:先|[和跟与]\w{1,6})?|[没不非未无][是有]?|(?:以前|之前|原来)是?)$"
)
_REQUIRED = re.compile(r"(?:有|的)?(?:要求|限制)|.{0,16}才(?:能|行|可|算|给|会|有|让)")
BEFORE = 8
"""Characters before a piece of a question that can tell that it is not said to be so."""


def is_said(text: str, start: int, end: int) -> bool:
    """Whether a piece of a normalised text is said to be so, and not required (必须全日制吗, 注册才行吗), asked, denied, or past."""
    return not (_UNSAID.search(text[max(0, start - BEFORE) : start]) or _REQUIRED.match(text, end))


def contrary(asked: Set[State], told: Set[State]) -> frozenset[State]:
    """Those of the states a question says, without their opposites, of which a passage tells only the opposite."""
    return frozenset((pair, side) for pair, side in asked - told if (pair, 1 - side) in told - asked)


class Scope(Model):
    """What the content covers.

    `home` are the names of its region and of places within; `region` are those of the region itself, which tell
    nothing: everything here is about it. `subjects` are the matters it is about: a question that names none of them,
    nor another word for one, needs more to be sure of. Without subjects every question counts as being about one.
    `implied` are words that people say alone (补卡) when they mean one of ours, though other things have them too.
    `confusable` are other things of the same words, `distinct` kinds with rules of their own, `opposites` pairs of states.
    """

    home: tuple[Word, ...] = ()
    region: tuple[Word, ...] = ()
    subjects: tuple[Word, ...] = ()
    implied: tuple[Word, ...] = ()
    elsewhere: Line = "这里没有其他地区的规定。"
    confusable: tuple[Confusable, ...] = ()
    distinct: tuple[Distinct, ...] = ()
    opposites: tuple[Opposite, ...] = ()


class _Synonyms(RootModel[tuple[SynonymGroup, ...]]):
    """`lexicon/synonyms.yml`."""


@dataclass(frozen=True)
class Variant:
    """What a wording in a question stands for and how sure that is (1 exact, less for loose)."""

    group: SynonymGroup
    weight: float

    @property
    def hint(self) -> str | None:
        """What tells people the right name of what they call so by a wrong one; None for a right name, or no hint."""
        return self.group.hint if self.weight < EXACT else None


EXACT, LOOSE = 1.0, 0.6


@dataclass(frozen=True)
class Lexicon:
    """The words of one content folder, normalised. Missing files mean no words of that kind.

    `outside` are questions that the content does not answer, for others to be compared with. `fingerprint` is a SHA-256
    of the words, `versions` are those of the files that they were read from.
    """

    terms: tuple[str, ...]
    groups: tuple[SynonymGroup, ...]
    scope: Scope
    fingerprint: str
    versions: tuple[str, ...] = ()
    outside: tuple[str, ...] = ()

    @cached_property
    def all_terms(self) -> tuple[str, ...]:
        """Everything that the segmenter must keep whole."""
        words = {*self.terms}
        for group in self.groups:
            words.update((group.term, *group.exact, *group.loose))
        return tuple(sorted(word for word in words if len(word) > 1 and " " not in word))

    @cached_property
    def variants(self) -> Mapping[str, Variant]:
        """Every wording of every group."""
        found: dict[str, Variant] = {}
        for group in self.groups:
            for weight, wordings in ((LOOSE, group.loose), (EXACT, (group.term, *group.exact))):
                for wording in wordings:
                    found[wording] = Variant(group, weight)
        return found

    @cached_property
    def subject_terms(self) -> Mapping[str, str]:
        """Every word for a declared subject, with the term of its group: exact wordings only."""
        named = {subject: subject for subject in self.scope.subjects}
        for wording, variant in self.variants.items():
            if variant.weight == EXACT and (variant.group.term in named or wording in named):
                named[wording] = variant.group.term
        return named

    @cached_property
    def broad(self) -> Mapping[str, str]:
        """The keys of words that are no question, being all that many are about, with the file that says so."""
        words = {question_key(word): SCOPE_FILE for word in (*self.scope.subjects, *self.scope.implied)}
        words |= {question_key(group.term): SYNONYMS_FILE for group in self.groups}
        return {key: file for key, file in words.items() if len(key) > 1}

    @cached_property
    def home_beginnings(self) -> frozenset[str]:
        """What the names of home begin with, two characters or more."""
        return frozenset(name[:end] for name in self.scope.home for end in range(2, len(name) + 1))

    @cached_property
    def subject_pattern(self) -> re.Pattern[str]:
        """Matches any word for a declared subject, the longest first."""
        return alternation(self.subject_terms)

    def subjects(self, text: str) -> frozenset[str]:
        """The declared subjects that a normalised text names, by term."""
        return frozenset(self.subject_terms[match[0]] for match in self.subject_pattern.finditer(text))

    @cached_property
    def _kinds(self) -> Told[Distinct]:
        return _told((word, kind) for kind in self.scope.distinct for word in kind.words)

    def kinds(self, text: str) -> frozenset[Distinct]:
        """The kinds with rules of their own that a normalised text names."""
        pattern, kinds = self._kinds
        return frozenset(kind for match in pattern.finditer(text) for kind in kinds[match[0]])

    @cached_property
    def _states(self) -> Told[State]:
        return _told(
            (word, (pair, side))
            for pair, opposite in enumerate(self.scope.opposites)
            for side, words in enumerate((opposite.one, opposite.other))
            for word in words
        )

    def states(self, text: str) -> frozenset[State]:
        """The states with an opposite that a normalised text says somebody or something is in."""
        pattern, states = self._states
        said = (match[0] for match in pattern.finditer(text) if is_said(text, *match.span()))
        return frozenset(state for word in said for state in states[word])

    @cached_property
    def outsiders(self) -> tuple[str, ...]:
        """The questions that others are compared with, to tell how sure it is that they are ours."""
        return (*everyday(), *self.outside)

    @cached_property
    def outside_keys(self) -> frozenset[str]:
        """The questions that the content does not answer, by `question_key`."""
        return frozenset(map(question_key, self.outside))

    @cached_property
    def typos(self) -> Mapping[str, str]:
        """Known misspellings and the terms that were meant."""
        return {typo: group.term for group in self.groups for typo in group.typo}

    @cached_property
    def english(self) -> Mapping[str, str]:
        """English words for the terms, and those for what is asked of any matter (`chinese.english`) that are no terms here."""
        own = {word: group.term for group in self.groups for word in group.english}
        general = {word: said for word, said in english().items() if word not in self.variants}
        return {**general, **own}

    @cached_property
    def pattern(self) -> re.Pattern[str]:
        """Matches any wording, the longest first."""
        return alternation(self.variants)


EMPTY = Lexicon((), (), Scope(), "")
"""No words at all: for passages that no content folder stands behind."""


def _told(pairs: Iterable[tuple[str, T]]) -> Told[T]:
    """What words tell, of pairs of a word and one thing that it tells."""
    told: dict[str, list[T]] = {}
    for word, what in pairs:
        told.setdefault(word, []).append(what)
    return alternation(told), told


def alternation(words: Iterable[str]) -> re.Pattern[str]:
    """One linear expression that finds any of the words, the longest first; Latin words and numbers only whole."""
    parts = []
    for word in sorted(filter(None, words), key=lambda word: (-len(word), word)):
        escaped = re.escape(word)
        begun = "(?<![0-9.])" if word[0].isdigit() else ""
        whole = word.isascii() and word[0].isalnum() and word[-1].isalnum()
        parts.append(rf"(?<![a-z0-9]){escaped}(?![a-z0-9])" if whole else f"{begun}{escaped}")
    return re.compile("|".join(parts) or r"(?!)")


_STORED = TypeAdapter(Lexicon)
_FILE = "lexicon.json"


def write_lexicon(lexicon: Lexicon, folder: Path) -> None:
    """Keep a lexicon beside the index that was made with it. Raises OSError."""
    (folder / _FILE).write_bytes(_STORED.dump_json(lexicon, by_alias=True))


def read_lexicon(folder: Path) -> Lexicon:
    """Read a lexicon that was kept. Raises OSError or ValueError when it is damaged."""
    return _STORED.validate_json((folder / _FILE).read_bytes())


def load_lexicon(root: Path, before: Lexicon | None = None) -> Lexicon:
    """Read `lexicon/` of a content folder, unless it was read `before` and has not changed since.

    Raises ContentError with file and line for what cannot be used.
    """
    versions = _versions(root)
    if before and before.versions == versions:
        return before
    return settled("、".join(_FILES), versions, lambda: _versions(root), lambda now: _read(root, now))


def _read(root: Path, versions: tuple[str, ...]) -> Lexicon:
    try:
        terms, groups, scope, outside = _terms(root), _groups(root), _scope(root), _outside(root)
    except ContentError as first:
        raise unusable(problems_of(_terms, _groups, _scope, _outside, root=root) or first.problems) from first
    parts = [*terms, *(group.model_dump_json() for group in groups), scope.model_dump_json(), *outside]
    fingerprint = hashlib.sha256("\n".join(parts).encode()).hexdigest()
    return Lexicon(terms, groups, scope, fingerprint, versions, outside)


def _versions(root: Path) -> tuple[str, ...]:
    return tuple(file_version(root, name) for name in _FILES)


def _terms(root: Path) -> tuple[str, ...]:
    return tuple(normalise(line.split()[0]) for _, line in lines_of(root, TERMS_FILE))


def _groups(root: Path) -> tuple[SynonymGroup, ...]:
    return tuple(_normalised_group(group) for group in _yaml(root, SYNONYMS_FILE, _Synonyms, _Synonyms(())).root)


def _scope(root: Path) -> Scope:
    return _normalised_scope(_yaml(root, SCOPE_FILE, Scope, Scope()))


def _outside(root: Path) -> tuple[str, ...]:
    """The questions of `outside.txt`, normalised. Raises ContentError for one too many or too long."""
    lines = lines_of(root, OUTSIDE_FILE)
    for place, (number, line) in enumerate(lines):
        if len(line) > MAX_OUTSIDER:
            raise unusable((Problem(OUTSIDE_FILE, number, f"这一行超过 {MAX_OUTSIDER} 个字", "一行只写一个问题"),))
        if place == MAX_OUTSIDE:
            raise unusable((Problem(OUTSIDE_FILE, number, f"超过 {MAX_OUTSIDE} 个问题", "删掉说法差不多的"),))
    return tuple(dict.fromkeys(normalise(line) for _, line in lines if question_key(line)))


def lines_of(root: Path, name: str) -> list[tuple[int, str]]:
    """The lines of a word list that say something, numbered from 1; none when there is no such file."""
    try:
        text = read_text(root, name) if _is_there(root, name) else ""
    except Unreadable as error:
        raise unusable((error.problem,)) from error
    return telling_lines(text)


def _is_there(root: Path, name: str) -> bool:
    """Whether there is such a file, if only as a link that leads nowhere.

    Raises ContentError for an empty one: without what it said, questions of other places would be answered as ours.
    """
    path = root / name
    if path.is_file() and not path.stat().st_size:
        what = "这个文件是空的，原来写的都不作数了"
        raise unusable((Problem(name, 1, what, "放回原来的内容；真的不要了，就把这个文件删掉"),))
    return path.is_symlink() or path.exists()


def _yaml(root: Path, name: str, model: type[M], default: M) -> M:
    return load_yaml(root, name, model) if _is_there(root, name) else default


def _normalised(model: M, *names: str) -> M:
    """A model whose lists of words of these names are normalised."""
    return model.model_copy(update={name: tuple(map(normalise, getattr(model, name))) for name in names})


def _normalised_group(group: SynonymGroup) -> SynonymGroup:
    named = group.model_copy(update={"term": normalise(group.term)})
    return _normalised(named, "exact", "loose", "typo", "english")


def _normalised_scope(scope: Scope) -> Scope:
    update = {
        "confusable": tuple(_normalised(other, "words", "unless") for other in scope.confusable),
        "distinct": tuple(_normalised(kind, "words") for kind in scope.distinct),
        "opposites": tuple(_normalised(pair, "one", "other") for pair in scope.opposites),
    }
    return _normalised(scope.model_copy(update=update), "home", "region", "subjects", "implied")
