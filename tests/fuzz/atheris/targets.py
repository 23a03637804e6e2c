"""What is fuzzed: each target takes any bytes and raises only when a promise is broken. Needs no atheris."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from contextlib import suppress
from functools import cache
from pathlib import Path
from tempfile import mkdtemp

from kb.parsing import Unreadable, parse_yaml
from kb.reading import without_controls
from kb.rendering import TooMuch, render
from search.query import Understanding
from search.service import Settings, open_service
from search.text import MAX_QUERY, normalise
from tests.fuzz.safety import unsafe

CONTENT = Path(__file__).parents[3] / "content"


def text_of(data: bytes) -> str:
    """A text for any bytes, halves of surrogate pairs among them."""
    try:
        return data.decode("utf-8", "surrogatepass")
    except UnicodeDecodeError:
        return data.decode("utf-8", "replace")


def normaliser(data: bytes) -> None:
    """Normalisation is bounded and idempotent."""
    text = text_of(data)
    once = normalise(text, MAX_QUERY)
    assert len(once) <= MAX_QUERY
    assert normalise(once, MAX_QUERY) == once
    assert once.isprintable()


@cache
def understanding() -> Understanding:
    """Understanding of the real content, once a process."""
    return open_service(Settings(CONTENT, Path(mkdtemp()), "tantivy"))._state.finder.understanding


def questions(data: bytes) -> None:
    """A question is understood, whatever it is; see `understood`."""
    understood(understanding(), text_of(data))


def understood(by: Understanding, typed: str) -> None:
    """What was understood is bounded, says what it corrected, and corrects no word that is known."""
    query = by.understand(typed)
    assert len(query.text) <= 2 * MAX_QUERY, "corrections make a question longer, within bounds"
    assert normalise(query.text) == query.text
    for correction in query.corrections:
        assert correction.typed != correction.used
        assert correction.typed not in by.corrector.known, correction
        assert correction.typed in by.corrector.by_initials or not by.segmenter.knows(correction.typed), correction
    exact = by.understand(typed, exact=True)
    assert exact.text == normalise(typed, MAX_QUERY)
    assert not exact.corrections


def front_matter(data: bytes) -> None:
    """Front matter is data or a problem on one of its lines."""
    text = text_of(data)
    try:
        located = parse_yaml(text, "x.md")
    except Unreadable as error:
        problem = error.problem
        assert problem.what
        assert problem.remedy
        assert 1 <= problem.line <= len(text.splitlines()) + 1
        return
    assert all(1 <= line <= len(text.splitlines()) + 1 for line in (*located.lines.values(), *located.cut))


def markdown(data: bytes) -> None:
    """A body is rendered to safe HTML, or refused."""
    body = without_controls(text_of(data)).encode("utf-8", "replace").decode()
    with suppress(TooMuch):  # what `kb.documents` makes a problem of
        rendered = render(body)
        found = unsafe(rendered.html)
        assert not found, found
        assert without_controls(rendered.text) == rendered.text


TARGETS: Mapping[str, Callable[[bytes], None]] = {
    "normaliser": normaliser,
    "questions": questions,
    "front-matter": front_matter,
    "markdown": markdown,
}
