"""Multi-user authorisation: what a vault under a resource guard refuses without that guard's request.

No public source tells the error: status and code are switches.
"""

from __future__ import annotations

from reconciler.sandbox.arm.ids import lower, name_of
from reconciler.sandbox.arm.messages import Request
from reconciler.sandbox.authorization.rights import forbidden, may
from reconciler.sandbox.dataprotection.errors import refusal
from reconciler.sandbox.dataprotection.guards.routes import MODIFY_ENCRYPTION, REDUCE_IMMUTABILITY, REDUCE_SOFT_DELETE
from reconciler.sandbox.dataprotection.namespace import PROXIES
from reconciler.sandbox.dataprotection.spelling import at, canonical, text
from reconciler.sandbox.dataprotection.vaults.security import IMMUTABILITY, SOFT_DELETE
from reconciler.sandbox.tables import Record
from reconciler.sandbox.world import World

_SOFT_ORDER = ("off", "on", "alwayson")
_IMMUTABLE_ORDER = ("disabled", "unlocked", "locked")
_ENCRYPTION = ("properties", "securitySettings", "encryptionSettings")
_HEADER = "x-ms-resource-guard-operation-requests"


def check(world: World, request: Request, vault: str, operation: str, *, target: str = "") -> None:
    """Refuse a critical operation unless its guard's request comes with it, or its target was unlocked before."""
    proxy = _proxy(world, vault)
    wanted = _wanted(proxy, operation) if proxy else ""
    if proxy is None or not wanted or proxy.get("_unlocked", {}).get(lower(target), 0.0) > world.timestamp:
        return
    exact = world.switch("guard_request_match") == "exact"
    for sent in _sent(request):
        if lower(sent).rstrip("/") == lower(wanted) or (not exact and _guard_of(sent) == _guard_of(wanted)):
            guard = sent.rsplit("/", 2)[0]
            action = f"Microsoft.DataProtection/resourceGuards/{sent.split('/')[-2]}/read"
            if not may(world, request.caller, action, guard):
                raise forbidden(request.caller.app_id, request.caller.object_id, action, guard)
            return
    raise refusal(
        world.switch("guard_status"),
        world.switch("guard_code"),
        f"The operation {operation} on the Backup vault {name_of(vault)} is protected by a resource guard. "
        "ResourceGuard Operation requestid is either null or empty.",
        advice=f"Get access to the resource guard and send {wanted} in resourceGuardOperationRequests.",
    )


def check_vault(world: World, request: Request, live: Record, wanted: Record) -> None:
    """Refuse a write that lowers a guarded vault's soft delete or immutability, or changes its encryption."""
    if _lowers(_SOFT_ORDER, text(live, *SOFT_DELETE, "state"), text(wanted, *SOFT_DELETE, "state")) or _shortens(
        live, wanted
    ):
        check(world, request, live["id"], REDUCE_SOFT_DELETE)
    if _lowers(_IMMUTABLE_ORDER, text(live, *IMMUTABILITY), text(wanted, *IMMUTABILITY)):
        check(world, request, live["id"], REDUCE_IMMUTABILITY)
    encryption = at(live, *_ENCRYPTION)
    if encryption and encryption != at(wanted, *_ENCRYPTION):
        check(world, request, live["id"], MODIFY_ENCRYPTION)


def _guard_of(operation_request: str) -> str:
    return lower(operation_request).rstrip("/").rsplit("/", 2)[0]


def _lowers(order: tuple[str, ...], before: str, after: str) -> bool:
    places = {word: place for place, word in enumerate(order)}
    return places.get(lower(after), 0) < places.get(lower(before), 0)


def _shortens(live: Record, wanted: Record) -> bool:
    days = (*SOFT_DELETE, "retentionDurationInDays")
    return bool((at(wanted, *days) or 0) < (at(live, *days) or 0))


def _proxy(world: World, vault: str) -> Record | None:
    table = world.table(PROXIES)
    for key in table.below(lower(vault)):
        if world.resource_exists(text(table[key], "properties", "resourceGuardResourceId")):
            return table[key]
    return None


def _wanted(proxy: Record, operation: str) -> str:
    """The request that unlocks an operation; empty when the guard leaves that operation out."""
    for row in at(proxy, "properties", "resourceGuardOperationDetails") or []:
        if lower(text(row, "vaultCriticalOperation")) == lower(operation):
            return text(row, "defaultResourceRequest")
    return ""


def _sent(request: Request) -> list[str]:
    body = canonical(request.body)
    found = at(body, "resourceGuardOperationRequests") or at(body, "properties", "resourceGuardOperationRequests") or []
    header = request.headers.get(_HEADER, "")
    return [str(entry) for entry in found] + [part.strip() for part in header.split(",") if part.strip()]
