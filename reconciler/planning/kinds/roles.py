"""Role assignments: counted, and revoked when nothing needs them any more; what disks lack is granted by the role book."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable

from reconciler.model import addresses
from reconciler.model.addresses import Address
from reconciler.model.builtin_roles import (
    BY_GUID,
    DISK_BACKUP_READER,
    DISK_RESTORE_OPERATOR,
    DISK_SNAPSHOT_CONTRIBUTOR,
    READER,
    is_settled,
)
from reconciler.model.changes import Action, Change, Kind, Op, Step
from reconciler.model.estate import OWN_SNAPSHOTS
from reconciler.model.ids import ArmId, group_id, lower
from reconciler.model.known import No, Yes
from reconciler.model.manifest import VaultSpec
from reconciler.model.resources import Instance, RoleAssignment
from reconciler.planning.comparison import Comparison
from reconciler.planning.desired import DesiredDisk
from reconciler.planning.draft import Draft
from reconciler.planning.marks import drift_class
from reconciler.planning.orphans import lost, reached
from reconciler.planning.role_book import is_derived
from reconciler.planning.world import World


def compare(comparison: Comparison) -> None:
    """Count what other shards grant; `RoleBook` plans what a disk lacks, together with the disk."""
    comparison.roles.count_others(comparison.everything)


def conclude(comparison: Comparison) -> None:
    """Plan the removal of assignments of ours that no instance in any state and no declared disk needs.

    Only assignments older than a day, to system identities of vaults that bear our mark: another manifest may have just
    made one for a disk that it is about to protect. The removal waits until the instances that this plan deletes are gone.
    """
    draft = comparison.draft
    if draft.world.manifest.roles.mode != "manage":
        return
    held: defaultdict[str, list[RoleAssignment]] = defaultdict(list)
    for row in draft.world.estate.roles.values():
        if _is_ours(draft.world, row):
            held[lower(row.principal)].append(row)
    if not held:
        return
    instances, wanted = defaultdict[str, list[Instance]](list), _by_vault(comparison.desired)
    ended = lost(draft.decisions)
    kept = (one for key, one in draft.world.estate.instances.items() if key not in ended)
    for instance in (*kept, *draft.world.estate.deleted_instances.values()):
        instances[instance.vault.key].append(instance)
    named = _scopes([arm_id for rule in draft.world.manifest.disks for arm_id, _ in rule.ids])
    users = reached(draft.world, ended)
    for spec in draft.decisions.owned_vaults():
        live = draft.world.estate.vaults[spec.id.key]
        rows = held.get(lower(live.principal_id), ()) if live.principal_id else ()
        if not rows:
            continue
        needed = _needed(draft, instances[spec.id.key], wanted[spec.id.key], named)
        for row in rows:
            if not needed(row) and (row.scope.key in users or not _has_snapshots(draft, row)):
                _remove(draft, spec, row, users.get(row.scope.key, ()))


def _has_snapshots(draft: Draft, row: RoleAssignment) -> bool:
    """Whether a resource group has, or may have, snapshots left of disks that `removed` deletes as confirmed.

    Azure needs the role to delete them. Those of an instance that this plan deletes go with it.
    """
    if row.role != DISK_SNAPSHOT_CONTRIBUTOR.guid or row.scope != row.scope.group_id:
        return False
    leaving = (one for one in draft.world.removals.of.values() if one.entry.data == "delete" and one.entry.confirm)
    own = [one.disk for one in leaving if one.disk.subscription == row.scope.subscription]
    told = [draft.questions.answer(OWN_SNAPSHOTS(row.scope, disk.key)) for disk in own]
    return any(not (isinstance(answer, No) or (isinstance(answer, Yes) and not answer.value)) for answer in told)


def _by_vault(desired: Iterable[DesiredDisk]) -> dict[str, list[DesiredDisk]]:
    found: dict[str, list[DesiredDisk]] = defaultdict(list)
    for wanted in desired:
        found[wanted.vault.id.key].append(wanted)
    return found


def _is_ours(world: World, row: RoleAssignment) -> bool:
    return is_derived(row) and row.role in BY_GUID and is_settled(row, world.now)


class _needed:  # noqa: N801 - used as a predicate
    """Whether any instance or declared disk of a vault needs an assignment."""

    def __init__(self, draft: Draft, instances: list[Instance], wanted: list[DesiredDisk], named: set[str]) -> None:
        self._named = named
        disks = [instance.disk for instance in instances if instance.disk]
        groups = [instance.snapshot_group for instance in instances if instance.snapshot_group]
        known = [draft.world.disks.get(disk.key) for disk in disks]
        self._unsure = {
            READER.guid: any(disk is None for disk in known),
            DISK_SNAPSHOT_CONTRIBUTOR.guid: any(one.disk and one.snapshot_group is None for one in instances),
            DISK_RESTORE_OPERATOR.guid: _has_others(draft.world, instances, wanted),
        }
        sets = [disk.encryption_set for disk in known if disk and disk.encryption_set]
        self._targets = {
            DISK_BACKUP_READER.guid: _scopes([*disks, *(disk.disk.id for disk in wanted)]),
            DISK_SNAPSHOT_CONTRIBUTOR.guid: _scopes([*groups, *(disk.group_id for disk in wanted)]),
            READER.guid: _scopes([*sets, *(disk.disk.encryption_set for disk in wanted if disk.disk.encryption_set)]),
            DISK_RESTORE_OPERATOR.guid: _scopes(
                [
                    group_id(drill.subscription or subscription, drill.group)
                    for drill in draft.world.manifest.drills
                    for subscription in {
                        *(one.subscription for one in disks),
                        *(one.disk.id.subscription for one in wanted),
                    }
                ]
            ),
        }

    def __call__(self, row: RoleAssignment) -> bool:
        if self._unsure.get(row.role):
            return True
        if row.role == DISK_BACKUP_READER.guid and row.scope.key in self._named:
            return True
        return row.scope.key in self._targets[row.role] or not row.scope.subscription


def _has_others(world: World, instances: list[Instance], wanted: Iterable[DesiredDisk]) -> bool:
    """Whether a vault protects disks that aren't this manifest's: their owner may have drills that we can't see."""
    own = {disk.disk.id for disk in wanted}
    return any(one.disk and one.disk not in own and world.owner(one.tags) != "ours" for one in instances)


def _scopes(targets: list[ArmId]) -> set[str]:
    """Every scope whose assignments apply to one of `targets`; most targets share all but the first."""
    found: set[str] = set()
    for target in targets:
        for scope in target.enclosing():
            if scope in found:
                break
            found.add(scope)
    return found


def _remove(draft: Draft, spec: VaultSpec, row: RoleAssignment, users: Iterable[Address]) -> None:
    role = BY_GUID[row.role]
    draft.decisions.add(
        Change(
            address=addresses.role(spec.name, role.word, row.scope),
            kind=Kind.ROLE,
            action=Action.DESTROY,
            reason="nothing needs it any more",
            steps=(Step(Op.ROLE_DELETE, row.id),),
            before={"role": role.title, "scope": row.scope.text, "principal": row.principal},
            depends=(*draft.decisions.marking(spec), *users),
            vault=spec.id,
            drift=drift_class(draft.world, spec),
        )
    )
