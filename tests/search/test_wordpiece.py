"""WordPiece: text is cut as the sentence encoder learnt it."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from search.meaning import MODEL
from search.text import normalise
from search.wordpiece import WordPiece

PIECES = WordPiece.read(MODEL / "tokenizer.json")
NAMES = {number: piece for piece, number in PIECES.numbers.items()}


def _pieces(text: str) -> list[str]:
    return [NAMES[number] for number in PIECES.encode(text)]


def test_han_characters_and_marks_stand_alone_and_words_are_cut_into_the_longest_pieces() -> None:
    # As the library `tokenizers` 0.23.3 cuts it with this file.
    assert _pieces("居住证积分到期了怎么续办jifen 120分") == [
        "[CLS]", "居", "住", "证", "积", "分", "到", "期", "了", "怎", "么", "续", "办", "ji", "##fe", "##n", "120", "分", "[SEP]",
    ]  # fmt: skip
    assert _pieces("a_b,c!") == ["[CLS]", "a", "_", "b", ",", "c", "!", "[SEP]"]
    assert _pieces("") == ["[CLS]", "[SEP]"]


def test_a_word_that_is_not_known_is_one_unknown_piece() -> None:
    assert _pieces("\U00020bb7\U0001f600") == ["[CLS]", "[UNK]", "[UNK]", "[SEP]"]
    assert _pieces("x" * 101) == ["[CLS]", "[UNK]", "[SEP]"]


@given(st.text(max_size=200))
def test_any_text_is_cut_into_known_pieces_with_both_ends(text: str) -> None:
    numbers = PIECES.encode(normalise(text))
    assert [NAMES[numbers[0]], NAMES[numbers[-1]]] == ["[CLS]", "[SEP]"]
    assert all(number in NAMES for number in numbers)
    assert len(numbers) <= len(normalise(text)) + 2
