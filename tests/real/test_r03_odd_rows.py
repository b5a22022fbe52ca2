"""R3: one row that can't be understood costs an export that row, in any list; it stops other verbs."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import AbstractContextManager
from datetime import timedelta
from itertools import product
from typing import Any

import pytest
from arm import OTHER, PLATFORM, disk_id
from forging import Azure, Done, changed_list, disks, edits_rows

Forged = Callable[..., AbstractContextManager[Azure]]

LISTS = {
    "locks": f"GET /subscriptions/{PLATFORM}/providers/Microsoft.Authorization/locks",
    "groups": f"GET /subscriptions/{PLATFORM}/resourcegroups",
    "roles": "GET */roleAssignments",
    "disks": "GET */Microsoft.Compute/disks",
    "vaults": f"GET /subscriptions/{PLATFORM}/providers/Microsoft.DataProtection/backupVaults",
}
ROWS: dict[str, Any] = {
    "is no object": 7,
    "is a text": "odd",
    "is null": None,
    "has no id": {"name": "odd", "properties": {}},
    "has an id elsewhere": {"id": disk_id("odd", subscription=OTHER), "properties": {}},
    "has a field of a wrong type": {"id": "{within}/odd", "tags": 7, "properties": "odd"},
}


def adding(where: str, row: Any) -> Any:
    """A list that has an odd row before its own."""
    within = where.removeprefix("GET ").replace("*/", f"/subscriptions/{PLATFORM}/providers/")
    if isinstance(row, dict) and "id" in row:
        row = {**row, "id": row["id"].replace("{within}", within)}
    return changed_list(where, lambda rows: [row, *rows])


def exported(azure: Azure) -> tuple[str, str]:
    """The head and the body of an export."""
    done = azure.run("export", PLATFORM)
    assert done.code == 0, done
    head, _, body = done.out.partition("\napiVersion:")
    return head, body


@pytest.mark.parametrize(
    ("kind", "row"), [one for one in product(LISTS, ROWS) if one != ("roles", "has an id elsewhere")]
)
def test_an_odd_row_is_told_and_the_rest_is_exported(forged: Forged, kind: str, row: str) -> None:
    with forged(disks(3), adding(LISTS[kind], ROWS[row]), clock="virtual") as azure:
        head, body = exported(azure)
        assert ("left out a row in a list of" in head, body.count("/disks/disk-0")) == (True, 3), head
        assert ("which locks there are could not be told for sure" in head) == (kind == "locks")
        assert ("which roles are assigned could not be told for sure" in head) == (kind == "roles")
        strict(azure)


def strict(azure: Azure) -> None:
    """No other verb takes the rest for the whole, and none waits for a proxy to go away."""
    began = azure.now
    for arguments in (("plan", "backup.yaml"), ("drift", "backup.yaml"), ("apply", "backup.yaml", "--auto-approve")):
        done: Done = azure.run(*arguments)
        assert (done.code, "read-incomplete" in done.text) == (1, True), done
        assert azure.now - began < timedelta(seconds=30)


BROKEN: dict[str, Any] = {
    "a field of a wrong type": {"properties": "odd"},
    "no id": {"id": None},
    "an id elsewhere": {"id": disk_id("disk-01", subscription=OTHER)},
}


@pytest.mark.parametrize("how", BROKEN)
def test_an_odd_disk_costs_its_own_backups(forged: Forged, how: str) -> None:
    """It isn't said to be gone."""
    with forged(disks(3), edits_rows(LISTS["disks"], "*/disk-01", BROKEN[how]), clock="virtual") as azure:
        head, body = exported(azure)
        assert [f"disk-0{number}" in body for number in (1, 2, 3)] == [False, True, True], head
        assert ("disk-01" in head, "no longer exists" in head) == (True, False), head


@pytest.mark.parametrize(
    ("kind", "how"), [one for one in product(["groups", "roles"], BROKEN) if one != ("roles", "an id elsewhere")]
)
def test_an_odd_row_of_what_is_used(forged: Forged, kind: str, how: str) -> None:
    """A group or an assignment that only its list shows oddly; nothing is planned for it."""
    with forged(disks(3), edits_rows(LISTS[kind], lambda _: True, BROKEN[how]), clock="virtual") as azure:
        head, _ = exported(azure)
        assert "left out a row in a list of" in head


