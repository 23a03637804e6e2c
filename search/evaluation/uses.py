"""What was done with a question file before it is measured on.

A file that weights were fitted on tells little of new questions.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from enum import StrEnum
from pathlib import Path

from pydantic import BaseModel, ConfigDict, Field, RootModel, field_validator

from search.evaluation.files import read_model

USES = "uses.yaml"
"""Where the uses stand, in a folder of question files: by the name of a file, which may lie elsewhere."""


class Use(StrEnum):
    """How much of a file's questions was known when what is measured was made."""

    fitted = "fitted"
    seen = "seen"
    blind = "blind"

    @property
    def label(self) -> str:
        """The use in a few words, for a table."""
        return {Use.fitted: "用来调过程序", Use.seen: "看过成绩", Use.blind: "事先没看过"}[self]

    @property
    def meaning(self) -> str:
        """What that says of a file's figures."""
        return {
            Use.fitted: "程序怎样排先后、估把握，就是照这些题目调的；答对它们，不说明新的问题也答得对。",
            Use.seen: "没有用来调程序，但定规则、补问法时看过成绩，有的还看过答错的题。",
            Use.blind: "没有用来调程序，定规则时也没有人看过题目和成绩。",
        }[self]


class FileUse(BaseModel):
    """The use of one question file, and in words what its questions are about."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    use: Use
    about: str = Field(default="", max_length=200)

    @field_validator("use", mode="before")
    @classmethod
    def _known(cls, value: object) -> object:
        if value not in list(Use):
            raise ValueError(f"没有这样的 use——写 {'、'.join(Use)} 中的一个")
        return value


class _Uses(RootModel[dict[str, FileUse]]):
    """uses.yaml."""


def read_uses(files: Iterable[Path]) -> dict[Path, FileUse]:
    """What is said of these question files, of each by its own folder, or else by another's that has no file of its name.

    Raises EvaluationError.
    """
    files = tuple(files)
    said = {folder: _said(folder) for folder in dict.fromkeys(path.parent for path in files)}
    uses = {}
    for path in files:
        others = (known for folder, known in said.items() if not (folder / path.name).exists())
        found = next((known[path.name] for known in (said[path.parent], *others) if path.name in known), None)
        if found:
            uses[path] = found
    return uses


def _said(folder: Path) -> Mapping[str, FileUse]:
    place = folder / USES
    return read_model(place, _Uses).root if place.exists() else {}
