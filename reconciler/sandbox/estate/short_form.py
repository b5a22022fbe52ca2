"""The short form of an estate's resources: subscriptions with resource groups with disks, machines, locks and so on.

```yaml
subscriptions:
  - id: 22222222-2222-2222-2222-222222222222
    name: apps
    providers: {Microsoft.DataProtection: NotRegistered}
    resourceGroups:
      - name: diskrg
        location: westus                       # and of what lies in it, unless it says otherwise
        tags: {team: payments}
        managedBy: ""                          # such as the id of the AKS cluster whose nodes are here
        disks: [{name: data, sku: Premium_LRS, sizeGB: 128, tags: {backup: gold}, attachedTo: web}]
        virtualMachines: [{name: web, osDisk: web-os, dataDisks: [{disk: data, lun: 0, caching: ReadOnly}]}]
        virtualMachineScaleSets: [{name: workers, instances: 2}]
        snapshots: [{name: before-upgrade, disk: data}]
        diskEncryptionSets: [{name: keys}]
        identities: [{name: backup}]
        locks: [{name: keep, level: CanNotDelete}]
    locks: []
    roleAssignments: [{role: Reader, principal: <guid, or the id of a vault or identity>}]
```

A disk also takes `location`, `zones`, `encryptionSet` (name or id), `encryptedInside: true` (Azure Disk Encryption),
`managedBy`, `count: 12` (name-001 to name-012), `uniqueId`, `claim: namespace/name` (a volume of Kubernetes) and
`properties`, which win over all of these. `attachedTo: workers/0` is an instance of a scale set.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from reconciler.sandbox import json_text, tampering
from reconciler.sandbox.arm.ids import lower
from reconciler.sandbox.authorization.built_in_roles import BY_GUID, BY_NAME
from reconciler.sandbox.authorization.conditions import ConditionError, parse
from reconciler.sandbox.authorization.rights import definition_named
from reconciler.sandbox.errors import SandboxError
from reconciler.sandbox.estate import form
from reconciler.sandbox.estate.reader import Mapped, plain
from reconciler.sandbox.tables import Record
from reconciler.sandbox.world import World

Body = tuple[Mapped, Record]
_SCALE_SETS = "Microsoft.Compute/virtualMachineScaleSets"
_KINDS = {
    "virtualMachines": ("Microsoft.Compute/virtualMachines", form.MACHINE),
    "virtualMachineScaleSets": (_SCALE_SETS, form.SCALE_SET),
    "diskEncryptionSets": ("Microsoft.Compute/diskEncryptionSets", form.ENCRYPTION_SET),
    "identities": ("Microsoft.ManagedIdentity/userAssignedIdentities", form.IDENTITY),
    "snapshots": ("Microsoft.Compute/snapshots", form.SNAPSHOT),
}


@contextmanager
def placed(place: Mapped, key: str = "") -> Iterator[None]:
    """Prefix what goes wrong inside with file and line."""
    try:
        yield
    except SandboxError as error:
        raise SandboxError(f"{place.where(key)}: {error.message}", error.hint) from None


def check_keys(found: Mapped, known: form.Form) -> None:
    """SandboxError for a key that nobody would read."""
    for key in found:
        if key not in known.names:
            raise SandboxError(f"{found.where(key)}: {known.article} has no '{key}'", f"keys: {', '.join(known.names)}")


def mappings(found: Mapped, key: str) -> list[Mapped]:
    """The mappings listed under a key; SandboxError when anything else is."""
    rows = found.get(key)
    if rows is None:
        return []
    if not isinstance(rows, list) or not all(isinstance(row, Mapped) for row in rows):
        raise SandboxError(f"{found.where(key)}: {key} takes a list of mappings", "write `- name: …` lines under it")
    return rows


def text(found: Mapped, key: str) -> str:
    """The text under a key that has to be there."""
    value = found.get(key)
    if value is None or isinstance(value, (dict, list, bool)) or value == "":
        raise SandboxError(f"{found.where(key)}: {key} is missing or no text", f"add `{key}: …`")
    return str(value)


def bodies(world: World, data: Mapped) -> Iterator[Body]:
    """The ARM bodies of everything that stands under `managementGroups` and `subscriptions`."""
    for group in mappings(data, "managementGroups"):
        check_keys(group, form.MANAGEMENT_GROUP)
        body: Record = {"_parent": _management_group(group["parent"]) if group.get("parent") else ""}
        body["properties"] = {
            "displayName": str(group.get("displayName") or text(group, "name")),
            "tenantId": world.tenant,
        }
        yield group, {"id": _management_group(text(group, "name")), **body}
    above = {
        lower(str(member)): _management_group(text(group, "name"))
        for group in mappings(data, "managementGroups")
        for member in group.get("subscriptions") or ()
    }
    for subscription in mappings(data, "subscriptions"):
        yield from _subscription(subscription, above)


def _management_group(name: str) -> str:
    return f"/providers/Microsoft.Management/managementGroups/{name}"


def _subscription(found: Mapped, above: dict[str, str]) -> Iterator[Body]:
    check_keys(found, form.SUBSCRIPTION)
    name = text(found, "id")
    scope = f"/subscriptions/{name}"
    yield (
        found,
        {
            "id": scope,
            "displayName": str(found.get("name") or name),
            "state": found.get("state", "Enabled"),
            "_providers": plain(found.get("providers") or {}),
            "_managementGroup": above.get(lower(name), ""),
        },
    )
    yield from _locks(found, scope)
    for group in mappings(found, "resourceGroups"):
        yield from _group(group, scope)


def _group(found: Mapped, subscription: str) -> Iterator[Body]:
    check_keys(found, form.GROUP)
    scope = f"{subscription}/resourceGroups/{text(found, 'name')}"
    location = text(found, "location")
    owner = {"managedBy": text(found, "managedBy")} if found.get("managedBy") else {}
    yield found, {"id": scope, "location": location, **owner, **_tags(found)}
    for disk in mappings(found, "disks"):
        check_keys(disk, form.DISK)
        for name in _names(disk):
            yield disk, _disk(disk, scope, name, location)
    for key, (kind, known) in _KINDS.items():
        for row in mappings(found, key):
            check_keys(row, known)
            made = _other(row, f"{scope}/providers/{kind}/{text(row, 'name')}", scope, location)
            if known is form.MACHINE:
                made["properties"] = {**_storage(row, scope), **made["properties"]}
            yield row, made
            for number in range(_count(row, "instances", 0)):
                yield row, {"id": f"{made['id']}/virtualMachines/{number}", "location": made["location"]}
    yield from _locks(found, scope)


def _names(disk: Mapped) -> list[str]:
    name, count = text(disk, "name"), _count(disk, "count", None)
    if count is None:
        return [name]
    if "uniqueId" in disk:
        raise SandboxError(f"{disk.where('uniqueId')}: {count} disks have one uniqueId", "leave out uniqueId or count")
    width = max(3, len(str(count)))
    return [f"{name}-{number:0{width}}" for number in range(1, count + 1)]


def _count(found: Mapped, key: str, default: Any) -> Any:
    number = found.get(key, default)
    if number is not default and (not isinstance(number, int) or isinstance(number, bool) or number < 0):
        raise SandboxError(
            f"{found.where(key)}: {key}: {json_text.shown(number)} is no whole number", "write a number, such as 12"
        )
    return number


def _disk(found: Mapped, group: str, name: str, location: str) -> Record:
    machine = str(found.get("managedBy") or "")
    if found.get("attachedTo"):
        machine = _machine(group, str(found["attachedTo"]))
    properties: Record = {"diskSizeGB": found.get("sizeGB", 128)}
    if found.get("uniqueId"):
        properties["uniqueId"] = text(found, "uniqueId")
    if found.get("encryptionSet"):
        keys = _within(group, "Microsoft.Compute/diskEncryptionSets", str(found["encryptionSet"]))
        properties["encryption"] = {"type": "EncryptionAtRestWithCustomerKey", "diskEncryptionSetId": keys}
    if found.get("encryptedInside"):
        properties["encryptionSettingsCollection"] = {"enabled": True}
    return {
        "id": f"{group}/providers/Microsoft.Compute/disks/{name}",
        "location": found.get("location", location),
        "sku": {"name": found.get("sku", "Premium_LRS")},
        **({"zones": [str(zone) for zone in found["zones"]]} if found.get("zones") else {}),
        **({"managedBy": machine} if machine else {}),
        **_tags(found, _volume(found, name)),
        "properties": {**properties, **plain(found.get("properties") or {})},
    }


def _machine(group: str, name: str) -> str:
    """The id of a machine, or of an instance of a scale set."""
    if name.startswith("/") or "/" not in name:
        return _within(group, "Microsoft.Compute/virtualMachines", name)
    scale_set, _, number = name.partition("/")
    return f"{_within(group, _SCALE_SETS, scale_set)}/virtualMachines/{number}"


def _volume(found: Mapped, name: str) -> dict[str, str]:
    """The tags that Kubernetes gives the disk of a persistent volume's claim."""
    if not found.get("claim"):
        return {}
    namespace, _, claim = text(found, "claim").rpartition("/")
    tag = "kubernetes.io-created-for"
    told = {"pv-name": name, "pvc-name": claim, "pvc-namespace": namespace or "default"}
    return {f"{tag}-{key}": value for key, value in told.items()} | {"k8s-azure-created-by": "kubernetes-azure-dd"}


