"""Deployments as clients ask for them: validated, made, waited for, read, listed, exported, cancelled and deleted."""

from __future__ import annotations

from hashlib import blake2b
from http import HTTPStatus
from typing import Any

import orjson

from reconciler.sandbox.arm.ids import lower
from reconciler.sandbox.arm.messages import ArmError, Request, Response, invalid_body, public
from reconciler.sandbox.arm.paging import page, page_of
from reconciler.sandbox.resources.deployments import running
from reconciler.sandbox.resources.deployments.expressions import TemplateError
from reconciler.sandbox.resources.deployments.templates import NESTED, Item, Template
from reconciler.sandbox.resources.subscriptions import provider
from reconciler.sandbox.tables import Record
from reconciler.sandbox.world import World

KIND = "Microsoft.Resources/deployments"
TABLE = "microsoft.resources/deployments"
_PLACES = ("/subscriptions/{subscription}/resourceGroups/{group}", "/subscriptions/{subscription}")
_SECRET = frozenset({"securestring", "secureobject"})
_RETRY_AFTER = "5"


def _at(ids: dict[str, str]) -> str:
    return f"{_PLACES[0] if 'group' in ids else _PLACES[1]}/providers/{KIND}/{{name}}".format(**ids)


def _existing(world: World, ids: dict[str, str]) -> Record:
    found = world.find(_at(ids))
    if found is None:
        raise ArmError(404, "DeploymentNotFound", f"Deployment '{ids['name']}' could not be found.")
    return found


def get(world: World, _request: Request, **ids: str) -> Response:
    """One deployment."""
    return Response(200, public(_existing(world, ids)))


def exists(world: World, _request: Request, **ids: str) -> Response:
    """Whether there is a deployment: 204, or 404."""
    return Response(204 if world.find(_at(ids)) else 404)


def rows(world: World, request: Request, **ids: str) -> Response:
    """The deployments of a resource group, or of a subscription itself."""
    scope = lower(_PLACES[0 if "group" in ids else 1].format(**ids))

    def is_here(record: Record) -> bool:
        return lower(running.scope_of(record["id"])) == scope

    return page(world, request, world.table(TABLE), scope, keep=is_here)


def put(world: World, request: Request, **ids: str) -> Response:
    """Begin a deployment; it goes on by itself."""
    address, live = _at(ids), world.find(_at(ids))
    if live is not None and live["properties"]["provisioningState"] not in running.ENDED:
        raise ArmError(
            409, "DeploymentActive", f"Unable to edit or replace deployment '{ids['name']}': it is still active."
        )
    template, sent = _template(world, request, address)
    number = world.count(address, "deployment")
    properties = {**_told(world, template, sent, address, number), "provisioningState": "Accepted"}
    place = {"location": request.body["location"]} if "group" not in ids else {}
    tags = {"tags": dict(request.body["tags"])} if request.body.get("tags") else {}
    record: Record = {"id": address, "name": ids["name"], "type": KIND, **place, **tags, "properties": properties}
    record |= {"_sent": sent, "_steps": {}, "_run": number, "_began": world.timestamp, "_caller": list(request.caller)}
    record |= {"_base": request.base, "_seen": [], "_count": -1}
    world.store(address, record)
    world.after(1.0, "resources.deployment-goes-on", deployment=address, run=number)
    return Response(200 if live else 201, public(record), _links(request, address, number))


def _links(request: Request, address: str, number: int) -> dict[str, str]:
    link = f"{request.base}{address}/operationStatuses/{number}?api-version={request.api_version}"
    return {"Azure-AsyncOperation": link, "Retry-After": _RETRY_AFTER}


def _template(world: World, request: Request, address: str) -> tuple[Template, Record]:
    sent = request.body.get("properties")
    if not isinstance(sent, dict):
        raise invalid_body("Required property 'properties' was not found in JSON.")
    if "/resourcegroups/" not in lower(address) and not request.body.get("location"):
        raise ArmError(400, "LocationRequired", "The location property is required for this deployment.")
    try:
        return running.template_of(world, address, sent, str(request.body.get("location", ""))), sent
    except TemplateError as error:
        raise _invalid(str(error)) from error
    except (AttributeError, TypeError, ValueError, KeyError) as error:
        raise _invalid(f"the template hasn't the form of one ({error}).") from error


def _invalid(message: str) -> ArmError:
    return ArmError(400, "InvalidTemplate", f"Deployment template validation failed: '{message}'.")


def _told(world: World, template: Template, sent: Record, address: str, number: int) -> dict[str, Any]:
    values = {
        name: {"type": template.kinds[name].capitalize(), "value": value}
        if template.kinds[name] not in _SECRET
        else {"type": "SecureString"}
        for name, value in template.values.items()
    }
    kinds: dict[str, list[str]] = {}
    for item in template.items:
        namespace, _, kind = item.kind.partition("/")
        kinds.setdefault(namespace, []).append(kind)
    digest = int.from_bytes(blake2b(orjson.dumps(sent["template"]), digest_size=8).digest(), "big")
    return {
        "templateHash": str(digest),
        "parameters": values,
        "mode": "Incremental",
        "provisioningState": "Succeeded",
        "timestamp": world.stamp(),
        "duration": "PT0S",
        "correlationId": world.guid(address, f"correlation {number}"),
        "providers": [
            {"namespace": name, "resourceTypes": [{"resourceType": kind} for kind in dict.fromkeys(found)]}
            for name, found in kinds.items()
        ],
        "dependencies": [
            {"dependsOn": [{"id": one.id} for one in needed], "id": item.id}
            for item in template.items
            if (needed := list(template.needed(item)))
        ],
    }


