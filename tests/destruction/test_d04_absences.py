"""D4: nothing is destroyed, and nothing written over, on the strength of what a list lacks."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from arm import APPS, OTHER, disk, disk_id, instance, instance_id, policy, vault_id
from forging import (
    GRAPH,
    Azure,
    Estate,
    afterwards,
    applied,
    before,
    delayed,
    disks,
    emptied,
    forbidden,
    lacks,
    quickstart,
    unavailable,
)
from manifests import disk as entry
from manifests import manifest, selecting

Forged = Callable[..., Any]
DESCENDANTS, INSTANCES, DELETED = "GET */descendants", "GET */backupInstances", "GET */deletedBackupInstances"
ROLES, VAULT = "GET */roleAssignments", vault_id()
GROUPS = [
    {"name": "Root"},
    {"name": "Landing", "parent": "Root", "subscriptions": [APPS]},
    {"name": "Corp", "parent": "Landing", "subscriptions": [OTHER]},
]
LANDING = selecting() | {"select": {"managementGroups": ["Landing"]}}
QUICK = manifest()
WIDE = {"roleAssignments": {"scope": "resourceGroup"}}
CORP = disk("corp-1", "corp", OTHER)


def below_groups(name: str = "data-1") -> Estate:
    return applied(manifest(disks=[LANDING]), disk(name), CORP, managementGroups=GROUPS)


def stops(azure: Azure) -> list[str]:
    return [one.path for one in azure.writes if one.path.lower().endswith("/stopprotection")]


def puts(azure: Azure) -> list[str]:
    return [one.path for one in azure.writes if one.method == "PUT" and "/backupinstances/" in one.path.lower()]


def revocations(azure: Azure) -> list[str]:
    return [one.path for one in azure.writes if one.method == "DELETE" and "/roleassignments/" in one.path.lower()]


def apply(azure: Azure, *flags: str) -> Any:
    return azure.run("apply", "--auto-approve", "--format", "json", *flags)


# A management group's list lacks a subscription


@pytest.mark.parametrize("lacking", [f"/subscriptions/{OTHER}", "*"], ids=["one subscription", "all that lies below"])
def test_a_subscription_that_a_group_s_list_lacks_keeps_its_backups(forged: Forged, lacking: str) -> None:
    with forged(below_groups(), lacks(DESCENDANTS, lacking), clock="virtual") as azure:
        done = apply(azure, "--prune", "--force", "mass-change", "--force", "empty")
        assert done.code == 1, done
        assert stops(azure) == []
        assert "list-incomplete" in done.codes


def test_a_group_that_may_not_be_read_by_its_id_decides_nothing(forged: Forged) -> None:
    group_read = forbidden("GET */managementGroups/Landing")
    with forged(below_groups(), lacks(DESCENDANTS, f"/subscriptions/{OTHER}"), group_read, clock="virtual") as azure:
        done = apply(azure, "--prune")
        assert (done.code, stops(azure)) == (1, []), done
        assert "out-of-reach" in done.codes


def test_a_group_that_comes_back_between_look_and_write_keeps_its_backups(forged: Forged) -> None:
    left = {"_managementGroup": "/providers/microsoft.management/managementgroups/root"}
    back = {"_managementGroup": "/providers/microsoft.management/managementgroups/corp"}
    with forged(
        below_groups(), afterwards("GET */managementGroups/Landing", lambda one: one.patch(f"/subscriptions/{OTHER}", back)),
        clock="virtual",
    ) as azure:  # fmt: skip
        azure.patch(f"/subscriptions/{OTHER}", left)
        done = apply(azure, "--prune")
        assert (done.code, stops(azure)) == (1, []), done


def test_a_subscription_that_has_left_the_group_is_pruned(forged: Forged) -> None:
    with forged(below_groups(), clock="virtual") as azure:
        azure.patch(
            f"/subscriptions/{OTHER}", {"_managementGroup": "/providers/microsoft.management/managementgroups/root"}
        )
        assert apply(azure, "--prune").code == 0
        assert len(stops(azure)) == 1


def many(count: int, *more: str) -> Estate:
    """disk-001, disk-002 … by a selector, with grants at their resource group; `more` disks that it doesn't take."""
    found = [disk(f"disk-{number + 1:03}", tags={"backup": "gold"}) for number in range(count)]
    return applied(manifest(disks=[selecting()], **WIDE), found, [disk(name) for name in more])


