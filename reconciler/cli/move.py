"""`reconciler move`: move a disk's backups to another vault."""

from __future__ import annotations

from functools import partial

import click

from reconciler.cli.acting import Deed, Manner, act, acting_options, new_run
from reconciler.cli.loading import load_manifest
from reconciler.cli.options import parallelism_option
from reconciler.cli.output import Output
from reconciler.cli.planning import force_option
from reconciler.connection.choice import Connection
from reconciler.verbs import move as operation


@click.command(
    help="""Move the backups of DISK…, names or ids, to the vault that the manifest PATH declares for them.

    The old protection is stopped and its recovery points are kept; the disk is then protected in the new vault, or in
    the old one again if that fails. Keep the old vault in the manifest until the move is done.
    """
)
@click.argument("path")
@click.argument("disks", metavar="DISK...", nargs=-1, required=True)
@click.option(
    "--through-soft-delete",
    is_flag=True,
    help="If Azure rejects the move: soft-delete the old backup instance, and undelete it once the disk is protected.",
)
@acting_options
@parallelism_option
@force_option
@click.pass_obj
def move(
    output: Output,
    path: str,
    disks: tuple[str, ...],
    through_soft_delete: bool,
    manner: Manner,
    connection: Connection,
) -> int:
    """The exit code: 0 if every disk is protected in the new vault; 1 if not, or refused; 130 or 143 if interrupted."""
    task = partial(operation.move, disks=disks, through_soft_delete=through_soft_delete)
    return act(output, Deed("move", path, load_manifest(path), new_run(), task), manner, connection)
