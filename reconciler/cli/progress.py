"""Progress of a running command on stderr: a line for each group of changes, or with `--verbose` for each event."""

from __future__ import annotations

import sys
from contextlib import AbstractContextManager, nullcontext
from typing import Any

from reconciler.applying.progress import Progress
from reconciler.base.clock import Clock
from reconciler.base.escape import plain
from reconciler.base.plurals import duration
from reconciler.cli.output import Output
from reconciler.model.addresses import NOWHERE, Address
from reconciler.model.changes import Action, Change
from reconciler.model.plan import Plan
from reconciler.model.results.outcome import Result, Status
from reconciler.model.short_names import ShortNames
from reconciler.report.advance import Advance, Cohort

_DOING = {Action.ADD: "creating…", Action.CHANGE: "changing…", Action.DESTROY: "removing…"}
_MINUTE = 60.0


class Lines(Progress):
    """Prints a line for each event; durations are measured by the run's clock, not by the wall clock."""

    def __init__(self, output: Output, clock: Clock | None = None) -> None:
        self.clock = clock
        self._output = output
        self._names = ShortNames()
        self._begun: dict[str, float] = {}
        self._first: dict[str, tuple[str, float]] = {}

    def started(self, change: Change) -> None:
        """Print `policy/TestBkpVault/diskBkpPolicy: creating…`."""
        self._begun[change.address] = self._now()
        self._beside(_DOING[change.action], change.address)

    def told(self, address: Address, text: str) -> None:
        """Print an event of a change; a repeated one says for how long it has lasted."""
        first = self._first.get(address, ("", 0.0))
        if first[0] != text:
            first = self._first[address] = (text, self._now())
        lasted = self._now() - first[1]
        self._beside(f"{plain(text)}{f' ({duration(lasted)} so far)' if lasted else ''}", address)

    def ended(self, result: Result) -> None:
        """Print `…: done after 12 s`, or how else the change ended and why."""
        begun = self._begun.pop(result.address, None)
        after = f" after {duration(self._now() - begun)}" if begun is not None else ""
        self._say(f"{self._shown(result.address)}: {self._names.of_message(_ending(result, after))}")

    def throttled(self, what: str, seconds: float) -> None:
        """Print `throttled by …, waiting 7 s`."""
        self._beside(f"throttled by {plain(what)}, waiting {duration(seconds)}")

    def held_back(self, what: str, seconds: float) -> None:
        """Print `rate limit of …, waiting 12 s`."""
        self._beside(f"rate limit of {plain(what)}, waiting {duration(seconds)}")

    def retrying(self, why: str, seconds: float) -> None:
        """Print `No answer …; trying again in 7 s`."""
        self._beside(f"{plain(why)}; trying again in {duration(seconds)}")

    def simulated(self) -> None:
        """Mark all output from here on as simulated."""
        self._output.simulated = True

    def running(self, plan: Plan) -> AbstractContextManager[object]:
        """Around the run of a plan."""
        self._names = plan.names
        return nullcontext()

    def _now(self) -> float:
        return self.clock.monotonic() if self.clock else 0.0

    def _shown(self, address: Address) -> str:
        return plain(self._names.shown(address))

    def _say(self, line: str) -> None:
        """Print a line about what ended."""
        self._output.tell(line + "\n")

    def _beside(self, text: str, address: Address = NOWHERE) -> None:
        """Print what is in progress."""
        self._say(f"{self._shown(address)}: {text}" if address else text)


