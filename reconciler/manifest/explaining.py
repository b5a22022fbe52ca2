"""Explains a violation of the schema in plain words, at the key or value that is wrong."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from reconciler.base.escape import shortened
from reconciler.manifest import near_misses
from reconciler.manifest.names import is_in_group_names
from reconciler.manifest.sections import Items, Section
from reconciler.model.codes import manifest as codes
from reconciler.model.findings import Finding, Place

Violation = Any
"""A jsonschema ValidationError; its parts are typed too loosely to be checked."""

_KINDS = {
    "string": "text", "integer": "a whole number", "number": "a number", "boolean": "true or false",
    "object": "a mapping of keys to values", "array": "a list", "null": "null",
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class SourceText:
    """A file's content and its lines, from which values are shown as they were written."""

    section: Section
    lines: Sequence[str]

    def written(self, place: Place) -> str:
        """The text at a place that ends on the line where it begins; empty otherwise."""
        if not place.end_column or place.line > len(self.lines):
            return ""
        return self.lines[place.line - 1][place.column - 1 : place.end_column - 1]


def explain(source: SourceText, error: Violation) -> list[Finding]:
    """The findings for one violation, one for each key or value that is wrong; another violation may bring some again."""
    explanation = _EXPLANATIONS.get(str(error.validator))
    if explanation:
        return list(explanation(source, error))
    return [codes.INVALID_VALUE.at(f"{_name(error)} has the wrong form", place=place_of(source.section, _path(error)))]


def place_of(root: Section, path: Sequence[str | int]) -> Place:
    """Where the value at `path` was written; if it wasn't, the start of the innermost mapping or list on the way."""
    node: Any = root
    place = root.here
    for part in path:
        if isinstance(node, (Section, Items)):
            place = node.place(part)  # type: ignore[arg-type]
            node = node[part]  # type: ignore[index]
    return place


def shown(value: Any) -> str:
    """A value as a person would write it, shortened."""
    if value is None:
        return "null"
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, dict):
        return "a mapping"
    if isinstance(value, list):
        return "a list"
    text = json.dumps(value, ensure_ascii=False) if isinstance(value, str) else str(value)
    return text if len(text) <= 80 else f"{text[:76]}…{text[-1]}"  # noqa: PLR2004


def _path(error: Violation) -> list[str | int]:
    return list(error.absolute_path)


def _name(error: Violation) -> str:
    """The name of the wrong value: its key, with the index if it is an item of a list."""
    path = _path(error)
    if not path:
        return "the file"
    at = next((index for index in range(len(path) - 1, -1, -1) if isinstance(path[index], str)), 0)
    indices = "".join(f"[{part}]" for part in path[at + 1 :])
    return f"`{shortened(str(path[at]))}{indices}`"


def _unknown_keys(_source: SourceText, error: Violation) -> Iterable[Finding]:
    known = list(error.schema.get("properties", {}))
    section: Section = error.instance
    where = f" in {_name(error)}" if _path(error) else ""
    for key in section:
        if key not in known:
            meant = near_misses.key(key, known)
            hint = f"did you mean `{meant}`?" if meant else f"known here: {', '.join(known)}"
            yield codes.UNKNOWN_KEY.at(
                f"unknown key `{shortened(key)}`{where}", place=section.key_place(key), hint=hint
            )


def _missing_keys(source: SourceText, error: Violation) -> Iterable[Finding]:
    """Tell every missing key: jsonschema makes an error for each, and which one it is for stands in its message alone."""
    place = place_of(source.section, _path(error))
    for missing in (key for key in error.validator_value if key not in error.instance):
        described = error.schema.get("properties", {}).get(missing, {})
        example = next((example for example in described.get("examples", ()) if isinstance(example, str)), "")
        hint = f"add `{missing}: {example}`" if example else f"add `{missing}`"
        yield codes.MISSING_KEY.at(f"{_name(error)} lacks `{missing}`", place=place, hint=hint)


