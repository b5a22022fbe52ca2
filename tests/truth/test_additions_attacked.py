"""Nothing makes `--approve additions` do anything else: not Azure's answers, not rivals, not shards, not many rounds."""

from __future__ import annotations

import json
from collections.abc import Callable
from contextlib import AbstractContextManager
from typing import Any

import pytest
from arm import APPS, disk_id, group_id, instance_id, vault_id
from arm import disk as disk_body
from arm import group as group_body
from forging import GONE, Azure, Done, adds, applied, before, edits, edits_rows, lacks, not_found, selected
from manifests import VAULT, manifest, selecting

Forged = Callable[..., AbstractContextManager[Azure]]
VIRTUAL = {"clock": "virtual"}
GOLD, OTHER = {"backup": "gold"}, {"backup": "other"}
ADDITIONS = ("--approve", "additions")
SHARDS = ("1/2", "2/2")
DATA = instance_id(vault_id(), "data-data-a49b01de-a3ad-5182-8626-9a13fca56b4f")
"""The instance of the disk `data`, whose name is derived from its id."""


def state(name: str) -> dict[str, Any]:
    return {"properties": {"currentProtectionState": name, "protectionStatus": {"status": name}}}


HALTED, IN_ERROR = state("ProtectionStopped"), state("ProtectionError")


def added(azure: Azure, *more: str) -> Done:
    return azure.run("apply", *ADDITIONS, "--format", "json", *more)


def left(done: Done) -> set[str]:
    return {one["address"].rpartition("/")[2] for one in done.document.get("rest", {"changes": []})["changes"]}


def made(done: Done) -> set[str]:
    """The names of the disks whose instances were written to."""
    return {one.path.rpartition("/")[2].partition("-")[0] for one in done.writes if "/backupInstances/" in one.path}


# --- rivals between the look and the write ----------------------------------------------------------------------------


@pytest.mark.parametrize("seen", [0, 1])
def test_an_instance_that_somebody_made_meanwhile_is_not_written_over(forged: Forged, seen: int) -> None:
    def rival(azure: Azure) -> None:
        there = azure.get(azure.ids("*/backupInstances/disk-01-*")[0])
        source = there["properties"]["dataSourceInfo"] | {"resourceID": disk_id("data")}
        own = there["properties"] | {"dataSourceInfo": source, "currentProtectionState": "ProtectionStopped"}
        azure.put(DATA, {**there, "id": DATA, "tags": {}, "properties": own})

    # the plan asks for it once by id, too
    rule = before("GET */backupInstances/data-*", rival, after=seen)
    with forged(selected(3).aged("1d"), rule, **VIRTUAL) as azure:
        azure.put(disk_id("data"), disk_body("data", tags=GOLD))
        done = added(azure)
        assert (done.code, made(done)) == (2 - seen, set()), done


def test_what_somebody_stopped_meanwhile_is_not_repaired(forged: Forged) -> None:
    def stop(azure: Azure) -> None:
        azure.patch("*/backupInstances/disk-02-*", HALTED)

    with forged(selected(3).aged("1d"), before("POST */validateForBackup", stop), **VIRTUAL) as azure:
        azure.patch("*/backupInstances/disk-02-*", IN_ERROR)
        done = added(azure)
        assert (done.code, made(done)) == (1, set()), done
        assert "halted by somebody else" in done.text


def test_a_group_that_somebody_made_meanwhile_keeps_its_tags(forged: Forged) -> None:
    data = manifest(
        snapshotResourceGroups=[{"name": "snapshotrg"}, {"name": "fresh", "tags": {"of": "us"}}],
        disks=[selecting(), selecting(OTHER, snapshotResourceGroup="fresh")],
    )

    def rival(azure: Azure) -> None:
        azure.put(group_id(APPS, "fresh"), group_body(APPS, "fresh", tags={"of": "them"}))

    # the plan asks for it once by id, too
    rule = before("GET */resourceGroups/fresh", rival, after=1)
    with forged(applied(data, [disk_body("one", tags=GOLD)]).aged("1d"), rule, **VIRTUAL) as azure:
        azure.put(disk_id("data"), disk_body("data", tags=OTHER))
        done = added(azure)
        assert not [one for one in done.writes if one.path.endswith("/fresh")], done
        assert azure.get(group_id(APPS, "fresh"))["tags"] == {"of": "them"}
        assert left(added(azure)) >= {"fresh"}


