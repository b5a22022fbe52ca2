"""Entries of `disks` that take so little that what they took before would be pruned: a typo, a tag renamed, a short list.

There is no record of what an entry took. What it could have taken by subscription, resource group and name alone stands
in for that, whatever it leaves out now; for one that takes nothing, or of whose places or names one does, also what lies
in a vault that it puts disks into, since that place or name may be what was mistyped.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence

from reconciler.base.plurals import counted
from reconciler.model.changes import Change
from reconciler.model.ids import lower
from reconciler.model.manifest import DiskRule, names_in
from reconciler.model.plan import Gate
from reconciler.model.resources import Instance
from reconciler.planning.desired import DesiredDisk
from reconciler.planning.draft import Draft
from reconciler.planning.selection import glob

NAME = "selects-nothing"
_SHOWN = 5


def selects_nothing(draft: Draft, desired: Sequence[DesiredDisk], changes: Iterable[Change]) -> Iterable[Gate]:
    """The gate before a prune of more disks than an entry takes that may have taken them; none at all are `empty`."""
    pruned = [change for change in changes if change.drift == "orphaned" and change.steps]
    if not (pruned and desired):
        return
    taken = Counter(wanted.rule.place for wanted in desired if not wanted.by_id)
    told: list[str] = []
    found: dict[str, None] = {}
    for rule in draft.manifest.disks:
        lost = _lost(draft, rule, taken[rule.place], pruned) if rule.select is not None else []
        if len(lost) > taken[rule.place]:
            takes = counted(taken[rule.place], "disk") if taken[rule.place] else "no disk"
            told.append(
                f"the entry at {rule.place} takes {takes}, and {len(lost)} that it may have taken would be stopped"
            )
            found |= dict.fromkeys(change.address for change in lost)
    if told:
        rest = f"; and {len(told) - _SHOWN} entries more" if len(told) > _SHOWN else ""
        hint = "check the entry's tags, names and scopes, and the caller's permissions; pass `--force selects-nothing` to continue"
        yield Gate(NAME, "; ".join(told[:_SHOWN]) + rest, hint, draft.forces(NAME), tuple(found))


def _lost(draft: Draft, rule: DiskRule, takes: int, pruned: Sequence[Change]) -> list[Change]:
    is_idle = not takes or _has_idle_part(draft, rule)
    vaults = {draft.manifest.vaults[name].id for name in names_in(rule.vault)} if is_idle else set()
    found: list[Change] = []
    for change in pruned:
        instance: Instance | None = draft.estate.instances.get(change.steps[0].target.key)
        if instance is None or instance.disk is None:
            continue
        if draft.takers.could_take(rule, instance.disk) or instance.vault in vaults:
            found.append(change)
    return found


def _has_idle_part(draft: Draft, rule: DiskRule) -> bool:
    """Whether a subscription, resource group or name that the entry's selector lists finds no disk at all."""
    select, disks = rule.select, [disk.id for disk in draft.disks.values()]
    if select is None:
        return False
    parts = (
        (select.subscriptions, {disk.subscription for disk in disks}),
        (select.resource_groups, {lower(disk.group) for disk in disks}),
        (select.names, {lower(disk.name) for disk in disks}),
    )
    return any(not any(map(glob(value).match, there)) for values, there in parts for value in values or ())
