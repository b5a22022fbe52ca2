"""T5: the first backup is promised from when the disk became protected, and never waited for for ever."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import AbstractContextManager
from typing import Any

import pytest
from forging import GONE, Azure, disks, fails, quickstart

Forged = Callable[..., AbstractContextManager[Azure]]

WIDE = {"mode": "manage", "scope": "resourceGroup"}
INSTANCES = "*/backupInstances/*"


def looked(azure: Azure) -> tuple[int, dict[str, Any]]:
    done = azure.run("status", "--format", "json")
    return done.code, done.document["disks"][0]


def test_with_grants_at_a_resource_group_the_first_backup_is_not_waited_for_for_ever(forged: Forged) -> None:
    with forged(quickstart(roleAssignments=WIDE)) as azure:
        azure.switch(scheduled_backups=False)
        assert looked(azure)[1]["state"] == "waiting"
        azure.advance("8h")
        code, row = looked(azure)
        assert (code, row["state"]) == (2, "late"), row
        assert "after it became protected" in row["note"]


@pytest.mark.parametrize("roles", [{"mode": "manage", "scope": "subscription"}, WIDE])
def test_a_fresh_apply_waits_whatever_its_grants_are(roles: dict[str, str], forged: Forged) -> None:
    with forged(disks(3, roleAssignments=roles), clock="virtual") as azure:
        code, row = looked(azure)
        assert (code, row["state"]) == (0, "waiting")


def test_a_role_that_a_failed_apply_left_behind_makes_nothing_late(forged: Forged) -> None:
    refused = fails("PUT */backupInstances/*", "UserErrorMadeUp", "Made up.", takes_effect=False, times=1)
    with forged(quickstart(fresh=True), refused, clock="virtual") as azure:
        assert azure.run("apply", "--auto-approve").code == 1
        azure.advance("3d")
        azure.rules()
        assert azure.run("apply", "--auto-approve").code == 0
        code, row = looked(azure)
        assert (code, row["state"]) == (0, "waiting"), row
        azure.switch(scheduled_backups=False)
        azure.advance("7h")
        assert looked(azure)[0] == 2


@pytest.mark.parametrize("mark", [GONE, "yesterday", "2099-01-01T00:00:00Z"])
def test_where_nothing_tells_since_when_it_is_not_called_well(mark: Any, forged: Forged) -> None:
    """Also where the own mark is taken away, makes no sense, or is yet to come."""
    with forged(quickstart(roleAssignments=WIDE), clock="virtual") as azure:
        azure.switch(scheduled_backups=False)
        tags = {"reconciler-owner": "walkthrough"} | ({} if mark is GONE else {"reconciler-protected": mark})
        azure.patch(INSTANCES, {"tags": None})
        azure.patch(INSTANCES, {"tags": tags})
        azure.advance("300d")
        code, row = looked(azure)
        assert (code, row["state"]) == (1, "unknown"), row
        assert "reconciler backup" in row["note"]


def test_a_backup_answers_what_could_not_be_told(forged: Forged) -> None:
    with forged(quickstart(roleAssignments=WIDE), clock="virtual") as azure:
        azure.switch(scheduled_backups=False)
        azure.patch(INSTANCES, {"tags": None})
        azure.advance("9d")
        assert looked(azure)[0] == 1
        assert azure.run("backup", "--wait").code == 0
        assert looked(azure)[0] == 0


def test_a_young_role_of_its_own_bounds_the_wait(forged: Forged) -> None:
    with forged(quickstart(), clock="virtual") as azure:
        azure.switch(scheduled_backups=False)
        azure.patch(INSTANCES, {"tags": None})
        assert looked(azure)[1]["state"] == "waiting"
        azure.advance("8h")
        assert looked(azure)[0] == 1


def test_the_own_time_of_an_instance_is_believed(forged: Forged) -> None:
    with forged(quickstart(roleAssignments=WIDE), clock="virtual") as azure:
        azure.switch(scheduled_backups=False)
        azure.patch(INSTANCES, {"tags": None, "systemData": {"createdAt": "2026-01-05T08:00:00Z"}})
        assert looked(azure)[1]["state"] == "waiting"
        azure.advance("8h")
        assert looked(azure)[1]["state"] == "late"
