"""A story told up to a point, kept, and gone on with as often as a test wants: each time in a world of its own."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from itertools import count
from pathlib import Path
from typing import Any

import invariants
import pytest
from faults import Asked, Fault, Killed
from stage import carried_out
from trial import Run, Trial

from reconciler.flow.run import Task, planned
from reconciler.model.plan import Options
from reconciler.planning.keys import keys


@dataclass
class Story:
    """An estate file with its state, the manifest that is to be applied on it, and the options to apply it with."""

    folder: Path
    said: Mapping[str, Any]
    monkeypatch: pytest.MonkeyPatch
    options: dict[str, Any] = field(default_factory=dict)
    kept: frozenset[str] = frozenset()
    _number: count[int] = field(default_factory=count)

    @classmethod
    def told(cls, folder: Path, trial: Trial, monkeypatch: pytest.MonkeyPatch, **options: Any) -> Story:
        """The story of a trial on an estate file, as far as it has come; the trial is over by this."""
        story = cls(folder, trial.said, monkeypatch, options, recovery_points(trial))
        trial.sandbox.save()
        for path in trial.folder.glob("azure.estate*"):
            shutil.copy(path, folder / path.name)
        return story

    def world(self) -> Trial:
        """A world in which the story has come so far."""
        folder = self.folder / str(next(self._number))
        folder.mkdir()
        for path in self.folder.glob("azure.estate*"):
            shutil.copy(path, folder / path.name)
        return Trial(folder, folder / "azure.estate.yaml", self.said, (), self.monkeypatch)


def on_file(folder: Path, estate: Mapping[str, Any], said: Mapping[str, Any], monkeypatch: pytest.MonkeyPatch) -> Trial:
    """A trial on an estate that lies in a file, so that its state can be kept."""
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / "azure.estate.yaml"
    path.write_text(json.dumps(estate), encoding="utf-8")
    return Trial(folder, path, said, (), monkeypatch)


def recovery_points(trial: Trial) -> frozenset[str]:
    """The names of every recovery point, of soft-deleted instances as well."""
    trial.sandbox.world.settle()
    return frozenset(address.rsplit("/", 1)[-1] for address in trial.sandbox.ids("*/recoverypoints/*"))


def attempt(trial: Trial, **options: Any) -> Run:
    """One look and one apply in a process of its own, without the command line around it; Killed passes."""
    run = Run("apply", trial.folder)
    trial._current = run
    trial.weather.is_dead = False
    begun = len(trial.weather.calls)
    manifest = trial.manifest(trial.said)
    try:
        with trial._opened() as session:
            plan = planned(
                session,
                Task(manifest, Options(tool_version="0", **{**options, "force": keys(options.get("force", ()))})),
            )
            carried_out(session, plan)
    finally:
        run.calls = trial.weather.calls[begun:]
        invariants.only_planned_writes(run)
    return run


def killed_at(trial: Trial, number: int, fault: Fault, options: Mapping[str, Any], *, writes: bool = False) -> bool:
    """Apply, and die at the request (or write) of that number, from 0; whether it came so far."""
    injection = trial.inject("*", fault, skip=number, where=(lambda asked: asked.is_write) if writes else _any)
    with suppress(Killed):
        attempt(trial, **options)
    trial.clear()
    return bool(injection.hits)


def _any(_: Asked) -> bool:
    return True


def converges(trial: Trial, story: Story) -> None:
    """A new process ends what was begun: all is as desired, one object each, no recovery point lost, and it stays so."""
    run = attempt(trial, **story.options)
    assert run.outcome is not None
    assert run.outcome.ok, run.outcome
    invariants.one_object_each(trial)
    assert run.plan is not None
    for change in run.plan.changes:
        assert invariants.is_done(trial, change), change.address
    again = attempt(trial, **story.options)
    assert again.plan is not None
    assert (again.plan.changes, again.plan.waits, again.writes) == ((), (), [])
    assert story.kept <= recovery_points(trial), "a recovery point is lost"


def calls_of(story: Story) -> Run:
    """The story's end without a fault, for its calls."""
    with_trial = story.world()
    try:
        run = attempt(with_trial, **story.options)
        assert run.outcome is not None
        assert run.outcome.ok, run.outcome
        converges(with_trial, story)
        return run
    finally:
        with_trial.__exit__()


Teller = Callable[[Trial], Trial]
