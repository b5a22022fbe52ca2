"""Bodies of writes: wanted values merged into what is there, resource guard requests added."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from typing import Any

import orjson

from reconciler.model.ids import ArmId, lower


def guard_requests(guard: Sequence[str]) -> dict[str, Any] | None:
    """The body that carries resource guard requests; None when there are none, and the call needs no body."""
    return {"resourceGuardOperationRequests": list(guard)} if guard else None


def guarded(body: Mapping[str, Any], guard: Sequence[str]) -> dict[str, Any]:
    """The body with resource guard requests among its properties."""
    if not guard:
        return dict(body)
    return {**body, "properties": {**(body.get("properties") or {}), **(guard_requests(guard) or {})}}


def merged(live: Mapping[str, Any], wanted: Mapping[str, Any]) -> dict[str, Any]:
    """The live body with the wanted one merged into it: objects merge, other values are replaced, None removes a key.

    Keys match in any case and keep the live spelling: DataProtection has both `resourceID` and `resourceId`.
    """
    result = dict(live)
    spelled = {lower(key): key for key in live}
    for key, value in wanted.items():
        own = spelled.get(lower(key), key)
        if value is None:
            result.pop(own, None)
        elif isinstance(value, Mapping):
            below = result.get(own)
            result[own] = merged(below if isinstance(below, Mapping) else {}, value)
        else:
            result[own] = value
    return result


def says_already(live: Any, wanted: Any) -> bool:
    """Whether merging `wanted` into `live` would change nothing; ids are compared without case."""
    if isinstance(wanted, Mapping):
        if not isinstance(live, Mapping):
            return not wanted or all(value is None for value in wanted.values())
        spelled = {lower(key): value for key, value in live.items()}
        return all(says_already(spelled.get(lower(key)), value) for key, value in wanted.items())
    if isinstance(wanted, list):
        return isinstance(live, list) and len(live) == len(wanted) and all(map(says_already, live, wanted))
    if isinstance(wanted, str) and isinstance(live, str) and wanted.startswith("/"):
        return ArmId(wanted) == ArmId(live)
    return bool(live == wanted)


def place(target: ArmId) -> tuple[str, str, str]:
    """Resource group, vault and name of an object in a vault."""
    return target.group, target.parent.name, target.name


def encoded(body: Any) -> bytes:
    """The body of a request: JSON that Azure reads as it wrote it, half a surrogate pair in somebody's tag included."""
    try:
        return orjson.dumps(body)
    except TypeError:
        return json.dumps(body).encode()
