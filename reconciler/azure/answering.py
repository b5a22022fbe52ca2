"""Answers to what a plan can't know from lists: a point read each, before a decision hangs on absence."""

from __future__ import annotations

from collections.abc import Callable, Coroutine, Iterable, Mapping, Sequence
from typing import Any

from reconciler.azure import projection, provenance
from reconciler.azure.connection import Azure, incomplete, unsure
from reconciler.azure.graph import graph_if_it_answers, literal
from reconciler.azure.together import together
from reconciler.errors import NO_TOKEN, AzureError, NotFound, ReadIncomplete
from reconciler.estate import (
    DeletedVault,
    Found,
    Instance,
    Presence,
    Question,
    RecoveryPoint,
    RestoreJob,
    RoleAssignment,
    Trace,
)
from reconciler.ids import ArmId, lower
from reconciler.known import NO, Known, Yes

_UNKNOWN_TYPE = frozenset(
    {
        "noregisteredproviderfound",
        "invalidresourcetype",
        "locationnotavailableforresourcetype",
        "invalidapiversionparameter",
    }
)
"""How Resource Manager says that a region (or a cloud) has no resources of a type."""

_INSTANCES = ("backupInstances", "deletedBackupInstances")
_RESTORES = (
    "RecoveryServicesResources | where type =~ 'microsoft.dataprotection/backupvaults/backupjobs' "
    "| where properties.dataSourceId in~ ({disk}) | where properties.operationCategory =~ 'Restore' "
    "| project id, properties"
)


async def answer(azure: Azure, questions: Iterable[Question]) -> dict[Question, Any]:
    """The answer to each question; ReadIncomplete when one can't be had."""
    asked = list(dict.fromkeys(questions))
    with azure.looking():
        answers: Sequence[Any] = await together(*(_understood(azure, question) for question in asked))
    return dict(zip(asked, answers, strict=True))


async def _understood(azure: Azure, question: Question) -> Any:
    """The answer to one question; ReadIncomplete where what Azure says makes no sense."""
    with projection.understood(f"What Azure says of {question.subject}"):
        return await _ANSWERS[question.kind](azure, question)


async def _exists(azure: Azure, question: Question) -> Presence:
    """Whether the subject is there; without a token nothing is asked of Azure at all, which is an error."""
    try:
        body = await azure.get(question.subject)
    except NotFound:
        return NO
    except AzureError as error:
        if error.code == NO_TOKEN:
            raise incomplete(question.subject.text, error) from error
        return unsure(error)
    return Yes(Found(body, projection.resource(question.subject, body)))


async def _deleted_vault(azure: Azure, question: Question) -> DeletedVault | None:
    """A soft-deleted vault of that name and resource group; regions without such vaults don't know the type."""
    vault = question.subject
    path = (
        f"/subscriptions/{vault.subscription}/providers/Microsoft.DataProtection"
        f"/locations/{question.detail}/deletedVaults"
    )
    try:
        rows = await azure.list(path)
    except ReadIncomplete as error:
        if isinstance(error.__cause__, AzureError) and lower(error.__cause__.code) in _UNKNOWN_TYPE:
            return None
        raise
    return next((_deleted(row) for row in rows if _is_of(vault, row)), None)


def _is_of(vault: ArmId, row: Mapping[str, Any]) -> bool:
    for key in ("originalBackupVaultId", "originalBackupVaultResourcePath"):
        original = projection.pick(row, "properties", key)
        if isinstance(original, str) and original.startswith("/"):
            return ArmId(original) == vault
    name = projection.pick(row, "properties", "originalBackupVaultName") or projection.pick(row, "name") or ""
    return lower(str(name)) == lower(vault.name)


def _deleted(row: Mapping[str, Any]) -> DeletedVault:
    info = projection.pick(row, "properties", "resourceDeletionInfo") or projection.pick(
        row, "properties", "deletionInfo"
    )
    purge = projection.pick(info, "scheduledPurgeTime") or ""
    return DeletedVault(ArmId(str(projection.pick(row, "id") or "")), str(purge))


