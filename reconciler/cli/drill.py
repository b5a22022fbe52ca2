"""`reconciler drill`: prove that backups can be restored."""

from __future__ import annotations

from functools import partial

import click

from reconciler.cli.acting import Deed, Manner, act, acting_options, new_run
from reconciler.cli.loading import load_manifest
from reconciler.cli.options import parallelism_option
from reconciler.cli.output import Output
from reconciler.connection.choice import Connection
from reconciler.verbs import drill as operation


@click.command(
    help="""Restore a sample of disks, as the drills of the manifest PATH declare, check the copies, and delete them.

    NAME… are the drills to run, by name or address (default: all). The disks with the oldest proof are restored first; copies that an
    earlier run left behind are deleted. A drill with `verify` runs that program on this machine for each copy. A drill that
    finds nothing to restore fails.
    """
)
@click.argument("path")
@click.argument("names", metavar="[NAME]...", nargs=-1)
@acting_options
@parallelism_option
@click.pass_obj
def drill(output: Output, path: str, names: tuple[str, ...], manner: Manner, connection: Connection) -> int:
    """The exit code: 0 if every disk was restored correctly; 1 if not, or a drill had none; 130, 143 if interrupted."""
    manifest = load_manifest(path)
    drills, run = operation.chosen(manifest, names), new_run()
    deed = Deed("drill", path, manifest, run, partial(operation.drill, drills=drills, run=run))
    return act(output, deed, manner, connection)
