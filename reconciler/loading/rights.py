"""Which of Azure's actions each command needs, derived from the shipped roles, so that there is only one list."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Mapping, Sequence
from functools import cache
from pathlib import Path
from typing import Any

_INSTALLED = Path(__file__).parents[1] / "roles"
_CHECKOUT = Path(__file__).parents[2] / "samples" / "roles"
_PLACEHOLDER = "OBJECT_ID"
_OTHERS = re.compile(r"!\((@\w+\[[^\]]+:PrincipalId\] ForAnyOfAnyValues:GuidEquals) \{OBJECT_ID\}\)")
_INSTANCES = "Microsoft.DataProtection/backupVaults/backupInstances"
_JOBS = "Microsoft.DataProtection/backupVaults/backupJobs/read"
_POINTS = f"{_INSTANCES}/recoveryPoints/read"
_OPERATION = "Microsoft.DataProtection/backupVaults/operationStatus/read"
_GRANT = "Microsoft.Authorization/roleAssignments/write"
_BEYOND_APPLY: Mapping[str, tuple[str, ...]] = {
    "backup": (f"{_INSTANCES}/backup/action", _JOBS),
    "restore": (f"{_INSTANCES}/restore/action", f"{_INSTANCES}/validateRestore/action", _POINTS, _JOBS),
}
_SHARED: Mapping[str, tuple[str, ...]] = {"backup": (_OPERATION,), "restore": (_OPERATION, _GRANT)}

COMMANDS = ("validate", "plan", "drift", "apply", *_BEYOND_APPLY)
"""The commands whose rights are shown; every other one needs those of `plan`, or none."""


def role_text(name: str) -> str:
    """The text of the shipped role `reader`, `operator`, `protector` or `restorer`, as the Azure CLI takes it."""
    return _shipped(f"reconciler-{name}.json")


def _shipped(name: str) -> str:
    folder = _INSTALLED if _INSTALLED.is_dir() else _CHECKOUT
    return (folder / name).read_text(encoding="utf-8")


def condition_text(own: str, vaults: Iterable[str] = ()) -> str:
    """The condition for the operator's role assignment, which keeps it from granting roles to itself.

    `own` is the operator's object id. `vaults` are object ids of vaults' identities: if there are any, the operator may
    grant roles only to these.
    """
    shipped = _shipped("condition.txt")
    allowed = ", ".join(sorted(set(vaults)))
    return _OTHERS.sub(rf"\1 {{{allowed}}}", shipped) if allowed else shipped.replace(_PLACEHOLDER, own)


@cache
def needed(command: str) -> frozenset[str]:
    """All actions that a command of `COMMANDS` needs."""
    if command == "validate":
        return frozenset()
    reader = _actions("reader")
    reads = frozenset(action for action in reader if action.endswith("/read"))
    if command == "plan":
        return reader
    if command == "drift":
        return reads
    own = frozenset(action for actions in _BEYOND_APPLY.values() for action in actions)
    if command == "apply":
        return _actions("operator") - own | reader
    return reads | frozenset(_BEYOND_APPLY[command]) | frozenset(_SHARED[command])


def needed_at(command: str, *, has_vaults: bool, has_disks: bool) -> frozenset[str]:
    """The actions that a command needs in a subscription, by whether it has vaults and whether it has disks."""
    spared = [] if has_vaults else ["Microsoft.DataProtection/", "Microsoft.ManagedIdentity/"]
    spared += [] if has_disks else ["Microsoft.Compute/"]
    return frozenset(action for action in needed(command) if not action.startswith(tuple(spared)))


def missing(wanted: Iterable[str], permissions: Sequence[Mapping[str, Any]]) -> tuple[str, ...]:
    """The actions that no permission allows, sorted; permissions as Resource Manager lists them (`actions`, `notActions`).

    Each permission comes from one role: what one role excludes, another may still allow.
    """
    return tuple(sorted(action for action in wanted if not any(_allows(row, action) for row in permissions)))


def _allows(permission: Mapping[str, Any], action: str) -> bool:
    return _covered(permission.get("actions"), action) and not _covered(permission.get("notActions"), action)


def _covered(patterns: Iterable[str] | None, action: str) -> bool:
    return any(
        re.fullmatch(".*".join(map(re.escape, pattern.lower().split("*"))), action.lower())
        for pattern in patterns or ()
    )


@cache
def _actions(name: str) -> frozenset[str]:
    return frozenset(json.loads(role_text(name))["Actions"])
