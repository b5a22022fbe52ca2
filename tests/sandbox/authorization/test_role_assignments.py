"""Role assignments: their errors, inheritance, filters, propagation and limits."""

from __future__ import annotations

from typing import Any
from uuid import UUID

import pytest

from reconciler.sandbox.authorization.rights import allowed

TWO = "/subscriptions/22222222-2222-2222-2222-222222222222"
GROUP = f"{TWO}/resourceGroups/diskrg"
DISK = f"{GROUP}/providers/Microsoft.Compute/disks/data"
READER = "3e5e47e6-65f7-47ef-90b5-e5dd4d455f24"
ACTION = "Microsoft.Compute/disks/read"
KIND = "providers/Microsoft.Authorization/roleAssignments"


def at(scope: str, number: int = 1) -> str:
    return f"{scope}/{KIND}/{UUID(int=number)}"


def body(principal: str = "p1", role: str = READER, kind: str | None = "ServicePrincipal") -> dict[str, Any]:
    definition = f"{TWO}/providers/Microsoft.Authorization/roleDefinitions/{role}"
    more = {"principalType": kind} if kind else {}
    return {"properties": {"roleDefinitionId": definition, "principalId": principal, **more}}


def test_the_body_is_the_recorded_one(ask: Any) -> None:
    made = ask("PUT", at(DISK), body())
    assert made.status == 201
    assert list(made.body["properties"]) == [
        "roleDefinitionId", "principalId", "principalType", "scope", "condition", "conditionVersion", "createdOn",
        "updatedOn", "createdBy", "updatedBy", "delegatedManagedIdentityResourceId", "description",
    ]  # fmt: skip
    assert made.body["properties"]["scope"] == DISK
    assert made.body["properties"].pop("createdBy") is None, "told by reads only, as recorded"
    read = ask("GET", at(DISK)).body
    assert read["properties"].pop("createdBy") == made.body["properties"]["updatedBy"]
    assert read == made.body


def test_the_role_is_told_within_the_subscription_that_was_asked(ask: Any) -> None:
    root = "/providers/Microsoft.Management/managementGroups/root"
    sent = body()
    role = sent["properties"]["roleDefinitionId"].rpartition("/")[2]
    sent["properties"]["roleDefinitionId"] = f"/providers/Microsoft.Authorization/roleDefinitions/{role}"
    assert ask("PUT", at(root), sent).body["properties"]["roleDefinitionId"].startswith("/providers/")
    (row,) = ask("GET", f"{DISK}/{KIND}?$filter=principalId eq 'P1'").body["value"]
    assert row["properties"]["roleDefinitionId"].startswith(TWO)
    assert row["id"] == at(root)


@pytest.mark.parametrize(
    ("path", "sent", "status", "code"),
    [
        (at(DISK, 2), body(), 409, "RoleAssignmentExists"),
        (at(DISK), body("p2"), 400, "RoleAssignmentUpdateNotPermitted"),
        (at(DISK), body(), 200, ""),
        (at(DISK, 3), body("p3", kind=None), 400, "PrincipalNotFound"),
        (at(DISK, 3), body(role="0" * 8), 404, "RoleDefinitionDoesNotExist"),
        (at(DISK, 3), {"properties": {}}, 400, "InvalidRequestContent"),
        (f"{DISK}/{KIND}/name", body("p3"), 400, "InvalidRoleAssignmentId"),
        (at(f"{DISK}x", 3), body("p3"), 404, "ResourceNotFound"),
        (at(GROUP, 3), body("p3"), 201, ""),
    ],
)
def test_put(ask: Any, path: str, sent: dict[str, Any], status: int, code: str) -> None:
    ask("PUT", at(DISK), body())
    answer = ask("PUT", path, sent)
    assert answer.status == status
    assert not code or answer.code == code


def test_the_existing_one_is_named_without_dashes(ask: Any) -> None:
    ask("PUT", at(DISK), body())
    assert ask("PUT", at(DISK, 2), body()).body["error"]["message"].endswith(f"assignment is {UUID(int=1).hex}.")


