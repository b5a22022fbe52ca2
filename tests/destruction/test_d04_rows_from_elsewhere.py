"""A row whose id leads out of the list that shows it is no row of it: nothing is concluded from such a list."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from arm import OTHER, group_id, instance_id, vault_id
from forging import disks, edits_rows
from manifests import disk as entry

Forged = Callable[..., Any]
INSTANCES, DISKS, POLICIES = "GET */backupInstances", "GET */disks", "GET */backupPolicies"
FOREIGN = instance_id(vault_id("OtherVault", "otherRG"), "disk-02-byhand")
ELSEWHERE = [
    (INSTANCES, FOREIGN),
    (INSTANCES, f"https://evil.example{FOREIGN}"),
    (INSTANCES, instance_id(vault_id("TestBkpVault2"), "disk-02-byhand")),
    (INSTANCES, f"{group_id(OTHER, 'rg')}/../../x"),
    (POLICIES, f"{vault_id('OtherVault')}/backupPolicies/p"),
    (DISKS, f"{group_id(OTHER, 'diskrg')}/providers/Microsoft.Compute/disks/disk-02"),
    ("GET */backupVaults", vault_id(subscription=OTHER)),
]


@pytest.mark.parametrize(("where", "own"), ELSEWHERE)
def test_a_list_with_a_row_from_elsewhere_ends_the_run(forged: Forged, where: str, own: str) -> None:
    """Three rows under one id were one object: two orphans went unseen, and all was well."""
    with forged(
        disks(3).saying(disks=[entry("disk-01")]), edits_rows(where, lambda _: True, {"id": own}), clock="virtual"
    ) as azure:
        done = azure.run("apply", "--auto-approve", "--prune", "--format", "json")
        assert (done.code, azure.writes) == (1, []), done
        assert "is not in" in done.text
        assert "read-incomplete" in done.codes


def test_a_second_look_that_shows_rows_from_elsewhere_stops_nothing(forged: Forged) -> None:
    rule = edits_rows(INSTANCES, lambda _: True, {"id": FOREIGN}, after=1)
    with forged(disks(3).saying(disks=[entry("disk-01"), entry("disk-02")]), rule, clock="virtual") as azure:
        done = azure.run("apply", "--auto-approve", "--prune", "--format", "json")
        assert (done.code, azure.writes) == (1, []), done


def test_the_case_of_what_encloses_a_row_means_nothing(forged: Forged) -> None:
    def shouted(row: dict[str, Any]) -> dict[str, Any]:
        return {**row, "id": row["id"].upper()}

    with forged(disks(2), edits_rows(INSTANCES, lambda _: True, shouted), clock="virtual") as azure:
        done = azure.run("plan", "--detailed-exitcode")
        assert done.code == 0, done
