"""The published schema is good enough to drive completion, and is a valid Draft 2020-12 schema."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

import jsonschema
import pytest

from reconciler.base.schemas import schema_names, schema_text

SCHEMA = json.loads(schema_text("manifest"))


def _properties(node: Any, path: str) -> Iterator[tuple[str, dict[str, Any]]]:
    if isinstance(node, dict):
        for name, schema in node.get("properties", {}).items():
            yield f"{path}.{name}", schema
        for key, inner in node.items():
            if key != "examples":
                yield from _properties(inner, path if key == "properties" else f"{path}.{key}")
    elif isinstance(node, list):
        for inner in node:
            yield from _properties(inner, path)


PROPERTIES = [(path, schema) for path, schema in _properties(SCHEMA, "") if not path.endswith(".properties")]


@pytest.mark.parametrize(("path", "schema"), PROPERTIES, ids=lambda value: value if isinstance(value, str) else "")
def test_every_property_is_described_with_an_example(path: str, schema: dict[str, Any]) -> None:
    assert schema.get("title")
    assert schema.get("description", "").endswith((".", ")"))
    assert schema.get("examples") or "default" in schema


@pytest.mark.parametrize(("path", "schema"), PROPERTIES, ids=lambda value: value if isinstance(value, str) else "")
def test_every_example_is_valid(path: str, schema: dict[str, Any]) -> None:
    rooted = {**schema, "$defs": SCHEMA["$defs"]}
    for example in [*schema.get("examples", ()), *([schema["default"]] if "default" in schema else [])]:
        jsonschema.Draft202012Validator(rooted).validate(example)


def test_it_is_a_schema_that_refuses_unknown_keys() -> None:
    jsonschema.Draft202012Validator.check_schema(SCHEMA)
    objects = [SCHEMA, *SCHEMA["$defs"].values()]
    assert all(node["additionalProperties"] is False for node in objects if "properties" in node)


def test_it_is_found_by_name() -> None:
    assert "manifest" in schema_names()
    with pytest.raises(FileNotFoundError):
        schema_text("nothing")
