"""`--runbook FILE`: writes how to bring a machine back, once all copies of its disks are there."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path

from reconciler.base.durations import stamp
from reconciler.base.escape import plain
from reconciler.cli.failure import tell_error
from reconciler.cli.output import Output
from reconciler.cli.writing import check_writable, write_file
from reconciler.model.errors import UsageError
from reconciler.model.plan import Plan
from reconciler.model.results.outcome import Outcome
from reconciler.report.runbook import file_name, runbook

_WHAT = "the runbook"


class Runbook:
    """The runbook of one command: in the file that was asked for, or else in one that is named after machine and time."""

    def __init__(self, name: str | None, output: Output) -> None:
        self._path = None if name is None else Path(name)
        self._output = output
        if self._path is not None:
            check_writable(self._path, _WHAT)

    def write(self, plan: Plan, outcome: Outcome) -> int:
        """Write it, if every copy is as it must be: 0, or 1, with a message, if it could not be written."""
        if plan.rebuild is None:
            return 0
        if not outcome.ok:
            until = stamp(plan.rebuild.at + timedelta(seconds=1))
            again = f"To finish them as of the same moment, run the command again with `--before {until}`."
            self._output.tell(f"No runbook was written, because not all copies are ready. {again}\n")
            return 0
        path = self._path or Path(file_name(plan.rebuild))
        try:
            write_file(path, self._output.marked(runbook(plan.rebuild), "md"), _WHAT)
        except UsageError as error:
            tell_error(error, self._output)
            return 1
        self._output.tell(f"Runbook: {plain(path)}\n")
        return 0
