"""What a nightly run may do alone: protect new disks and repair what fails; all else waits for somebody, as exit code 2."""

from __future__ import annotations

import json
from collections.abc import Callable
from contextlib import AbstractContextManager

import pytest
from arm import disk as disk_body
from arm import disk_id
from forging import Azure, Done, forbidden, quickstart, selected

Forged = Callable[..., AbstractContextManager[Azure]]
VIRTUAL = {"clock": "virtual"}
GOLD = {"backup": "gold"}
ADDITIONS = ("--approve", "additions")
HALTED = {
    "properties": {"currentProtectionState": "ProtectionStopped", "protectionStatus": {"status": "ProtectionStopped"}}
}
IN_ERROR = {
    "properties": {"currentProtectionState": "ProtectionError", "protectionStatus": {"status": "ProtectionError"}}
}


def added(azure: Azure, *more: str) -> Done:
    return azure.run("apply", *ADDITIONS, "--format", "json", *more)


def left(done: Done) -> list[str]:
    return [one["address"].rpartition("/")[2] for one in done.document.get("rest", {"changes": []})["changes"]]


def test_a_new_disk_is_protected_and_the_rest_waits_for_its_checksum(forged: Forged) -> None:
    with forged(selected(3).aged("1d"), **VIRTUAL) as azure:
        azure.put(disk_id("data"), disk_body("data", tags=GOLD))
        azure.patch("*/backupInstances/disk-01-*", IN_ERROR)
        azure.patch("*/backupInstances/disk-02-*", HALTED)
        done = added(azure)
        assert (done.code, left(done)) == (2, ["disk-02"]), done
        assert {
            one.path.rpartition("/")[2].partition("-data-")[0] for one in done.writes if "backupInstances" in one.path
        }
        assert not [one for one in done.writes if "disk-02" in one.path or one.method in {"DELETE", "PATCH"}], done
        drift = azure.run("drift", "--format", "json")
        assert drift.document["checksum"] == done.document["rest"]["checksum"]
        again = added(azure)
        assert (again.code, again.writes, left(again)) == (2, [], ["disk-02"])
        text = azure.run("apply", *ADDITIONS)
        assert f"--checksum {drift.document['checksum']}" in text.text
        assert "1 change is left for somebody to approve." in text.text
        assert azure.run("apply", "--checksum", drift.document["checksum"]).code == 0
        assert (added(azure).code, "rest" in added(azure).document) == (0, False)


def test_what_nobody_can_read_comes_before_what_is_left(forged: Forged) -> None:
    with forged(selected(3).aged("1d"), forbidden("GET */deletedBackupInstances"), **VIRTUAL) as azure:
        azure.put(disk_id("data"), disk_body("data", tags=GOLD))
        azure.patch("*/backupInstances/disk-02-*", HALTED)
        done = added(azure)
        assert (done.code, done.writes) == (1, []), done


def test_many_new_disks_close_a_gate(forged: Forged) -> None:
    with forged(selected(3).aged("1d"), **VIRTUAL) as azure:
        for number in range(21):
            azure.put(disk_id(f"data-{number}"), disk_body(f"data-{number}", tags=GOLD))
        done = added(azure)
        assert (done.code, done.writes) == (1, [])
        assert "gate[mass-addition]" in done.text


@pytest.mark.parametrize(
    "more",
    [
        ["--auto-approve"],
        ["--checksum", "0" * 64],
        ["--prune"],
        ["--adopt"],
        ["--allow-delete", "0"],
        ["--accept-irreversible"],
        ["--unmoved"],
    ],
)
def test_additions_go_with_no_other_approval(forged: Forged, more: list[str]) -> None:
    with forged(quickstart(), **VIRTUAL) as azure:
        done = azure.run("apply", *ADDITIONS, *more)
        assert (done.code, done.requests) == (1, []), done


