"""One look at Azure: what `plan`, `drift`, the first half of `apply` and the operations have in common."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import replace
from datetime import datetime
from functools import partial
from typing import TYPE_CHECKING, TypeVar

from reconciler import __version__
from reconciler.applying.questions import answered
from reconciler.azure.connection import Azure
from reconciler.base import garbage
from reconciler.base.clock import Clock
from reconciler.model.estate import Estate
from reconciler.model.manifest import Manifest
from reconciler.model.plan import Basis, Options, Plan
from reconciler.model.shard import WHOLE, Shard

if TYPE_CHECKING:
    from reconciler.planning.draft import Draft

_Made = TypeVar("_Made")
Planner = Callable[[Manifest, Estate, Options, datetime], Plan]
"""Manifest, estate, options and the time to a plan, a sketch while it has questions."""


async def estate_for(
    azure: Azure, manifest: Manifest, shard: Shard = WHOLE, *, subscriptions: Iterable[str] = ()
) -> Estate:
    """Everything that the manifest concerns, with list calls only; its management groups are resolved first.

    `subscriptions`, lower-cased, are looked at beside the manifest's own.
    """
    from reconciler.azure.reading import descendants, read_estate
    from reconciler.planning.scope import management_groups, reach, widened

    with azure.looking():
        groups = await descendants(azure, management_groups(manifest))
        estate = await read_estate(azure, widened(reach(manifest, shard, groups=groups), subscriptions))
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
    """Read what the manifest concerns, and plan; each question that the lists leave open is asked once.

    `planner`: another plan than that of apply; `subscriptions` as in `estate_for`.
    Raises ReadIncomplete or AzureError when Azure can't be read to the end.
    """
    began = clock.monotonic()
    with azure.looking():
        estate = await estate_for(azure, manifest, options.shard, subscriptions=subscriptions)
        return replace(await planned(azure, manifest, estate, options, clock, planner=planner), looked=began)


async def planned(
    azure: Azure, manifest: Manifest, estate: Estate, options: Options, clock: Clock, *, planner: Planner | None = None
) -> Plan:
    """The plan on an estate that was read already, with its open questions asked.

    A shard that would stop, delete, shorten or weaken reads and plans the whole manifest for its gates: else what is
    refused whole would pass in parts.
    """
    from reconciler.planning.gates import under_gates_of
    from reconciler.planning.keys import widened
    from reconciler.planning.planner import make as plan_of
    from reconciler.planning.weight import has_weight

    def made(of: Estate, under: Options) -> Plan:
        with garbage.held():
            return (planner or plan_of)(manifest, of, under, clock.now())

    plan = await answered(azure, estate, partial(made, under=options))
    if not options.shard.is_whole and any(change.weight for change in plan.changes):
        whole = await look(azure, manifest, replace(options, shard=WHOLE), clock, planner=planner)
        plan = under_gates_of(plan, whole)
    again = replace(options, force=widened(options.force))
    return replace(plan, basis=Basis(estate, partial(made, under=again))) if has_weight(plan) else plan


async def drafted(
    azure: Azure, clock: Clock, manifest: Manifest, estate: Estate, make: Callable[[Draft], _Made]
) -> _Made:
    """What `make` makes of a draft on an estate that was read already, once no question of the draft is open."""
    from reconciler.azure.reading import answer
    from reconciler.planning.draft import Draft

    while True:
        draft = Draft.of(manifest, estate, Options(tool_version=__version__), clock.now())
        made = make(draft)
        if not draft.questions.open:
            return made
        estate.answers.update(await answer(azure, draft.questions.open))
