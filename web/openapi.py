"""The OpenAPI 3.1 document, made from the models that the API itself uses."""

from __future__ import annotations

from collections.abc import Collection
from typing import Any, Literal

from pydantic import BaseModel
from pydantic.json_schema import models_json_schema

from search.model import Answer, SearchPage
from web.schemas import (
    AnswerQuery,
    EntryBody,
    Feedback,
    FeedbackTaken,
    ProblemDetails,
    SearchQuery,
    Suggestions,
    SuggestQuery,
    Topics,
)

_REF = "#/components/schemas/{model}"
_GETS: tuple[tuple[str, str, type[BaseModel] | None, type[BaseModel]], ...] = (
    ("/api/v1/answer", "一个问题的答案", AnswerQuery, Answer),
    ("/api/v1/search", "一页搜索结果", SearchQuery, SearchPage),
    ("/api/v1/suggest", "输入时的提示", SuggestQuery, Suggestions),
    ("/api/v1/topics", "全部主题", None, Topics),
    ("/api/v1/entries/{id}", "一个条目", None, EntryBody),
)


def document(version: str, topics: Collection[str]) -> dict[str, Any]:
    """Build the document of a site with these topics."""
    models: list[type[BaseModel]] = [
        Answer,
        SearchPage,
        Suggestions,
        Topics,
        EntryBody,
        Feedback,
        FeedbackTaken,
        ProblemDetails,
    ]
    _, schemas = models_json_schema(_serialised(models), ref_template=_REF)
    paths: dict[str, Any] = {}
    for path, summary, query, answer in _GETS:
        parameters = _parameters(query) if query else []
        for each in parameters:
            if each["name"] == "topic":
                each["schema"] = {"type": "string", "enum": [*topics]}
        if "{id}" in path:
            parameters.append(
                {"name": "id", "in": "path", "required": True, "schema": {"type": "string"}, "description": "条目编号"}
            )
        paths[path] = {"get": {"summary": summary, "parameters": parameters, "responses": _responses("200", answer)}}
    paths["/api/v1/feedback"] = {
        "post": {
            "summary": "对一个条目的意见",
            "requestBody": {"required": True, "content": {"application/json": {"schema": _ref(Feedback)}}},
            "responses": _responses("201", FeedbackTaken),
        }
    }
    return {
        "openapi": "3.1.0",
        "info": {"title": "问策 API", "version": version},
        "paths": paths,
        "components": {"schemas": schemas["$defs"]},
    }


def _serialised(models: list[type[BaseModel]]) -> list[tuple[type[BaseModel], Literal["validation", "serialization"]]]:
    return [(model, "serialization") for model in models]


def _parameters(query: type[BaseModel]) -> list[dict[str, Any]]:
    schema = query.model_json_schema()
    shared = schema.get("$defs", {})
    found = []
    for name, described in schema["properties"].items():
        resolved = _inline(described, shared)
        found.append(
            {
                "name": name,
                "in": "query",
                "required": name in schema.get("required", []),
                "description": resolved.pop("description", ""),
                "schema": resolved,
            }
        )
    return found


def _inline(schema: Any, shared: dict[str, Any]) -> Any:
    if isinstance(schema, dict):
        if "$ref" in schema:
            return _inline(shared[schema["$ref"].rsplit("/", 1)[1]], shared)
        return {key: _inline(value, shared) for key, value in schema.items()}
    if isinstance(schema, list):
        return [_inline(value, shared) for value in schema]
    return schema


def _ref(model: type[BaseModel]) -> dict[str, str]:
    return {"$ref": _REF.format(model=model.__name__)}


def _responses(status: str, model: type[BaseModel]) -> dict[str, Any]:
    return {
        status: {"description": "成功", "content": {"application/json": {"schema": _ref(model)}}},
        "default": {"description": "出错", "content": {"application/problem+json": {"schema": _ref(ProblemDetails)}}},
    }
