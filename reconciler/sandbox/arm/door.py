"""Resource Manager's front door: what is checked of every request before a provider sees it.

In the order of the real one: token, api-version, route, subscription, permissions, resource group, registration,
locks, parent. Lists lose the rows that the caller may not read.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from reconciler.sandbox.arm.ids import lower, name_of, region, resource_type
from reconciler.sandbox.arm.messages import ArmError, Request, Response, invalid_body, not_found
from reconciler.sandbox.arm.routing import EVERYWHERE, Provider, Route
from reconciler.sandbox.authorization import locks
from reconciler.sandbox.authorization.rights import circumstances, denied, may, may_somewhere
from reconciler.sandbox.resources import tag_limits
from reconciler.sandbox.resources.regions import NAMES
from reconciler.sandbox.world import GROUPS, SUBSCRIPTIONS, World

RESOURCES = "microsoft.resources"
_VERSION = re.compile(r"\d{4}-\d{2}-\d{2}(-preview|-alpha|-beta|-privatepreview)?", re.IGNORECASE)
_BODIES = frozenset({"PUT", "PATCH"})
_WRITES = frozenset({"PUT", "PATCH", "POST", "DELETE"})
_SUBSCRIPTION_DEPTH, _GROUP_DEPTH = 2, 4


class Door:
    """The front door to a set of providers."""

    def __init__(self, world: World, providers: Mapping[str, Provider]) -> None:
        self._world = world
        self._providers = providers

    def answer(self, request: Request) -> Response:
        """The answer to a request; ArmError when it is refused."""
        if not request.headers.get("authorization", "").lower().startswith("bearer "):
            raise ArmError(
                401,
                "AuthenticationFailed",
                "Authentication failed. The 'Authorization' header is missing.",
                headers={
                    "WWW-Authenticate": f'Bearer authorization_uri="{request.base}/{self._world.tenant}", error="invalid_token"'
                },
            )
        if not request.api_version:
            raise ArmError(
                400,
                "MissingApiVersionParameter",
                "The api-version query parameter (?api-version=) is required for all requests.",
            )
        provider = self._provider(request)
        route, values = provider.resolve(request.method, request.segments, request.api_version)
        self._check_version(request, provider, route)
        self._check_place(request, route, values)
        if request.method in _WRITES:
            _check_body(request)
        response = route.function(self._world, request, **values)
        return self._readable(request, route, response)

    def _provider(self, request: Request) -> Provider:
        namespace = namespace_of(request.segments)
        found = self._providers.get(lower(namespace))
        if found is None:
            raise ArmError(404, "InvalidResourceNamespace", f"The resource namespace '{namespace}' is invalid.")
        return found

    def _check_version(self, request: Request, provider: Provider, route: Route) -> None:
        known, wanted = route.versions or provider.versions, lower(request.api_version)
        if wanted in known:
            return
        supported = ", ".join(known)
        if not _VERSION.fullmatch(wanted) or lower(provider.namespace) == RESOURCES:
            raise ArmError(
                400,
                "InvalidApiVersionParameter",
                f"The api-version '{request.api_version}' is invalid. The supported versions are '{supported}'.",
            )
        kind = resource_type(request.path, keep_case=True).partition("/")[2]
        places = (
            "" if lower(provider.namespace) in EVERYWHERE else f" The supported locations are '{', '.join(NAMES)}'."
        )
        raise ArmError(
            400,
            "NoRegisteredProviderFound",
            f"No registered resource provider found for location '{self._place(request)}' and API version "
            f"'{request.api_version}' for type '{kind}'. The supported api-versions are '{supported}'.{places}",
        )

    def _place(self, request: Request) -> str:
        """Where a request's resource is, or is to be."""
        said = request.body if isinstance(request.body, dict) else self._world.find(request.path)
        return region(str((said or {}).get("location") or ""))

    def _check_place(self, request: Request, route: Route, values: Mapping[str, str]) -> None:
        world, segments = self._world, request.segments
        inside = len(segments) >= _SUBSCRIPTION_DEPTH and lower(segments[0]) == "subscriptions"
        if inside:
            self._check_subscription(request)
        scope = route.scope(segments)
        allowed = may_somewhere if route.collection else may
        if not allowed(world, request.caller, route.action, scope, circumstances(world, request, route.action)):
            raise denied(world, request.caller, route.action, scope)
        if inside:
            self._check_group(request)
        self._check_registration(request, values)
        if request.method in _WRITES:
            locks.check(world, request, scope)
        self._check_parents(request, values)

    def _check_subscription(self, request: Request) -> None:
        name = request.segments[1]
        found = self._world.table(SUBSCRIPTIONS).get(f"/subscriptions/{lower(name)}")
        if found is None:
            raise ArmError(404, "SubscriptionNotFound", f"The subscription '{name}' could not be found.")
        if request.method in _WRITES and lower(found["state"]) not in {"enabled", "pastdue"}:
            raise ArmError(
                409,
                "ReadOnlyDisabledSubscription",
                f"The subscription '{name}' is disabled and therefore marked as read only. You cannot perform any write "
                "actions on this subscription until it is re-enabled.",
            )

    def _check_group(self, request: Request) -> None:
        segments = request.segments
        if len(segments) <= _GROUP_DEPTH - 1 or lower(segments[2]) != "resourcegroups":
            return
        found = self._world.table(GROUPS).get(lower("/" + "/".join(segments[:4])))
        if found is None:
            if len(segments) > _GROUP_DEPTH or request.method not in {"PUT", "HEAD"}:
                raise ArmError(404, "ResourceGroupNotFound", f"Resource group '{segments[3]}' could not be found.")
        elif request.method in _BODIES and found["properties"]["provisioningState"] == "Deleting":
            raise ArmError(
                409,
                "ResourceGroupBeingDeleted",
                f"The resource group '{found['name']}' is in deprovisioning state and cannot perform this operation.",
            )

    def _check_registration(self, request: Request, values: Mapping[str, str]) -> None:
        """409 for a write to a provider that the subscription is not registered for."""
        if request.method not in _BODIES or "scope" in values or lower(request.segments[0]) != "subscriptions":
            return
        namespace = namespace_of(request.segments)
        record = self._world.table(SUBSCRIPTIONS)[f"/subscriptions/{lower(request.segments[1])}"]
        states = {lower(key): value for key, value in record.get("_providers", {}).items()}
        if states.get(lower(namespace), "Registered") in {
            "NotRegistered",
            "Registering",
            "Unregistering",
            "Unregistered",
        }:
            raise ArmError(
                409,
                "MissingSubscriptionRegistration",
                f"The subscription is not registered to use namespace '{namespace}'. See https://aka.ms/rps-not-found for "
                "how to register subscriptions.",
            )

    def _check_parents(self, request: Request, values: Mapping[str, str]) -> None:
        """404 when what a nested resource or an extension belongs to isn't there."""
        world = self._world
        if "scope" in values:
            scope = values["scope"]
            is_list = len(request.segments) - scope.count("/") == 3  # noqa: PLR2004  # providers/namespace/type
            if scope.count("/providers/") and (is_list or request.method == "PUT") and self._knows(scope):
                _must_exist(world, scope)
            return
        parent = _parent(request.segments)
        if parent and self._knows(parent) and not world.resource_exists(parent):
            kind, group = resource_type(parent, keep_case=True), request.segments[3]
            raise ArmError(
                404,
                "ParentResourceNotFound",
                f"Failed to perform '{_verb(request.method)}' on resource(s) of type "
                f"'{resource_type(request.path, keep_case=True).partition('/')[2]}', because the parent resource "
                f"'/subscriptions/{request.segments[1]}/resourceGroups/{group}/providers/{kind}/{name_of(parent)}' could not be found.",
            )

    def _knows(self, resource_id: str) -> bool:
        kind = resource_type(resource_id)
        provider = self._providers.get(kind.partition("/")[0])
        return provider is not None and kind in provider.kinds

    def _readable(self, request: Request, route: Route, response: Response) -> Response:
        """The response without the rows that the caller may not read: pages get shorter, even empty."""
        body, caller = response.body, request.caller
        if not route.collection or not route.action or caller.everywhere or not isinstance(body, dict):
            return response
        if may(self._world, caller, route.action, route.scope(request.segments)) or "value" not in body:
            return response
        rows: list[Any] = [row for row in body["value"] if may(self._world, caller, route.action, row.get("id", ""))]
        response.body = {**body, "value": rows}
        return response


