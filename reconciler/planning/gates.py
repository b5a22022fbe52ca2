"""Gates: refusals, each opened by its own option; most cover the whole run, local ones only their own objects."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import replace

from reconciler.base.plurals import counted
from reconciler.model.addresses import Address
from reconciler.model.changes import Action, Change, Kind
from reconciler.model.globs import glob
from reconciler.model.ids import ArmId, lower
from reconciler.model.manifest import DiskRule, names_in
from reconciler.model.plan import Gate, Plan
from reconciler.model.protection import is_active
from reconciler.model.resources import Instance
from reconciler.model.tags import SOURCE_TAG, tag_of
from reconciler.planning.capacity import DISK_SCOPE_LIMIT, QUOTA, over_quota
from reconciler.planning.desired import DesiredDisk
from reconciler.planning.draft import Draft
from reconciler.planning.gone import is_left
from reconciler.planning.role_book import RoleBook
from reconciler.planning.world import World

COUNTED = frozenset({"empty", "mass-addition", "mass-change", "mass-gone", "selects-nothing"})
"""The gates that count over all vaults of the manifest."""

MASS_PERCENT = 30
MASS_FROM = 10
ADDED_PERCENT = 5
ADDED_ALWAYS = 20
_SHOWN, _FEW = 10, 5


def gates(
    draft: Draft, book: RoleBook, desired: list[DesiredDisk], changes: list[Change], due: list[Address]
) -> tuple[Gate, ...]:
    """Every gate that concerns these changes, open or closed; `due` are the addresses of deletions without a key."""
    vanished = tuple(_mass_gone(draft, changes))
    found = [
        *_empty(draft.world, desired, changes),
        *_selects_nothing(draft.world, desired, changes),
        *vanished,
        *_mass(draft.world, _without(changes, vanished)),
        *_mass_addition(draft.world, changes),
        *_two_sources(draft.world, changes),
        *_irreversible(draft, changes),
        *_weakening(draft, changes),
        *_deletions(draft.world, changes, due),
        *_quota(draft, changes),
        *_scopes(draft.world, book, changes),
    ]
    return tuple(found)


def local_gates(draft: Draft, takes: Callable[[Address], bool]) -> Iterable[Gate]:
    """Every local gate that concerns this plan, open or closed; `takes` says which addresses `--only` leaves."""
    for key, reasons in sorted(draft.decisions.gated.items(), key=lambda one: str(one[0])):
        addresses = sorted(filter(takes, reasons))
        if addresses:
            hint = f"pass `--force {key}` to continue"
            is_open = draft.world.forces(key.gate, *key.parts)
            yield Gate(key.gate, reasons[addresses[0]], hint, is_open, tuple(addresses), is_local=True)


def under_gates_of(plan: Plan, whole: Plan) -> Plan:
    """A shard's plan with the gates that count over all vaults taken from the plan of the whole manifest."""
    own = (gate for gate in plan.gates if gate.name not in COUNTED)
    counted_over_all = (gate for gate in whole.gates if gate.name in COUNTED)
    return replace(plan, gates=tuple(sorted((*own, *counted_over_all), key=lambda gate: gate.name)))


def _empty(world: World, desired: list[DesiredDisk], changes: list[Change]) -> Iterable[Gate]:
    """The gate for a manifest that declares nothing, or whose entries match nothing while our instances exist."""
    manifest = world.manifest
    if not (manifest.vaults or manifest.disks or manifest.removed):
        why = "the manifest names no vault and no disk"
    elif not desired and manifest.disks and _owns_any(world, changes):
        why = "no entry of `disks` matches a disk, but instances of this manifest exist"
    elif not desired and any(change.drift == "orphaned" for change in changes):
        why = "the manifest has no entry of `disks`, and --prune would stop what it had"
    else:
        return
    hint = "check the manifest's path and the caller's permissions; pass `--force empty` to continue"
    yield Gate("empty", f"the desired set is empty: {why}", hint, world.forces("empty"))


