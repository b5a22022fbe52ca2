"""What each step puts on the wire; F06, F07, F14 and F63 of the list of faults to survive."""

from __future__ import annotations

from typing import Any

import pytest

from reconciler.azure.receipts import Receipt
from reconciler.azure.requesting import Requests
from reconciler.azure.writing import Writer
from reconciler.model.changes import Op, Step
from reconciler.model.errors import AzureError, Conflict, Transient
from reconciler.model.ids import ArmId
from reconciler.model.names import role_name

G = "/subscriptions/s/resourceGroups/rg"
V = f"{G}/providers/Microsoft.DataProtection/backupVaults/vault"
P = f"{V}/backupPolicies/pol"
I = f"{V}/backupInstances/inst"  # noqa: E741 - an instance
OPERATION = {
    "Azure-AsyncOperation": f"https://management.azure.com{V}/operationStatus/op?api-version=2025-07-01&t=1&s=sig",
    "Location": "https://management.azure.com/location",
    "Retry-After": "10",
}
LIVE = {
    "id": I,
    "name": "inst",
    "type": "Microsoft.DataProtection/backupVaults/backupInstances",
    "properties": {
        "friendlyName": "d",
        "policyInfo": {"policyId": P},
        "currentProtectionState": "ProtectionConfigured",
        "newKey": 1,
    },
}


def write(wire: Any, op: Any, target: Any, body: Any = None, guard: Any = (), **more: Any) -> Any:
    step = Step(op, ArmId(target), body or {}, guard)
    return wire.run(lambda azure: Writer(azure).run(step, **more))


@pytest.mark.parametrize(
    ("op", "target", "method", "path"),
    [
        (Op.VAULT_PUT, V, "PUT", V),
        (Op.VAULT_PATCH, V, "PATCH", V),
        (Op.POLICY_PUT, P, "PUT", P),
        (Op.INSTANCE_PUT, I, "PUT", I),
        (Op.GROUP_PUT, G, "PUT", G.replace("resourceGroups", "resourcegroups")),
    ],
)
def test_bodies_go_out_verbatim_at_the_pinned_version(wire: Any, op: Any, target: Any, method: str, path: str) -> None:
    body = {"properties": {"provisioningState": "x", "unknown": [None, {"a": 1.0}]}, "tags": {"a": "b"}, "id": "kept"}
    wire.on(method, path, (201 if method == "PUT" and op is not Op.POLICY_PUT else 200, {"id": target}, OPERATION))
    receipt = write(wire, op, target, body)
    assert len(wire.calls) == 1
    call = wire.calls[0]
    assert f"/{call.path}" == path
    assert call.body == body
    assert call.url.endswith("api-version=2024-07-01" if op is Op.GROUP_PUT else "api-version=2025-07-01")
    assert call.url.count("api-version") == 1
    assert receipt.body == {"id": target}
    assert (receipt.operation, receipt.location, receipt.retry_after) == (*list(OPERATION.values())[:2], 10.0)


@pytest.mark.parametrize(
    ("op", "target", "path"),
    [
        (Op.INSTANCE_STOP, I, f"{I}/stopProtection"),
        (Op.INSTANCE_SUSPEND, I, f"{I}/suspendBackups"),
        (Op.INSTANCE_RESUME, I, f"{I}/resumeProtection"),
        (Op.INSTANCE_UNDELETE, I, f"{V}/deletedBackupInstances/inst/undelete"),
        (Op.INSTANCE_UNDELETE, f"{V}/deletedBackupInstances/inst", f"{V}/deletedBackupInstances/inst/undelete"),
    ],
)
@pytest.mark.parametrize("answer", [(202, None, OPERATION), (200, None)])
def test_state_changes_are_posts_without_a_body_and_an_empty_answer_is_fine(
    wire: Any, op: Any, target: Any, path: str, answer: Any
) -> None:
    wire.on("POST", path, answer)
    receipt = write(wire, op, target)
    assert [f"/{call.path}" for call in wire.calls] == [path]
    assert wire.calls[0].body is None
    assert (receipt.status, receipt.body, bool(receipt.operation)) == (answer[0], {}, answer[0] == 202)


