"""Status: as fresh as the schedule promises, or not; and what could not be told is never "fine"."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import jsonschema
import pytest
from arm import APPS, disk, estate, group_id, vault_id
from manifests import POLICY, manifest
from manifests import disk as entry
from stage import READER, Stage

from reconciler.base.schemas import schema_text
from reconciler.model.results.status import BackupStatus
from reconciler.report.documents import text
from reconciler.report.listing import listing_markdown, listing_text
from reconciler.report.status import status_document, status_listing
from reconciler.report.style import Style
from reconciler.verbs.status import status

HOUR, DAY = 3600, 86400
SAID = manifest(disks=[entry("one"), entry("two")])


def looked(stage: Stage, said: Any = None) -> BackupStatus:
    wanted = stage.manifest(said or SAID)
    with stage._acting_as(READER):
        found: BackupStatus = stage.session.run(lambda azure, clock: status(azure, clock, wanted))
    return found


def states(found: BackupStatus) -> dict[str, str]:
    return {row.disk.name.lower(): row.state for row in found.rows}


def notes(found: BackupStatus) -> str:
    return " ".join(row.note for row in found.rows)


@pytest.fixture
def stage(on_stage: Callable[..., Stage]) -> Stage:
    opened = on_stage(estate(disk("one"), disk("two")))
    assert opened.apply(SAID).ok
    return opened


def of(stage: Stage, name: str) -> str:
    found: str = stage.instances(vault_id())[name]["id"]
    return found


def test_disks_of_one_machine_are_not_consistent_together(on_stage: Callable[..., Stage]) -> None:
    machines = [
        f"{group_id(APPS, 'diskrg')}/providers/Microsoft.Compute/virtualMachines/{name}" for name in ("sql", "web")
    ]
    rows = [
        disk("one", managed_by=machines[0]),
        disk("two", managed_by=machines[0].upper()),
        disk("three", managed_by=machines[1]),
    ]
    stage = on_stage(estate(*rows))
    said = manifest(disks=[entry(name) for name in ("one", "two", "three")])
    assert stage.apply(said).ok
    found = looked(stage, said)
    (finding,) = found.findings
    assert (finding.code, finding.address, found.exit_code) == ("not-consistent-together", machines[0], 0)
    stopped = manifest(disks=[entry("one"), entry("two", protection="stopped"), entry("three")])
    assert not looked(stage, stopped).findings


def test_what_was_just_protected_waits_and_then_is_as_fresh_as_promised(stage: Stage) -> None:
    found = looked(stage)
    assert (states(found), found.exit_code) == ({"one": "waiting", "two": "waiting"}, 0)
    for _ in range(9):
        stage.wait(DAY + 1.7 * HOUR)
        found = looked(stage)
        assert (states(found), found.exit_code) == ({"one": "ok", "two": "ok"}, 0)
        assert all(row.age and row.promise and row.age <= row.promise for row in found.rows)
        assert {row.promise.total_seconds() for row in found.rows if row.promise} == {6 * HOUR}
    assert {row.job for row in found.rows} <= {"completed", "inprogress"}
    assert {row.snapshots for row in found.rows} <= {42, 43, 44}, "seven days of six, and the one that is running"


def test_a_schedule_that_stands_still_is_late(stage: Stage) -> None:
    stage.wait(DAY)
    stage.switch(scheduled_backups=False)
    stage.wait(3 * DAY)
    found = looked(stage)
    assert (states(found), found.exit_code) == ({"one": "late", "two": "late"}, 2)
    assert "old, should be at most 6 hours" in notes(found)


def test_what_never_ran_is_late_once_the_first_backup_was_due(on_stage: Callable[..., Stage]) -> None:
    stage = on_stage(estate(disk("one"), disk("two"), switches={"scheduled_backups": False}))
    stage.apply(SAID)
    assert set(states(looked(stage)).values()) == {"waiting"}
    stage.wait(7 * HOUR)
    found = looked(stage)
    assert (set(states(found).values()), found.exit_code) == ({"late"}, 2)
    assert "no recovery point yet" in notes(found)


@pytest.mark.parametrize(
    ("wire", "state", "note"),
    [
        ("ProtectionError", "failing", "protection fails"),
        ("BackupsSuspended", "unprotected", "protection is suspended"),
        ("ProtectionStopped", "unprotected", "protection is stopped"),
        ("UpdatingProtection", "ok", ""),
    ],
)
def test_the_state_of_protection(stage: Stage, wire: str, state: str, note: str) -> None:
    stage.wait(DAY)
    body = {"properties": {"currentProtectionState": wire, "protectionStatus": {"status": wire}}}
    stage.sandbox.patch(of(stage, "one"), body)
    found = looked(stage)
    assert states(found) == {"one": state, "two": "ok"}
    assert note in notes(found)
    assert found.exit_code == (0 if state == "ok" else 2)


def test_what_is_declared_to_rest_is_well(stage: Stage) -> None:
    stage.wait(DAY)
    said = manifest(disks=[entry("one", protection="stopped"), entry("two")])
    assert stage.apply(said).ok
    stage.wait(5 * DAY)
    found = looked(stage, said)
    assert (states(found), found.exit_code) == ({"one": "halted", "two": "ok"}, 0)
    assert found.rows[0].newest, "its recovery points are still there"


def test_declared_and_not_there(on_stage: Callable[..., Stage]) -> None:
    stage = on_stage(estate(disk("one"), disk("ade", encrypted_inside=True)))
    found = looked(stage, manifest(disks=[entry("one"), entry("ade"), entry("gone")]))
    assert (states(found), found.exit_code) == ({"ade": "unprotected", "gone": "gone", "one": "unprotected"}, 2)
    assert "Azure Disk Encryption" in notes(found)


def test_a_silent_graph(stage: Stage) -> None:
    stage.wait(DAY)
    handle = stage.recorder.handle
    silent = (503, {"Content-Type": "application/json"}, b'{"error": {"code": "No", "message": "no"}}', 0.0)
    stage.recorder.handle = lambda method, url, *rest: silent if "ResourceGraph" in url else handle(method, url, *rest)  # type: ignore[method-assign]
    found = looked(stage)
    assert (states(found), found.exit_code) == ({"one": "ok", "two": "ok"}, 0), "the vault's jobs were read"
    assert found.skipped == ()
    assert {row.job for row in found.rows} <= {"completed", "inprogress"}
    assert all(row.snapshots for row in found.rows)


def test_drills(stage: Stage) -> None:
    stage.wait(DAY)
    drills = [
        {"name": "monthly", "targetResourceGroup": "drills", "select": {"subscriptions": [APPS]}, "maxAge": "35d"}
    ]
    said = SAID | {"drills": drills}
    never = looked(stage, said)
    assert ([one.code for one in never.findings], never.exit_code) == (["never-proven"], 2)
    proven = stage.sandbox.time().strftime("%Y-%m-%dT%H:%M:%SZ")
    stage.sandbox.patch(of(stage, "one"), {"tags": {"reconciler-owner": "quickstart", "reconciler-proven": proven}})
    stage.wait(12 * DAY)
    found = looked(stage, said)
    assert (found.findings, found.exit_code) == ((), 0)
    assert [bool(row.proven) for row in found.rows] == [True, False]
    assert "12 days ago" in listing_text(status_listing(found), style=Style(width=200))


def test_its_forms(stage: Stage) -> None:
    stage.wait(DAY)
    stage.sandbox.remove(of(stage, "two"))
    found = looked(stage)
    document = status_document(found)
    jsonschema.Draft202012Validator(json.loads(schema_text("status"))).validate(json.loads(text(document)))
    assert document["summary"] == {
        "disks": 2, "gone": 0, "failing": 0, "late": 0, "unprotected": 1, "unknown": 0, "waiting": 0, "halted": 0, "ok": 1,
    }  # fmt: skip
    for shown in (listing_text(status_listing(found)), listing_markdown(status_listing(found))):
        assert "Status: 1 ok, 1 unprotected of 2 disks." in shown
        assert "no backup instance" in shown
    assert POLICY["name"] in listing_text(status_listing(found))
