"""`reconciler backup`: back up disks now, in addition to their schedule."""

from __future__ import annotations

import os
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import NamedTuple

import click

from reconciler.azure.connection import Azure
from reconciler.base.clock import Clock
from reconciler.cli.auditing import Trail, audit_file, origin_of
from reconciler.cli.loading import load_manifest
from reconciler.cli.options import (
    audit_option,
    connection_options,
    disks_option,
    format_option,
    parallelism_option,
    patience_option,
)
from reconciler.cli.output import Output
from reconciler.cli.progress import listener
from reconciler.connection import opening
from reconciler.connection.choice import Connection
from reconciler.model.addresses import Address
from reconciler.model.codes import errors as error_codes
from reconciler.model.errors import Refused
from reconciler.model.manifest import Manifest
from reconciler.model.results.backup import Backup
from reconciler.report.backup import backups_document, backups_listing
from reconciler.report.listing import forms
from reconciler.verbs.backup import Request, Tell, back_up


@click.command(
    help="""Back up disks of the manifest PATH now, in addition to their schedule, each with its current policy.

    There is no prompt, since a backup deletes nothing. Azure allows ten a day for each disk. Exit codes: 0 all started
    (with --wait: succeeded), 1 some did not, or there was nothing to back up.
    """
)
@click.argument("path")
@disks_option
@click.option(
    "--retention-rule",
    metavar="RULE",
    default="Default",
    help="The policy's retention rule that says how long to keep the backups: Default, Daily, Weekly or another one.",
    show_default=True,
)
@click.option("--wait", is_flag=True, help="Wait until the backups have finished.")
@patience_option
@click.option("--dry-run", is_flag=True, help="Check and show what would be done; change nothing.")
@parallelism_option
@audit_option
@format_option("text", "json", "markdown")
@connection_options
@click.pass_obj
def backup(
    output: Output,
    path: str,
    disks: tuple[str, ...],
    retention_rule: str,
    wait: bool,
    timeout: float,
    dry_run: bool,
    parallelism: int | None,
    audit: str | None,
    form: str,
    connection: Connection,
) -> int:
    """The exit code: 0 if all began, or with `wait` succeeded; 1 if some did not, or there was none."""
    asked = Request(retention_rule, dry_run, wait)
    asked = replace(asked, parallelism=parallelism) if parallelism else asked
    task = _Task(path, load_manifest(path), disks, asked, timeout)
    rows = _rows(output, task, connection, audit)
    name = task.manifest.name
    told = forms(
        backups_listing(rows, dry_run=dry_run),
        lambda: backups_document(rows, manifest=name, dry_run=dry_run),
        style=output.style,
    )
    output.report(told[form](), form)
    if not rows:
        raise Refused(
            "Nothing was backed up: the manifest declares no disks.",
            code=error_codes.NOTHING_TO_BACK_UP,
            hint="run `reconciler coverage` to see which disks its entries select, or name disks with `--disk`",
        )
    return 0 if all(row.ok for row in rows) else 1


class _Task(NamedTuple):
    """What one backup run is for; it waits `timeout` seconds at most."""

    path: str
    manifest: Manifest
    disks: tuple[str, ...]
    asked: Request
    timeout: float


def _rows(output: Output, task: _Task, connection: Connection, audit: str | None) -> tuple[Backup, ...]:
    """The result for each disk; with an audit file, nothing is sent that can't be recorded."""
    progress = listener(output)
    with audit_file(audit) as file, opening.opened(connection, events=progress, readonly=task.asked.dry_run) as session:
        progress.clock = session.clock
        asked = replace(task.asked, deadline=session.clock.monotonic() + task.timeout)
        origin = origin_of(task.manifest.name, Path(task.path), os.environ) if file else None
        trail = Trail(file, origin, session.clock.now) if file and origin else None

        async def work(azure: Azure, clock: Clock) -> tuple[Backup, ...]:
            azure.audited.ledger = trail
            return await back_up(azure, clock, task.manifest, task.disks, asked, _telling(progress.told))

        return session.run(work)


def _telling(told: Callable[[Address, str], None]) -> Tell:
    """A listener that reports each step on stderr."""

    def tell(row: Backup) -> None:
        job = row.job_id.name if row.job_id else ""
        if row.status == "started" and (row.job is None or row.job.ended is None):
            told(Address(row.disk.name), f"job {job} is {row.job.status}" if row.job else f"job {job} has started")
        elif row.status == "completed":
            told(Address(row.disk.name), f"job {job} has succeeded")

    return tell
