"""One file per managed kind: how Azure's bodies become values of the model, and how the steps of changes are written.

Not here: sending: a write is handed the SDK's operations, which only `azure.writing` and `azure.requesting` can make.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import partial
from typing import Any, Generic, Protocol, TypeVar

from reconciler.azure.kinds import groups, instances, policies, roles, vaults
from reconciler.azure.receipts import Write
from reconciler.model.changes import Op
from reconciler.model.estate import Estate
from reconciler.model.ids import ArmId


class HasId(Protocol):
    """What lists have rows of."""

    @property
    def id(self) -> ArmId:
        """Its id."""


Row = TypeVar("Row", bound=HasId)


@dataclass(frozen=True, slots=True)
class ResourceList(Generic[Row]):
    """One list: its path below what encloses it, the mapping of the estate that its rows go into, and their projection."""

    path: str
    rows: Callable[[Estate], dict[str, Row]]
    project: Callable[..., Row]


@dataclass(frozen=True, slots=True)
class ResourceKind:
    """One kind of object: its projection by ARM type, its writes, and the lists of a subscription and of a vault."""

    types: Mapping[str, Callable[[Mapping[str, Any]], HasId]]
    writes: Mapping[Op, Write]
    in_subscription: tuple[ResourceList[Any], ...] = ()
    in_vault: tuple[ResourceList[Any], ...] = ()


_DELETED = partial(instances.project, deleted=True)

KINDS = (
    ResourceKind(
        {vaults.TYPE: vaults.project},
        vaults.WRITES,
        in_subscription=(
            ResourceList(
                "/providers/Microsoft.DataProtection/backupVaults", lambda estate: estate.vaults, vaults.project
            ),
        ),
    ),
    ResourceKind(
        {policies.TYPE: policies.project},
        policies.WRITES,
        in_vault=(ResourceList("/backupPolicies", lambda estate: estate.policies, policies.project),),
    ),
    ResourceKind(
        {groups.TYPE: groups.project},
        groups.WRITES,
        in_subscription=(ResourceList("/resourcegroups", lambda estate: estate.groups, groups.project),),
    ),
    ResourceKind({roles.TYPE: roles.project}, roles.WRITES),
    ResourceKind(
        {instances.TYPE: instances.project, instances.DELETED_TYPE: _DELETED},
        instances.WRITES,
        in_vault=(
            ResourceList("/backupInstances", lambda estate: estate.instances, instances.project),
            ResourceList("/deletedBackupInstances", lambda estate: estate.deleted_instances, _DELETED),
        ),
    ),
)
"""Every managed kind. Role assignments are listed by principal, which `azure.reading` does itself."""
