"""Role definitions, and what they allow the caller."""

from __future__ import annotations

from typing import Any

TWO = "/subscriptions/22222222-2222-2222-2222-222222222222"
GROUP = f"{TWO}/resourceGroups/diskrg"
DISK = f"{GROUP}/providers/Microsoft.Compute/disks/data"
READER = "3e5e47e6-65f7-47ef-90b5-e5dd4d455f24"
ACTION = "Microsoft.Compute/disks/read"


def test_definitions(ask: Any) -> None:
    definitions = f"{TWO}/providers/Microsoft.Authorization/roleDefinitions"
    found = ask("GET", f"{definitions}?$filter=roleName eq 'Disk Backup Reader'")
    assert found.names == [READER]
    assert found.body["value"][0]["properties"]["permissions"][0]["actions"] == [
        "Microsoft.Authorization/*/read", ACTION, "Microsoft.Compute/disks/beginGetAccess/action",
    ]  # fmt: skip
    assert ask("GET", f"{definitions}/{READER}").body["id"] == f"{definitions}/{READER}"
    assert ask("GET", f"{definitions}/0").code == "RoleDefinitionDoesNotExist"
    assert len(ask("GET", f"{definitions}?$filter=type eq 'BuiltInRole'").names) > 5


def test_permissions_of_the_caller(ask: Any) -> None:
    path = f"{DISK}/providers/Microsoft.Authorization/permissions"
    nothing = {"notActions": [], "dataActions": [], "notDataActions": []}
    assert ask("GET", path).body["value"] == [{"actions": ["*"], **nothing}]
    assert ask("GET", path, who="ci").body["value"] == [{"actions": ["*/read"], **nothing}]
