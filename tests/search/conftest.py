"""Fixtures of several tests of search."""

from __future__ import annotations

import pytest

from search.forms import Forms, Vocabulary
from search.passages import Passage


@pytest.fixture
def passages_read(monkeypatch: pytest.MonkeyPatch) -> list[Passage]:
    """Fills with the passages whose forms are made."""
    read: list[Passage] = []
    real = Vocabulary.forms

    def counting(own: Vocabulary, passage: Passage) -> Forms:
        read.append(passage)
        return real(own, passage)

    monkeypatch.setattr(Vocabulary, "forms", counting)
    return read
