"""What destroys goes in slices, each after another look: what came out otherwise is left alone, and all else goes on."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from arm import disk, disk_id, vault_id
from forging import (
    Azure,
    Estate,
    Request,
    afterwards,
    applied,
    before,
    disks,
    emptied,
    forbidden,
    lacks,
    selected,
    throttled,
    unavailable,
)
from manifests import POLICY, VAULT, manifest, selecting
from manifests import disk as entry

Forged = Callable[..., Any]
STOP, INSTANCES = "POST */stopProtection", "GET */backupInstances"
WIDE = {"roleAssignments": {"scope": "resourceGroup"}}
FORCED = ("--force", "mass-change", "--force", "empty")


def apply(azure: Azure, *flags: str) -> Any:
    return azure.run("apply", "--auto-approve", "--format", "json", *flags)


def stops(azure: Azure) -> list[Request]:
    return [one for one in azure.writes if one.path.lower().endswith("/stopprotection")]


def by_id(azure: Azure) -> list[Request]:
    """Objects read by id; what operations and jobs have to say isn't one."""
    kinds = ("disks", "backupinstances", "roleassignments", "backuppolicies", "backupvaults")
    found = [one for one in azure.requests if one.method == "GET" and len(one.path.strip("/").split("/")) % 2 == 0]
    return [one for one in found if one.path.lower().split("/")[-2] in kinds]


def orphans(count: int, *, of: int) -> Estate:
    """disk-001 … of which the last `count` are in no selector's eyes any more."""
    found = [disk(f"disk-{number + 1:03}", tags={"backup": "gold"}) for number in range(of)]
    return applied(manifest(disks=[selecting()], **WIDE), found).saying(
        disks=[entry(f"disk-{number + 1:03}") for number in range(of - count)]
    )


# What it costs


