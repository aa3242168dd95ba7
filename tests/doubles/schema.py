"""Inspections as JSON, held against the schema in docs/."""

import json
from functools import cache
from pathlib import Path
from typing import Any

import jsonschema

SCHEMA = Path(__file__).parents[2] / "docs" / "inspection.schema.json"


@cache
def _load() -> Any:
    schema = json.loads(SCHEMA.read_text(encoding="utf-8"))
    jsonschema.Draft202012Validator.check_schema(schema)
    return jsonschema.Draft202012Validator(schema)


def check_inspection(content: Any) -> Any:
    """Return what keeps to the schema and stays the same on its way through JSON."""
    _load().validate(content)
    assert json.loads(json.dumps(content, allow_nan=False)) == content
    return content


def parse_inspection(text: str | bytes) -> Any:
    """Return the content of a report that keeps to the schema."""
    return check_inspection(json.loads(text))
