"""Measuring how long a changed file takes to be found. Runs in a child process."""

from __future__ import annotations

from random import Random
from statistics import median
from time import perf_counter

from search.evaluation.benchmark.figures import Publishing
from search.evaluation.benchmark.folder import markdown, write_folder
from search.evaluation.benchmark.generating import make_generator
from search.evaluation.benchmark.timing import PATIENCE, Job, seconds_of
from search.evaluation.errors import EvaluationError
from search.progress import Progress
from search.service import Settings, open_service

CHANGES = 20
"""Files that are changed, one after the other; fewer where there are not a hundred for each, but three."""


def measure_publishing(job: Job, progress: Progress) -> Publishing:
    """Build from Markdown files; change one, take it up, ask for its new words: several times.

    Raises EvaluationError when new words are not found: what is not searchable was not published.
    """
    generator = make_generator(job.content, job.seed)
    root = job.folder / "content"
    write_folder(generator, job.entries, root, progress)
    settings = Settings(root, job.folder / "index", job.engine, draft=True)
    service, building = seconds_of(lambda: open_service(settings, progress))
    opening = seconds_of(lambda: open_service(settings))[1]
    seconds = []
    changes = min(CHANGES, max(3, job.entries // 100))
    for number in Random(job.seed).sample(range(job.entries), changes):  # noqa: S311  not a secret
        entry = generator.entry(number)
        asked = f"{generator.identity(number).name}新办法第 {number} 号怎么说"
        changed = entry.model_copy(update={"aliases": (*entry.aliases, asked)})
        (root / entry.path).write_text(markdown(changed), "utf-8")
        start = perf_counter()
        service.refresh()
        results = service.ask(asked).results
        seconds.append(perf_counter() - start)
        if not results or results[0].id != entry.id:
            raise EvaluationError(f"改过的 {entry.path} 搜不到新问法“{asked}”——这是程序的错误")
        progress("改一个文件", len(seconds), changes)
        if sum(seconds) > PATIENCE:
            break
    return Publishing(
        files=job.entries,
        build_seconds=building,
        open_seconds=opening,
        median=1000 * median(seconds),
        longest=1000 * max(seconds),
        changes=len(seconds),
    )
