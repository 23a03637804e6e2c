"""Whether JSON-LD keeps to schema.org's vocabulary: each type known, each property of its type, each value in its range.

`schema_org` has the vocabulary (release 30.1) as strict models; this only turns JSON into what they take.
"""

from __future__ import annotations

from datetime import date
from typing import Any

import schema_org
from pydantic import BaseModel
from schema_org import registry

ENUMERATIONS = {"legislationLegalForce": schema_org.LegalForceStatus}


def checked(node: dict[str, Any]) -> BaseModel:
    """The node as a model of its type. Raises KeyError for an unknown type, ValidationError for all else."""
    model = registry.get_model(node["@type"])
    dates = {item.schema_name for item in model.SCHEMA_PROPERTIES if {"Date", "DateTime"} & set(item.ranges)}
    texts = {item.schema_name for item in model.SCHEMA_PROPERTIES if "Text" in item.ranges}
    values = {name: _value(name, value, dates - texts) for name, value in node.items() if name != "@context"}
    return model.model_validate(values)


def _value(name: str, value: Any, dates: set[str]) -> Any:
    if isinstance(value, list):
        return [_value(name, item, dates) for item in value]
    if isinstance(value, dict) and "@type" in value:
        return checked(value)
    if name in ENUMERATIONS:
        return ENUMERATIONS[name](value)
    return date.fromisoformat(value) if name in dates else value


def nodes(tree: Any) -> list[dict[str, Any]]:
    """Every node in a tree."""
    if isinstance(tree, list):
        return [node for item in tree for node in nodes(item)]
    if isinstance(tree, dict):
        return [tree, *(node for item in tree.values() for node in nodes(item))]
    return []
