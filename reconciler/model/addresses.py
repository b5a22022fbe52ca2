"""Addresses: how a thing is named in `ignore`, in `--only`, in output and in reports."""

from __future__ import annotations

from reconciler.model.ids import ArmId, lower


def group(within: ArmId) -> str:
    """`group/<subscription>/<name>`: of the resource group that an id names or is in."""
    return f"group/{within.subscription}/{within.group}"


def vault(name: str) -> str:
    """`vault/<name>`, by the manifest's name."""
    return f"vault/{name}"


def policy(vault: str, name: str) -> str:
    """`policy/<vault>/<name>`."""
    return f"policy/{vault}/{name}"


def role(vault: str, word: str, scope: ArmId) -> str:
    """`role/<vault>/<role>@<lower-cased scope id>`."""
    return f"role/{vault}/{word}@{scope.key}"


def disk(arm_id: ArmId) -> str:
    """`disk/<lower-cased disk id>`: the disk's backup instance."""
    return f"disk/{arm_id.key}"


def disk_of(address: str) -> str:
    """The lower-cased id of the disk that an address names; empty for other addresses."""
    kind, _, disk_id = lower(address).partition("/")
    return disk_id if kind == "disk" else ""
