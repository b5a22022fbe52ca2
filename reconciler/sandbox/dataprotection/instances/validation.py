"""validateForBackup and validateForModifyBackup: the same checks as for protecting, without protecting.

What is missing shows as an operation that failed, with HTTP 200 (Azure's REST page for disk backup); a disk that is
protected already is refused at once.
"""

from __future__ import annotations

from typing import Any

from reconciler.sandbox.arm.messages import Request, Response
from reconciler.sandbox.dataprotection import api_versions, operations
from reconciler.sandbox.dataprotection.errors import ALREADY_HAS_INSTANCE, refusal
from reconciler.sandbox.dataprotection.instances import lookups, refusals, requirements, states
from reconciler.sandbox.dataprotection.instances import routes as instances
from reconciler.sandbox.dataprotection.instances.bodies import checked
from reconciler.sandbox.dataprotection.namespace import (
    INSTANCE,
    VAULT,
    provider,
    the,
    vault_id,
    vault_of,
)
from reconciler.sandbox.dataprotection.permissions import disk_of
from reconciler.sandbox.dataprotection.spelling import at, canonical, same
from reconciler.sandbox.tables import Record
from reconciler.sandbox.world import World

_ACTION = "Microsoft.DataProtection/backupVaults/validateForBackup/action"
_MODIFY = f"{instances.KIND}/validateForModifyBackup/action"


@provider.route("POST", f"{VAULT}/validateForBackup", _ACTION)
def validate(world: World, request: Request, **ids: str) -> Response:
    """Say whether a disk could be protected."""
    vault = the(world, vault_id(ids))
    properties = checked(at(canonical(request.body), "backupInstance"))
    _check_unprotected(world, vault, properties)
    refusals.check_policy(world, vault, properties)
    return _started(world, request, vault, properties)


@provider.route(
    "POST", f"{INSTANCE}/validateForModifyBackup", _MODIFY, versions=api_versions.since(api_versions.VALIDATE_MODIFY)
)
def validate_modify(world: World, request: Request, **ids: str) -> Response:
    """Say whether an instance could be changed to what the body says."""
    live = instances.find(world, INSTANCE.format(**ids))
    properties = checked(at(canonical(request.body), "backupInstance"))
    vault = the(world, vault_id(ids))
    refusals.check_policy(world, vault, properties)
    refusals.check_change(world, live, {"properties": properties})
    return _started(world, request, vault, properties)


def _check_unprotected(world: World, vault: Record, properties: dict[str, Any]) -> None:
    for other in lookups.protecting(world, disk_of(properties)):
        own = same(vault_of(other["id"]), vault["id"])
        if own and states.is_failing(other) and world.switch("validate_failing_instance") == "accepted":
            continue
        if refusals.is_let_go(world, vault, other):
            continue
        owner = vault_of(other["id"])
        if world.switch("validate_protected_code") == ALREADY_HAS_INSTANCE:
            refusals.check_owner(world, vault, {"id": "", "properties": properties})
        raise refusal(
            400,
            "UserErrorDppDatasourceAlreadyProtected",
            f"Datasource is already protected under the Backup vault {owner}.",
            advice=f"Delete the backup instance {other['properties'].get('friendlyName', other['name'])} from the "
            f"Backup vault {owner} to re-protect the datasource in any other vault.",
        )


def _started(world: World, request: Request, vault: Record, properties: dict[str, Any]) -> Response:
    address = vault["id"]
    headers = operations.start(
        world,
        request,
        address,
        operations.at_vault(vault),
        seconds=operations.between(world, disk_of(properties), "validate", 36.0, 46.0),
        then="validated",
        vault=address,
        properties=properties,
    )
    return Response(202, None, headers)


@operations.completion
def validated(world: World, **data: Any) -> None:
    """Fail with the first thing that keeps the disk from being protected at this moment."""
    vault = world.find(data["vault"])
    error = requirements.obstacle(world, vault, data["properties"]) if vault else None
    if error:
        raise operations.OperationFailed(error)
