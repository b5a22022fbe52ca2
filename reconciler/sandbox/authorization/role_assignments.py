"""Microsoft.Authorization: role assignments, with inheritance, propagation, and the errors of the documentation."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from uuid import UUID

from reconciler.sandbox.arm.ids import lower, name_of, subscription_of
from reconciler.sandbox.arm.messages import ArmError, Request, Response, invalid_body, public
from reconciler.sandbox.arm.paging import page_of
from reconciler.sandbox.arm.routing import Provider
from reconciler.sandbox.authorization.rights import ASSIGNMENTS, chain, permissions
from reconciler.sandbox.tables import Record
from reconciler.sandbox.world import PRINCIPALS, World, adopted, later

KIND = "Microsoft.Authorization/roleAssignments"
VERSIONS = (
    "2015-07-01", "2016-07-01", "2017-09-01", "2017-10-01-preview", "2018-01-01-preview", "2018-07-01",
    "2018-09-01-preview", "2019-04-01-preview", "2020-03-01-preview", "2020-04-01-preview", "2020-08-01-preview",
    "2020-10-01-preview", "2021-04-01-preview", "2022-01-01-preview", "2022-04-01", "2022-05-01-preview",
)  # fmt: skip
_IN = "{scope}/providers/Microsoft.Authorization/roleAssignments"
_ROLES = "/providers/Microsoft.Authorization/roleDefinitions"
_CHANGEABLE = ("description", "condition", "conditionVersion")
_PART = re.compile(
    r"(?P<at>atScope\(\))|principalId\s+eq\s+'(?P<principal>[^']+)'|assignedTo\('(?P<assigned>[^']+)'\)", re.IGNORECASE
)

provider = Provider("Microsoft.Authorization", VERSIONS)


@adopted(ASSIGNMENTS)
def adopt(world: World, address: str, record: Record) -> None:
    """A role assignment of an estate file: complete, and in effect since long ago."""
    scope = record["id"][: lower(record["id"]).rindex("/providers/microsoft.authorization/")]
    sent = record.get("properties", {})
    made = world.stamp(later(world, -30 * 86400.0))
    record["properties"] = {**_properties(sent, scope, made, None), **sent}
    record.setdefault("_effective", 0.0)
    del address


def _properties(sent: Record, scope: str, made: str, by: str | None) -> Record:
    return {
        "roleDefinitionId": sent["roleDefinitionId"],
        "principalId": sent["principalId"],
        "principalType": sent.get("principalType") or "ServicePrincipal",
        "scope": scope or "/",
        "condition": sent.get("condition"),
        "conditionVersion": sent.get("conditionVersion"),
        "createdOn": made,
        "updatedOn": made,
        "createdBy": by,
        "updatedBy": by,
        "delegatedManagedIdentityResourceId": sent.get("delegatedManagedIdentityResourceId"),
        "description": sent.get("description"),
    }


@provider.route("GET", _IN, f"{KIND}/read")
def rows(world: World, request: Request, **ids: str) -> Response:
    """Role assignments at, above and below a scope, as `$filter` says; all in one answer, as for real."""
    wanted = assignment_filter(request.query.get("$filter", ""))
    scope, table = lower(ids["scope"]).rstrip("/"), world.table(ASSIGNMENTS)
    above = [key for place in chain(world, scope) for key in table.below(f"scope:{place}")]
    keys = dict.fromkeys(above)
    if not wanted.at_scope:
        keys |= dict.fromkeys(_below(world, scope, wanted.principal))
    keep: Callable[[str], bool] = lambda key: wanted.takes(table[key]["properties"]["principalId"])  # noqa: E731
    return page_of(world, request, [_shown(table[key], scope) for key in keys if keep(key)], size=5000)


def _shown(record: Record, scope: str, **other: object) -> Record:
    """An assignment as told at a scope: its role's id lies in the subscription that was asked (recorded traffic)."""
    body, place = public(record), subscription_of(scope)
    role = name_of(body["properties"]["roleDefinitionId"])
    definition = f"/subscriptions/{place}{_ROLES}/{role}" if place else body["properties"]["roleDefinitionId"]
    return {**body, "properties": {**body["properties"], "roleDefinitionId": definition, **other}}


def _below(world: World, scope: str, principal: str) -> list[str]:
    table = world.table(ASSIGNMENTS)
    if principal:
        return [key for key in table.below(f"principal:{principal}") if key.startswith(scope + "/")]
    return table.below(scope)


@provider.route("GET", f"{_IN}/{{name}}", f"{KIND}/read")
def row(world: World, request: Request, **ids: str) -> Response:
    """One role assignment."""
    found = world.find(request.path)
    if found is None:
        raise ArmError(404, "RoleAssignmentNotFound", f"The role assignment '{ids['name']}' is not found.")
    return Response(200, _shown(found, ids["scope"]))


@provider.route("PUT", f"{_IN}/{{name}}", f"{KIND}/write")
def put(world: World, request: Request, **ids: str) -> Response:
    """Assign a role; synchronous, though it takes effect later."""
    sent = request.body.get("properties")
    if not isinstance(sent, dict) or not sent.get("roleDefinitionId") or not sent.get("principalId"):
        raise invalid_body("Required properties 'roleDefinitionId' and 'principalId' were not found in JSON.")
    scope = ids["scope"]
    if not _is_guid(ids["name"]):
        raise ArmError(
            400,
            "InvalidRoleAssignmentId",
            f"The role assignment ID '{ids['name']}' is not valid. The role assignment ID must be a GUID.",
        )
    if not permissions(world, sent["roleDefinitionId"]):
        raise ArmError(
            404,
            "RoleDefinitionDoesNotExist",
            f"The specified role definition with ID '{name_of(sent['roleDefinitionId']).replace('-', '')}' does not exist.",
        )
    own = world.find(request.path)
    if own is not None:
        return _repeat(world, own, sent, request.caller.object_id)
    same = _same(world, scope, sent)
    if same is not None:
        raise _exists(same)
    _check_principal(world, sent)
    _check_limit(world, scope)
    return Response(201, _shown(_assign(world, request, scope, sent), scope, createdBy=None))


