"""What stands in files never steers a terminal."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest
from click.testing import CliRunner

from cli import options
from cli.main import main
from cli.theft import Compared, show
from search.evaluation import theft
from search.evaluation.theft import Remembered
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


@pytest.mark.parametrize("escape", ESCAPES)
def test_what_measuring_tells_of_questions_is_printed_without_escapes(
    folder: Folder, tmp_path: Path, escape: str, capsys: pytest.CaptureFixture[str]
) -> None:
    written = escape.encode("unicode_escape").decode()
    files = tmp_path / "questions.yml"
    files.write_text(f'- {{q: "积分{written}", card: 甲, style: "plain{written}"}}\n', "utf-8")
    own = ["--content", str(folder.root), "--questions", str(files), "--index", str(tmp_path / "index")]
    asked = CliRunner().invoke(main, ["eval", *own]).output
    kind = theft.Kind.other
    change = theft.Change(f"积分{escape}", kind, Remembered(None, escape), Remembered("faqs/jifen/a", escape), escape)
    show(Compared(1, (change,), first=False))
    for said in (asked, capsys.readouterr().out):
        assert "积分?" in said
        assert all(char.isprintable() or char == "\n" for char in said), repr(said)


def run(folder: Folder, output: str, *words: str, **environment: str) -> subprocess.CompletedProcess[bytes]:
    """The command as a process of its own, what it prints sent to a file."""
    command = [sys.executable, "-m", "cli.main", *words, "--content", str(folder.root)]
    with Path(output).open("wb") as file:
        return subprocess.run(
            command, stdout=file, stderr=subprocess.PIPE, env=os.environ | environment, check=False, timeout=60
        )


def test_a_disk_that_is_full_is_said_in_words(folder: Folder) -> None:
    for words in (("check",), ("check", "--json")):
        ended = run(folder, "/dev/full", *words)
        assert ended.returncode == 1
        assert "检查路径、磁盘空间和权限" in ended.stderr.decode()
        assert b"Traceback" not in ended.stderr
        assert b"Exception ignored" not in ended.stderr


def test_a_terminal_without_chinese_gets_question_marks(folder: Folder, tmp_path: Path) -> None:
    ended = run(folder, str(tmp_path / "said"), "check", PYTHONIOENCODING="latin-1")
    assert ended.returncode == 0
    assert b"?" in (tmp_path / "said").read_bytes()
    assert b"Traceback" not in ended.stderr


def test_who_reads_only_the_beginning_is_told_nothing_more(folder: Folder) -> None:
    piped = f"{sys.executable} -m cli.main check --content {folder.root} | true"
    ended = subprocess.run(["/bin/sh", "-c", piped], capture_output=True, check=False, timeout=60)
    assert ended.stderr == b""
