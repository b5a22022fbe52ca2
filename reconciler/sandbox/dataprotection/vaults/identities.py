"""A vault's managed identities: every time the system identity is switched on it gets a new principal."""

from __future__ import annotations

from typing import Any

from reconciler.sandbox.arm.ids import lower
from reconciler.sandbox.arm.messages import ArmError, Caller
from reconciler.sandbox.authorization.rights import may, refusal
from reconciler.sandbox.dataprotection.errors import invalid
from reconciler.sandbox.dataprotection.spelling import at, text
from reconciler.sandbox.tables import Record
from reconciler.sandbox.world import PRINCIPALS, World

_SYSTEM, _USER = "systemassigned", "userassigned"
_PAUSE = 20.0


def kinds(identity: Any) -> set[str]:
    """The lower-cased kinds of identity that a type such as `SystemAssigned,UserAssigned` names."""
    words = {lower(word.strip()) for word in text(identity, "type").split(",")} - {"", "none"}
    if words - {_SYSTEM, _USER}:
        raise invalid(f"The identity type '{text(identity, 'type')}' is not supported.")
    return words


def check_assign(world: World, caller: Caller, sent: Any) -> None:
    """Refuse a caller who may not assign the user-assigned identities that a body names."""
    action = "Microsoft.ManagedIdentity/userAssignedIdentities/assign/action"
    for user, value in sorted((at(sent, "userAssignedIdentities") or {}).items()):
        if value is not None and not may(world, caller, action, user):
            raise ArmError(403, "LinkedAuthorizationFailed", refusal(caller.app_id, caller.object_id, action, user))


def applied(world: World, address: str, vault: Record | None, sent: Any, *, patch: bool) -> dict[str, Any] | None:
    """The identity after a write that sent `sent` (None: leave it) to a vault; None when there is none at all."""
    live = (vault or {}).get("identity")
    if sent is None:
        return dict(live) if live else None
    wanted = kinds(sent)
    result: dict[str, Any] = {"type": text(sent, "type")}
    if _SYSTEM in wanted:
        kept = _SYSTEM in kinds(live)
        result["principalId"] = text(live, "principalId") if kept else next_principal(world, address, vault)
    if wanted:
        result["tenantId"] = world.tenant
    if _USER in wanted:
        users = _users(live if patch else None, sent)
        if not users:
            raise invalid("UserAssigned needs at least one of userAssignedIdentities.")
        for user in users:
            _check_exists(world, address, user)
        result["userAssignedIdentities"] = users
    return result


def next_principal(world: World, address: str, vault: Record | None) -> str:
    """The principal that the vault's system identity gets when it is next switched on."""
    return world.guid(address, f"principal {(vault or {}).get('_principals', 0) + 1}")


def announce(world: World, vault: Record) -> None:
    """Let the directory hear of the vault's principal, which takes it a while."""
    principal = text(vault, "identity", "principalId")
    if principal and principal not in world.table(PRINCIPALS):
        vault["_principals"] = vault.get("_principals", 0) + 1
        delay = world.span("principal_replication", vault["id"])
        world.table(PRINCIPALS)[principal] = {"id": principal, "_vault": vault["id"], "_known": world.timestamp + delay}


def _users(live: Any, sent: Any) -> dict[str, Any]:
    users = {lower(key): key for key in at(live, "userAssignedIdentities") or {}}
    for key, value in (at(sent, "userAssignedIdentities") or {}).items():
        if value is None:
            users.pop(lower(key), None)
        else:
            users.setdefault(lower(key), key)
    return {written: {} for _, written in sorted(users.items())}


def _check_exists(world: World, vault: str, user: str) -> None:
    if not world.resource_exists(user):
        raise ArmError(
            400,
            "FailedIdentityOperation",
            f"Identity operation for resource '{vault}' failed with error 'Failed to perform resource identity "
            f"operation. Status: 'BadRequest'. Response: The resource '{user}' was not found.'.",
        )


def resolved(world: World, identity: dict[str, Any], *, new: bool = True, before: Any = None) -> dict[str, Any]:
    """The identity as a GET tells it, with client and principal of the user-assigned ones filled in.

    Without `new`, only of those that were in the identity `before`.
    """
    users = identity.get("userAssignedIdentities")
    if not users:
        return identity
    known = {lower(user) for user in at(before, "userAssignedIdentities") or {}}
    filled: dict[str, Any] = {}
    for user in users:
        properties = at(world.find(user), "properties") or {}
        told = ("clientId", "principalId") if new or lower(user) in known else ()
        filled[user] = {key: properties[key] for key in told if key in properties}
    return {**identity, "userAssignedIdentities": filled}


def holds_user(vault: Record, user: str) -> bool:
    """Whether a user-assigned identity is associated with a vault."""
    return lower(user) in {lower(key) for key in at(vault, "identity", "userAssignedIdentities") or {}}


def check_pause(world: World, vault: Record) -> None:
    """429 for a write within 20 seconds of a change of identity; the delay stands in the text alone (recorded)."""
    left = vault.get("_identityChanged", 0.0) + _PAUSE - world.timestamp
    if left > 0 and world.switch("identity_throttle"):
        raise ArmError(
            429,
            "FailedIdentityOperation",
            f"Identity operation for resource '{vault['id']}' failed with error 'Failed to perform resource identity "
            f"operation. Status: '429'. Response: 'Too many requests. Retry after {max(1, round(left))} seconds.'.",
            headers={"x-ms-failure-cause": "gateway"},
        )
