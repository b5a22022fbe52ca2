"""Answers to a plan's questions that lists can't answer: mostly one GET each, before a decision depends on absence."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Coroutine, Iterable, Iterator, Mapping, Sequence
from datetime import datetime
from functools import partial
from typing import Any, TypeVar

from reconciler.azure import disks, fields, projection, provenance
from reconciler.azure.connection import Azure, incomplete
from reconciler.azure.fields import within
from reconciler.azure.graph import graph_if_it_answers, literal
from reconciler.azure.jobs import jobs_of, with_jobs
from reconciler.azure.kinds import instances, roles
from reconciler.azure.reads import known, together
from reconciler.azure.survey import holders, newest_sources, own_snapshots
from reconciler.model.errors import AzureError, NotFound, ReadIncomplete
from reconciler.model.estate import (
    BACKED_UP,
    BELOW,
    DELETED_VAULT,
    DISKS,
    EXISTS,
    HELD,
    HOLDERS,
    KEPT_POINTS,
    OWN_SNAPSHOTS,
    PROTECTED_ELSEWHERE,
    RECOVERY_POINTS,
    RESTORES,
    ROLE_COUNT,
    SOURCE,
    TRACE,
    WITNESSED,
    Found,
    Question,
)
from reconciler.model.ids import ArmId, lower
from reconciler.model.jobs import RestoreJob
from reconciler.model.known import NO, Known, Unsure, Yes
from reconciler.model.resources import DeletedVault, Instance, RecoveryPoint, RoleAssignment

T = TypeVar("T")

_UNKNOWN_TYPE = frozenset(
    {
        "noregisteredproviderfound",
        "invalidresourcetype",
        "locationnotavailableforresourcetype",
        "invalidapiversionparameter",
    }
)
"""Codes by which Resource Manager says that a region (or a cloud) has no resources of a type."""

_MOST_AT_ONCE = 100
"""How many disks one Resource Graph query asks for, if its question doesn't ask for all."""

_WHOLE = frozenset({HOLDERS.word, TRACE.word})
"""What is asked for all disks at once."""

_INSTANCES = ("backupInstances", "deletedBackupInstances")
_RESTORES = (
    "RecoveryServicesResources | where type =~ 'microsoft.dataprotection/backupvaults/backupjobs' "
    "| where properties.dataSourceId in~ ({disks}) | where properties.operationCategory =~ 'Restore' "
    "| project id, properties"
)

_HELD = (
    "RecoveryServicesResources | where type in~ ('microsoft.dataprotection/backupvaults/backupinstances', "
    "'microsoft.dataprotection/backupvaults/deletedbackupinstances') | where id startswith {vault} | project id"
)


async def answer(azure: Azure, questions: Iterable[Question[T]]) -> dict[Question[T], Known[T]]:
    """The answer to each question; it is no only when Resource Manager says so of that very resource."""
    asked = list(dict.fromkeys(questions))
    alone = [question for question in asked if question.kind not in _JOINTLY]
    parts = [
        (kind, joint[start : start + size])
        for kind in _JOINTLY
        if (joint := [question for question in asked if question.kind == kind])
        for size in [len(joint) if kind in _WHOLE else _MOST_AT_ONCE]
        for start in range(0, len(joint), size)
    ]
    with azure.looking():
        found = await together(
            *(_alone(azure, question) for question in alone), *(_JOINTLY[kind](azure, part) for kind, part in parts)
        )
    return {question: answered for part in found for question, answered in part.items()}


async def _alone(azure: Azure, question: Question[Any]) -> dict[Question[Any], Known[Any]]:
    return {question: await _known(azure, question)}


async def one_answer(azure: Azure, question: Question[T]) -> T | None:
    """The answer to one question, None for no; ReadIncomplete when it is unsure."""
    match (await answer(azure, [question]))[question]:
        case Yes(value):
            return value
        case Unsure(because, hint, code):
            raise ReadIncomplete(because, hint=hint, code=code)
    return None


async def _known(azure: Azure, question: Question[Any]) -> Known[Any]:
    async def read() -> Any:
        with fields.understood(f"What Azure says of `{question.subject}`"):
            return await _ANSWERS[question.kind](azure, question)

    found = await known(read())
    return NO if found == Yes(None) else found


async def _exists(azure: Azure, question: Question[Any]) -> Found:
    """The subject's current body; NotFound when it doesn't exist."""
    return _found(question.subject, await azure.get(question.subject))


def found_already(subject: ArmId, body: Mapping[str, Any]) -> Yes[Found]:
    """The answer that an object exists, from its body, which was just read."""
    return Yes(_found(subject, body))


def _found(subject: ArmId, body: Mapping[str, Any]) -> Found:
    return Found(body, projection.resource(subject, body))


async def _deleted_vault(azure: Azure, question: Question[Any]) -> DeletedVault | None:
    """The soft-deleted vault of that name and resource group; None also in a region that doesn't know the type."""
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
    for row in rows:
        fields.id_of(row)
    return next((_deleted(row) for row in rows if _is_of(vault, row)), None)


