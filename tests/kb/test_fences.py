"""What stands in fenced code is told from what does not as python-markdown tells it."""

from __future__ import annotations

import re

from hypothesis import given
from hypothesis import strategies as st

from kb.fences import outside_code
from kb.rendering import render

LINES = st.sampled_from(
    [
        "```",
        "````",
        "~~~",
        "``` ",
        "```\t",
        "```python",
        "```bash 示例 一",
        "```代码``` 是这样的",
        "``` {.x}",
        "",
        " ```",
        "词",
    ]
)


@given(st.lists(LINES, max_size=12))
def test_a_line_is_outside_when_it_is_rendered_outside(lines: list[str]) -> None:
    body = "\n".join(f"词{row}词" if line == "词" else line for row, line in enumerate(lines))
    code = "".join(re.findall(r"<pre>.*?</pre>", render(body).html, re.DOTALL))
    outside = {line for _, line in outside_code(body) if line.startswith("词")}
    said = set(re.findall(r"词\d+词", body))
    assert outside == {word for word in said if word not in code}


def test_rows_are_those_of_the_body() -> None:
    assert list(outside_code("一\n```\n二\n```\n\n三")) == [(0, "一"), (4, ""), (5, "三")]
