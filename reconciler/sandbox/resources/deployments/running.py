"""How a deployment runs: step by step, each resource as soon as what it depends on is there, until all are or one failed."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any
from urllib.parse import parse_qsl, urlsplit

from reconciler.sandbox.arm.ids import group_id_of, lower, name_of
from reconciler.sandbox.arm.messages import ArmError, Caller, Request, Response, public
from reconciler.sandbox.resources.deployments.expressions import TemplateError
from reconciler.sandbox.resources.deployments.templates import Item, Template
from reconciler.sandbox.tables import Record
from reconciler.sandbox.world import GROUPS, SUBSCRIPTIONS, World, event

ENDED = frozenset({"Succeeded", "Failed", "Canceled"})
_PAUSE = 2.0
_FAILED = "DeploymentFailed"


class _NotYetError(Exception):
    """What a body refers to isn't there yet."""


def scope_of(deployment: str) -> str:
    """The resource group or subscription that a deployment is at."""
    return deployment[: lower(deployment).rindex("/providers/microsoft.resources/deployments/")]


def template_of(world: World, deployment: str, properties: Any, location: str, began: float | None = None) -> Template:
    """The template of a deployment, which began now or at a Unix time; TemplateError when it can't be used."""
    scope = scope_of(deployment)
    subscription = world.table(SUBSCRIPTIONS)["/".join(lower(scope).split("/")[:3])]
    group = world.table(GROUPS).get(group_id_of(scope)) or {}
    told = {
        "resourceGroup": public(group),
        "subscription": {key: subscription[key] for key in ("id", "subscriptionId", "tenantId", "displayName")},
        "deployment": {"name": name_of(deployment), "location": location, "properties": {}},
        "tenant": {"tenantId": world.tenant},
        "now": datetime.fromtimestamp(world.timestamp if began is None else began, UTC),
    }
    return Template(properties, str(group.get("id", scope)), told)


@event("resources.deployment-goes-on")
def goes_on(world: World, **data: Any) -> None:
    """Look at what runs, start what can, and end when nothing is left to do."""
    record = world.find(data["deployment"])
    if record is None or record["_run"] != data["run"] or record["properties"]["provisioningState"] in ENDED:
        return
    record["properties"]["provisioningState"] = "Running"
    run = _Run(world, record)
    run.look()
    run.start()
    if not run.is_over():
        world.after(_PAUSE, "resources.deployment-goes-on", **data)