def _is_of(vault: ArmId, row: Mapping[str, Any]) -> bool:
    for key in ("originalBackupVaultId", "originalBackupVaultResourcePath"):
        original = fields.pick(row, "properties", key)
        if isinstance(original, str) and original.startswith("/"):
            return ArmId(original) == vault
    name = fields.pick(row, "properties", "originalBackupVaultName") or fields.pick(row, "name") or ""
    return lower(str(name)) == lower(vault.name)


def _deleted(row: Mapping[str, Any]) -> DeletedVault:
    info = fields.pick(row, "properties", "resourceDeletionInfo") or fields.pick(row, "properties", "deletionInfo")
    purge = fields.written_moment(fields.pick(info, "scheduledPurgeTime"))
    return DeletedVault(ArmId(str(fields.pick(row, "id") or "")), purge)


async def _role_count(azure: Azure, question: Question[Any]) -> tuple[RoleAssignment, ...]:
    """Every role assignment that a list of the subscription shows, for its quota."""
    rows = await azure.list(f"{question.subject}/providers/Microsoft.Authorization/roleAssignments")
    found = {role.id.key: role for role in map(roles.project, rows)}
    return tuple(found[key] for key in sorted(found))


async def _protected_elsewhere(azure: Azure, question: Question[Any]) -> tuple[ArmId, ...]:
    """The backup instances that protect a disk, in any vault, by their ids there; a disk that is gone has none."""
    disk = question.subject
    try:
        rows = await azure.list(f"{question.subject}/providers/Microsoft.DataProtection/backupInstances")
    except ReadIncomplete as error:
        if isinstance(error.__cause__, NotFound):
            return ()
        raise
    ids = {own.key: own for own in (instances.id_in_vault(row) for row in rows if instances.may_protect(row, disk))}
    return tuple(ids[key] for key in sorted(ids))


async def _held(azure: Azure, question: Question[Any]) -> tuple[Instance, ...]:
    """The instances of a vault, live ones and soft-deleted ones."""
    lists = [(f"{question.subject}/{name}", name.startswith("deleted")) for name in _INSTANCES]
    rows = await together(*(azure.list(path) for path, _ in lists))
    found: list[Instance] = []
    for (_, deleted), bodies in zip(lists, rows, strict=True):
        projected = {
            one.id.key: one
            for one in map(within(question.subject, partial(instances.project, deleted=deleted)), bodies)
        }
        found += (projected[key] for key in sorted(projected))
    for instance in found:
        instance.vault = question.subject
    return tuple(found)


async def _disks(azure: Azure, question: Question[Any]) -> frozenset[str]:
    """The lower-cased ids of the disks of a subscription that the look didn't list."""
    rows = await azure.list(f"{question.subject}/providers/Microsoft.Compute/disks")
    return frozenset(disks.project(row).id.key for row in rows)


async def _backed_up(azure: Azure, questions: Sequence[Question[Any]]) -> dict[Question[Any], Known[Any]]:
    """Whether a job ever named each of these disks, by one query for all (`detail` is the id of its vault)."""
    disks = [question.subject for question in questions]
    found = await known(with_jobs(azure, disks, {ArmId(question.detail) for question in questions}))
    if not isinstance(found, Yes):
        return dict.fromkeys(questions, found)
    return {question: Yes(question.subject.key in found.value) for question in questions}


async def _sources(azure: Azure, questions: Sequence[Question[Any]]) -> dict[Question[Any], Known[Any]]:
    """The `uniqueId` of the disk that each one's newest snapshot was made of, by one query for all."""
    found = await known(newest_sources(azure, [question.subject for question in questions]))
    if not isinstance(found, Yes):
        return dict.fromkeys(questions, found)
    told = found.value
    return {one: Yes(told[one.subject.key]) if one.subject.key in told else NO for one in questions}


async def _holders(azure: Azure, questions: Sequence[Question[Any]]) -> dict[Question[Any], Known[Any]]:
    """The instances of each of these disks that Resource Graph shows, by one query for all."""
    found = await holders(azure, [question.subject for question in questions])
    if not isinstance(found, Yes):
        return dict.fromkeys(questions, found)
    return {one: Yes(found.value.get(one.subject.key, ())) for one in questions}


async def _own_snapshots(azure: Azure, questions: Sequence[Question[Any]]) -> dict[Question[Any], Known[Any]]:
    """When Azure Backup's snapshots of each of these disks (`detail`) were made, by one list for each resource group."""
    groups = list(dict.fromkeys(question.subject for question in questions))
    told = dict(zip(groups, await together(*(own_snapshots(azure, group) for group in groups)), strict=True))
    return {one: _of_disk(told[one.subject], one.detail) for one in questions}


def _of_disk(told: Known[Mapping[str, tuple[datetime, ...]]], disk: str) -> Known[tuple[datetime, ...]]:
    return Yes(told.value.get(disk, ())) if isinstance(told, Yes) else told