def _owns_any(world: World, changes: list[Change]) -> bool:
    """Whether an active instance of ours exists that `whenGone` doesn't explain."""
    accounted = {lower(str((change.before or {}).get("instance"))) for change in changes if change.drift == "gone"}
    return any(
        world.owner(instance.tags) == "ours" and key not in accounted and not is_left(world, instance)
        for key, instance in world.estate.instances.items()
    )


def _mass_gone(draft: Draft, changes: list[Change]) -> Iterable[Gate]:
    """The gate for many disks gone at once: a list, a permission or a subscription is more likely lost than the disks."""
    acted = [change for change in changes if change.drift == "gone" and change.vault]
    masses = draft.decisions.masses
    vaults = sorted({change.vault for change in acted if change.vault} & masses.keys())
    if vaults:
        where = [f"{masses[vault][0]} of the {masses[vault][1]} of the vault {vault.name}" for vault in vaults]
        message = f"many disks are gone at once: {_listed(where)}"
        hint = "check that they were deleted on purpose; pass `--force mass-gone` to continue"
        found = tuple(change.address for change in acted if change.vault in vaults)
        yield Gate("mass-gone", message, hint, draft.world.forces("mass-gone"), found)


def _without(changes: list[Change], gates: Iterable[Gate]) -> list[Change]:
    """The changes that no gate of their own covers."""
    covered = {address for gate in gates for address in gate.addresses}
    return [change for change in changes if change.address not in covered]


def _mass(world: World, changes: list[Change]) -> Iterable[Gate]:
    """The gate for more than 30 % of the instances of a vault, or of all, losing protection or retention at once.

    Stopped instances that lose nothing don't count towards the total, since years of them would hide a mass change; they
    do count towards the minimum of 10 instances.
    """
    weighty = [change for change in changes if change.kind is Kind.DISK and change.weight and change.vault]
    if not weighty:
        return
    touched = Counter[ArmId | None](vault for change in weighty if change.vault for vault in (change.vault, None))
    losing = {lower(str((change.before or {}).get("instance"))) for change in weighty}
    held: Counter[ArmId | None] = Counter()
    total: Counter[ArmId | None] = Counter()
    for instance in world.estate.instances.values():
        held.update((instance.vault, None) if instance.disk else ())
        if instance.disk and (is_active(instance) or instance.id.key in losing):
            total.update((instance.vault, None))
    for vault in sorted(touched, key=lambda one: one.key if one else ""):
        if held[vault] >= MASS_FROM and touched[vault] * 100 > MASS_PERCENT * total[vault]:
            where = f"the vault {lower(vault.name)}" if vault else "all vaults"
            message = (
                f"{touched[vault]} of {total[vault]} instances of {where} would be stopped, suspended, deleted "
                f"or kept for less time (more than {MASS_PERCENT} %)"
            )
            addresses = tuple(change.address for change in weighty)
            hint = "check the list; pass `--force mass-change` to continue"
            yield Gate("mass-change", message, hint, world.forces("mass-change"), addresses)
            return


def _of(reasons: dict[Address, str], changes: list[Change]) -> list[Address]:
    planned = {change.address for change in changes}
    return [address for address in sorted(reasons) if address in planned]


def _mass_addition(world: World, changes: Iterable[Change]) -> Iterable[Gate]:
    """The gate for more new backup instances than nobody looks at: 20, or 5 % of those that exist if that is more."""
    if not world.options.additions:
        return
    new = tuple(change.address for change in changes if change.kind is Kind.DISK and change.action is Action.ADD)
    before = world.options.added.difference(new)
    count, held = len(new) + len(before), sum(one.disk is not None for one in world.estate.instances.values())
    if new and count > ADDED_ALWAYS and count * 100 > (held - len(before)) * ADDED_PERCENT:
        message = f"{counted(len(new), 'disk')} would become protected without a review, beside {counted(held, 'backup instance')}"
        message += f", of which {len(before)} were added without a review within a day" if before else ""
        hint = "check that the selectors match what they should; pass `--force mass-addition` to continue"
        yield Gate("mass-addition", message, hint, world.forces("mass-addition"), new)


