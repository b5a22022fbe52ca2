"""Who may do what where: role assignments, inherited from every enclosing scope, once they have taken effect."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from functools import lru_cache

from reconciler.sandbox.arm import ArmError, Caller, enclosing, lower, name_of, subscription_of
from reconciler.sandbox.roles import BY_GUID
from reconciler.sandbox.tables import Record, indexed
from reconciler.sandbox.world import SUBSCRIPTIONS, World

ASSIGNMENTS = "microsoft.authorization/roleassignments"
DEFINITIONS = "microsoft.authorization/roledefinitions"
GROUPS_OF_SUBSCRIPTIONS = "microsoft.management/managementgroups"
_FLAP = (0.4, 0.6)  # the part of its delay during which a flapping assignment already allows


@indexed(ASSIGNMENTS)
def by_principal(record: Record) -> Iterable[str]:
    """Role assignments are also found by principal, and by the exact scope they are at."""
    properties = record["properties"]
    return f"principal:{lower(properties['principalId'])}", f"scope:{lower(properties['scope']).rstrip('/')}"


def chain(world: World, scope: str) -> Iterator[str]:
    """Every scope whose assignments reach `scope`, nearest first: itself, …, group, subscription, management groups, "/"."""
    yield from (key for key in enclosing(scope) if key not in {"/subscriptions", "/providers"})
    subscription = subscription_of(scope)
    if subscription:
        record = world.table(SUBSCRIPTIONS).get(f"/subscriptions/{subscription}")
        yield from _management_groups(world, (record or {}).get("_managementGroup", ""))
    else:
        own = lower(scope)
        yield from (key for key in _management_groups(world, own) if key != own)
    yield ""


def _management_groups(world: World, group: str) -> Iterator[str]:
    seen = set()
    while group and lower(group) not in seen:
        seen.add(lower(group))
        yield lower(group)
        record = world.table(GROUPS_OF_SUBSCRIPTIONS).get(lower(group)) or {}
        group = record.get("_parent", "")


def permissions(world: World, role_definition_id: str) -> list[tuple[tuple[str, ...], tuple[str, ...]]]:
    """Pairs of actions and notActions of a role definition, built-in or the estate's own; empty for an unknown one."""
    guid = lower(name_of(role_definition_id))
    role = BY_GUID.get(guid)
    if role:
        return [(role.actions, role.not_actions)]
    for key in world.table(DEFINITIONS).below(f"guid:{guid}"):
        rows = world.table(DEFINITIONS)[key]["properties"].get("permissions", [])
        return [(tuple(row.get("actions", ())), tuple(row.get("notActions", ()))) for row in rows]
    return []


@indexed(DEFINITIONS)
def _by_guid(record: Record) -> Iterable[str]:
    return (f"guid:{lower(record['name'])}",)


@lru_cache(maxsize=4096)
def _covers(pattern: str, action: str) -> bool:
    if "*" not in pattern:
        return lower(pattern) == action
    return re.fullmatch(".*".join(map(re.escape, lower(pattern).split("*"))), action) is not None


def grants(world: World, role_definition_id: str, action: str) -> bool:
    """Whether a role allows an action."""
    wanted = lower(action)
    return any(
        any(_covers(pattern, wanted) for pattern in actions) and not any(_covers(pattern, wanted) for pattern in minus)
        for actions, minus in permissions(world, role_definition_id)
    )


def in_effect(world: World, assignment: Record) -> bool:
    """Whether a role assignment has propagated (conditions are never met: none of them speaks of backup)."""
    if assignment["properties"].get("condition"):
        return False
    effective, now = assignment.get("_effective", 0.0), world.timestamp
    if effective <= now:
        return True
    made = assignment.get("_made", now)
    share = (now - made) / (effective - made) if effective > made else 0.0
    return bool(world.switch("propagation_flap")) and _FLAP[0] <= share < _FLAP[1]


def allowed(world: World, principal: str, action: str, scope: str) -> bool:
    """Whether a principal (object id) may do an action at a scope, by assignments there or at any enclosing scope."""
    table = world.table(ASSIGNMENTS)
    held = table.below(f"principal:{lower(principal)}")
    if not held:
        return False
    scopes = set(chain(world, scope))
    return any(_reaches(world, table[key], action, scopes) for key in held)


def _reaches(world: World, assignment: Record, action: str, scopes: set[str]) -> bool:
    properties = assignment["properties"]
    return (
        lower(properties["scope"]).rstrip("/") in scopes
        and in_effect(world, assignment)
        and grants(world, properties["roleDefinitionId"], action)
    )


def may(world: World, caller: Caller, action: str, scope: str) -> bool:
    """Whether the caller of a request may do an action at a scope."""
    return not action or caller.everywhere or allowed(world, caller.object_id, action, scope)


def may_somewhere(world: World, caller: Caller, action: str, scope: str) -> bool:
    """Whether the caller may do an action at a scope or at any place inside it."""
    if may(world, caller, action, scope):
        return True
    table, inside = world.table(ASSIGNMENTS), lower(scope).rstrip("/") + "/"
    return any(
        lower(table[key]["properties"]["scope"]).startswith(inside)
        and in_effect(world, table[key])
        and grants(world, table[key]["properties"]["roleDefinitionId"], action)
        for key in table.below(f"principal:{lower(caller.object_id)}")
    )


def forbidden(client: str, object_id: str, action: str, scope: str) -> ArmError:
    """Resource Manager's 403, in its own words."""
    return ArmError(403, "AuthorizationFailed", refusal(client, object_id, action, scope))


def refusal(client: str, object_id: str, action: str, scope: str) -> str:
    """The sentence in which Azure refuses an action, for errors that quote it."""
    return (
        f"The client '{client}' with object id '{object_id}' does not have authorization to perform action '{action}' "
        f"over scope '{scope or '/'}' or the scope is invalid. If access was recently granted, please refresh your "
        "credentials."
    )
