"""What is known of one thing: who declares it, how its backups are, what would change, who else claims it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime

from reconciler.model import addresses
from reconciler.model.addresses import Address
from reconciler.model.errors import UsageError
from reconciler.model.findings import Place
from reconciler.model.ids import ArmId, lower
from reconciler.model.known import Known, Unsure, Yes
from reconciler.model.plan import Plan
from reconciler.model.protection import WORDS, Health, health_of
from reconciler.model.resources import Instance
from reconciler.model.results.dossier import (
    ASSIGNED,
    MISSING,
    PLANNED,
    UNTOLD,
    YOUNG,
    DiskBackups,
    Dossier,
    Right,
    Rival,
)
from reconciler.model.results.status import UNKNOWN, DiskStatus
from reconciler.model.short_names import Typed
from reconciler.model.tags import OWNER_TAG, tag_of
from reconciler.planning.backups import Evidence, reading_of
from reconciler.planning.desired import DesiredDisk, declared_disks
from reconciler.planning.draft import Draft
from reconciler.planning.occurrences import next_after
from reconciler.planning.role_book import RoleBook, needs
from reconciler.planning.status import statuses
from reconciler.planning.tally import policy_name
from reconciler.planning.world import World

_SHOWN = 10


@dataclass(frozen=True, slots=True)
class Looked:
    """What was read of one disk in addition to the estate; `unread`: why its recovery points could not be read."""

    evidence: Evidence
    elsewhere: Known[tuple[Instance, ...]]
    unread: Mapping[str, str] = field(default_factory=dict)


def subject(draft: Draft, plan: Plan, text: str) -> Address:
    """The one thing that was named; UsageError when it is nothing that is known, or several.

    The address of a drill of one disk names that disk. A sketch while `draft.questions.open` isn't empty.
    """
    world = draft.world
    typed = Typed(text, world.names)
    known = list(_known(world, plan))
    found = typed.chosen(known) or typed.chosen(_needed(draft))
    found = found or list(map(addresses.disk, typed.disks(one.disk for one in known if one.disk)))
    if not found:
        raise UsageError(
            f"'{text}' is nothing that the manifest {world.manifest.name} declares, and no disk where its entries look",
            hint=typed.near(known) or "`reconciler status PATH` and `reconciler coverage PATH` list the disks",
        )
    if len(found) > 1:
        told = ", ".join(map(world.names.shown, found[:_SHOWN]))
        more = f" and {len(found) - _SHOWN} more" if len(found) > _SHOWN else ""
        raise UsageError(f"'{text}' names {len(found)} things: {told}{more}", hint="type more of the name of one")
    return found[0]


def _needed(draft: Draft) -> Iterator[Address]:
    """The addresses of the role assignments that declared disks need, whether they are there or not."""
    for wanted in declared_disks(draft):
        for role, _, scope in needs(wanted, draft.world.manifest.roles.scope):
            yield addresses.role(wanted.vault.name, role.word, scope)


def _known(world: World, plan: Plan) -> Iterator[Address]:
    """Every address that can be explained."""
    yield from plan.expected
    yield from (change.address for change in plan.changes)
    yield from (wait.address for wait in plan.waits)
    yield from (mark.address for mark in plan.marks)
    yield from (finding.address for finding in plan.findings if finding.address.kind)
    yield from (addresses.disk(disk.id) for disk in world.disks.values())
    yield from (
        addresses.disk(held[0].disk) for held in (*world.held.values(), *world.deleted.values()) if held[0].disk
    )
    yield from (addresses.disk(disk) for rule in world.manifest.disks for disk, _ in rule.ids)
    yield from (addresses.disk(one.disk) for one in world.removals.of.values())
    yield from (addresses.disk(entry.id) for entry in world.manifest.excluded)
    yield from (addresses.vault(spec.name) for spec in world.vaults.values())
    yield from (addresses.policy(use.vault, use.policy) for use in plan.uses)
    yield from (addresses.group(group.id) for group in world.estate.groups.values())
    yield from (addresses.drill(one.name) for one in world.manifest.drills)


def explained(draft: Draft, plan: Plan, address: Address, looked: Looked | None) -> Dossier:
    """All about one thing; a sketch while `draft.questions.open` isn't empty. `looked` is that of a disk."""
    world, untold = draft.world, dict[str, str]()
    wanted = next((one for one in declared_disks(draft) if one.address == address), None) if address.disk else None
    chosen, place = _chosen(world, plan, address, wanted)
    backups = _backups(draft, plan, address.disk, wanted, looked, untold) if address.disk and looked else None
    about = {address, *((right.address for right in backups.rights) if backups else ())}
    return Dossier(
        manifest=world.manifest.name,
        address=address,
        chosen=chosen,
        place=place,
        backups=backups,
        changes=tuple(change for change in plan.changes if change.address in about),
        gates=tuple(gate.name for gate in plan.closed_gates),
        findings=tuple(finding for finding in plan.findings if finding.address in about),
        untold=untold,
        now=world.now,
        names=world.names,
    )


