"""Whose 404 it is: only Resource Manager's own, for that very resource, proves that something is gone."""

from __future__ import annotations

from typing import Any

import pytest

from reconciler.azure.absence import absent, subscription_listed
from reconciler.azure.answering import answer
from reconciler.azure.operations import finish
from reconciler.azure.sdk import Receipt
from reconciler.model.errors import NotFound, Unproven
from reconciler.model.estate import Question
from reconciler.model.ids import ArmId
from reconciler.model.known import NO, Unsure

S = "/subscriptions/5555-aaaa"
G = f"{S}/resourceGroups/rg"
DISK = f"{G}/providers/Microsoft.Compute/disks/d"
VAULT = f"{G}/providers/Microsoft.DataProtection/backupVaults/v"
INSTANCE = f"{VAULT}/backupInstances/i"
POLICY = f"{VAULT}/backupPolicies/p"
ROLE = f"{DISK}/providers/Microsoft.Authorization/roleAssignments/01234567-89ab-cdef-0123-456789abcdef"
FRONT_DOOR = "The Resource '{}' under resource group '{}' was not found. For more details please go to https://aka.ms/x"
GENERIC = (
    "Azure resource does not exist. Please make sure required resources exist. If the issue persists, contact support."
)
PARENT = f"Failed to perform 'read' on resource(s) of type 'backupVaults/x', because the parent resource '{VAULT}' could not be found."

OWN = [
    ("ResourceNotFound", FRONT_DOOR.format("Microsoft.Compute/disks/d", "rg"), DISK),
    ("ResourceNotFound", FRONT_DOOR.format("Microsoft.Compute/disks/D", "RG"), DISK),
    ("ResourceNotFound", FRONT_DOOR.format("Microsoft.DataProtection/backupVaults/backupInstances/i", "rg"), INSTANCE),
    ("ResourceNotFound", FRONT_DOOR.format("Microsoft.DataProtection/backupVaults/v/backupInstances/i", "rg"), INSTANCE),
    ("NotFound", "The entity was not found.", DISK),
    ("NotFound", "Disk d is not found.", DISK),
    ("UserErrorGenericResourceNotFound", GENERIC, INSTANCE),
    ("UserErrorGenericResourceNotFound", GENERIC, POLICY),
    ("BackupInstanceNotFound", "It was not found.", INSTANCE),
    ("BackupInstanceNotFound", f"The resource {POLICY} was not found.", POLICY),
    ("UserErrorManagedDiskNotFound", "It was not found.", DISK),
    ("RoleAssignmentNotFound", "The role assignment '0123456789abcdef0123456789abcdef' is not found.", ROLE),
    ("OperationNotFound", "The operation 1-2 was not found.", f"{S}/providers/Microsoft.X/locations/w/operationStatus/1-2"),
    ("ResourceGroupNotFound", "Resource group 'rg' could not be found.", G),
    ("ResourceNotFound", f"The resource '{DISK}' isn't there.", f"/prefix{DISK}"),
]  # fmt: skip


@pytest.mark.parametrize(("code", "message", "path"), OWN)
def test_resource_manager_says_that_this_very_thing_is_absent(code: str, message: str, path: str) -> None:
    assert absent(code, message, path) == path.removeprefix("/prefix").lower()


@pytest.mark.parametrize(
    ("code", "message", "path", "enclosing"),
    [
        ("ResourceGroupNotFound", "Resource group 'rg' could not be found.", DISK, G),
        ("ParentResourceNotFound", PARENT, INSTANCE, VAULT),
        ("ResourceNotFound", FRONT_DOOR.format("Microsoft.DataProtection/backupVaults/v", "rg"), INSTANCE, VAULT),
        ("ResourceNotFound", FRONT_DOOR.format("Microsoft.Compute/disks/d", "rg"), ROLE, DISK),
    ],
)
def test_something_that_encloses_it_is_absent(code: str, message: str, path: str, enclosing: str) -> None:
    assert absent(code, message, path) == enclosing.lower()