def _other(found: Mapped, resource_id: str, group: str, location: str) -> Record:
    properties = plain(found.get("properties") or {})
    if found.get("disk"):
        disk = _within(group, "Microsoft.Compute/disks", str(found["disk"]))
        properties = {"creationData": {"createOption": "Copy", "sourceResourceId": disk}, **properties}
    place = {"location": found.get("location", location), **_tags(found)}
    if found.get("sku"):
        place["sku"] = {"name": text(found, "sku")}
    if found.get("zones"):
        place["zones"] = [str(zone) for zone in found["zones"]]
    return {"id": resource_id, **place, "properties": properties}


def _storage(found: Mapped, group: str) -> Record:
    """The storage profile of a machine whose disks are named; nothing for any other."""
    os_disk: Record = {}
    if found.get("osDisk"):
        os_disk["managedDisk"] = {"id": _within(group, "Microsoft.Compute/disks", text(found, "osDisk"))}
    if found.get("osCaching"):
        os_disk["caching"] = text(found, "osCaching")
    data: list[Record] = []
    for lun, row in enumerate(mappings(found, "dataDisks")):
        check_keys(row, form.DATA_DISK)
        entry: Record = {"lun": _count(row, "lun", lun)}
        if row.get("caching"):
            entry["caching"] = text(row, "caching")
        if row.get("writeAccelerator"):
            entry["writeAcceleratorEnabled"] = True
        data.append({**entry, "managedDisk": {"id": _within(group, "Microsoft.Compute/disks", text(row, "disk"))}})
    if not (os_disk or data):
        return {}
    return {"storageProfile": {**({"osDisk": os_disk} if os_disk else {}), "dataDisks": data}}