# A list of instances, or of role assignments, is short


BOTH = [entry("disk-01"), entry("disk-02", id=disk_id("disk-02", "other"))]


def left(data: str, **said: Any) -> Estate:
    """disk-02, which has a resource group of its own, left the manifest two days ago; its data is retained, or deleted."""
    gone = {"id": disk_id("disk-02", "other"), "data": data, "reason": "over"}
    estate = applied(manifest(disks=BOTH, **said), disk("disk-01"), disk("disk-02", "other"))
    estate = estate.saying(disks=BOTH[:1], removed=[gone])
    keys = () if data == "retain" else ("--allow-delete", "1")
    return estate.after("apply", "--auto-approve", *keys).aged("2d")


@pytest.mark.parametrize("said", [{}, WIDE], ids=["at the disk", "at its resource group"])
def test_a_short_list_of_instances_revokes_nothing(forged: Forged, said: Any) -> None:
    with forged(left("retain", **said), lacks(INSTANCES, "*/disks/disk-02"), clock="virtual") as azure:
        done = apply(azure)
        assert (done.code, revocations(azure)) == (1, []), done


def test_a_short_list_of_soft_deleted_instances_revokes_nothing(forged: Forged) -> None:
    with forged(left("delete"), lacks(DELETED, "*/disks/disk-02"), clock="virtual") as azure:
        done = apply(azure)
        assert (done.code, revocations(azure)) == (1, []), done


def test_without_a_second_witness_nothing_is_revoked(forged: Forged) -> None:
    rules = (lacks(INSTANCES, "*/disks/disk-02"), unavailable(GRAPH))
    with forged(left("retain", **WIDE), *rules, clock="virtual") as azure:
        done = apply(azure)
        assert (done.code, revocations(azure)) == (1, []), done


def test_a_witness_that_lags_is_no_proof_either(forged: Forged) -> None:
    rules = (lacks(INSTANCES, "*/disks/disk-02"), lacks(GRAPH, "*/backupInstances/disk-02*"))
    with forged(left("retain"), *rules, clock="virtual") as azure:
        done = apply(azure)
        assert (done.code, revocations(azure)) == (1, []), done


def test_a_short_list_of_role_assignments_revokes_nothing(forged: Forged) -> None:
    with forged(
        left("retain"), lacks(ROLES, lambda row: "disk-01" in row["properties"]["scope"]), clock="virtual"
    ) as azure:
        apply(azure)
        assert revocations(azure) == []


@pytest.mark.parametrize("short", [INSTANCES, DELETED])
def test_a_short_list_of_instances_retires_no_policy(forged: Forged, short: str) -> None:
    """Whether Azure itself keeps what only soft-deleted instances use isn't known."""
    longer = {**QUICK["policies"][0], "name": "longer", "retention": {"default": "9d"}}
    both = [entry("disk-01"), entry("disk-02", policy="longer")]
    said = {"policies": [*QUICK["policies"], longer], **WIDE}
    estate = applied(manifest(disks=both, **said), disk("disk-01"), disk("disk-02")).aged("2d")
    with forged(estate.saying(disks=both[:1], policies=QUICK["policies"]), clock="virtual") as azure:
        azure.switch(policy_in_use_by_soft_deleted=False)
        if short is DELETED:
            azure.ask("DELETE", azure.ids("*/backupInstances/disk-02-*")[0])
            azure.advance("10m")
        azure.rules(lacks(short, "*/disks/disk-02"))
        done = apply(azure)
        assert (done.code, azure.calls("DELETE */backupPolicies/*")) == (1, []), done
        assert len(azure.ids("*/backupPolicies/*")) == 2


def test_what_no_instance_needs_is_revoked_all_the_same(forged: Forged) -> None:
    with forged(left("retain").saying(removed=None), clock="virtual") as azure:
        azure.delete("*/backupInstances/disk-02*")
        azure.advance("20d")
        assert apply(azure).code == 0
        assert len(revocations(azure)) == 1


# Two manifests at once

NAME = "PSTestDisk-PSTestDisk-f18beda0-00e3-5e87-b78c-9fe0e4c1d34f"
INSTANCE, POLICY = instance_id(VAULT, NAME), "diskBkpPolicy-51a9461d"


