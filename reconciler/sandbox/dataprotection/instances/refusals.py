"""What Azure refuses of an instance's PUT at once."""

from __future__ import annotations

from typing import Any

from reconciler.sandbox.arm.ids import lower
from reconciler.sandbox.dataprotection.errors import ALREADY_HAS_INSTANCE, invalid, refusal
from reconciler.sandbox.dataprotection.instances import lookups, states
from reconciler.sandbox.dataprotection.namespace import INSTANCES, vault_of
from reconciler.sandbox.dataprotection.permissions import disk_of, snapshot_group_of
from reconciler.sandbox.dataprotection.spelling import at, same, text
from reconciler.sandbox.tables import Record
from reconciler.sandbox.world import World

LIMIT = 5000


def check_policy(world: World, vault: Record, properties: dict[str, Any]) -> None:
    """The policy has to exist, in the same vault, and to be one for such datasources."""
    policy = text(properties, "policyInfo", "policyId")
    if not same(vault_of(policy), vault["id"]):
        raise invalid("The policy lies in another Backup vault.")
    found = world.find(policy)
    if found is None:
        raise invalid(f"The policy {policy} was not found.")
    kinds, wanted = (
        at(found, "properties", "datasourceTypes") or [],
        text(properties, "dataSourceInfo", "datasourceType"),
    )
    if kinds and wanted and not any(same(kind, wanted) for kind in kinds):
        raise invalid(f"The policy {policy} is one for {', '.join(kinds)}, not for {wanted}.")


def check_new(world: World, vault: Record, instance: Record) -> None:
    """A new instance needs room in the vault, and a disk that nothing else protects."""
    if world.table(INSTANCES).count(lower(vault["id"])) >= LIMIT:
        raise invalid(f"A Backup vault takes {LIMIT} backup instances.")
    check_owner(world, vault, instance)
    for gone in lookups.soft_deleted(world, disk_of(instance["properties"])):
        if same(vault_of(gone["id"]), vault["id"]):
            raise _taken(gone, world.switch("protect_soft_deleted_again"))
    same_name = f"{vault['id']}/deletedBackupInstances/{instance['name']}"
    gone_by_name = world.find(same_name)
    if gone_by_name is not None:
        raise _taken(gone_by_name, world.switch("protect_soft_deleted_again"))


def check_owner(world: World, vault: Record, instance: Record) -> None:
    """One disk has one active instance across all vaults."""
    for other in lookups.protecting(world, disk_of(instance["properties"])):
        if not same(other["id"], instance["id"]) and not is_let_go(world, vault, other):
            raise _taken(other, ALREADY_HAS_INSTANCE)


def is_let_go(world: World, vault: Record, other: Record) -> bool:
    """Whether another vault's instance lets its disk be protected here, since its own protection is stopped."""
    elsewhere = not same(vault_of(other["id"]), vault["id"])
    stopped = states.state_of(other) == states.STOPPED
    return elsewhere and stopped and bool(world.switch("stopped_elsewhere") == "accepted")


def _taken(other: Record, code: str) -> Exception:
    called = other["properties"].get("friendlyName") or other["name"]
    return refusal(
        400,
        code,
        f"Datasource is already associated with the backup instance {called} in the Backup vault "
        f"{vault_of(other['id'])} with the protection status as {states.state_of(other)}.",
        advice=f"Delete the backup instance {called} from the Backup vault {vault_of(other['id'])} to "
        "re-protect the datasource in any other vault",
    )


def check_change(world: World, live: Record, wanted: Record) -> None:
    """The disk and the snapshot resource group of an instance never change, nor does one that is being deleted."""
    check_not_deleting(live)
    before, after = live["properties"], wanted["properties"]
    if not same(disk_of(before), disk_of(after)):
        raise invalid("The datasource of a backup instance cannot be changed.")
    if snapshot_group_of(before) and not same(snapshot_group_of(before), snapshot_group_of(after)):
        if world.switch("snapshot_group_change") == "refused":
            raise invalid("The snapshot resource group cannot be changed once backup is configured.")
        after["policyInfo"] = {**after["policyInfo"], "policyParameters": before["policyInfo"]["policyParameters"]}
    if states.state_of(live) in states.HALTED and world.switch("put_while_stopped") == "refused":
        raise invalid(f"The backup instance is in the state {states.state_of(live)}.")


def check_not_deleting(instance: Record) -> None:
    """400 for an instance that is on its way out."""
    if states.state_of(instance) == states.SOFT_DELETING:
        raise invalid(f"The backup instance is in the state {states.SOFT_DELETING}.")
