"""What is known after each answer of each source: yes, no, or couldn't tell.

A row is a source, a column an answer. A list that was read whole may be empty (`none`), which is no absence of anything
that it lacks; no list is ever a `no`, and no error of a proxy's or of Azure's is either.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, NamedTuple

import pytest

from reconciler.azure import survey
from reconciler.azure.answering import answer
from reconciler.azure.jobs import listed_backups, newest_backups
from reconciler.azure.kinds.vaults import project as project_vault
from reconciler.model.estate import Question
from reconciler.model.ids import ArmId
from reconciler.model.known import Known, No, Unsure, Yes

S = "/subscriptions/s"
VAULT = f"{S}/resourceGroups/rg/providers/Microsoft.DataProtection/backupVaults/v"
INSTANCE = f"{VAULT}/backupInstances/i"
DISK = f"{S}/resourceGroups/rg/providers/Microsoft.Compute/disks/d"
GRAPH = "Microsoft.ResourceGraph"

JOB = {
    "id": f"{VAULT}/backupJobs/j",
    "properties": {
        "status": "Failed",
        "startTime": "2025-12-31T01:00:00Z",
        "backupInstanceId": INSTANCE,
        "operationCategory": "Backup",
    },
}
NEWEST = {"instance": INSTANCE.lower(), "status": "failed", "newest": "2025-12-31T01:00:00Z"}
POINT = {"id": f"{INSTANCE}/recoveryPoints/p", "properties": {"recoveryPointTime": "2025-12-31T01:00:00Z"}}
SNAPSHOT = {
    "id": f"{S}/resourceGroups/rg/providers/Microsoft.Compute/snapshots/x",
    "properties": {"incremental": True, "creationData": {"sourceResourceId": DISK}},
}
MARKED = {"id": VAULT, "tags": {"reconciler-owner": "team"}}
DELETED = {"id": f"{S}/deletedVaults/guid", "name": "guid", "properties": {"originalBackupVaultId": VAULT}}


class Source(NamedTuple):
    """Where it is asked, by which method, one row (or object) that it may have, and what asks it."""

    where: str
    row: Any
    ask: Callable[[Any], Any]
    method: str = "GET"


def question(kind: str, subject: str, detail: str = "") -> Callable[[Any], Any]:
    async def ask(azure: Any) -> Known[Any]:
        asked = Question(kind, ArmId(subject), detail)
        return (await answer(azure, [asked]))[asked]

    return ask


async def vaults_of_graph(azure: Any) -> Known[Any]:
    return await survey.graph_vaults(azure)


async def vaults_in_lists(azure: Any) -> Known[Any]:
    """As where Resource Graph lacks what was read of another vault."""
    return await survey.vaults(azure, Yes(survey.Wide()), [project_vault(MARKED)])


async def jobs_of_graph(azure: Any) -> Known[Any]:
    found = await newest_backups(azure, [])
    return found.newest.get(INSTANCE.lower(), Yes({})) if azure.answered else Unsure("Resource Graph said nothing")


async def jobs_in_list(azure: Any) -> Known[Any]:
    found = await listed_backups(azure, [ArmId(VAULT)])
    return found.newest.get(INSTANCE.lower(), found.listed[ArmId(VAULT)])


async def snapshots_in_list(azure: Any) -> Known[Any]:
    return await survey.snapshot_counts(azure, [ArmId(DISK)])


async def snapshots_of_graph(azure: Any) -> Known[Any]:
    return await survey.snapshot_counts(azure, [ArmId(DISK)])


async def foreign_of_graph(azure: Any) -> Known[Any]:
    return await survey.foreign_snapshots(azure, [ArmId(f"{S}/resourceGroups/rg")])


SOURCES = {
    "get by id": Source(DISK, {"id": DISK, "location": "West US", "properties": {}}, question("exists", DISK)),
    "get of a vault": Source(f"{VAULT}?", {"id": VAULT, "properties": {}}, question("exists", VAULT)),
    "list of instances at a disk": Source(
        f"{DISK}/providers/Microsoft.DataProtection/backupInstances",
        {"id": INSTANCE, "properties": {}},
        question("protected-elsewhere", DISK),
    ),
    "list of a vault's instances": Source(
        "ackupInstances?",
        {"id": INSTANCE, "properties": {"dataSourceInfo": {"resourceID": DISK}}},
        question("held", VAULT),
    ),
    "list of recovery points": Source(f"{INSTANCE}/recoveryPoints", POINT, question("recovery-points", INSTANCE)),
    "list of role assignments": Source(
        "roleAssignments", {"id": f"{S}/providers/Microsoft.Authorization/roleAssignments/r"}, question("role-count", S)
    ),
    "list of deleted vaults": Source("deletedVaults", DELETED, question("deleted-vault", VAULT, "westus")),
    "list of jobs": Source(f"{VAULT}/backupJobs", JOB, jobs_in_list),
    "lists of vaults": Source(f"{S}/providers/Microsoft.DataProtection/backupVaults", MARKED, vaults_in_lists),
    "list of snapshots": Source("providers/Microsoft.Compute/snapshots", SNAPSHOT, snapshots_in_list),
    "Resource Graph": Source(GRAPH, MARKED, vaults_of_graph, "POST"),
}


def page(*rows: Any, **more: Any) -> Any:
    """A page of a list, which is one of Resource Graph's as well."""
    return {"value": list(rows), "data": list(rows), **more}


