"""Outlines: a change as JSON data that is the same for two looks at the same thing, and its digest."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from reconciler.model.canonical import digest, plain
from reconciler.model.changes import Change
from reconciler.model.ids import lower


def outline(change: Change) -> dict[str, Any]:
    """A change as JSON data, which is the same for two looks at the same thing."""
    return {
        "address": lower(change.address),
        "action": change.action.value,
        "before": _owned(change.before),
        "after": _owned(change.after),
        "steps": [[step.op.value, step.target.key, _folded(plain(step.body))] for step in change.steps],
    }


def change_digest(change: Change) -> str:
    """The digest of everything that a change does, by which a reviewed change is recognized in another plan.

    It leaves out what waits for what, and why: a change that waits for less than before still does the same.
    """
    data = {
        **outline(change),
        "kind": change.kind.value,
        "fields": [[one.path, _folded(plain(one.before)), _folded(plain(one.after))] for one in change.fields],
        "expires": change.expires,
        "goal": change.goal,
        "weight": change.weight,
        "guard": [list(step.guard) for step in change.steps],
    }
    return digest(data)


def _owned(fields: Mapping[str, Any] | None) -> Any:
    return (
        None if fields is None else _folded(plain({key: value for key, value in fields.items() if key != "protection"}))
    )


def _folded(value: Any) -> Any:
    """JSON data with ids in lower case, because Azure's spelling differs from one answer to the next."""
    if isinstance(value, dict):
        return {key: _folded(item) for key, item in value.items()}
    if isinstance(value, list):
        return [_folded(item) for item in value]
    return lower(value) if isinstance(value, str) and value.startswith("/") else value
