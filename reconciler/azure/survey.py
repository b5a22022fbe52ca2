"""Vaults, instances and snapshots outside the lists of a run's own vaults, from Resource Graph first.

Resource Graph lags, fails, and may leave out recent objects. Where it doesn't answer, or contradicts what Resource
Manager just showed, Resource Manager is asked instead, in more calls; if that doesn't answer either, the result is unsure.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

from reconciler.azure import fields
from reconciler.azure.connection import Azure
from reconciler.azure.fields import Odd, pick, text_at, understood
from reconciler.azure.graph import graph_if_it_answers, literal
from reconciler.azure.kinds.instances import project as project_instance
from reconciler.azure.kinds.vaults import project as project_vault
from reconciler.azure.reads import known, together
from reconciler.base import escape
from reconciler.model.errors import NotFound, ReadIncomplete
from reconciler.model.ids import ArmId, group_id, lower
from reconciler.model.known import Known, No, Yes
from reconciler.model.resources import Instance, Snapshots, Vault
from reconciler.model.tags import OWNER_TAG

_VAULTS = "resources | where type =~ 'microsoft.dataprotection/backupvaults' | project id, tags, identity"
_MARKED = (
    _VAULTS.replace("| project", f"| where isnotempty(tags['{OWNER_TAG}']) | project")
    + " | union (resourcecontainers | where type =~ 'microsoft.resources/subscriptions' | project id, name)"
)
"""Both in one query: the vaults that bear a mark, and what the subscriptions are called."""
_INSTANCES = (
    "RecoveryServicesResources | where type =~ 'microsoft.dataprotection/backupvaults/backupinstances' "
    "| where properties.dataSourceInfo.datasourceType =~ 'Microsoft.Compute/disks' | project id, properties"
)
_HOLDERS = _INSTANCES.replace("| project id, properties", "{within}| project id, tags, properties")
_COUNTS = (
    "resources | where type =~ 'microsoft.compute/snapshots' | where properties.incremental == true "
    "| summarize snapshots = count(), newest = max(todatetime(tostring(properties.timeCreated))) "
    "by disk = tolower(tostring(properties.creationData.sourceResourceId)), subscriptionId, resourceGroup"
)
_FOREIGN = (
    "resources | where type =~ 'microsoft.compute/snapshots' | where resourceGroup in~ ({groups}) "
    "| where name !startswith 'AzureBackup_' | project id, tags"
)
_SOURCES = (
    "resources | where type =~ 'microsoft.compute/snapshots' | where properties.incremental == true "
    "| where tostring(properties.creationData.sourceResourceId) in~ ({disks}) "
    "| summarize made = max(todatetime(tostring(properties.timeCreated))) "
    "by disk = tolower(tostring(properties.creationData.sourceResourceId)), "
    "source = tolower(tostring(properties.creationData.sourceUniqueId))"
)
_MOST_GROUPS = _MOST_DISKS = 200
_LONG_AGO = datetime.min.replace(tzinfo=UTC)
_BACKUPS_OWN = "azurebackup"


@dataclass(frozen=True, slots=True)
class Wide:
    """What the caller may read in all subscriptions: vaults with ids, tags and identities, and subscriptions by their ids."""

    vaults: tuple[Vault, ...] = ()
    called: Mapping[str, str] = field(default_factory=dict)
    """What people call the subscriptions, by their lower-cased ids."""


async def graph_vaults(azure: Azure, *, marked: bool = False) -> Known[Wide]:
    """All vaults that Resource Graph shows the caller; or only those that bear a mark, and what subscriptions are called."""
    found = await graph_if_it_answers(azure, _MARKED if marked else _VAULTS, _vault_or_name)
    match found:
        case Yes(rows):
            vaults = tuple(row for row in rows if isinstance(row, Vault))
            return Yes(Wide(vaults, dict(row for row in rows if not isinstance(row, Vault))))
    return found


def _vault_or_name(row: Mapping[str, Any]) -> Vault | tuple[str, str]:
    own = fields.id_of(row)
    is_vault = bool(own.type)
    return project_vault(row) if is_vault else (lower(own.subscription), str(pick(row, "name") or ""))


async def vaults(azure: Azure, told: Known[Wide], seen: Iterable[Vault]) -> Known[Wide]:
    """What Resource Graph returned, or, when one of `seen` is missing there, what every subscription lists."""
    here = {vault.id.key for vault in seen}
    match told:
        case Yes(wide) if here <= {row.id.key for row in wide.vaults}:
            return told
    return await known(_listed(azure, {ArmId(key).subscription for key in here}))


async def principals(azure: Azure, seen: Iterable[Vault]) -> Known[frozenset[str]]:
    """The principals of all vaults that the caller may read; `seen` are some that were already read."""
    here = tuple(seen)
    found = await vaults(azure, await graph_vaults(azure), here)
    match found:
        case Yes(wide):
            return Yes(frozenset(principal for vault in (*wide.vaults, *here) for principal in vault.principals))
    return found


async def called(azure: Azure) -> Mapping[str, str]:
    """What people call the subscriptions, by their lower-cased ids; AzureError when their list can't be read."""
    rows = await azure.list("/subscriptions")
    with understood("The list of subscriptions"):
        ids = (lower(str(pick(row, "subscriptionId") or fields.id_of(row).subscription)) for row in rows)
        return {own: str(pick(row, "displayName") or "") for own, row in zip(ids, rows, strict=True)}


