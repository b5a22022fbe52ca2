"""Manifest and disks to the desired set: which disk gets what, and from which entry."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace

from reconciler.base.plurals import counted
from reconciler.model import addresses
from reconciler.model.addresses import Address
from reconciler.model.codes import disks as disk_codes
from reconciler.model.codes import planning as codes
from reconciler.model.estate import Found
from reconciler.model.findings import Code, Place
from reconciler.model.ids import ArmId, group_id
from reconciler.model.known import No, Yes
from reconciler.model.manifest import REPORT, DiskRule, GroupSpec, PolicySpec, VaultSpec, chosen, names_in
from reconciler.model.names import instance_name
from reconciler.model.resources import Disk, Instance, Machine
from reconciler.model.selectors import Exclusion, Selector
from reconciler.model.unselected import PassedOver, is_kubernetes_volume, why_passed_over
from reconciler.planning import gone
from reconciler.planning.decisions import Decisions
from reconciler.planning.draft import Draft
from reconciler.planning.selection import Pool, Test, asks_machines, matcher, places, selectors
from reconciler.planning.support import Obstacle, backed, obstacle
from reconciler.planning.world import World

_MACHINES = "microsoft.compute/virtualmachines"
_SHOWN = 5

Claim = tuple[Disk, DiskRule, Place, bool]
"""A disk (with the manifest's spelling of its id, if it names it), the entry and place that claim it, and whether by id."""


@dataclass(slots=True)
class DesiredDisk:
    """A disk that the manifest declares, and how it is to be protected; `by_id`: it was named, not selected.

    `address` is `disk/<lower-cased disk id>`; `group_id` the snapshot resource group, which is always in the disk's own
    subscription.
    """

    disk: Disk
    place: Place
    rule: DiskRule
    by_id: bool
    vault: VaultSpec
    policy: PolicySpec
    group: GroupSpec
    address: Address = field(init=False)
    group_id: ArmId = field(init=False)

    def __post_init__(self) -> None:
        self.address = addresses.disk(self.disk.id)
        self.group_id = group_id(self.disk.id.written_subscription, self.group.azure_name or self.group.name)

    @property
    def chosen_by(self) -> str:
        """The entry that chose the disk, in words."""
        how = "by id" if self.by_id else "by selector"
        return f"chosen {how} at {self.place}"


def expand(draft: Draft) -> list[DesiredDisk]:
    """The desired disks in order of their ids; those that can't be protected become findings."""
    claims: dict[str, Claim] = {}
    _claim_by_id(draft, claims)
    _claim_by_selector(draft, claims)
    desired = (_resolve(draft, *claims[key]) for key in sorted(claims))
    return [disk for disk in desired if disk is not None]


def _claim_by_id(draft: Draft, claims: dict[str, Claim]) -> None:
    for rule in draft.world.manifest.disks:
        is_ours = any(name in draft.world.vaults for name in names_in(rule.vault))
        for arm_id, place in rule.ids:
            disk = draft.world.disks.get(arm_id.key) or (_unlisted(draft, arm_id, rule, place) if is_ours else None)
            if disk is not None:
                claims[arm_id.key] = (replace(disk, id=arm_id), rule, place, True)


def _unlisted(draft: Draft, arm_id: ArmId, rule: DiskRule, place: Place) -> Disk | None:
    """Ask by id for a disk that is named by id and missing from lists."""
    if not gone.may_read(draft.questions, arm_id, is_needed=rule.when_gone != REPORT):
        _refuse_unread(draft, arm_id, place)
        return None
    match draft.questions.presence(arm_id, addresses.disk(arm_id), place):
        case Yes(Found(resource=Disk() as disk)):
            draft.world.found(disk)
            draft.questions.contradicted.add(arm_id.subscription)
            return disk
        case No():
            gone.refuse_named(draft, arm_id, place)
    return None


def _refuse_unread(draft: Draft, arm_id: ArmId, place: Place) -> None:
    """Refuse a disk that wasn't asked for because too many are unlisted; it counts as gone unless one of those exists."""
    if arm_id.subscription in draft.questions.contradicted:
        message = "Azure's list lacks the disk; it also lacks disks that exist, so the list proves nothing"
        draft.decisions.refuse(addresses.disk(arm_id), codes.LIST_INCOMPLETE, message, place=place)
    else:
        gone.refuse_missing(
            draft, arm_id, place, "Azure's list lacks the disk, and too many others to check each of them by its id"
        )


def _claim_by_selector(draft: Draft, claims: dict[str, Claim]) -> None:
    by_subscription, passed = _pools(draft.world)
    _look_for_machines(draft, by_subscription)
    for found in (by_subscription, passed) if draft.world.removals.of else ():
        for subscription, disks in found.items():
            found[subscription] = [disk for disk in disks if disk.id.key not in draft.world.removals.of]
    pools = {subscription: Pool(disks) for subscription, disks in by_subscription.items()}
    passed_over = {subscription: Pool(disks) for subscription, disks in passed.items()}
    twice: dict[str, list[DiskRule]] = defaultdict(list)
    for rule in draft.world.manifest.disks:
        if rule.select is None:
            continue
        selected = list(_selected(draft.world, rule.select, rule.exclude, pools))
        if not selected and draft.world.options.shard.takes(str(rule.place)):
            _tell_nothing(draft, rule, rule.select, pools)
        _tell_passed_over(draft, rule, passed_over, claims)
        for disk in selected:
            earlier = claims.get(disk.id.key)
            if earlier is None:
                claims[disk.id.key] = (disk, rule, rule.place, False)
            elif not earlier[3]:
                twice[disk.id.key] += [earlier[1], rule]
    _tell_other_case(draft, pools, claims)
    for key, rules in sorted(twice.items()):
        places = " and ".join(dict.fromkeys(str(rule.place) for rule in rules))
        _refuse(
            draft,
            draft.world.disks[key].id,
            disk_codes.CLAIMED_TWICE,
            f"the selectors at {places} both match the disk; neither is applied",
            rules[-1].place,
        )
        del claims[key]


def _tell_nothing(draft: Draft, rule: DiskRule, select: Selector, pools: Mapping[str, Pool]) -> None:
    """Say that a selector takes no disk, and which one that is almost the same would."""
    from reconciler.planning.near_misses import near  # few plans need it, and difflib takes its time

    meant = near(select, lambda other: _selected(draft.world, other, rule.exclude, pools))
    message = f"the selector matches no disk{f'; {meant}' if meant else ''}"
    draft.decisions.note(disk_codes.SELECTS_NOTHING, message, place=rule.place)


def _tell_other_case(draft: Draft, pools: Mapping[str, Pool], claims: Mapping[str, Claim]) -> None:
    """Tell of disks that no entry takes, though a selector that takes others would, but for the case of a tag's value."""
    taking = {str(claim[1].place) for claim in claims.values() if not claim[3]}
    for rule in draft.world.manifest.disks:
        if rule.select is None or str(rule.place) not in taking or not draft.world.options.shard.takes(str(rule.place)):
            continue
        for subscription in _where(draft.world, rule.select, pools):
            others = pools[subscription].other_spellings(rule.select) if subscription in pools else {}
            for key, values in others.items():
                near = replace(rule.select, tags={**(rule.select.tags or {}), key: values})
                inside = {subscription: pools[subscription]}
                missed = [one for one in _selected(draft.world, near, rule.exclude, inside) if one.id.key not in claims]
                if missed:
                    tags = " or ".join(f"`{key}: {value}`" for value in values)
                    message = f"the selector misses {counted(len(missed), 'disk')} only by the case of a tag, {tags}: {_names(missed)}"
                    draft.decisions.note(disk_codes.SELECTS_NOTHING, message, place=rule.place)


def _names(disks: Sequence[Disk]) -> str:
    """The names of the first few disks."""
    return ", ".join(disk.id.name for disk in disks[:_SHOWN]) + (", …" if len(disks) > _SHOWN else "")


def _pools(world: World) -> tuple[dict[str, list[Disk]], dict[str, list[Disk]]]:
    """The disks that selectors may match, by subscription, and those that they pass over because of what made them."""
    untouchable = {entry.id.key for entry in world.manifest.excluded}
    holding = (entry.select for entry in world.manifest.removed if entry.hold and entry.select)
    if not any(map(asks_machines, holding)):  # of what is on hold by its machine, the machine has to be known
        untouchable |= {disk.key for entry in world.manifest.removed for disk, _ in entry.named}
    with_instance = backed(world)
    found: dict[str, list[Disk]] = defaultdict(list)
    passed: dict[str, list[Disk]] = defaultdict(list)
    for disk in world.disks.values():
        if disk.id.key in untouchable:
            continue
        why = None if disk.id.key in with_instance else why_passed_over(disk)
        if not why:
            found[disk.id.subscription].append(disk)
        elif why is not PassedOver.COPY:
            passed[disk.id.subscription].append(disk)
    return found, passed


def _tell_passed_over(draft: Draft, rule: DiskRule, pools: Mapping[str, Pool], claims: Mapping[str, Claim]) -> None:
    """Tell how many disks an entry would match that selectors pass over and no other entry names."""
    if rule.select is None or not draft.world.options.shard.takes(str(rule.place)):
        return
    disks = [disk for disk in _selected(draft.world, rule.select, rule.exclude, pools) if disk.id.key not in claims]
    if disks:
        message = f"the selector skips {counted(len(disks), 'disk')} that Kubernetes clusters or scale sets made: {_names(disks)}"
        draft.decisions.note(disk_codes.PASSED_OVER, message, place=rule.place)


def _refuse(draft: Draft, disk: ArmId, code: Code, message: str, place: Place) -> None:
    """Refuse a disk that belongs to no vault: every shard refuses it, one of them reports it."""
    address = addresses.disk(disk)
    if draft.world.options.shard.takes(disk.key):
        draft.decisions.refuse(address, code, message, place=place)
        draft.decisions.cannot_protect(disk, message, place)
    else:
        draft.decisions.refuse_untold(address, message)


def _look_for_machines(draft: Draft, by_subscription: dict[str, list[Disk]]) -> None:
    """Ask for unlisted machines that disks are attached to, where selectors need their tags.

    A disk whose machine can't be read is left out, since it can't be told whether it matches. Instances of scale sets
    are not virtual machines, and are not asked for.
    """
    for select, exclude in selectors(draft.world.manifest):
        if not any(map(asks_machines, (select, *exclude))):
            continue
        for subscription in _where(draft.world, select, by_subscription):
            disks = by_subscription.get(subscription, [])
            by_subscription[subscription] = [
                disk for disk in disks if all(_is_known(draft, disk, one) for one in disk.machines)
            ]


def _where(world: World, select: Selector, read: Iterable[str]) -> list[str]:
    """The subscriptions that a selector looks in: all that were read when it names no place."""
    if select.subscriptions is None and select.management_groups is None:
        return sorted(read)
    return list(places(select, world.estate.management_groups))


def _is_known(draft: Draft, disk: Disk, machine: ArmId) -> bool:
    if machine.key in draft.world.machines or machine.type != _MACHINES:
        return True
    presence = draft.questions.presence(machine, addresses.disk(disk.id))
    match presence:
        case Yes(Found(resource=Machine() as found)):
            draft.world.found(found)
    return presence is not None


def _selected(
    world: World, select: Selector, exclude: Iterable[Exclusion], pools: Mapping[str, Pool]
) -> Iterator[Disk]:
    around = world.surroundings
    takes: Test = matcher(select, around)
    leaves = [matcher(exclusion.selector, around) for exclusion in exclude]
    for subscription in _where(world, select, pools):
        for disk in pools[subscription].candidates(select) if subscription in pools else ():
            if takes(disk) and not any(leaves_out(disk) for leaves_out in leaves):
                yield disk


def _resolve(draft: Draft, disk: Disk, rule: DiskRule, place: Place, by_id: bool) -> DesiredDisk | None:
    vault, policy, group = (chosen(choice, disk.location) for choice in (rule.vault, rule.policy, rule.snapshot_group))
    if vault is None or policy is None or group is None:
        why = Obstacle(
            disk_codes.REGION_UNNAMED,
            f"the disk is in {disk.location}, for which its entry names no vault, policy or snapshot resource group",
        )
        if not draft.world.options.shard.takes(disk.id.key):
            draft.decisions.refuse_untold(addresses.disk(disk.id), why.sentence)
        else:
            _reject(draft.decisions, disk, place, by_id, why)
        return None
    wanted = DesiredDisk(
        disk,
        place,
        rule,
        by_id,
        draft.world.manifest.vaults[vault],
        draft.world.manifest.policies[policy],
        draft.world.manifest.snapshot_groups[group],
    )
    if not draft.world.sees_to(wanted.vault):
        return wanted
    found = (
        obstacle(disk, wanted.policy, _location(draft.world, wanted.vault)) if rule.protection == "protected" else None
    )
    if found:
        _reject(draft.decisions, disk, place, by_id, found)
        return None
    if is_kubernetes_volume(disk):
        draft.decisions.note(
            disk_codes.AKS_VOLUME,
            "the disk is a volume of a Kubernetes cluster; its snapshots don't include the cluster's objects",
            address=wanted.address,
            place=place,
        )
    return wanted


def _location(world: World, vault: VaultSpec) -> str:
    """A vault's location: the one in Azure, else the declared one (which an unmanaged vault may lack)."""
    live = world.estate.vaults.get(vault.id.key)
    return live.location if live else vault.location


def _reject(decisions: Decisions, disk: Disk, place: Place, by_id: bool, why: Obstacle) -> None:
    """Refuse a disk under the obstacle's own code if it was named by id, and as `uncovered` if it was selected."""
    address, message = addresses.disk(disk.id), why.sentence
    if by_id:
        decisions.refuse(address, why.code, message, place=place)
    else:
        message, hint = f"{message} ({why.code})", f"{why.code.hint}; or exclude it with a reason"
        decisions.refuse(address, disk_codes.UNCOVERED, message, place=place, hint=hint)
    decisions.cannot_protect(disk.id, message, place)


def declared_disks(draft: Draft) -> list[DesiredDisk]:
    """The desired disks, after adding to the world their instances that lists lack, since no list proves an absence.

    Each disk without any instance is asked about; a disk that has one in another vault is dealt with elsewhere.
    """
    desired, world = expand(draft), draft.world
    for wanted in desired:
        if wanted.disk.id.key not in world.held and wanted.disk.id.key not in world.deleted:
            own = wanted.vault.id.child("backupInstances", instance_name(wanted.disk.id))
            found = draft.questions.unlisted(wanted.vault, own, wanted.address, wanted.place)
            if isinstance(found, Instance):
                world.hold(wanted.disk.id, replace(found, vault=wanted.vault.id))
    return desired
