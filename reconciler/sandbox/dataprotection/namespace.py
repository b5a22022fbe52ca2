"""Microsoft.DataProtection: its namespace, types and paths."""

from __future__ import annotations

from collections.abc import Mapping
from functools import wraps
from http import HTTPStatus

from reconciler.sandbox.arm.messages import ArmError, Request, Response, not_found
from reconciler.sandbox.arm.routing import Function, Provider
from reconciler.sandbox.dataprotection import api_versions
from reconciler.sandbox.dataprotection.errors import Refusal
from reconciler.sandbox.tables import Record
from reconciler.sandbox.world import World

NAMESPACE = "Microsoft.DataProtection"
IN_SUBSCRIPTION = "/subscriptions/{subscription}/providers/Microsoft.DataProtection"
IN_GROUP = "/subscriptions/{subscription}/resourceGroups/{group}/providers/Microsoft.DataProtection"
VAULT = f"{IN_GROUP}/backupVaults/{{vault}}"
POLICY = f"{VAULT}/backupPolicies/{{policy}}"
INSTANCE = f"{VAULT}/backupInstances/{{instance}}"
DELETED_INSTANCE = f"{VAULT}/deletedBackupInstances/{{instance}}"
GUARD = f"{IN_GROUP}/resourceGuards/{{guard}}"
PROXY = f"{VAULT}/backupResourceGuardProxies/{{proxy}}"

VAULTS = "microsoft.dataprotection/backupvaults"
POLICIES = f"{VAULTS}/backuppolicies"
INSTANCES = f"{VAULTS}/backupinstances"
DELETED_INSTANCES = f"{VAULTS}/deletedbackupinstances"
JOBS = f"{VAULTS}/backupjobs"
RECOVERY_POINTS = f"{INSTANCES}/recoverypoints"
PROXIES = f"{VAULTS}/backupresourceguardproxies"
GUARDS = "microsoft.dataprotection/resourceguards"
DELETED_VAULTS = "microsoft.dataprotection/locations/deletedvaults"


def _acceptable(function: Function) -> Function:
    """A route's function, whose refusals with 400 reach a client whose Accept header has parameters as an empty 406.

    Issues of Terraform's provider tell of it, for vaults and for instances.
    """

    @wraps(function)
    def answered(world: World, request: Request, **ids: str) -> Response:
        try:
            return function(world, request, **ids)
        except Refusal as error:
            if error.status == HTTPStatus.BAD_REQUEST and ";" in request.headers.get("accept", ""):
                raise ArmError(406, "NotAcceptable", body=b"") from error
            raise

    return answered


provider = Provider(NAMESPACE, api_versions.NAMES, around=_acceptable)


def vault_id(ids: Mapping[str, str]) -> str:
    """The id of the vault that a path names, as the caller wrote its parts."""
    return VAULT.format(**ids)


def vault_of(resource_id: str) -> str:
    """The id of the vault that a policy, instance or other part of it belongs to."""
    return "/".join(resource_id.split("/")[:9])


def the(world: World, resource_id: str) -> Record:
    """The record of a resource that has to be there; ArmError 404 when it is not."""
    record = world.find(resource_id)
    if record is None:
        raise not_found(resource_id)
    return record


def new(resource_id: str, kind: str, **rest: object) -> Record:
    """A record with id, name and type, in the order in which this provider writes them: last."""
    return {**rest, "id": resource_id, "name": resource_id.rsplit("/", 1)[-1], "type": kind}