def error(status: int, code: str, message: str = "It is so.") -> Any:
    return status, {"error": {"code": code, "message": message}}


def single(source: Source) -> bool:
    return source.where in {DISK, f"{VAULT}?"}


def answers(source: Source) -> dict[str, Any]:
    """What may come back."""
    nonsense = {"id": 7, "properties": "x"}
    some = source.row if single(source) else page(source.row)
    none = error(404, "ResourceNotFound") if single(source) else page()
    short = page(source.row, nextLink="https://management.azure.com/next", totalRecords=9, **{"$skipToken": 7})
    return {
        "there": some,
        "absent": none,
        "short": {"id": source.row["id"], "properties": []} if single(source) else short,
        "null": {"value": None, "data": None},
        "403": error(403, "AuthorizationFailed"),
        "404 of Resource Manager": error(404, "ResourceNotFound"),
        "404 for the subscription": error(404, "SubscriptionNotFound"),
        "404 for another": error(404, "ResourceNotFound", "The Resource 'Microsoft.Compute/disks/z' was not found."),
        "404 of a proxy": (404, b"<html>no</html>", {"Content-Type": "text/html"}),
        "404 without a body": (404, None),
        "503": error(503, "ServiceUnavailable"),
        "500": error(500, "InternalServerError"),
        "a page of a proxy": (200, b"<html>sign in</html>", {"Content-Type": "text/html"}),
        "odd": nonsense if single(source) else page(nonsense),
        "no object": (200, b"[]"),
        "another object": {**source.row, "id": f"{source.row['id']}2"} if single(source) else page("text"),
    }


ANSWERS = tuple(answers(SOURCES["Resource Graph"]))
NO = {("get by id", "absent"), ("get of a vault", "absent"), ("list of deleted vaults", "absent")} | {
    (source, "404 of Resource Manager") for source in ("get by id", "get of a vault")
}
YES = {(source, answer) for source in SOURCES for answer in ("there", "absent")} - NO
GONE = {("list of instances at a disk", "404 of Resource Manager")}
"""A disk that is gone has no instance: its list says so of the disk."""


def expected(source: str, answer: str) -> type:
    if (source, answer) in NO:
        return No
    return Yes if (source, answer) in YES | GONE else Unsure


@pytest.mark.parametrize("answered", ANSWERS)
@pytest.mark.parametrize("name", SOURCES)
def test_what_is_known(wire: Any, name: str, answered: str) -> None:
    source = SOURCES[name]
    wire.on("GET", "/subscriptions?", {"value": [{"subscriptionId": "s"}]})
    wire.on("GET", "/next", error(500, "InternalServerError"))
    wire.on(source.method, source.where, answers(source)[answered])
    found = wire.run(source.ask)
    assert type(found) is expected(name, answered), found
    if isinstance(found, Unsure):
        assert found.because
        assert found.hint
        assert found.code.code == ("out-of-reach" if answered == "403" else "not-known")


def test_without_a_token_nothing_is_asked_and_nothing_is_known(wire: Any) -> None:
    """That is no doubt about one thing, but an error of the whole run."""
    from azure.core.exceptions import ClientAuthenticationError

    from reconciler.model.errors import AzureError

    wire.on("GET", DISK, ClientAuthenticationError("no token"))
    with pytest.raises(AzureError):
        wire.run(question("exists", DISK))
