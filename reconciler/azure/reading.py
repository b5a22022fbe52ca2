"""Reads the estate with list calls, all at once; a list that can't be read to the end fails the whole look.

The number of calls grows with subscriptions, vaults and pages, never with disks.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from reconciler.azure import disks, fields, projection, survey
from reconciler.azure.answering import answer
from reconciler.azure.connection import Azure, incomplete
from reconciler.azure.fields import within
from reconciler.azure.kinds import KINDS, HasId, ResourceList, Row, roles
from reconciler.azure.reads import known, together
from reconciler.base import garbage
from reconciler.model.errors import AzureError, NotFound, OutOfReach, ReadIncomplete
from reconciler.model.estate import ATTRIBUTES, EXISTS, MAPPINGS, Estate, Found
from reconciler.model.ids import ArmId, lower
from reconciler.model.known import NO, OUT_OF_REACH, Known, No, Unsure, Yes
from reconciler.model.resources import Instance, OwnedVault, RoleAssignment, Vault
from reconciler.model.scope import Reach, concerns
from reconciler.model.short_names import ShortNames, named
from reconciler.model.tags import OWNER_TAG, tag_of

_IN_SUBSCRIPTION = tuple(one for kind in KINDS for one in kind.in_subscription)
_IN_VAULT = tuple(one for kind in KINDS for one in kind.in_vault)
_MOST_FILTERS = 3
_IN_FLIGHT = 32


Skip = Callable[[str, str, str], None]
"""Told of a row that is left out: which list it is in, what it is called, and why it can't be understood."""


async def read_estate(azure: Azure, reach: Reach, *, skip: Skip | None = None) -> Estate:
    """The estate that `reach` names; ReadIncomplete when any of its lists can't be read to the end.

    With `skip`, which only a caller that changes nothing may give, a row that can't be understood in a list of a
    subscription or of a vault is left out of the estate.
    """
    with garbage.held(), azure.looking():
        return await _Look(azure, reach, skip).whole()


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
        cause = error.__cause__
        if isinstance(cause, NotFound) or (isinstance(cause, OutOfReach) and not cause.is_unsigned):
            raise ReadIncomplete(
                f"Could not read the management group {group}, so the subscriptions below it are unknown: "
                f"{cause.message}",
                hint="give the caller Management Group Reader there, or correct the name: use the group's id, not its display name",
                code=OUT_OF_REACH,
            ) from error
        raise
    ids = (ArmId(str(fields.pick(row, "id") or "")) for row in rows)
    return tuple(sorted({own.subscription for own in ids if own.subscription}))


async def short_names(azure: Azure) -> ShortNames:
    """The short names, by what people call the subscriptions; where that can't be read, they are shown by their ids."""
    match await known(survey.called(azure)):
        case Yes(called):
            return ShortNames(named(called.items()))
    return ShortNames(is_known=False)


