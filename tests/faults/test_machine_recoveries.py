"""A recovery of a machine dies at any call: the same command again makes the same copies, each once, and no others."""

from __future__ import annotations

from collections import Counter
from datetime import timedelta
from functools import partial
from pathlib import Path

import pytest
from arm import APPS, disk, disk_id, group
from faults import killed_after, killed_before
from manifests import disk as entry
from manifests import manifest
from operating import RUN, back_up, planned, world
from replaying import Story, clean_run, kill_points, killed, on_file, process, recovery_points
from stage import carried_out
from trial import Run, Trial

from reconciler.planning.machine import MachineRecovery, make
from reconciler.planning.restoring import Wish

pytestmark = [pytest.mark.long, pytest.mark.timeout(400)]
NAMES = ("os", "data", "log")
MACHINE = disk_id("web").replace("/disks/", "/virtualMachines/")
ASKED = MachineRecovery(MACHINE, Wish(disk="", group="", run=RUN, resumes=True), timedelta(days=1))
SAID = manifest(disks=[entry(name) for name in NAMES])


@pytest.fixture
def story(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Story:
    """A machine with three disks that have recovery points."""
    managed = [{"name": name, "managedDisk": {"id": disk_id(name)}} for name in NAMES]
    data = [{**one, "lun": lun} for lun, one in enumerate(managed[1:])]
    web = {
        "id": MACHINE,
        "location": "westus",
        "properties": {"storageProfile": {"osDisk": managed[0], "dataDisks": data}},
    }
    estate = world(*map(disk, NAMES), web, group(APPS, "diskrg"), switches={"propagation": "0"})
    del estate["restoreTargets"]
    with on_file(tmp_path / "before", estate, SAID, monkeypatch) as trial:
        assert trial.apply().code == 0
        trial.session.clock = trial.sandbox.time  # type: ignore[misc]
        back_up(trial, *NAMES)
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
    """The next run ends it: the plan names the same copies, each is there and restored once; a third writes nothing."""
    for writes in (None, []):
        run = recover(trial)
        assert run.outcome is not None
        assert run.outcome.ok, run.outcome
        assert writes is None or run.writes == writes
    trial.sandbox.world.settle()
    assert run.plan is not None
    assert run.plan.rebuild is not None
    for one in run.plan.rebuild.replaced:
        assert trial.get(one.copy.text, version="2024-03-02")["tags"] == {"reconciler-restored": RUN}
    disks = trial.get(f"{disk_id('').rstrip('/')}", version="2024-03-02")["value"]
    assert len(disks) == 2 * len(NAMES), "a copy of each disk, and no other"
    assert story.kept <= recovery_points(trial)
    begun = Counter(call.path for call in trial.weather.calls if call.kind == "POST restore" and call.status == 202)
    assert set(begun.values()) == {1}, "each is restored once"


def test_f22_the_recovery_of_a_machine_killed_at_any_call(story: Story) -> None:
    points = kill_points(clean_run(story, recover))
    for number in points:
        for fault in (killed_before, killed_after):
            with story.world() as trial:
                killed(trial, recover, number, fault)
                is_whole(trial, story)
