"""A decommissioning dies at any moment: the next run ends it, and nothing is ever deleted that wasn't confirmed."""

from __future__ import annotations

from contextlib import suppress
from pathlib import Path
from typing import Any

import invariants
import pytest
from arm import APPS, disk, disk_id, estate, group, vault_id
from faults import Fault, Killed, killed_after, killed_before
from manifests import DISK, VAULT, manifest
from replaying import Story, attempt, calls_of, killed_at, on_file, recovery_points
from trial import Run, Trial

pytestmark = [pytest.mark.long, pytest.mark.timeout(1800)]
NAMES = ("legacy-1", "legacy-2")
VAULT_ID = vault_id()
OFF = VAULT | {"softDelete": {"state": "Off"}}


def taking_out(confirm: Any = None, **said: Any) -> dict[str, Any]:
    entry = {"id": [disk_id(name) for name in NAMES], "data": "delete", "reason": "ticket 4711", "after": "2026-01-04"}
    entry |= {"confirm": {"instances": confirm[0], "points": confirm[1]}} if confirm else {}
    return manifest(disks=[DISK], removed=[entry], **said)


def told(folder: Path, monkeypatch: pytest.MonkeyPatch, stage: str, *, softly: bool = True) -> Story:
    """Three protected disks, of which two go: up to the run that stops them, or to the one that deletes them."""
    more = {} if softly else {"vaults": [OFF]}
    begun = manifest(disks=[DISK, *(DISK | {"id": disk_id(name)} for name in NAMES)], **more)
    rows = estate(group(APPS, "diskrg"), disk("PSTestDisk"), *map(disk, NAMES))
    rows |= {} if softly else {"switches": {"secure_by_default": "nowhere"}}
    with on_file(folder / "before", rows, begun, monkeypatch) as trial:
        assert trial.apply().code == 0
        for row in trial.instances(VAULT_ID).values():
            trial.ask(
                "POST", f"{row['id']}/backup", {"backupRuleOptions": {"ruleName": "BackupHourly", "triggerOption": {}}}
            )
        trial.wait(900)
        trial.said = taking_out(**more)
        options: dict[str, Any] = {}
        if stage == "deletion":
            assert trial.apply().code == 0
            trial.said = taking_out((2, counted(trial)), **more)
            options = {"allow_delete": 2, "accept_irreversible": not softly}
        kept = folder / "kept"
        kept.mkdir()
        return Story.told(kept, trial, monkeypatch, **options)


def counted(trial: Trial) -> int:
    live = [row for name, row in trial.instances(VAULT_ID).items() if name != "pstestdisk"]
    return sum(len(trial.ask("GET", f"{row['id']}/recoveryPoints")["value"]) for row in live)


def left(trial: Trial) -> set[str]:
    return set(trial.instances(VAULT_ID))


def ended(trial: Trial, options: dict[str, Any]) -> Run:
    """The next runs, as people do them: with the key that the plan asks for, until nothing is left to do."""
    look = attempt(trial, **{**options, "allow_delete": None})
    assert look.plan is not None
    due = [gate for gate in look.plan.gates if gate.name == "allow-delete"]
    if not due:
        return look
    return attempt(trial, **{**options, "allow_delete": len(due[0].addresses)})


@pytest.mark.parametrize("fault", [killed_before, killed_after])
def test_f22_killed_at_every_call_of_a_deletion(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, fault: Fault) -> None:
    story = told(tmp_path, monkeypatch, "deletion")
    begun = story.world()
    clean = attempt(begun, **story.options)
    assert clean.outcome is not None
    assert clean.outcome.ok, clean.outcome
    assert left(begun) == {"pstestdisk"}
    begun.__exit__()
    for number in range(len(clean.calls)):
        with story.world() as trial:
            assert killed_at(trial, number, fault, story.options)
            trial.wait(60)
            run = ended(trial, story.options)
            assert run.plan is not None
            assert not run.plan.errors, (number, run.plan.errors)
            assert run.outcome is None or run.outcome.ok, (number, run.outcome)
            assert left(trial) == {"pstestdisk"}, number
            assert story.kept <= recovery_points(trial), "soft-deleted with all their recovery points"
            invariants.one_object_each(trial)
            again = attempt(trial, **{**story.options, "allow_delete": None})
            assert again.plan is not None
            assert (again.plan.changes, again.writes) == ((), [])


def test_f22_killed_at_every_call_of_the_stop_before_it(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    story = told(tmp_path, monkeypatch, "stop")
    for number in range(len(calls_of(story).calls)):
        with story.world() as trial:
            assert killed_at(trial, number, killed_before, story.options)
            run = attempt(trial)
            assert run.outcome is not None
            assert run.outcome.ok, run.outcome
            assert left(trial) == {"pstestdisk", *NAMES}
            assert story.kept <= recovery_points(trial)


def test_f22_killed_where_soft_delete_is_off_nothing_goes_on_without_new_numbers(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What is deleted for good can't be counted any more, so the rest is confirmed anew."""
    story = told(tmp_path, monkeypatch, "deletion", softly=False)
    begun = story.world()
    clean = attempt(begun, **story.options)
    assert clean.outcome is not None
    assert clean.outcome.ok, clean.outcome
    begun.__exit__()
    seen = set[int]()
    for number in range(len(clean.writes)):
        with story.world() as trial:
            with suppress(Killed):
                assert killed_at(trial, number, killed_after, story.options, writes=True)
            trial.wait(600)
            rest = left(trial) - {"pstestdisk"}
            seen.add(len(rest))
            run = ended(trial, story.options)
            assert run.plan is not None
            if 0 < len(rest) < len(NAMES):
                assert [one.code for one in run.plan.errors] == ["confirm-differs"]
                assert left(trial) - {"pstestdisk"} == rest
                trial.said = taking_out((len(rest), counted(trial)), vaults=[OFF])
                run = ended(trial, story.options)
            assert run.outcome is None or run.outcome.ok, run.outcome
            assert left(trial) == {"pstestdisk"}
    assert 1 in seen, "the case that this is about"
