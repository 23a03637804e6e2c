"""Reading and writing the files of evaluation: what cannot be read is said, what is written is never half there."""

from __future__ import annotations

from pathlib import Path
from stat import S_ISREG
from typing import TypeVar

from pydantic import BaseModel

from kb.parsing import Unreadable, parse_yaml
from kb.validating import validate
from kb.writing import replace_file
from search.evaluation.errors import EvaluationError

M = TypeVar("M", bound=BaseModel)

MAX_BYTES = 400_000_000


def read_text(path: Path, limit: int = MAX_BYTES) -> str:
    """A UTF-8 file as it stands. Raises EvaluationError for one that is not there, too large or not UTF-8."""
    try:
        found = path.stat()
        if not S_ISREG(found.st_mode):  # reading a pipe that nobody writes to would never end
            raise EvaluationError(f"{path}：这不是普通文件——换成普通的文本文件")
        if found.st_size > limit:
            raise EvaluationError(f"{path}：文件超过 {limit // 1_000_000} MB——拆成几个文件")
        return path.read_text("utf-8-sig")
    except UnicodeDecodeError as error:
        raise EvaluationError(f"{path}：不是 UTF-8 编码（第 {error.start} 字节）——另存为 UTF-8") from error
    except FileNotFoundError as error:
        raise EvaluationError(f"{path}：没有这个文件——检查路径") from error
    except OSError as error:
        raise EvaluationError(f"{path}：读不了（{error.strerror}）——检查路径和权限") from error
    except ValueError as error:
        raise EvaluationError(f"{str(path)!r}：不是合格的路径——检查路径") from error


def read_model(path: Path, model: type[M], limit: int = MAX_BYTES) -> M:
    """A YAML file as a model. Raises EvaluationError that names the file, each line and the remedy."""
    try:
        located = parse_yaml(read_text(path, limit), str(path))
    except Unreadable as error:
        raise EvaluationError(str(error.problem)) from error
    found, problems = validate(model, located, str(path))
    if found is None:
        raise EvaluationError("\n".join(map(str, problems)))
    return found


def write_text(path: Path, text: str) -> None:
    """Write a file whole or not at all; its folder is made when missing. Raises OSError."""
    path.parent.mkdir(parents=True, exist_ok=True)
    with replace_file(path) as file:
        file.write(text.encode())
