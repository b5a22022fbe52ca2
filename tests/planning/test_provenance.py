"""Whether a disk is the one that a restore made: what proves it, and what contradicts."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

import pytest
from plan_builders import NOW, S, disk_id

from reconciler.model.estate import Trace
from reconciler.model.ids import ArmId, group_id, vault_id
from reconciler.model.jobs import RestoreJob
from reconciler.model.known import NO, Known, Unsure, Yes
from reconciler.model.resources import Disk, Origin
from reconciler.planning.provenance import Claim, objection, running

SOURCE = disk_id("d")
GROUP = group_id(S, "snapshots")
SNAPSHOT = ArmId(f"{GROUP}/providers/Microsoft.Compute/snapshots/s")
INSTANCE = vault_id(S, "rg", "V").child("backupInstances", "d")
COPY = disk_id("copy")
TAKEN = NOW - timedelta(hours=5)
CLAIM = Claim(INSTANCE, SOURCE, GROUP, "p1", TAKEN)
JOB = RestoreJob(INSTANCE.parent.child("backupJobs", "j"), "Completed", NOW - timedelta(minutes=9), NOW, "P1", COPY)
ORIGIN = Origin("u-copy", "Copy", SNAPSHOT, "u-snapshot", NOW - timedelta(minutes=1))
ORIGINAL = Origin("u-snapshot", "Copy", SOURCE, "u-source", TAKEN - timedelta(seconds=72))
DRILL = replace(CLAIM, point="", taken=None, mark="m/drill/run-2", earlier="m/drill/")


def copy(**said: Any) -> Disk:
    return Disk(**{
        "id": COPY, "location": "westus", "sku": "Premium_LRS", "tags": {}, "managed_by": None, "encryption_set": None,
        "ade": False, "state": "Unattached", "provisioning_state": "Succeeded", **said,
    })  # fmt: skip


SEEN = Yes(ORIGINAL)


def trace(*jobs: RestoreJob, origin: Origin = ORIGIN, snapshot: Known[Origin] = SEEN, **said: Any) -> Trace:
    return Trace(copy(**said), origin, snapshot, jobs)


def marked(mark: str, **said: Any) -> Trace:
    return trace(tags={"Reconciler-Restored": mark}, **said)


def test_the_job_of_the_restore_proves_it() -> None:
    assert objection(trace(JOB), CLAIM) == ""
    assert objection(trace(replace(JOB, status="CompletedWithWarnings")), CLAIM) == ""
    assert objection(trace(JOB, snapshot=NO), CLAIM) == "", "the snapshot has expired since"
    assert objection(trace(JOB, snapshot=Unsure("it may not be read")), CLAIM) == ""
    assert objection(trace(JOB, origin=Origin("", "", None, "", None)), CLAIM) == "", (
        "what isn't told contradicts nothing"
    )


@pytest.mark.parametrize(
    "jobs",
    [
        (),
        (replace(JOB, status="Failed"),),
        (replace(JOB, status="InProgress"),),
        (replace(JOB, began=NOW + timedelta(hours=1), ended=NOW + timedelta(hours=2)),),
        (replace(JOB, began=NOW - timedelta(hours=3), ended=NOW - timedelta(hours=2)),),
    ],
    ids=["none", "failed", "running", "later", "earlier"],
)
def test_no_job_that_may_have_made_it_is_no_proof(jobs: tuple[RestoreJob, ...]) -> None:
    assert objection(trace(*jobs), CLAIM) == "no restore is known to have made it"


@pytest.mark.parametrize(
    "jobs", [(replace(JOB, point="p2"),), (JOB, replace(JOB, point="p2")), (replace(JOB, point=""),)]
)
def test_a_job_from_another_point_is_no_proof(jobs: tuple[RestoreJob, ...]) -> None:
    assert objection(trace(*jobs), CLAIM).startswith("it was restored from")


def test_any_point_will_do_where_none_is_claimed() -> None:
    assert objection(trace(replace(JOB, point="p2")), DRILL) == ""


def test_azures_clocks_may_be_minutes_apart() -> None:
    for shift in (timedelta(minutes=4), -timedelta(minutes=4)):
        assert objection(trace(replace(JOB, began=ORIGIN.created + shift, ended=ORIGIN.created + shift)), CLAIM) == ""  # type: ignore[operator]


@pytest.mark.parametrize(
    "said",
    [
        {"managed_by": ArmId("/subscriptions/s/vm")},
        {"also_managed_by": (ArmId("/subscriptions/s/vm"),)},
        {"state": "ActiveSAS"},
        {"state": "Reserved"},
    ],
)
def test_a_disk_that_somebody_uses_is_left_alone(said: dict[str, Any]) -> None:
    assert objection(trace(JOB, **said), CLAIM)
    assert objection(marked("m/drill/run-2", **said), DRILL), "even one that this very run has made"


ELSEWHERE = ArmId(f"{group_id(S, 'others')}/providers/Microsoft.Compute/snapshots/s")
CONTRADICTIONS: dict[str, dict[str, Any]] = {
    "made empty": {"origin": replace(ORIGIN, option="Empty")},
    "made from a snapshot elsewhere": {"origin": replace(ORIGIN, source=ELSEWHERE)},
    "made from another disk": {"origin": replace(ORIGIN, source=disk_id("e"))},
    "made from a disk beside the snapshots": {
        "origin": replace(ORIGIN, source=ArmId(f"{GROUP}/providers/Microsoft.Compute/disks/e"))
    },
    "made from another disk's snapshot": {"snapshot": Yes(replace(ORIGINAL, source=disk_id("e")))},
    "made from a snapshot whose name was used again": {"snapshot": Yes(replace(ORIGINAL, unique_id="u-other"))},
}


@pytest.mark.parametrize("said", CONTRADICTIONS.values(), ids=CONTRADICTIONS)
def test_what_it_tells_of_its_making_may_contradict(said: dict[str, Any]) -> None:
    assert objection(trace(JOB, **said), CLAIM), "a job that says otherwise is no help"
    assert objection(marked("m/drill/run-1", **said), DRILL), "nor is the mark of an earlier run"


@pytest.mark.parametrize("hours", [-1, 1])
def test_the_snapshot_of_another_point_contradicts(hours: int) -> None:
    other = Yes(replace(ORIGINAL, created=TAKEN + timedelta(hours=hours)))
    assert "another recovery point" in objection(trace(JOB, snapshot=other), CLAIM)


def test_a_disk_that_is_older_than_the_recovery_point_contradicts() -> None:
    before: datetime = TAKEN - timedelta(hours=1)
    assert objection(trace(JOB, origin=replace(ORIGIN, created=before)), CLAIM) == "it is older than the recovery point"


def test_a_disk_that_was_copied_from_the_source_itself_is_no_contradiction() -> None:
    """What a restored disk names as its source was never recorded."""
    assert objection(trace(JOB, origin=replace(ORIGIN, source=SOURCE)), CLAIM) == ""


def test_the_marks_of_a_drills_runs_prove_it() -> None:
    assert objection(marked("m/drill/run-2", snapshot=NO, origin=replace(ORIGIN, option="Empty")), DRILL) == ""
    assert objection(marked("m/drill/run-1"), DRILL) == ""
    assert "could not be read" in objection(marked("m/drill/run-1", snapshot=Unsure("it is down")), DRILL)


@pytest.mark.parametrize("mark", ["m/other/run-1", "run-1", "m"])
def test_another_mark_proves_nothing(mark: str) -> None:
    assert objection(marked(mark), DRILL) == f"it bears the mark of {mark}"
    assert objection(trace(JOB, tags={"reconciler-restored": mark}), CLAIM) == f"it bears the mark of {mark}"


def test_a_restore_that_is_at_work_is_found() -> None:
    at_work = replace(JOB, status="InProgress", ended=None)
    assert running(trace(JOB, at_work)) == at_work
    assert running(trace(JOB)) is None


def test_a_claim_survives_the_way_through_a_step() -> None:
    for claim in (CLAIM, DRILL, replace(CLAIM, group=None)):
        assert Claim.read(claim.body) == claim
