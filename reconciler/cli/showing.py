"""A plan on the two streams, the reports beside it, and the exit code that follows from it."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

from reconciler import __version__
from reconciler.cli.loading import recorded, root_of, target_of
from reconciler.cli.output import Output
from reconciler.report.documents import Document, plan_document, text
from reconciler.report.terminal import plan_text

if TYPE_CHECKING:
    from reconciler.cli.options import Connection
    from reconciler.plan.model import Options, Plan


def document_of(plan: Plan, path: str, connection: Connection, options: Options) -> Document:
    """The plan's document, with what a later `apply` of it needs."""
    return plan_document(
        plan,
        tool_version=__version__,
        path=Path(path).as_posix(),
        target=target_of(connection),
        options=recorded(options),
    )


def show_plan(output: Output, plan: Plan, form: str, document: dict[str, Any], path: str) -> None:
    """The plan on stdout in the form that was asked for."""
    if form == "json":
        output.data(text(document))
    elif form == "markdown":
        from reconciler.report.markdown import plan_markdown

        output.data(plan_markdown(plan, root=root_of(path)))
    else:
        output.data(plan_text(plan, style=output.style, root=root_of(path)))


def is_refused(plan: Plan) -> bool:
    """Whether the plan has closed gates or errors: exit code 1."""
    return bool(plan.closed_gates or plan.errors)
