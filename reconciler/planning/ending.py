"""Changes that end the protection of an instance, and the address that they have."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import Any

from reconciler.model import addresses
from reconciler.model.addresses import Address
from reconciler.model.changes import Action, Change, FieldChange, Kind, Op, Step
from reconciler.model.findings import Place
from reconciler.model.ids import ArmId
from reconciler.model.protection import GOALS, WORDS, health
from reconciler.model.resources import Instance
from reconciler.planning.decisions import Decisions
from reconciler.planning.draft import Draft
from reconciler.planning.instance_bodies import guard_or_refuse


def address_of(decisions: Decisions, instance: Instance, disk: ArmId) -> Address:
    """The disk's address; a second instance, in another vault, uses its own id."""
    address = addresses.disk(disk)
    return addresses.resource(instance.id) if address in decisions.changes or address in decisions.due else address


def stop(
    draft: Draft, instance: Instance, address: Address, reason: str, drift: str, place: Place | None = None
) -> None:
    """Stop the protection of an instance, and keep its recovery points."""
    before = WORDS[health(instance.state)]
    ended(
        draft,
        instance,
        address,
        Action.CHANGE,
        Op.INSTANCE_STOP,
        f"{reason}: protection stops, recovery points are kept",
        FieldChange("protection", before, "stopped"),
        goal=GOALS["stopped"],
        drift=drift,
        place=place,
    )


def ended(
    draft: Draft,
    instance: Instance,
    address: Address,
    action: Action,
    op: Op,
    reason: str,
    field: FieldChange,
    *,
    goal: str,
    drift: str,
    place: Place | None,
    body: Mapping[str, Any] = MappingProxyType({}),
    detail: tuple[str, ...] = (),
) -> None:
    """Plan a step that ends the protection of an instance, unless its resource guard must approve that first."""
    guard = guard_or_refuse(draft, instance.vault, (op,), address, place)
    if guard is None:
        return
    draft.decisions.add(
        Change(
            address=address,
            kind=Kind.DISK,
            action=action,
            reason=reason,
            steps=(Step(op, instance.id, body, guard),),
            before={"instance": instance.id.text, field.path: field.before},
            after=None if action is Action.DESTROY else {"instance": instance.id.text, field.path: field.after},
            fields=(field,),
            vault=instance.vault,
            goal=goal,
            place=place,
            detail=detail,
            drift=drift,
            weight="stops",
        )
    )
