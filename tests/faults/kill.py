"""The kill campaign: SIGKILL at many moments of builds and of a serving site; the full one: `python -m tests.faults.kill --rounds 300`.

Moments are of three kinds: any time in a build's length, just after the n-th change in the index folder, and before any line
of `search/` that a build runs (each line as likely as another, so that the few lines of the switch get their share).
"""

from __future__ import annotations

import argparse
import os
import random
import shutil
import signal
import statistics
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from types import FrameType

from search import index
from search.kept import FORMS, VECTORS
from search.service import Settings, open_service
from tests.conftest import ROOT, Folder
from tests.faults.tools import QUESTION, kb, set_days, site

ENGINES = ("tantivy", "whoosh")
SEARCH = str(ROOT / "search")
FAQS = 12
TRIALS = 3
"""Builds that are left to their end to learn how long one takes: one alone says too little on a busy machine."""
SERVE_EVERY = 20
"""One round in so many kills a serving site instead of a build."""


@dataclass(frozen=True)
class Trial:
    """Builds left to their end: the median length in seconds, the changes seen in the folder, the lines run and how often."""

    seconds: float
    changes: int
    lines: Counter[tuple[str, int]]


@dataclass
class Outcome:
    """What a campaign found: rounds by kind, how many builds died before their end, and what was wrong."""

    rounds: Counter[str] = field(default_factory=Counter)
    killed: Counter[str] = field(default_factory=Counter)
    wrong: list[str] = field(default_factory=list)
    trials: dict[tuple[str, bool], Trial] = field(default_factory=dict)


def campaign(rounds: int, seed: int, place: Path, say: Callable[[str], None] = print) -> Outcome:
    """Run so many rounds; `wrong` of the outcome is empty when every one ended well."""
    dice, outcome = random.Random(seed), Outcome()  # noqa: S311  moments, not secrets
    _warm_up(place / "warm")
    for number in range(rounds):
        if number % SERVE_EVERY == SERVE_EVERY // 2:
            kind = f"serving {dice.choice(ENGINES)}"
            problem = _serving_round(place / f"{number}", kind.split()[1], dice, outcome)
        else:
            engine, full, how = ENGINES[number % 2], number % 4 < 2, ("time", "folder", "line")[number % 3]
            kind = f"{'full' if full else 'incremental'} {engine} by {how}"
            problem = _build_round(place / f"{number}", engine, full, how, dice, outcome, kind)
        outcome.rounds[kind] += 1
        if problem:
            outcome.wrong.append(f"round {number} (seed {seed}, {kind}): {problem}")
            say(outcome.wrong[-1])
        shutil.rmtree(place / f"{number}", ignore_errors=True)
    return outcome


def _warm_up(place: Path) -> None:
    """Load dictionaries and the encoder once, for the children to inherit; whoosh, because it starts no threads."""
    folder = Folder(place / "content")
    open_service(Settings(folder.root, place / "index", "whoosh")).ask(QUESTION)


def _folder(place: Path) -> Folder:
    folder = Folder(place / "content")
    for number in range(FAQS):
        text = (folder.root / folder.faq).read_text("utf-8")
        text = text.replace("积分要交什么材料？", f"第{number}种积分卡片怎样领取？").replace(
            "积分材料清单", f"领卡{number}"
        )
        folder.write(f"faqs/jifen/ling-{number}.md", text.replace("materials", f"materials\n    about: 卡{number}"))
    return folder


def _build_round(
    place: Path, engine: str, full: bool, how: str, dice: random.Random, outcome: Outcome, kind: str
) -> str | None:
    folder, built = _folder(place), place / "index" / engine
    first = dice.random() < 0.1
    if not first:
        _in_child(lambda: _build(folder, built, engine, False))
    set_days(folder, 30)
    trial = outcome.trials.get((kind, first))
    if trial is None:
        trial = outcome.trials[kind, first] = _measure(folder, built, engine, full, how, place)
    if _killed(folder, built, engine, full, how, trial, dice):
        outcome.killed[kind] += 1
    return _verified(folder, place, built, engine, may_be_none=first)