async def elsewhere(
    azure: Azure, disks: Iterable[ArmId], seen: Iterable[Instance], read: Iterable[Vault]
) -> Known[tuple[Instance, ...]]:
    """The instances of these disks in vaults not in `read`, from those vaults' lists; `seen` are those of vaults in `read`.

    Resource Graph only tells which vaults to look at.
    """
    here, wanted = tuple(read), {disk.key for disk in disks}
    own = {vault.id.key for vault in here}
    if not wanted:
        return Yes(())

    async def listed() -> tuple[Instance, ...]:
        named = await _vaults_of(azure, wanted, {one.id.key for one in seen if one.disk}, here)
        lists = await together(*(_instances(azure, vault) for vault in sorted(named - own)))
        return tuple(one for rows in lists for one in rows if one.disk is not None and one.disk.key in wanted)

    return await known(listed())


async def holders(azure: Azure, disks: Sequence[ArmId]) -> Known[Mapping[str, tuple[Instance, ...]]]:
    """The instances of these disks that Resource Graph shows, by lower-cased disk id; of many disks, it lists all instances."""
    named = ", ".join(map(literal, sorted({disk.key for disk in disks})))
    few = len(disks) <= _MOST_DISKS
    within = f"| where tostring(properties.dataSourceInfo.resourceID) in~ ({named}) " if few else ""
    found = await graph_if_it_answers(azure, _HOLDERS.format(within=within), project_instance)
    return Yes(_by_disk(found.value)) if isinstance(found, Yes) else found


def _by_disk(rows: Iterable[Instance]) -> Mapping[str, tuple[Instance, ...]]:
    found: dict[str, tuple[Instance, ...]] = {}
    for row in sorted(rows, key=lambda one: one.id.key):
        if row.disk is not None:
            found[row.disk.key] = (*found.get(row.disk.key, ()), row)
    return found


async def snapshot_counts(azure: Azure, disks: Iterable[ArmId]) -> Known[Mapping[str, Mapping[str, Snapshots]]]:
    """The incremental snapshots of these disks, by lower-cased ids of disk, then resource group; they should have some.

    Where Resource Graph shows none at all in a subscription, Resource Manager is asked instead.
    """
    wanted = {disk.key: disk.subscription for disk in disks}
    counts: dict[str, dict[str, Snapshots]] = defaultdict(dict)
    match await graph_if_it_answers(azure, _COUNTS, _count):
        case Yes(rows):
            for disk, group, shown in rows:
                if disk in wanted:
                    counts[disk][group] = shown
    doubted = set(wanted.values()) - {wanted[disk] for disk in counts}

    async def listed() -> Mapping[str, Mapping[str, Snapshots]]:
        lists = await together(*(_snapshots(azure, f"/subscriptions/{one}") for one in sorted(doubted)))
        with understood("A row in a list of snapshots"):
            found = _by_disk_and_group(row for rows in lists for row in rows)
        for (disk, group), times in found.items():
            if disk in wanted:
                counts[disk].setdefault(group, Snapshots(len(times), max(times)))
        return counts

    return await known(listed())


