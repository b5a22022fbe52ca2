"""Finding instances by the policy that they use and by the datasource that they protect, in any vault."""

from __future__ import annotations

from collections.abc import Iterator

from reconciler.sandbox.arm.ids import lower
from reconciler.sandbox.dataprotection.namespace import DELETED_INSTANCES, INSTANCES
from reconciler.sandbox.dataprotection.spelling import text
from reconciler.sandbox.tables import Record, indexed
from reconciler.sandbox.world import World


@indexed(INSTANCES)
@indexed(DELETED_INSTANCES)
def by_policy_and_datasource(record: Record) -> tuple[str, str]:
    """Instances are also found by policy and by datasource."""
    properties = record.get("properties") or {}
    return (
        f"policy:{_key(text(properties, 'policyInfo', 'policyId'))}",
        f"datasource:{_key(text(properties, 'dataSourceInfo', 'resourceID'))}",
    )


def _key(resource_id: str) -> str:
    return lower(resource_id).rstrip("/")


def uses(world: World, policy: str) -> int:
    """How many active instances use a policy."""
    return world.table(INSTANCES).count(f"policy:{_key(policy)}")


def soft_deleted_uses(world: World, policy: str) -> int:
    """How many soft-deleted instances used a policy."""
    return world.table(DELETED_INSTANCES).count(f"policy:{_key(policy)}")


def protecting(world: World, datasource: str) -> Iterator[Record]:
    """The instances that protect a datasource, in any vault and any state but soft-deleted, by id."""
    table = world.table(INSTANCES)
    yield from (table[key] for key in table.below(f"datasource:{_key(datasource)}"))


def soft_deleted(world: World, datasource: str) -> Iterator[Record]:
    """The soft-deleted instances that protected a datasource, by id."""
    table = world.table(DELETED_INSTANCES)
    yield from (table[key] for key in table.below(f"datasource:{_key(datasource)}"))
