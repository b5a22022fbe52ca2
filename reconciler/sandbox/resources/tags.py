"""Microsoft.Resources/tags: the tags of any resource, read, replaced, merged or deleted apart from the rest of it."""

from __future__ import annotations

from typing import Any

from reconciler.sandbox.arm.ids import lower
from reconciler.sandbox.arm.messages import Request, Response, invalid_body, not_found
from reconciler.sandbox.resources import tag_limits
from reconciler.sandbox.resources.subscriptions import provider
from reconciler.sandbox.tables import Record
from reconciler.sandbox.world import World

KIND = "Microsoft.Resources/tags"
_AT = "{scope}/providers/Microsoft.Resources/tags/default"


@provider.route("GET", _AT, f"{KIND}/read", collection=False)
def get(world: World, _request: Request, **ids: str) -> Response:
    """The tags of a resource."""
    return Response(200, _body(_tagged(world, ids["scope"]), ids["scope"]))


@provider.route("PUT", _AT, f"{KIND}/write")
def put(world: World, request: Request, **ids: str) -> Response:
    """Replace all tags of a resource."""
    return _changed(world, ids["scope"], _sent(request))


@provider.route("PATCH", _AT, f"{KIND}/write")
def patch(world: World, request: Request, **ids: str) -> Response:
    """Merge, replace or delete tags, as the body's `operation` says."""
    operation, sent = str(request.body.get("operation", "")).lower(), _sent(request)
    live = dict(_tagged(world, ids["scope"]).get("tags") or {})
    if operation == "merge":
        return _changed(world, ids["scope"], _merged(live, sent))
    if operation == "replace":
        return _changed(world, ids["scope"], sent)
    if operation == "delete":
        gone = {(lower(name), value) for name, value in sent.items()}
        return _changed(
            world, ids["scope"], {name: live[name] for name in live if (lower(name), live[name]) not in gone}
        )
    raise invalid_body("The operation must be one of Merge, Replace, Delete.")


@provider.route("DELETE", _AT, f"{KIND}/delete")
def delete(world: World, _request: Request, **ids: str) -> Response:
    """Remove all tags of a resource."""
    _changed(world, ids["scope"], {})
    return Response(200)


def _tagged(world: World, scope: str) -> Record:
    found = world.find(scope)
    if found is None:
        raise not_found(scope)
    return found


def _sent(request: Request) -> dict[str, str]:
    properties: Any = request.body.get("properties")
    tags = properties.get("tags") if isinstance(properties, dict) else None
    if not isinstance(tags, dict):
        raise invalid_body("Required property 'properties.tags' was not found in JSON.")
    return tags


def _merged(live: dict[str, str], sent: dict[str, str]) -> dict[str, str]:
    """Live tags with those sent in place of their namesakes, whose names differ by case at most."""
    names = {lower(name) for name in sent}
    return {**{name: value for name, value in live.items() if lower(name) not in names}, **sent}


def _changed(world: World, scope: str, tags: dict[str, str]) -> Response:
    record = {**_tagged(world, scope), "tags": tags}
    tag_limits.check(tags)
    world.store(scope, record)
    return Response(200, _body(record, scope))


def _body(record: Record, scope: str) -> dict[str, Any]:
    tags = record.get("tags") or {}
    return {"id": f"{scope}/providers/{KIND}/default", "name": "default", "type": KIND, "properties": {"tags": tags}}