# --- Azure's answers --------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("rules", "state_of_it"),
    [
        ((lacks("GET */backupInstances", "*/backupInstances/disk-02-*"),), HALTED),
        ((not_found("GET */backupInstances/disk-02-*"),), IN_ERROR),
        ((edits("GET */backupInstances/disk-02-*", HALTED),), IN_ERROR),
        ((edits_rows("GET */backupInstances", "*/backupInstances/disk-02-*", {"tags": GONE}),), IN_ERROR),
        (
            (
                edits_rows(
                    "GET */backupInstances",
                    "*/backupInstances/disk-02-*",
                    {"properties.policyInfo.policyId": "/subscriptions/x/y"},
                ),
            ),
            IN_ERROR,
        ),
        ((edits_rows("GET */disks", "*/disks/disk-02", {"properties.uniqueId": GONE}),), IN_ERROR),
    ],
    ids=["not listed", "not there by id", "stopped by id", "no mark", "another policy", "no unique id"],
)
def test_an_answer_that_is_wrong_resumes_and_changes_nothing(
    forged: Forged, rules: tuple[Any, ...], state_of_it: dict[str, Any]
) -> None:
    with forged(selected(3).aged("1d"), *rules, **VIRTUAL) as azure:
        azure.patch("*/backupInstances/disk-02-*", state_of_it)
        done = added(azure)
        assert (done.code != 0, made(done)) == (True, set()), done


# --- shards -----------------------------------------------------------------------------------------------------------


def two_vaults() -> Any:
    data = manifest(
        vaults=[VAULT, {**VAULT, "name": "OtherVault"}],
        disks=[selecting(), selecting(OTHER, vault="OtherVault")],
    )
    disks = [disk_body("one", tags=GOLD), disk_body("two", tags=OTHER)]
    return applied(data, disks).aged("1d")


def test_shards_add_together_what_one_run_would(forged: Forged) -> None:
    with forged(two_vaults(), **VIRTUAL) as azure:
        for number in range(3):
            azure.put(disk_id(f"gold{number}"), disk_body(f"gold{number}", tags=GOLD))
            azure.put(disk_id(f"other{number}"), disk_body(f"other{number}", tags=OTHER))
        azure.patch("*/backupInstances/one-*", HALTED)
        runs = [added(azure, "--shard", shard) for shard in SHARDS]
        assert sorted(one.code for one in runs) == [0, 2], runs
        assert sorted(map(sorted, map(made, runs))) == [[f"{of}{n}" for n in range(3)] for of in ("gold", "other")]
        assert set.union(*map(left, runs)) == {"one"}


def test_shards_pass_no_gate_in_parts(forged: Forged) -> None:
    with forged(two_vaults(), **VIRTUAL) as azure:
        for number in range(11):
            azure.put(disk_id(f"gold{number}"), disk_body(f"gold{number}", tags=GOLD))
            azure.put(disk_id(f"other{number}"), disk_body(f"other{number}", tags=OTHER))
        for shard in SHARDS:
            done = added(azure, "--shard", shard)
            assert (done.code, done.writes, "gate[mass-addition]" in done.text) == (1, [], True), done
        assert added(azure, "--shard", "1/2", "--force", "mass-addition").code == 0


def test_a_shard_leaves_a_disk_whose_backups_another_shard_has_under_its_old_id(forged: Forged) -> None:
    with forged(two_vaults(), **VIRTUAL) as azure:
        unique = azure.get(disk_id("two"))["properties"]["uniqueId"]
        azure.delete(disk_id("two"))
        body = disk_body("moved", tags=GOLD)
        body["properties"]["uniqueId"] = unique
        azure.put(disk_id("moved"), body)
        whole = added(azure)
        assert (made(whole), "moved" in left(whole)) == (set(), True), whole
        for shard in SHARDS:
            done = added(azure, "--shard", shard)
            assert made(done) == set(), done


# --- many rounds ------------------------------------------------------------------------------------------------------


def test_a_watch_adds_no_more_in_many_rounds_than_one_run_may(forged: Forged) -> None:
    def come(first: int) -> Callable[[Azure], None]:
        def put(azure: Azure) -> None:
            for number in range(first, first + 15):
                azure.put(disk_id(f"data{number}"), disk_body(f"data{number}", tags=GOLD))

        return put

    # a round with an apply lists the disks twice
    later = before("GET */disks", come(15), after=2)
    with forged(selected(3).aged("1d"), later, **VIRTUAL) as azure:
        come(0)(azure)
        done = azure.run("watch", "--apply", "--times", "2", "--listen", "none")
        one, two = [json.loads(line) for line in done.text.splitlines() if '"round"' in line]
        assert (one["applied"]["add"], two["refused"]) == (30, ["mass-addition"]), done
        assert "applied" not in two
        assert len(made(done)) == 15


