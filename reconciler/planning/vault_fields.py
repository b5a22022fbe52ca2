"""A vault's fields in normal form: from the manifest, from the wire, and what a difference between them means."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from reconciler.model.changes import FieldChange
from reconciler.model.codes import planning as codes
from reconciler.model.findings import Code
from reconciler.model.ids import ArmId, lower
from reconciler.model.manifest import VaultSpec
from reconciler.model.resources import Vault

_SOFT_DELETE = ("Off", "On", "AlwaysOn")
_IMMUTABILITY = ("Disabled", "Unlocked", "Locked")
_REDUNDANCY = ("LocallyRedundant", "GeoRedundant", "ZoneRedundant")
_IMMUTABLE = frozenset({"location", "redundancy"})
_OFF_FOR_GOOD = "PermanentlyDisabled"


def declared(spec: VaultSpec) -> dict[str, Any]:
    """What the manifest says of a vault, by dotted path; what it doesn't say is left out. Tags are apart."""
    said = {
        "location": spec.location or None,
        "redundancy": spec.redundancy,
        "softDelete.state": spec.soft_delete.state,
        "softDelete.retentionDays": None if spec.soft_delete.state == "Off" else spec.soft_delete.retention_days,
        "immutability": spec.immutability,
        "alertsForAllJobFailures": spec.alerts_for_all_job_failures,
        "crossRegionRestore": spec.cross_region_restore,
        "crossSubscriptionRestore": spec.cross_subscription_restore,
        "identity": spec.identity.key if isinstance(spec.identity, ArmId) else spec.identity,
    }
    return {path: value for path, value in said.items() if value is not None}


def live(vault: Vault, identity: ArmId | str | None) -> dict[str, Any]:
    """A live vault's fields by the same paths; None: the vault doesn't say, and then nobody knows what holds.

    Only what was sent to a vault comes back, and Azure's default for each block isn't known: CIS 5.1.6 and the built-in
    Azure Policy 4d479a11 take absent cross-subscription restore for enabled. Cross-region restore is off for certain
    where the redundancy rules it out. `identity` is the declared one: a vault that has it, whatever else it has, is as
    declared.
    """
    days = vault.soft_delete_days
    across = vault.cross_subscription_restore
    redundancy = _spelled(vault.redundancy, _REDUNDANCY)
    no_region = False if redundancy in ("LocallyRedundant", "ZoneRedundant") else None
    return {
        "location": vault.location,
        "redundancy": redundancy,
        "softDelete.state": _spelled(vault.soft_delete_state, _SOFT_DELETE),
        "softDelete.retentionDays": int(days) if days is not None and days == int(days) else days,
        "immutability": _spelled(vault.immutability, _IMMUTABILITY),
        "alertsForAllJobFailures": _is_on(vault.alerts),
        "crossRegionRestore": no_region if vault.cross_region_restore is None else _is_on(vault.cross_region_restore),
        "crossSubscriptionRestore": _OFF_FOR_GOOD if lower(across or "") == lower(_OFF_FOR_GOOD) else _is_on(across),
        "identity": _identity(vault, identity),
    }


def differences(spec: VaultSpec, vault: Vault) -> list[FieldChange]:
    """The declared fields that differ; days of a soft delete that is off, and isn't declared on, mean nothing."""
    have, said = live(vault, spec.identity), declared(spec)
    if "softDelete.state" not in said and have["softDelete.state"] in (None, "Off"):
        said.pop("softDelete.retentionDays", None)
    return [FieldChange(path, have[path], value) for path, value in said.items() if have[path] != value]


def _spelled(value: str | None, words: Iterable[str]) -> str | None:
    """The word in the manifest's spelling; a word that isn't known stays as it is."""
    return next((word for word in words if value is not None and lower(word) == lower(value)), value)


def _is_on(value: str | None) -> bool | None:
    """Whether a setting is on; None where the vault doesn't say."""
    return None if value is None else lower(value) == "enabled"


def _identity(vault: Vault, wanted: ArmId | str | None) -> str | None:
    if isinstance(wanted, ArmId) and wanted.key in vault.user_identities:
        return wanted.key
    if vault.principal_id and not isinstance(wanted, ArmId):
        return "system"
    return next(iter(sorted(vault.user_identities)), "system" if vault.principal_id else None)


