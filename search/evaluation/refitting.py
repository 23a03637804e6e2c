"""From files to `weights.yml`: what `kb fit` reads, and what it writes down with the weights."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date
from io import StringIO
from pathlib import Path
from tempfile import TemporaryDirectory

from ruamel.yaml import YAML

from kb import library as libraries
from search.evaluation.collections import read_collection
from search.evaluation.errors import EvaluationError
from search.evaluation.files import write_text
from search.evaluation.fitting import Case, Fitted, collection_cases, content_cases, fit, outside_cases, question_cases
from search.evaluation.questions import read_questions
from search.lexicon import load_lexicon
from search.progress import Progress
from search.weights import Weights, weights

FEWEST = 20
"""Questions below which a fit says nothing."""
OWN, ASKED = "content", "asked"
"""The data sets of the content's own wordings, and of known questions and those that it does not answer."""
_PARTS = ("corpus.jsonl", "queries.jsonl", "qrels.tsv")
_HEADER = """\
# Written by `kb fit`; do not edit by hand. What the features are: search/ranking.py; how they are fitted:
# search/evaluation/fitting.py. `fitted` has the day, the fingerprint of the content and files fitted on, and the
# figures reached on questions left out (cross-validation). Hit@1 is among the questions whose right passage is a
# candidate at all: it tells how well candidates are ordered, and is higher than the Hit@1 of `kb eval`.
"""


@dataclass(frozen=True)
class Sources:
    """What to fit on; each of `collections` is a folder with corpus.jsonl, queries.jsonl and qrels.tsv."""

    content: Path
    questions: tuple[Path, ...]
    collections: tuple[Path, ...]

    def files(self) -> Iterator[Path]:
        """Every file beside the content."""
        yield from self.questions
        for folder in self.collections:
            yield from (folder / name for name in _PARTS)


def refit(sources: Sources, day: date, report: Progress) -> Weights:
    """Fit all weights anew, starting from those in use. Raises ContentError or EvaluationError."""
    library, lexicon = libraries.load(sources.content), load_lexicon(sources.content)
    questions = [question for path in sources.questions for question in read_questions(path)]
    if len(questions) < FEWEST:
        raise EvaluationError(f"只有 {len(questions)} 个题目，拟合至少要 {FEWEST} 个——多加一些题目")
    named = _named(sources.collections)
    collections = {name: read_collection(*(folder / part for part in _PARTS)) for name, folder in named.items()}
    with TemporaryDirectory(prefix="wence-fit-") as place:
        root = Path(place)
        cases: dict[str, Sequence[Case]] = {
            OWN: list(content_cases(library, lexicon, root / "own", report)),
            ASKED: [
                *question_cases(questions, library, lexicon, root / "asked", day),
                *outside_cases(library, lexicon, root / "outside", day, report),
            ],
        }
        for name, collection in collections.items():
            cases[name] = list(collection_cases(collection, root / "collections" / name))
        fitted = fit(cases, weights(), report)
    return _dated(fitted, day, _fingerprint(f"{library.fingerprint}{lexicon.fingerprint}", sources.files()))


def _named(folders: Iterable[Path]) -> dict[str, Path]:
    """The collections by the names of their folders, which stand in the figures."""
    named: dict[str, Path] = {}
    for folder in folders:
        name = folder.resolve().name
        if name in (*named, OWN, ASKED):
            raise EvaluationError(f"{folder}：两份题库都叫 {name}——给文件夹换个名字")
        named[name] = folder
    return named


def _fingerprint(start: str, paths: Iterable[Path]) -> str:
    digest = hashlib.sha256(start.encode())
    for path in paths:
        digest.update(hashlib.sha256(path.read_bytes()).digest())
    return digest.hexdigest()[:16]


def _dated(fitted: Fitted, day: date, fingerprint: str) -> Weights:
    return fitted.weights.model_copy(
        update={"fitted": {"date": day.isoformat(), "data": fingerprint, **fitted.figures}}
    )


def write_weights(path: Path, table: Weights) -> None:
    """Write weights whole or not at all. Raises OSError."""
    yaml = YAML()
    yaml.default_flow_style = False
    text = StringIO()
    yaml.dump(table.model_dump(), text)
    write_text(path, _HEADER + text.getvalue())