def test_repeats_may_conflict(ask: Any) -> None:
    ask("PUT", at(DISK), body())
    ask.sandbox.set_switch("role_assignment_repeat", "conflict")
    assert ask("PUT", at(DISK), body()).code == "RoleAssignmentExists"


def test_words_and_conditions_can_be_changed(ask: Any) -> None:
    ask("PUT", at(DISK), body())
    changed = body()
    changed["properties"]["description"] = "for backup"
    answer = ask("PUT", at(DISK), changed)
    assert (answer.status, answer.body["properties"]["description"]) == (201, "for backup")
    assert ask("GET", at(DISK)).body == answer.body
    changed["properties"]["description"] = ""
    assert ask("PUT", at(DISK), changed).body["properties"]["description"] == ""


def test_a_subscription_takes_so_many(ask: Any) -> None:
    ask.sandbox.set_switch("role_assignment_limit", 2)
    assert ask("PUT", at(DISK), body()).status == 201, "the other one is the estate's"
    assert ask("PUT", at(DISK, 2), body("p2")).code == "RoleAssignmentLimitExceeded"


def test_filters(ask: Any) -> None:
    ask("PUT", at(TWO, 1), body())
    ask("PUT", at(DISK, 2), body())
    ask("PUT", at(f"{GROUP}/providers/Microsoft.Compute/disks/log-001", 3), body())
    ask("PUT", at("/providers/Microsoft.Management/managementGroups/root", 4), body())

    def found(scope: str, query: str) -> list[int]:
        return sorted(UUID(name).int for name in ask("GET", f"{scope}/{KIND}?{query}").names if UUID(name).int < 10)

    assert found(TWO, "$filter=principalId eq 'P1'") == [1, 2, 3, 4], "at, above and below"
    assert found(TWO, "$filter=atScope()") == [1, 4]
    assert found(DISK, "$filter=atScope() and assignedTo('p1')") == [1, 2, 4]
    assert found(DISK, "") == [1, 2, 4]
    assert found(TWO, "$filter=principalId eq 'nobody'") == []
    assert ask("GET", f"{TWO}/{KIND}?$filter=name eq 'x'").code == "UnsupportedQuery"


def test_an_assignment_takes_effect_later_and_is_inherited(ask: Any) -> None:
    world = ask.sandbox.world
    ask.sandbox.set_switch("propagation", 1500)
    ask("PUT", at(GROUP), body())
    assert not allowed(world, "p1", ACTION, DISK)
    ask.sandbox.advance(1499)
    assert not allowed(world, "p1", ACTION, DISK)
    ask.sandbox.advance(1)
    assert allowed(world, "P1", ACTION, DISK)
    assert not allowed(world, "p1", "Microsoft.Compute/disks/write", DISK)
    assert not allowed(world, "p1", ACTION, f"{TWO}/resourceGroups/diskrg2")
    assert ask("DELETE", at(GROUP)).status == 200
    assert not allowed(world, "p1", ACTION, DISK)
    assert ask("DELETE", at(GROUP)).status == 204


def test_it_may_flap_before_it_settles(ask: Any) -> None:
    ask.sandbox.set_switch("propagation", 100)
    ask.sandbox.set_switch("propagation_flap", "on")
    ask("PUT", at(GROUP), body())
    seen = []
    for _ in range(11):
        seen.append(allowed(ask.sandbox.world, "p1", ACTION, DISK))
        ask.sandbox.advance(10)
    assert [index for index, found in enumerate(seen) if found] == [4, 5, 10]


def test_management_groups_reach_down(ask: Any) -> None:
    ask.sandbox.set_switch("propagation", 0)
    ask("PUT", at("/providers/Microsoft.Management/managementGroups/root"), body())
    assert allowed(ask.sandbox.world, "p1", ACTION, DISK)
    assert not allowed(ask.sandbox.world, "p1", ACTION, "/subscriptions/11111111-1111-1111-1111-111111111111")


def test_conditions_are_never_met(ask: Any) -> None:
    sent = body()
    sent["properties"]["condition"] = "@Resource[x] StringEquals 'y'"
    ask("PUT", at(GROUP), sent)
    ask.sandbox.advance(1e6)
    assert not allowed(ask.sandbox.world, "p1", ACTION, DISK)