async def snapshots_in(azure: Azure, group: ArmId) -> Known[Mapping[str, tuple[datetime, ...]]]:
    """When the incremental snapshots in a resource group were made, by lower-cased disk id; none where it is gone."""

    async def listed() -> Mapping[str, tuple[datetime, ...]]:
        rows = await _snapshots(azure, str(group))
        with understood("A row in a list of snapshots"):
            return {disk: tuple(times) for (disk, _), times in _by_disk_and_group(rows).items()}

    found = await known(listed())
    if isinstance(found, Yes):
        return found
    return Yes({}) if isinstance(await known(azure.get(group)), No) else found


async def own_snapshots(azure: Azure, group: ArmId) -> Known[Mapping[str, tuple[datetime, ...]]]:
    """When Azure Backup's own snapshots in a resource group were made, by lower-cased disk id; none where it is gone."""

    async def listed() -> Mapping[str, tuple[datetime, ...]]:
        rows = await _snapshots(azure, str(group))
        with understood("A row in a list of snapshots"):
            theirs = set(_foreign(rows, {group}))
            own = _by_disk_and_group(row for row in rows if fields.id_of(row) not in theirs)
        return {disk: tuple(time for time in times if time > _LONG_AGO) for (disk, _), times in own.items()}

    found = await known(listed())
    return Yes({}) if not isinstance(found, Yes) and isinstance(await known(azure.get(group)), No) else found


async def newest_sources(azure: Azure, disks: Iterable[ArmId]) -> Mapping[str, str]:
    """The `uniqueId` of the disk that the newest snapshot of each of these ids was made of, both lower-cased.

    For disks that Resource Graph doesn't show, the subscriptions' snapshots are listed; ReadIncomplete when they can't be.
    """
    wanted = {disk.key: disk.subscription for disk in disks}
    found: dict[str, str] = {}
    for start in range(0, len(wanted), _MOST_DISKS):
        named = ", ".join(map(literal, sorted(wanted)[start : start + _MOST_DISKS]))
        match await graph_if_it_answers(azure, _SOURCES.format(disks=named), _source):
            case Yes(rows):
                found |= _newest(rows)
    missing = wanted.keys() - found.keys()
    paths = sorted({f"/subscriptions/{wanted[disk]}" for disk in missing})
    lists = await together(*(_snapshots(azure, path) for path in paths))
    with understood("A snapshot"):
        return found | _newest(made for rows in lists for row in rows if (made := _made_of(row))[0] in missing)


def _newest(rows: Iterable[tuple[str, str, str]]) -> dict[str, str]:
    found: dict[str, tuple[str, str]] = {}
    for disk, source, made in rows:
        if source:
            found[disk] = max(found.get(disk, ("", "")), (made, source))
    return {disk: source for disk, (_, source) in found.items()}


def _source(row: Mapping[str, Any]) -> tuple[str, str, str]:
    disk, source, made = pick(row, "disk"), pick(row, "source"), fields.moment(pick(row, "made"))
    if not isinstance(disk, str):
        raise Odd(f"{escape.value(row)} is no snapshot")
    return lower(disk), lower(str(source or "")), made.isoformat() if made else ""


def _made_of(row: Mapping[str, Any]) -> tuple[str, str, str]:
    properties = pick(row, "properties")
    creation = pick(properties, "creationData")
    made = {
        "disk": text_at(creation, "sourceResourceId"),
        "source": pick(creation, "sourceUniqueId"),
        "made": pick(properties, "timeCreated"),
    }
    return _source(made)


async def foreign_snapshots(azure: Azure, groups: Iterable[ArmId]) -> Known[tuple[ArmId, ...]]:
    """Snapshots in these resource groups that Azure Backup neither named nor tagged as its own."""
    within = set(groups)
    names = sorted({lower(group.name) for group in within})
    queries = [
        _FOREIGN.format(groups=", ".join(map(literal, names[start : start + _MOST_GROUPS])))
        for start in range(0, len(names), _MOST_GROUPS)
    ]
    answers = await together(*(graph_if_it_answers(azure, query, dict) for query in queries))
    told = [answer.value for answer in answers if isinstance(answer, Yes)]
    if len(told) == len(queries):
        return await known(_understood(lambda: _foreign((row for rows in told for row in rows), within)))

    async def listed() -> tuple[ArmId, ...]:
        subscriptions = sorted({group.subscription for group in within})
        lists = await together(*(_snapshots(azure, f"/subscriptions/{one}") for one in subscriptions))
        return await _understood(lambda: _foreign((row for rows in lists for row in rows), within))

    return await known(listed())


