"""Backup vaults as declared."""

from __future__ import annotations

from typing import Any

from reconciler.manifest.entries import Context, check_unmanaged
from reconciler.manifest.names import GUARD, IDENTITY, arm_id, region, tags
from reconciler.manifest.notes import Notes
from reconciler.manifest.sections import Section
from reconciler.model import addresses
from reconciler.model.codes import manifest as codes
from reconciler.model.ids import ArmId
from reconciler.model.manifest import SoftDelete, VaultSpec

_SETTINGS = (
    "redundancy", "softDelete", "immutability", "alertsForAllJobFailures", "crossRegionRestore",
    "crossSubscriptionRestore", "tags", "manageResourceGroup",
)  # fmt: skip


def read(section: Section, context: Context) -> VaultSpec | None:
    """The vault that the entry declares; None, with findings, when it can't be said which one it is.

    `location` is empty only for a vault that is not managed and says nothing of it.
    """
    defaults, notes = context.defaults, context.notes
    name: str = section["name"]
    manage: bool = section.get("manage", True)
    subscription = section.get("subscription") or defaults.subscription
    location = region(section.get("location", "")) or defaults.location
    if not subscription:
        notes.add(
            codes.NO_SUBSCRIPTION, f"the vault {name} has no subscription", section.here, address=addresses.vault(name)
        )
    if not location and manage:
        notes.add(codes.NO_LOCATION, f"the vault {name} has no location", section.here, address=addresses.vault(name))
    _check(section, notes, manage=manage)
    identity, guard = _identity(section, notes), _guard(section, notes)
    own_tags = tags(section, "tags", notes)
    if not subscription or not (location or not manage):
        return None
    soft_delete = section.get("softDelete", {})
    return VaultSpec(
        place=section.here,
        name=name,
        azure_name=section.get("azureName", name),
        subscription=subscription,
        resource_group=section["resourceGroup"],
        location=location,
        manage=manage,
        manage_resource_group=manage and section.get("manageResourceGroup", True),
        redundancy=section.get("redundancy"),
        soft_delete=SoftDelete(soft_delete.get("state"), soft_delete.get("retentionDays")),
        immutability=section.get("immutability"),
        alerts_for_all_job_failures=section.get("alertsForAllJobFailures"),
        cross_region_restore=section.get("crossRegionRestore"),
        cross_subscription_restore=section.get("crossSubscriptionRestore"),
        identity=identity,
        resource_guard=guard,
        tags=own_tags,
        default_tags=defaults.tags,
    )


def _identity(section: Section, notes: Notes) -> ArmId | str | None:
    identity: str | None = section.get("identity")
    if identity is None or identity == "system":
        return identity
    return arm_id(identity, IDENTITY, section.place("identity"), notes)


def _guard(section: Section, notes: Notes) -> ArmId | None:
    guard: str | None = section.get("resourceGuard")
    return None if guard is None else arm_id(guard, GUARD, section.place("resourceGuard"), notes)


def _check(section: Section, notes: Notes, *, manage: bool) -> None:
    """Settings against each other: what is impossible, what can't be undone, what does not do what one may think."""
    address = addresses.vault(section["name"])
    if not manage:
        check_unmanaged(section, _SETTINGS, notes)
        return
    if section.get("crossRegionRestore") and section.get("redundancy") != "GeoRedundant":
        told = section.get("redundancy", "LocallyRedundant (the default)")
        message = f"cross-region restore needs GeoRedundant, but the redundancy is {told}"
        notes.add(codes.CROSS_REGION, message, section.place("crossRegionRestore"), address=address)
    for holder, key, value, told in _one_way(section):
        if holder.get(key) == value:
            notes.add(codes.ONE_WAY, f"{told} can never be taken back", holder.place(key), address=address)
    for key, value in (("immutability", "Locked"), ("redundancy", "GeoRedundant")):
        if section.get(key) == value:
            message = f"{key} {value} does not cover disk snapshots: they never leave the snapshot resource group"
            notes.add(codes.NOT_FOR_SNAPSHOTS, message, section.place(key), address=address)


def _one_way(section: Section) -> tuple[tuple[Section, str, Any, str], ...]:
    return (
        (section.get("softDelete", Section()), "state", "AlwaysOn", "soft delete AlwaysOn"),
        (section, "immutability", "Locked", "immutability Locked"),
        (section, "crossRegionRestore", True, "cross-region restore"),
    )