def _assign(world: World, request: Request, scope: str, sent: Record) -> Record:
    record: Record = {
        "properties": _properties(sent, scope, world.stamp(), request.caller.object_id),
        "id": request.path,
        "type": KIND,
        "name": name_of(request.path),
        "_made": world.timestamp,
    }
    world.generations[lower(request.path)] = world.generation(request.path) + 1
    record["_effective"] = world.timestamp + world.span("propagation", request.path)
    world.table(ASSIGNMENTS)[lower(request.path)] = record
    return record


def _repeat(world: World, own: Record, sent: Record, by: str) -> Response:
    if _triple(own["properties"]) != (lower(name_of(sent["roleDefinitionId"])), lower(sent["principalId"])):
        raise ArmError(
            400,
            "RoleAssignmentUpdateNotPermitted",
            "Tenant ID, application ID, principal ID, and scope are not allowed to be updated.",
        )
    changes = {key: sent.get(key) for key in _CHANGEABLE if (sent.get(key) or None) != (own["properties"][key] or None)}
    if changes:
        changes |= {"updatedOn": world.stamp(), "updatedBy": by}
        own["properties"] = {**own["properties"], **changes}
        return Response(201, _shown(own, own["properties"]["scope"]))
    if world.switch("role_assignment_repeat") == "conflict":
        raise _exists(own)
    return Response(200, _shown(own, own["properties"]["scope"]))


def _same(world: World, scope: str, sent: Record) -> Record | None:
    table = world.table(ASSIGNMENTS)
    wanted = lower(name_of(sent["roleDefinitionId"])), lower(sent["principalId"])
    for key in table.below(f"scope:{lower(scope).rstrip('/')}"):
        if _triple(table[key]["properties"]) == wanted:
            return table[key]
    return None


def _triple(properties: Record) -> tuple[str, str]:
    return lower(name_of(properties["roleDefinitionId"])), lower(properties["principalId"])


def _check_principal(world: World, sent: Record) -> None:
    """PrincipalNotFound for an identity that the directory hasn't heard of yet."""
    known = world.table(PRINCIPALS).get(sent["principalId"]) or world.table(PRINCIPALS).get(lower(sent["principalId"]))
    if sent.get("principalType") and world.switch("principal_type_skips_check"):
        return
    if known is not None and known.get("_known", 0.0) <= world.timestamp:
        return
    raise ArmError(
        400,
        "PrincipalNotFound",
        f"Principal {sent['principalId'].replace('-', '')} does not exist in the directory {world.tenant}. Check that you have "
        "the correct principal ID. If you are creating this principal and then immediately assigning a role, this error might "
        "be related to a replication delay. In this case, set the role assignment principalType property to a value, such as "
        "ServicePrincipal, User, or Group.  See https://aka.ms/docs-principaltype",
    )


def _check_limit(world: World, scope: str) -> None:
    subscription, limit = subscription_of(scope), world.switch("role_assignment_limit")
    if subscription and world.table(ASSIGNMENTS).count(f"/subscriptions/{subscription}") >= limit:
        raise ArmError(
            400,
            "RoleAssignmentLimitExceeded",
            f"The number of role assignments for subscription '{subscription}' has reached the limit of {limit}. No more role "
            "assignments can be created.",
        )


@provider.route("DELETE", f"{_IN}/{{name}}", f"{KIND}/delete")
def delete(world: World, request: Request, **_ids: str) -> Response:
    """Take a role away, at once."""
    found = world.remove(request.path)
    return Response(204) if found is None else Response(200, public(found))


def _exists(record: Record) -> ArmError:
    return ArmError(
        409,
        "RoleAssignmentExists",
        f"The role assignment already exists. The ID of the existing role assignment is {record['name'].replace('-', '')}.",
    )


def _is_guid(text: str) -> bool:
    try:
        UUID(text)
    except ValueError:
        return False
    return True


@dataclass(frozen=True, slots=True)
class AssignmentFilter:
    """`at_scope`: nothing from below the scope; `principal`: lower-cased, empty for everybody's."""

    at_scope: bool = False
    principal: str = ""

    def takes(self, principal: str) -> bool:
        """Whether an assignment to that principal is wanted."""
        return not self.principal or lower(principal) == self.principal


def assignment_filter(text: str) -> AssignmentFilter:
    """The filter that a query parameter spells; ArmError 400 for what Azure doesn't support either."""
    at_scope, principal = False, ""
    for part in re.split(r"\s+and\s+", text.strip(), flags=re.IGNORECASE) if text.strip() else ():
        match = _PART.fullmatch(part.strip())
        if match is None:
            raise ArmError(
                400,
                "UnsupportedQuery",
                "The filter is not supported. Supported filters are either 'atScope()' or 'principalId eq '{value}' or assignedTo('{value}')'.",
            )
        at_scope = at_scope or bool(match["at"])
        principal = lower(match["principal"] or match["assigned"] or principal)
    return AssignmentFilter(at_scope, principal)
