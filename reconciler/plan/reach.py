"""What a run has to look at, as the manifest alone tells."""

from __future__ import annotations

from reconciler.estate import Reach
from reconciler.ids import ArmId, lower
from reconciler.manifest.model import Manifest


def reach(manifest: Manifest) -> Reach:
    """The subscriptions, vaults and identities to read for `manifest`."""
    disks = {arm_id.subscription for rule in manifest.disks for arm_id, _ in rule.ids}
    for rule in manifest.disks:
        disks.update(map(lower, (rule.select and rule.select.subscriptions) or ()))
    named = {lower(subscription) for subscription in manifest.subscriptions}
    named.update(disks, (lower(vault.subscription) for vault in manifest.vaults.values()))
    removed = {entry.id.subscription for entry in manifest.removed}
    named.update(removed)
    return Reach(
        subscriptions=tuple(sorted(named)),
        disk_subscriptions=tuple(sorted(disks)),
        role_subscriptions=tuple(sorted(disks | removed)),
        vaults=tuple(sorted(vault.id.key for vault in manifest.vaults.values())),
        identities=tuple(
            sorted({vault.identity.key for vault in manifest.vaults.values() if isinstance(vault.identity, ArmId)})
        ),
        owners=tuple(sorted({lower(name) for name in (manifest.name, *manifest.formerly)})),
    )