NEITHER = [
    ("SubscriptionNotFound", "The subscription '5555-aaaa' could not be found.", DISK),
    ("SubscriptionNotFound", "The subscription '5555-aaaa' could not be found.", S),
    ("InvalidSubscriptionId", "The provided subscription identifier '5555-aaaa' is malformed or invalid.", DISK),
    ("TenantNotFound", "It was not found.", DISK),
    ("InvalidResourceType", "The resource type 'disks' could not be found in the namespace.", DISK),
    ("InvalidResourceNamespace", "The resource namespace 'Microsoft.Compute' is invalid.", DISK),
    ("ResourceNotFound", FRONT_DOOR.format("Microsoft.Compute/disks/other", "rg"), DISK),
    ("ResourceNotFound", FRONT_DOOR.format("Microsoft.Compute/snapshots/d", "rg"), DISK),
    ("ResourceNotFound", FRONT_DOOR.format("Microsoft.Compute/disks/d", "elsewhere"), DISK),
    ("ResourceNotFound", f"The resource {DISK}2 was not found.", DISK),
    ("ResourceGroupNotFound", "Resource group 'another' could not be found.", DISK),
    ("ResourceGroupNotFound", "Resource group 'd' could not be found.", DISK),
    ("UserErrorManagedDiskNotFound", "The managed disk could not be found.", INSTANCE),
    ("UserErrorSnapshotRGNotFound", "The snapshot resource group could not be found.", INSTANCE),
    ("404", "Not found", DISK),
    ("PageNotFound", "There is no such page.", DISK),
    ("NotFound", "x", "/metadata"),
]


@pytest.mark.parametrize(("code", "message", "path"), NEITHER)
def test_a_404_about_something_else_proves_nothing(code: str, message: str, path: str) -> None:
    assert absent(code, message, path) == ""


@pytest.mark.parametrize(
    ("path", "subscription"),
    [
        (S, "5555-aaaa"),
        (f"{S}/resourcegroups", "5555-aaaa"),
        (f"{S}/providers/Microsoft.Compute/disks", "5555-aaaa"),
        (G, ""),
        (DISK, ""),
        ("/providers/Microsoft.ResourceGraph/resources", ""),
    ],
)
def test_a_request_that_reads_the_whole_of_a_subscription_is_known(path: str, subscription: str) -> None:
    assert subscription_listed(path) == subscription


# --- on the wire ------------------------------------------------------------------------------------------------------


def said(code: str, message: str) -> Any:
    return 404, {"error": {"code": code, "message": message}}


PAGES: dict[str, Any] = {
    "html": (404, b"<html>not here</html>", {"Content-Type": "text/html"}),
    "empty": (404, None),
    "another json": (404, {"message": "no Route matched with those values"}),
    "an error in words": (404, {"error": "Not Found"}),
    "a code without words": (404, {"error": {"code": "NotFound"}}),
    "a list": (404, b"[]"),
}


def presence(wire: Any, path: str = DISK) -> Any:
    question = Question("exists", ArmId(path))
    return wire.run(lambda azure: answer(azure, [question]))[question]


@pytest.mark.parametrize("page", PAGES.values(), ids=PAGES.keys())
def test_a_page_of_a_proxy_is_asked_for_again_a_few_times_and_not_believed(wire: Any, page: Any) -> None:
    wire.on("GET", DISK, page)
    found = presence(wire)
    assert isinstance(found, Unsure)
    assert found.code.code == "not-known"
    assert "no error of Resource Manager" in found.because
    assert "proxy" in found.hint
    assert 3 < len(wire.calls) < 10


def test_a_page_of_a_proxy_that_passes_leaves_no_doubt(wire: Any) -> None:
    wire.on("GET", DISK, PAGES["html"], said("ResourceNotFound", "It was not found."))
    assert presence(wire) == NO


