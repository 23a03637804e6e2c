"""What can go wrong with content, as values that people read and as the one exception that programs meet."""

from __future__ import annotations

import errno
import os
from dataclasses import dataclass
from enum import StrEnum

WIDELY = 5
"""How often one mistake may show, beyond which it is most likely of the shared file that all rest on, and is told there."""
_NO_ROOM = (errno.ENOSPC, errno.EDQUOT)


class Level(StrEnum):
    """An error must be mended, and unless it does not block it keeps the file from being published; a warning asks to look."""

    error = "error"
    warning = "warning"


@dataclass(frozen=True, order=True)
class Problem:
    """One thing wrong with one file. `file` is relative to the content folder; `line` counts from 1.

    `what` and `remedy` are plain Chinese, each without a final full stop. An error that does not `block` (a dead link)
    is reported, but the entry is better served than withheld; a warning never blocks.
    """

    file: str
    line: int
    what: str
    remedy: str
    level: Level = Level.error
    blocks: bool = True

    def __post_init__(self) -> None:
        if self.level is Level.warning:
            object.__setattr__(self, "blocks", False)

    def __str__(self) -> str:
        mark = "提醒：" if self.level is Level.warning else ""
        return f"{self.file}:{self.line}: {mark}{self.what} — {self.remedy}"


class ContentError(Exception):
    """A content folder, or a file that everything needs (site.yml, topics.yml), cannot be used.

    The message is plain Chinese; `problems` holds the details, which may be none.
    """

    def __init__(self, message: str, problems: tuple[Problem, ...] = ()) -> None:
        super().__init__("\n".join([message, *map(str, problems)]))
        self.problems = problems


def is_for_want_of_room(error: BaseException | None) -> bool:
    """Whether the disk is full, or a quota of it: by number, or in the words of an error that another language brought."""
    while error:
        if isinstance(error, OSError) and error.errno in _NO_ROOM:
            return True
        if any(os.strerror(number) in str(error) for number in _NO_ROOM):
            return True
        error = error.__cause__
    return False


def in_words(error: OSError) -> str:
    """What the system refused, in plain Chinese."""
    return f"{error.filename or '文件'} 读写失败：{error.strerror or error}——检查路径、磁盘空间和权限"