def _two_sources(world: World, changes: Iterable[Change]) -> Iterator[Gate]:
    """The gate before stops, deletions and revocations in vaults that bear the mark of another source."""
    source = world.options.source
    others = {
        key: told
        for key, vault in world.estate.vaults.items()
        if source and (told := tag_of(vault.tags, SOURCE_TAG)) and not world.options.is_source(told)
    }
    ending = [change for change in changes if change.vault and change.vault.key in others and _ends(change)]
    if ending:
        names = sorted({change.vault.name for change in ending if change.vault})
        message = (
            f"another copy of the manifest {world.manifest.name} was applied in {', '.join(names)} "
            f"(mark {', '.join(sorted({others[change.vault.key] for change in ending if change.vault}))}, this is {source}), "
            "and this one would take over its disks"
        )
        hint = (
            "give the manifests different names; if this one only moved to another repository or folder, "
            "pass `--adopt` once, or `--force two-sources` for this run"
        )
        yield Gate(
            "two-sources", message, hint, world.forces("two-sources"), tuple(change.address for change in ending)
        )


def _ends(change: Change) -> bool:
    return change.action is Action.DESTROY or change.weight == "stops"


def _irreversible(draft: Draft, changes: list[Change]) -> Iterable[Gate]:
    addresses = _of(draft.decisions.irreversible, changes)
    if addresses:
        message = _listed([draft.decisions.irreversible[address] for address in addresses])
        hint = "pass `--accept-irreversible` to continue"
        is_open = draft.world.options.accept_irreversible or draft.world.forces("irreversible")
        yield Gate("irreversible", message, hint, is_open, tuple(addresses))


def _weakening(draft: Draft, changes: list[Change]) -> Iterable[Gate]:
    addresses = _of(draft.decisions.weakening, changes)
    if addresses:
        message = _listed([draft.decisions.weakening[address] for address in addresses])
        hint = "pass `--force weakens-protection` to continue"
        yield Gate("weakens-protection", message, hint, draft.world.forces("weakens-protection"), tuple(addresses))


def _deletions(world: World, changes: list[Change], due: list[Address]) -> Iterable[Gate]:
    """The gate for deleting recovery points, which needs the exact count from the person who runs the plan.

    Without a count only the deletions are left out; a wrong count refuses the run. Of a reviewed plan it is the number
    that was reviewed, however many of these deletions are still to be done.
    """
    deleted = [change.address for change in changes if change.kind is Kind.DISK and change.action is Action.DESTROY]
    said, concerned = world.options.allow_delete, deleted or due
    if concerned or said:
        count = len(concerned)
        message = f"{counted(count, 'backup instance')} would be deleted with {'their' if count != 1 else 'its'} recovery points"
        told = "" if said is None else f"; --allow-delete is {said}"
        right = count if world.options.reviewed is None else world.options.reviewed.deletions
        hint, is_open = f"pass `--allow-delete {right}` to continue", said == right
        yield Gate("allow-delete", message + told, hint, is_open, tuple(concerned), is_local=said is None)


def _quota(draft: Draft, changes: list[Change]) -> Iterable[Gate]:
    added = Counter(
        change.steps[0].target.subscription
        for change in changes
        if change.kind is Kind.ROLE and change.action is Action.ADD
    )
    over = over_quota(draft, added)
    if over:
        where = _listed(
            [
                f"{draft.world.names.subscription(subscription)} would have {count}"
                for subscription, count in sorted(over.items())
            ]
        )
        message = f"more than {QUOTA} role assignments in a subscription: {where}"
        hint = "declare `roleAssignments: {scope: resourceGroup}`; pass `--force role-quota` if Azure raised your limit"
        yield Gate("role-quota", message, hint, draft.world.forces("role-quota"))