@pytest.mark.parametrize(("code", "message", "path"), [row for row in NEITHER if row[2] == DISK])
def test_an_answer_about_something_else_is_asked_for_once_and_not_believed(
    wire: Any, code: str, message: str, path: str
) -> None:
    wire.on("GET", path, said(code, message))
    assert isinstance(presence(wire), Unsure)
    assert len(wire.calls) == 1


GROUP_GONE = said("ResourceGroupNotFound", "Resource group 'rg' could not be found.")


def test_a_disk_is_gone_with_its_group_where_the_subscription_can_be_read(wire: Any) -> None:
    wire.on("GET", f"{S}/resourcegroups?", {"value": []})
    wire.on("GET", DISK, GROUP_GONE)
    assert presence(wire) == NO
    assert len(wire.calls) == 2


def test_a_subscription_that_was_just_read_is_not_read_again(wire: Any) -> None:
    wire.on("GET", f"{S}/resourcegroups", {"value": []})
    wire.on("GET", DISK, GROUP_GONE)
    question = Question("exists", ArmId(DISK))

    async def both(azure: Any) -> Any:
        await azure.list(f"{S}/resourcegroups")
        return await answer(azure, [question])

    assert wire.run(both) == {question: NO}
    assert len(wire.calls) == 2


@pytest.mark.parametrize(
    "refusal", [(403, {"error": {"code": "AuthorizationFailed", "message": "No."}}), said(*NEITHER[0][:2])]
)
def test_a_disk_is_not_gone_with_its_group_where_the_subscription_cannot_be_read(wire: Any, refusal: Any) -> None:
    wire.on("GET", f"{S}/resourcegroups?", refusal)
    wire.on("GET", DISK, GROUP_GONE)
    assert isinstance(presence(wire), Unsure)


@pytest.mark.parametrize(
    ("vault", "known"),
    [
        (said("ResourceNotFound", FRONT_DOOR.format("Microsoft.DataProtection/backupVaults/v", "rg")), True),
        ({"id": VAULT}, False),
        (PAGES["html"], False),
    ],
)
def test_an_instance_is_gone_with_its_vault_where_the_vault_itself_says_so(wire: Any, vault: Any, known: bool) -> None:
    wire.on("GET", f"{VAULT}?", vault)
    wire.on("GET", INSTANCE, said("ParentResourceNotFound", PARENT))
    assert (presence(wire, INSTANCE) == NO) is known


@pytest.mark.parametrize("page", ["html", "empty"])
def test_a_deletion_answered_by_a_proxy_is_not_done(wire: Any, page: str) -> None:
    from reconciler.azure.writing import Writer
    from reconciler.model.changes import Op, Step

    wire.on("DELETE", POLICY, PAGES[page])
    with pytest.raises(Unproven):
        wire.run(lambda azure: Writer(azure).run(Step(Op.POLICY_DELETE, ArmId(POLICY))))


def test_a_question_by_post_that_a_proxy_answers_says_that_it_may_have_been_acted_upon(wire: Any) -> None:
    wire.on("POST", INSTANCE, PAGES["html"])
    with pytest.raises(Unproven) as raised:
        wire.run(lambda azure: azure.post(f"{INSTANCE}/stopProtection", {}))
    assert raised.value.sent_unknown
    assert len(wire.calls) == 1


def test_an_operation_that_a_proxy_hides_leaves_it_to_the_resource(wire: Any) -> None:
    receipt = Receipt(202, operation=f"https://management.azure.com{S}/operationStatus/1")
    wire.on("GET", "operationStatus", PAGES["html"])
    assert wire.run(lambda azure: finish(azure, receipt, deadline=1000.0)) == {}


def test_what_is_not_found_says_what_is_absent(wire: Any) -> None:
    wire.on("GET", DISK, said("ResourceNotFound", FRONT_DOOR.format("Microsoft.Compute/disks/d", "rg")))
    with pytest.raises(NotFound) as raised:
        wire.run(lambda azure: azure.get(DISK))
    assert raised.value.absent == DISK.lower()