def _build(folder: Folder, built: Path, engine: str, full: bool) -> None:
    index.build(folder.root, built, engine, full)


def _measure(folder: Folder, built: Path, engine: str, full: bool, how: str, place: Path) -> Trial:
    """Build copies of the index; only what this way of killing goes by is looked at, since looking takes time."""
    took, changes, seen = [], 0, Counter[tuple[str, int]]()
    for number in range(1 if how == "line" else TRIALS):
        copy = place / f"measured-{number}"
        if built.exists():
            shutil.copytree(built, copy)
        if how == "line":
            seen = _lines_of(lambda copy=copy: _build(folder, copy, engine, full), place / "lines")  # type: ignore[misc]
        else:
            start = time.monotonic()
            child = _fork(lambda copy=copy: _build(folder, copy, engine, full))  # type: ignore[misc]
            changes = max(changes, _changes_until_it_ends(child, copy) if how == "folder" else 0)
            os.waitpid(child, 0)
            took.append(time.monotonic() - start)
        shutil.rmtree(copy)
    return Trial(statistics.median(took or [0]), changes, seen)


def _lines_of(build: Callable[[], None], file: Path) -> Counter[tuple[str, int]]:
    def traced() -> None:
        seen = Counter[tuple[str, int]]()
        with _tracing(seen.update):
            build()
        file.write_text("".join(f"{name}\t{line}\t{count}\n" for (name, line), count in seen.items()), "utf-8")

    _in_child(traced)
    rows = (row.split("\t") for row in file.read_text("utf-8").splitlines())
    return Counter({(name, int(line)): int(count) for name, line, count in rows})


def _changes_until_it_ends(child: int, built: Path) -> int:
    changes, before = 0, _seen(built)
    while not os.waitid(os.P_PID, child, os.WEXITED | os.WNOHANG | os.WNOWAIT):
        now = _seen(built)
        changes += now != before
        before = now
    return changes


def _killed(folder: Folder, built: Path, engine: str, full: bool, how: str, trial: Trial, dice: random.Random) -> bool:
    """Build and kill; whether the kill came before the end."""
    if how == "line":
        at = dice.choice(sorted(trial.lines))
        which = dice.randint(1, trial.lines[at])
        seen: Counter[tuple[str, int]] = Counter()

        def shoot(places: list[tuple[str, int]]) -> None:
            seen.update(places)
            if seen[at] >= which:
                os.kill(os.getpid(), signal.SIGKILL)

        def traced() -> None:
            with _tracing(shoot):
                _build(folder, built, engine, full)

        return os.waitpid(_fork(traced), 0)[1] == signal.SIGKILL
    child = _fork(lambda: _build(folder, built, engine, full))
    if how == "time":
        time.sleep(dice.uniform(0, trial.seconds * 1.1))
    else:
        _wait_for_change(child, built, dice.randint(1, max(1, trial.changes)), trial.seconds * 2)
    os.kill(child, signal.SIGKILL)
    return os.waitpid(child, 0)[1] == signal.SIGKILL


def _wait_for_change(child: int, built: Path, which: int, at_most: float) -> None:
    before, start = _seen(built), time.monotonic()
    while which and time.monotonic() - start < at_most:
        now = _seen(built)
        which -= now != before
        before = now
        if os.waitid(os.P_PID, child, os.WEXITED | os.WNOHANG | os.WNOWAIT):
            return


def _seen(built: Path) -> list[tuple[str, int]]:
    found = []
    for base, _folders, names in os.walk(built):
        for name in names:
            try:
                found.append((f"{base}/{name}", (Path(base) / name).stat().st_size))
            except OSError:
                continue
        found.append((base, 0))
    return found


@contextmanager
def _tracing(see: Callable[[list[tuple[str, int]]], None]) -> Iterator[None]:
    """Tell of every line of `search/` before it runs."""

    def local(frame: FrameType, event: str, _argument: object) -> object:
        if event == "line":
            see([(frame.f_code.co_filename, frame.f_lineno)])
        return local

    def called(frame: FrameType, _event: str, _argument: object) -> object:
        return local if frame.f_code.co_filename.startswith(SEARCH) else None

    sys.settrace(called)  # type: ignore[arg-type]  # typeshed wants a recursive type
    try:
        yield
    finally:
        sys.settrace(None)


