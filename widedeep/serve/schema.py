"""The contract: what each request may hold and each answer does, in the words of OpenAPI (JSON Schema).

Read before: page.py, heads.py        Read next: app.py
"""
from collections.abc import Sequence
from typing import Any

from widedeep.serve.fields import Field
from widedeep.serve.requests import ITEMS


def object_schema(**properties: Any) -> dict[str, Any]:
    """All of these are in it."""
    return {"type": "object", "required": list(properties), "properties": properties}


def answer_schema(**properties: Any) -> dict[str, Any]:
    """And which model said it."""
    return object_schema(**properties, model={"type": "string"})


def listed(schema: dict[str, Any]) -> dict[str, Any]:
    return {"type": "array", "items": schema}


def answer_schemas(head: Any) -> dict[str, dict[str, Any]]:
    """{path: what a 200 holds}"""
    one, why = head.schemas()
    return {"/predict": answer_schema(**{head.key: listed(one)}),
            "/explain": answer_schema(explained=listed(object_schema(**why))), "/recommend": RECOMMENDED_SCHEMA}


def rows_schema(fields: Sequence[Field], most: int) -> dict[str, Any]:
    """{"rows": [...]}, with the columns that the encoder reads."""
    row = {"type": "object", "additionalProperties": False, "properties": {f.name: f.schema() for f in fields},
           "required": [field.name for field in fields if not field.optional],
           "example": {field.name: field.usual for field in fields}}
    return {"type": "object", "additionalProperties": False, "required": ["rows"], "properties": {
        "rows": {"type": "array", "items": row, "minItems": 1, "maxItems": most}}}


WANTED_SCHEMA = {
    "type": "object", "additionalProperties": False, "oneOf": [{"required": ["user"]}, {"required": ["likes"]}],
    "properties": {
        "user": {"type": ["string", "integer"], "description": "a key of the users' table"},
        "likes": {"type": "array", "maxItems": 100, "items": {"type": ["string", "integer"]},
                  "description": "titles, or keys of items, of somebody who is no user; [] where `about` says all"},
        "about": {"type": "object", "description": "with likes: what is known of the person, {column: value}"},
        "k": {"type": "integer", "minimum": 1, "maximum": ITEMS, "default": 10},
        "mix": {"type": "number", "minimum": 0, "maximum": 1, "default": 0.5,
                "description": "0: only memory, 1: only generalization, 1/2: the trained model"}}}
KEY, NUMBER = {"type": ["string", "integer"]}, {"type": "number"}
RECOMMENDED_SCHEMA = answer_schema(
    user={"type": ["string", "integer", "null"]}, read_as={"type": ["string", "integer", "null"]}, mix=NUMBER,
    liked=listed({"type": "string"}), n_liked={"type": "integer"}, recommendations=listed(object_schema(
        item=KEY, title={"type": "string"}, probability={"type": "number", "minimum": 0, "maximum": 1}, memory=NUMBER,
        generalization=NUMBER)))
ERROR = object_schema(error=object_schema(status={"type": "integer"}, field={"type": ["string", "null"]},
                                          message={"type": "string"}))
ERRORS: dict[int | str, dict[str, Any]] = {
    status: {"description": said, "content": {"application/json": {"schema": ERROR}}} for status, said in {
        400: "not JSON", 404: "this model has no such answers", 408: "the body came too slowly",
        413: "a body too large", 415: "another content type",
        422: "a value that cannot be; field says which", 503: "the queue is full", 504: "no answer in time"}.items()}
