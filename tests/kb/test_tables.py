"""A table that follows changes is the table that one would make anew."""

from __future__ import annotations

from collections import Counter

from hypothesis import given, settings
from hypothesis import strategies as st

from kb.tables import Table

KEYS = [f"k{number}" for number in range(60)]
rows = st.tuples(st.sampled_from(KEYS), st.integers(0, 3))
steps = st.lists(st.tuples(st.sets(rows, max_size=4), st.sets(st.sampled_from(KEYS), max_size=3)), max_size=12)


@settings(max_examples=300)
@given(steps)
def test_what_follows_changes_is_what_is_made_anew(steps: list[tuple[set[tuple[str, int]], set[str]]]) -> None:
    # So many keys that a few changes stay beside the base, and some become part of it.
    there = {(key, 9) for key in KEYS[:40]}
    table: Table[int] = Table[int]().after((), sorted(there))
    for wanted, left in steps:
        added = wanted - there
        gone = {row for row in there if row[0] in left}
        there = (there - gone) | added
        table = table.after(sorted(gone), sorted(added))
        counts = Counter(key for key, _ in there)
        assert sorted(table) == sorted(counts)
        assert all((key in table) == (key in counts) for key in KEYS)
        assert {(key, row) for key in KEYS for row in table[key]} == there
        assert all(len(table[key]) == counts[key] for key in KEYS)
        assert table.contested == {key for key, count in counts.items() if count > 1}
        assert len(table.changed) <= len(table.base) // 10, "what changed does not grow for ever"


def test_rows_keep_their_order_and_most_are_shared() -> None:
    before = Table[str]().after((), [(f"k{number}", "a") for number in range(30)])
    after = before.after([("k1", "a")], [("k2", "b"), ("new", "c")])
    assert after["k1"] == ()
    assert after["k2"] == ("a", "b")
    assert after["new"] == ("c",)
    assert after.base is before.base
    assert before["k1"] == ("a",), "the table before stays as it was"
