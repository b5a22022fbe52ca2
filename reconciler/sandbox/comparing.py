"""A world as plain data, in a stable order, for tests that compare two of them."""

from __future__ import annotations

import re
from typing import Any

from reconciler.sandbox.tables import Table
from reconciler.sandbox.world import World

_TIME = re.compile(r"\d{4}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2}(\.\d+)?(Z|[+-]\d{2}:\d{2})")
_LEFT_OUT = re.compile(r"operation|ledger")
_CHANCE = frozenset({"ActivityId", "activityID", "deleteActivityID", "correlationId"})


def dump(world: World, *, comparable: bool) -> dict[str, dict[str, Any]]:
    """Every table by name, every record by key; `comparable` leaves out what depends on when and how often one asked."""
    return {
        name: {key: _compared(table[key]) if comparable else table[key] for key in sorted(keys)}
        for name, table in sorted(world.tables.items())
        if (keys := _keys(table, comparable=comparable)) and not (comparable and _LEFT_OUT.search(name))
    }


def _keys(table: Table, *, comparable: bool) -> list[str]:
    """The keys to dump; what happens by routine depends on when one asks, so that it cannot be compared."""
    return [key for key, kept in table.kept().items() if isinstance(kept, dict) or not comparable]


def _compared(value: Any) -> Any:
    if isinstance(value, dict):
        return {
            key: _compared(item)
            for key, item in sorted(value.items())
            if key[:1] != "_" and key not in _CHANCE and not (isinstance(item, str) and _TIME.fullmatch(item))
        }
    return [_compared(item) for item in value] if isinstance(value, list) else value