# --- options ----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "more",
    [
        ("--only", "disk-02"),
        ("--only", "disk-02", "--force", "resume-expires=1"),
        ("--only", "TestBkpVault"),
        ("--force", "mass-addition", "--force", "mass-change", "--force", "resume-expires=1", "--force", "empty"),
        ("--only", "disk-02", "--shard", "1/2", "--force", "mass-addition"),
        ("--only", "disk-02", "--shard", "2/2", "--force", "mass-addition"),
    ],
)
def test_no_option_makes_more_of_it(forged: Forged, more: tuple[str, ...]) -> None:
    with forged(selected(3).aged("1d"), **VIRTUAL) as azure:
        azure.patch("*/backupInstances/disk-02-*", HALTED)
        azure.patch("*/backupVaults/*", {"tags": {"reconciler-applied": "none"}})
        done = added(azure, *more)
        assert (done.code in {0, 2}, done.writes) == (True, []), done


def test_the_list_of_additions_is_not_what_a_row_that_nobody_has_says(forged: Forged) -> None:
    row = {"id": disk_id("ghost"), "location": "westus", **disk_body("ghost", tags=GOLD)}
    with forged(selected(3).aged("1d"), adds("GET */disks", row), **VIRTUAL) as azure:
        done = added(azure)
        assert (done.code, azure.ids("*/backupInstances/ghost-*")) == (1, []), done


# --- the same for a reviewed plan -------------------------------------------------------------------------------------


def test_reviewed_plans_of_shards_pass_no_gate_in_parts(forged: Forged) -> None:
    vaults = {"gold": "TestBkpVault", "other": "OtherVault"}

    def entry(tag: str, half: int, **said: str) -> dict[str, Any]:
        return selecting({"backup": tag, "half": str(half)}, vault=vaults[tag], **said)

    halves = [(tag, half) for tag in vaults for half in (0, 1)]
    data = manifest(vaults=[VAULT, {**VAULT, "name": "OtherVault"}], disks=[entry(*one) for one in halves])
    tags = [{"backup": tag, "half": str(half)} for tag, half in halves]
    disks = [disk_body(f"{one['backup']}{one['half']}{number}", tags=one) for one in tags for number in range(3)]
    stopped = [entry(tag, half, **({"protection": "stopped"} if half else {})) for tag, half in halves]
    with forged(applied(data, disks).saying(disks=stopped), **VIRTUAL) as azure:
        for number, shard in enumerate(SHARDS):
            azure.run("plan", "--out", f"{number}.json", "--shard", shard)
            done = azure.run("apply", f"{number}.json", "backup.yaml", "--unmoved", "--shard", shard)
            assert (done.code, done.writes, "gate[mass-change]" in done.text) == (1, [], True), done


# --- disks that moved ------------------------------------------------------------------------------------------------


def test_a_disk_that_moved_while_lists_still_show_it_under_its_old_id_is_left(forged: Forged) -> None:
    with forged(selected(3).aged("1d"), **VIRTUAL) as azure:
        move(azure)
        done = added(azure)
        assert (done.code, done.writes, left(done)) == (2, [], {"disk-01"}), done
        assert "the disk has backups under another id" in done.text


def test_a_disk_that_moved_and_left_no_snapshot_is_left_and_a_later_one_of_its_name_is_not(forged: Forged) -> None:
    with forged(selected(3).aged("1d"), **VIRTUAL) as azure:
        new = move(azure)
        azure.delete(disk_id("disk-01"))
        azure.delete("*/snapshots/*")
        done = added(azure)
        assert (done.code, done.writes, left(done)) == (2, [], {"disk-01"}), done
        assert "could not tell whether the disk is one with backups under another id" in done.text
        azure.patch(new, {"properties": {"uniqueId": "later", "timeCreated": "2026-01-06T08:00:00Z"}})
        assert made(added(azure)) == {"disk"}


def move(azure: Azure) -> str:
    """Show a disk with backups in another resource group, too; return its new id."""
    one = azure.get(disk_id("disk-01"))
    new = disk_id("disk-01").replace("/diskrg/", "/otherrg/")
    azure.put(group_id(APPS, "otherrg"), group_body(APPS, "otherrg"))
    azure.put(new, {**one, "id": new})
    return new
