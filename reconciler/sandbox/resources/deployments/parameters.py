"""The parameters of a template: their declared types, and their values."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from reconciler.sandbox.arm.ids import lower
from reconciler.sandbox.resources.deployments.expressions import Functions, TemplateError, value_of

_TYPES: Mapping[str, type | tuple[type, ...]] = {
    "string": str,
    "securestring": str,
    "int": int,
    "bool": bool,
    "array": list,
    "object": dict,
    "secureobject": dict,
}


def declared(template: Mapping[str, Any]) -> dict[str, Mapping[str, Any]]:
    """The declarations of a template's parameters, with those of the types that they refer to."""
    found: Mapping[str, Any] = template.get("parameters") or {}
    return {name: _with_type(template, said) for name, said in found.items()}


def _with_type(template: Mapping[str, Any], said: Mapping[str, Any]) -> Mapping[str, Any]:
    seen: set[str] = set()
    while "$ref" in said:
        name = str(said["$ref"]).removeprefix("#/definitions/")
        known = template.get("definitions") or {}
        if name in seen or name not in known:
            raise TemplateError(f"The type '{said['$ref']}' is not defined in the template.")
        seen.add(name)
        said = {**known[name], **{key: value for key, value in said.items() if key != "$ref"}}
    return said


def values(
    template: Mapping[str, Any], properties: Mapping[str, Any], functions: Functions
) -> Iterator[tuple[str, Any]]:
    """The parameters' values in their order; TemplateError for one that is missing, unknown or of another form."""
    sent = {lower(key): value for key, value in (properties.get("parameters") or {}).items()}
    known = declared(template)
    unknown = set(sent) - set(map(lower, known))
    if unknown:
        raise TemplateError(
            f"The template parameters '{', '.join(sorted(unknown))}' are not valid; they are not present in the template."
        )
    so_far: dict[str, Any] = {}
    for name, said in known.items():
        given: Any = sent.get(lower(name))
        if isinstance(given, dict) and "reference" in given:
            raise TemplateError("The sandbox doesn't simulate parameters from Key Vault.")
        if isinstance(given, dict) and "value" in given:
            value = given["value"]
        elif "defaultValue" in said:
            value = value_of(said["defaultValue"], {**functions, "parameters": so_far.__getitem__})
        elif said.get("nullable"):
            value = None
        else:
            raise TemplateError(f"The value for the template parameter '{name}' is not provided.")
        _check_value(name, said, value)
        so_far[name] = value
        yield name, value


def _check_value(name: str, said: Mapping[str, Any], value: Any) -> None:
    kind = _TYPES.get(lower(str(said.get("type", ""))))
    if value is None and said.get("nullable"):
        return
    if kind is None or (value is not None and not isinstance(value, kind)) or (kind is int and isinstance(value, bool)):
        raise TemplateError(f"The provided value for the template parameter '{name}' is not valid for its type.")
    allowed = said.get("allowedValues")
    if allowed and value not in allowed:
        raise TemplateError(
            f"The provided value for the template parameter '{name}' is not part of the allowed values."
        )
