from __future__ import annotations

from typing import Any

import pytest

from reconciler.azure.answering import _ANSWERS, _JOINTLY, answer
from reconciler.model import estate
from reconciler.model.estate import TRACE, Question, QuestionKind
from reconciler.model.ids import ArmId
from reconciler.model.known import NO, Unsure, Yes
from reconciler.model.resources import DeletedVault

S = "/subscriptions/s"
V = f"{S}/resourceGroups/rg/providers/Microsoft.DataProtection/backupVaults/v"
DISK = f"{S}/resourceGroups/r/providers/Microsoft.Compute/disks/d"


def ask(wire: Any, kind: str, subject: str, detail: str = "") -> Any:
    question = Question(kind, ArmId(subject), detail)
    return wire.run(lambda azure: answer(azure, [question, question]))[question]


def test_something_that_is_there_comes_with_its_body(wire: Any) -> None:
    wire.on("GET", DISK, {"id": DISK, "location": "West US"})
    found = ask(wire, "exists", DISK)
    assert found.value.resource.location == "westus"
    assert len(wire.calls) == 1, "a question asked twice is one read"


def test_a_404_of_resource_manager_is_absence(wire: Any) -> None:
    wire.on("GET", DISK, (404, {"error": {"code": "ResourceNotFound", "message": "m"}}))
    assert ask(wire, "exists", DISK) == NO


@pytest.mark.parametrize(("status", "code"), [(403, "out-of-reach"), (500, "not-known"), (400, "not-known")])
def test_what_cannot_be_told_is_neither_there_nor_gone(wire: Any, status: int, code: str) -> None:
    wire.on("GET", DISK, (status, {"error": {"code": "X", "message": "the reason"}}))
    found = ask(wire, "exists", DISK)
    assert found.code.code == code
    assert "the reason" in found.because


def deleted(original: Any, **more: Any) -> Any:
    return {
        "id": f"{S}/providers/Microsoft.DataProtection/locations/westus/deletedVaults/guid",
        "name": "guid",
        "properties": {
            "originalBackupVaultName": "V",
            "resourceDeletionInfo": {"scheduledPurgeTime": "2026-03-01T00:00:00Z"},
            **original,
            **more,
        },
    }


@pytest.mark.parametrize(
    ("original", "found"),
    [
        ({"originalBackupVaultId": V.upper()}, True),
        ({"originalBackupVaultId": V.replace("/rg/", "/other/")}, False),
        ({"originalBackupVaultId": "some-guid", "originalBackupVaultResourcePath": V}, True),
        ({}, True),
        ({"originalBackupVaultName": "w"}, False),
    ],
)
def test_a_soft_deleted_vault_is_found_by_name_and_group(wire: Any, original: Any, found: bool) -> None:
    wire.on("GET", "locations/westus/deletedVaults", {"value": [deleted(original)]})
    answered = ask(wire, "deleted-vault", V, "westus")
    own = DeletedVault(ArmId(deleted({})["id"]), "2026-03-01T00:00:00Z")
    assert answered == (Yes(own) if found else NO)
    assert "api-version=2025-09-01" in wire.calls[0].url


@pytest.mark.parametrize(
    ("status", "code"),
    [(400, "NoRegisteredProviderFound"), (404, "InvalidResourceType"), (400, "LocationNotAvailableForResourceType")],
)
def test_regions_that_know_no_deleted_vaults_have_none(wire: Any, status: int, code: str) -> None:
    wire.on("GET", "deletedVaults", (status, {"error": {"code": code, "message": "m"}}))
    assert ask(wire, "deleted-vault", V, "westus") == NO


@pytest.mark.parametrize(
    "answer",
    [
        (403, {"error": {"code": "AuthorizationFailed", "message": "m"}}),
        (404, b"<html></html>"),
        (404, {"error": {"code": "SubscriptionNotFound", "message": "m"}}),
        (400, {"error": {"code": "BadRequest", "message": "m"}}),
    ],
)
def test_deleted_vaults_that_cannot_be_read_are_not_absent(wire: Any, answer: Any) -> None:
    wire.on("GET", "deletedVaults", answer)
    assert isinstance(ask(wire, "deleted-vault", V, "westus"), Unsure)


def test_every_role_assignment_of_a_subscription_is_counted(wire: Any) -> None:
    ids = [f"{S}/providers/Microsoft.Authorization/roleAssignments/{n}" for n in "abA"]
    wire.on("GET", "roleAssignments", {"value": [{"id": own, "properties": {}} for own in ids]})
    assert [role.id.name for role in ask(wire, "role-count", S).value] == ["A", "b"]
    assert "filter" not in wire.calls[0].url


def test_who_protects_a_disk_elsewhere(wire: Any) -> None:
    wire.on(
        "GET",
        f"{DISK}/providers/Microsoft.DataProtection/backupInstances",
        {"value": [{"id": f"{V}/backupInstances/i"}]},
    )
    assert ask(wire, "protected-elsewhere", DISK) == Yes((ArmId(f"{V}/backupInstances/i"),))


def test_a_disk_that_is_gone_is_protected_by_nobody(wire: Any) -> None:
    assert ask(wire, "protected-elsewhere", DISK) == Yes(())


def test_every_kind_of_question_has_an_answer() -> None:
    kinds = {one.word for one in vars(estate).values() if isinstance(one, QuestionKind)}
    assert kinds == {*_ANSWERS, *_JOINTLY, TRACE.word}
