"""Backup instances: written by PUT, read singly, in a vault's list and in a disk's own; soft-deleted ones are not among them."""

from __future__ import annotations

from typing import Any

from reconciler.sandbox.arm.ids import lower
from reconciler.sandbox.arm.messages import Request, Response, public
from reconciler.sandbox.arm.paging import page, page_of
from reconciler.sandbox.authorization.rights import may
from reconciler.sandbox.dataprotection import api_versions, operations
from reconciler.sandbox.dataprotection.errors import INVALID_INPUT, MISSING_PERMISSIONS, missing, refusal
from reconciler.sandbox.dataprotection.guards import critical_operations
from reconciler.sandbox.dataprotection.guards import routes as guards
from reconciler.sandbox.dataprotection.instances import configuration, lookups, refusals, requirements, states
from reconciler.sandbox.dataprotection.instances.bodies import differs, parsed
from reconciler.sandbox.dataprotection.namespace import (
    INSTANCE,
    INSTANCES,
    VAULT,
    new,
    provider,
    the,
    vault_id,
    vault_of,
)
from reconciler.sandbox.dataprotection.spelling import at, same, text
from reconciler.sandbox.graph.queries import shows
from reconciler.sandbox.tables import Record
from reconciler.sandbox.world import World

KIND = "Microsoft.DataProtection/backupVaults/backupInstances"
PAGE = 200
_RETRY_AFTER = 15


def find(world: World, address: str) -> Record:
    """The record of an instance; ArmError 404 when there is none."""
    record = world.find(address)
    if record is None:
        raise missing(world, address)
    return record


@shows(INSTANCES)
def in_graph(_world: World, instance: Record) -> dict[str, Any]:
    """The instance as Resource Graph shows it: with nulls that Resource Manager leaves out (recorded traffic)."""
    body = public(instance)
    status = {"errorDetails": None, **(at(body, "properties", "protectionStatus") or {})}
    properties = {"resourceGuardOperationRequests": None, **body["properties"], "protectionStatus": status}
    return {**body, "properties": properties}


@provider.route("GET", INSTANCE, f"{KIND}/read")
def get(world: World, _request: Request, **ids: str) -> Response:
    """One instance."""
    return Response(200, public(find(world, INSTANCE.format(**ids))))


@provider.route("GET", f"{INSTANCE}/operationResults/{{operation}}", f"{KIND}/operationResults/read")
def result(world: World, request: Request, **ids: str) -> Response:
    """What an update has made of the instance, once it is done."""
    vault = the(world, vault_id(ids))
    return operations.pending(world, request, **ids) or operations.resulted(
        world, request, ids, vault["location"], get(world, request, **ids)
    )


@provider.route("GET", f"{VAULT}/backupInstances", f"{KIND}/read")
def rows(world: World, request: Request, **ids: str) -> Response:
    """The instances of a vault, 200 to a page."""
    return page(world, request, world.table(INSTANCES), lower(vault_id(ids)), size=PAGE)


@provider.route("GET", "{scope}/providers/Microsoft.DataProtection/backupInstances", "", collection=False)
def of_datasource(world: World, request: Request, **ids: str) -> Response:
    """A disk's own list: its instances in all vaults that the caller may read; ids as in Azure's example."""
    scope = ids["scope"]
    found = [
        _told_there(world, scope, instance)
        for instance in lookups.protecting(world, lower(scope))
        if may(world, request.caller, f"{KIND}/read", instance["id"])
    ]
    return page_of(world, request, found)


def _told_there(world: World, scope: str, instance: Record) -> dict[str, Any]:
    row = public(instance)
    if world.switch("extension_ids") == "extension":
        row["id"] = f"{scope}/providers/Microsoft.DataProtection/backupInstances/{instance['name']}"
    return row


@provider.route("PUT", INSTANCE, f"{KIND}/write")
def put(world: World, request: Request, **ids: str) -> Response:
    """Protect a disk, or change how it is protected."""
    address = INSTANCE.format(**ids)
    live, vault = world.find(address), the(world, vault_id(ids))
    properties, tags = parsed(world, request, live)
    refusals.check_policy(world, vault, properties)
    if live is None:
        return _create(world, request, vault, new(address, KIND, properties=properties, **tags))
    return _update(world, request, vault, live, new(live["id"], KIND, properties=properties, **tags))


