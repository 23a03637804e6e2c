"""Made entries as a content folder on disk, as editors would have written it: for publishing, which begins with files."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

from kb.model import Entry, EntryKind, Fact
from kb.reading import SITE_FILE, SOURCES_FILE, TOPICS_FILE
from search.evaluation.benchmark.generating import TOPICS, Generator
from search.lexicon import SCOPE_FILE, SYNONYMS_FILE, TERMS_FILE
from search.progress import Progress

_MARKUP = re.compile(r"(?m)^(\s*)([#>+\-*]|\d+[.)])|([\\`*_\[\]<>|])")


def write_folder(generator: Generator, count: int, root: Path, progress: Progress) -> None:
    """Write the first entries as Markdown files into a new folder, with all that `kb check` wants beside them."""
    (root / "lexicon").mkdir(parents=True)
    (root / SITE_FILE).write_text(_yaml(generator.site.model_dump(mode="json", exclude_none=True)), "utf-8")
    (root / TOPICS_FILE).write_text(_rows(TOPICS), "utf-8")
    (root / SOURCES_FILE).write_text(_rows(generator.sources), "utf-8")
    (root / TERMS_FILE).write_text("".join(f"{term}\n" for term in generator.terms), "utf-8")
    (root / SYNONYMS_FILE).write_text(_rows(generator.synonyms), "utf-8")
    (root / SCOPE_FILE).write_text(_yaml(generator.scope.model_dump(mode="json", exclude_defaults=True)), "utf-8")
    for done, entry in enumerate(generator.entries(count), start=1):
        path = root / entry.path
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(markdown(entry), "utf-8")
        progress("写文件", done, count)


def markdown(entry: Entry) -> str:
    """A made entry as the file it would come from."""
    title = "title" if entry.kind is EntryKind.article else "question"
    meta = {
        title: entry.title,
        "topic": entry.topic,
        "status": entry.status.value,
        "verification": entry.verification.value,
        "reviewed": entry.reviewed.isoformat(),
        "aliases": list(entry.aliases),
        "summary": entry.summary,
        "sources": [source.id for source in entry.sources],
        "facts": [_fact(fact) for fact in entry.facts],
    }
    body = _MARKUP.sub(lambda match: f"{match[1] or ''}\\{match[2] or match[3]}", entry.text)
    return f"---\n{_yaml(meta)}---\n{body}\n"


def _fact(fact: Fact) -> dict[str, Any]:
    return fact.model_dump(mode="json", by_alias=True, exclude_none=True, exclude_defaults=True)


def _yaml(value: dict[str, Any]) -> str:
    """YAML with every value as JSON, which is YAML too."""
    return "".join(f"{key}: {json.dumps(part, ensure_ascii=False)}\n" for key, part in value.items())


def _rows(models: Any) -> str:
    rows = (model.model_dump(mode="json", exclude_none=True, exclude_defaults=True) for model in models)
    return "".join(f"- {json.dumps(row, ensure_ascii=False)}\n" for row in rows) or "[]\n"
