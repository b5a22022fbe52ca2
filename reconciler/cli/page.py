"""The report page for a verb; what the verb has not read itself is read in the same session."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from reconciler import __version__
from reconciler.cli.loading import root_of
from reconciler.cli.writing import Report
from reconciler.connection.session import Session
from reconciler.flow.run import Task, planned
from reconciler.model.errors import ReconcilerError
from reconciler.model.plan import Plan
from reconciler.model.results.outcome import Outcome
from reconciler.model.short_names import ShortNames

if TYPE_CHECKING:
    from reconciler.model.results.coverage import Coverage
    from reconciler.model.results.status import BackupStatus


def page_of(
    session: Session,
    task: Task,
    path: str,
    *,
    plan: Plan | None = None,
    status: BackupStatus | None = None,
    coverage: Coverage | None = None,
    outcome: Outcome | None = None,
) -> str:
    """The page of the manifest's estate as HTML; ReadIncomplete when a look fails."""
    # the other verbs' looks and the page are imported only for a page
    from reconciler.report.page.gathering import gathered
    from reconciler.report.page.render import page_html
    from reconciler.verbs.coverage import coverage as cover
    from reconciler.verbs.status import status as tell

    return page_html(
        gathered(
            plan or planned(session, task),
            status or session.run(lambda azure, clock: tell(azure, clock, task.manifest)),
            coverage or session.run(lambda azure, clock: cover(azure, clock, task.manifest)),
            made=session.clock.now(),
            version=__version__,
            root=root_of(path),
            outcome=outcome,
        )
    )


def page_after(session: Session, task: Task, path: str, names: ShortNames, outcome: Outcome) -> str:
    """The page after an apply: what it did, and the estate as it is now, if it can still be read; `names` if it can't."""
    why = f"Azure, since {outcome.interrupted} interrupted the run" if outcome.interrupted else ""
    if not why:
        try:
            return page_of(session, task, path, outcome=outcome)
        except ReconcilerError as error:
            why = f"Azure, after the run: {error.message}"
    # as in `page_of`
    from reconciler.report.page.gathering import unseen
    from reconciler.report.page.render import page_html

    now = session.clock.now()
    return page_html(
        unseen(outcome, task.manifest.name, why, made=now, version=__version__, names=names, root=root_of(path))
    )


def wants_page(reports: Sequence[Report]) -> bool:
    """Whether one of the reports is the page."""
    return any(report.form == "html" for report in reports)