def test_a_watch_adds_and_leaves_the_rest_unless_all_is_said(forged: Forged) -> None:
    with forged(selected(3).aged("1d"), **VIRTUAL) as azure:
        azure.put(disk_id("data"), disk_body("data", tags=GOLD))
        azure.patch("*/backupInstances/disk-02-*", HALTED)

        def watched(option: str) -> Done:
            return azure.run("watch", option, "--times", "1", "--listen", "none")

        (line,) = [json.loads(one) for one in watched("--apply").text.splitlines() if '"round"' in one]
        assert (line["applied"]["add"], [one.rpartition("/")[2] for one in line["left"]]) == (2, ["disk-02"])
        (line,) = [json.loads(one) for one in watched("--apply=all").text.splitlines() if '"round"' in one]
        assert (line["applied"]["change"], "left" in line, line["result"]) == (1, False, "clean")
        assert watched("--apply=some").code == 1


# --- a reviewed plan in an estate that moves --------------------------------------------------------------------------


def reviewed(azure: Azure) -> None:
    """A plan of three changes, as somebody reviewed it: two resumes and a new disk with its role."""
    azure.put(disk_id("data"), disk_body("data", tags=GOLD))
    azure.patch("*/backupInstances/disk-01-*", HALTED)
    azure.patch("*/backupInstances/disk-02-*", HALTED)
    assert azure.run("plan", "--out", "plan.json").code == 0


def unmoved(azure: Azure, *more: str) -> Done:
    return azure.run("apply", "plan.json", "backup.yaml", "--unmoved", "--format", "json", *more)


def test_the_reviewed_changes_that_stand_are_applied_and_the_others_are_told(forged: Forged) -> None:
    with forged(selected(3).aged("1d"), **VIRTUAL) as azure:
        reviewed(azure)
        azure.put(disk_id("more"), disk_body("more", tags=GOLD))
        azure.delete(disk_id("data"))
        assert azure.run("apply", "plan.json", "backup.yaml").code == 1
        done = unmoved(azure)
        assert (done.code, done.document["summary"]["changed"]) == (2, 2), done
        rest = done.document["rest"]
        assert {one["because"] for one in rest["changes"]} == {"it is new since the review"}
        assert set(left(done)) == {"more"}
        assert sorted(one.rpartition("/")[2] for one in rest["gone"]) == ["data", "data"]


def test_a_plan_that_stands_as_a_whole_is_done(forged: Forged) -> None:
    with forged(selected(3).aged("1d"), **VIRTUAL) as azure:
        reviewed(azure)
        done = unmoved(azure)
        assert (done.code, "rest" in done.document) == (0, False), done


def test_a_change_that_does_something_else_now_is_left(forged: Forged) -> None:
    with forged(selected(3).aged("1d"), **VIRTUAL) as azure:
        reviewed(azure)
        azure.patch("*/backupInstances/disk-02-*", IN_ERROR)
        done = unmoved(azure)
        assert (done.code, left(done)) == (2, ["disk-02"]), done
        assert done.document["rest"]["changes"][0]["because"] == "it changed since the review"
        assert not [one for one in done.writes if "disk-02" in one.path]


def test_a_file_whose_digests_say_another_thing_than_it_shows_is_refused(forged: Forged) -> None:
    with forged(selected(3).aged("1d"), **VIRTUAL) as azure:
        reviewed(azure)
        file = azure.folder / "plan.json"
        plan = json.loads(file.read_text())
        shown = next(one for one in plan["changes"] if one["address"].endswith("disk-02"))
        shown["fields"] = []
        file.write_text(json.dumps(plan))
        done = unmoved(azure)
        assert (done.code, done.writes) == (1, []), done
        assert "was edited" in done.text
        for one in plan["changes"]:
            del one["digest"]
        file.write_text(json.dumps(plan))
        assert "no digests" in unmoved(azure).text


def test_unmoved_needs_a_saved_plan(forged: Forged) -> None:
    with forged(quickstart(), **VIRTUAL) as azure:
        done = azure.run("apply", "--unmoved", "--auto-approve")
        assert (done.code, done.requests) == (1, [])
        assert "needs a saved plan" in done.text
