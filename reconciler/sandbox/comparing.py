"""A world as plain data, in a stable order, for tests that compare two of them."""

from __future__ import annotations

import re
from typing import Any

from reconciler.sandbox.world import World

_TIME = re.compile(r"\d{4}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2}(\.\d+)?(Z|[+-]\d{2}:\d{2})")
_OPERATIONS = re.compile(r"operation")
_CHANCE = frozenset({"ActivityId", "activityID", "deleteActivityID", "correlationId"})


def dump(world: World, *, comparable: bool) -> dict[str, dict[str, Any]]:
    """Every table by name, every record by key; `comparable` leaves out what depends on when and how often one asked."""
    return {
        name: {key: _compared(record) if comparable else record for key, record in sorted(table.items())}
        for name, table in sorted(world.tables.items())
        if len(table) and not (comparable and _OPERATIONS.search(name))
    }


def _compared(value: Any) -> Any:
    if isinstance(value, dict):
        return {
            key: _compared(item)
            for key, item in sorted(value.items())
            if key[:1] != "_" and key not in _CHANCE and not (isinstance(item, str) and _TIME.fullmatch(item))
        }
    return [_compared(item) for item in value] if isinstance(value, list) else value
