"""Which fields data may have at each place, and where a field belongs that stands at another."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any, NamedTuple, get_args

from pydantic import BaseModel

from kb.parsing import Located, Where


def model_at(model: type[BaseModel], where: Where) -> type[BaseModel] | None:
    """The model that describes the data at a place."""
    root = model.model_fields.get("root")  # of a file that is a list
    current = _inner_model(root.annotation) if root else model
    for part in where:
        if isinstance(part, int):
            continue
        field = _field(current, part) if current else None
        current = _inner_model(field.annotation) if field else None
    return current


def fields_at(model: type[BaseModel], where: Where) -> dict[str, str]:
    """The fields at a place, each with the beginning of its description."""
    return _fields_of(model_at(model, where))


def _fields_of(model: type[BaseModel] | None) -> dict[str, str]:
    if model is None:
        return {}
    return {field.alias or name: (field.description or "").split("；")[0] for name, field in model.model_fields.items()}


def _field(model: type[BaseModel], key: str) -> Any:
    for name, field in model.model_fields.items():
        if key in (name, field.alias):
            return field
    return None


def _inner_model(annotation: Any) -> type[BaseModel] | None:
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        return annotation
    return next((found for part in get_args(annotation) if (found := _inner_model(part))), None)


class Group(NamedTuple):
    """Where a field belongs: the place of that group, within or around that of the field, and whether it lacks the field.

    `in_lines` where the group's fields stand on lines of their own, and not in braces; `indented` where the field would be
    right there but for the blanks before it.
    """

    where: Where
    model: type[BaseModel]
    is_below: bool
    is_lacking: bool = False
    in_lines: bool = False
    indented: bool = False


def home_below(model: type[BaseModel], located: Located, where: Where) -> Group | None:
    """The group within that of a field, where it belongs: the last above it that lacks it, or else any that may have it."""
    around, key = where[:-1], where[-1]
    data = data_at(located.data, around)
    lacking: list[tuple[Where, type[BaseModel]]] = []
    able: list[Group] = []
    for name in fields_at(model, around):
        inner = model_at(model, (*around, name))
        if inner is None or key not in _fields_of(inner):
            continue
        value = data.get(name) if isinstance(data, Mapping) else None
        able.append(Group((*around, name), inner, is_below=True))
        groups = _groups((*around, name), value)
        lacking += [(place, inner) for place in groups if key not in data_at(located.data, place)]
    above = [each for each in lacking if located.line(each[0]) <= located.line(where)]
    if nearest := next(iter((*above[-1:], *lacking)), None):
        return _lacking(located, *nearest, located.line(where))
    return next(iter(able), None)


def _lacking(located: Located, place: Where, model: type[BaseModel], line: int) -> Group:
    """The group at a place, which lacks a field that stands on this line."""
    names = [at for where, at in located.lines.items() if where[:-1] == place]
    end = max(at for where, at in located.lines.items() if is_within(where, place))
    in_lines = len(set(names)) == len(names)
    is_next = end < line and not any(end < at < line for at in located.lines.values())
    return Group(place, model, True, True, in_lines, in_lines and is_next)


def home_above(model: type[BaseModel], where: Where) -> Group | None:
    """The nearest group around that of a field, where it belongs."""
    *parent, key = where
    for end in range(len(parent) - 1, -1, -1):
        around = tuple(parent[:end])
        outer = model_at(model, around)
        if outer and isinstance(parent[end], str) and key in _fields_of(outer):
            return Group(around, outer, is_below=False)
    return None


def _groups(where: Where, value: object) -> Iterator[Where]:
    if isinstance(value, Mapping):
        yield where
    elif isinstance(value, list):
        yield from ((*where, index) for index, item in enumerate(value) if isinstance(item, Mapping))


def data_at(data: Any, where: Where) -> Any:
    """What stands at a place; None where nothing does."""
    for part in where:
        try:
            data = data[part]
        except (KeyError, IndexError, TypeError):
            return None
    return data


def as_written(data: Any, where: Where) -> Where:
    """A place in what a model makes of data, as that in the data: without the index of one thing where a list may stand."""
    place: list[str | int] = []
    for part in where:
        if not isinstance(part, int) or isinstance(data, list):
            data = data_at(data, (part,))
            place.append(part)
    return tuple(place)


def is_within(where: Where, place: Where) -> bool:
    """Whether a place is another, or within it."""
    return where[: len(place)] == place


def is_required(model: type[BaseModel], where: Where, key: str) -> bool:
    """Whether the group in which a place is must have a field."""
    group = model_at(model, where[:-1])
    field = _field(group, key) if group else None
    return bool(field and field.is_required())
