"""Long-running operations: their status and results, at every scope that this provider uses.

Status is always HTTP 200, spelled `Inprogress` while it runs (recorded traffic); that an operation failed is in the body. It
starts at a time with seven digits of a second, and ends at a whole one.
"""

from __future__ import annotations

from base64 import b64encode
from collections.abc import Mapping
from datetime import timedelta
from typing import Any, NamedTuple, Protocol

from reconciler.sandbox.arm.ids import region
from reconciler.sandbox.arm.messages import ArmError, Request, Response
from reconciler.sandbox.dataprotection.errors import envelope
from reconciler.sandbox.dataprotection.namespace import IN_GROUP, IN_SUBSCRIPTION, NAMESPACE, VAULT, provider
from reconciler.sandbox.tables import Record
from reconciler.sandbox.world import World, event

OPERATIONS = "microsoft.dataprotection/operationstatus"
_NEVER = "0001-01-01T00:00:00Z"
_KEPT = 24 * 3600.0
_UP_TO_A_SECOND = timedelta(microseconds=999_999)
JOB_INFO = {"objectType": "OperationJobExtendedInfo"}


class OperationFailed(Exception):
    """An operation ends in failure; carries the UserFacingError."""

    def __init__(self, info: dict[str, Any]) -> None:
        super().__init__(info["code"])
        self.info = info


class Completion(Protocol):
    """What an operation does when its time has come; what it returns is the operation's `properties`."""

    def __call__(self, world: World, **data: Any) -> dict[str, Any] | None:
        """Complete, or raise OperationFailed."""


class Links(NamedTuple):
    """Paths that the links of an operation start with, and seconds to wait; `results` is empty where there is no Location."""

    status: str
    results: str = ""
    retry_after: int = 10


COMPLETIONS: dict[str, Completion] = {}


def completion(function: Completion) -> Completion:
    """Register what an operation does at its end, under the function's own name."""
    COMPLETIONS[function.__name__] = function  # type: ignore[attr-defined]
    return function


def between(world: World, address: str, purpose: str, low: float, high: float) -> float:
    """Seconds drawn for an address and a purpose."""
    return low + (high - low) * world.draw(address, purpose)


def start(
    world: World, request: Request, owner: str, links: Links, *, seconds: float, then: str = "", **data: Any
) -> dict[str, str]:
    """Begin an operation as `begin` does; the response's headers."""
    return headers(world, request, begin(world, owner, links, seconds=seconds, then=then, **data), links)


def begin(world: World, owner: str, links: Links, *, seconds: float, then: str = "", **data: Any) -> str:
    """Begin an operation on `owner` that ends in that many seconds by the completion `then`; its name."""
    count = world.count(owner, "operation")
    name = b64encode(
        f"{world.guid(owner, f'operation {count}')};{world.guid(owner, f'request {count}')}".encode()
    ).decode()
    world.table(OPERATIONS)[name] = {
        "name": name,
        "_started": world.stamp(),
        "_ended": "",
        "_owner": owner,
        "_links": list(links),
        "_error": None,
        "_properties": None,
    }
    if seconds <= 0:
        ends(world, operation=name, then=then, data=data)
    else:
        world.after(seconds, "dataprotection.operation-ends", operation=name, then=then, data=data)
    return name


@event("dataprotection.operation-ends")
def ends(world: World, **data: Any) -> None:
    """Run an operation's completion and note how it ended."""
    record = world.table(OPERATIONS)[data["operation"]]
    try:
        if data["then"]:
            record["_properties"] = COMPLETIONS[data["then"]](world, **data["data"])
    except OperationFailed as failed:
        record["_error"] = envelope(
            _with_activity(failed.info, world.guid(record["_owner"], record["name"])), nulls=False
        )
    record["_ended"] = f"{world.now + _UP_TO_A_SECOND:%Y-%m-%dT%H:%M:%S}Z"
    world.after(_KEPT, "dataprotection.operation-forgotten", operation=data["operation"])


@event("dataprotection.operation-forgotten")
def forgotten(world: World, **data: Any) -> None:
    """Drop an operation that ended a day ago."""
    world.table(OPERATIONS).pop(data["operation"], None)


def _with_activity(info: dict[str, Any], activity: str) -> dict[str, Any]:
    return {**info, "properties": {"ActivityId": info["properties"]["ActivityId"] or activity}}