async def _vaults_of(azure: Azure, disks: set[str], seen: set[str], read: Iterable[Vault]) -> set[ArmId]:
    """The vaults that may hold an instance of these disks; ReadIncomplete when that is unknown."""
    found = await graph_if_it_answers(azure, _INSTANCES, project_instance)
    match found:
        case Yes(rows) if seen <= {row.id.key for row in rows}:
            return {row.vault for row in rows if row.disk is not None and row.disk.key in disks}
    wide = await _listed(azure, {vault.id.subscription for vault in read})
    return {vault.id for vault in wide.vaults}


async def _listed(azure: Azure, subscriptions: set[str]) -> Wide:
    """The vaults of every subscription, as Resource Manager lists them; `subscriptions` are known to be among those."""
    found = await called(azure)
    if not subscriptions <= found.keys():
        missing = ", ".join(sorted(subscriptions - found.keys()))
        raise ReadIncomplete(
            f"The list of subscriptions is incomplete: it lacks {missing}, which could be read a moment ago.",
            hint="run it again; if this persists, give the caller Reader on these whole subscriptions",
        )
    paths = [f"/subscriptions/{one}/providers/Microsoft.DataProtection/backupVaults" for one in sorted(found)]
    lists = await together(*(azure.list(path) for path in paths))
    with understood("A row in a list of vaults"):
        return Wide(tuple(project_vault(row) for rows in lists for row in rows), found)


async def _instances(azure: Azure, vault: ArmId) -> tuple[Instance, ...]:
    """The instances of a vault; none when it is gone, which Resource Graph may show late."""
    path = f"{vault}/backupInstances"
    try:
        rows = await azure.list(path)
    except ReadIncomplete as error:
        if isinstance(error.__cause__, NotFound):
            return ()
        raise
    with understood(f"A row in a list of `{path}`"):
        return tuple(project_instance(row, vault=vault) for row in rows)


async def _snapshots(azure: Azure, where: str) -> list[dict[str, Any]]:
    return await azure.list(f"{where}/providers/Microsoft.Compute/snapshots")


def _by_disk_and_group(rows: Iterable[Mapping[str, Any]]) -> Mapping[tuple[str, str], list[datetime]]:
    """When the incremental ones among these snapshots were made; one without a time counts as made long ago."""
    found: dict[tuple[str, str], list[datetime]] = defaultdict(list)
    for row in rows:
        group = fields.id_of(row).group_id
        source = pick(row, "properties", "creationData", "sourceResourceId")
        if pick(row, "properties", "incremental") is True and isinstance(source, str):
            made = fields.moment(pick(row, "properties", "timeCreated")) or _LONG_AGO
            found[lower(source), group.key].append(made)
    return found


def _count(row: Mapping[str, Any]) -> tuple[str, str, Snapshots]:
    disk, count, subscription, group = (
        pick(row, key) for key in ("disk", "snapshots", "subscriptionId", "resourceGroup")
    )
    if not isinstance(disk or "", str) or not isinstance(count, int):
        raise Odd(f"{escape.value(row)} has no count of snapshots")
    shown = Snapshots(count, fields.moment(pick(row, "newest")))
    return lower(disk or ""), group_id(str(subscription), str(group)).key, shown


async def _understood(make: Callable[[], tuple[ArmId, ...]]) -> tuple[ArmId, ...]:
    with understood("A snapshot"):
        return make()


def _foreign(rows: Iterable[Mapping[str, Any]], within: set[ArmId]) -> tuple[ArmId, ...]:
    found = {
        own
        for row in rows
        if (own := fields.id_of(row)).group_id in within
        and not own.name.lower().startswith("azurebackup_")
        and lower(text_at(row, "tags", "CreatedBy")) != _BACKUPS_OWN
    }
    return tuple(sorted(found))
