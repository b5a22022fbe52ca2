"""The JSON Schema of an estate file, for editors: made of the file's form and of the table of switches."""

from __future__ import annotations

from typing import Any

from reconciler.sandbox.estate.form import COUNT, ESTATE, FLAG, OBJECT, SWITCHES, TAGS, TEXT, TEXTS, Form, Key
from reconciler.sandbox.switches import SWITCHES as TABLE
from reconciler.sandbox.switches import Switch

Schema = dict[str, Any]
_SPAN = r"^[0-9]+(\.[0-9]+)?(\.\.[0-9]+(\.[0-9]+)?)?$"
_WORDS: dict[type, str] = {str: "string", bool: "boolean", int: "integer"}
_TEXT: Schema = {"type": ["string", "number"]}
_KINDS: dict[str, Schema] = {
    TEXT: _TEXT,
    COUNT: {"type": "integer", "minimum": 0},
    FLAG: {"type": "boolean"},
    TEXTS: {"type": "array", "items": _TEXT},
    TAGS: {"type": "object", "additionalProperties": {"type": ["string", "number", "boolean", "null"]}},
    OBJECT: {"type": "object"},
}


def schema() -> Schema:
    """The schema; the switches of every provider must have been declared."""
    definitions: dict[str, Schema] = {}
    top = _mapping(ESTATE, definitions)
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "$id": "urn:reconciler:estate:v1",
        "title": "reconciler estate",
        "description": "What exists at first in the simulated Azure of `--sandbox`.",
        **top,
        "$defs": dict(sorted(definitions.items())),
    }


def _mapping(form: Form, definitions: dict[str, Schema]) -> Schema:
    found: Schema = {"type": "object", "properties": {key.name: _key(key, definitions) for key in form.keys}}
    required = [key.name for key in form.keys if key.is_required]
    if required:
        found["required"] = required
    return found if form.is_open else {**found, "additionalProperties": False}


def _key(key: Key, definitions: dict[str, Schema]) -> Schema:
    found: Schema = {"description": key.meaning}
    if isinstance(key.kind, Form):
        name = key.kind.name
        if name not in definitions:
            definitions[name] = {}
            definitions[name] = {"description": f"{key.kind.article.capitalize()}.", **_mapping(key.kind, definitions)}
        return {**found, "type": "array", "items": {"$ref": f"#/$defs/{name}"}}
    found |= _switches() if key.kind == SWITCHES else _KINDS[key.kind]
    if key.choices:
        found |= {"type": "string", "enum": list(key.choices)}
    return found if key.example is None else {**found, "examples": [key.example]}


def _switches() -> Schema:
    rows = {name: _switch(TABLE[name]) for name in sorted(TABLE)}
    return {"type": "object", "properties": rows, "additionalProperties": False}


def _switch(switch: Switch) -> Schema:
    """A switch as YAML may write it: `on` and `off` are text there, and as good as true and false."""
    meaning = f"{switch.meaning[:1].upper()}{switch.meaning[1:]}."
    told: Schema = {"description": f"{meaning} {switch.why[:1].upper()}{switch.why[1:]}."}
    if switch.values:
        words = {True: ["on"], False: ["off"]}
        spelled = [word for value in switch.values if isinstance(value, bool) for word in words[value]]
        kinds = {_WORDS[type(value)] for value in (*switch.values, *spelled)}
        told |= {"type": sorted(kinds) if len(kinds) > 1 else kinds.pop(), "enum": [*switch.values, *spelled]}
    elif switch.form == "count":
        told |= {"type": "integer", "minimum": 0}
    else:
        told |= {"type": ["string", "number"], "pattern": _SPAN, "minimum": 0}
    return {**told, "default": switch.default}
