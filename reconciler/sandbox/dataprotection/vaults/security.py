"""A vault's read-only scores, and its settings that can't be undone (recorded error codes)."""

from __future__ import annotations

from reconciler.sandbox import json_text
from reconciler.sandbox.arm.ids import lower, region
from reconciler.sandbox.arm.messages import Request
from reconciler.sandbox.dataprotection import api_versions
from reconciler.sandbox.dataprotection.errors import INVALID_INPUT, invalid, refusal
from reconciler.sandbox.dataprotection.namespace import INSTANCES
from reconciler.sandbox.dataprotection.spelling import at, same, text
from reconciler.sandbox.tables import Record
from reconciler.sandbox.world import World

SOFT_DELETE = ("properties", "securitySettings", "softDeleteSettings")
IMMUTABILITY = ("properties", "securitySettings", "immutabilitySettings", "state")
CROSS_REGION = ("properties", "featureSettings", "crossRegionRestoreSettings", "state")
CROSS_SUBSCRIPTION = ("properties", "featureSettings", "crossSubscriptionRestoreSettings", "state")
RETENTION = (14.0, 180.0)
SECURE_BY_DEFAULT = frozenset({"australiaeast", "westcentralus", "eastasia"})
_STATES = {
    (*SOFT_DELETE, "state"): ("Off", "On", "AlwaysOn"),
    IMMUTABILITY: ("Disabled", "Unlocked", "Locked"),
    CROSS_REGION: ("Disabled", "Enabled"),
    CROSS_SUBSCRIPTION: ("Disabled", "Enabled", "PermanentlyDisabled"),
    ("properties", "monitoringSettings", "azureMonitorAlertSettings", "alertsForAllJobFailures"): (
        "Enabled",
        "Disabled",
    ),
}
STORES = frozenset({"archivestore", "operationalstore", "vaultstore"})
REDUNDANCIES = ("LocallyRedundant", "GeoRedundant", "ZoneRedundant")


def scores(vault: Record) -> dict[str, str]:
    """`secureScore` and `bcdrSecurityLevel`, as counted over recorded vaults."""
    soft_delete, immutability = text(vault, *SOFT_DELETE, "state"), text(vault, *IMMUTABILITY)
    if same(soft_delete, "AlwaysOn") or same(immutability, "Locked"):
        return {"secureScore": "Adequate", "bcdrSecurityLevel": "Good"}
    if same(soft_delete, "On") and same(immutability, "Unlocked"):
        return {"secureScore": "Minimum", "bcdrSecurityLevel": "Fair"}
    return {"secureScore": "None", "bcdrSecurityLevel": "Poor"}


def is_secure_by_default(world: World, location: str) -> bool:
    """Whether soft delete can only be AlwaysOn in a region, whatever the api-version."""
    where = world.switch("secure_by_default")
    return bool(where == "everywhere" or (where == "ga" and region(location) in SECURE_BY_DEFAULT))


def always_soft_deletes(world: World, vault: Record, version: str) -> bool:
    """Whether deleting an instance keeps it restorable: by the vault's setting, the api-version, or the region."""
    on = not same(text(vault, *SOFT_DELETE, "state") or "Off", "Off")
    return (
        on
        or api_versions.holds(version, api_versions.ALWAYS_SOFT_DELETES)
        or is_secure_by_default(world, vault["location"])
    )


def check(world: World, request: Request, live: Record | None, wanted: Record) -> None:
    """Refuse, as an ArmError, what Azure refuses of a vault's new settings."""
    _check_words(wanted)
    _check_storage(world, live, wanted)
    _check_always_on(world, request, live, wanted)
    if live is not None:
        _check_doors(world, live, wanted)
    if same(text(wanted, *CROSS_REGION), "Enabled") and not same(redundancy(wanted), "GeoRedundant"):
        raise invalid("Cross region restore needs a vault whose storage is GeoRedundant.")


def redundancy(vault: Record) -> str:
    """The type of a vault's storage: that of its `VaultStore`, else of the first entry that has one."""
    entries = at(vault, "properties", "storageSettings") or []
    own = [entry for entry in entries if same(text(entry, "datastoreType"), "VaultStore")]
    return next((kind for entry in (*own, *entries) if (kind := text(entry, "type"))), "")