def is_satisfied_by_more(field: FieldChange) -> bool:
    """Whether the live value is stronger than the declared one in a way that satisfies it."""
    return (field.path, field.after, field.before) in {
        ("softDelete.state", "On", "AlwaysOn"),
        ("immutability", "Unlocked", "Locked"),
        ("crossSubscriptionRestore", False, _OFF_FOR_GOOD),
    }


def refusal(field: FieldChange) -> tuple[Code | None, str]:
    """The code and message of a difference that Azure can't undo in place; empty when it can."""
    if field.path in _IMMUTABLE:
        return codes.IMMUTABLE_FIELD, f"{field.path} is {field.before} and can't become {field.after}"
    doors = {
        ("softDelete.state", "AlwaysOn"),
        ("immutability", "Locked"),
        ("crossRegionRestore", True),
        ("crossSubscriptionRestore", _OFF_FOR_GOOD),
    }
    if (field.path, field.before) in doors:
        return codes.ONE_WAY_DOOR, f"{field.path} is {field.before} for good and can't become {field.after}"
    return None, ""


def is_irreversible(field: FieldChange) -> bool:
    """Whether Azure doesn't allow to take this difference back once it is applied."""
    return (field.path, field.after) in {
        ("softDelete.state", "AlwaysOn"),
        ("immutability", "Locked"),
        ("crossRegionRestore", True),
    }


def weakens(field: FieldChange) -> bool:
    """Whether a difference lowers what protects the vault's backups, or may: a word of Azure's that isn't known is lost."""
    if field.path == "softDelete.state":
        return field.after == "Off" or not (field.before is None or field.before in _SOFT_DELETE)
    if field.path == "softDelete.retentionDays":
        return bool(field.before is not None and field.after < field.before)
    if field.path == "immutability":
        is_lower = field.before == "Unlocked" and field.after == "Disabled"
        return is_lower or not (field.before is None or field.before in _IMMUTABILITY)
    return bool(field.path == "alertsForAllJobFailures" and field.after is False)


def is_guarded(field: FieldChange) -> bool:
    """Whether a resource guard must approve: lowering soft delete or immutability is a critical operation."""
    return weakens(field) and field.path != "alertsForAllJobFailures"


def properties(values: dict[str, Any]) -> dict[str, Any]:
    """The wire's `properties` for fields by path (storage settings apart), only the blocks that are named."""
    built: dict[str, Any] = {}
    soft_delete = {
        key: convert(values[path])
        for path, key, convert in (
            ("softDelete.state", "state", str),
            ("softDelete.retentionDays", "retentionDurationInDays", float),
        )
        if values.get(path) is not None
    }
    if soft_delete:
        built.setdefault("securitySettings", {})["softDeleteSettings"] = soft_delete
    if "immutability" in values:
        built.setdefault("securitySettings", {})["immutabilitySettings"] = {"state": values["immutability"]}
    if "alertsForAllJobFailures" in values:
        alerts = {"alertsForAllJobFailures": _state(values["alertsForAllJobFailures"])}
        built["monitoringSettings"] = {"azureMonitorAlertSettings": alerts}
    for path in ("crossRegionRestore", "crossSubscriptionRestore"):
        if path in values:
            built.setdefault("featureSettings", {})[f"{path}Settings"] = {"state": _state(values[path])}
    return built


def _state(enabled: bool) -> str:
    return "Enabled" if enabled else "Disabled"


def identity_body(spec: VaultSpec, vault: Vault | None) -> dict[str, Any]:
    """The wire's `identity` that adds the declared one to what the vault has; nothing is taken away."""
    users: dict[str, Any] = {key: {} for key in (vault.user_identities if vault else ())}
    if isinstance(spec.identity, ArmId) and spec.identity.key not in users:
        users[spec.identity.text] = {}
    system = not isinstance(spec.identity, ArmId) or bool(vault and vault.principal_id)
    kinds = [kind for kind, has in (("SystemAssigned", system), ("UserAssigned", bool(users))) if has]
    return {"type": ",".join(kinds), **({"userAssignedIdentities": users} if users else {})}
