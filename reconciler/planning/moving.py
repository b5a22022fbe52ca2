"""Moves: a disk's backups continue in another vault, and its old recovery points stay restorable in the old one."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import datetime

from reconciler.model import addresses, protection
from reconciler.model.addresses import Address
from reconciler.model.canonical import digest
from reconciler.model.changes import Action, Change, Deletion, FieldChange, Kind, Op, Step
from reconciler.model.codes import disks as disk_codes
from reconciler.model.codes import planning as codes
from reconciler.model.estate import Estate
from reconciler.model.findings import Severity
from reconciler.model.ids import ArmId
from reconciler.model.manifest import Manifest
from reconciler.model.plan import Options, Plan
from reconciler.model.policy_reading import read
from reconciler.model.protection import GOALS, Health, health_of
from reconciler.model.resources import Instance
from reconciler.model.short_names import Typed
from reconciler.model.tags import OWNER_TAG, tag_of
from reconciler.planning import planner
from reconciler.planning.decisions import Decisions, Refusal
from reconciler.planning.desired import DesiredDisk, expand
from reconciler.planning.draft import Draft
from reconciler.planning.instance_bodies import guard_of, guard_or_refuse
from reconciler.planning.policy_book import may_replace
from reconciler.planning.retained import aside, is_left, keeps_deleted, loses_nothing
from reconciler.planning.world import World

_KEPT = "the old recovery points stay restorable in the old vault, kept until somebody deletes them there"
_GAP = (
    "no backup starts between the stop in the old vault and the protection in the new one: minutes,"
    " or up to half an hour if permissions have to become effective first"
)
_SOFTLY = (
    "if Azure refuses while the old instance exists, that is soft-deleted, and undeleted as soon as the disk is"
    " protected; if the run dies in between, run the move again before the vault's soft delete ends"
)

_THERE = frozenset({Health.CONFIGURED, Health.TRANSIENT})


@dataclass(frozen=True, slots=True)
class _Move:
    """`old` is the instance whose recovery points stay behind, `others` are what earlier moves have left."""

    wanted: DesiredDisk
    old: Instance
    others: tuple[Instance, ...] = ()

    @property
    def left(self) -> tuple[Instance, ...]:
        """All instances in other vaults."""
        return (self.old, *self.others)


def make(
    manifest: Manifest,
    estate: Estate,
    options: Options,
    now: datetime,
    disks: tuple[str, ...],
    through_soft_delete: bool,
) -> Plan:
    """The plan that moves these disks (names or ids) to their declared vault; a sketch while it has `questions`.

    It is the plan as if the old instances didn't exist, plus the steps on these.
    """
    draft = Draft.of(manifest, estate, options, now)
    looked = draft.beside()
    desired = expand(looked)
    draft.questions.tell_unread()
    moves = [move for named in disks for move in _moves(draft, desired, named, looked.decisions.refused)]
    if not moves:
        findings, asked = tuple(draft.decisions.findings), draft.questions.open
        return Plan(manifest.name, (), findings, (), "", questions=asked, names=draft.world.names)
    narrowed = replace(options, only=tuple(move.wanted.address for move in moves), prune=False)
    base = planner.make(manifest, _without(estate, moves), narrowed, now)
    by_address = {move.wanted.address: move for move in moves}
    changes = [
        _change(draft, by_address[change.address], change, through_soft_delete)
        if change.address in by_address
        else change
        for change in base.changes
    ]
    changes += [
        change
        for address, move in by_address.items()
        if _is_left_as_it_is(base, address) and _is_there_already(draft, move)
        for change in _brought_back(draft.world, move)
    ]
    findings = (*draft.decisions.findings, *base.findings)
    told = [[change.address, [step.op.value for step in change.steps]] for change in changes]
    return replace(
        base,
        changes=tuple(changes),
        findings=findings,
        marks=(),
        checksum=digest([base.checksum, told]) if base.checksum else "",
        questions=(*base.questions, *draft.questions.open),
    )


def _moves(draft: Draft, desired: list[DesiredDisk], named: str, refused: Mapping[Address, Refusal]) -> Iterator[_Move]:
    """The move of a disk that is declared in another vault; findings when it can't be moved."""
    names = draft.world.names
    disks = Typed(named, names).disks(one.disk.id for one in desired)
    meant = [one for one in desired if one.disk.id in disks]
    if len(meant) > 1:
        draft.decisions.note(disk_codes.DISK_AMBIGUOUS, f"`{named}` names several disks: {names.listed(disks)}")
    elif not meant:
        _tell_undeclared(draft, named, desired, refused)
    if len(meant) != 1:
        return
    (wanted,) = meant
    held = [one for one in draft.world.estate.instances.values() if one.disk == wanted.disk.id]
    here = [one for one in held if one.vault == wanted.vault.id]
    strange = [one.snapshot_group for one in here if one.snapshot_group not in (None, wanted.group_id)]
    if strange:
        message = f"its backup instance in the vault {wanted.vault.name} has its snapshots in {names.listed(filter(None, strange))}, which can't be changed"
        draft.decisions.refuse(wanted.address, codes.MOVE_IMPOSSIBLE, message, place=wanted.place)
        return
    deleted = [one for one in draft.world.estate.deleted_instances.values() if one.disk == wanted.disk.id]
    others = [one for one in (*held, *deleted) if one.vault != wanted.vault.id]
    is_there = any(health_of(one) is Health.CONFIGURED for one in here)
    live = [one for one in others if not one.deleted and not (is_there and _is_let_go(one))]
    gone = [one for one in others if one.deleted]
    old = min(live or gone, key=protection.preference, default=None)
    if old is None:
        _tell_nothing_to_move(draft.decisions, wanted, here)
        return
    rest = tuple(one for one in others if one is not old and (one.deleted or is_left(draft.world, one)))
    if wanted.rule.protection != "protected":
        message = f"the disk is declared {wanted.rule.protection}, so nothing would protect it in the vault {wanted.vault.name}"
        hint = "declare it `protected` until it is moved"
        draft.decisions.refuse(wanted.address, codes.MOVE_IMPOSSIBLE, message, place=wanted.place, hint=hint)
    elif _is_movable(draft, wanted, old):
        yield _Move(wanted, old, rest)


