"""A decommissioning with a day: stopped at once, announced, and deleted only as confirmed, with the key."""

from __future__ import annotations

from typing import Any

import pytest
from arm import disk, disk_id, estate, vault_id
from manifests import DISK, POLICY, manifest
from stage import Stage, codes, failures

from reconciler.model.plan import Plan

DAY = 24 * 3600
NAMES = ("legacy-1", "legacy-2")
AFTER = "2026-02-20"
"""The sandbox's clock begins on 2026-01-05."""


def going(**said: Any) -> dict[str, Any]:
    """The manifest that takes both disks out."""
    entry = {"id": [disk_id(name) for name in NAMES], "data": "delete", "reason": "ticket 4711", "after": AFTER, **said}
    return manifest(disks=None, removed=[{key: value for key, value in entry.items() if value is not None}])


@pytest.fixture
def backed(on_stage: Any) -> Stage:
    """Two disks with a recovery point each."""
    stage: Stage = on_stage(estate(*(disk(name, tags={"app": "legacy"}) for name in NAMES)))
    said = manifest(disks=[DISK | {"id": disk_id(name)} for name in NAMES], policies=[POLICY])
    outcome = stage.apply(said)
    assert outcome.ok, failures(outcome)
    for row in stage.instances(vault_id()).values():
        backup = {"backupRuleOptions": {"ruleName": "BackupHourly", "triggerOption": {}}}
        stage.ask("POST", f"{row['id']}/backup", backup)
    stage.wait(900)
    return stage


def states(stage: Stage) -> list[str]:
    return [str(row["properties"]["currentProtectionState"]) for row in stage.instances(vault_id()).values()]


def points(stage: Stage) -> int:
    return sum(len(stage.get(f"{row['id']}/recoveryPoints")["value"]) for row in stage.instances(vault_id()).values())


def told_of(plan: Plan, code: str) -> int:
    return sum(one.code == code for one in plan.findings)


def told(stage: Stage, said: dict[str, Any], code: str, **options: Any) -> str:
    (found,) = (one for one in stage.plan(said, **options).findings if one.code == code)
    return f"{found.message} | {found.hint}"


def test_a_decommissioning_from_its_commit_to_its_end(backed: Stage) -> None:
    outcome = backed.apply(going())
    assert outcome.ok, failures(outcome)
    assert states(backed) == ["ProtectionStopped"] * 2
    count = points(backed)
    assert count >= 2
    drift = backed.drift(going())
    assert (drift.exit_code, drift.plan.changes) == (0, ())
    assert "deletion-ahead" not in codes(drift.plan)

    backed.wait(20 * DAY)
    drift = backed.drift(going())
    assert drift.exit_code == 0
    ahead = told(backed, going(), "deletion-ahead")
    assert f"2 backup instances with {count} recovery points of 2026-01-05 may be deleted from {AFTER} on" in ahead
    early = backed.plan(going(confirm={"instances": 2, "points": count}), allow_delete=2)
    assert [one.code for one in early.errors] == ["confirm-early"]
    assert [gate.name for gate in early.closed_gates] == ["allow-delete"]

    backed.wait(30 * DAY)
    drift = backed.drift(going())
    assert (drift.exit_code, drift.counted) == (2, {"not-yet-applied": 1})
    assert f"`confirm: {{instances: 2, points: {count}}}`" in told(backed, going(), "deletion-unconfirmed")
    for numbers in ({"instances": 1, "points": count}, {"instances": 2, "points": count + 1}):
        wrong = backed.plan(going(confirm=numbers))
        assert ([one.code for one in wrong.errors], wrong.changes) == (["confirm-differs"], ())
    assert states(backed) == ["ProtectionStopped"] * 2

    said = going(confirm={"instances": 2, "points": count})
    due = backed.plan(said)
    assert (due.changes, told_of(due, "deletion-due"), due.errors) == ((), 2, ())
    outcome = backed.apply(said, allow_delete=2, force=frozenset({"mass-change"}))
    assert outcome.ok, failures(outcome)
    assert states(backed) == []
    assert len(backed.get(f"{vault_id()}/deletedBackupInstances")["value"]) == 2
    assert backed.plan(said).changes == ()
    assert backed.drift(said).exit_code == 0


def test_a_hold_brings_back_what_was_deleted(backed: Stage) -> None:
    backed.apply(going())
    count = points(backed)
    backed.wait(50 * DAY)
    numbers = {"instances": 2, "points": count}
    assert backed.apply(going(confirm=numbers), allow_delete=2).ok
    outcome = backed.apply(going(hold="legal case 12", confirm=numbers))
    assert outcome.ok, failures(outcome)
    assert states(backed) == ["ProtectionStopped"] * 2
    assert points(backed) == count
    held = backed.plan(going(hold="legal case 12", confirm=numbers), allow_delete=2)
    assert (held.changes, told_of(held, "deletion-held")) == ((), 2)
    assert [gate.name for gate in held.closed_gates] == ["allow-delete"]


def test_a_selector_takes_out_what_it_matches_and_deletes_what_is_confirmed(backed: Stage) -> None:
    select = {"subscriptions": [disk_id("x").split("/")[2]], "tags": {"app": "legacy"}}
    chosen = {"id": None, "select": select, "after": None}
    assert backed.apply(going(**chosen)).ok
    assert states(backed) == ["ProtectionStopped"] * 2
    assert "deletion-unconfirmed" in codes(backed.plan(going(**chosen)))
    said = going(**chosen, confirm={"instances": 2, "points": points(backed)})
    outcome = backed.apply(said, allow_delete=2)
    assert outcome.ok, failures(outcome)
    assert states(backed) == []
    assert backed.drift(said).exit_code == 0
