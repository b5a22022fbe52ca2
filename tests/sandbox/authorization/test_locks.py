"""Locks forbid what they say, where they are and inside."""

from __future__ import annotations

from typing import Any

import pytest

GROUP = "/subscriptions/22222222-2222-2222-2222-222222222222/resourceGroups/diskrg"
DISK = f"{GROUP}/providers/Microsoft.Compute/disks/log-001"
LOCKS = "providers/Microsoft.Authorization/locks"
TAGS = {"tags": {"a": "b"}}


def lock(ask: Any, scope: str, level: str) -> None:
    assert ask("PUT", f"{scope}/{LOCKS}/stop", {"properties": {"level": level, "notes": "n"}}).status == 201


@pytest.mark.parametrize(("level", "write", "delete"), [("ReadOnly", 409, 409), ("CanNotDelete", 202, 409)])
@pytest.mark.parametrize("scope", [DISK, GROUP, GROUP.partition("/resourceGroups")[0]])
def test_a_lock_forbids(ask: Any, scope: str, level: str, write: int, delete: int) -> None:
    lock(ask, scope, level)
    assert ask("PATCH", DISK, TAGS).status == write
    answer = ask("DELETE", DISK)
    assert (answer.status, answer.code) == (delete, "ScopeLocked")
    assert f"following scope(s) are locked: '{scope}'" in answer.body["error"]["message"]
    assert ask("DELETE", f"{scope}/{LOCKS}/stop").status == 200
    assert ask("DELETE", DISK).status == 202


def test_a_lock_inside_keeps_its_group(ask: Any) -> None:
    lock(ask, DISK, "CanNotDelete")
    assert ask("DELETE", GROUP).code == "ScopeLocked"


def test_lists_show_what_is_inherited_and_inside(ask: Any) -> None:
    lock(ask, DISK, "ReadOnly")
    assert ask("GET", f"{GROUP}/{LOCKS}").names == ["stop"]
    ask("PUT", f"{GROUP}/{LOCKS}/above", {"properties": {"level": "CanNotDelete"}})
    assert ask("GET", f"{DISK}/{LOCKS}").names == ["above", "stop"]
    assert ask("GET", f"{DISK}/{LOCKS}", version="2016-09-01").status == 200
    assert ask("GET", f"{DISK}/{LOCKS}/none").code == "ResourceNotFound"
    assert ask("PUT", f"{DISK}/{LOCKS}/x", {"properties": {"level": "Maybe"}}).code == "InvalidRequestContent"