def _within(group: str, kind: str, name: str) -> str:
    return name if name.startswith("/") else f"{group}/providers/{kind}/{name}"


def _tags(found: Mapped, more: dict[str, str] | None = None) -> Record:
    tags = found.get("tags")
    if tags is None:
        return {"tags": more} if more else {}
    if not isinstance(tags, dict):
        raise SandboxError(f"{found.where('tags')}: tags takes a mapping", "write `tags: {team: payments}`")
    return {"tags": (more or {}) | {key: "" if value is None else str(value) for key, value in tags.items()}}


def _locks(found: Mapped, scope: str) -> Iterator[Body]:
    for lock in mappings(found, "locks"):
        check_keys(lock, form.LOCK)
        notes = {"notes": str(lock["notes"])} if lock.get("notes") else {}
        properties: Record = {"level": text(lock, "level"), **notes}
        yield (
            lock,
            {"id": f"{scope}/providers/Microsoft.Authorization/locks/{text(lock, 'name')}", "properties": properties},
        )


def assign(world: World, data: Mapped) -> None:
    """Make the role assignments that stand in the short form, once everything else exists."""
    places = [("", data)]
    for subscription in mappings(data, "subscriptions"):
        scope = f"/subscriptions/{text(subscription, 'id')}"
        places.append((scope, subscription))
        places += [
            (f"{scope}/resourceGroups/{text(group, 'name')}", group)
            for group in mappings(subscription, "resourceGroups")
        ]
    for scope, found in places:
        for row in mappings(found, "roleAssignments"):
            check_keys(row, form.ROLE_ASSIGNMENT)
            at = str(row.get("scope") or scope)
            if not at:
                raise SandboxError(f"{row.where()}: scope is missing", "add `scope: /subscriptions/…`")
            _assign(world, row, at, _principal(world, row))


def assign_callers(world: World, data: Mapped) -> None:
    """Give callers the roles that the estate says they hold."""
    for caller, known in zip(mappings(data, "callers"), world.callers, strict=True):
        for row in mappings(caller, "roles"):
            check_keys(row, form.CALLER_ROLE)
            _assign(world, row, text(row, "scope"), known["objectId"])


def _assign(world: World, row: Mapped, scope: str, principal: str) -> None:
    role = text(row, "role")
    known = BY_NAME.get(lower(role)) or BY_GUID.get(lower(role))
    own = role if role.startswith("/") else definition_named(world, role)
    if known is None and not own:
        raise SandboxError(
            f"{row.where('role')}: there is no role '{role}'",
            f"roles: {', '.join(sorted(one.name for one in BY_GUID.values()))}, one of roleDefinitions, or the id of a definition",
        )
    _check_condition(row)
    definition = f"/providers/Microsoft.Authorization/roleDefinitions/{known.guid}" if known else own
    scope = scope.rstrip("/")
    name = world.guid(f"{scope} {principal} {definition}", "assignment of the estate")
    kind = {key: row[key] for key in ("principalType", "condition") if row.get(key)}
    properties = {"roleDefinitionId": definition, "principalId": principal, **kind}
    with placed(row):
        tampering.put(
            world, f"{scope}/providers/Microsoft.Authorization/roleAssignments/{name}", {"properties": properties}
        )


def _check_condition(row: Mapped) -> None:
    if row.get("condition") is None:
        return
    try:
        parse(text(row, "condition"))
    except ConditionError as error:
        raise SandboxError(
            f"{row.where('condition')}: {error}",
            "conditions may limit which roles are assigned to which principals; see samples/roles/condition.txt",
        ) from None


def _principal(world: World, row: Mapped) -> str:
    said = text(row, "principal")
    if not said.startswith("/"):
        return said
    record = world.find(said) or {}
    found: Any = (record.get("identity") or {}).get("principalId") or (record.get("properties") or {}).get(
        "principalId"
    )
    if not found:
        raise SandboxError(
            f"{row.where('principal')}: {said} has no identity here",
            "name a vault with a system identity, or an identity",
        )
    return str(found)
