"""The saved inputs of the fuzzer, findings among them, once more: without the fuzzer, each time the same."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.fuzz.atheris.targets import TARGETS

CORPUS = Path(__file__).parent / "atheris" / "corpus"


@pytest.mark.parametrize("target", TARGETS)
def test_nothing_that_was_found_breaks_a_promise_again(target: str) -> None:
    saved = sorted((CORPUS / target).iterdir())
    assert len(saved) >= 3
    for file in saved:
        TARGETS[target](file.read_bytes())
