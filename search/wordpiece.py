"""WordPiece: the pieces of text that the sentence encoder knows, as numbers (Wu et al. 2016, arXiv:1609.08144).

As BERT cuts text for Chinese (Devlin et al. 2018, arXiv:1810.04805): each Han character and each mark is a word of its
own, and any other word is cut from the left into the longest pieces known. Why not the library: docs/decisions/0007.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

_HAN = r"\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff\U00020000-\U0002a6df\U0002a700-\U0002ceaf\U0002f800-\U0002fa1f"
_WORD = re.compile(rf"[{_HAN}]|_|[^\w\s]|[^\W_{_HAN}]+")
_LONGEST = 100
"""Characters of a word; a longer one is not cut."""


@dataclass(frozen=True)
class WordPiece:
    """The numbers of the pieces known; `##` begins one that goes on a word."""

    numbers: Mapping[str, int]

    @classmethod
    def read(cls, path: Path) -> WordPiece:
        """From the `tokenizer.json` of a model."""
        return cls(json.loads(path.read_bytes())["model"]["vocab"])

    def encode(self, text: str) -> list[int]:
        """The numbers of a normalised text, between those of [CLS] and [SEP]; [UNK] for a word that is not known."""
        words = (number for word in _WORD.findall(text) for number in self._cut(word))
        return [self.numbers["[CLS]"], *words, self.numbers["[SEP]"]]

    def _cut(self, word: str) -> list[int]:
        """The longest pieces from the left; one unknown piece where none fits."""
        unknown = [self.numbers["[UNK]"]]
        found: list[int] = []
        start = 0
        while start < len(word) <= _LONGEST:
            begins = "##" if start else ""
            ends = range(len(word), start, -1)
            end = next((end for end in ends if begins + word[start:end] in self.numbers), None)
            if end is None:
                return unknown
            found.append(self.numbers[begins + word[start:end]])
            start = end
        return found or unknown
