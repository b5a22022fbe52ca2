"""Backup vaults as declared."""

from __future__ import annotations

from typing import Any

from reconciler.manifest.entries import Context, check_unmanaged
from reconciler.manifest.names import GUARD, IDENTITY, arm_id, region, tags
from reconciler.manifest.notes import Notes
from reconciler.manifest.sections import Items, Section
from reconciler.model import addresses
from reconciler.model.codes import manifest as codes
from reconciler.model.findings import Place
from reconciler.model.ids import ArmId
from reconciler.model.manifest import VaultSpec
from reconciler.model.vault_fields import BY_PATH, FIELDS, VaultField, attributes, value_at

_COMPARED = (*dict.fromkeys(row.path.partition(".")[0] for row in FIELDS), "tags")
_SETTINGS = (*_COMPARED, "manageResourceGroup")


def read(section: Section, context: Context) -> VaultSpec | None:
    """The vault that an entry declares; None, with findings, when its subscription or location is missing.

    `location` is empty only for an unmanaged vault that doesn't declare it.
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
    identities, guard = _identities(section, notes), _guard(section, notes)
    own_tags = tags(section, "tags", notes)
    if not subscription or not (location or not manage):
        return None
    return VaultSpec(
        place=section.here,
        name=name,
        azure_name=section.get("azureName", name),
        subscription=subscription,
        resource_group=section["resourceGroup"],
        location=location,
        manage=manage,
        manage_resource_group=manage and section.get("manageResourceGroup", True),
        identity=next(iter(identities), None),
        more_identities=identities[1:],
        resource_guard=guard,
        tags=own_tags,
        default_tags=defaults.tags,
        **attributes(section),
    )


def _identities(section: Section, notes: Notes) -> tuple[ArmId | str, ...]:
    """The declared identities without repetition, first the one that instances use."""
    said = section.get("identity")
    written = [(said, section.place("identity"))] if isinstance(said, str) else []
    if isinstance(said, Items):
        written = [(text, said.place(index)) for index, text in enumerate(said)]
    found = (text if text == "system" else arm_id(text, IDENTITY, place, notes) for text, place in written)
    return tuple(dict.fromkeys(filter(None, found)))


def _guard(section: Section, notes: Notes) -> ArmId | None:
    guard: str | None = section.get("resourceGuard")
    return None if guard is None else arm_id(guard, GUARD, section.place("resourceGuard"), notes)


def _check(section: Section, notes: Notes, *, manage: bool) -> None:
    """Note settings that are impossible together, can't be undone, or don't do what one may expect."""
    if not manage:
        check_unmanaged(section, _SETTINGS, notes, _COMPARED)
        return
    for row in FIELDS:
        value = value_at(section, row.path)
        if value is not None:
            _check_field(section, row, value, notes)


def _check_field(section: Section, row: VaultField, value: Any, notes: Notes) -> None:
    address, place = addresses.vault(section["name"]), _place(section, row.path)
    if row.needs and value and value_at(section, row.needs.path) != row.needs.value:
        told = value_at(section, row.needs.path) or f"{BY_PATH[row.needs.path].default} (the default)"
        message = f"{row.title} needs {row.needs.value}, but the {row.needs.path} is {told}"
        notes.add(row.needs.code, message, place, address=address)
    if value == row.for_good:
        told = row.title if value is True else f"{row.title} {value}"
        notes.add(codes.ONE_WAY, f"{told} can't be undone", place, address=address)
    if value == row.not_for_snapshots:
        message = f"{row.path} {value} does not cover disk snapshots: they never leave the snapshot resource group"
        notes.add(codes.NOT_FOR_SNAPSHOTS, message, place, address=address)


def _place(section: Section, path: str) -> Place:
    block, _, key = path.rpartition(".")
    return (section[block] if block else section).place(key)
