"""Reads the estate with list calls, all at once; a list that can't be read to the end fails the whole look.

The number of calls grows with subscriptions, vaults and pages, never with disks.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from functools import partial
from typing import Any

from reconciler.azure import disks, fields, projection, survey
from reconciler.azure.answering import answer
from reconciler.azure.connection import Azure, incomplete
from reconciler.azure.fields import within
from reconciler.azure.kinds import KINDS, Row, roles
from reconciler.azure.reads import together
from reconciler.base import garbage
from reconciler.model.errors import AzureError, NotFound, OutOfReach, ReadIncomplete
from reconciler.model.estate import EXISTS, Estate, Found
from reconciler.model.ids import ArmId, lower
from reconciler.model.known import NO, OUT_OF_REACH, Known, No, Unsure, Yes
from reconciler.model.resources import OwnedVault, RoleAssignment, UserIdentity, Vault
from reconciler.model.scope import Reach, concerns
from reconciler.model.tags import OWNER_TAG, tag_of

__all__ = ["answer", "descendants", "read_estate"]

_MAPPINGS = (
    "groups",
    "vaults",
    "policies",
    "instances",
    "deleted_instances",
    "disks",
    "roles",
    "locks",
    "identities",
    "machines",
)
_IN_SUBSCRIPTION = tuple(one for kind in KINDS for one in kind.in_subscription)
_IN_VAULT = tuple(one for kind in KINDS for one in kind.in_vault)
_MOST_FILTERS = 3
_IN_FLIGHT = 32


async def read_estate(azure: Azure, reach: Reach) -> Estate:
    """The estate that `reach` names; ReadIncomplete when any of its lists can't be read to the end."""
    with garbage.held(), azure.looking():
        return await _Look(azure, reach).whole()


async def descendants(azure: Azure, groups: Iterable[str]) -> dict[str, tuple[str, ...]]:
    """The ids of the subscriptions anywhere below each management group, lower-cased and sorted.

    ReadIncomplete when a group can't be read: Azure answers the same for a missing group and one without access.
    """
    names = tuple(groups)
    with azure.looking():
        found = await together(*(_descendants(azure, name) for name in names))
    return dict(zip(names, found, strict=True))


async def _descendants(azure: Azure, group: str) -> tuple[str, ...]:
    try:
        rows = await azure.list(f"/providers/Microsoft.Management/managementGroups/{group}/descendants")
    except ReadIncomplete as error:
        if isinstance(error.__cause__, (NotFound, OutOfReach)):
            raise ReadIncomplete(
                f"Could not read the management group {group}, so the subscriptions below it are unknown: "
                f"{error.__cause__.message}",
                hint="Give the caller Management Group Reader there, or correct the name: use the group's id, not its display name.",
                code=OUT_OF_REACH,
            ) from error
        raise
    ids = (ArmId(str(fields.pick(row, "id") or "")) for row in rows)
    return tuple(sorted({own.subscription for own in ids if own.subscription}))


