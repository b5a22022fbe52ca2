"""A restore of several disks dies at any call: the same command again brings all of them back, each restored once."""

from __future__ import annotations

import os
from collections import Counter
from functools import partial
from pathlib import Path

import pytest
from arm import APPS, disk, disk_id, group
from faults import killed_after, killed_before, lost_after
from manifests import disk as entry
from manifests import manifest
from operating import RUN, back_up, planned, world
from replaying import Story, clean_run, is_write, kill_points, killed, on_file, process, recovery_points
from stage import carried_out
from trial import Run, Trial

from reconciler.planning.recovering import Recovery, make
from reconciler.planning.restoring import Wish

LONG = bool(os.environ.get("RECONCILER_LONG_TESTS"))
pytestmark = [pytest.mark.long, pytest.mark.timeout(7200 if LONG else 400)]
NAMES = ("a", "b", "c")
SAID = manifest(disks=[entry(name) for name in NAMES])
MARKS = {"reconciler-restored": RUN, "reconciler-returned": RUN}
ASKED = Recovery(("a", "b", "c"), Wish(disk="", group="", run=RUN, resumes=True))


@pytest.fixture
def story(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Story:
    """Three disks with recovery points that are gone, and one that is not."""
    estate = world(*map(disk, (*NAMES, "bystander")), group(APPS, "diskrg"), switches={"propagation": "0"})
    del estate["restoreTargets"]
    with on_file(tmp_path / "before", estate, SAID, monkeypatch) as trial:
        assert trial.apply().code == 0
        trial.session.clock = trial.sandbox.time  # type: ignore[misc]
        back_up(trial, *NAMES)
        for name in NAMES:
            trial.sandbox.remove(disk_id(name))
        kept = tmp_path / "kept"
        kept.mkdir()
        return Story.told(kept, trial, monkeypatch)


def recover(trial: Trial) -> Run:
    """One run in a process of its own; Killed passes."""
    with process(trial, "restore") as (run, session):
        run.plan = planned(trial, trial.said, partial(make, asked=ASKED))
        run.outcome = carried_out(session, run.plan)
    return run


def is_whole(trial: Trial, story: Story) -> None:
    """The next run ends it: every disk is there with our mark, restored once, and a third run writes nothing."""
    run = recover(trial)
    assert run.outcome is not None
    assert run.outcome.ok, run.outcome
    trial.sandbox.world.settle()
    for name in NAMES:
        assert trial.get(disk_id(name), version="2024-03-02")["tags"] == MARKS, name
    assert story.kept <= recovery_points(trial)
    again = recover(trial)
    assert again.outcome is not None
    assert (again.outcome.ok, again.writes) == (True, []), again.outcome
    begun = Counter(call.path for call in trial.weather.calls if call.kind == "POST restore" and call.status == 202)
    assert set(begun.values()) == {1}, "each is restored once"


def test_f22_a_recovery_killed_at_every_call(story: Story, capsys: pytest.CaptureFixture[str]) -> None:
    clean = clean_run(story, recover)
    points, writes = kill_points(clean, every=LONG), len(clean.writes)
    for number in points:
        with story.world() as trial:
            assert killed(trial, recover, number, killed_before)
            is_whole(trial, story)
    for number in range(writes):
        with story.world() as trial:
            assert killed(trial, recover, number, killed_after, writes=True)
            is_whole(trial, story)
    with capsys.disabled():
        print(f"\nrecovery: {len(points)} kill points and {writes} lost answers to writes, all ended")  # noqa: T201


def test_f22_the_answer_to_every_write_of_a_recovery_lost_and_nobody_killed(story: Story) -> None:
    for number in range(len(clean_run(story, recover).writes)):
        with story.world() as trial:
            trial.inject("*", lost_after, skip=number, where=is_write)
            is_whole(trial, story)


def test_f22_a_recovery_killed_twice_in_a_row(story: Story) -> None:
    for number in kill_points(clean_run(story, recover), every=LONG)[:: 1 if LONG else 9]:
        with story.world() as trial:
            killed(trial, recover, number, killed_after)
            killed(trial, recover, number, killed_before)
            is_whole(trial, story)