def test_a_vault_of_which_nothing_can_be_read_is_not_called_absent(forged: Forged) -> None:
    with forged(disks(3), edits_rows(LISTS["vaults"], lambda _: True, {"id": 7}), clock="virtual") as azure:
        done = azure.run("export", PLATFORM)
        assert (done.code, "no Backup vault in" in done.text.lower(), "no-vault" in done.text) == (1, False, False), (
            done
        )
        assert ("could be read" in done.text, "read-incomplete" in done.text) == (True, True), done


IN_VAULT = "GET */backupVaults/TestBkpVault/{}"
ODD_IN_VAULT: dict[str, Any] = {
    "is no object": 7,
    "is null": None,
    "has no id": {"name": "odd", "properties": {}},
    "has an id elsewhere": {"id": disk_id("odd"), "properties": {}},
    "has properties of a wrong type": {"id": "{within}/odd", "properties": "odd"},
    "names no disk": {
        "id": "{within}/odd",
        "properties": {"dataSourceInfo": {"datasourceType": "Microsoft.Compute/disks"}, "datasourceTypes": 7},
    },
}


@pytest.mark.parametrize("kind", ["backupInstances", "backupPolicies", "deletedBackupInstances"])
@pytest.mark.parametrize("how", ODD_IN_VAULT)
def test_an_odd_row_inside_a_vault_costs_that_row(forged: Forged, kind: str, how: str) -> None:
    with forged(disks(3), clock="virtual") as azure:
        within = f"{azure.ids('*/backupVaults/*')[0]}/{kind}"
        row = ODD_IN_VAULT[how]
        if isinstance(row, dict) and "id" in row:
            row = {**row, "id": row["id"].replace("{within}", within)}
        azure.rules(changed_list(IN_VAULT.format(kind), lambda rows: [row, *rows]))
        head, body = exported(azure)
        assert (f"left out a row in a list of {within}" in head, body.count("/disks/disk-0")) == (True, 3), head
        assert ("- name: TestBkpVault" in body, "left out with all its contents" in head) == (True, False), head
        assert ("which disk it protects could not be told for sure" in head) == (kind == "backupInstances")
        strict(azure)


def test_instances_of_an_odd_policy_are_left_out_and_the_others_stay(forged: Forged) -> None:
    with forged(disks(3), clock="virtual") as azure:
        (policy,) = azure.ids("*/backupPolicies/*")
        azure.put(
            f"{policy}-odd", {**azure.get(policy), "id": f"{policy}-odd", "name": f"{policy.rpartition('/')[2]}-odd"}
        )
        azure.rules(
            edits_rows(IN_VAULT.format("backupPolicies"), f"{policy}-odd", {"properties": 7}),
            edits_rows(
                IN_VAULT.format("backupInstances"),
                lambda row: row["properties"]["friendlyName"] == "disk-01",
                {"properties.policyInfo.policyId": f"{policy}-odd"},
            ),
        )
        head, body = exported(azure)
        assert [f"/disks/disk-0{number}" in body for number in (1, 2, 3)] == [False, True, True], head
        assert "can't be understood: its properties is 7 where an object is expected" in head
        assert "doesn't exist in the vault" not in head


def test_an_odd_instance_beside_good_ones_costs_its_own_disk(forged: Forged) -> None:
    source = {"properties.dataSourceInfo.resourceID": None, "properties.dataSourceInfo.resourceUri": "disk-01"}
    row = edits_rows(
        IN_VAULT.format("backupInstances"), lambda one: one["properties"]["friendlyName"] == "disk-01", source
    )
    with forged(disks(3), row, clock="virtual") as azure:
        head, body = exported(azure)
        assert [f"/disks/disk-0{number}" in body for number in (1, 2, 3)] == [False, True, True], head
        assert "doesn't say which disk it protects" in head
        strict(azure)
