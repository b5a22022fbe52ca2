"""Resource guards: which critical operations of a vault they guard, and the request objects that unlock them."""

from __future__ import annotations

from typing import Any

from reconciler.sandbox.arm.ids import lower
from reconciler.sandbox.arm.messages import ArmError, Request, Response, public
from reconciler.sandbox.arm.paging import page, page_of
from reconciler.sandbox.dataprotection.errors import invalid, refusal
from reconciler.sandbox.dataprotection.namespace import GUARD, GUARDS, IN_GROUP, IN_SUBSCRIPTION, new, provider, the
from reconciler.sandbox.dataprotection.spelling import at, canonical, text
from reconciler.sandbox.tables import Record
from reconciler.sandbox.world import World

KIND = "Microsoft.DataProtection/resourceGuards"
DELETE_INSTANCE = "Microsoft.DataProtection/backupVaults/backupInstances/delete"
DELETE_PROXY = "Microsoft.DataProtection/backupVaults/backupResourceGuardProxies/delete"
REDUCE_IMMUTABILITY = "Microsoft.DataProtection/backupVaults/write#reduceImmutabilityState"
REDUCE_SOFT_DELETE = "Microsoft.DataProtection/backupVaults/write#reduceSoftDeleteSecurity"
MODIFY_ENCRYPTION = "Microsoft.DataProtection/backupVaults/write#modifyEncryptionSettings"
MODIFY_POLICY = "Microsoft.DataProtection/backupVaults/backupInstances/write"
STOP = "Microsoft.DataProtection/backupVaults/backupInstances/stopProtection/action"
RESTORE = "Microsoft.DataProtection/backupVaults/backupInstances/restore/action"
SUSPEND = "Microsoft.DataProtection/backupVaults/backupInstances/suspendBackups/action"
REQUESTS = {
    DELETE_INSTANCE: "deleteBackupInstanceRequests",
    DELETE_PROXY: "deleteResourceGuardProxyRequests",
    REDUCE_IMMUTABILITY: "dppReduceImmutabilityStateRequests",
    REDUCE_SOFT_DELETE: "dppReduceSoftDeleteSecurityRequests",
    MODIFY_ENCRYPTION: "dppModifyEncryptionSettingsRequests",
    STOP: "dppDisableStopProtectionRequests",
    SUSPEND: "dppDisableSuspendBackupsRequests",
    MODIFY_POLICY: "dppModifyPolicy",
    RESTORE: "dppTriggerRestoreRequests",
}
_ITEMS = "backupFabrics/protectionContainers/protectedItems"
_OF_RECOVERY_SERVICES = {
    f"{_ITEMS}/delete": "deleteProtectedItemRequests",
    f"{_ITEMS}/write": "updateProtectedItemRequests",
    "backupPolicies/write": "updateProtectionPolicyRequests",
    "backupResourceGuardProxies/delete": "deleteResourceGuardProxyRequests",
    "backupSecurityPIN/action": "getBackupSecurityPINRequests",
    "backupconfig/write": "disableSoftDeleteRequests",
    f"{_ITEMS}/write#stopProtectionWithRetainData": "stopProtectionWithRetainDataRequests",
    "write#reduceImmutabilityState": "reduceImmutabilityStateRequests",
    f"{_ITEMS}/recoveryPoints/restore/action": "triggerRestoreRequests",
    "registeredIdentities/delete": "deleteMABIdentityRequests",
}
_GUARDED = {
    **{f"Microsoft.RecoveryServices/vaults/{key}": f"{KIND}/{kind}" for key, kind in _OF_RECOVERY_SERVICES.items()},
    **{operation: operation for operation in REQUESTS},
}
"""What a guard guards, with the type of the request as its body tells it (recorded traffic)."""
_ALWAYS = frozenset({lower(DELETE_PROXY), lower(REDUCE_SOFT_DELETE)})


