"""A story told up to a point, kept, and gone on with as often as a test wants: each time in a world of its own."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from itertools import count
from pathlib import Path
from typing import Any

import invariants
import pytest
from faults import Asked, Fault, Killed
from stage import carried_out
from trial import Run, Trial

from reconciler.connection.session import Session
from reconciler.flow.run import Task, planned
from reconciler.model.plan import Options
from reconciler.planning.keys import keys

Work = Callable[[Trial], Run]
"""What a process does in a trial; Killed passes."""


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


@contextmanager
def process(trial: Trial, verb: str) -> Iterator[tuple[Run, Session]]:
    """A process of its own, without the command line around it: its run, which gets the calls, and its session.

    Killed passes.
    """
    run = Run(verb, trial.folder)
    trial._current = run
    trial.weather.is_dead = False
    begun = len(trial.weather.calls)
    try:
        with trial._opened() as session:
            trial.session = session
            yield run, session
    finally:
        run.calls = trial.weather.calls[begun:]


def attempt(trial: Trial, **options: Any) -> Run:
    """One look and one apply in a process of its own; Killed passes."""
    manifest = trial.manifest(trial.said)
    chosen = Options(tool_version="0", **{**options, "force": keys(options.get("force", ()))})
    try:
        with process(trial, "apply") as (run, session):
            carried_out(session, planned(session, Task(manifest, chosen)))
    finally:
        invariants.only_planned_writes(trial._current)
    return run


def killed(trial: Trial, work: Work, number: int, fault: Fault, *, writes: bool = False) -> bool:
    """Do something, and die at its request (or write) of that number, from 0; whether it came so far."""
    injection = trial.inject("*", fault, skip=number, where=is_write if writes else lambda _: True)
    with suppress(Killed):
        work(trial)
    trial.clear()
    return bool(injection.hits)


def killed_at(trial: Trial, number: int, fault: Fault, options: Mapping[str, Any], *, writes: bool = False) -> bool:
    """Apply, and die at the request (or write) of that number, from 0; whether it came so far."""
    return killed(trial, lambda own: attempt(own, **options), number, fault, writes=writes)


def is_write(asked: Asked) -> bool:
    """Whether a request is a write."""
    return asked.is_write


def clean_run(story: Story, work: Work) -> Run:
    """The story's end by that work, without a fault."""
    with story.world() as trial:
        run = work(trial)
        assert run.outcome is not None
        assert run.outcome.ok, run.outcome
        return run


def kill_points(run: Run, *, every: bool = False) -> list[int]:
    """The number of every call; unless `every` is wanted, of polls that follow each other only the first."""
    asked = [(call.method, call.path) for call in run.calls]
    return [number for number, call in enumerate(asked) if every or not number or call != asked[number - 1]]


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
