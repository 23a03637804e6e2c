"""From one Markdown file to a document: its entries, and all that is wrong with it."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Mapping
from functools import cache, cached_property
from importlib.metadata import version
from pathlib import Path, PurePosixPath

from pydantic import BaseModel, ConfigDict

from kb.bodies import Body
from kb.bounds import MAX_PROBLEMS
from kb.building import EntryBuilder
from kb.claims import Claims, claims_of
from kb.errors import Problem
from kb.fences import outside_code
from kb.model import (
    SLUG,
    ArticleMeta,
    Entry,
    EntryKind,
    FaqMeta,
    Source,
)
from kb.parsing import Located, Unreadable
from kb.reading import FENCE, MAX_FILE_BYTES, RawFile, read_markdown
from kb.remarks import remarks_of
from kb.validating import EXAMPLES, validate

MAX_SLUG = 80
"""Characters of a file's name without its ending."""
READERS = ("markdown", "nh3", "pydantic", "pypinyin", "rapidfuzz", "ruamel.yaml")
"""The packages on which it depends what is read from a file: HTML, anchors, values, hints."""

_META: Mapping[EntryKind, type[ArticleMeta] | type[FaqMeta]] = {EntryKind.article: ArticleMeta, EntryKind.faq: FaqMeta}


class Document(BaseModel):
    """What one file gave: entries (none when it has errors) and the problems found in the file alone.

    `lines` maps places in the front matter, joined by dots, to lines of the file, for rules that look across files;
    `cut` are lines where a text ends at a `#`. One that is `withdrawn` says of itself that it is a draft, whatever else is
    wrong with it. `links` are those of the body, as written, each with its line.
    """

    model_config = ConfigDict(frozen=True, ignored_types=(cached_property,))

    path: str
    digest: str
    entries: tuple[Entry, ...] = ()
    problems: tuple[Problem, ...] = ()
    lines: dict[str, int] = {}
    links: tuple[tuple[str, int], ...] = ()
    withdrawn: bool = False
    cut: tuple[int, ...] = ()

    @cached_property
    def remarks(self) -> tuple[Problem, ...]:
        """What is wrong with what the file says, though it can be read."""
        return remarks_of(self)

    @property
    def is_faulty(self) -> bool:
        """Whether an editor has to hear of it."""
        return bool(self.problems or self.remarks or not self.entries)

    @cached_property
    def claims(self) -> Claims:
        """What it claims for itself and no other file may claim as well."""
        return claims_of(self)

    def line(self, *where: str | int) -> int:
        """The line of a place in the front matter, or of its nearest parent."""
        for end in range(len(where), 0, -1):
            found = self.lines.get(".".join(map(str, where[:end])))
            if found:
                return found
        return 1


@cache
def reader() -> str:
    """SHA-256 of the program that reads documents: this package, and what parses, checks and renders for it."""
    own = hashlib.sha256()
    for file in sorted(Path(__file__).parent.glob("*.py")):
        own.update(file.read_bytes())
    own.update(" ".join(version(name) for name in READERS).encode())
    return own.hexdigest()


def digest_of(root: Path, path: str, shared: str) -> str:
    """SHA-256 of a file together with that of the shared files its entries depend on; empty when it cannot be read now."""
    full = root / path
    try:
        stat = full.stat()
        small = full.is_file() and stat.st_size <= MAX_FILE_BYTES
        body = full.read_bytes() if small else str(stat.st_mtime_ns).encode()
    except OSError:
        return ""
    return hashlib.sha256(shared.encode() + b"\0" + body).hexdigest()