def _tell_undeclared(
    draft: Draft, named: str, desired: Iterable[DesiredDisk], refused: Mapping[Address, Refusal]
) -> None:
    """Say why no disk of that name can be moved: what refused it, else that the manifest declares none."""
    typed = Typed(named, draft.world.names)
    chosen = typed.disks(address.disk for address in sorted(refused) if address.disk)
    if chosen:
        told = f"`{named}` can't be moved: {refused[addresses.disk(chosen[0])].because}"
        draft.decisions.note(codes.MOVE_IMPOSSIBLE, told, hint="fix that first; run `reconciler plan` for details")
        return
    hint = typed.near_disks(one.address for one in desired) or "declare it with the vault that it should move to"
    message = f"`{named}` can't be moved: the manifest declares no such disk"
    draft.decisions.note(codes.MOVE_IMPOSSIBLE, message, hint=hint)


def _tell_nothing_to_move(decisions: Decisions, wanted: DesiredDisk, here: list[Instance]) -> None:
    """Add the finding that the disk is already protected in its declared vault, or the error that nothing protects it."""
    vault = wanted.vault.name
    if any(health_of(one) is Health.CONFIGURED for one in here):
        message = f"the disk is already protected in the vault {vault}, and in no other"
        decisions.note(codes.MOVED_ALREADY, message, address=wanted.address, place=wanted.place)
        return
    state = f"no backup instance protects the disk, in the vault {vault} or elsewhere"
    if here:
        state = f"its backup instance in the vault {vault} is {here[0].state}"
    decisions.refuse(wanted.address, codes.NOTHING_TO_MOVE, state, place=wanted.place)


def _is_let_go(old: Instance) -> bool:
    """Whether the old instance is as a move leaves it."""
    return not old.deleted and not protection.is_active(old)