def _scopes(world: World, book: RoleBook, changes: list[Change]) -> Iterable[Gate]:
    if world.options.additions and not any(change.kind is Kind.ROLE for change in changes):
        return
    over = {key: len(scopes) for key, scopes in sorted(book.disk_scopes.items()) if len(scopes) > DISK_SCOPE_LIMIT}
    if over:
        where = _listed(
            [f"{count} in {world.names.subscription(subscription)}" for subscription, count in over.items()]
        )
        message = f"more than {DISK_SCOPE_LIMIT} role assignments at disk scope: {where}"
        hint = "declare `roleAssignments: {scope: resourceGroup}`"
        yield Gate("role-scope", message, hint, world.forces("role-scope"), opener="--force role-scope")


def _listed(texts: list[str]) -> str:
    rest = len(texts) - _SHOWN
    return "; ".join(texts[:_SHOWN]) + (f"; and {rest} more" if rest > 0 else "")


def _selects_nothing(world: World, desired: Sequence[DesiredDisk], changes: Iterable[Change]) -> Iterable[Gate]:
    """The gate for pruning more disks than are left to the entry that may have taken them; with none at all, it is `empty`."""
    pruned = [change for change in changes if change.drift == "orphaned" and change.steps]
    if not (pruned and desired):
        return
    taken = Counter(wanted.rule.place for wanted in desired if not wanted.by_id)
    told: list[str] = []
    found: dict[Address, None] = {}
    for rule in world.manifest.disks:
        lost = _lost(world, rule, taken[rule.place], pruned) if rule.select is not None else []
        if len(lost) > taken[rule.place]:
            takes = counted(taken[rule.place], "disk") if taken[rule.place] else "no disk"
            told.append(
                f"the entry at {rule.place} matches {takes}, and {len(lost)} that it may have matched would be stopped"
            )
            found |= dict.fromkeys(change.address for change in lost)
    if told:
        rest = f"; and {len(told) - _FEW} more entries" if len(told) > _FEW else ""
        hint = "check the entry's tags, names and scopes, and the caller's permissions; pass `--force selects-nothing` to continue"
        yield Gate(
            "selects-nothing", "; ".join(told[:_FEW]) + rest, hint, world.forces("selects-nothing"), tuple(found)
        )


def _lost(world: World, rule: DiskRule, takes: int, pruned: Sequence[Change]) -> list[Change]:
    """The pruned disks that an entry may have taken before; there is no record of which it did.

    These are the disks that it could take by subscription, resource group and name alone, whatever it excludes now. If
    the entry, or one of its places or names, matches nothing, that may be mistyped: then the disks in the vaults that it
    uses count, too.
    """
    is_idle = not takes or _has_idle_part(world, rule)
    vaults = {world.manifest.vaults[name].id for name in names_in(rule.vault)} if is_idle else set()
    found: list[Change] = []
    for change in pruned:
        instance: Instance | None = world.estate.instances.get(change.steps[0].target.key)
        if instance is None or instance.disk is None:
            continue
        if world.takers.could_take(rule, instance.disk) or instance.vault in vaults:
            found.append(change)
    return found


def _has_idle_part(world: World, rule: DiskRule) -> bool:
    """Whether a subscription, resource group or name in the entry's selector matches no disk at all."""
    select, disks = rule.select, [disk.id for disk in world.disks.values()]
    if select is None:
        return False
    parts = (
        (select.subscriptions, {disk.subscription for disk in disks}),
        (select.resource_groups, {lower(disk.group) for disk in disks}),
        (select.names, {lower(disk.name) for disk in disks}),
    )
    return any(not any(map(glob(value).match, there)) for values, there in parts for value in values or ())
