"""What stands in the way of a restore: what Azure can't do with a disk, and how often it does it a day."""

from __future__ import annotations

from datetime import timedelta

from reconciler.model import addresses
from reconciler.model.addresses import Address
from reconciler.model.codes import planning as codes
from reconciler.model.estate import RESTORES
from reconciler.model.ids import ArmId, lower
from reconciler.model.resources import Disk, Instance
from reconciler.planning.decisions import Decisions
from reconciler.planning.draft import Draft
from reconciler.planning.questions import PENDING

A_DAY = 10
"""The most restores of one instance a day, from Azure's support matrix."""

SLOWLY_COPIED = frozenset({"premiumv2_lrs", "ultrassd_lrs"})
"""SKUs that a disk can't be changed to or from in place, and of which Azure copies a restored disk in the background."""


def refuse_impossible(decisions: Decisions, disk: Disk | None, sku: str, zone: str, made: ArmId) -> None:
    """Refuse what Azure's support matrix rules out, and what can't be changed on an existing disk.

    `disk` is the source (None: there is none to compare with), `sku` and `zone` are what `made` is to have, if anything.
    """
    address = addresses.resource(made)
    if disk is not None and disk.encryption_set and disk.id.subscription != made.subscription:
        message = "a disk with a customer-managed key can't be restored to another subscription"
        decisions.refuse(
            address, codes.RESTORE_IMPOSSIBLE, message, hint="choose a resource group of the disk's subscription"
        )
    if zone and (disk is None or list(disk.zones) != [zone]):
        have = f"zone {', '.join(disk.zones)}" if disk and disk.zones else "no zone" if disk else "an unknown zone"
        message = f"Azure restores into the zone of the source, which has {have}, and a disk's zone never changes"
        decisions.refuse(address, codes.RESTORE_IMPOSSIBLE, message, hint="remove --zone")
    before = lower(disk.sku) if disk else ""
    if (
        sku
        and lower(sku) != before
        and ({before, lower(sku)} & SLOWLY_COPIED or before.endswith("_zrs") != lower(sku).endswith("_zrs"))
    ):
        message = (
            f"a disk with {f'the SKU {disk.sku}' if disk else 'an unknown SKU'} can't be changed to {sku} in place"
        )
        decisions.refuse(
            address, codes.RESTORE_IMPOSSIBLE, message, hint="remove --sku, and copy the restored disk with a snapshot"
        )


def recent_restores(draft: Draft, disk: ArmId, instance: Instance) -> int | None:
    """How often a disk was restored within a day, as far as its vault's jobs tell; None: that isn't known yet."""
    jobs = draft.questions.ask(RESTORES(disk, instance.vault.text))
    if jobs is PENDING:
        return None
    return sum(job.began is not None and draft.world.now - job.began < timedelta(days=1) for job in jobs or ())


def refuse_too_many(draft: Draft, disk: ArmId, instance: Instance, address: Address) -> None:
    """Refuse the eleventh restore of a disk within a day."""
    recent = recent_restores(draft, disk, instance)
    if recent is not None and recent >= A_DAY:
        message = f"the disk {disk.name} was restored {recent} times within a day; Azure allows no more"
        draft.decisions.refuse(address, codes.RESTORE_LIMIT, message)