@dataclass(slots=True)
class _Look:
    """One look at Azure."""

    azure: Azure
    reach: Reach
    skip: Skip | None = None
    estate: Estate = field(default_factory=Estate)
    _marked: Known[survey.Wide] = NO
    _slots: asyncio.Semaphore = field(default_factory=lambda: asyncio.Semaphore(_IN_FLIGHT))

    async def whole(self) -> Estate:
        """The estate, with every mapping sorted by id."""
        self.estate.subscriptions = self.reach.subscriptions
        self.estate.disk_subscriptions = self.reach.disk_subscriptions
        await together(self._lists(), self._ask_for_marks())
        await self._owned_elsewhere()
        for name in MAPPINGS:
            setattr(self.estate, name, dict(sorted(getattr(self.estate, name).items())))
        self.estate.names.groups = {key: group.id.name for key, group in self.estate.groups.items()}
        self.estate.clock = self.azure.azure_time
        return self.estate

    async def _lists(self) -> None:
        """Read the lists of the subscriptions first, since they show the vaults; then those of the vaults."""
        await self._what_needs_no_vault()
        await self._unlisted_vaults()
        vaults = [vault for vault in self.estate.vaults.values() if concerns(self.reach, vault)]
        await together(*(self._vault(vault) for vault in vaults), self._roles(vaults))

    async def _what_needs_no_vault(self) -> None:
        await together(
            *(self._subscription(subscription) for subscription in self.reach.subscriptions),
            *(self._disks(subscription) for subscription in self.reach.disk_subscriptions),
            *(self._machines(subscription) for subscription in self.reach.machine_subscriptions),
            *(self._alone(ArmId(key)) for key in self.reach.by_id),
        )

    async def _subscription(self, subscription: str) -> None:
        base = f"/subscriptions/{subscription}"
        estate = self.estate
        await together(
            *(
                self._read(f"{base}{one.path}", one.rows(estate), within(base, one.project), self.skip)
                for one in _IN_SUBSCRIPTION
            ),
            self._read(
                f"{base}/providers/Microsoft.Authorization/locks",
                estate.locks,
                within(base, projection.lock),
                self.skip,
            ),
        )

    async def _unlisted_vaults(self) -> None:
        """Read declared vaults that no list shows by id: a list may lag, or be filtered by permissions."""
        missing = [EXISTS(ArmId(key)) for key in self.reach.vaults if key not in self.estate.vaults]
        for question, presence in (await answer(self.azure, missing)).items():
            self.estate.answers[question] = presence
            match presence:
                case Yes(Found(resource=Vault() as vault)):
                    self.estate.vaults[question.subject.key] = vault

    async def _disks(self, subscription: str) -> None:
        path = f"/subscriptions/{subscription}/providers/Microsoft.Compute/disks"
        await self._read(path, self.estate.disks, within(f"/subscriptions/{subscription}", disks.project), self.skip)

    async def _machines(self, subscription: str) -> None:
        path = f"/subscriptions/{subscription}/providers/Microsoft.Compute/virtualMachines"
        _keep(self.estate.machines, await self._rows(path), projection.machine, path, self.skip)

    async def _vault(self, vault: Vault) -> None:
        base, estate = vault.id.text, self.estate
        await together(
            *(
                self._read(f"{base}{one.path}", one.rows(estate), within(base, self._projected(one, vault)), self.skip)
                for one in _IN_VAULT
            )
        )

    def _projected(self, one: ResourceList[Any], vault: Vault) -> Callable[[Mapping[str, Any]], HasId]:
        """The projection of a vault's list, where an instance shares the texts of its disk's id with the disk."""
        disks = self.estate.disks

        def project(body: Mapping[str, Any]) -> HasId:
            found: HasId = one.project(body, vault=vault.id)
            if isinstance(found, Instance) and found.disk is not None:
                disk = disks.get(found.disk.key)
                if disk is not None:
                    found.disk = found.disk.sharing(disk.id)
            return found

        return project

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

    def _keep_roles(self, subscription: str, rows: Iterable[Any]) -> None:
        """Keep each assignment once, with all subscriptions that list it: one above subscriptions is in several lists."""
        found: dict[str, RoleAssignment] = {}
        _keep(found, rows, roles.project, "role assignments", self.skip)
        for key, row in found.items():
            known = self.estate.roles.setdefault(key, row)
            known.listed_in = tuple(dict.fromkeys((*known.listed_in, subscription)))

    def _principals(self, vaults: Iterable[Vault]) -> list[str]:
        """The principals of the identities in play, sorted."""
        found = {principal for vault in vaults for principal in vault.principals}
        found.update(identity.principal_id for identity in self.estate.identities.values() if identity.principal_id)
        return sorted(found)

    async def _alone(self, own: ArmId) -> None:
        """Read what no list shows, by its id."""
        try:
            async with self._slots:
                body = await self.azure.get(own)
        except NotFound:
            return
        except AzureError as error:
            raise incomplete(own.text, error) from error
        found = projection.resource(own, body)
        if found is not None:
            getattr(self.estate, ATTRIBUTES[type(found)])[own.key] = found

    async def _ask_for_marks(self) -> None:
        """Ask for marked vaults, which tells what the subscriptions are called too; without marks, ask for that alone."""
        if self.reach.owners:
            self._marked = await survey.graph_vaults(self.azure, marked=True)
        else:
            async with self._slots:
                self.estate.names = await short_names(self.azure)

    async def _owned_elsewhere(self) -> None:
        """Read the vaults anywhere that bear our mark; they only add findings."""
        if not self.reach.owners:
            return
        ours = [vault for vault in self.estate.vaults.values() if self._is_ours(vault)]
        found = await survey.vaults(self.azure, self._marked, ours)
        match found:
            case Yes(wide):
                rows = {
                    vault.id.key: OwnedVault(vault.id, tag_of(vault.tags, OWNER_TAG))
                    for vault in wide.vaults
                    if self._is_ours(vault)
                }
                self.estate.owned_vaults = Yes(tuple(rows[key] for key in sorted(rows)))
            case No() | Unsure():
                self.estate.owned_vaults = found
        self.estate.names = self._names(*(told.value.called for told in (found, self._marked) if isinstance(told, Yes)))

    def _names(self, *told: Mapping[str, str]) -> ShortNames:
        """What subscriptions are called, from the first answer; not known where that lacks one that was just read."""
        called = next(filter(None, told), {})
        listed = set(map(lower, (*self.reach.subscriptions, *self.reach.disk_subscriptions)))
        return ShortNames(named(called.items()), is_known=listed <= called.keys())

    def _is_ours(self, vault: Vault) -> bool:
        return lower(tag_of(vault.tags, OWNER_TAG)) in self.reach.owners

    async def _rows(self, path: str, query: Mapping[str, str] | None = None) -> list[Any]:
        rows: list[Any] = []
        async with self._slots:
            await self.azure.each_page(path, rows.extend, query=query, odd=self.skip is not None)
        return rows

    async def _read(
        self, path: str, into: dict[str, Row], project: Callable[[Mapping[str, Any]], Row], skip: Skip | None
    ) -> None:
        """Read a list and project it page by page, since whole bodies take ten times the memory."""
        async with self._slots:
            await self.azure.each_page(path, lambda rows: _keep(into, rows, project, path, skip), odd=skip is not None)


def _keep(
    into: dict[str, Row],
    rows: Iterable[Any],
    project: Callable[[Mapping[str, Any]], Row],
    what: str,
    skip: Skip | None,
) -> None:
    """Project the rows into the mapping by id, so that two spellings of an id are one object."""
    for row in rows:
        try:
            fields.check_objects(row)
            found = project(row)
            into.setdefault(found.id.key, found)
        except fields.NONSENSE as error:
            if skip is None:
                with fields.understood(f"A row in a list of {what} ({fields.quoted(row)})"):
                    raise
            else:
                skip(what, fields.called(row), fields.reason(error))
