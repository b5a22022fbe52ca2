"""Changes behind Azure's back: what an estate file holds, and what the portal, other tools or accidents do later.

None of Azure's checks apply; a body is completed as its provider completes those of an estate file.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from copy import deepcopy
from typing import Any

from reconciler.sandbox.arm.case_drift import MARK
from reconciler.sandbox.arm.ids import group_id_of, group_of, lower, name_of, resource_type, subscription_of
from reconciler.sandbox.authorization.rights import ASSIGNMENTS
from reconciler.sandbox.errors import SandboxError
from reconciler.sandbox.tables import Record
from reconciler.sandbox.world import ADOPTERS, GROUPS, SUBSCRIPTIONS, World

SPELLINGS: dict[str, str] = {
    "microsoft.resources/subscriptions": "Microsoft.Resources/subscriptions",
    "microsoft.resources/resourcegroups": "Microsoft.Resources/resourceGroups",
}


def put(world: World, resource_id: str, body: Mapping[str, Any]) -> Record:
    """Make a resource, or replace it, with an ARM body."""
    resource_id = checked(world, resource_id)
    kind = resource_type(resource_id, keep_case=True)
    record: Record = {**deepcopy(dict(body)), "id": resource_id, "name": name_of(resource_id)}
    record["type"] = SPELLINGS.get(lower(kind), kind)
    adopter = ADOPTERS.get(lower(kind))
    key = lower(resource_id)
    if world.find(resource_id) is None:
        world.generations[key] = world.generations.get(key, 0) + 1
    try:
        if adopter:
            adopter(world, resource_id, record)
        record[MARK] = True
        world.table(lower(kind))[key] = record
    except (KeyError, TypeError, AttributeError, ValueError, OverflowError) as error:
        raise SandboxError(
            f"the body of {resource_id} doesn't have the form of a {record['type']}: {type(error).__name__} {error}",
            "write it as Azure's REST API answers it",
        ) from error
    return record


def patch(world: World, resource_id: str, changes: Mapping[str, Any]) -> Record:
    """Merge changes into a resource's body, at any depth; null removes a key. Tags keep their spelling, as in Azure."""
    record = existing(world, resource_id)
    if isinstance(changes.get("tags"), Mapping):
        spelled = {lower(key): key for key in record.get("tags") or {}}
        changes = {**changes, "tags": {spelled.get(lower(key), key): value for key, value in changes["tags"].items()}}
    changed: Record = merged(record, changes)
    world.store(resource_id, changed)
    return changed


def remove(world: World, resource_id: str, *, but: Collection[str] = ()) -> list[str]:
    """Remove a resource with all that lies in it, and return the ids; role assignments stay, as orphans.

    So does what `but` names by lower-cased id, with what lies in that and what that lies in.
    """
    key = lower(existing(world, resource_id)["id"]).rstrip("/")
    found = [key]
    for name, table in world.tables.items():
        if name != ASSIGNMENTS:
            found += [inside for inside in table.below(key) if inside != key]
    gone = [
        one for one in found if not any(f"{kept}/".startswith(f"{one}/") or one.startswith(f"{kept}/") for kept in but)
    ]
    for inside in gone:
        world.remove(inside)
    return sorted(gone)


def move(world: World, resource_id: str, group: str) -> Record:
    """Move a disk, snapshot or machine into another resource group: another id, all else stays what it was."""
    record = existing(world, resource_id)
    kind = resource_type(record["id"], keep_case=True)
    if not lower(kind).startswith("microsoft.compute/") or kind.count("/") > 1:
        raise SandboxError(f"{record['id']} cannot be moved here", "move disks, snapshots or virtual machines")
    place = existing(world, group)
    if resource_type(place["id"]) != GROUPS:
        raise SandboxError(f"{group} is no resource group", "write it as /subscriptions/…/resourceGroups/…")
    moved = f"{place['id']}/providers/{kind}/{record['name']}"
    if world.resource_exists(moved):
        raise SandboxError(f"{moved} exists already", "move it to another group, or delete what is there")
    world.remove(record["id"])
    return world.store(moved, {**record, "id": moved})


def existing(world: World, resource_id: str) -> Record:
    """The record of a resource; SandboxError when there is none."""
    record = world.find(resource_id)
    if record is None:
        raise SandboxError(f"there is no {resource_id}", "`reconciler sandbox show` lists what exists")
    return record


def checked(world: World, resource_id: str) -> str:
    """The id without a trailing slash; SandboxError when nothing can have that id here."""
    text = resource_id.rstrip("/")
    if not text.startswith("/") or len(text.split("/")) % 2 == 0 or "//" in text:
        raise SandboxError(
            f"'{resource_id}' is no id of an Azure resource", "ids start with /subscriptions/ or /providers/"
        )
    subscription, group = subscription_of(text), group_of(text)
    if subscription and lower(text).count("/") > 2:  # noqa: PLR2004  # inside a subscription
        if f"/subscriptions/{subscription}" not in world.table(SUBSCRIPTIONS):
            raise SandboxError(
                f"{text} lies in subscription {subscription}, which does not exist", "name it under `subscriptions`"
            )
        if group and group_id_of(text) != lower(text) and group_id_of(text) not in world.table(GROUPS):
            raise SandboxError(
                f"{text} lies in resource group {group}, which does not exist", "name it under `resourceGroups`"
            )
    return text


def merged(base: Any, changes: Any) -> Any:
    """JSON merge patch: mappings merge, null removes, all else replaces."""
    if not isinstance(changes, Mapping):
        return deepcopy(changes)
    found = dict(base) if isinstance(base, Mapping) else {}
    for key, value in changes.items():
        if value is None:
            found.pop(key, None)
        else:
            found[key] = merged(found.get(key), value)
    return found
