"""Role assignments: read, made and deleted."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from reconciler.azure.bodies import encoded
from reconciler.azure.fields import enclosing, id_of, moment, pick, text_at
from reconciler.azure.receipts import Receipt, Write, satisfied
from reconciler.model.changes import Op, Step
from reconciler.model.errors import Conflict
from reconciler.model.ids import ArmId, lower
from reconciler.model.names import role_name
from reconciler.model.resources import RoleAssignment

if TYPE_CHECKING:
    from reconciler.azure.sdk import Operations

TYPE = "microsoft.authorization/roleassignments"


def project(body: Mapping[str, Any]) -> RoleAssignment:
    """A role assignment; its scope comes from its id when the body doesn't say."""
    properties = pick(body, "properties") or {}
    own = id_of(body)
    return RoleAssignment(
        id=own,
        scope=ArmId(str(pick(properties, "scope") or enclosing(own, TYPE))),
        role=lower(text_at(properties, "roleDefinitionId")).rstrip("/").rpartition("/")[2],
        principal=lower(text_at(properties, "principalId")),
        conditional=bool(pick(properties, "condition")),
        created=moment(pick(properties, "createdOn")),
    )


def body(scope: ArmId, role: str, principal: str) -> dict[str, Any]:
    """The body of a role assignment; with `principalType`, Azure accepts an identity that the directory doesn't show yet."""
    definition = f"/subscriptions/{scope.subscription}/providers/Microsoft.Authorization/roleDefinitions/{role}"
    return {
        "properties": {"roleDefinitionId": definition, "principalId": principal, "principalType": "ServicePrincipal"}
    }


async def _put(sdk: Operations, step: Step) -> Receipt:
    """Create a role assignment; the body is sent as bytes, since the SDK's model would drop keys of a dict."""
    scope, role, principal = step.target, step.grant["role"], str(step.grant["principal"])
    assignments = sdk.authorization(scope.subscription).role_assignments
    content = encoded(body(scope, role, principal))
    try:
        return await sdk.run(assignments.create, scope.text.lstrip("/"), role_name(scope, role, principal), content)
    except Conflict as error:
        if error.code != "RoleAssignmentExists":
            raise
        return Receipt(error.status, adopted=True)


async def _delete(sdk: Operations, step: Step) -> Receipt:
    assignments = sdk.authorization(step.target.subscription).role_assignments
    scope = enclosing(step.target, TYPE)
    return await satisfied(sdk.run(assignments.delete, scope.lstrip("/"), step.target.name))


WRITES: Mapping[Op, Write] = {Op.ROLE_PUT: _put, Op.ROLE_DELETE: _delete}
