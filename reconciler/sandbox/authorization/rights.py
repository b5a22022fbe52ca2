"""Who may do what where: role assignments, inherited from every enclosing scope, once they have taken effect."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from functools import lru_cache

from reconciler.sandbox.arm.ids import enclosing, lower, name_of, resource_type, subscription_of
from reconciler.sandbox.arm.messages import ArmError, Caller, Request
from reconciler.sandbox.authorization.built_in_roles import BY_GUID
from reconciler.sandbox.authorization.conditions import Circumstances, holds
from reconciler.sandbox.tables import Record, indexed
from reconciler.sandbox.world import SUBSCRIPTIONS, World

ASSIGNMENTS = "microsoft.authorization/roleassignments"
DEFINITIONS = "microsoft.authorization/roledefinitions"
GROUPS_OF_SUBSCRIPTIONS = "microsoft.management/managementgroups"
_FLAP = (0.4, 0.6)  # the part of its delay during which a flapping assignment already allows


@indexed(ASSIGNMENTS)
def by_principal(record: Record) -> Iterable[str]:
    """Role assignments are also found by principal, by the exact scope they are at, and by both."""
    properties = record["properties"]
    principal, scope = lower(properties["principalId"]), lower(properties["scope"]).rstrip("/")
    return f"principal:{principal}", f"scope:{scope}", f"of:{principal} at:{scope}"


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


def definition_named(world: World, name: str) -> str:
    """The id of the estate's own role definition of that name or GUID; empty when there is none."""
    for record in world.table(DEFINITIONS).values():
        if lower(name) in (lower(record["name"]), lower(str(record["properties"].get("roleName", "")))):
            return str(record["id"])
    return ""


def in_effect(world: World, assignment: Record) -> bool:
    """Whether a role assignment has propagated, whatever its condition."""
    effective, now = assignment.get("_effective", 0.0), world.timestamp
    if effective <= now:
        return True
    made = assignment.get("_made", now)
    share = (now - made) / (effective - made) if effective > made else 0.0
    return bool(world.switch("propagation_flap")) and _FLAP[0] <= share < _FLAP[1]


def circumstances(world: World, request: Request, action: str) -> Circumstances:
    """What conditions may look at: the role and principal that a request asks for, and those of what is there.

    What they say of a deletion where nothing is isn't documented; it passes here.
    """
    if resource_type(request.path) != ASSIGNMENTS:
        return Circumstances(action)
    asked, there = request.body if isinstance(request.body, dict) else {}, world.find(request.path)
    if there is None and request.method == "DELETE":
        return Circumstances("")
    return Circumstances(action, _attributes(asked.get("properties")), _attributes((there or {}).get("properties")))


def _attributes(properties: object) -> dict[str, str]:
    return {lower(key): str(value) for key, value in properties.items()} if isinstance(properties, dict) else {}


def allowed(world: World, principal: str, action: str, scope: str, about: Circumstances | None = None) -> bool:
    """Whether a principal (object id) may do an action at a scope, by assignments there or at any enclosing scope."""
    about = about or Circumstances(action)
    return any(_is_met(condition, about) for condition in _granting(world, principal, action, scope))


def _is_met(condition: str | None, about: Circumstances) -> bool:
    return not condition or holds(condition, about)


def _granting(world: World, principal: str, action: str, scope: str) -> Iterator[str]:
    """The conditions ("": none) of the assignments that grant a principal an action at a scope."""
    table = world.table(ASSIGNMENTS)
    own = lower(principal)
    if not table.count(f"principal:{own}"):
        return
    for place in chain(world, scope):
        for key in table.below(f"of:{own} at:{place}".rstrip("/")):
            properties = table[key]["properties"]
            if in_effect(world, table[key]) and grants(world, properties["roleDefinitionId"], action):
                yield properties.get("condition") or ""


def may(world: World, caller: Caller, action: str, scope: str, about: Circumstances | None = None) -> bool:
    """Whether the caller of a request may do an action at a scope; the world remembers that it was asked."""
    if not action:
        return True
    world.asked.add((caller.object_id, action))
    return caller.everywhere or allowed(world, caller.object_id, action, scope, about)


def may_somewhere(world: World, caller: Caller, action: str, scope: str, about: Circumstances | None = None) -> bool:
    """Whether the caller may do an action at a scope or at any place inside it."""
    if may(world, caller, action, scope, about):
        return True
    table, inside = world.table(ASSIGNMENTS), lower(scope).rstrip("/") + "/"
    return any(
        lower(table[key]["properties"]["scope"]).startswith(inside)
        and in_effect(world, table[key])
        and grants(world, table[key]["properties"]["roleDefinitionId"], action)
        and _is_met(table[key]["properties"].get("condition"), about or Circumstances(action))
        for key in table.below(f"principal:{lower(caller.object_id)}")
    )


def denied(world: World, caller: Caller, action: str, scope: str) -> ArmError:
    """Resource Manager's 403 for a caller; its words tell whether only a condition stands in the way."""
    conditional = any(_granting(world, caller.object_id, action, scope))
    return forbidden(caller.app_id, caller.object_id, action, scope, conditional=conditional)


def forbidden(client: str, object_id: str, action: str, scope: str, *, conditional: bool = False) -> ArmError:
    """Resource Manager's 403, in its own words."""
    return ArmError(403, "AuthorizationFailed", refusal(client, object_id, action, scope, conditional=conditional))


def refusal(client: str, object_id: str, action: str, scope: str, *, conditional: bool = False) -> str:
    """The sentence in which Azure refuses an action, for errors that quote it."""
    lacks = (
        "has an authorization with ABAC condition that is not fulfilled"
        if conditional
        else "does not have authorization"
    )
    return (
        f"The client '{client}' with object id '{object_id}' {lacks} to perform action '{action}' "
        f"over scope '{scope or '/'}' or the scope is invalid. If access was recently granted, please refresh your "
        "credentials."
    )
