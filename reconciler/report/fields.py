"""The manifest's fields as its JSON Schema describes them, one explanation per path."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

Schema = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Field:
    """A field: its dotted path (`policies.schedule.every`), and its description in the schema.

    `kind` is its type in words; `choices` are the allowed values, if few; `default` None: there is none; `required` in
    its mapping; `fields` are the paths directly below it.
    """

    path: str
    description: str
    kind: str
    examples: tuple[Any, ...] = ()
    choices: tuple[Any, ...] = ()
    default: Any = None
    required: bool = False
    fields: tuple[str, ...] = ()


def fields(schema: Schema) -> dict[str, Field]:
    """Every field of the manifest by its path, in the schema's order."""
    return {field.path: field for field in _below(schema, schema, "", ())}


def _below(schema: Schema, node: Schema, prefix: str, around: tuple[str, ...]) -> Iterator[Field]:
    required = frozenset(_target(schema, node).get("required", ()))
    for name, own in _properties(schema, node).items():
        path = f"{prefix}{name}"
        holder = _holder(schema, own)
        nested = holder is not None and holder[0] not in around
        inner = _properties(schema, holder[1]) if holder and nested else {}
        yield _field(schema, path, own, required=name in required, below=tuple(f"{path}.{one}" for one in inner))
        if holder and nested:
            yield from _below(schema, holder[1], f"{path}.", (*around, holder[0]))


def _field(schema: Schema, path: str, own: Schema, *, required: bool, below: tuple[str, ...]) -> Field:
    merged = {**_target(schema, own), **{key: value for key, value in own.items() if key != "$ref"}}
    return Field(
        path=path,
        description=str(merged.get("description", "")),
        kind=_kind(schema, merged),
        examples=tuple(merged.get("examples", ())),
        choices=tuple("true" if one is True else "false" if one is False else one for one in merged.get("enum", ())),
        default=merged.get("default"),
        required=required,
        fields=below,
    )


def _target(schema: Schema, node: Schema) -> Schema:
    """The target of a reference; the node itself when it is none."""
    seen = node
    while "$ref" in seen:
        found: Any = schema
        for step in str(seen["$ref"]).removeprefix("#/").split("/"):
            found = found[step]
        seen = found
    return seen


def _name(node: Schema) -> str:
    return str(node.get("$ref", ""))


def _holder(schema: Schema, node: Schema) -> tuple[str, Schema] | None:
    """The mapping that a field holds, itself or as the entries of its list, with the name of its definition."""
    target = _target(schema, node)
    for candidate in (node, target.get("items", {}), *target.get("oneOf", ()), *target.get("anyOf", ())):
        found = _target(schema, candidate)
        if "properties" in found:
            return _name(candidate), found
        items = found.get("items", {})
        if "properties" in _target(schema, items):
            return _name(items), _target(schema, items)
    return None


def _properties(schema: Schema, node: Schema) -> Mapping[str, Schema]:
    found: Mapping[str, Schema] = _target(schema, node).get("properties", {})
    return found


_WORDS = {
    "string": "text",
    "integer": "a whole number",
    "number": "a number",
    "boolean": "true or false",
    "null": "null",
    "object": "a mapping",
}


def _kind(schema: Schema, node: Schema) -> str:
    found = {**_target(schema, node), **node}
    for key in ("oneOf", "anyOf"):
        branches = [_kind(schema, one) for one in found.get(key, ()) if {"type", "$ref", "const"} & set(one)]
        if branches:
            return " or ".join(dict.fromkeys(branches))
    if "const" in found:
        return f"`{found['const']}`"
    kinds = found.get("type", "object")
    if kinds == "array":
        return f"a list, each entry {_kind(schema, found.get('items', {}))}"
    words = [_WORDS[kind] for kind in ([kinds] if isinstance(kinds, str) else kinds)]
    return " or ".join(words)
