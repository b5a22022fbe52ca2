"""How many disks each policy of each vault gets, keeps and loses by a plan."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable

from reconciler.model.changes import Action, Change, Kind
from reconciler.model.names import policy_stem
from reconciler.model.plan import PolicyUse
from reconciler.model.policy_reading import content_of
from reconciler.model.resources import Instance
from reconciler.planning.desired import DesiredDisk
from reconciler.planning.draft import Draft
from reconciler.planning.world import World

_Place = tuple[str, str]


def uses(draft: Draft, everything: Iterable[DesiredDisk], changes: Iterable[Change]) -> tuple[PolicyUse, ...]:
    """The policies that declared disks use and that lose disks, by vault and name; a part of a plan counts its part."""
    world = draft.world
    declared = {one.address: _declared(draft, one) for one in everything if world.sees_to(one.vault)}
    after = Counter(declared.values())
    done: dict[Action, Counter[_Place]] = {action: Counter() for action in Action}
    for change in changes:
        if change.kind is Kind.DISK:
            done[change.action][declared.get(change.address) or _place(world, change)] += 1
    places = {*after, *(place for counted in done.values() for place in counted)}
    return tuple(
        PolicyUse(
            *place,
            done[Action.ADD][place],
            done[Action.CHANGE][place],
            done[Action.DESTROY][place],
            dict.get(after, place),
        )
        for place in sorted(places)
    )


def _declared(draft: Draft, wanted: DesiredDisk) -> _Place:
    """Where a declared disk is after the plan: with its own policy if another one is ignored, else with the declared one."""
    live = draft.world.instance(wanted.disk.id, wanted.vault.id)
    if live and draft.decisions.has_ignored(wanted.address, "policy"):
        return wanted.vault.name, policy_name(draft.world, live)
    return wanted.vault.name, wanted.policy.name


def _place(world: World, change: Change) -> _Place:
    """Where an instance is that no entry declares, by the manifest's name of the vault if it has one."""
    instance = world.estate.instances.get(change.steps[0].target.key) if change.steps else None
    if instance is None:
        return (change.vault.name if change.vault else "", "")
    names = {spec.id.key: spec.name for spec in world.manifest.vaults.values()}
    return names.get(instance.vault.key, instance.vault.name), policy_name(world, instance)


def policy_name(world: World, instance: Instance) -> str:
    """The policy of an instance by the name that it was made from, else by its own one."""
    if instance.policy is None:
        return ""
    live = world.estate.policies.get(instance.policy.key)
    return (policy_stem(live.id.name, content_of(live)) if live else "") or instance.policy.name
