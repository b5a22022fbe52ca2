"""Values of a plan, as JSON and as one line of text."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from typing import Any

from reconciler.base.escape import plain
from reconciler.base.redaction import redact
from reconciler.model.changes import UNKNOWN

_KNOWN_LATER = "(known after apply)"


def is_unknown(value: Any) -> bool:
    """Whether Azure decides the value, so that it is known only after the apply."""
    return isinstance(value, Mapping) and dict(value) == dict(UNKNOWN)


def jsonable(value: Any) -> Any:
    """The value as JSON types: mappings with sorted keys, sequences as lists, else its text without secrets."""
    if isinstance(value, Mapping):
        return {str(key): jsonable(value[key]) for key in sorted(value, key=str)}
    if isinstance(value, list | tuple):
        return [jsonable(one) for one in value]
    if isinstance(value, set | frozenset):
        return sorted((jsonable(one) for one in value), key=str)
    if value is None or isinstance(value, bool | int | float):
        return value
    return redact(str(value))


def _without_unknown(value: Any) -> Any:
    if is_unknown(value):
        return _KNOWN_LATER
    if isinstance(value, Mapping):
        return {key: _without_unknown(inner) for key, inner in value.items()}
    if isinstance(value, list | tuple):
        return [_without_unknown(inner) for inner in value]
    return value


def shown(value: Any) -> str:
    """The value on one line: text in quotes, `(known after apply)`, `(absent)`."""
    if is_unknown(value):
        return _KNOWN_LATER
    if value is None:
        return "(absent)"
    return plain(json.dumps(jsonable(_without_unknown(value)), ensure_ascii=False))


def leaves(value: Mapping[str, Any], prefix: str = "") -> Iterator[tuple[str, Any]]:
    """The dotted paths of a nested mapping with their values, absent ones left out."""
    for key, inner in value.items():
        path = f"{prefix}{key}"
        if isinstance(inner, Mapping) and inner and not is_unknown(inner):
            yield from leaves(inner, path + ".")
        elif inner is not None:
            yield path, inner
