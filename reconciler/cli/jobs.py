"""`reconciler jobs list`, `show` and `wait`: jobs of backups and restores."""

from __future__ import annotations

from collections.abc import Sequence

import click

from reconciler.cli.columns import table_options
from reconciler.cli.loading import load_manifest
from reconciler.cli.options import connection_options, disks_option, format_option, moment, patience_option
from reconciler.cli.output import Output
from reconciler.cli.progress import listener
from reconciler.connection import opening
from reconciler.connection.choice import Connection
from reconciler.model.addresses import Address
from reconciler.model.errors import UsageError
from reconciler.model.jobs import Job, ended_well
from reconciler.report.columns import View
from reconciler.report.jobs import COLUMNS, jobs_document, jobs_listing
from reconciler.report.listing import forms
from reconciler.verbs import jobs as operation
from reconciler.verbs.jobs import Filter, found

_FORMS = ("text", "json", "markdown")


@click.group()
def jobs() -> None:
    """List, show and wait for jobs of backup vaults: backups and restores."""


@jobs.command("list", short_help="List jobs, newest first, with the cause of each failure.")
@click.argument("path", required=False)
@click.option(
    "--all",
    "everywhere",
    is_flag=True,
    help="List the jobs of every vault that the caller can see, through Resource Graph.",
)
@disks_option
@click.option(
    "--vault",
    "vaults",
    metavar="VAULT",
    multiple=True,
    help="A vault, by its name, address or id, or a pattern with *; may be repeated.",
)
@click.option(
    "--status",
    "statuses",
    metavar="STATUS",
    multiple=True,
    help="Jobs with this status: InProgress, Completed, Failed …; may be repeated.",
)
@click.option(
    "--operation",
    "operations",
    metavar="NAME",
    multiple=True,
    help="Jobs of this operation: Backup, Restore …; may be repeated.",
)
@click.option(
    "--since",
    metavar="TIME",
    default="7d",
    show_default=True,
    help="Jobs started at or after this time, or this long ago (24h, 7d).",
)
@click.option("--until", metavar="TIME", help="Jobs started before this time, or more than this long ago (24h, 7d).")
@format_option(*_FORMS)
@table_options(COLUMNS)
@connection_options
@click.pass_obj
def listed(
    output: Output,
    path: str | None,
    everywhere: bool,
    disks: tuple[str, ...],
    vaults: tuple[str, ...],
    statuses: tuple[str, ...],
    operations: tuple[str, ...],
    since: str,
    until: str | None,
    form: str,
    view: View,
    connection: Connection,
) -> int:
    """List jobs, newest first: of the vaults in the manifest PATH, or of --all, with the cause of each failure."""
    if everywhere == (path is not None):
        raise UsageError(
            "pass either a manifest or `--all`", hint="run `reconciler jobs list PATH`, or `reconciler jobs list --all`"
        )
    manifest = load_manifest(path) if path is not None else None
    with opening.opened(connection, events=listener(output), readonly=True) as session:
        now = session.clock.now()
        wanted = Filter(
            statuses,
            operations,
            disks,
            vaults,
            moment(since, "--since", now),
            moment(until, "--until", now) if until else None,
        )
        rows = session.run(lambda azure, _: found(azure, manifest, wanted, lambda said: output.tell(f"note: {said}\n")))
    _tell(output, rows, form, manifest.name if manifest else None, view)
    return 0


@jobs.command("show", short_help="Show jobs in full.")
@click.argument("path")
@click.argument("names", metavar="JOB...", nargs=-1, required=True)
@format_option(*_FORMS)
@connection_options
@click.pass_obj
def shown(output: Output, path: str, names: tuple[str, ...], form: str, connection: Connection) -> int:
    """Show each JOB, an id or the name of one in a vault of the manifest PATH, and why it failed."""
    manifest = load_manifest(path)
    with opening.opened(connection, events=listener(output), readonly=True) as session:
        rows = session.run(lambda azure, _: operation.shown(azure, manifest, names))
    _tell(output, rows, form, manifest.name)
    return 0


@jobs.command("wait", short_help="Wait until jobs have finished.")
@click.argument("path")
@click.argument("names", metavar="[JOB]...", nargs=-1)
@patience_option
@format_option(*_FORMS)
@connection_options
@click.pass_obj
def waited(output: Output, path: str, names: tuple[str, ...], timeout: float, form: str, connection: Connection) -> int:
    """Wait until each JOB has ended (default: all that run in the vaults of the manifest PATH); exit with 1 if one failed."""
    manifest, progress = load_manifest(path), listener(output)

    def tell(job: Job) -> None:
        progress.told(
            Address(job.id.name), f"{job.operation} of {job.disk.name if job.disk else 'a disk'} is {job.status}"
        )

    # not read-only: a simulated Azure saves what happens during the wait
    with opening.opened(connection, events=progress) as session:
        progress.clock = session.clock
        deadline = session.clock.monotonic() + timeout
        running = operation.Filter(statuses=("InProgress",))
        begun = session.run(
            lambda azure, _: (
                operation.shown(azure, manifest, names) if names else operation.found(azure, manifest, running)
            )
        )
        if not begun:
            output.tell("No job is running in the vaults of the manifest.\n")
        rows = session.run(lambda azure, clock: operation.waited(azure, clock, begun, deadline=deadline, tell=tell))
    _tell(output, rows, form, manifest.name)
    return 0 if all(map(ended_well, rows)) else 1


def _tell(output: Output, rows: Sequence[Job], form: str, manifest: str | None, view: View | None = None) -> None:
    told = forms(jobs_listing(rows), lambda: jobs_document(rows, manifest=manifest), style=output.style, view=view)
    output.report(told[form](), form)