def _check_body(request: Request) -> None:
    """400 for a body that has not the form of a resource, or tags that none can have."""
    body = request.body
    if body is None and request.method not in _BODIES:
        return
    if not isinstance(body, dict):
        raise invalid_body("A JSON object was expected.")
    for key in ("properties", "tags", "identity", "sku"):
        if body.get(key) is not None and not isinstance(body[key], dict):
            raise invalid_body(f"Error converting value of '{key}': a JSON object was expected. Path '{key}'.")
    if not isinstance(body.get("location", ""), str):
        raise invalid_body("Error converting value of 'location': text was expected. Path 'location'.")
    tag_limits.check(body.get("tags") or {})


def namespace_of(segments: tuple[str, ...]) -> str:
    """The namespace whose provider answers a path."""
    lowered = [lower(part) for part in segments]
    if "providers" not in lowered[:-1]:
        return "Microsoft.Resources"
    at = len(lowered) - 1 - lowered[::-1].index("providers")
    if at + 1 >= len(segments):
        return "Microsoft.Resources"
    own = lowered[at + 2 :]
    is_registration = at in {0, 2} and (not own or own in (["register"], ["unregister"]))
    return "Microsoft.Resources" if is_registration else segments[at + 1]


def _parent(segments: tuple[str, ...]) -> str:
    """The id of the top-level resource in a group that a nested path lies in; empty when there is none."""
    nested = 8
    if len(segments) <= nested or lower(segments[2]) != "resourcegroups" or lower(segments[4]) != "providers":
        return ""
    return "/" + "/".join(segments[:nested])


def _must_exist(world: World, scope: str) -> None:
    if not world.resource_exists(scope):
        raise not_found(scope)


def _verb(method: str) -> str:
    return {"GET": "read", "HEAD": "read", "DELETE": "delete", "POST": "action"}.get(method, "write")
