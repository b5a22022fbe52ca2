"""Microsoft.Resources: which providers a subscription is registered for."""

from __future__ import annotations

from typing import Any

from reconciler.sandbox.arm.ids import lower
from reconciler.sandbox.arm.messages import ArmError, Request, Response
from reconciler.sandbox.arm.paging import page_of
from reconciler.sandbox.arm.routing import EVERYWHERE, PROVIDERS
from reconciler.sandbox.resources.regions import NAMES
from reconciler.sandbox.resources.subscriptions import provider
from reconciler.sandbox.world import SUBSCRIPTIONS, World, event

_DELAY = 30.0
_FREE = frozenset({"Microsoft.Authorization", "Microsoft.ResourceGraph", "Microsoft.Resources"})
_MORE = {
    "Microsoft.Management": ("managementGroups",),
    "Microsoft.ResourceGraph": ("resources",),
    "Microsoft.Resources": ("resourceGroups", "subscriptions", "tenants", "providers", "tags"),
}


@provider.route(
    "GET",
    "/subscriptions/{subscription}/providers",
    "Microsoft.Resources/subscriptions/providers/read",
    collection=False,
)
def rows(world: World, request: Request, **ids: str) -> Response:
    """Every provider that is simulated, with its registration."""
    return page_of(world, request, [_row(world, ids["subscription"], name) for name in sorted(_spelled().values())])


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


@provider.route(
    "POST",
    "/subscriptions/{subscription}/providers/{namespace}/unregister",
    "Microsoft.Resources/subscriptions/providers/unregister/action",
)
def unregister(world: World, _request: Request, **ids: str) -> Response:
    """Take a subscription's registration for a provider away, in half a minute; those that need none keep theirs."""
    name, states = _known(ids["namespace"]), _states(world, ids["subscription"])
    if name not in _FREE and states.get(name, "Registered") in {"Registered", "Registering"}:
        states[name] = "Unregistering"
        world.after(_DELAY, "resources.unregistered", subscription=ids["subscription"], namespace=name)
    return Response(200, _row(world, ids["subscription"], name))


@provider.route("GET", "/providers", collection=False)
def every(world: World, request: Request) -> Response:
    """Every provider that is simulated, apart from subscriptions."""
    return page_of(world, request, [_outline(name) for name in sorted(_spelled().values())])


@provider.route("GET", "/providers/{namespace}", collection=False)
def one(_world: World, _request: Request, **ids: str) -> Response:
    """One provider, apart from subscriptions."""
    return Response(200, _outline(_known(ids["namespace"])))


@event("resources.registered")
def registered(world: World, **data: Any) -> None:
    """The end of a registration, unless it was taken away meanwhile."""
    states = _states(world, data["subscription"])
    if states[data["namespace"]] == "Registering":
        states[data["namespace"]] = "Registered"


@event("resources.unregistered")
def unregistered(world: World, **data: Any) -> None:
    """The end of what a registration was taken away with, unless it was asked for again."""
    states = _states(world, data["subscription"])
    if states[data["namespace"]] == "Unregistering":
        states[data["namespace"]] = "Unregistered"


def _spelled() -> dict[str, str]:
    return {name: known.namespace for name, known in PROVIDERS.items()}


def _known(namespace: str) -> str:
    name = _spelled().get(lower(namespace))
    if name is None:
        raise ArmError(404, "InvalidResourceNamespace", f"The resource namespace '{namespace}' is invalid.")
    return name


def _states(world: World, subscription: str) -> dict[str, str]:
    states: dict[str, str] = world.table(SUBSCRIPTIONS)[f"/subscriptions/{lower(subscription)}"]["_providers"]
    spelled = _spelled()
    for key in [key for key in states if spelled.get(lower(key), key) != key]:
        states[spelled[lower(key)]] = states.pop(key)
    return states


def _row(world: World, subscription: str, namespace: str) -> dict[str, Any]:
    return {
        "id": f"/subscriptions/{subscription}/providers/{namespace}",
        **_outline(namespace),
        "registrationState": _states(world, subscription).get(namespace, "Registered"),
        "registrationPolicy": "RegistrationFree" if namespace in _FREE else "RegistrationRequired",
    }


def _outline(namespace: str) -> dict[str, Any]:
    """A provider with its types; api-versions newest first, by which generic clients choose theirs."""
    known = PROVIDERS[lower(namespace)]
    types = {**known.types, **dict.fromkeys(_MORE.get(namespace, ()), known.versions)}
    places = [] if lower(namespace) in EVERYWHERE else list(NAMES.values())
    return {
        "namespace": namespace,
        "resourceTypes": [
            {
                "resourceType": kind,
                "locations": places,
                "apiVersions": sorted(versions, reverse=True),
                "capabilities": "None",
            }
            for kind, versions in types.items()
        ],
    }
