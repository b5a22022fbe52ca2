"""A move dies at any of its writes: the next run ends it, and no recovery point is lost on the way."""

from __future__ import annotations

from functools import partial
from pathlib import Path

import pytest
from arm import disk, vault_id
from faults import Fault, killed_after, killed_before
from manifests import DISK, POLICY, VAULT, Data, manifest
from operating import back_up, planned, world
from replaying import Story, killed, on_file, process, recovery_points
from stage import carried_out
from trial import Run, Trial

from reconciler.planning import moving

pytestmark = [pytest.mark.long, pytest.mark.timeout(400)]
BOTH = [VAULT, {"name": "NewVault", "resourceGroup": "newRG"}]
AFTER = manifest(vaults=BOTH, disks=[DISK | {"vault": "NewVault"}])


@pytest.fixture(params=["refused", "accepted"])
def story(request: pytest.FixtureRequest, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Story:
    """A disk with a recovery point, about to be moved, where Azure takes a stopped disk elsewhere and where it doesn't."""
    estate = world(disk("PSTestDisk"), switches={"propagation": "0", "stopped_elsewhere": request.param})
    del estate["restoreTargets"]
    with on_file(tmp_path / "before", estate, manifest(vaults=BOTH), monkeypatch) as trial:
        assert trial.apply().code == 0
        trial.session.clock = trial.sandbox.time  # type: ignore[misc]
        back_up(trial)
        trial.said = AFTER
        kept = tmp_path / "kept"
        kept.mkdir()
        return Story.told(kept, trial, monkeypatch)


def move(trial: Trial, said: Data = AFTER) -> Run:
    """One run in a process of its own; Killed passes."""
    planner = partial(moving.make, disks=("PSTestDisk",), through_soft_delete=True)
    with process(trial, "move") as (run, session):
        plan = planned(trial, said, planner)
        assert not plan.errors, plan.errors
        carried_out(session, plan)
    return run


def ends_well(trial: Trial, story: Story, said: Data = AFTER) -> None:
    run = move(trial, said)
    assert run.outcome is not None
    assert run.outcome.ok, run.outcome
    found = [trial.instances(vault)["pstestdisk"] for vault in (vault_id(), vault_id("NewVault", "newRG"))]
    states = [row["properties"]["currentProtectionState"] for row in found]
    assert states == ["ProtectionStopped", "ProtectionConfigured"]
    assert story.kept
    assert story.kept <= recovery_points(trial), "a recovery point is lost"
    assert move(trial, said).writes == []


@pytest.mark.parametrize("fault", [killed_before, killed_after])
def test_f22_a_move_killed_at_every_write(story: Story, fault: Fault) -> None:
    with story.world() as trial:
        writes = len(move(trial).writes)
    assert writes >= 4
    for number in range(writes):
        with story.world() as trial:
            assert killed(trial, move, number, fault, writes=True)
            ends_well(trial, story)


LONGER = manifest(
    vaults=BOTH, policies=[POLICY | {"retention": {"default": "30d"}}], disks=[DISK | {"vault": "NewVault"}]
)


@pytest.mark.parametrize("fault", [killed_before, killed_after])
def test_f22_another_policy_for_a_moved_disk_killed_at_every_write(story: Story, fault: Fault) -> None:
    """What the move has left makes room for the change, and is soft-deleted for a while."""
    with story.world() as trial:
        move(trial)
        trial.said = LONGER
        run = trial.apply()
        assert run.code == 0, run.text
        writes = len(run.writes)
    assert writes >= 3
    for number in range(writes):
        with story.world() as trial:
            move(trial)
            trial.said = LONGER
            assert killed(trial, lambda own: own.apply(), number, fault, writes=True)
            assert trial.apply().code == 0
            ends_well(trial, story, LONGER)
            assert trial.apply().code == 0
            assert trial.drift().code == 0