def made_by(owner: str | None, policy: str = POLICY) -> Callable[[Azure], None]:
    """Somebody else makes the instance under its derived name, as this run's plan would, or with another policy."""

    def make(azure: Azure) -> None:
        body = instance(VAULT, disk_id("PSTestDisk"), policy, name=NAME)
        azure.put(INSTANCE, {**body, "tags": {"reconciler-owner": owner} if owner else {}})

    return make


@pytest.mark.parametrize("owner", ["payments", None], ids=["another manifest", "a person"])
def test_the_later_put_takes_over_no_instance(forged: Forged, owner: str | None) -> None:
    rules = (before("PUT */roleAssignments/*", made_by(owner)), delayed("PUT */backupVaults/*", 40))
    with forged(quickstart(fresh=True), *rules, clock="virtual") as azure:
        done = apply(azure)
        assert (done.code, puts(azure)) == (1, []), done
        assert "changed-by-someone-else" in done.codes
        assert azure.get(INSTANCE).get("tags", {}).get("reconciler-owner") == owner


def test_an_instance_of_our_own_with_another_policy_is_not_written_over(forged: Forged) -> None:
    longer = policy(VAULT, "by-hand", default="P30D")

    def make(azure: Azure) -> None:
        azure.put(longer["id"], longer)
        made_by("quickstart", "by-hand")(azure)

    rules = (before("PUT */roleAssignments/*", make), delayed("PUT */backupVaults/*", 40))
    with forged(quickstart(fresh=True), *rules, clock="virtual") as azure:
        done = apply(azure)
        assert (done.code, puts(azure)) == (1, []), done
        assert "changed-by-someone-else" in done.codes


@pytest.mark.parametrize(("kept", "code", "count"), [("P30D", 1, 0), ("P7D", 0, 0)], ids=["other content", "the same"])
def test_the_later_put_takes_over_no_policy(forged: Forged, kept: str, code: int, count: int) -> None:
    """The same content satisfies; another one under the name that holds a digest of ours is left alone."""
    other = policy(VAULT, POLICY, default=kept)
    rules = (
        afterwards("PUT */backupVaults/*", lambda azure: azure.put(other["id"], other)),
        delayed("PUT */backupVaults/*", 40),
    )
    with forged(quickstart(fresh=True), *rules, clock="virtual") as azure:
        done = apply(azure)
        assert done.code == code, done
        assert ("changed-by-someone-else" in done.codes) is bool(code)
        assert (
            len([one for one in azure.writes if one.method == "PUT" and "/backuppolicies/" in one.path.lower()])
            == count
        )


# Lists that lack a lot


@pytest.mark.parametrize(
    "said", [{}, {"excluded": [{"id": disk_id("x"), "reason": "none"}]}], ids=["applied", "declared since"]
)
def test_an_empty_list_of_instances_makes_none_of_them_anew(forged: Forged, said: Any) -> None:
    with forged(many(150).saying(**said), emptied(INSTANCES), clock="virtual") as azure:
        done = apply(azure)
        assert (done.code, puts(azure), azure.writes) == (1, [], []), done
        assert "lists-broken" in done.codes


def test_a_list_that_lacks_few_is_mended_by_ids(forged: Forged) -> None:
    with forged(many(40), lacks(INSTANCES, "*/disks/disk-00*"), clock="virtual") as azure:
        done = azure.run("plan", "--detailed-exitcode")
        assert done.code == 0, done
        assert len(azure.calls("GET */backupInstances/*")) == 9


def test_what_a_list_lacks_late_is_found_before_it_is_made(forged: Forged) -> None:
    """The first hundred that it lacks are new indeed, so that the plan asks for no more."""
    new = [f"a-{number:03}" for number in range(100)]
    estate = many(12, *new).saying(disks=[selecting(), *map(entry, new)])
    with forged(estate, lacks(INSTANCES, "*/disks/disk-*"), clock="virtual") as azure:
        done = apply(azure)
        assert done.code == 1, done
        assert [one for one in puts(azure) if "/disk-" in one.lower()] == []
        assert "lists-broken" in done.codes


def test_a_list_of_disks_that_lacks_many_stops_the_run(forged: Forged) -> None:
    with forged(disks(18), emptied("GET */disks"), clock="virtual") as azure:
        done = azure.run("drift", "--format", "json")
        assert done.code == 1, done
        assert "lists-broken" in done.text
