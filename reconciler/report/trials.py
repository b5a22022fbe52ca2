"""What drills found out, for the terminal, Markdown, documents and the audit file."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from reconciler.base.durations import stamp
from reconciler.base.escape import plain, shortened
from reconciler.base.plurals import duration
from reconciler.base.redaction import redact
from reconciler.model.results.outcome import Outcome
from reconciler.model.results.trial import Trial
from reconciler.model.short_names import ShortNames

HEADS = ("drill", "verdict", "restored in", "verified after", "exit code")
"""Of the table in Markdown."""

_MOST_LINES = 20


def trials_of(outcome: Outcome) -> list[Trial]:
    """The trial restores of a run, in the order of its results."""
    return [result.trial for result in outcome.results if result.trial]


def facts(trial: Trial) -> dict[str, Any]:
    """A trial restore as documents and audit records have it, without what the user's program wrote."""
    return {
        "verdict": str(trial.verdict),
        "code": trial.code,
        "source": trial.source.text,
        "recovery_point": trial.point.text,
        "taken": trial.taken,
        "copy": trial.copy.text,
        "job": trial.job.text if trial.job else None,
        "began": stamp(trial.began),
        "restored": stamp(trial.restored) if trial.restored else None,
        "seconds_to_restored": _whole(trial.seconds_to(trial.restored)),
        "command": list(map(redact, trial.command)) or None,
        "verified": stamp(trial.verified) if trial.verified else None,
        "seconds_to_verified": _whole(trial.seconds_to(trial.verified)),
        "exit_code": trial.exit_code,
    }


def documents(outcome: Outcome, names: ShortNames) -> list[dict[str, Any]]:
    """The trial restores of a run as its document has them."""
    return [
        {"address": one.address, "name": names.shown(one.address), **facts(one), "output": redact(one.output)}
        for one in trials_of(outcome)
    ]


def lines(outcome: Outcome, names: ShortNames) -> Iterator[str]:
    """Each trial restore on a line of its own, and below one that did not pass the end of its program's output."""
    for one in trials_of(outcome):
        yield f"{plain(names.shown(one.address))}: {one.verdict}{_times(one)}"
        if one.exit_code or (one.verified and one.exit_code is None):
            yield from (f"  | {plain(line)}" for line in one.output.splitlines()[-_MOST_LINES:])


def rows(outcome: Outcome, names: ShortNames) -> list[tuple[str, ...]]:
    """The cells of the table in Markdown, below `HEADS`."""
    return [
        (
            names.shown(one.address),
            str(one.verdict),
            _took(one.seconds_to(one.restored)),
            _took(one.seconds_to(one.verified)),
            "-" if one.exit_code is None else str(one.exit_code),
        )
        for one in trials_of(outcome)
    ]


def _times(trial: Trial) -> str:
    told = [f"restored in {_took(trial.seconds_to(trial.restored))}"] if trial.restored else []
    if trial.restored and trial.verified:
        took = duration((trial.verified - trial.restored).total_seconds())
        name = plain(shortened(trial.command[0])) if trial.command else ""
        how = "did not end by itself" if trial.exit_code is None else f"ended with exit code {trial.exit_code}"
        told.append(f"`{name}` {how} after {took}")
    return f" ({', '.join(told)})" if told else ""


def _took(seconds: float | None) -> str:
    return "-" if seconds is None else duration(seconds)


def _whole(seconds: float | None) -> int | None:
    return None if seconds is None else round(seconds)