def validate(world: World, request: Request, **ids: str) -> Response:
    """Say whether a template could be deployed, as far as that shows without trying."""
    address = _at(ids)
    template, sent = _template(world, request, address)
    told = {
        **_told(world, template, sent, address, 0),
        "validatedResources": [{"id": item.id} for item in template.items],
    }
    return Response(200, {"id": address, "name": ids["name"], "type": KIND, "properties": told})


def what_if(world: World, request: Request, **ids: str) -> Response:
    """What a deployment would make, and what it would write again: Create or Deploy, without the differences inside."""
    template, _ = _template(world, request, _at(ids))
    changes = [
        {"resourceId": item.id, "changeType": "Unsupported", "unsupportedReason": "A nested deployment isn't expanded."}
        if lower(item.kind) == NESTED
        else {"resourceId": item.id, "changeType": "Deploy", "before": None, "after": None}
        if world.resource_exists(item.id)
        else {"resourceId": item.id, "changeType": "Create", "before": None, "after": _made(item)}
        for item in template.items
    ]
    return Response(200, {"status": "Succeeded", "properties": {"correlationId": "", "changes": changes}})


def _made(item: Item) -> dict[str, str]:
    return {"id": item.id, "name": item.id.rpartition("/")[2], "type": item.kind, "apiVersion": item.version}


def status(world: World, _request: Request, **ids: str) -> Response:
    """How a deployment goes."""
    properties = _existing(world, ids)["properties"]
    told = {"status": properties["provisioningState"]}
    return Response(200, told | ({"error": properties["error"]} if "error" in properties else {}))


def operations(world: World, request: Request, **ids: str) -> Response:
    """What a deployment did of each resource."""
    record = _existing(world, ids)
    return page_of(world, request, [_operation(world, record, step) for step in record["_steps"].values()])


def operation(world: World, _request: Request, **ids: str) -> Response:
    """What a deployment did of one resource."""
    record = _existing(world, ids)
    for step in record["_steps"].values():
        row = _operation(world, record, step)
        if row["operationId"] == ids["operation"].upper():
            return Response(200, row)
    raise ArmError(404, "DeploymentOperationNotFound", f"The operation '{ids['operation']}' could not be found.")


def _operation(world: World, record: Record, step: Record) -> dict[str, Any]:
    own = world.hex32(step["id"], f"operation of {record['_run']}")[:16].upper()
    name = step["id"].rpartition("/")[2]
    properties: dict[str, Any] = {
        "provisioningOperation": "Create",
        "provisioningState": step["state"],
        "timestamp": step["at"],
        "duration": "PT1S",
        "trackingId": world.guid(step["id"], f"tracking of {record['_run']}"),
        "statusCode": HTTPStatus(step["status"]).name.title().replace("_", ""),
        "targetResource": {"id": step["id"], "resourceType": step["kind"], "resourceName": name},
    }
    if step["error"]:
        properties["statusMessage"] = {"error": step["error"]}
    return {"id": f"{record['id']}/operations/{own}", "operationId": own, "properties": properties}


def export(world: World, _request: Request, **ids: str) -> Response:
    """The template that was deployed."""
    return Response(200, {"template": _existing(world, ids)["_sent"]["template"]})


def cancel(world: World, _request: Request, **ids: str) -> Response:
    """Let a deployment that runs go no further; what it has begun stays."""
    properties = _existing(world, ids)["properties"]
    if properties["provisioningState"] in running.ENDED:
        raise ArmError(
            409, "DeploymentCannotBeCancelled", f"The deployment '{ids['name']}' cannot be cancelled: it has ended."
        )
    properties["provisioningState"] = "Canceled"
    return Response(204)


def delete(world: World, _request: Request, **ids: str) -> Response:
    """Forget a deployment; the resources that it made stay. It answers 204, for clients take no 200 here."""
    world.remove(_at(ids))
    return Response(204)


for _place in _PLACES:
    _all, _one = f"{_place}/providers/{KIND}", f"{_place}/providers/{KIND}/{{name}}"
    _old = f"{_place}/deployments/{{name}}"  # the Azure CLI asks there for operations
    provider.route("GET", _all, f"{KIND}/read")(rows)
    provider.route("GET", _one, f"{KIND}/read")(get)
    provider.route("HEAD", _one, f"{KIND}/read")(exists)
    provider.route("PUT", _one, f"{KIND}/write")(put)
    provider.route("DELETE", _one, f"{KIND}/delete")(delete)
    provider.route("POST", f"{_one}/validate", f"{KIND}/validate/action")(validate)
    provider.route("POST", f"{_one}/whatIf", f"{KIND}/whatIf/action")(what_if)
    provider.route("POST", f"{_one}/exportTemplate", f"{KIND}/exportTemplate/action")(export)
    provider.route("POST", f"{_one}/cancel", f"{KIND}/cancel/action")(cancel)
    for _at_one in (_one, _old):
        provider.route("GET", f"{_at_one}/operations", f"{KIND}/operations/read", collection=False)(operations)
        provider.route("GET", f"{_at_one}/operations/{{operation}}", f"{KIND}/operations/read")(operation)
    provider.route("GET", f"{_one}/operationStatuses/{{operation}}", f"{KIND}/operationstatuses/read")(status)
provider.kinds.discard(TABLE)  # a deployment is validated before there is one, so that nobody insists on it
