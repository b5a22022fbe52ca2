"""Backup policies: written and deleted synchronously."""

from __future__ import annotations

from typing import Any

from reconciler.sandbox.arm.ids import lower
from reconciler.sandbox.arm.messages import Request, Response, public
from reconciler.sandbox.arm.paging import page
from reconciler.sandbox.dataprotection.errors import invalid, missing, refusal
from reconciler.sandbox.dataprotection.instances import lookups
from reconciler.sandbox.dataprotection.namespace import (
    POLICIES,
    POLICY,
    VAULT,
    new,
    provider,
    vault_id,
)
from reconciler.sandbox.dataprotection.policies import rules as policy_rules
from reconciler.sandbox.dataprotection.spelling import canonical
from reconciler.sandbox.tables import Record
from reconciler.sandbox.world import World

KIND = "Microsoft.DataProtection/backupVaults/backupPolicies"
LIMIT = 5000
PAGE = 200
UPDATE_REFUSED = "UserErrorBMSUpdatePolicyNotSupported"


@provider.route("PUT", POLICY, f"{KIND}/write")
def put(world: World, request: Request, **ids: str) -> Response:
    """Create a policy, or say again what it is; other content over an existing one is refused by default."""
    address, properties = POLICY.format(**ids), _properties(world, request)
    live = world.find(address)
    if live is None:
        _check_new(world, ids)
    elif live["properties"] == properties:
        return Response(200, public(live))
    elif world.switch("policy_update") == "refused":
        raise refusal(
            400,
            UPDATE_REFUSED,
            "Updating an existing backup policy is not supported.",
            advice="Create a new policy and assign it to the backup instances.",
        )
    record = new((live or {}).get("id", address), KIND, properties=properties)
    world.store(address, record)
    return Response(200, public(record))


def _properties(world: World, request: Request) -> dict[str, Any]:
    body = canonical(request.body)
    properties = body.get("properties") if isinstance(body, dict) else None
    if not isinstance(properties, dict):
        raise invalid("properties is missing.")
    accepted = {name: world.switch(f"policy_{name}") == "accepted" for name in ("several_times", "unknown_zone")}
    accepted["any_rules"] = world.switch("policy_retention_rules") == "any"
    together = world.switch("policy_snapshots") == "all-rules"
    found = list(policy_rules.problems(properties, together=together, **accepted))
    if found and world.switch("policy_validation") != "accepted":
        raise refusal(400, world.switch("policy_validation"), detail=" ".join(found))
    return policy_rules.normalised(properties)


def _check_new(world: World, ids: dict[str, str]) -> None:
    if not policy_rules.NAME.fullmatch(ids["policy"]):
        raise invalid("A policy's name has 3 to 150 letters, digits and hyphens.")
    if world.table(POLICIES).count(lower(vault_id(ids))) >= LIMIT:
        raise invalid(f"A Backup vault takes {LIMIT} policies.")


@provider.route("GET", POLICY, f"{KIND}/read")
def get(world: World, _request: Request, **ids: str) -> Response:
    """One policy."""
    return Response(200, public(find(world, POLICY.format(**ids))))


def find(world: World, address: str) -> Record:
    """The record of a policy; ArmError 404 when there is none."""
    record = world.find(address)
    if record is None:
        raise missing(world, address)
    return record


@provider.route("GET", f"{VAULT}/backupPolicies", f"{KIND}/read")
def rows(world: World, request: Request, **ids: str) -> Response:
    """The policies of a vault."""
    return page(world, request, world.table(POLICIES), lower(vault_id(ids)), size=PAGE)


@provider.route("DELETE", POLICY, f"{KIND}/delete")
def delete(world: World, _request: Request, **ids: str) -> Response:
    """Delete a policy that no instance uses: 200, or 204 when there is none."""
    address = POLICY.format(**ids)
    if not world.resource_exists(address):
        return Response(204)
    if lookups.uses(world, address) > 0:
        raise refusal(400, "UserErrorDppPolicyObjectInUse")
    if world.switch("policy_in_use_by_soft_deleted") and lookups.soft_deleted_uses(world, address) > 0:
        raise refusal(400, "UserErrorPolicyAssociatedWithSoftDeletedItems")
    world.remove(address)
    return Response(200)