def _is_movable(draft: Draft, wanted: DesiredDisk, old: Instance) -> bool:
    address = wanted.address
    if draft.world.owner(old.tags) == "foreign":
        message = f"the manifest `{tag_of(old.tags, OWNER_TAG)}` owns its backup instance in the vault {old.vault.name}"
        draft.decisions.refuse(address, codes.MANAGED_ELSEWHERE, message, place=wanted.place)
    elif not old.deleted and health_of(old) in protection.AT_WORK:
        _wait_for(draft, wanted, old)
    elif guard_or_refuse(draft, old.vault, (Op.INSTANCE_STOP,), address, wanted.place) is None or not _may_leave(
        draft, wanted, old
    ):
        return False
    elif lock := draft.world.lock_on(old.id, deletes=True):
        message = f"{lock.shown(draft.world.names)} forbids stopping its protection in the old vault"
        draft.decisions.refuse(address, codes.LOCKED, message, place=wanted.place)
    else:
        return True
    return False


def _may_leave(draft: Draft, wanted: DesiredDisk, old: Instance) -> bool:
    """Whether the disk may leave its present policy for the one in the new vault."""
    policy = draft.world.estate.policies.get(old.policy.key) if old.policy else None
    unknown = read(policy).unread if policy else ()
    instead = f"what {wanted.policy.name} declares"
    return (
        policy is None
        or not unknown
        or may_replace(draft, policy.id, unknown, wanted.address, wanted.place, instead=instead)
    )


def _without(estate: Estate, moves: list[_Move]) -> Estate:
    """The estate as if the old instances didn't exist; answers to questions are shared with it."""
    left = {one.id.key for move in moves for one in move.left}
    return replace(
        estate,
        instances={key: one for key, one in estate.instances.items() if key not in left},
        deleted_instances={key: one for key, one in estate.deleted_instances.items() if key not in left},
    )


def _change(draft: Draft, move: _Move, made: Change, through_soft_delete: bool) -> Change:
    """The change that protects the disk anew, with what happens to the old instances around it."""
    wanted, old = move.wanted, move.old
    before, after, detail = _around(draft, move, through_soft_delete)
    undoing = _undoing(draft.world, wanted, made)
    fields = [FieldChange("vault", old.vault.text, wanted.vault.id.text)]
    if old.snapshot_group != wanted.group_id:
        fields.append(FieldChange("snapshotResourceGroup", _text(old), wanted.group_id.text))
    return replace(
        made,
        kind=Kind.MOVE,
        action=Action.CHANGE,
        reason=f"moves from the vault {old.vault.name}, where {old.id.name} is kept, stopped",
        steps=(*before, *made.steps, *after, *undoing),
        before={"instance": old.id.text},
        after={**(made.after or {}), "instance": made.steps[0].target.text},
        fields=tuple(fields),
        detail=(*made.detail, _KEPT, _GAP, *detail),
    )


def _around(draft: Draft, move: _Move, through_soft_delete: bool) -> tuple[list[Step], list[Step], list[str]]:
    """The steps on the old instances before and after the new one is made, and remarks on them."""
    old, before, after, detail = move.old, list[Step](), list[Step](), list[str]()
    live = old.vault.child("backupInstances", old.id.name)
    if not old.deleted and protection.is_active(old):
        before.append(Step(Op.INSTANCE_STOP, live, guard=_guard(draft.world, old)))
    if through_soft_delete:
        room = aside(draft.world, (one for one in move.left if not one.deleted))
        if not room.before and not old.deleted:
            _refuse_softly(draft, move)
        before += room.before
        after += room.after
        detail += [_SOFTLY] if room.before else []
    after += [Step(Op.INSTANCE_UNDELETE, _live(one)) for one in move.left if one.deleted]
    if may_resume := not old.deleted and _may_resume(draft, old):
        after.append(Step(Op.INSTANCE_RESUME, live))
    if not old.deleted:
        end = "the old protection is resumed" if may_resume else f"{old.id.name} stays stopped"
        detail.append(f"if the disk can't be protected in the new vault, {end}")
    return before, after, detail


def _refuse_softly(draft: Draft, move: _Move) -> None:
    off = next((one for one in move.left if not one.deleted and not keeps_deleted(draft.world, one.vault)), None)
    if off is None:
        return
    message = f"soft delete is off in the vault {off.vault.name}: deleting {off.id.name} would lose its recovery points"
    draft.decisions.refuse(move.wanted.address, codes.MOVE_IMPOSSIBLE, message, hint="turn on soft delete there first")


