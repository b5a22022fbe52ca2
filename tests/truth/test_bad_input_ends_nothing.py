"""A day in the past, numbers that don't fit, a time before every backup: each is told, and nothing is done that wasn't asked."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import AbstractContextManager
from typing import Any

import pytest
from arm import disk_id
from forging import Azure, Done, selected
from manifests import selecting

Forged = Callable[..., AbstractContextManager[Azure]]
VIRTUAL = {"clock": "virtual"}
GOLD = {"backup": "gold"}
STOPPED = {
    "properties": {"currentProtectionState": "ProtectionStopped", "protectionStatus": {"status": "ProtectionStopped"}}
}


def removing(**said: Any) -> dict[str, Any]:
    ids = [disk_id("disk-01"), disk_id("disk-02")]
    return {"removed": [{"id": ids, "reason": "ticket 1", "data": "delete", **said}], "disks": [selecting(GOLD)]}


def found(done: Done) -> set[str]:
    return {one["code"] for one in done.document["findings"]}


def ended(done: Done) -> list[str]:
    """What was sent to end or change anything, but for marks of vaults."""
    return [f"{one.method} {one.path}" for one in done.writes if "/backupInstances/" in one.path]


@pytest.mark.parametrize(
    ("said", "code"),
    [
        ({"confirm": {"instances": 3, "points": 12}}, "confirm-differs"),
        ({"confirm": {"instances": 2, "points": 1}}, "confirm-differs"),
        ({"confirm": {"instances": 1, "points": 6}}, "confirm-differs"),
        ({"after": "2027-01-31", "confirm": {"instances": 2, "points": 12}}, "confirm-early"),
        ({"after": "2001-01-01", "confirm": {"instances": 9, "points": 9}}, "confirm-differs"),
    ],
)
@pytest.mark.parametrize("key", ["0", "2"])
def test_numbers_that_do_not_fit_delete_nothing(forged: Forged, said: dict[str, Any], code: str, key: str) -> None:
    with forged(selected(12).aged("1d").saying(**removing(**said)), **VIRTUAL) as azure:
        for name in ("disk-01", "disk-02"):
            azure.patch(f"*/backupInstances/{name}-*", STOPPED)
        plan = azure.run("plan", "--format", "json", "--allow-delete", key)
        assert code in found(plan), plan
        done = azure.run("apply", "--auto-approve", "--allow-delete", key)
        assert (done.code, ended(done)) == (1, []), done
        assert len(azure.ids("*/backupInstances/*")) == 12


def test_a_day_in_the_past_deletes_nothing_by_itself(forged: Forged) -> None:
    with forged(selected(12).aged("1d").saying(**removing(after="2001-01-01")), **VIRTUAL) as azure:
        done = azure.run("apply", "--auto-approve", "--format", "json")
        assert sorted(one.rpartition("/")[2] for one in ended(done)) == ["stopProtection"] * 2, done
        done = azure.run("drift", "--format", "json")
        assert (done.code, "deletion-unconfirmed" in found(done), ended(done)) == (2, True, [])
        assert len(azure.ids("*/backupInstances/*")) == 12


def test_a_halt_whose_day_is_past_is_done_as_declared_and_told(forged: Forged) -> None:
    halted = selecting(GOLD, protection="suspended", until="2001-01-01", reason="freeze")
    with forged(selected(3).aged("1d").saying(disks=[halted]), **VIRTUAL) as azure:
        plan = azure.run("plan", "--format", "json", "--force", "mass-change")
        assert "halt-over" in found(plan), plan
        azure.run("apply", "--auto-approve", "--force", "mass-change")
        done = azure.run("apply", "--auto-approve")
        assert ended(done) == [], "nothing resumes by itself"


@pytest.mark.parametrize(
    "value", ["2026-02-30", "31.01.2027", "tomorrow", "2027-01-31T00:00:00Z", 20270131, "2027-1-31", ""]
)
@pytest.mark.parametrize("key", ["after", "until"])
def test_what_is_no_day_is_refused_before_anything_is_read(forged: Forged, key: str, value: object) -> None:
    said = (
        removing(after=value)
        if key == "after"
        else {"disks": [selecting(GOLD, protection="stopped", until=value, reason="freeze")]}
    )
    with forged(selected(3).saying(**said), **VIRTUAL) as azure:
        done = azure.run("apply", "--auto-approve")
        assert (done.code, done.requests, key in done.err) == (1, [], True), done


@pytest.mark.parametrize(
    "confirm",
    [{"instances": 0, "points": 0}, {"instances": 2}, {"instances": -1, "points": 1}, {"points": "all"}, "all"],
)
def test_what_is_no_number_is_refused_before_anything_is_read(forged: Forged, confirm: object) -> None:
    with forged(selected(3).saying(**removing(confirm=confirm)), **VIRTUAL) as azure:
        done = azure.run("apply", "--auto-approve", "--allow-delete", "2")
        assert (done.code, done.requests, "backup.yaml:" in done.err) == (1, [], True), done


def test_a_time_before_every_backup_restores_nothing(forged: Forged) -> None:
    with forged(selected(2).aged("1d"), **VIRTUAL) as azure:
        azure.delete(disk_id("disk-01"))
        done = azure.run(
            "restore", "disk-01", "disk-02", "--before", "2001-01-01T00:00:00Z", "--auto-approve", "--format", "json"
        )
        assert (done.code, done.writes) == (1, []), done
        assert "nothing-to-restore" in done.text or "no-recovery-point" in done.text, done.text
