"""Which disks are covered by a backup, which are left out on purpose, and which are neither.

A disk is covered when any backup instance protects it now; being declared isn't enough.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field, replace

from reconciler.base.plurals import counted
from reconciler.model import addresses
from reconciler.model.codes import disks as disk_codes
from reconciler.model.codes import planning as codes
from reconciler.model.estate import ROLE_COUNT, Estate
from reconciler.model.findings import Finding, Place
from reconciler.model.ids import ArmId, lower, subscription_id
from reconciler.model.known import Known, No, Unsure, Yes
from reconciler.model.manifest import DiskRule
from reconciler.model.protection import WORDS, Health, health_of, preference, reason
from reconciler.model.resources import Disk, Instance
from reconciler.model.results.coverage import COVERED, EXCLUDED, UNCOVERED, UNKNOWN, Coverage, Covered
from reconciler.model.selectors import Selector
from reconciler.model.unselected import PassedOver, why_passed_over
from reconciler.planning.decisions import Decisions
from reconciler.planning.desired import DesiredDisk, declared_disks
from reconciler.planning.draft import Draft
from reconciler.planning.gone import is_left
from reconciler.planning.questions import PENDING
from reconciler.planning.role_book import is_derived
from reconciler.planning.selection import Surroundings, matcher, places
from reconciler.planning.support import obstacle
from reconciler.planning.world import World

_MOST_ASKED = 200
_RUNNING = frozenset({Health.CONFIGURED, Health.TRANSIENT})


@dataclass(frozen=True, slots=True)
class Surveyed:
    """What the lists of the run's own vaults don't show.

    `elsewhere` are instances of disks in other vaults, `principals` those of all vaults, `snapshots` those in the
    snapshot resource groups that Azure Backup didn't make.
    """

    elsewhere: Known[tuple[Instance, ...]]
    principals: Known[frozenset[str]]
    snapshots: Known[tuple[ArmId, ...]]


@dataclass(slots=True)
class _Survey:
    draft: Draft
    told: Surveyed
    desired: dict[str, DesiredDisk] = field(default_factory=dict)
    held: dict[str, list[Instance]] = field(default_factory=dict)
    left: dict[str, tuple[str, Place | None]] = field(default_factory=dict)
    found: list[Finding] = field(default_factory=list)
    skipped: list[str] = field(default_factory=list)


def cover(draft: Draft, told: Surveyed) -> Coverage:
    """The coverage; a sketch while `draft.questions.open` isn't empty: answer these questions, and make it again."""
    survey = _Survey(draft, told)
    survey.desired = {one.disk.id.key: one for one in declared_disks(draft)}
    draft.questions.tell_unread()
    draft.decisions.tell_unclear()
    for instance in (
        *(one for held in draft.world.held.values() for one in held),
        *(told.elsewhere.value if isinstance(told.elsewhere, Yes) else ()),
    ):
        if instance.disk is not None:
            survey.held.setdefault(instance.disk.key, []).append(instance)
    survey.left = dict(_left_out(draft.world))
    rows = tuple(_row(survey, disk) for _, disk in sorted(draft.world.disks.items()))
    _disks_gone(survey)
    _foreign_snapshots(survey)
    _left_behind(survey)
    if any(row.state == UNKNOWN for row in rows):
        _tell_unsure(
            draft.decisions, told.elsewhere, "whether other vaults protect disks that the manifest's vaults don't"
        )
    nothing = [one for one in draft.decisions.findings if one.code == disk_codes.SELECTS_NOTHING.code]
    findings = sorted(
        {*survey.found, *draft.decisions.unread, *nothing}, key=lambda one: (one.code, lower(one.address), one.message)
    )
    return Coverage(draft.world.manifest.name, rows, tuple(findings), tuple(survey.skipped), draft.world.names)


def bare(estate: Estate) -> list[ArmId]:
    """The disks that no instance in the vaults that were read protects now."""
    running = {one.disk.key for one in estate.instances.values() if one.disk and health_of(one) in _RUNNING}
    return [disk.id for key, disk in estate.disks.items() if key not in running]


def _tell_unsure(decisions: Decisions, doubt: Known[object], what: str) -> None:
    if isinstance(doubt, Unsure):
        decisions.note_unsure(doubt, what)


def _left_out(world: World) -> Iterator[tuple[str, tuple[str, Place | None]]]:
    """Disks that the manifest leaves out, with reason and place; later ones win."""
    around = world.surroundings
    for disk in world.disks.values():
        if why_passed_over(disk) is PassedOver.COPY:
            yield disk.id.key, ("a restore made it", None)
    for rule in world.manifest.disks:
        if rule.select is not None and rule.exclude:
            yield from _excluded_by(world, rule, rule.select, around)
    for key, removal in world.removals.of.items():
        yield key, (removal.entry.reason, removal.place)
    for excluded in world.manifest.excluded:
        yield excluded.id.key, (excluded.reason, excluded.place)


def _excluded_by(
    world: World, rule: DiskRule, select: Selector, around: Surroundings
) -> Iterator[tuple[str, tuple[str, Place | None]]]:
    takes, within = matcher(select, around), set(places(select, around.management_groups))
    leaves = [(matcher(one.selector, around), one) for one in rule.exclude]
    for disk in world.disks.values():
        if disk.id.subscription in within and takes(disk):
            why = next((exclusion for leaves_out, exclusion in leaves if leaves_out(disk)), None)
            if why:
                yield disk.id.key, (why.reason, why.selector.place)


