"""One look at Azure, as `plan`, `drift`, the first half of `apply` and other verbs need it."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import replace
from datetime import datetime
from functools import partial
from typing import TypeVar

from reconciler.applying.slices import answered
from reconciler.azure.answering import answer
from reconciler.azure.connection import Azure
from reconciler.azure.reading import Skip, descendants, read_estate
from reconciler.base import garbage
from reconciler.base.clock import Clock
from reconciler.model.estate import Estate
from reconciler.model.manifest import Manifest
from reconciler.model.plan import Basis, Options, Plan
from reconciler.model.shard import WHOLE, Shard
from reconciler.planning import keys
from reconciler.planning.draft import Draft
from reconciler.planning.scope import management_groups, reach, widened
from reconciler.planning.weight import has_weight

_Made = TypeVar("_Made")
Planner = Callable[[Manifest, Estate, Options, datetime], Plan]
"""Makes a plan from manifest, estate, options and time; while it has questions, it is a sketch."""


async def estate_for(
    azure: Azure,
    manifest: Manifest,
    shard: Shard = WHOLE,
    *,
    subscriptions: Iterable[str] = (),
    skip: Skip | None = None,
) -> Estate:
    """The estate that the manifest concerns, read with list calls; its management groups are resolved first.

    `subscriptions` (lower-cased) are read in addition to the manifest's own; `skip` as in `read_estate`.
    """
    with azure.looking():
        groups = await descendants(azure, management_groups(manifest))
        estate = await read_estate(azure, widened(reach(manifest, shard, groups=groups), subscriptions), skip=skip)
    estate.management_groups = groups
    return estate


async def look(
    azure: Azure,
    manifest: Manifest,
    options: Options,
    clock: Clock,
    *,
    planner: Planner | None = None,
    subscriptions: Iterable[str] = (),
) -> Plan:
    """The plan of a fresh look: reads what the manifest concerns, and asks once each question that lists leave open.

    `planner`: for another plan than apply's; `subscriptions` as in `estate_for`.
    Raises ReadIncomplete or AzureError when Azure can't be read to the end.
    """
    began = clock.monotonic()
    with azure.looking():
        estate = await estate_for(azure, manifest, options.shard, subscriptions=subscriptions)
        return replace(await planned(azure, manifest, estate, options, clock, planner=planner), looked=began)


async def planned(
    azure: Azure, manifest: Manifest, estate: Estate, options: Options, clock: Clock, *, planner: Planner | None = None
) -> Plan:
    """The plan for an estate that was already read, with its open questions asked.

    A shard that would stop, delete, shorten or weaken something, or add what nobody reviews, reads and plans the whole
    manifest for its gates; otherwise what a gate refuses as a whole could pass in parts. What a shard adds must be an
    addition in that plan, too, which sees the instances in all vaults.
    """
    # planning is half of the package, and whoever only asks for help needs none of it
    from reconciler.planning.gates import under_gates_of
    from reconciler.planning.planner import make as plan_of

    def made(of: Estate, under: Options) -> Plan:
        with garbage.held():
            return (planner or plan_of)(manifest, of, under, clock.now())

    plan = await answered(azure, estate, partial(made, under=options))
    if not options.shard.is_whole and any(change.weight or options.additions for change in plan.changes):
        everything = replace(options, shard=WHOLE, reviewed=None)
        whole = await look(azure, manifest, everything, clock, planner=planner)
        if options.additions:
            allowed = replace(options, chosen=frozenset(change.address for change in whole.changes))
            plan = await answered(azure, estate, partial(made, under=allowed))
        plan = under_gates_of(plan, whole)
    chosen = None if options.reviewed is None else frozenset(change.address for change in plan.changes)
    again = replace(options, force=keys.widened(options.force), is_again=True, reviewed=None, chosen=chosen)
    return replace(plan, basis=Basis(estate, partial(made, under=again))) if has_weight(plan) else plan


async def drafted(
    azure: Azure, clock: Clock, manifest: Manifest, estate: Estate, make: Callable[[Draft], _Made]
) -> _Made:
    """The result of `make` for a draft on an estate that was already read, once all the draft's questions are answered."""
    while True:
        draft = Draft.of(manifest, estate, Options(), clock.now())
        made = make(draft)
        if not draft.questions.open:
            return made
        estate.answers.update(await answer(azure, draft.questions.open))
