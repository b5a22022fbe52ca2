"""`--ask FILE`: writes what other people have to do."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import click

from reconciler.cli.failure import tell_error
from reconciler.cli.output import Output
from reconciler.cli.writing import check_writable, write_file
from reconciler.connection.session import Session
from reconciler.flow.run import Task, planned
from reconciler.model.errors import ReconcilerError, UsageError
from reconciler.model.manifest import Manifest
from reconciler.model.plan import Plan
from reconciler.model.results.outcome import Outcome
from reconciler.model.results.registration import Registration
from reconciler.report.handover import ask_for, ask_markdown, ask_script
from reconciler.verbs.handover import unregistered

Command = Callable[..., int]
_FORMS = (".sh", ".md")


def ask_option(command: Command) -> Command:
    """`--ask FILE`, repeatable."""
    return click.option(
        "--ask",
        "asks",
        metavar="FILE",
        multiple=True,
        help="Write what others must do (role assignments, provider registrations, locks) to a .sh or .md file.",
    )(command)


class Desk:
    """The ask-files of one command; without any, it does nothing and sends Azure nothing."""

    def __init__(self, names: tuple[str, ...], manifest: Manifest, output: Output) -> None:
        self._paths = tuple(map(Path, names))
        self._manifest = manifest
        self._output = output
        self._registrations: tuple[Registration, ...] = ()
        for path in self._paths:
            if path.suffix not in _FORMS:
                raise UsageError(f"`--ask` can't write `{path}`", hint="name a file that ends in .sh or .md")
            check_writable(path, "the ask-file")

    def look(self, session: Session, task: Task) -> Plan:
        """The plan; if Azure can't be read, the files are written with what is known to be missing."""
        if not self._paths:
            return planned(session, task)

        self._registrations = session.run(lambda azure, _clock: unregistered(azure, self._manifest))
        try:
            return planned(session, task)
        except ReconcilerError:
            self.write(None)
            raise

    def write(self, plan: Plan | None, outcome: Outcome | None = None) -> int:
        """Write the files: 0, or 1, with a message, if one could not be written."""
        if not self._paths:
            return 0

        ask = ask_for(self._manifest.name, plan, outcome, self._registrations)
        failed = 0
        for path in self._paths:
            try:
                write_file(path, (ask_script if path.suffix == ".sh" else ask_markdown)(ask), "the ask-file")
            except UsageError as error:
                tell_error(error, self._output)
                failed = 1
        return failed