def _create(world: World, request: Request, vault: Record, instance: Record) -> Response:
    refusals.check_new(world, vault, instance)
    refuse_now(world, vault, instance["properties"])
    states.enter(world, instance, states.CONFIGURING)
    world.store(instance["id"], instance)
    is_told = requirements.is_of_disk(instance["properties"]) or not _is_empty(request)
    headers = _configure(world, request, instance, states.CONFIGURED, quick=True, results=not is_told)
    if not is_told:
        return Response(202, None, headers)
    body = public(instance)
    return Response(201, {**body, "properties": {**body["properties"], "provisioningState": "Provisioning"}}, headers)


def _update(world: World, request: Request, vault: Record, live: Record, wanted: Record) -> Response:
    refusals.check_change(world, live, wanted)
    before = states.state_of(live)
    failing, halted = states.is_failing(live), before in states.HALTED
    unchanged = not differs(live, wanted)
    if unchanged and not failing and world.switch("identical_instance") == "no-op":
        return Response(200, public(live))
    if unchanged and states.is_given_up(live) and world.switch("given_up_instance") != "repaired":
        return _left_given_up(world, request, live)
    policies = (text(record, "properties", "policyInfo", "policyId") for record in (live, wanted))
    if not same(*policies):
        critical_operations.check(world, request, vault["id"], guards.MODIFY_POLICY)
    stays = halted and world.switch("put_while_stopped") == "keeps-state"
    if not stays:
        refusals.check_owner(world, vault, wanted)
        refuse_now(world, vault, wanted["properties"])
    record = {**{key: value for key, value in live.items() if key.startswith("_")}, **wanted}
    record["properties"] = {**record["properties"], "currentProtectionState": before}
    states.enter(world, record, before if stays else states.CONFIGURING if failing else states.UPDATING)
    world.store(record["id"], record)
    goal = before if stays else states.CONFIGURED
    return _accepted(
        request, record, _configure(world, request, record, goal, quick=failing, results=_is_empty(request))
    )


def _is_empty(request: Request) -> bool:
    return api_versions.holds(request.api_version, api_versions.EMPTY_UPDATE)


def _accepted(request: Request, record: Record, headers: dict[str, str]) -> Response:
    """The answer to an update, whose operation goes on."""
    return Response(202, None, headers) if _is_empty(request) else Response(201, public(record), headers)


def _left_given_up(world: World, request: Request, live: Record) -> Response:
    """Answer a write that can't repair what Azure has given up: at once, or by an operation that fails."""
    if world.switch("given_up_instance") == "no-op":
        return Response(200, public(live))
    links = operations.Links(vault_of(live["id"]), live["id"] if _is_empty(request) else "", _RETRY_AFTER)
    headers = operations.start(world, request, live["id"], links, seconds=1.0, then="instance_left_given_up")
    return _accepted(request, live, headers)


def _configure(
    world: World, request: Request, instance: Record, goal: str, *, quick: bool, results: bool = False
) -> dict[str, str]:
    """Start the operation of a write; `quick` ones end in about a second, others in one to two and a half minutes."""
    address, revision = instance["id"], configuration.revise(world, instance)
    span = (0.5, 1.5) if quick else (51.0, 152.0)
    links = operations.Links(vault_of(address), address if results else "", _RETRY_AFTER)
    return operations.start(
        world,
        request,
        address,
        links,
        seconds=operations.between(world, address, f"write {revision}", *span),
        then="instance_written",
        instance=address,
        revision=revision,
        goal=goal,
        rest=configuration.rest(world, address, revision),
    )


def refuse_now(world: World, vault: Record, properties: dict[str, Any]) -> None:
    """Refuse at once what the switches say is not left for later."""
    error = requirements.obstacle(world, vault, properties)
    if error is None or configuration.mode(world, error) != "refused":
        return
    detail = text(error, "innerError", "additionalInfo", "DetailedNonLocalisedMessage")
    if error["code"] == MISSING_PERMISSIONS:
        raise refusal(400, INVALID_INPUT, detail=detail)
    raise refusal(400, error["code"], error["message"], detail=detail)
