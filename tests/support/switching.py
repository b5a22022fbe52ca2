"""Settings of the sandbox's switches: each alone, and rows that cover all pairs."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import combinations
from typing import Any

import reconciler.sandbox.providers  # noqa: F401 - declares the switches of every provider
from reconciler.sandbox.switches import SWITCHES

SAMPLES: dict[str, tuple[Any, ...]] = {
    "page_size": (1, 2),
    "list_lag": ("20", "5..40"),
    "read_lag": ("10", "1..5"),
    "graph_lag": ("30",),
    "propagation": ("0", "60..300", "1500"),
    "principal_replication": ("0", "90"),
    "role_assignment_limit": (2000,),
    "vault_create_limit": (10,),
    "disk_quota": (10,),
    "disk_size_quota": (64,),
    "vault_lingers": ("0", "300"),
    "backup_start": ("0", "600"),
    "instance_deletion": ("0", "300"),
    "soft_deleting": ("120",),
    "resume_cleanup": ("3600",),
    "recovery_point_time": ("0", "180"),
}
"""Values to try of switches that take any number: such that an apply can still succeed."""


def settings_of(name: str) -> tuple[Any, ...]:
    """The values to try of a switch, its default left out."""
    switch = SWITCHES[name]
    values = switch.values or SAMPLES.get(name, ())
    return tuple(value for value in values if value != switch.default)


def alone() -> list[tuple[str, Any]]:
    """Every setting that isn't the default, by switch."""
    return [(name, value) for name in sorted(SWITCHES) for value in settings_of(name)]


def covering() -> list[dict[str, Any]]:
    """Rows of settings such that every pair of settings of two switches is in some row: greedily, always the same."""
    values = {name: (SWITCHES[name].default, *settings_of(name)) for name in sorted(SWITCHES)}
    left = {
        ((one, here), (other, there))
        for one, other in combinations(values, 2)
        for here in values[one]
        for there in values[other]
    }
    rows: list[dict[str, Any]] = []
    while left:
        row: dict[str, Any] = dict(min(left, key=repr))
        for name in sorted(set(values) - set(row), key=lambda name: (-len(values[name]), name)):
            row[name] = max(values[name], key=lambda value: _gain(row, name, value, left))
        left -= set(_pairs(row))
        rows.append(row)
    return rows


def _gain(row: dict[str, Any], name: str, value: Any, left: set[Any]) -> int:
    return sum(tuple(sorted(((name, value), item), key=lambda pair: pair[0])) in left for item in row.items())


def _pairs(row: dict[str, Any]) -> Iterator[Any]:
    return combinations(sorted(row.items(), key=lambda pair: pair[0]), 2)
