"""A vault's settings as a write leaves them: only what was ever sent comes back (recorded traffic)."""

from __future__ import annotations

from copy import deepcopy
from typing import Any

from reconciler.sandbox.arm.ids import region
from reconciler.sandbox.dataprotection.spelling import at, same, text
from reconciler.sandbox.dataprotection.vaults.security import (
    CROSS_REGION,
    IMMUTABILITY,
    SOFT_DELETE,
    is_secure_by_default,
    redundancy,
)
from reconciler.sandbox.resources.regions import PAIRS
from reconciler.sandbox.tables import Record
from reconciler.sandbox.world import World

BLOCKS = {
    "monitoringSettings": ("azureMonitorAlertSettings",),
    "securitySettings": ("softDeleteSettings", "immutabilitySettings", "encryptionSettings"),
    "featureSettings": ("crossRegionRestoreSettings", "crossSubscriptionRestoreSettings"),
    "costManagementSettings": (),
}
_KEPT_DOORS = {
    "softDeleteSettings": ((*SOFT_DELETE, "state"), "AlwaysOn"),
    "immutabilitySettings": (IMMUTABILITY, "Locked"),
    "crossRegionRestoreSettings": (CROSS_REGION, "Enabled"),
}


def merged(world: World, live: Record | None, body: dict[str, Any], *, patch: bool) -> Record:
    """The vault as a PUT or PATCH of `body` leaves it, its identity apart."""
    reset = live is not None and not patch and world.switch("omitted_blocks") == "reset"
    properties = deepcopy(live["properties"]) if live else {}
    sent = at(body, "properties") or {}
    if not patch and "storageSettings" in sent:
        properties["storageSettings"] = sent["storageSettings"]
    for block, parts in BLOCKS.items():
        was = properties.pop(block, {})
        is_replaced = patch and block in sent and world.switch("vault_patch_blocks") == "replaced"
        if reset or is_replaced:
            was = {part: was[part] for part in was if _is_door(live, part)}
        now = {**was, **(sent.get(block) or {})} if parts else sent.get(block, was)
        if now:
            properties[block] = now
    result: Record = {"location": text(live, "location") or text(body, "location")}
    tags = _tags(world, live, body, patch=patch)
    if tags:
        result["tags"] = tags
    result["properties"] = properties
    _fill_soft_delete(world, result, live)
    properties["replicatedRegions"] = _replicated(result)
    return result


def _is_door(live: Record | None, part: str) -> bool:
    path, value = _KEPT_DOORS.get(part, ((), ""))
    return bool(path) and same(text(live, *path), value)


def _tags(world: World, live: Record | None, body: dict[str, Any], *, patch: bool) -> dict[str, str]:
    kept = patch or world.switch("omitted_tags") == "kept"
    tags = at(body, "tags") if "tags" in body else at(live, "tags") if kept else None
    return {str(key): str(value) for key, value in (tags or {}).items()}


def _fill_soft_delete(world: World, vault: Record, live: Record | None) -> None:
    """Soft delete is on for 14 days unless said otherwise, and AlwaysOn where a region knows nothing else.

    Off without a number of days is for none (recorded traffic).
    """
    security = vault["properties"].setdefault("securitySettings", {})
    default = "AlwaysOn" if is_secure_by_default(world, vault["location"]) else "On"
    was = {key: value for key, value in (at(live, *SOFT_DELETE) or {}).items() if value}
    soft = {"state": default, **was, **(security.get("softDeleteSettings") or {})}
    soft.setdefault("retentionDurationInDays", 0.0 if same(soft["state"], "Off") else 14.0)
    if isinstance(soft["retentionDurationInDays"], int):
        soft["retentionDurationInDays"] = float(soft["retentionDurationInDays"])
    security["softDeleteSettings"] = soft


def _replicated(vault: Record) -> list[str]:
    pair = PAIRS.get(region(vault["location"]), "")
    return [pair] if pair and same(redundancy(vault), "GeoRedundant") else []


def differs(live: Record, wanted: Record) -> bool:
    """Whether a write would change anything that the vault keeps."""
    return any(_content(live).get(key) != value for key, value in _content(wanted).items())


def _content(vault: Record) -> dict[str, Any]:
    properties = {
        key: value
        for key, value in vault["properties"].items()
        if key in BLOCKS or key in {"storageSettings", "replicatedRegions"}
    }
    identity = dict(vault.get("identity") or {})
    return {"properties": properties, "tags": vault.get("tags") or {}, "identity": identity}