@dataclass(slots=True)
class _Look:
    """One look at Azure."""

    azure: Azure
    reach: Reach
    estate: Estate = field(default_factory=Estate)
    _marked: Known[tuple[Vault, ...]] = NO
    _slots: asyncio.Semaphore = field(default_factory=lambda: asyncio.Semaphore(_IN_FLIGHT))

    async def whole(self) -> Estate:
        """The estate, with every mapping sorted by id."""
        self.estate.subscriptions = self.reach.subscriptions
        self.estate.disk_subscriptions = self.reach.disk_subscriptions
        await together(self._lists(), self._ask_for_marks())
        await self._owned_elsewhere()
        for name in _MAPPINGS:
            setattr(self.estate, name, dict(sorted(getattr(self.estate, name).items())))
        return self.estate

    async def _lists(self) -> None:
        """Read the lists of the subscriptions first, since they show the vaults; then those of the vaults."""
        await self._subscriptions_and_identities()
        await self._unlisted_vaults()
        vaults = [vault for vault in self.estate.vaults.values() if concerns(self.reach, vault)]
        await together(*(self._vault(vault) for vault in vaults), self._roles(vaults))

    async def _subscriptions_and_identities(self) -> None:
        await together(
            *(self._subscription(subscription) for subscription in self.reach.subscriptions),
            *(self._disks(subscription) for subscription in self.reach.disk_subscriptions),
            *(self._machines(subscription) for subscription in self.reach.machine_subscriptions),
            *(self._identity(ArmId(key)) for key in self.reach.identities),
        )

    async def _subscription(self, subscription: str) -> None:
        base = f"/subscriptions/{subscription}"
        estate = self.estate
        await together(
            *(self._read(f"{base}{one.path}", one.rows(estate), within(base, one.project)) for one in _IN_SUBSCRIPTION),
            self._read(f"{base}/providers/Microsoft.Authorization/locks", estate.locks, within(base, projection.lock)),
        )

    async def _unlisted_vaults(self) -> None:
        """Read declared vaults that no list shows by id: a list may lag, or be filtered by rights."""
        missing = [EXISTS(ArmId(key)) for key in self.reach.vaults if key not in self.estate.vaults]
        for question, presence in (await answer(self.azure, missing)).items():
            self.estate.answers[question] = presence
            match presence:
                case Yes(Found(resource=Vault() as vault)):
                    self.estate.vaults[question.subject.key] = vault

    async def _disks(self, subscription: str) -> None:
        path = f"/subscriptions/{subscription}/providers/Microsoft.Compute/disks"
        await self._read(path, self.estate.disks, within(f"/subscriptions/{subscription}", disks.project))

    async def _machines(self, subscription: str) -> None:
        path = f"/subscriptions/{subscription}/providers/Microsoft.Compute/virtualMachines"
        _keep(self.estate.machines, await self._rows(path), projection.machine, path)

    async def _vault(self, vault: Vault) -> None:
        base, estate = vault.id.text, self.estate
        await together(
            *(
                self._read(f"{base}{one.path}", one.rows(estate), within(base, partial(one.project, vault=vault.id)))
                for one in _IN_VAULT
            )
        )

    async def _roles(self, vaults: Iterable[Vault]) -> None:
        principals = self._principals(vaults)
        if not principals:
            return
        few = len(principals) <= _MOST_FILTERS
        filters = [{"$filter": f"principalId eq '{principal}'"} for principal in principals] if few else [None]
        asked = [(subscription, query) for subscription in self.reach.role_subscriptions for query in filters]
        lists = await together(
            *(
                self._rows(f"/subscriptions/{subscription}/providers/Microsoft.Authorization/roleAssignments", query)
                for subscription, query in asked
            )
        )
        for (subscription, _), rows in zip(asked, lists, strict=True):
            self._keep_roles(subscription, rows)

    def _keep_roles(self, subscription: str, rows: Iterable[Mapping[str, Any]]) -> None:
        """Keep each assignment once, with all subscriptions that list it: one above subscriptions is in several lists."""
        found: dict[str, RoleAssignment] = {}
        _keep(found, rows, roles.project, "role assignments")
        for key, row in found.items():
            known = self.estate.roles.setdefault(key, row)
            known.listed_in = tuple(dict.fromkeys((*known.listed_in, subscription)))

    def _principals(self, vaults: Iterable[Vault]) -> list[str]:
        """The principals of the identities in play, sorted."""
        found = {principal for vault in vaults for principal in vault.principals}
        found.update(identity.principal_id for identity in self.estate.identities.values() if identity.principal_id)
        return sorted(found)

    async def _identity(self, identity: ArmId) -> None:
        try:
            async with self._slots:
                body = await self.azure.get(identity)
        except NotFound:
            return
        except AzureError as error:
            raise incomplete(identity.text, error) from error
        found: UserIdentity = projection.identity(body)
        self.estate.identities[identity.key] = found

    async def _ask_for_marks(self) -> None:
        if self.reach.owners:
            self._marked = await survey.graph_vaults(self.azure, marked=True)

    async def _owned_elsewhere(self) -> None:
        """Read the vaults anywhere that bear our mark; they only add findings."""
        if not self.reach.owners:
            return
        ours = [vault for vault in self.estate.vaults.values() if self._is_ours(vault)]
        found = await survey.vaults(self.azure, self._marked, ours)
        match found:
            case Yes(vaults):
                rows = {
                    vault.id.key: OwnedVault(vault.id, tag_of(vault.tags, OWNER_TAG))
                    for vault in vaults
                    if self._is_ours(vault)
                }
                self.estate.owned_vaults = Yes(tuple(rows[key] for key in sorted(rows)))
            case No() | Unsure():
                self.estate.owned_vaults = found

    def _is_ours(self, vault: Vault) -> bool:
        return lower(tag_of(vault.tags, OWNER_TAG)) in self.reach.owners

    async def _rows(self, path: str, query: Mapping[str, str] | None = None) -> list[dict[str, Any]]:
        async with self._slots:
            return await self.azure.list(path, query=query)

    async def _read(self, path: str, into: dict[str, Row], project: Callable[[Mapping[str, Any]], Row]) -> None:
        """Read a list and project it page by page, since whole bodies take ten times the memory."""
        async with self._slots:
            await self.azure.each_page(path, lambda rows: _keep(into, rows, project, path))


def _keep(
    into: dict[str, Row],
    rows: Iterable[Mapping[str, Any]],
    project: Callable[[Mapping[str, Any]], Row],
    what: str,
) -> None:
    """Project the rows into the mapping by id, so that two spellings of an id are one object."""
    with fields.understood(f"A row in a list of {what}"):
        for row in rows:
            found = project(row)
            into.setdefault(found.id.key, found)
