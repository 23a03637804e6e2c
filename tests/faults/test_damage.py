"""A damaged index is noticed when it is opened, and rebuilt; never a wrong or empty answer, never a crash loop."""

from __future__ import annotations

import random
import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from search import index
from tests.conftest import ROOT, Folder
from tests.faults.test_builders import days_found
from tests.faults.tools import QUESTION, ROUNDS, site, until

ASK = """
import sys
from pathlib import Path
from search.service import Settings, open_service
from tests.faults.test_damage import CASES
content, engine = Path(sys.argv[1]), sys.argv[2]
for place in map(Path, sys.argv[3:]):
    name = (place / "current").read_text()
    print(place.name, "started", flush=True)
    service = open_service(Settings(content, place, engine))
    for question, start in CASES.items():
        card = service.ask(question).card
        assert card and card.answer.startswith(start), (place.name, question, card)
    print(place.name, "rebuilt" if service.generation != name else "opened", flush=True)
"""
CASES = {QUESTION: "20 个工作日", "积分要交什么材料": "带居住证原件"}


def _flipped(path: Path) -> None:
    data, dice = bytearray(path.read_bytes()), random.Random(path.name)  # noqa: S311
    for _ in range(3):
        data[dice.randrange(len(data))] ^= 1 << dice.randrange(8)
    path.write_bytes(data)


def _zeroed(path: Path) -> None:
    path.write_bytes(bytes(path.stat().st_size))


def _cut(path: Path) -> None:
    path.write_bytes(path.read_bytes()[: path.stat().st_size // 2])


def _gone(path: Path) -> None:
    path.unlink()


def _a_folder(path: Path) -> None:
    path.unlink()
    path.mkdir()


DAMAGE: list[Callable[[Path], None]] = [_flipped, _zeroed, _cut, _gone, _a_folder]


@pytest.mark.parametrize("first", range(len(DAMAGE) if ROUNDS else 1))
@pytest.mark.parametrize("engine", ["tantivy", "whoosh"])
def test_every_file_of_a_generation_may_be_damaged(folder: Folder, tmp_path: Path, engine: str, first: int) -> None:
    """Each file in one way, the ways in turn; with KB_FAULT_ROUNDS each file in every way."""
    good = tmp_path / "index" / engine
    name = index.build(folder.root, good, engine).name
    # Empty files (locks of the engines) hold nothing that could be wrong.
    files = [
        path.relative_to(good) for path in sorted((good / name).rglob("*")) if path.is_file() and path.stat().st_size
    ]
    assert files
    copies = []
    for number, file in enumerate(files):
        copy = tmp_path / f"copy-{number}-{file.name}"
        shutil.copytree(good, copy)
        DAMAGE[(first + number) % len(DAMAGE)](copy / file)
        copies.append(copy)
    command = [sys.executable, "-c", ASK, str(folder.root), engine]
    said: list[str] = []
    wrong: list[str] = []
    while copies:
        ended = subprocess.run([*command, *map(str, copies)], cwd=ROOT, capture_output=True, text=True, timeout=120)
        lines = ended.stdout.splitlines()
        done = [line for line in lines if not line.endswith("started")]
        said += done
        copies = copies[len(done) :]
        if copies:
            reason = ended.stderr.strip().splitlines()[-1:] or [f"exit {ended.returncode}"]
            wrong.append(f"{copies[0].name}: {reason[0][:200]}")
            copies = copies[1:]
    unnoticed = [line for line in said if line.endswith("opened")]
    assert (wrong, unnoticed) == ([], [])


def test_a_pointer_that_names_nothing_or_a_way_out_is_not_followed(folder: Folder, tmp_path: Path) -> None:
    place = tmp_path / "index/tantivy"
    for text in (b"", b"gen-nope", b"../../etc", b"/", b"\xff\xfe\x00", b"gen-\n" * 1000):
        index.build(folder.root, place, "tantivy")
        (place / "current").write_bytes(text)
        assert days_found(index.build(folder.root, place, "tantivy")) == "20"


def test_files_damaged_under_a_serving_site_give_no_wrong_answer_and_a_restart_mends_them(
    folder: Folder, tmp_path: Path
) -> None:
    with site(folder.root, tmp_path / "index", workers=2) as running:
        for path in (tmp_path / "index/tantivy").glob("gen-*/**/*"):
            if path.is_file():
                path.unlink()
        assert all(running.answer().startswith("20 个工作日") for _ in range(10))
        folder.change(folder.faq, "带居住证原件。", "带独角兽原件。")
        until(lambda: "独角兽" in running.get("/q/jifen/cailiao")[1], "the next change mends it")
    assert days_found(index.build(folder.root, tmp_path / "index/tantivy", "tantivy")) == "20"
