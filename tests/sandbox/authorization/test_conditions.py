"""Conditions of role assignments: understood as far as they limit who gets which role, and refused otherwise."""

from __future__ import annotations

from pathlib import Path

import pytest

from reconciler.sandbox.authorization.conditions import Circumstances, ConditionError, holds, parse

WRITE, DELETE = "Microsoft.Authorization/roleAssignments/write", "Microsoft.Authorization/roleAssignments/delete"
READER, OWNER = "acdd72a7-3385-48ef-bd42-f606fba81ae7", "8e3af657-a8ff-443c-a75c-2fe8c4bcb635"
ROLE = "@Request[Microsoft.Authorization/roleAssignments:RoleDefinitionId] ForAnyOfAnyValues:GuidEquals "
KIND = "@Request[Microsoft.Authorization/roleAssignments:PrincipalType] ForAnyOfAnyValues:StringEqualsIgnoreCase "
ITSELF = "5a9f7d3e-4c1b-4f0a-9b7e-2d6c8e1f0a35"
FILE = Path(__file__).parents[3] / "samples" / "roles" / "condition.txt"
SHIPPED = FILE.read_text(encoding="utf-8").replace("OBJECT_ID", ITSELF)


def asking(role: str, kind: str = "ServicePrincipal") -> dict[str, str]:
    path = f"/subscriptions/s/providers/Microsoft.Authorization/roleDefinitions/{role}"
    return {"roledefinitionid": path, "principaltype": kind}


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        (f"{ROLE}{{{READER}}}", True),
        (f"{ROLE}{{{OWNER}, {READER.upper()}}}", True),
        (f"{ROLE}{{{OWNER}}}", False),
        (f"!({ROLE}{{{OWNER}}})", True),
        (f"! {ROLE}{{{READER}}}", False),
        (f"{ROLE}{{'{READER}'}} AND {KIND}{{'serviceprincipal'}}", True),
        (f"{ROLE}{{{READER}}} && {KIND}{{'User'}}", False),
        (f"{ROLE}{{{OWNER}}} OR {KIND}{{'User', 'ServicePrincipal'}}", True),
        (f"{ROLE}{{{OWNER}}} || {ROLE}{{{OWNER}}}", False),
        (f"{ROLE}{{{OWNER}}} AND {ROLE}{{{OWNER}}} OR {ROLE}{{{READER}}}", True),
        (f"{ROLE}{{{OWNER}}} AND ({ROLE}{{{OWNER}}} OR {ROLE}{{{READER}}})", False),
        (
            "@Request[Microsoft.Authorization/roleAssignments:PrincipalType] StringEqualsIgnoreCase 'ServicePrincipal'",
            True,
        ),
        (f"{ROLE.replace('Request', 'Resource')}{{{READER}}}", False),
        (f"ActionMatches{{'{WRITE}'}}", True),
        ("ActionMatches{'Microsoft.Authorization/roleAssignments/*'}", True),
        (f"!(ActionMatches{{'{DELETE}'}})", True),
    ],
)
def test_what_is_understood(text: str, expected: bool) -> None:
    assert parse(text)(Circumstances(WRITE, asking(READER))) is expected


@pytest.mark.parametrize(
    "text",
    [
        "",
        "   ",
        "true",
        "(",
        f"({ROLE}{{{READER}}}",
        f"{ROLE}{{{READER}}})",
        f"{ROLE}{{{READER}}} {ROLE}{{{READER}}}",
        f"{ROLE}{{}}",
        f"{ROLE}{{not a guid}}",
        f"{ROLE}{{''}}",
        f"{ROLE}{{{READER}}} AND",
        "AND",
        "@Resource[x] StringEquals 'y'",
        "@Resource[Microsoft.Storage/storageAccounts/blobServices/containers:name] StringEquals 'blobs'",
        ROLE.replace("ForAnyOfAnyValues", "ForAllOfAnyValues") + f"{{{READER}}}",
        ROLE.replace("GuidEquals", "GuidNotEquals") + f"{{{READER}}}",
        ROLE.replace("RoleDefinitionId", "Scope") + f"{{{READER}}}",
        "!" * 100 + f"{ROLE}{{{READER}}}",
        "(" * 5000,
    ],
)
def test_what_is_not_understood_is_never_met(text: str) -> None:
    with pytest.raises(ConditionError, match="is not understood at"):
        parse(text)
    assert not holds(text, Circumstances(WRITE, asking(READER), asking(READER)))


@pytest.mark.parametrize(
    ("action", "request_", "resource", "expected"),
    [
        (WRITE, asking(READER), {}, True),
        (WRITE, asking("3e5e47e6-65f7-47ef-90b5-e5dd4d455f24"), {}, True),
        (WRITE, asking("7efff54f-a5b4-42b5-a1c5-5411624893ce"), {}, True),
        (WRITE, asking("b50d9833-a0cb-478e-945f-707fcc997c13"), {}, True),
        (WRITE, asking(OWNER), {}, False),
        (WRITE, asking(READER, "User"), {}, False),
        (WRITE, asking(READER, ""), {}, False),
        (WRITE, {}, asking(READER), False),
        (DELETE, {}, asking(READER), True),
        (DELETE, {}, asking(OWNER), False),
        (DELETE, {}, asking(READER, "Group"), False),
        (DELETE, asking(READER), {}, False),
        (WRITE, asking(READER) | {"principalid": ITSELF.upper()}, {}, False),
        (WRITE, asking(READER) | {"principalid": OWNER}, {}, True),
        (DELETE, {}, asking(READER) | {"principalid": ITSELF}, False),
        ("Microsoft.Compute/disks/read", {}, {}, True),
    ],
)
def test_the_shipped_condition(action: str, request_: dict[str, str], resource: dict[str, str], expected: bool) -> None:
    assert parse(SHIPPED)(Circumstances(action, request_, resource)) is expected
