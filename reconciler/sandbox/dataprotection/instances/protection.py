"""Stopping, suspending, resuming and syncing protection.

A request that would change nothing is answered with an empty 200, without an operation (recorded traffic).
"""

from __future__ import annotations

from typing import Any, NamedTuple

from reconciler.sandbox.arm.messages import Request, Response
from reconciler.sandbox.dataprotection import operations
from reconciler.sandbox.dataprotection.errors import invalid
from reconciler.sandbox.dataprotection.guards import critical_operations
from reconciler.sandbox.dataprotection.guards import routes as guards
from reconciler.sandbox.dataprotection.instances import configuration, refusals, requirements, states
from reconciler.sandbox.dataprotection.instances import routes as instances
from reconciler.sandbox.dataprotection.namespace import INSTANCE, provider, the, vault_id, vault_of
from reconciler.sandbox.dataprotection.spelling import canonical, same, text
from reconciler.sandbox.tables import Record
from reconciler.sandbox.world import World


class Change(NamedTuple):
    """A change of protection: the state that it leads to, those that it starts from, the guard's word for it."""

    goal: str
    nothing_to_do: frozenset[str]
    guarded: str = ""


_ACTIVE = frozenset({states.CONFIGURED, states.CONFIGURING, states.UPDATING})
CHANGES = {
    "stopProtection": Change(states.STOPPED, frozenset({states.STOPPED}), guards.STOP),
    "suspendBackups": Change(states.SUSPENDED, frozenset({states.SUSPENDED}), guards.SUSPEND),
    "resumeProtection": Change(states.CONFIGURED, _ACTIVE),
    "resumeBackups": Change(states.CONFIGURED, _ACTIVE),
}


def _register(verb: str, change: Change) -> None:
    @provider.route("POST", f"{INSTANCE}/{verb}", f"{instances.KIND}/{verb}/action")
    def route(world: World, request: Request, **ids: str) -> Response:
        return _change(world, request, instances.find(world, INSTANCE.format(**ids)), verb, change)


def _change(world: World, request: Request, instance: Record, verb: str, change: Change) -> Response:
    before, vault = states.state_of(instance), the(world, vault_of(instance["id"]))
    if before in change.nothing_to_do:
        return Response(200)
    if verb == "resumeBackups" and before == states.STOPPED:
        raise invalid(f"Backups cannot be resumed in the state {before}; resume the protection.")
    refusals.check_not_deleting(instance)
    if change.guarded:
        critical_operations.check(world, request, vault["id"], change.guarded)
    if change.goal == states.CONFIGURED:
        refusals.check_owner(world, vault, instance)
        instances.refuse_now(world, vault, instance["properties"])
    return _started(world, request, vault, instance, "protection_changed", goal=change.goal)


def _started(world: World, request: Request, vault: Record, instance: Record, then: str, **data: Any) -> Response:
    address, revision = instance["id"], configuration.revise(world, instance)
    headers = operations.start(
        world,
        request,
        address,
        operations.at_vault(vault),
        seconds=operations.between(world, address, f"{then} {revision}", 40.0, 56.0),
        then=then,
        instance=address,
        revision=revision,
        **data,
    )
    return Response(202, None, headers)


@operations.completion
def protection_changed(world: World, **data: Any) -> dict[str, Any]:
    """Enter the state; what keeps a disk from being protected fails the operation and leaves the state."""
    instance = configuration.current(world, data)
    if instance is not None:
        if data["goal"] == states.CONFIGURED:
            _check(world, instance)
        states.enter(world, instance, data["goal"])
    return dict(operations.JOB_INFO)


def _check(world: World, instance: Record) -> None:
    vault = world.find(vault_of(instance["id"]))
    error = requirements.problem(world, vault, instance["properties"]) if vault else None
    if error:
        raise operations.OperationFailed(error)


@provider.route("POST", f"{INSTANCE}/sync", f"{instances.KIND}/sync/action")
def sync(world: World, request: Request, **ids: str) -> Response:
    """Look at an instance anew: one that was failing gets protected once its cause is gone."""
    instance, vault = instances.find(world, INSTANCE.format(**ids)), the(world, vault_id(ids))
    refusals.check_not_deleting(instance)
    kind = text(canonical(request.body), "syncType") or "Default"
    if not any(same(kind, known) for known in ("Default", "ForceResync")):
        raise invalid(f"syncType cannot be {kind}.")
    if not states.is_failing(instance) and same(kind, "Default"):
        return Response(200)
    return _started(world, request, vault, instance, "synced")


@operations.completion
def synced(world: World, **data: Any) -> dict[str, Any]:
    """Let a failing instance be configured, or fail again."""
    instance = configuration.current(world, data)
    if instance is not None and states.is_failing(instance):
        configuration.settles(world, **data, goal=states.CONFIGURED)
    return dict(operations.JOB_INFO)


for _verb, _its_change in CHANGES.items():
    _register(_verb, _its_change)