def _check_words(wanted: Record) -> None:
    for path, words in _STATES.items():
        value = at(wanted, *path)
        if value is not None and not any(same(value, word) for word in words):
            raise invalid(f"{path[-2]} cannot be {json_text.shown(value)}; use one of {', '.join(words)}.")
    retention = at(wanted, *SOFT_DELETE, "retentionDurationInDays")
    off = same(text(wanted, *SOFT_DELETE, "state"), "Off")
    if not isinstance(retention, (int, float)) or (not off and not RETENTION[0] <= retention <= RETENTION[1]):
        raise invalid("retentionDurationInDays has to be from 14 to 180.")


def _is_redundancy(word: str) -> bool:
    return any(same(word, known) for known in REDUNDANCIES)


def _check_storage(world: World, live: Record | None, wanted: Record) -> None:
    entries = at(wanted, "properties", "storageSettings") or []
    kinds = {lower(text(entry, "datastoreType")) for entry in entries}
    types = {text(entry, "type") for entry in entries} - {""}
    if not types or not all(map(_is_redundancy, types)):
        raise invalid(f"storageSettings needs a type: one of {', '.join(REDUNDANCIES)}.")
    if kinds - STORES - {""} or len(entries) > len(kinds):
        raise invalid(f"storageSettings has one entry for each of {', '.join(sorted(STORES))} at most.")
    if kinds == {"archivestore"}:
        raise invalid("storageSettings needs a VaultStore beside its ArchiveStore.")
    if live is None or not redundancy(live) or same(redundancy(live), redundancy(wanted)):
        return
    protects = world.table(INSTANCES).count(lower(live["id"])) > 0
    if world.switch("redundancy_change") == "refused" or protects:
        raise invalid("The storage redundancy of a Backup vault cannot be changed.")


def _check_always_on(world: World, request: Request, live: Record | None, wanted: Record) -> None:
    state = text(wanted, *SOFT_DELETE, "state")
    by_version = api_versions.holds(request.api_version, api_versions.ALWAYS_ON)
    if same(state, "AlwaysOn") or not (by_version or is_secure_by_default(world, wanted["location"])):
        return
    unchanged = live is not None and same(text(live, *SOFT_DELETE, "state"), state)
    if unchanged and not world.switch("always_on_for_unchanged"):
        return
    raise refusal(
        400,
        world.switch("always_on_code"),
        "This API version requires backup vaults to have the soft delete setting configured to "
        "Enable Always-On Soft Delete.",
        advice="To use this API version, you must configure backup vaults with the soft delete setting set to Enable "
        "Always-On Soft Delete. If you don't want to enable this setting, use an older API version instead.",
    )


def _check_doors(world: World, live: Record, wanted: Record) -> None:
    was_always_on = same(text(live, *SOFT_DELETE, "state"), "AlwaysOn")
    if was_always_on and not same(text(wanted, *SOFT_DELETE, "state"), "AlwaysOn"):
        raise refusal(400, "UserErrorDisableSoftDeleteNotAllowed")
    if was_always_on and world.switch("retention_decrease") == "refused":
        days = (*SOFT_DELETE, "retentionDurationInDays")
        if at(wanted, *days) < at(live, *days):
            raise refusal(400, INVALID_INPUT, detail="The retention of AlwaysOn soft delete cannot be decreased.")
    if same(text(live, *IMMUTABILITY), "Locked") and not same(text(wanted, *IMMUTABILITY), "Locked"):
        raise refusal(400, "UserErrorUnsupportedVaultImmutabilityStateChange")
    if same(text(live, *CROSS_REGION), "Enabled") and not same(text(wanted, *CROSS_REGION), "Enabled"):
        raise refusal(400, "UserErrorCrossRegionRestoreStateChangeNotAllowed")
    gone = same(text(live, *CROSS_SUBSCRIPTION), "PermanentlyDisabled")
    one_way = world.switch("permanently_disabled") == "one-way"
    if gone and one_way and not same(text(wanted, *CROSS_SUBSCRIPTION), "PermanentlyDisabled"):
        raise invalid("Cross subscription restore was disabled permanently.")