def _fork(work: Callable[[], object]) -> int:
    """Run work in a child process of its own; this process has imported everything and runs no thread."""
    child = os.fork()
    if child:
        return child
    status = 1
    try:
        work()
        status = 0
    except BaseException as error:
        sys.stderr.write(f"{error!r}\n")
    finally:
        os._exit(status)


def _in_child(work: Callable[[], object]) -> int:
    return os.waitpid(_fork(work), 0)[1]


def _verified(folder: Folder, place: Path, built: Path, engine: str, may_be_none: bool = False) -> str | None:
    """What is wrong after a kill, or None."""
    named = (built / "current").read_text("utf-8") if (built / "current").exists() else None
    if named is None and not may_be_none:
        return "no generation is served"
    if named is not None and not (built / named).is_dir():
        return f"current names {named}, which is not there"
    if named is not None:
        # Opened as it is, by a build that finds nothing to do: with the content from before or from after.
        if not any(_opens_as_it_is(folder, place / f"copy-{days}", built, engine, days) for days in (20, 30)):
            return f"{named} is not whole: it had to be built anew"
        set_days(folder, 30)
    if _in_child(lambda: _asked(folder, built, engine)):
        return "the site does not open, or answers wrongly"
    return _tidy(built)


def _opens_as_it_is(folder: Folder, copy: Path, built: Path, engine: str, days: int) -> bool:
    set_days(folder, days)
    shutil.copytree(built, copy)
    _in_child(lambda: _build(folder, copy, engine, False))
    return (copy / "current").read_text("utf-8") == (built / "current").read_text("utf-8")


def _asked(folder: Folder, built: Path, engine: str) -> None:
    service = open_service(Settings(folder.root, built, engine))
    card = service.ask(QUESTION).card
    assert card, "no answer"
    assert card.answer.startswith("30 "), card.answer
    assert service.ask("积分材料清单").card, "no answer to what did not change"


def _tidy(built: Path) -> str | None:
    generations = sorted(place for place in built.glob("gen-*"))
    halves = [place.name for place in generations if not (place / "manifest.json").exists()]
    others = (
        {place.name for place in built.iterdir()}
        - {place.name for place in generations}
        - {"current", "lock", VECTORS, FORMS}
    )
    if len(generations) > 2 or halves or others:
        return f"left over after the next build: {halves or sorted(others) or [each.name for each in generations]}"
    return None


def _serving_round(place: Path, engine: str, dice: random.Random, outcome: Outcome) -> str | None:
    folder = _folder(place)
    with site(folder.root, place / "index", engine, workers=2) as running:
        set_days(folder, 30)
        time.sleep(dice.uniform(0.05, 0.8))
        running.kill()
    outcome.killed[f"serving {engine}"] += 1
    built = place / "index" / engine
    problem = _verified(folder, place, built, engine)
    if problem:
        return problem
    ended = kb("index", content=folder.root, index=place / "index", engine=engine)
    return None if ended.returncode == 0 else f"kb index: {ended.stderr}"


def main() -> None:
    """The full campaign; exit code 1 when a round ended badly."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rounds", type=int, default=300)
    parser.add_argument("--seed", type=int, default=int(time.time()))
    chosen = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="wence-kill-") as place:
        start = time.monotonic()
        outcome = campaign(chosen.rounds, chosen.seed, Path(place), lambda line: print(line, flush=True))  # noqa: T201
    for kind, count in sorted(outcome.rounds.items()):
        print(f"{kind}: {count} rounds, {outcome.killed[kind]} killed before the end")  # noqa: T201
    taken = time.monotonic() - start
    print(f"seed {chosen.seed}: {chosen.rounds} rounds, {len(outcome.wrong)} wrong, {taken:.0f} s")  # noqa: T201
    sys.exit(bool(outcome.wrong))


if __name__ == "__main__":
    main()