@provider.route("PUT", GUARD, f"{KIND}/write")
def put(world: World, request: Request, **ids: str) -> Response:
    """Create or replace a resource guard: 200 for a new one, too (recorded traffic)."""
    body, address = canonical(request.body), GUARD.format(**ids)
    if not text(body, "location"):
        raise ArmError(400, "LocationRequired", "The location property is required for this definition.")
    excluded = at(body, "properties", "vaultCriticalOperationExclusionList") or []
    if not isinstance(excluded, list) or _ALWAYS & {lower(str(word)) for word in excluded}:
        raise refusal(
            400,
            "BMSUserErrorInvalidCriticalOperationExclusionList",
            "The exclusion list names an operation that is always guarded.",
        )
    record = guard(address, body, excluded)
    world.store(address, record)
    return Response(200, public(record))


def guard(address: str, body: Any, excluded: list[str]) -> Record:
    """The record of a guard that guards everything but what its list leaves out."""
    left_out = {lower(str(word)) for word in excluded}
    properties = {
        "provisioningState": "Succeeded",
        "allowAutoApprovals": True,
        "resourceGuardOperations": [
            {"vaultCriticalOperation": operation, "requestResourceType": kind}
            for operation, kind in _GUARDED.items()
            if lower(operation) not in left_out
        ],
        "vaultCriticalOperationExclusionList": excluded,
    }
    tags = {"tags": body["tags"]} if at(body, "tags") else {}
    return new(address, KIND, location=text(body, "location"), **tags, properties=properties)


@provider.route("GET", GUARD, f"{KIND}/read")
def get(world: World, _request: Request, **ids: str) -> Response:
    """One resource guard."""
    return Response(200, public(the(world, GUARD.format(**ids))))


@provider.route("PATCH", GUARD, f"{KIND}/write")
def patch(world: World, request: Request, **ids: str) -> Response:
    """Replace a resource guard's tags."""
    record, body = the(world, GUARD.format(**ids)), canonical(request.body)
    if not isinstance(at(body, "tags"), dict):
        raise invalid("tags is missing.")
    record["tags"] = body["tags"]
    return Response(200, public(record))


@provider.route("DELETE", GUARD, f"{KIND}/delete")
def delete(world: World, _request: Request, **ids: str) -> Response:
    """Delete a resource guard; vaults that it guards are then unguarded."""
    return Response(200 if world.remove(GUARD.format(**ids)) else 204)


@provider.route("GET", f"{IN_GROUP}/resourceGuards", f"{KIND}/read")
@provider.route("GET", f"{IN_SUBSCRIPTION}/resourceGuards", f"{KIND}/read")
def rows(world: World, request: Request, **ids: str) -> Response:
    """The resource guards of a resource group or a subscription."""
    scope = f"/subscriptions/{ids['subscription']}" + (f"/resourceGroups/{ids['group']}" if "group" in ids else "")
    return page(world, request, world.table(GUARDS), lower(scope))


def _request_object(guard: Record, kind: str) -> dict[str, str]:
    return {"id": f"{guard['id']}/{kind}/default", "name": "default", "type": f"{KIND}/{kind}"}


def _register_requests(kind: str) -> None:
    @provider.route("GET", f"{GUARD}/{kind}", f"{KIND}/{kind}/read")
    def requests(world: World, request: Request, **ids: str) -> Response:
        return page_of(world, request, [_request_object(the(world, GUARD.format(**ids)), kind)])

    @provider.route("GET", f"{GUARD}/{kind}/{{name}}", f"{KIND}/{kind}/read")
    def one_request(world: World, _request: Request, **ids: str) -> Response:
        if lower(ids["name"]) != "default":
            raise ArmError(404, "ResourceNotFound", f"The request object {ids['name']} was not found.")
        return Response(200, _request_object(the(world, GUARD.format(**ids)), kind))


for _kind in sorted(
    {
        *REQUESTS.values(),
        *_OF_RECOVERY_SERVICES.values(),
    }
):
    _register_requests(_kind)