async def _role_count(azure: Azure, question: Question) -> tuple[RoleAssignment, ...]:
    """Every role assignment that a list of the subscription shows, for its quota."""
    rows = await azure.list(f"{question.subject}/providers/Microsoft.Authorization/roleAssignments")
    found = {role.id.key: role for role in map(projection.role, rows)}
    return tuple(found[key] for key in sorted(found))


async def _protected_elsewhere(azure: Azure, question: Question) -> tuple[ArmId, ...]:
    """The backup instances that protect a disk, in any vault; a disk that is gone has none."""
    try:
        rows = await azure.list(f"{question.subject}/providers/Microsoft.DataProtection/backupInstances")
    except ReadIncomplete as error:
        if isinstance(error.__cause__, NotFound):
            return ()
        raise
    ids = {lower(str(text)): ArmId(str(text)) for row in rows if (text := projection.pick(row, "id"))}
    return tuple(ids[key] for key in sorted(ids))


async def _held(azure: Azure, question: Question) -> tuple[Instance, ...]:
    """The instances of a vault, live ones and soft-deleted ones."""
    lists = [(f"{question.subject}/{name}", name.startswith("deleted")) for name in _INSTANCES]
    rows = await together(*(azure.list(path) for path, _ in lists))
    found: list[Instance] = []
    for (_, deleted), bodies in zip(lists, rows, strict=True):
        projected = {one.id.key: one for one in (projection.instance(body, deleted=deleted) for body in bodies)}
        found += (projected[key] for key in sorted(projected))
    for instance in found:
        instance.vault = question.subject
    return tuple(found)


async def _disks(azure: Azure, question: Question) -> Known[frozenset[str]]:
    """The disks of a subscription that the rest of the look doesn't list."""
    try:
        rows = await azure.list(f"{question.subject}/providers/Microsoft.Compute/disks")
    except ReadIncomplete as error:
        if isinstance(error.__cause__, AzureError) and error.code != NO_TOKEN:
            return unsure(error.__cause__)
        raise
    return Yes(frozenset(projection.disk(row).id.key for row in rows))


async def _recovery_points(azure: Azure, question: Question) -> tuple[RecoveryPoint, ...]:
    """The recovery points of an instance, newest first."""
    rows = await azure.list(f"{question.subject}/recoveryPoints")
    found = {point.id.key: point for point in map(projection.recovery_point, rows)}
    return tuple(sorted(found.values(), key=lambda point: (point.taken, point.id.key), reverse=True))


async def _kept_points(azure: Azure, question: Question) -> Known[tuple[RecoveryPoint, ...]]:
    """The same, or why they can't be read."""
    try:
        return Yes(await _recovery_points(azure, question))
    except ReadIncomplete as error:
        if isinstance(error.__cause__, AzureError) and error.__cause__.code != NO_TOKEN:
            return unsure(error.__cause__)
        raise


async def _restores(azure: Azure, question: Question) -> tuple[RestoreJob, ...]:
    """The restores of a disk that Resource Graph knows; none when it can't be asked, since it only ever adds."""
    rows = await graph_if_it_answers(azure, _RESTORES.format(disk=literal(question.subject.key)))
    try:
        found = [provenance.restore_job(row) for row in rows or ()]
    except (ValueError, TypeError, AttributeError):
        return ()
    return await provenance.completed(azure, found)


async def _trace(azure: Azure, question: Question) -> Known[Trace]:
    """Where a disk comes from that an instance may have restored."""
    return await provenance.trace(azure, question.subject, ArmId(question.detail))


_ANSWERS: Mapping[str, Callable[[Azure, Question], Coroutine[Any, Any, Any]]] = {
    "exists": _exists,
    "deleted-vault": _deleted_vault,
    "role-count": _role_count,
    "protected-elsewhere": _protected_elsewhere,
    "held": _held,
    "disks": _disks,
    "recovery-points": _recovery_points,
    "kept-points": _kept_points,
    "restores": _restores,
    "trace": _trace,
}