class Groups(Lines):
    """Prints a line for each group of changes when it is over, and each minute until then; failures at once.

    A cause that fails many changes is told once. Outside of `running`, everything is printed as it comes.
    """

    def __init__(self, output: Output, clock: Clock | None = None) -> None:
        super().__init__(output, clock)
        self._advance: Advance | None = None
        self._since: dict[Cohort, float] = {}
        self._causes: set[str] = set()
        self._hindered: dict[str, float] = {}
        self._told_at = 0.0

    def running(self, plan: Plan) -> AbstractContextManager[object]:
        """Around the run of a plan."""
        self._advance = Advance(plan)
        self._told_at = self._now()
        return super().running(plan)

    def started(self, change: Change) -> None:
        """Count a change as begun."""
        group = self._group(change.address)
        if group is None:
            super().started(change)
            return
        self._since.setdefault(group, self._now())
        self._begun[change.address] = self._now()
        group.start(change)
        self._show(group)

    def told(self, address: Address, text: str) -> None:
        """Leave out what concerns one change of many."""
        group = self._group(address)
        if group is None:
            super().told(address, text)
        else:
            self._show(group)

    def turned(self, address: Address, state: str) -> None:
        """Count a change in its state."""
        group = self._group(address)
        if group is not None:
            group.turn(address, state)
            self._show(group)

    def ended(self, result: Result) -> None:
        """Count a change as ended; tell the first failure of a cause, and a group that is over."""
        group = self._group(result.address)
        cause = result.code or result.message
        if group is None or (result.status is Status.FAILED and cause not in self._causes):
            self._causes.add(cause)
            super().ended(result)
        if group is None:
            return
        since = self._since.setdefault(group, self._now())
        group.end(result)
        self._show(group)
        if group.is_over:
            lasted = self._now() - since
            self._say(f"{group.text}{f' after {duration(lasted)}' if lasted else ''}")

    def minute(self) -> None:
        """Print how far each group is, unless that was printed just now."""
        if self._now() - self._told_at < _MINUTE * 0.9:
            return
        self._told_at = self._now()
        for group in self._advance.under_way() if self._advance else ():
            self._say(f"{group.text} ({duration(self._now() - self._since.get(group, self._now()))} so far)")

    def _group(self, address: Address) -> Cohort | None:
        return self._advance.of(address) if self._advance else None

    def _show(self, group: Cohort) -> None:  # noqa: ARG002 - all groups are told together
        """Show that a group has moved on: that takes a line only when the last ones are a minute old."""
        if self._now() - self._told_at >= _MINUTE:
            self.minute()

    def _beside(self, text: str, address: Address = NOWHERE) -> None:
        """Print what hinders the run, the same at most once a minute."""
        kind = text.partition(", waiting")[0].partition("; trying")[0]
        last = self._hindered.get(kind)
        if self._advance is None or last is None or self._now() - last >= _MINUTE:
            self._hindered[kind] = self._now()
            super()._beside(text, address)


class OneLine(Groups):
    """One line that changes, at the bottom of a terminal: how many changes have ended, and how far each group is."""

    def __init__(self, output: Output, clock: Clock | None = None) -> None:
        super().__init__(output, clock)
        self._line: Any = None
        self._task: Any = None

    def running(self, plan: Plan) -> AbstractContextManager[object]:
        """Around the run of a plan."""
        # rich is large, and only a terminal shows a line that changes
        from rich.console import Console
        from rich.progress import MofNCompleteColumn, TextColumn, TimeElapsedColumn
        from rich.progress import Progress as RichProgress
        from rich.table import Column

        super().running(plan)
        self._line = RichProgress(
            MofNCompleteColumn(),
            TimeElapsedColumn(),
            TextColumn("{task.description}", markup=False, table_column=Column(ratio=1, no_wrap=True)),
            console=Console(stderr=True),
            expand=True,
            transient=True,
        )
        self._task = self._line.add_task("", total=len(plan.changes) + len(plan.waits))
        line: AbstractContextManager[object] = self._line
        return line

    def ended(self, result: Result) -> None:
        """Count a change as ended, and show it."""
        super().ended(result)
        if self._line is not None:
            self._line.advance(self._task)

    def minute(self) -> None:
        """Print nothing, since the line has it."""

    def _show(self, group: Cohort) -> None:
        told = "; ".join(one.text for one in self._advance.under_way()) if self._advance else ""
        self._line.update(self._task, description=told or group.text)

    def _beside(self, text: str, address: Address = NOWHERE) -> None:
        if self._line is None:
            super()._beside(text, address)
        else:
            self._line.update(self._task, description=text)

    def _say(self, line: str) -> None:
        if self._line is None:
            super()._say(line)
        else:
            self._line.console.print(line, markup=False, highlight=False, soft_wrap=True)


def _ending(result: Result, after: str) -> str:
    if result.status is Status.DONE:
        return f"done{after}" if result.action else "no longer in progress"
    if result.status is Status.SKIPPED:
        return f"skipped (because {plain(result.because or result.message)})"
    word = "failed" if result.status is Status.FAILED else "still in progress"
    code = f" {plain(result.code)}:" if result.code else ""
    return f"{word}{after}:{code} {plain(result.message)}".rstrip(": ")


def listener(output: Output) -> Lines:
    """A line that changes when stderr is a terminal, lines for groups elsewhere, with `--verbose` a line for each event."""
    if output.verbose:
        return Lines(output)
    return OneLine(output) if sys.stderr.isatty() else Groups(output)
