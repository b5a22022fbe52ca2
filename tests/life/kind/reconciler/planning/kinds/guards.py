"""Resource guards: made, and tagged. None is ever deleted."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from reconciler.model import addresses
from reconciler.model.addresses import Address
from reconciler.model.changes import Action, Change, FieldChange, Kind, Op, Step
from reconciler.model.manifest import GuardSpec
from reconciler.planning.comparison import Comparison
from reconciler.planning.draft import Draft
from reconciler.planning.group_book import WantedGroup
from reconciler.planning.marks import drift_class
from reconciler.planning.tags import merged_tags, tag_differences


def need(comparison: Comparison) -> None:
    """Their resource groups, on behalf of the vaults that they guard."""
    manifest = comparison.draft.world.manifest
    for spec in manifest.guards.values():
        wanted = WantedGroup(spec.id.group_id, spec.place, True, spec.location, {}, {})
        guarded = {vault.id.key: vault for vault in manifest.vaults.values() if spec.counts_for(vault)}
        comparison.groups.want(wanted).vaults.update(guarded)


def declared(comparison: Comparison) -> Iterable[Address]:
    """The addresses of all resource guards."""
    return (addresses.guard(spec.name) for spec in comparison.draft.world.manifest.guards.values())


def compare(comparison: Comparison) -> None:
    """Plan the resource guards that are missing, or whose declared tags differ."""
    draft = comparison.draft
    for spec in draft.world.manifest.guards.values():
        live = draft.world.estate.guards.get(spec.id.key)
        have = live.tags if live else {}
        fields = draft.decisions.kept(addresses.guard(spec.name), tag_differences(spec.tags, have))
        body = {"location": spec.location, "tags": merged_tags(have, fields), "properties": {}}
        if live is None:
            _add(draft, spec, Action.ADD, body, ())
        elif fields:
            _add(draft, spec, Action.CHANGE, body, fields)


def _add(
    draft: Draft, spec: GuardSpec, action: Action, body: Mapping[str, Any], fields: tuple[FieldChange, ...]
) -> None:
    guarded = next((vault for vault in draft.world.vaults.values() if spec.counts_for(vault)), None)
    draft.decisions.add(
        Change(
            address=addresses.guard(spec.name),
            kind=Kind.GUARD,
            action=action,
            reason="its declared tags differ" if fields else "not there",
            steps=(Step(Op.GUARD_PUT, spec.id, body),),
            after=body,
            fields=fields,
            depends=(addresses.group(spec.id),),
            place=spec.place,
            drift=drift_class(draft.world, guarded) if guarded else "differs",
        )
    )