def _wrong_type(source: SourceText, error: Violation) -> Iterable[Finding]:
    place = place_of(source.section, _path(error))
    value = error.instance
    wanted = error.validator_value if isinstance(error.validator_value, list) else [error.validator_value]
    if "string" in wanted and not isinstance(value, (dict, list)) and value is not None:
        yield _not_text(source, error, place)
        return
    kinds = " or ".join(_KINDS[kind] for kind in wanted)
    if value is None:
        yield codes.WRONG_TYPE.at(
            f"{_name(error)} has no value; it must be {kinds}", place=place, hint="give it a value, or remove the key"
        )
        return
    hint = "start each entry with `- `, or write [a, b]" if wanted == ["array"] else _near_type(wanted, value)
    yield codes.WRONG_TYPE.at(f"{_name(error)} must be {kinds}, not {shown(value)}", place=place, hint=hint)


def _near_type(wanted: Sequence[str], value: object) -> str:
    """What to write in place of a text where something else is wanted."""
    if not isinstance(value, str):
        return ""
    if "boolean" in wanted:
        near = near_misses.boolean(value) or "true` or `false"
    else:
        near = near_misses.integer(value) if "integer" in wanted else ""
    return f"write `{near}`{', without quotes' if near == value else ''}" if near else ""


def _not_text(source: SourceText, error: Violation, place: Place) -> Finding:
    value = error.instance
    kind = "a boolean" if isinstance(value, bool) else "a number"
    written = source.written(place) or shown(value)
    message = f"{_name(error)} must be text, but YAML reads {shortened(written)} as {kind}"
    quoted = f'quote it: "{written}"' if shortened(written) == written else ""
    rule, allowed = _as_hint(_rule(error, written)), error.schema.get("enum", ())
    near = near_misses.interval(written, allowed) if "PT1H" in allowed else _near_form(error, written)
    return codes.NOT_TEXT.at(message, place=place, hint=near or rule or quoted)


def _near_form(error: Violation, written: str) -> str:
    return near_misses.form(str(error.schema.get("title", "")), written)


def _rule(error: Violation, written: str) -> str:
    """The rule for the value's form, if quoting alone doesn't satisfy it; else empty."""
    schema = error.schema
    by_pattern = "pattern" in schema and not re.search(schema["pattern"], written)
    by_choice = "anyOf" in schema and schema["anyOf"][0] != {"type": "string"}
    return str(schema.get("description", "")) if by_pattern or by_choice else ""


def _not_listed(source: SourceText, error: Violation) -> Iterable[Finding]:
    allowed = error.validator_value if isinstance(error.validator_value, list) else [error.validator_value]
    if not isinstance(error.instance, str):
        return  # its type is wrong, which is already reported
    allowed = [value if isinstance(value, str) else json.dumps(value) for value in allowed]
    values = ", ".join(allowed)
    if "PT1H" in allowed:
        near, values = near_misses.interval(error.instance, allowed), values.partition(", PT")[0]
    else:
        meant = near_misses.word(error.instance, allowed)
        near = f"did you mean {meant}?" if meant and len(allowed) > 1 else ""
    hint = f"{near} (allowed: {values})" if near else f"allowed: {values}"
    message = f"{_name(error)} cannot be {shown(error.instance)}"
    yield codes.UNKNOWN_VALUE.at(message, place=place_of(source.section, _path(error)), hint=hint)


def _wrong_form(source: SourceText, error: Violation) -> Iterable[Finding]:
    what, rule = error.schema.get("title", "valid"), error.schema.get("description", "")
    place = _key_or_value_place(source, error)
    name = (
        f"the key {shown(error.instance)} in {_name(error)}"
        if _is_key(error)
        else f"{_name(error)}: {shown(error.instance)}"
    )
    in_groups = error.schema.get("format") == "resource-group-name"
    strange = (letter for letter in error.instance if not letter.isascii())
    foreign = next((letter for letter in strange if not in_groups or not is_in_group_names(letter)), "")
    seen = f"; the character U+{ord(foreign):04X} is not allowed" if foreign else ""
    near = "" if _is_key(error) else _near_form(error, error.instance)
    yield codes.INVALID_VALUE.at(f"{name} is not {what}", place=place, hint=near or _as_hint(rule) + seen)