@pytest.mark.parametrize("count", [1, 12, 110])
def test_a_stop_costs_two_reads_by_id_and_a_slice_one_look_at_its_vault(forged: Forged, count: int) -> None:
    with forged(orphans(count, of=count + 2), clock="virtual") as azure:
        done = apply(azure, "--prune", *FORCED)
        assert done.code == 0, done
        assert len(stops(azure)) == count
        slices = -(-count // 100)
        assert len(by_id(azure)) <= 2 * count + slices + 1, "the vault's mark of what was applied reads the vault, too"
        assert len(azure.calls("GET */deletedBackupInstances")) == 1 + slices


def test_a_plan_without_changes_costs_no_more(forged: Forged) -> None:
    with forged(disks(12), clock="virtual") as azure:
        assert apply(azure).code == 0
        assert by_id(azure) == []
        assert len(azure.calls(INSTANCES)) == 1


def test_a_deletion_costs_two_reads_before_it(forged: Forged) -> None:
    removed = [{"id": disk_id(f"disk-{number + 1:02}"), "data": "delete", "reason": "over"} for number in range(3)]
    with forged(disks(5).saying(disks=[entry("disk-04"), entry("disk-05")], removed=removed), clock="virtual") as azure:
        done = apply(azure, "--allow-delete", "3")
        assert done.code == 0, done
        first = next(number for number, one in enumerate(azure.requests) if one.method == "DELETE")
        read = [one for one in azure.requests[:first] if one in by_id(azure)]
        assert len(read) <= 2 * 3


# What has changed meanwhile


def changing(disk_name: str, change: Callable[[Azure, str], None]) -> Callable[[Azure], None]:
    return lambda azure: change(azure, disk_name)


def tagged(azure: Azure, name: str) -> None:
    azure.patch(f"*/disks/{name}", {"tags": {"backup": "gold"}})


def given_away(azure: Azure, name: str) -> None:
    azure.patch(f"*/backupInstances/{name}-*", {"tags": {"reconciler-owner": "payments"}})


def stopped(azure: Azure, name: str) -> None:
    azure.patch(f"*/backupInstances/{name}-*", {"tags": {"reconciler-owner": None}})


@pytest.mark.parametrize("change", [tagged, given_away, stopped], ids=["wanted again", "another's", "nobody's"])
def test_what_changed_between_look_and_write_is_left_alone(
    forged: Forged, change: Callable[[Azure, str], None]
) -> None:
    """Of two disks that no selector takes any more one changes while the other is pruned."""
    moment = afterwards("GET */deletedBackupInstances", changing("disk-03", change))
    with forged(selected(4), moment, clock="virtual") as azure:
        for name in ("disk-03", "disk-04"):
            azure.patch(f"*/disks/{name}", {"tags": {"backup": "none"}})
        done = apply(azure, "--prune", *FORCED)
        assert done.code == 1, done
        assert ["disk-04" in one.path for one in stops(azure)] == [True]
        assert "changed-by-someone-else" in done.codes


def test_what_was_held_back_is_looked_at_again(forged: Forged) -> None:
    """Azure wants a minute's wait: by then the look is too old, and in the second one the disk is wanted again."""
    rules = (before(STOP, changing("disk-04", tagged)), throttled(STOP, retry_after=60, times=1))
    with forged(selected(4), *rules, clock="virtual") as azure:
        azure.patch("*/disks/disk-04", {"tags": {"backup": "none"}})
        done = apply(azure, "--prune", *FORCED)
        assert done.code == 1, done
        assert [one.status for one in stops(azure)] == [429]
        assert len(azure.calls("GET */disks/disk-04")) >= 2


def test_what_was_held_back_and_is_the_same_is_done(forged: Forged) -> None:
    with forged(selected(4), throttled(STOP, retry_after=60, times=1), clock="virtual") as azure:
        azure.patch("*/disks/disk-04", {"tags": {"backup": "none"}})
        done = apply(azure, "--prune", *FORCED)
        assert done.code == 0, done
        assert [one.status for one in stops(azure)] == [429, 202]


def test_a_gate_that_closes_meanwhile_holds(forged: Forged) -> None:
    """Soft delete is switched off while a deletion is under way: nobody would get the recovery points back."""
    removed = [{"id": disk_id("disk-02"), "data": "delete", "reason": "over"}]
    off = {"properties": {"securitySettings": {"softDeleteSettings": {"state": "Off"}}}}
    moment = afterwards("GET */deletedBackupInstances", lambda azure: azure.patch(vault_id(), off))
    estate = disks(2).saying(disks=[entry("disk-01")], removed=removed)
    with forged(estate, moment, clock="virtual") as azure:
        done = apply(azure, "--allow-delete", "1")
        assert done.code == 1, done
        assert [one for one in azure.writes if one.method == "DELETE"] == []


@pytest.mark.parametrize("away", [unavailable, forbidden])
def test_what_can_t_be_read_again_is_not_destroyed_and_the_rest_goes_on(forged: Forged, away: Any) -> None:
    """The orphan can't be looked at any more; the new disk beside it is protected all the same."""
    estate = applied(manifest(disks=[selecting()], **WIDE), [disk(f"disk-0{n}", tags={"backup": "gold"}) for n in (1, 2, 3)], disk("new"))  # fmt: skip
    said = estate.saying(disks=[entry("disk-01"), entry("disk-02"), entry("new")])
    with forged(said, away("GET */disks/disk-03"), clock="virtual") as azure:
        done = apply(azure, "--prune", *FORCED)
        assert done.code == 1, done
        assert stops(azure) == []
        assert [one for one in azure.writes if one.method == "PUT" and "/new-new-" in one.path]


def test_shorter_retention_is_looked_at_again_too(forged: Forged) -> None:
    shorter = POLICY | {"retention": {"default": "3d"}}
    moment = afterwards("GET */deletedBackupInstances", changing("disk-01", given_away))
    with forged(disks(2).saying(policies=[shorter]), moment, clock="virtual") as azure:
        done = apply(azure)
        puts = [one.path for one in azure.writes if one.method == "PUT" and "/backupinstances/" in one.path.lower()]
        assert done.code == 1, done
        assert ["/disk-02-" in one for one in puts] == [True]


def test_a_vault_is_weakened_only_as_it_was_looked_at(forged: Forged) -> None:
    estate = disks(1, vaults=[VAULT | {"softDelete": {"state": "On", "retentionDays": 60}}])
    estate = estate.saying(vaults=[VAULT | {"softDelete": {"state": "On", "retentionDays": 30}}])
    longer = {"properties": {"securitySettings": {"softDeleteSettings": {"retentionDurationInDays": 90}}}}
    moment = afterwards("GET */deletedBackupInstances", lambda azure: azure.patch(vault_id(), longer))
    with forged(estate, moment, clock="virtual") as azure:
        done = apply(azure, "--force", "weakens-protection")
        assert done.code == 1, done
        assert [one for one in azure.writes if one.method == "PATCH"] == []


# Lists that are broken


def test_lists_that_lie_in_the_run_stop_it(forged: Forged) -> None:
    """From the second look on the vault's list is empty: twelve instances that it lacks are there by their ids."""
    with forged(orphans(12, of=14), emptied(INSTANCES, after=1), clock="virtual") as azure:
        done = apply(azure, "--prune", *FORCED)
        assert done.code == 1, done
        assert azure.writes == []
        assert "lists-broken" in done.codes


def test_a_list_that_lacks_few_stops_nothing(forged: Forged) -> None:
    with forged(orphans(12, of=14), lacks(INSTANCES, "*/disks/disk-01*", after=1), clock="virtual") as azure:
        done = apply(azure, "--prune", *FORCED)
        assert len(stops(azure)) == 12, done
