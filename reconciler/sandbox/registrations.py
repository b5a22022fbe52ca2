"""Microsoft.Resources: which providers a subscription is registered for."""

from __future__ import annotations

from typing import Any

from reconciler.sandbox.arm import ArmError, Request, Response, lower
from reconciler.sandbox.paging import page_of
from reconciler.sandbox.subscriptions import provider
from reconciler.sandbox.world import SUBSCRIPTIONS, World, event

_DELAY = 30.0
_TYPES = {
    "Microsoft.Authorization": ("roleAssignments", "roleDefinitions", "locks"),
    "Microsoft.Compute": ("disks", "snapshots", "virtualMachines", "diskEncryptionSets"),
    "Microsoft.DataProtection": ("backupVaults", "resourceGuards"),
    "Microsoft.ManagedIdentity": ("userAssignedIdentities",),
    "Microsoft.Management": ("managementGroups",),
    "Microsoft.ResourceGraph": ("resources",),
    "Microsoft.Resources": ("resourceGroups", "subscriptions", "tags"),
}
_SPELLED = {lower(name): name for name in _TYPES}


@provider.route(
    "GET",
    "/subscriptions/{subscription}/providers",
    "Microsoft.Resources/subscriptions/providers/read",
    collection=False,
)
def rows(world: World, request: Request, **ids: str) -> Response:
    """Every provider that is simulated, with its registration."""
    return page_of(world, request, [_row(world, ids["subscription"], name) for name in sorted(_TYPES)])


@provider.route(
    "GET", "/subscriptions/{subscription}/providers/{namespace}", "Microsoft.Resources/subscriptions/providers/read"
)
def row(world: World, _request: Request, **ids: str) -> Response:
    """One provider with its registration."""
    return Response(200, _row(world, ids["subscription"], _known(ids["namespace"])))


@provider.route(
    "POST",
    "/subscriptions/{subscription}/providers/{namespace}/register",
    "Microsoft.Resources/subscriptions/providers/register/action",
)
def register(world: World, _request: Request, **ids: str) -> Response:
    """Register a subscription for a provider; that takes half a minute."""
    name, states = _known(ids["namespace"]), _states(world, ids["subscription"])
    if states.get(name, "Registered") != "Registered":
        states[name] = "Registering"
        world.after(_DELAY, "resources.registered", subscription=ids["subscription"], namespace=name)
    return Response(200, _row(world, ids["subscription"], name))


@event("resources.registered")
def registered(world: World, **data: Any) -> None:
    """The end of a registration."""
    _states(world, data["subscription"])[data["namespace"]] = "Registered"


def _known(namespace: str) -> str:
    name = _SPELLED.get(lower(namespace))
    if name is None:
        raise ArmError(404, "InvalidResourceNamespace", f"The resource namespace '{namespace}' is invalid.")
    return name


def _states(world: World, subscription: str) -> dict[str, str]:
    states: dict[str, str] = world.table(SUBSCRIPTIONS)[f"/subscriptions/{lower(subscription)}"]["_providers"]
    for key in [key for key in states if key not in _TYPES and lower(key) in _SPELLED]:
        states[_SPELLED[lower(key)]] = states.pop(key)
    return states


def _row(world: World, subscription: str, namespace: str) -> dict[str, Any]:
    types = [{"resourceType": kind, "locations": [], "capabilities": "None"} for kind in _TYPES[namespace]]
    return {
        "id": f"/subscriptions/{subscription}/providers/{namespace}",
        "namespace": namespace,
        "resourceTypes": types,
        "registrationState": _states(world, subscription).get(namespace, "Registered"),
        "registrationPolicy": "RegistrationRequired",
    }