async def _below(azure: Azure, question: Question[Any]) -> bool | None:
    """True when the management group itself lists the subscription anywhere below it; else None."""
    group = f"/providers/Microsoft.Management/managementGroups/{question.detail}"
    try:
        body = await azure.get(group, query={"$expand": "children", "$recurse": "true"})
    except NotFound as error:
        raise incomplete(group, error) from error
    return any(ArmId(own) == question.subject for own in _children(fields.pick(body, "properties"))) or None


def _children(holder: Any) -> Iterator[str]:
    """The ids of everything below a management group, at any depth; ValueError for a child without an id."""
    for child in fields.pick(holder, "children") or ():
        own = fields.pick(child, "id")
        if not isinstance(own, str) or not own:
            raise ValueError("a child of a management group without an id")
        yield own
        yield from _children(child)


async def _witnessed(azure: Azure, question: Question[Any]) -> tuple[ArmId, ...]:
    """The instances of a vault that Resource Graph lists: a second source, which may list too many or too few."""
    query = _HELD.format(vault=literal(f"{question.subject.key}/"))
    match await graph_if_it_answers(azure, query, lambda row: ArmId(row["id"])):
        case Yes(found):
            return tuple(sorted(set(found), key=lambda one: one.key))
        case Unsure(because, hint, code):
            raise ReadIncomplete(because, hint=hint, code=code)
    return ()


async def _recovery_points(azure: Azure, question: Question[Any]) -> tuple[RecoveryPoint, ...]:
    """The recovery points of an instance, newest first."""
    rows = await azure.list(f"{question.subject}/recoveryPoints")
    found = {point.id.key: point for point in map(projection.recovery_point, rows)}
    return tuple(sorted(found.values(), key=lambda point: (point.taken, point.id.key), reverse=True))


async def _restores(azure: Azure, questions: Sequence[Question[Any]]) -> dict[Question[Any], Known[Any]]:
    """The restores of each of these disks, by one query for all; unsure where neither that nor a vault's list answers."""

    async def read() -> Mapping[str, tuple[RestoreJob, ...]]:
        with fields.understood("What Azure says of restores"):
            return await _restores_of(azure, questions)

    found = await known(read())
    if not isinstance(found, Yes):
        return dict.fromkeys(questions, found)
    return {one: Yes(found.value.get(one.subject.key, ())) for one in questions}


async def _restores_of(azure: Azure, questions: Sequence[Question[Any]]) -> Mapping[str, tuple[RestoreJob, ...]]:
    """The restores that Resource Graph lists, else those that the vaults list (`detail` is a vault's id), by their disks."""
    asked = {question.subject.key for question in questions}
    query = _RESTORES.format(disks=", ".join(literal(disk) for disk in sorted(asked)))
    match await graph_if_it_answers(azure, query, _restore_of):
        case Yes(rows):
            restores = list(rows)
        case _:
            listed = await jobs_of(azure, {ArmId(question.detail) for question in questions})
            restores = [
                (one.disk.key, RestoreJob(one.id, one.status, one.began, one.ended))
                for one in listed
                if one.disk and one.disk.key in asked and lower(one.operation) == "restore"
            ]
    found: dict[str, list[RestoreJob]] = defaultdict(list)
    for disk, job in restores:
        found[disk].append(job)
    whole = await together(*(provenance.completed(azure, jobs) for jobs in found.values()))
    return dict(zip(found, whole, strict=True))


def _restore_of(row: Mapping[str, Any]) -> tuple[str, RestoreJob]:
    return lower(fields.text_at(fields.pick(row, "properties"), "dataSourceId")), provenance.restore_job(row)


async def _traces(azure: Azure, questions: Sequence[Question[Any]]) -> dict[Question[Any], Known[Any]]:
    """Where each of these disks comes from; the jobs of a vault are listed once for all of them."""
    lists = provenance.Lists(azure, (one.subject for one in questions))
    found = await together(*(provenance.trace(azure, one.subject, ArmId(one.detail), lists=lists) for one in questions))
    return dict(zip(questions, found, strict=True))


_ANSWERS: Mapping[str, Callable[[Azure, Question[Any]], Coroutine[Any, Any, Any]]] = {
    EXISTS.word: _exists,
    DELETED_VAULT.word: _deleted_vault,
    ROLE_COUNT.word: _role_count,
    PROTECTED_ELSEWHERE.word: _protected_elsewhere,
    HELD.word: _held,
    DISKS.word: _disks,
    WITNESSED.word: _witnessed,
    BELOW.word: _below,
    RECOVERY_POINTS.word: _recovery_points,
    KEPT_POINTS.word: _recovery_points,
}

_JOINTLY: Mapping[
    str, Callable[[Azure, Sequence[Question[Any]]], Coroutine[Any, Any, dict[Question[Any], Known[Any]]]]
] = {
    BACKED_UP.word: _backed_up,
    SOURCE.word: _sources,
    OWN_SNAPSHOTS.word: _own_snapshots,
    HOLDERS.word: _holders,
    RESTORES.word: _restores,
    TRACE.word: _traces,
}
"""Questions that one query, or one list, answers for many disks."""
