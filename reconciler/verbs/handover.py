"""Providers that subscriptions aren't registered for, for an ask-file, since only others may register them."""

from __future__ import annotations

from reconciler.azure.connection import Azure
from reconciler.azure.fields import pick
from reconciler.azure.reads import together
from reconciler.model.errors import AzureError
from reconciler.model.ids import lower
from reconciler.model.manifest import Manifest
from reconciler.model.results.registration import Registration

BACKUP, COMPUTE = "Microsoft.DataProtection", "Microsoft.Compute"
_WELL = frozenset({"registered", "registering"})


async def unregistered(azure: Azure, manifest: Manifest) -> tuple[Registration, ...]:
    """The providers that subscriptions of the manifest aren't registered for, or may not be, sorted."""
    vaults = {lower(spec.subscription) for spec in manifest.vaults.values()}
    disks = {disk.subscription for rule in manifest.disks for disk, _ in rule.ids}
    disks.update(one for rule in manifest.disks if rule.select for one in rule.select.subscriptions or ())
    wanted = sorted([*((one, BACKUP) for one in vaults), *((one, COMPUTE) for one in disks)])
    states = await together(*(_state(azure, *one) for one in wanted))
    found = zip(wanted, states, strict=True)
    return tuple(Registration(*one, bool(state)) for one, state in found if state not in _WELL)


async def _state(azure: Azure, subscription: str, namespace: str) -> str:
    try:
        body = await azure.get(f"/subscriptions/{subscription}/providers/{namespace}")
    except AzureError:
        return ""
    return lower(str(pick(body, "registrationState") or ""))