def _row(survey: _Survey, disk: Disk) -> Covered:
    key, wanted = disk.id.key, survey.desired.get(disk.id.key)
    place = wanted.place if wanted else None
    running = [one for one in survey.held.get(key, ()) if health_of(one) in _RUNNING]
    if running:
        instance = min(running, key=preference)
        by = wanted.chosen_by if wanted else "by hand or by another manifest"
        return Covered(disk, COVERED, f"{by}, in the vault {instance.vault.name}", place, instance.id)
    claimed = wanted is not None or addresses.disk(disk.id) in survey.draft.decisions.refused
    if key in survey.left and not claimed:
        why, place = survey.left[key]
        return Covered(disk, EXCLUDED, why, place)
    found = _uncovered(survey, disk, wanted)
    if isinstance(survey.told.elsewhere, Unsure) and not found.rule:
        return replace(found, state=UNKNOWN, reason="no vault that was read protects it, but others could not be read")
    return found


def _uncovered(survey: _Survey, disk: Disk, wanted: DesiredDisk | None) -> Covered:
    place = wanted.place if wanted else None
    idle = min(survey.held.get(disk.id.key, ()), key=preference, default=None)
    own = idle.id if idle else None
    why = obstacle(disk, wanted.policy if wanted else None, disk.location)
    refused = survey.draft.decisions.refused.get(addresses.disk(disk.id))
    if why:
        return Covered(disk, UNCOVERED, why.sentence, place, own, why.code.code)
    if refused:
        return Covered(disk, UNCOVERED, refused.because, refused.place, own)
    if idle is not None:
        health = health_of(idle)
        state = reason(health, idle) if health is Health.FAILING else f"protection is {WORDS[health]}"
        declared = f", as declared at {place}" if wanted and wanted.rule.protection == WORDS[health] else ""
        return Covered(disk, UNCOVERED, f"{state} in the vault {idle.vault.name}{declared}", place, own)
    if wanted is not None:
        return Covered(disk, UNCOVERED, f"{wanted.chosen_by}, but not protected yet", place)
    passed = why_passed_over(disk)
    if passed:
        return Covered(disk, UNCOVERED, f"{passed}, so no selector takes it: name it by id, or exclude it")
    return Covered(disk, UNCOVERED, "no entry of the manifest claims it")


def _disks_gone(survey: _Survey) -> None:
    """Find instances that outlive their disk; the disk is asked for by id, since no list proves that it is gone."""
    draft, asked = survey.draft, 0
    removed = draft.world.removals.of
    for key in sorted(survey.held):
        instance = survey.held[key][0]
        if key in draft.world.disks or instance.disk is None or instance.id.key not in draft.world.estate.instances:
            continue
        if key in removed or is_left(draft.world, instance):
            continue
        asked += 1
        if asked > _MOST_ASKED:
            continue
        address = addresses.disk(instance.disk)
        presence = draft.questions.presence(instance.disk, address)
        if isinstance(presence, No):
            survey.found.append(
                disk_codes.DISK_GONE.at("Azure no longer has the disk that it protects", address=address)
            )
        elif presence is not None and instance.disk.subscription in draft.world.estate.disk_subscriptions:
            draft.decisions.refuse(
                address,
                codes.LIST_INCOMPLETE,
                f"its disk {draft.world.names.of(instance.disk)} exists, but Azure's list lacks it",
            )
    if asked > _MOST_ASKED:
        survey.skipped.append(
            f"the disks of {counted(asked - _MOST_ASKED, 'instance')} that no list shows were not checked by id"
        )


def _foreign_snapshots(survey: _Survey) -> None:
    _tell_unsure(
        survey.draft.decisions, survey.told.snapshots, "whether snapshot resource groups contain other snapshots"
    )
    for snapshot in survey.told.snapshots.value if isinstance(survey.told.snapshots, Yes) else ():
        message = (
            f"Azure Backup did not create this snapshot, but it is in the snapshot resource group {snapshot.group}"
        )
        survey.found.append(disk_codes.FOREIGN_SNAPSHOT.at(message, address=addresses.resource(snapshot)))


def _left_behind(survey: _Survey) -> None:
    """Find role assignments that this tool made for identities that no vault has any more."""
    draft, told = survey.draft, survey.told.principals
    _tell_unsure(draft.decisions, told, "which role assignments were left behind")
    if not isinstance(told, Yes):
        return
    known = told.value | {lower(one.principal_id) for one in draft.world.estate.identities.values()}
    for vault in draft.world.estate.vaults.values():
        known |= {lower(one) for one in vault.principals}
    seen: set[str] = set()
    for subscription in draft.world.reach.role_subscriptions:
        rows = draft.questions.ask(ROLE_COUNT(subscription_id(subscription)))
        for row in () if rows is PENDING else rows or ():
            if is_derived(row) and lower(row.principal) not in known and row.id.key not in seen:
                seen.add(row.id.key)
                message = f"this role assignment on {draft.world.names.of(row.scope)} is for the principal {row.principal}, which no vault has"
                survey.found.append(codes.ROLE_LEFT_BEHIND.at(message, address=addresses.resource(row.id)))
