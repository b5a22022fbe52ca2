"""Several disks come back together: one plan, one approval, a result for each, and what is done is not done again."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import AbstractContextManager
from typing import Any

import arm
import pytest
from arm import APPS, disk_id, group, group_id
from forging import (
    GONE,
    GRAPH,
    Azure,
    Done,
    Rule,
    adds,
    answers,
    disks,
    edits_rows,
    forbidden,
    html,
    not_found,
    selected,
)
from manifests import disk, manifest, selecting

Forged = Callable[..., AbstractContextManager[Azure]]
VIRTUAL = {"clock": "virtual"}
YES = "--auto-approve"
LATER = "2026-01-06T00:00:00Z"
"""A time before which each disk has a recovery point."""
COMPUTE = "providers/Microsoft.Compute/disks"


def lost(azure: Azure, *numbers: int) -> None:
    """These disks are deleted."""
    for number in numbers:
        azure.delete(disk_id(f"disk-0{number}"))


def restores(done: Done) -> list[str]:
    """The names of the disks that were asked for, in their order."""
    sent = [one.body for one in done.writes if one.path.endswith("/restore")]
    return [body["restoreTargetInfo"]["datasourceInfo"]["resourceName"] for body in sent]


def restore(azure: Azure, *words: str) -> Done:
    return azure.run("restore", *words, "--format", "json", YES)


def told(done: Done, code: str) -> list[str]:
    """What the findings of a code are about."""
    found = [*done.document["findings"], *done.document.get("notes", ())]
    return sorted({str(row["address"]).rpartition("/")[2] for row in found if row["code"] == code})


def test_lost_disks_come_back_to_their_old_ids(forged: Forged) -> None:
    with forged(disks(4).aged("2d"), **VIRTUAL) as azure:
        lost(azure, 1, 2, 3)
        done = restore(azure, "--select", "names=disk-0*", "--before", LATER)
        assert (done.code, sorted(restores(done))) == (1, ["disk-01", "disk-02", "disk-03"]), done
        assert told(done, "disk-exists") == ["disk-04"], "it wasn't lost"
        assert [row["disk"] for row in done.document["made"]] == [disk_id(f"disk-0{number}") for number in (1, 2, 3)]
        assert {row["after"]["taken"][:10] for row in done.document["changes"] if row["kind"] == "restore"} == {
            "2026-01-05"
        }
        assert azure.run("drift").code == 0, "each is what its entry names"


def test_the_plan_says_what_it_takes(forged: Forged) -> None:
    with forged(disks(3).aged("2d"), **VIRTUAL) as azure:
        lost(azure, 1, 2, 3)
        done = azure.run("restore", "disk-0*", "--newest", YES)
        assert done.code == 0, done
        said = " ".join(done.text.split())
        assert (
            "restoring 3 disks takes at least 4 minutes once the new role assignments are effective, with at least 10 writes and 21 reads"
            in said
        )
        assert "restores that Azure still allows today after that: 9 for each of 3 disks" in said
        assert done.out.count("Restored: ") == 3


def test_a_restore_that_azure_still_works_on_is_waited_for_unless_it_is_of_another_point(forged: Forged) -> None:
    with forged(disks(2).aged("2d"), **VIRTUAL) as azure:
        lost(azure, 1)
        own = ("--select", "names=disk-01")
        assert restore(azure, *own, "--prepare").code == 0
        azure.advance("1h")
        cut = restore(azure, *own, "--before", LATER, "--timeout", "180")
        assert (cut.code, restores(cut)) == (1, ["disk-01"]), cut
        azure.advance("10s")
        other = restore(azure, *own, "--newest")
        assert (other.code, other.writes, told(other, "disk-exists")) == (1, [], ["disk-01"]), other
        assert "is making this disk from another recovery point" in other.text
        same = restore(azure, *own, "--before", LATER)
        assert (same.code, restores(same)) == (0, []), same
        assert azure.run("drift").code == 0, "it is as its entry says"


UNREAD = [forbidden("GET */backupJobs/*"), html("GET */backupJobs/*"), not_found("GET */backupJobs/*")]


@pytest.mark.parametrize("rule", UNREAD, ids=lambda rule: rule.name)
def test_a_restore_at_work_whose_job_cannot_be_read_is_not_begun_again(forged: Forged, rule: Rule) -> None:
    with forged(disks(2).aged("2d"), **VIRTUAL) as azure:
        lost(azure, 1)
        own = ("--select", "names=disk-01", "--before", LATER)
        assert restore(azure, *own[:2], "--prepare").code == 0
        azure.advance("1h")
        cut = restore(azure, *own, "--timeout", "90")
        assert (cut.code, restores(cut)) == (1, ["disk-01"]), cut
        azure.advance("1m")
        azure.rules(rule, edits_rows(GRAPH, "*/backupJobs/*", {"properties.extendedInfo": GONE}))
        again = restore(azure, *own)
        assert (again.code, again.writes, told(again, "not-known")) == (1, [], ["disk-01"]), again
        azure.rules()
        azure.advance("2d")
        assert restore(azure, *own).code == 0


def test_what_is_done_is_not_done_again(forged: Forged) -> None:
    with forged(disks(3).aged("2d"), **VIRTUAL) as azure:
        lost(azure, 1, 2)
        words = ("disk-01", "disk-02", "--before", LATER)
        assert restore(azure, *words).code == 0
        again = restore(azure, *words)
        assert (again.code, again.writes) == (0, []), again
        assert told(again, "restored-already") == ["disk-01", "disk-02"]
        shown = azure.run("restore", *words, YES)
        assert shown.out.rstrip().endswith("Restore complete! Resources: 0 added, 0 changed, 0 destroyed."), shown
        other = restore(azure, "disk-01", "disk-02", "--before", "2026-01-05T18:00:00Z")
        assert (other.code, other.writes, told(other, "disk-exists")) == (1, [], ["disk-01", "disk-02"])


def test_a_disk_that_is_used_since_is_done_too(forged: Forged) -> None:
    with forged(disks(2).aged("2d"), **VIRTUAL) as azure:
        lost(azure, 1, 2)
        assert restore(azure, "disk-0*", "--newest").code == 0
        machine = f"{group_id(APPS, 'diskrg')}/providers/Microsoft.Compute/virtualMachines/web"
        azure.patch(disk_id("disk-01"), {"managedBy": machine})
        again = restore(azure, "disk-0*", "--newest")
        assert (again.code, again.writes) == (0, []), again


def test_a_disk_that_somebody_else_made_is_never_called_restored(forged: Forged) -> None:
    with forged(disks(2).aged("2d"), **VIRTUAL) as azure:
        lost(azure, 1, 2)
        azure.put(disk_id("disk-01"), arm.disk("disk-01", tags={"reconciler-restored": "by-hand"}))
        done = restore(azure, "disk-0*", "--newest")
        assert (done.code, restores(done)) == (1, ["disk-02"]), done
        assert (told(done, "disk-exists"), told(done, "restored-already")) == (["disk-01"], [])


def test_copies_go_beside_the_disks_or_elsewhere(forged: Forged) -> None:
    with forged(disks(2).aged("2d"), **VIRTUAL) as azure:
        azure.put(group_id(APPS, "otherrg"), group(APPS, "otherrg"))
        beside = restore(azure, "disk-0*", "--newest", "--name", "{disk}-copy", "--tags", "ticket=4711")
        assert beside.code == 0, beside
        assert [row["disk"] for row in beside.document["made"]] == [disk_id("disk-01-copy"), disk_id("disk-02-copy")]
        (made,) = azure.show(disk_id("disk-01-copy"))
        assert made["tags"]["ticket"] == "4711"
        apart = restore(azure, "disk-0*", "--newest", "--to", "otherrg", "--name", "old-{disk}")
        assert apart.code == 0, apart
        where = f"{group_id(APPS, 'otherrg')}/{COMPUTE}"
        assert [row["disk"] for row in apart.document["made"]] == [f"{where}/old-disk-01", f"{where}/old-disk-02"]


def test_some_come_first(forged: Forged) -> None:
    with forged(disks(4).aged("2d"), **VIRTUAL) as azure:
        lost(azure, 1, 2, 3, 4)
        assert restore(azure, "disk-0*", "--prepare").code == 0
        azure.advance("1h")
        done = restore(azure, "disk-0*", "--newest", "--first", "names=disk-03,disk-04", "--parallelism", "1")
        assert (done.code, restores(done)) == (0, ["disk-03", "disk-04", "disk-01", "disk-02"]), done


def test_grants_are_made_beforehand(forged: Forged) -> None:
    with forged(disks(2).aged("2d"), **VIRTUAL) as azure:
        prepared = restore(azure, "disk-0*", "--prepare")
        assert (prepared.code, [row["kind"] for row in prepared.document["changes"]]) == (0, ["role"]), prepared
        lost(azure, 1, 2)
        done = restore(azure, "disk-0*", "--newest")
        assert (done.code, [row["kind"] for row in done.document["changes"]]) == (0, ["restore", "restore"]), done
        nowhere = restore(azure, "disk-0*", "--prepare", "--to", "nowhere")
        assert (nowhere.code, told(nowhere, "group-missing"), nowhere.writes) == (1, ["nowhere"], [])


def test_one_that_fails_or_has_nothing_leaves_the_others_alone(forged: Forged) -> None:
    with forged(disks(3).aged("2d"), **VIRTUAL) as azure:
        lost(azure, 1, 2, 3)
        azure.delete("*/backupInstances/disk-02-*/recoveryPoints/*")
        azure.rules(answers("POST */backupInstances/disk-01-*/validateRestore", 400, {"error": {"code": "BadRequest"}}))
        done = restore(azure, "disk-0*", "--newest")
        assert done.code == 1
        ends = {row["address"].rpartition("/")[2]: row["status"] for row in done.document["results"]}
        assert {ends["disk-01"], ends["disk-03"]} == {"failed", "done"}, done
        assert told(done, "nothing-to-restore") == ["disk-02"]


def test_two_disks_never_go_to_one_id(forged: Forged) -> None:
    rows = [arm.disk("twin", group=name) for name in ("one", "two")]
    from forging import applied
    from manifests import DISK, manifest

    said = manifest(disks=[DISK | {"id": [row["id"] for row in rows]}])
    with forged(applied(said, rows).aged("1d"), **VIRTUAL) as azure:
        azure.put(group_id(APPS, "otherrg"), group(APPS, "otherrg"))
        done = restore(azure, "--select", "names=twin", "--newest", "--to", "otherrg", "--name", "{disk}")
        assert (done.code, told(done, "restore-impossible"), done.writes) == (1, ["twin"], []), done


def test_points_that_cannot_be_read_are_not_taken_for_none(forged: Forged) -> None:
    away = forbidden("GET */backupInstances/disk-01-*/recoveryPoints")
    with forged(disks(2).aged("2d"), away, **VIRTUAL) as azure:
        lost(azure, 1, 2)
        done = restore(azure, "disk-0*", "--newest")
        assert (done.code, restores(done)) == (1, ["disk-02"]), done
        assert "could not tell which recovery points" in str(done.document["notes"])


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("disk-01", "disk-02"), "A restore of more than one disk needs `--before` or `--newest`"),
        (("--select", "names=*"), "A restore of more than one disk needs `--before` or `--newest`"),
        (("disk-01", "disk-02", "--newest", "--before", LATER), "can't be used together"),
        (("disk-01", "disk-02", "--newest", "--point", "x"), "`--point` is a recovery point of one disk"),
        (("disk-01", "disk-02", "--newest", "--name", "copy"), "must have {disk} in it once"),
        (("disk-01", "disk-02", "--newest", "--name", "{disk}/x"), "must have {disk} in it once"),
        (("disk-01", "disk-02", "--newest", "--subscription", APPS), "`--subscription` needs `--to`"),
        (("disk-01", "nobody", "--newest"), "no vault in the manifest has a backup instance of such a disk"),
        (("--select", "names=nobody", "--newest"), "`--select` takes no disk"),
        (("--select", "tags=gold", "--newest"), "does not know the key 'tags'"),
        (("--select", "names", "--newest"), "must have the form KEY=VALUE"),
        (("--select", "names=", "--newest"), "must have the form KEY=VALUE"),
        (("--select", "names=a", "--select", "Names=b", "--newest"), "has the key 'Names' twice"),
        (("disk-01", "disk-02", "--newest", "--first", "names=x"), "`--first` takes none of the disks"),
        (("--newest",), "Missing argument 'DISK'"),
        ((), "Missing argument 'DISK'"),
        (("disk-01",), "Missing option '--to'"),
    ],
)
def test_what_cannot_be_asked_for_is_told_and_nothing_is_done(
    forged: Forged, words: tuple[str, ...], said: str
) -> None:
    with forged(disks(2), **VIRTUAL) as azure:
        done = azure.run("restore", *words, YES)
        assert (done.code, done.writes, said in " ".join(done.err.split())) == (1, [], True), done


def test_locations_and_groups_are_compared_without_the_disk(forged: Forged) -> None:
    with forged(disks(2).aged("1d"), **VIRTUAL) as azure:
        lost(azure, 1, 2)
        chosen: dict[str, Any] = {}
        for words in (
            ("locations=West US", "names=*-01"),
            ("resourceGroups=DISKRG", "names=*-01"),
            (f"subscriptions={APPS}", "names=*-01"),
        ):
            done = restore(
                azure, "--select", words[0], "--select", words[1], "--newest", "--name", f"{{disk}}-{len(chosen)}"
            )
            chosen[words[0]] = restores(done)
        assert list(chosen.values()) == [[f"disk-01-{number}"] for number in range(3)]


def test_a_disk_that_would_come_back_unselected_is_told_before(forged: Forged) -> None:
    with forged(selected(2).aged("2d"), **VIRTUAL) as azure:
        lost(azure, 1, 2)
        done = restore(azure, "disk-0*", "--newest", "--tags", "backup=bronze")
        assert (done.code, told(done, "restored-unselected")) == (0, ["disk-01", "disk-02"]), done
        assert {row["hint"] for row in done.document["notes"] if row["code"] == "restored-unselected"} == {
            "pass `--tags backup=gold`, or tag the disk once it is back"
        }
        for verb in ("drift", "plan"):
            found = azure.run(verb, "--format", "json")
            assert told(found, "orphan") == ["disk-01", "disk-02"], found
        pruned = azure.run("apply", "--prune", "--force", "empty", "--auto-approve", "--format", "json")
        assert not pruned.writes, "what a restore took away is no reason to stop backups"
        azure.patch(disk_id("disk-0*"), {"tags": {"backup": "gold"}})
        assert azure.run("drift").code == 0


@pytest.mark.parametrize("words", [("disk-01", "disk-02"), ("disk-0*",)])
def test_a_disk_that_comes_back_with_its_tags_is_selected_as_before(forged: Forged, words: tuple[str, ...]) -> None:
    with forged(selected(2).aged("2d"), **VIRTUAL) as azure:
        lost(azure, 1, 2)
        done = restore(azure, *words, "--newest", "--tags", "backup=gold")
        assert (done.code, told(done, "restored-unselected")) == (0, []), done
        night = azure.run("apply", "--approve", "additions")
        assert (night.code, night.writes) == (0, []), "both are protected, and nothing is left"
        assert azure.run("drift").code == 0
        azure.advance("1d")
        assert azure.run("status").code == 0


def test_one_disk_alone_is_told_too_and_one_that_is_named_is_not(forged: Forged) -> None:
    with forged(selected(2, disks=[disk("disk-01"), selecting()]).aged("2d"), **VIRTUAL) as azure:
        lost(azure, 1, 2)
        for name, expected in (("disk-01", []), ("disk-02", ["disk-02"])):
            done = restore(azure, name, "--to", "diskrg", "--name", name)
            assert (done.code, told(done, "restored-unselected")) == (0, expected), done


def test_an_entry_that_is_gone_can_be_pruned_after_a_restore(forged: Forged) -> None:
    with forged(selected(2).aged("2d"), **VIRTUAL) as azure:
        lost(azure, 1)
        assert restore(azure, "disk-01", "--to", "diskrg", "--name", "disk-01", "--tags", "backup=gold").code == 0
        azure.declare(manifest(disks=None))
        done = azure.run("apply", "--prune", "--force", "empty", "--auto-approve", "--format", "json")
        assert done.code == 0, done
        assert len([one for one in done.writes if one.path.endswith("/stopProtection")]) == 2


@pytest.mark.parametrize("name", ["disk-01", "disk-02"])
def test_a_disk_that_came_back_and_loses_its_backups_is_missed(forged: Forged, name: str) -> None:
    with forged(selected(2, disks=[selecting()]).aged("2d"), **VIRTUAL) as azure:
        azure.delete(disk_id(name))
        assert restore(azure, name, "--newest", "--tags", "backup=gold").code == 0
        azure.delete(f"*/backupInstances/{name}-*")
        status, found = azure.run("status", "--format", "json"), azure.run("coverage", "--format", "json")
        assert [row["state"] for row in status.document["disks"] if row["disk"].endswith(name)] == ["unprotected"]
        assert [row["state"] for row in found.document["disks"] if row["disk"].endswith(name)] == ["uncovered"]
        assert azure.run("drift").code == 2
        assert azure.run("apply", "--approve", "additions").code == 0
        rows = azure.run("status", "--format", "json").document["disks"]
        assert sorted(row["state"] for row in rows) == ["ok", "waiting"]


def test_a_disk_that_a_list_still_shows_and_that_is_gone_again_is_not_called_restored(forged: Forged) -> None:
    with forged(disks(22).aged("2d"), **VIRTUAL) as azure:
        azure.delete(disk_id("disk-*"))
        words = ("disk-*", "--before", LATER)
        assert restore(azure, *words).code == 0
        azure.rules(adds(f"GET */{COMPUTE}", azure.get(disk_id("disk-01"))))
        azure.delete(disk_id("disk-01"))
        again = restore(azure, *words)
        assert (again.code, restores(again)) == (0, ["disk-01"]), again
        assert len(told(again, "restored-already")) == 21


STALE = {
    "of the disk before": {"properties.timeCreated": "2020-01-01T00:00:00Z", "properties.uniqueId": "before"},
    "made from another disk": {"properties.creationData.sourceResourceId": disk_id("disk-99")},
    "without its properties": {"properties": None},
}


@pytest.mark.parametrize("shown", STALE)
def test_what_lists_show_of_restored_disks_decides_nothing(forged: Forged, shown: str) -> None:
    rule = edits_rows("GET */providers/Microsoft.Compute/disks", lambda row: True, STALE[shown])
    with forged(disks(12).aged("2d"), rule, **VIRTUAL) as azure:
        lost(azure, *range(1, 10))
        azure.delete(disk_id("disk-1*"))
        done = restore(azure, "disk-*", "--newest")
        assert (done.code, len(restores(done))) == (0, 12), done
        assert len(done.document["made"]) == 12
        rule.act = lambda asked, own: asked.forward()
