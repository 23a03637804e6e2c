"""What stands in files never steers a terminal."""

from __future__ import annotations

import pytest
from click.testing import CliRunner

from cli import options
from cli.main import main
from tests.conftest import Folder

ESCAPES = ("\x1b[31m", "\x9b31m", "\x07", "\u202e")


@pytest.mark.parametrize("escape", ESCAPES)
def test_names_and_texts_are_printed_without_escapes(folder: Folder, escape: str) -> None:
    (folder.root / f"faqs/jifen/a{escape}.md").write_bytes(b"x")
    folder.change(folder.faq, "积分材料清单", f"积分{escape}")
    for arguments in (["check"], ["check", "--json"]):
        said = CliRunner().invoke(main, [*arguments, "--content", str(folder.root)])
        assert said.exit_code == 1
        assert all(char.isprintable() or char == "\n" for char in said.output), repr(said.output)


def test_what_is_said_keeps_its_lines_and_loses_its_escapes(capsys: pytest.CaptureFixture[str]) -> None:
    options.say("甲\n\x1b]0;x\x07乙\r")
    options.print_json({"甲": "\x9b1m\u202e"})
    assert capsys.readouterr().out == '甲\n?]0;x?乙?\n{\n  "甲": "\\u009b1m\\u202e"\n}\n'
