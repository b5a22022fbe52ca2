"""Progress of a running command on stderr: bars on a terminal, plain lines elsewhere."""

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
from reconciler.model.results.outcome import Result, Status

_DOING = {Action.ADD: "creating…", Action.CHANGE: "changing…", Action.DESTROY: "removing…"}
_BAR = 20


class Lines(Progress):
    """Prints a line for each event; durations are measured by the run's clock, not by the wall clock."""

    def __init__(self, output: Output, clock: Clock | None = None) -> None:
        self.clock = clock
        self._output = output
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
        self._say(f"{plain(result.address)}: {_ending(result, after)}")

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

    def running(self, total: int) -> AbstractContextManager[object]:  # noqa: ARG002 - lines need no total
        """Around the run of `total` changes and waits."""
        return nullcontext()

    def _now(self) -> float:
        return self.clock.monotonic() if self.clock else 0.0

    def _say(self, line: str) -> None:
        """Print a line about what ended."""
        self._output.tell(line + "\n")

    def _beside(self, text: str, address: Address = NOWHERE) -> None:
        """Print what is in progress."""
        self._say(f"{plain(address)}: {text}" if address else text)


class Bars(Lines):
    """A bar for the whole run, below the lines about what ended; what is in progress shows only beside the bar.

    Outside of `running` there is no bar, and everything is printed as lines.
    """

    def __init__(self, output: Output, clock: Clock | None = None) -> None:
        super().__init__(output, clock)
        self._bar: Any = None
        self._task: Any = None

    def running(self, total: int) -> AbstractContextManager[object]:
        """Around the run of `total` changes and waits."""
        # rich is large, and only a terminal shows bars
        from rich.console import Console
        from rich.progress import BarColumn, MofNCompleteColumn, TextColumn, TimeElapsedColumn
        from rich.progress import Progress as RichProgress
        from rich.table import Column

        self._bar = RichProgress(
            BarColumn(bar_width=_BAR),
            MofNCompleteColumn(),
            TimeElapsedColumn(),
            TextColumn("{task.description}", markup=False, table_column=Column(ratio=1, no_wrap=True)),
            console=Console(stderr=True),
            expand=True,
            transient=True,
        )
        self._task = self._bar.add_task("", total=total)
        bar: AbstractContextManager[object] = self._bar
        return bar

    def ended(self, result: Result) -> None:
        """Print a line above the bar, and advance the bar."""
        super().ended(result)
        if self._bar is not None:
            self._bar.advance(self._task)

    def _beside(self, text: str, address: Address = NOWHERE) -> None:
        if self._bar is None:
            super()._beside(text, address)
        else:
            name = f"{plain(address.name)}: " if address else ""
            self._bar.update(self._task, description=f"{name}{text}")

    def _say(self, line: str) -> None:
        if self._bar is None:
            super()._say(line)
        else:
            self._bar.console.print(line, markup=False, highlight=False, soft_wrap=True)


def _ending(result: Result, after: str) -> str:
    if result.status is Status.DONE:
        return f"done{after}" if result.action else "no longer in progress"
    if result.status is Status.SKIPPED:
        return f"skipped (because {plain(result.because or result.message)})"
    word = "failed" if result.status is Status.FAILED else "still in progress"
    code = f" {plain(result.code)}:" if result.code else ""
    return f"{word}{after}:{code} {plain(result.message)}".rstrip(": ")


def listener(output: Output) -> Lines:
    """Bars when stderr is a terminal, lines otherwise."""
    return Bars(output) if sys.stderr.isatty() else Lines(output)
