"""Says what is known of one thing, from one look at the estate and a few reads about the one disk."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

from reconciler.azure import fields, survey
from reconciler.azure.connection import Azure
from reconciler.azure.jobs import newest_backups
from reconciler.azure.projection import recovery_point
from reconciler.azure.reads import known, together
from reconciler.base.clock import Clock
from reconciler.flow.look import drafted, estate_for, planned
from reconciler.model.estate import Estate
from reconciler.model.ids import ArmId
from reconciler.model.known import Unsure, Yes
from reconciler.model.manifest import Manifest
from reconciler.model.plan import Options
from reconciler.model.resources import Instance, RecoveryPoint
from reconciler.model.results.dossier import Dossier
from reconciler.model.scope import concerns
from reconciler.planning.backups import Evidence, newest_point
from reconciler.planning.dossier import Looked, explained, subject
from reconciler.planning.scope import reach


async def explain(azure: Azure, clock: Clock, manifest: Manifest, text: str, options: Options) -> Dossier:
    """All about the one thing that `text` names; UsageError when nothing, or several things, have that name."""
    with azure.looking():
        estate = await estate_for(azure, manifest)
        plan = await planned(azure, manifest, estate, options, clock)
        address = await drafted(azure, clock, manifest, estate, lambda draft: subject(draft, plan, text))
        looked = await _looked(azure, clock, manifest, estate, address.disk) if address.disk else None
        return await drafted(azure, clock, manifest, estate, lambda draft: explained(draft, plan, address, looked))


async def _looked(azure: Azure, clock: Clock, manifest: Manifest, estate: Estate, disk: ArmId) -> Looked:
    """What the lists of the estate don't say of a disk."""
    held = [one for one in estate.instances.values() if one.disk == disk]
    wanted = reach(manifest, groups=estate.management_groups)
    read = [vault for vault in estate.vaults.values() if concerns(wanted, vault)]
    told: Sequence[Any] = await together(
        newest_backups(azure, {one.vault for one in held}),
        survey.snapshot_counts(azure, [disk]),
        survey.elsewhere(azure, [disk], held, read),
        *(known(_points(azure, one)) for one in held),
    )
    backups, snapshots, elsewhere, *points = told
    evidence = Evidence(backups.newest, snapshots, clock.now(), backups.listed)
    unread = {}
    for one, found in zip(held, points, strict=True):
        match found:
            case Yes(kept):
                evidence.kept[one.id.key] = kept
                evidence.points[one.id.key] = newest_point(kept, clock.now())
            case Unsure(because):
                unread["newest_recovery_point"] = (
                    f"the recovery points in {one.vault.name} could not be read: {because}"
                )
    return Looked(evidence, elsewhere, unread)


async def _points(azure: Azure, instance: Instance) -> tuple[RecoveryPoint, ...]:
    rows: Iterable[Any] = await azure.list(f"{instance.id}/recoveryPoints")
    timed = (row for row in rows if fields.moment(fields.pick(row, "properties", "recoveryPointTime")))
    return tuple(fields.each(timed, recovery_point, f"A recovery point of {instance.id}"))
