"""The saved inputs of the fuzzer, findings among them, once more: without the fuzzer, each time the same."""

from __future__ import annotations

from pathlib import Path

import pytest

from search.service import Service
from tests.fuzz.atheris import targets

CORPUS = Path(__file__).parent / "atheris" / "corpus"


@pytest.mark.parametrize("target", targets.TARGETS)
def test_nothing_that_was_found_breaks_a_promise_again(
    site: Service, monkeypatch: pytest.MonkeyPatch, target: str
) -> None:
    monkeypatch.setattr(targets, "understanding", lambda: site._state.finder.understanding)
    saved = sorted((CORPUS / target).iterdir())
    assert len(saved) >= 3
    for file in saved:
        targets.TARGETS[target](file.read_bytes())
