"""A backup instance's body, and what is sent along with it."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from reconciler.model.addresses import Address
from reconciler.model.changes import FieldChange, Op, Probe
from reconciler.model.codes import planning as codes
from reconciler.model.findings import Place
from reconciler.model.ids import ArmId
from reconciler.model.tags import OWNER_TAG
from reconciler.planning.desired import DesiredDisk
from reconciler.planning.draft import Draft
from reconciler.planning.role_book import Grants
from reconciler.planning.world import World

_GUARDED = frozenset(
    {Op.INSTANCE_MERGE, Op.INSTANCE_REPAIR, Op.INSTANCE_STOP, Op.INSTANCE_SUSPEND, Op.INSTANCE_DELETE, Op.RESTORE_START}
)


def guard_of(world: World, vault: ArmId, *ops: Op) -> tuple[str, ...] | None:
    """The resource guard requests to send along with these operations; None when one is needed and none was given."""
    live = world.estate.vaults.get(vault.key)
    requests = tuple(world.options.guard_requests.get(vault.key, ()))
    if live and live.guarded and not _GUARDED.isdisjoint(ops) and not requests:
        return None
    return requests


def guard_or_refuse(
    draft: Draft, vault: ArmId, ops: Iterable[Op], address: Address, place: Place | None = None
) -> tuple[str, ...] | None:
    """The resource guard requests to send along; None, and `address` is refused, when one is needed and none was given."""
    guard = guard_of(draft.world, vault, *ops)
    if guard is None:
        message = f"a resource guard protects the vault {vault.name}, and must approve this change"
        draft.decisions.refuse(address, codes.RESOURCE_GUARD, message, place=place)
    return guard


def probe(wanted: DesiredDisk, grants: Grants) -> Probe | None:
    """What must be effective before the disk's instance is written; None when nothing is new or missing."""
    identity = wanted.vault.identity
    used = identity.key if isinstance(identity, ArmId) else "system"
    return grants.probe(wanted.vault.id.key, used, wanted.group_id.key)


def identity(declared: ArmId | str) -> dict[str, Any]:
    """The wire's `identityDetails` for a declared identity."""
    if isinstance(declared, ArmId):
        return {"useSystemAssignedIdentity": False, "userAssignedIdentityArmUrl": declared.text}
    return {"useSystemAssignedIdentity": True}


def shown(wanted: DesiredDisk, policy: ArmId | None) -> dict[str, Any]:
    """The fields of a new instance, as a plan shows them."""
    return {
        "vault": wanted.vault.azure_name,
        "policy": policy.name if policy else wanted.policy.name,
        "snapshotResourceGroup": wanted.group_id.text,
        "protection": "protected",
    }


def body(wanted: DesiredDisk, policy: ArmId, owner: str) -> dict[str, Any]:
    """The body of a new instance, with the keys and constants of recorded traffic."""
    disk = wanted.disk
    source = {
        "objectType": "Datasource",
        "datasourceType": "Microsoft.Compute/disks",
        "resourceID": disk.id.text,
        "resourceLocation": disk.location,
        "resourceName": disk.id.name,
        "resourceType": "Microsoft.Compute/disks",
        "resourceUri": disk.id.text,
    }
    store = {
        "objectType": "AzureOperationalStoreParameters",
        "dataStoreType": "OperationalStore",
        "resourceGroupId": wanted.group_id.text,
    }
    properties: dict[str, Any] = {
        "objectType": "BackupInstance",
        "friendlyName": disk.id.name,
        "dataSourceInfo": source,
        "policyInfo": {"policyId": policy.text, "policyParameters": {"dataStoreParametersList": [store]}},
        "validationType": "ShallowValidation",
    }
    if isinstance(wanted.vault.identity, ArmId):
        properties["identityDetails"] = identity(wanted.vault.identity)
    return {"properties": properties, "tags": {OWNER_TAG: owner}}


def is_health(fields: tuple[FieldChange, ...]) -> bool:
    """Whether only the state of protection differs, apart from our mark, which is written along with any change."""
    other = [entry for entry in fields if entry.path != "protection" and not entry.tag]
    return fields[0].path == "protection" and not other


def reason(fields: tuple[FieldChange, ...]) -> str:
    """The reason for a change of an instance whose protection is as declared."""
    names = [entry.path for entry in fields if not entry.tag]
    return f"another {' and '.join(names)} is declared" if names else "gets this manifest's mark"
