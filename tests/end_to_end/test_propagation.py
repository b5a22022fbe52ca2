"""New role assignments take their time; the tool probes in place of sleeping."""

from __future__ import annotations

import itertools
import time

import pytest
from arm import vault_id
from effort import effort
from manifests import manifest
from stage import Stage, failures

MINUTES = 60


def test_twenty_five_minutes_pass_in_under_a_second(fresh: Stage) -> None:
    fresh.switch(propagation=str(25 * MINUTES))
    fresh.plan(manifest())  # imports what every run imports
    began, wall = fresh.sandbox.time(), time.perf_counter()
    outcomes = []
    assert effort(lambda: outcomes.append(fresh.apply(manifest())), runs=1) < 1
    assert outcomes[0].ok, failures(outcomes[0])
    assert time.perf_counter() - wall < 60, "waited by the clock, though the sandbox's time is virtual"
    assert (fresh.sandbox.time() - began).total_seconds() >= 25 * MINUTES
    assert fresh.plan(manifest()).changes == ()


def test_it_probes_with_growing_pauses_and_goes_on_soon_after(fresh: Stage) -> None:
    fresh.switch(propagation=str(10 * MINUTES))
    assert fresh.apply(manifest()).ok
    granted = max(call.at for call in fresh.writes() if call.kind == "PUT roleAssignments")
    probes = [call.at for call in fresh.recorder.calls if call.kind == "POST validateForBackup"]
    written = next(call.at for call in fresh.writes() if call.kind == "PUT backupInstances")
    assert len(probes) > 2
    pauses = [round(later - earlier) for earlier, later in itertools.pairwise(probes)]
    assert len(set(pauses)) > 1, "a fixed sleep would make them all alike"
    assert written - granted < 14 * MINUTES


def test_a_grant_that_takes_effect_at_once_is_not_waited_for(fresh: Stage) -> None:
    fresh.switch(propagation="0", principal_replication="0")
    began = fresh.sandbox.time()
    assert fresh.apply(manifest()).ok
    assert (fresh.sandbox.time() - began).total_seconds() < 6 * MINUTES


@pytest.mark.parametrize("failure", ["protection-error", "refused", "operation-failed", "given-up"])
def test_a_permission_that_flaps_is_tried_again(fresh: Stage, failure: str) -> None:
    fresh.switch(propagation="300..600", propagation_flap=True, permission_failure=failure)
    outcome = fresh.apply(manifest())
    assert outcome.ok, failures(outcome)
    assert fresh.plan(manifest()).changes == ()


def test_what_is_not_effective_after_thirty_minutes_fails_and_the_next_run_goes_on(fresh: Stage) -> None:
    fresh.switch(propagation=str(50 * MINUTES))
    outcome = fresh.apply(manifest())
    assert not outcome.ok
    assert "pstestdisk" not in fresh.instances(vault_id())
    fresh.wait(30 * MINUTES)
    again = fresh.apply(manifest())
    assert again.ok, failures(again)
    assert fresh.plan(manifest()).changes == ()