def _chosen(world: World, plan: Plan, address: Address, wanted: DesiredDisk | None) -> tuple[str, Place | None]:
    """Which entry declares it, in words, and where."""
    if wanted is not None:
        return "by id" if wanted.by_id else "by selector", wanted.place
    manifest, disk = world.manifest, address.disk
    removal = world.removals.of.get(disk.key) if disk else None
    if removal is not None and wanted is None:
        return f"removed: {removal.entry.reason}", removal.place
    for excluded in manifest.excluded:
        if excluded.id == disk:
            return f"excluded: {excluded.reason}", excluded.place
    declared = {lower(addresses.vault(spec.name)): spec.place for spec in world.vaults.values()}
    declared |= {lower(addresses.drill(one.name)): one.place for one in manifest.drills}
    if lower(address) in declared:
        return "", declared[lower(address)]
    places = [change.place for change in plan.changes if change.address == address]
    places += [finding.place for finding in plan.findings if finding.address == address]
    place = next(filter(None, places), None)
    if place is not None:
        return "", place
    return "by no entry of the manifest" if disk else "by no entry of its own", None


def _backups(
    draft: Draft, plan: Plan, disk: ArmId, wanted: DesiredDisk | None, looked: Looked, untold: dict[str, str]
) -> DiskBackups:
    world = draft.world
    untold |= looked.unread
    row = next((one for one in statuses(draft, looked.evidence).rows if one.disk == disk), None)
    held = world.held.get(disk.key, [])
    own = world.instance(disk, wanted.vault.id) if wanted else next(iter(held), None)
    if row is not None and row.state == UNKNOWN:
        untold["state"] = row.note
    live = policy_name(world, own) if own else ""
    return DiskBackups(
        vault=wanted.vault.name if wanted else own.vault.name if own else "",
        policy=wanted.policy.name if wanted else live,
        live_policy=live,
        protection=WORDS[health_of(own)] if own else "",
        state=row.state if row else "",
        note=row.note if row else "",
        newest=_newest(row, own, looked.evidence),
        due=_due(world, own, untold),
        rights=tuple(_rights(draft, plan, wanted, untold)) if wanted else (),
        rivals=tuple(_rivals(world, disk, own, looked, untold)),
    )


def _newest(row: DiskStatus | None, own: Instance | None, told: Evidence) -> datetime | None:
    return (row.newest if row else None) or (told.points.get(own.id.key) if own else None)


def _due(world: World, own: Instance | None, untold: dict[str, str]) -> datetime | None:
    """When the next backup is due; None: none is, or that is unknown."""
    if own is None or health_of(own) is not Health.CONFIGURED:
        return None
    reading = reading_of(world, own)
    found = next_after(reading.schedules, world.now) if reading.schedules and reading.is_timed else None
    if found is None:
        untold["next_run"] = (
            f"its policy's schedule isn't understood{''.join(f': {one}' for one in reading.unknown[:1])}"
        )
    return found


def _rights(draft: Draft, plan: Plan, wanted: DesiredDisk, untold: dict[str, str]) -> Iterator[Right]:
    """The role assignments that a disk needs, each with its state."""
    world, book = draft.world, RoleBook(draft)
    is_there = wanted.vault.id.key in world.estate.vaults
    grants = book.grant(wanted) if is_there else None
    is_known = is_there and isinstance(book.principal(wanted.vault), str)
    planned = {change.address for change in plan.changes}
    for role, target, scope in needs(wanted, world.manifest.roles.scope):
        address = addresses.role(wanted.vault.name, role.word, scope)
        if address in planned:
            state = PLANNED
        elif grants is None or not is_known:
            state, untold["roles"] = UNTOLD, f"the vault {wanted.vault.name} has no identity yet"
        elif address in grants.planned or address in grants.missing:
            state = MISSING
        else:
            state = YOUNG if any(target.is_within(one) for one in grants.young) else ASSIGNED
        yield Right(address, state)


def _rivals(world: World, disk: ArmId, own: Instance | None, looked: Looked, untold: dict[str, str]) -> Iterator[Rival]:
    """Other instances of the disk, and marks of other manifests on its own one and on the vault of that."""
    others = [*world.held.get(disk.key, ()), *world.deleted.get(disk.key, ())]
    match looked.elsewhere:
        case Yes(found):
            others += [one for one in found if one.disk == disk]
        case Unsure(because):
            untold["claimed_by"] = f"other vaults could not be read: {because}"
    for one in {one.id.key: one for one in others}.values():
        is_own = own is not None and one.id == own.id and one.deleted == own.deleted
        if is_own and world.owner(one.tags) != "foreign":
            continue
        state = "soft-deleted" if one.deleted else WORDS[health_of(one)]
        what = (
            f"its backup instance in {one.vault.name}" if is_own else f"a backup instance in {one.vault.name}, {state}"
        )
        yield Rival(what, tag_of(one.tags, OWNER_TAG), one.id)
    vault = world.estate.vaults.get(own.vault.key) if own else None
    if vault is not None and world.owner(vault.tags) == "foreign":
        yield Rival(f"the vault {vault.id.name}", tag_of(vault.tags, OWNER_TAG))
