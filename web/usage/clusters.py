"""Questions that nobody answered, those that say the same gathered, the most asked first."""

from __future__ import annotations

import hashlib
from collections.abc import Collection, Sequence
from dataclasses import dataclass

import numpy as np

from search.meaning import encoder
from search.text import question_key
from web.usage.personal import MAIL, NUMBER
from web.usage.store import AskedWording

ALIKE = 0.89
"""How near in meaning two questions of one cluster are (see `search.meaning`); 买车 and 买房 stay apart."""
MAX_ALIASES = 10
MAX_READ = 1000
"""Questions that are compared with one another, the most asked first."""


@dataclass(frozen=True)
class Cluster:
    """Wordings of one question, the most asked first."""

    wordings: tuple[AskedWording, ...]

    @property
    def id(self) -> str:
        """What editors call it by."""
        return question_id(self.wordings[0].text)

    @property
    def text(self) -> str:
        """The wording asked most."""
        return self.wordings[0].text

    @property
    def aliases(self) -> tuple[str, ...]:
        """The wordings as aliases of an entry: each once, without the marks of what was taken out, MAX_ALIASES at most."""
        found: dict[str, str] = {}
        for one in self.wordings:
            text = one.text.replace(NUMBER, "").replace(MAIL, "").strip()
            found.setdefault(question_key(text), text)
        found.pop("", None)
        return tuple(found.values())[:MAX_ALIASES]

    @property
    def asked(self) -> int:
        """How often it was asked."""
        return sum(each.asked for each in self.wordings)

    @property
    def sessions(self) -> int:
        """In how many sessions."""
        return sum(each.sessions for each in self.wordings)

    @property
    def topic(self) -> str:
        """The topic it was understood to be about, or empty."""
        return next((each.topic for each in self.wordings if each.topic), "")


def unanswered(
    asked: Sequence[AskedWording], own: frozenset[str], wanted: Collection[str] = frozenset()
) -> list[Cluster]:
    """The questions without an answer, in clusters; not those that are an entry's `own` wording by now.

    Those whose ids are `wanted` are read however many were asked more often.
    """
    open_ones = [each for each in asked if not each.answered and question_key(each.text) not in own]
    open_ones.sort(key=lambda each: (question_id(each.text) not in wanted, _most_asked(each)))
    open_ones = sorted(open_ones[:MAX_READ], key=_most_asked)
    vectors = encoder().encode([each.text for each in open_ones])
    heads = np.empty_like(vectors)  # of the groups so far, the first of each
    groups: list[list[AskedWording]] = []
    for each, vector in zip(open_ones, vectors, strict=True):
        likeness = heads[: len(groups)] @ vector
        if groups and likeness.max() >= ALIKE:
            groups[likeness.argmax()].append(each)
        else:
            heads[len(groups)] = vector
            groups.append([each])
    found = [Cluster(tuple(group)) for group in groups]
    return sorted(found, key=_most_asked)


def _most_asked(each: AskedWording | Cluster) -> tuple[int, int, str]:
    return -each.sessions, -each.asked, each.text


def question_id(text: str) -> str:
    """The id of a question; each wording of a cluster names the whole."""
    return "q" + hashlib.sha256(text.encode()).hexdigest()[:8]


def cluster_of(ident: str, clusters: Sequence[Cluster]) -> Cluster | None:
    """The cluster that has a wording of this id."""
    return next((each for each in clusters if ident in (question_id(one.text) for one in each.wordings)), None)
