"""A drill with a check of its copies dies at any call, or while the check runs: the next run leaves nothing behind, and takes nothing away that no drill made."""

from __future__ import annotations

import os
from contextlib import suppress
from pathlib import Path

import pytest
from arm import APPS, disk, disk_id, group
from faults import Killed, killed_after, killed_before, lost_after
from manifests import disk as entry
from operating import SCRATCH, back_up, drilled, planned, trial_disk, with_drill, world
from replaying import Story, clean_run, is_write, kill_points, killed, on_file, process, recovery_points
from stage import carried_out
from trial import Run, Trial

from reconciler.base import programs
from reconciler.base.programs import Ending

LONG = bool(os.environ.get("RECONCILER_LONG_TESTS"))
pytestmark = [pytest.mark.long, pytest.mark.timeout(7200 if LONG else 400)]
COPIES = f"{SCRATCH}/providers/Microsoft.Compute/disks"
BYSTANDERS = {f"{COPIES}/by-hand": "quickstart/monthly/x", trial_disk("a", drill="yearly"): "quickstart/monthly/x"}
VAULTS = "/subscriptions/11111111-1111-1111-1111-111111111111"
SAID = with_drill(verify={"command": ["true"]}) | {"disks": [entry("a"), entry("b")]}


@pytest.fixture
def story(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Story:
    """Two disks with recovery points, and disks beside the drill's that only look like its own."""
    estate = world(disk("a"), disk("b"), group(APPS, "diskrg"), switches={"propagation": "0"})
    del estate["restoreTargets"]
    with on_file(tmp_path / "before", estate, SAID, monkeypatch) as trial:
        assert trial.apply().code == 0
        for address, mark in BYSTANDERS.items():
            trial.place({"id": address, "location": "westus", "tags": {"reconciler-restored": mark}})
        for name in ("a", "b"):
            back_up_in(trial, name)
        kept = tmp_path / "kept"
        kept.mkdir()
        return Story.told(kept, trial, monkeypatch)


def back_up_in(trial: Trial, name: str) -> None:
    trial.session.clock = trial.sandbox.time  # type: ignore[misc]
    back_up(trial, name)


def drill(trial: Trial) -> Run:
    """One run in a process of its own; Killed passes."""
    with process(trial, "drill") as (run, session):
        carried_out(session, planned(trial, trial.said, drilled(trial, trial.said)))
    return run


def ends_clean(trial: Trial, story: Story) -> None:
    """The next run leaves what was there before, whether the kill came before the proof or after it."""
    run = drill(trial)
    assert run.outcome is not None
    assert run.outcome.ok, run.outcome
    assert set(left(trial)) == {address.lower() for address in BYSTANDERS}
    assert {disk_id(name).lower() for name in ("a", "b")} <= {row.lower() for row in trial.sandbox.ids("*/disks/*")}
    assert story.kept <= recovery_points(trial)
    tags = [row["tags"] for row in trial.instances(VAULTS).values()]
    assert all(row.get("reconciler-owner") == "quickstart" for row in tags)


def left(trial: Trial) -> list[str]:
    trial.sandbox.world.settle()
    return [row.lower() for row in trial.sandbox.ids(f"{COPIES}/*")]


def test_f22_a_drill_killed_at_every_call(story: Story, capsys: pytest.CaptureFixture[str]) -> None:
    clean = clean_run(story, drill)
    points, writes = kill_points(clean, every=LONG), len(clean.writes)
    for number in points:
        with story.world() as trial:
            assert killed(trial, drill, number, killed_before)
            ends_clean(trial, story)
    for number in range(writes):
        with story.world() as trial:
            assert killed(trial, drill, number, killed_after, writes=True)
            ends_clean(trial, story)
    with capsys.disabled():
        text = f"{len(points)} kill points and {writes} lost answers to writes, nothing left, nothing else gone"
        print(f"\ndrill: {text}")  # noqa: T201 - how many there were is part of what is asked for


def test_f22_the_answer_to_every_write_of_a_drill_lost_and_nobody_killed(story: Story) -> None:
    for number in range(len(clean_run(story, drill).writes)):
        with story.world() as trial:
            trial.inject("*", lost_after, skip=number, where=is_write)
            run = drill(trial)
            assert run.outcome is not None
            assert run.outcome.ok, run.outcome
            assert len([call for call in run.writes if call.kind == "POST restore"]) == 1, "it is restored once"
            assert set(left(trial)) == {address.lower() for address in BYSTANDERS}


def test_f22_a_drill_killed_twice_in_a_row(story: Story) -> None:
    for number in kill_points(clean_run(story, drill), every=LONG)[:: 1 if LONG else 9]:
        with story.world() as trial:
            killed(trial, drill, number, killed_after)
            killed(trial, drill, number, killed_before)
            ends_clean(trial, story)


def test_f22_a_drill_killed_while_its_check_runs(story: Story, monkeypatch: pytest.MonkeyPatch) -> None:
    with story.world() as trial:

        async def killed_meanwhile(*_: object) -> Ending:
            trial.weather.is_dead = True
            raise Killed

        with monkeypatch.context() as patched:
            patched.setattr(programs, "ending", killed_meanwhile)
            with suppress(Killed):
                drill(trial)
        assert len(left(trial)) == len(BYSTANDERS) + 1
        assert not [row for row in trial.instances(VAULTS).values() if "reconciler-proven" in row["tags"]]
        ends_clean(trial, story)


def test_f22_a_failed_drill_killed_at_every_write(story: Story, monkeypatch: pytest.MonkeyPatch) -> None:
    """Whatever was written of the failure, nothing calls the disk proven, and the next run finds a disk that is good."""

    async def failing(*_: object) -> Ending:
        return Ending(1, "bad")

    for fault in (killed_before, killed_after):
        for number in range(5):
            with story.world() as trial:
                with monkeypatch.context() as patched:
                    patched.setattr(programs, "ending", failing)
                    assert killed(trial, drill, number, fault, writes=True)
                assert not [row for row in trial.instances(VAULTS).values() if "reconciler-proven" in row["tags"]]
                ends_clean(trial, story)