class _Run:
    """One look at a deployment that runs."""

    def __init__(self, world: World, record: Record) -> None:
        self.world = world
        self.record = record
        self.template = template_of(
            world, record["id"], record["_sent"], str(record.get("location", "")), record["_began"]
        )
        self.steps: dict[str, Record] = record["_steps"]

    def look(self) -> None:
        """See what became of the resources that were begun."""
        for item in self.template.items:
            step = self.steps.get(lower(item.id))
            if step and step["state"] == "Running":
                self._look(item, step)

    def _look(self, item: Item, step: Record) -> None:
        try:
            told = self._ask("GET", step["link"] or item.id, "" if step["link"] else item.version).body or {}
        except ArmError as error:
            _fail(step, error.status, error.body)
            return
        properties = told.get("properties")
        state = told.get("status") or (properties.get("provisioningState") if isinstance(properties, dict) else "")
        if lower(str(state)) == "failed":
            _fail(
                step,
                409,
                {"error": told.get("error") or {"code": "ResourceDeploymentFailure", "message": "It failed."}},
            )
        elif lower(str(state or "Succeeded")) == "succeeded":
            step["state"] = "Succeeded"

    def start(self) -> None:
        """Send every resource whose needs are met."""
        if any(step["state"] == "Failed" for step in self.steps.values()):
            return
        for item in self.template.items:
            ready = all(self._is_there(needed) for needed in self.template.needed(item))
            if lower(item.id) not in self.steps and ready:
                self._start(item)

    def _is_there(self, item: Item) -> bool:
        return (self.steps.get(lower(item.id)) or {}).get("state") == "Succeeded"

    def _start(self, item: Item) -> None:
        step: Record = {"id": item.id, "kind": item.kind, "state": "Running", "status": 200, "error": None, "link": ""}
        step["at"] = self.world.stamp()
        try:
            body = self.template.body(item, self._reference)
            answer = self._ask("PUT", item.id, item.version, body)
        except _NotYetError:
            return
        except TemplateError as error:
            _fail(step, 400, {"error": {"code": "InvalidTemplate", "message": str(error)}})
        except ArmError as error:
            _fail(step, error.status, error.body)
        else:
            step["status"] = answer.status
            step["link"] = answer.headers.get("Azure-AsyncOperation", "")
            if not step["link"]:
                self._look(item, step)
        self.steps[lower(item.id)] = step

    def _reference(self, resource_id: str, version: str, is_full: bool) -> Any:  # a function of templates
        own = next((item for item in self.template.items if lower(item.id) == lower(resource_id)), None)
        if own is not None and not self._is_there(own):
            raise _NotYetError
        body = self._ask("GET", resource_id, version).body
        return body if is_full else body.get("properties")

    def _ask(self, method: str, address: str, version: str, body: Any = None) -> Response:
        """The answer of Resource Manager to the one who deploys."""
        parts = urlsplit(address)
        query = dict(parse_qsl(parts.query)) if not version else {"api-version": version}
        segments = tuple(part for part in parts.path.split("/") if part)
        headers = {"authorization": "Bearer deployment", "accept": "application/json"}
        caller = Caller(*self.record["_caller"])
        return self.world.ask(Request(method, parts.path, segments, query, headers, body, self.record["_base"], caller))

    def is_over(self) -> bool:
        """End the deployment when there is nothing more to wait for."""
        states = {step["state"] for step in self.steps.values()}
        if "Running" in states:
            return False
        if "Failed" in states:
            _end(self.world, self.record, "Failed", error=_error(self.steps))
        elif len(self.steps) < len(self.template.items):
            if states == set(self.record["_seen"]) and len(self.steps) == self.record["_count"]:
                stuck = {
                    "code": "InvalidTemplate",
                    "message": "Circular dependency detected on resources of the template.",
                }
                _end(self.world, self.record, "Failed", error=stuck)
                return True
            self.record["_seen"], self.record["_count"] = sorted(states), len(self.steps)
            return False
        else:
            self._succeed()
        return True

    def _succeed(self) -> None:
        try:
            outputs = self.template.outputs(self._reference)
        except (TemplateError, ArmError) as error:
            told = {"code": "DeploymentOutputEvaluationFailed", "message": str(error)}
            _end(self.world, self.record, "Failed", error=told)
            return
        self.record["properties"]["outputs"] = outputs
        _end(self.world, self.record, "Succeeded")


def _fail(step: Record, status: int, body: Any) -> None:
    error = body.get("error") if isinstance(body, dict) else None
    step |= {"state": "Failed", "status": status, "error": error or {"code": "Conflict", "message": "It failed."}}


def _error(steps: dict[str, Record]) -> dict[str, Any]:
    details = [step["error"] for step in steps.values() if step["error"]]
    message = (
        "At least one resource deployment operation failed. Please list deployment operations for details. Please see "
        "https://aka.ms/arm-deployment-operations for usage details."
    )
    return {"code": _FAILED, "message": message, "details": details}


def _end(world: World, record: Record, state: str, *, error: dict[str, Any] | None = None) -> None:
    seconds = world.timestamp - record["_began"]
    properties = record["properties"]
    properties |= {"provisioningState": state, "timestamp": world.stamp(), "duration": f"PT{seconds:.7f}S"}
    properties["outputResources"] = [
        {"id": step["id"]} for step in record["_steps"].values() if step["state"] == "Succeeded"
    ]
    if error:
        properties["error"] = error