def _may_resume(draft: Draft, old: Instance) -> bool:
    """Whether to resume if the move fails: suspended and stopped ones had no backups, and may lose recovery points."""
    health = health_of(old)
    return loses_nothing(draft, old) if health is Health.STOPPED else health is not Health.SUSPENDED


def _undoing(world: World, wanted: DesiredDisk, made: Change) -> list[Step]:
    """The steps that delete this move's new instance if it doesn't protect: else the old one can't be resumed."""
    first, target = made.steps[0], wanted.vault.id.child("backupInstances", made.steps[0].target.name)
    softly = keeps_deleted(world, wanted.vault.id)
    is_new = first.op is Op.INSTANCE_PUT or (first.op is Op.INSTANCE_UNDELETE and softly)
    guard = guard_of(world, wanted.vault.id, Op.INSTANCE_DELETE)
    if not is_new or guard is None or world.lock_on(target, deletes=True):
        return []
    return [Step(Op.INSTANCE_DELETE, target, Deletion(softly=True) if softly else Deletion(), guard)]


def _live(one: Instance) -> ArmId:
    return one.vault.child("backupInstances", one.id.name)


def _guard(world: World, old: Instance) -> tuple[str, ...]:
    return guard_of(world, old.vault, Op.INSTANCE_STOP) or ()


def _text(old: Instance) -> str | None:
    return old.snapshot_group.text if old.snapshot_group else None


def _is_left_as_it_is(base: Plan, address: Address) -> bool:
    """Whether nothing is planned for the disk in the new vault, and no error says why."""
    planned = {change.address for change in base.changes}
    told = {finding.address for finding in base.findings if finding.severity is Severity.ERROR}
    return (
        not base.questions and address not in planned and address not in told and base.expected.get(address) is not None
    )


def _is_there_already(draft: Draft, move: _Move) -> bool:
    """Whether the disk is protected in the new vault, and only the old instance needs steps; else it is refused.

    Nothing is planned for what the manifest ignores, either. An instance that is still being made there is waited for.
    """
    wanted = move.wanted
    held = draft.world.held.get(wanted.disk.id.key, ())
    if any(one.vault == wanted.vault.id and health_of(one) in _THERE for one in held):
        return True
    message = f"nothing protects the disk in the vault {wanted.vault.name}, and no change is planned there"
    hint = "remove the `ignore` entry that matches it until it is moved"
    draft.decisions.refuse(wanted.address, codes.MOVE_IMPOSSIBLE, message, place=wanted.place, hint=hint)
    return False


def _wait_for(draft: Draft, wanted: DesiredDisk, instance: Instance) -> None:
    """Refuse to move while Azure is working on one of the instances: an error, since nothing was done."""
    message = f"Azure is still working on the backup instance in the vault {instance.vault.name}: {instance.state}"
    draft.decisions.refuse(wanted.address, codes.WAITS_FOR.as_error, message, place=wanted.place)


def _brought_back(world: World, move: _Move) -> Iterator[Change]:
    """The rest of a move when the disk is protected in the new vault: undelete or stop the old instances."""
    old = move.old
    if _is_let_go(old):  # the new one is in progress, and is waited for
        return
    stop = () if old.deleted else (Step(Op.INSTANCE_STOP, _live(old), guard=_guard(world, old)),)
    undelete = (Step(Op.INSTANCE_UNDELETE, _live(one)) for one in move.left if one.deleted)
    yield Change(
        address=move.wanted.address,
        kind=Kind.MOVE,
        action=Action.CHANGE,
        reason="protected in the new vault; the old instance is stopped and keeps its recovery points",
        steps=(*stop, *undelete),
        before={"instance": old.id.text},
        after={"instance": _live(old).text},
        fields=(FieldChange("protection", "soft-deleted" if old.deleted else "protected", "stopped"),),
        vault=old.vault,
        goal=GOALS["stopped"],
        place=move.wanted.place,
    )