def read_document(root: Path, path: str, digest: str, sources: Mapping[str, Source]) -> Document:
    """Read, validate and render one file; never raises for what an editor may have written.

    What the system could not read now has no digest: it is tried again.
    """
    try:
        raw = read_markdown(root, path)
    except Unreadable as error:
        not_now = isinstance(error.__cause__, OSError)
        return Document(path=path, digest="" if not_now else digest, problems=(error.problem,))
    withdrawn = raw.is_draft
    if early := _ended_early(raw):
        return Document(path=path, digest=digest, problems=(*raw.problems, early), withdrawn=withdrawn)
    model = _META[EntryKind.of_folder(path.partition("/")[0])]
    meta: ArticleMeta | FaqMeta | None
    meta, problems = (None, [*raw.problems]) if raw.problems else validate(model, raw.meta, path, sources)
    problems += _place_problems(path, meta, raw.meta)
    if meta is None:
        body = Body(path, raw)
        rendered = body.read(told={problem.line for problem in problems})
        if model is ArticleMeta:
            body.questions(rendered)
        else:
            body.no_questions(rendered)
        found = (*problems, *body.problems, *body.slips)
        # Whether a place on its own page is there can be told of entries only.
        links = tuple(link for link in body.links if not link[0].startswith("#"))
        return Document(path=path, digest=digest, problems=found, links=links, withdrawn=withdrawn)
    builder = EntryBuilder(path, raw, meta, sources)
    entries = builder.entries()
    return Document(
        path=path,
        digest=digest,
        entries=tuple(entries),
        problems=(*problems, *builder.problems, *builder.slips),
        lines={".".join(map(str, where)): line for where, line in raw.meta.lines.items() if where},
        links=tuple(builder.links),
        withdrawn=withdrawn,
        cut=raw.meta.cut[:MAX_PROBLEMS],
    )


_FIELD = re.compile(rf"({'|'.join(ArticleMeta.model_fields | FaqMeta.model_fields)})\s*:(?:\s|$)")
_NAMES = {field.alias or name for model in EXAMPLES for name, field in model.model_fields.items()}
_FIELD_WITHIN = re.compile(rf"(?:- )?(?:\{{ ?)?({'|'.join(sorted(_NAMES))}):(?:\s|$)")
"""A field of a fact, or of anything else that is indented or an item, without the blanks before it."""


def _ended_early(raw: RawFile) -> Problem | None:
    """A `---` too many: fields of the front matter that stand in the body would be shown to visitors as text.

    Those that are indented may be text, but not where the `---` that was meant follows.
    """
    lines = [line for _, line in outside_code(raw.body)]
    fence = next((row for row, line in enumerate(lines) if line.rstrip() == FENCE), 0)
    within = [line.lstrip(" ") for line in lines[:fence] if line.startswith((" ", "-"))]
    found = next(filter(None, (*map(_FIELD.match, lines), *map(_FIELD_WITHIN.match, within))), None)
    if found is None:
        return None
    line = raw.body_line - 1
    what = f"文件头在这一行的 --- 就结束了，后面却还有字段 {found[1]}"
    return Problem(raw.path, line, what, "字段都写在最后一行 --- 之前：删掉多余的 ---；另一篇的内容放进它自己的文件")


def _place_problems(path: str, meta: ArticleMeta | FaqMeta | None, located: Located) -> list[Problem]:
    parts = PurePosixPath(path).parts
    if len(parts) != 3:
        return [Problem(path, 1, "文件放的位置不对", f"放到 {parts[0]}/<主题编号>/ 文件夹里")]
    problems = []
    slug = parts[2].removesuffix(".md")
    if len(slug) > MAX_SLUG:
        problems.append(Problem(path, 1, f"文件名太长（上限 {MAX_SLUG} 个字符）", "改短一些，如 banli-liucheng.md"))
    elif not re.fullmatch(SLUG, slug):
        problems.append(
            Problem(path, 1, f"文件名 {parts[2]} 不能做网址", "只用小写字母、数字和连字符，如 banli-liucheng.md")
        )
    if meta and meta.topic != parts[1]:
        what = f"topic 是 {meta.topic}，文件却在 {parts[1]} 文件夹里"
        problems.append(Problem(path, located.line(("topic",)), what, "改 topic，或把文件移到同名文件夹"))
    return problems