@pytest.mark.parametrize(
    ("op", "target"),
    [
        (Op.INSTANCE_DELETE, I),
        (Op.POLICY_DELETE, P),
        (Op.ROLE_DELETE, f"{G}/providers/Microsoft.Authorization/roleAssignments/n"),
    ],
)
@pytest.mark.parametrize("status", [200, 204, 404])
def test_deleting_what_is_gone_is_done(wire: Any, op: Any, target: Any, status: int) -> None:
    error = {"error": {"code": "ResourceNotFound", "message": "m"}}
    wire.on("DELETE", target, (status, error if status == 404 else {"id": target} if status == 200 else None))
    assert write(wire, op, target).status in (200, 204)
    assert [(call.method, f"/{call.path}") for call in wire.calls] == [("DELETE", target)]


def test_f63_guard_requests_are_passed_on(wire: Any) -> None:
    guard = ("/subscriptions/g/resourceGroups/g/providers/Microsoft.DataProtection/resourceGuards/g/x/default",)
    requests = {"resourceGuardOperationRequests": list(guard)}
    wire.on("PATCH", V, (200, {}))
    wire.on("POST", I, (202, None))
    wire.on("PUT", I, (201, {}))
    write(wire, Op.VAULT_PATCH, V, {"properties": {"a": 1}}, guard)
    write(wire, Op.INSTANCE_STOP, I, guard=guard)
    write(wire, Op.INSTANCE_SUSPEND, I, guard=guard)
    write(wire, Op.INSTANCE_PUT, I, {"properties": {}}, guard)
    assert [call.body for call in wire.calls] == [
        {"properties": {"a": 1, **requests}},
        requests,
        requests,
        {"properties": requests},
    ]


def test_f63_a_guarded_deletion_is_unlocked_first(wire: Any) -> None:
    wire.on("POST", "unlockDelete", (200, {"unlockDeleteExpiryTime": "x"}))
    wire.on("DELETE", I, (202, None, OPERATION))
    write(wire, Op.INSTANCE_DELETE, I, guard=("/guard",))
    unlock, delete = wire.calls
    assert f"/{unlock.path}" == f"{V}/backupResourceGuardProxies/DppResourceGuardProxy/unlockDelete"
    assert unlock.body == {"resourceGuardOperationRequests": ["/guard"], "resourceToBeDeleted": I}
    assert delete.method == "DELETE"


def test_a_merge_puts_the_live_body_with_what_is_wanted_laid_over(wire: Any) -> None:
    wire.on("GET", I, LIVE)
    wire.on("PUT", I, (202, None, OPERATION))
    receipt = write(wire, Op.INSTANCE_MERGE, I, {"properties": {"policyInfo": {"policyId": f"{P}2"}}})
    assert wire.sent("PUT")[0].body == {
        "properties": {"friendlyName": "d", "policyInfo": {"policyId": f"{P}2"}, "newKey": 1}
    }
    assert receipt.operation


def test_a_merge_that_changes_nothing_writes_nothing_and_a_repair_writes_all_the_same(wire: Any) -> None:
    wire.on("GET", I, LIVE)
    wire.on("PUT", I, (201, LIVE))
    same = {"properties": {"policyInfo": {"policyId": P.upper()}}}
    assert write(wire, Op.INSTANCE_MERGE, I, same).unchanged
    assert wire.sent("PUT") == []
    assert not write(wire, Op.INSTANCE_REPAIR, I, same).unchanged
    assert len(wire.sent("PUT")) == 1


def test_validation_asks_with_the_live_properties(wire: Any) -> None:
    wire.on("GET", I, LIVE)
    wire.on("POST", f"{V}/validateForBackup", (202, None, OPERATION))
    write(wire, Op.INSTANCE_VALIDATE, I)
    body = {"backupInstance": {"friendlyName": "d", "policyInfo": {"policyId": P}, "newKey": 1}}
    assert wire.sent("POST")[0].body == body
    wire.run(lambda azure: Requests(azure).validate(ArmId(V), LIVE["properties"]))
    assert wire.sent("POST")[1].body == body


