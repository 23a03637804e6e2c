"""Problems as an editor reads them: each with its place, but one mistake that shows in many places is told once."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator
from pathlib import Path

from kb.errors import Level, Problem

WHOLE = 3
"""Problems of one remedy that are told in full; of the others the places are listed."""
PLACES = 20
"""Places that are listed."""


def lines_of(problems: Iterable[Problem], content: Path) -> Iterator[str]:
    """A line for each problem, in order; at the end one for each remedy that mends more than WHOLE of them."""
    alike: dict[tuple[Level, str], list[Problem]] = defaultdict(list)
    for problem in problems:
        group = alike[problem.level, problem.remedy]
        group.append(problem)
        if len(group) <= WHOLE:
            yield f"{content}/{problem}"
    for (_, remedy), group in alike.items():
        if rest := group[WHOLE:]:
            places = "、".join(f"{problem.file}:{problem.line}" for problem in rest[:PLACES])
            yield f"同样的还有 {len(rest)} 处（{remedy}）：{places}{'……' if len(rest) > PLACES else ''}"