def headers(world: World, request: Request, name: str, links: Links) -> dict[str, str]:
    """Azure-AsyncOperation, Location and Retry-After of an operation."""
    query = f"?api-version={request.api_version}" + _signature(world, name)
    result = {"Azure-AsyncOperation": f"{request.base}{links.status}/operationStatus/{name}{query}"}
    if links.results:
        result["Location"] = f"{request.base}{links.results}/operationResults/{name}{query}"
    return result | {"Retry-After": str(links.retry_after)}


def _signature(world: World, name: str) -> str:
    """What Resource Manager signs a link with: the time in ticks, a certificate, a signature, a hash; 3 KB in all."""
    if not world.switch("signed_links"):
        return ""
    ticks = int((world.timestamp + 62_135_596_800) * 10_000_000)
    certificate, signed = world.hex32(name, "certificate") * 75, world.hex32(name, "signed") * 11
    return f"&t={ticks}&c=MII{certificate}&s={signed}&h={world.hex32(name, 'hash')}"


def at_vault(vault: Record, *, retry_after: int = 10) -> Links:
    """Links of an operation whose status stands at the vault, its result at the region; seconds to wait between looks."""
    return Links(vault["id"], _at(vault, IN_SUBSCRIPTION), retry_after)


def at_location(vault: Record) -> Links:
    """Links of a vault's deletion: status and result stand at the region, since the vault goes away."""
    return Links(_at(vault, IN_GROUP), _at(vault, IN_SUBSCRIPTION), 30)


def _at(vault: Record, place: str) -> str:
    _, _, subscription, _, group, *_ = vault["id"].split("/")
    return f"{place.format(subscription=subscription, group=group)}/locations/{region(vault['location'])}"


def existing(world: World, name: str) -> Record:
    """The record of an operation; ArmError 404 when there is none."""
    record = world.table(OPERATIONS).get(name)
    if record is None:
        raise ArmError(404, "OperationNotFound", f"The operation {name} was not found.")
    return record


def _status(world: World, request: Request, **ids: str) -> Response:
    record = existing(world, ids["operation"])
    ended, error = record["_ended"], record["_error"]
    body: dict[str, Any] = {"id": request.path, "name": record["name"]}
    body |= {
        "status": ("Failed" if error else "Succeeded") if ended else "Inprogress",
        "startTime": record["_started"],
        "endTime": ended or _NEVER,
    }
    if error:
        body["error"] = error
    elif record["_properties"]:
        body["properties"] = record["_properties"]
    return Response(200, body)


def pending(world: World, request: Request, **ids: str) -> Response | None:
    """Why an operation has no result: 202 while it runs, 400 once it failed; None when there is one."""
    record = existing(world, ids["operation"])
    if not record["_ended"]:
        return Response(202, None, headers(world, request, record["name"], Links(*record["_links"])))
    return Response(400, {"error": record["_error"]}) if record["_error"] else None


def _result(world: World, request: Request, **ids: str) -> Response:
    """What came of an operation."""
    body = existing(world, ids["operation"])["_properties"] or dict(JOB_INFO)
    return pending(world, request, **ids) or resulted(world, request, ids, ids["location"], Response(200, body))


def resulted(world: World, request: Request, ids: Mapping[str, str], location: str, response: Response) -> Response:
    """The answer that tells what came of an operation: its status is then named at the region (recorded traffic)."""
    record = existing(world, ids["operation"])
    at_region = f"{IN_SUBSCRIPTION.format(**ids)}/locations/{region(location)}"
    response.headers |= headers(world, request, record["name"], Links(at_region, retry_after=record["_links"][2]))
    return response


# A link is read with the permission of the place that it lies at (built-in role Backup Reader, which holds all of them). What
# results at a vault or an instance is that itself, told by its own module.
for _place, _kind in (
    (f"{IN_SUBSCRIPTION}/locations/{{location}}", "locations"),
    (f"{IN_GROUP}/locations/{{location}}", "locations"),
    (IN_GROUP, "locations"),
    (VAULT, "backupVaults"),
):
    provider.route("GET", f"{_place}/operationStatus/{{operation}}", f"{NAMESPACE}/{_kind}/operationStatus/read")(
        _status
    )
provider.route(
    "GET",
    f"{IN_SUBSCRIPTION}/locations/{{location}}/operationResults/{{operation}}",
    f"{NAMESPACE}/locations/operationResults/read",
)(_result)