ROLE = {"role": "3e5e47e6-65f7-47ef-90b5-e5dd4d455f24", "principal": {"unknown": "after apply"}}


def test_a_role_assignment_is_named_by_what_it_is(wire: Any) -> None:
    wire.on("PUT", "roleAssignments", (201, {"id": "x", "properties": {"scope": G}}))
    receipt = write(wire, Op.ROLE_PUT, G, ROLE, principal="pid")
    call = wire.calls[0]
    assert (
        f"/{call.path}"
        == f"{G}/providers/Microsoft.Authorization/roleAssignments/{role_name(ArmId(G), ROLE['role'], 'pid')}"
    )
    assert call.url.endswith("api-version=2022-04-01")
    assert call.body["properties"]["principalId"] == "pid"
    assert call.body["properties"]["principalType"] == "ServicePrincipal"
    assert (receipt.status, receipt.adopted) == (201, False)


def test_f14_a_role_assignment_that_exists_under_another_name_is_adopted(wire: Any) -> None:
    wire.on("PUT", "roleAssignments", (409, {"error": {"code": "RoleAssignmentExists", "message": "exists"}}))
    assert write(wire, Op.ROLE_PUT, G, ROLE, principal="pid") == Receipt(409, adopted=True)
    wire.on("PUT", "roleAssignments", (409, {"error": {"code": "ScopeLocked", "message": "locked"}}))
    with pytest.raises(Conflict):
        write(wire, Op.ROLE_PUT, G, ROLE, principal="pid")


def test_f06_a_put_whose_answer_was_lost_is_sent_again(wire: Any) -> None:
    wire.on("PUT", I, ConnectionResetError("reset"), (201, LIVE))
    assert write(wire, Op.INSTANCE_PUT, I, {"properties": {}}).status == 201
    assert len(wire.calls) == 2


def test_f07_a_post_whose_answer_was_lost_is_left_to_who_can_look(wire: Any) -> None:
    wire.on("POST", I, ConnectionResetError("reset"))
    with pytest.raises(Transient) as raised:
        write(wire, Op.INSTANCE_STOP, I)
    assert raised.value.sent_unknown


@pytest.mark.parametrize("content", [b"<html>", b'{"id": '])
def test_f58_a_proxy_page_is_no_receipt(wire: Any, content: Any) -> None:
    wire.on("PUT", I, (200, content), (201, LIVE))
    assert write(wire, Op.INSTANCE_PUT, I, {"properties": {}}).body == LIVE


def test_errors_of_writes_are_ours(wire: Any) -> None:
    wire.on("PUT", V, (400, {"error": {"code": "UserErrorDisableSoftDeleteNotAllowed", "message": "No."}}))
    with pytest.raises(AzureError, match="No") as raised:
        write(wire, Op.VAULT_PUT, V, {"location": "westus"})
    assert raised.value.code == "UserErrorDisableSoftDeleteNotAllowed"


def test_an_answer_that_the_sdk_does_not_expect_is_an_error_of_ours(wire: Any) -> None:
    wire.on("PUT", V, (203, {}))
    with pytest.raises(AzureError) as raised:
        write(wire, Op.VAULT_PUT, V, {"location": "westus"})
    assert raised.value.code == "unexpected-answer"


def test_clients_of_several_subscriptions_share_the_connection(wire: Any) -> None:
    other = V.replace("/subscriptions/s/", "/subscriptions/t/")
    wire.on("PUT", "vault", (200, {}))

    async def both(azure: Any) -> None:
        writer = Writer(azure)
        for target in (V, other, V):
            await writer.run(Step(Op.VAULT_PUT, ArmId(target), {"location": "l"}))

    wire.run(both)
    assert [f"/{call.path}" for call in wire.calls] == [V, other, V]