def _empty(source: SourceText, error: Violation) -> Iterable[Finding]:
    yield codes.INVALID_VALUE.at(
        f"{_name(error)} is empty", place=place_of(source.section, _path(error)), hint="give it a value"
    )


def _out_of_range(source: SourceText, error: Violation) -> Iterable[Finding]:
    low, high = error.schema.get("minimum"), error.schema.get("maximum")
    span = f"from {low} to {high}" if high is not None else f"at least {low}"
    message = f"{_name(error)} is {shown(error.instance)}; it must be {span}"
    yield codes.OUT_OF_RANGE.at(
        message,
        place=place_of(source.section, _path(error)),
        hint=f"use a number {span}" if high is not None else f"use {low} or more",
    )


def _one_of(source: SourceText, error: Violation) -> Iterable[Finding]:
    """Explain a oneOf, which in our schema always chooses between required keys."""
    if not isinstance(error.instance, dict):
        return
    keys = [str(branch["required"][0]) for branch in error.validator_value]
    given = [key for key in keys if key in error.instance]
    names = " and ".join(f"`{key}`" for key in keys)
    place = (
        error.instance.key_place(given[-1])
        if given and isinstance(error.instance, Section)
        else place_of(source.section, _path(error))
    )
    told = f"both {names}" if given else f"neither {' nor '.join(f'`{key}`' for key in keys)}"
    yield codes.EXCLUSIVE_KEYS.at(f"{_name(error)} has {told}", place=place, hint=f"give exactly one of {names}")


def _any_of(source: SourceText, error: Violation) -> Iterable[Finding]:
    """Explain an anyOf by the branch for the value's own type; without one, name the choice itself."""
    meant = [inner for inner in error.context or () if inner.validator != "type" or len(inner.relative_path)]
    if meant:
        for inner in meant:
            yield from explain(source, inner)
        return
    value, place = error.instance, place_of(source.section, _path(error))
    takes_numbers = any(branch.get("type") == "integer" for branch in error.validator_value)
    if not isinstance(value, (dict, list)) and value is not None and not takes_numbers:
        yield _not_text(source, error, place)
        return
    message = f"{_name(error)} must be {error.schema.get('title')}, not {shown(value)}"
    yield codes.WRONG_TYPE.at(message, place=place, hint=_as_hint(error.schema.get("description", "")))


def _dependent(_source: SourceText, error: Violation) -> Iterable[Finding]:
    for key, needed in error.validator_value.items():
        if key in error.instance and not set(needed) <= set(error.instance):
            names = " and ".join(f"`{name}`" for name in needed)
            hint = f"add {names}, or remove `{key}`"
            yield codes.EXCLUSIVE_KEYS.at(f"`{key}` needs {names}", place=error.instance.key_place(key), hint=hint)


def _is_key(error: Violation) -> bool:
    return "propertyNames" in error.absolute_schema_path


def _key_or_value_place(source: SourceText, error: Violation) -> Place:
    if not _is_key(error):
        return place_of(source.section, _path(error))
    node: Any = source.section
    for part in _path(error):
        node = node[part]
    return node.key_place(error.instance) if isinstance(node, Section) else place_of(source.section, _path(error))


def _as_hint(rule: str) -> str:
    return rule[:1].lower() + rule[1:].rstrip(".") if rule[1:2].islower() or rule.startswith("A ") else rule.rstrip(".")


_EXPLANATIONS: dict[str, Callable[[SourceText, Violation], Iterable[Finding]]] = {
    "additionalProperties": _unknown_keys,
    "required": _missing_keys,
    "type": _wrong_type,
    "enum": _not_listed,
    "const": _not_listed,
    "pattern": _wrong_form,
    "format": _wrong_form,
    "minLength": _empty,
    "minItems": _empty,
    "minProperties": _empty,
    "minimum": _out_of_range,
    "maximum": _out_of_range,
    "oneOf": _one_of,
    "anyOf": _any_of,
    "dependentRequired": _dependent,
}
