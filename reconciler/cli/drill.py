"""`reconciler drill`: prove that backups can be restored."""

from __future__ import annotations

from functools import partial

import click

from reconciler.cli.acting import Deed, Manner, act, acting_options, new_run
from reconciler.cli.loading import load_manifest
from reconciler.cli.options import parallelism_option
from reconciler.cli.output import Output
from reconciler.connection.choice import Connection
from reconciler.model.codes import planning as codes
from reconciler.model.errors import UsageError
from reconciler.model.manifest import DrillSpec, Manifest
from reconciler.planning import drilling


@click.command(
    help="""Restore a sample of disks, as the drills of the manifest PATH declare, check the copies, and delete them.

    NAME… are the drills to run (default: all). The disks with the oldest proof are restored first; copies that an
    earlier run left behind are deleted. A drill that finds nothing to restore fails.
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
    drills, run = _chosen(manifest, names), new_run()
    deed = Deed(
        "drill",
        path,
        manifest,
        partial(drilling.make, drills=drills, run=run),
        run,
        tuple(sorted({one.subscription for one in drills if one.subscription})),
        passing=frozenset({codes.NOTHING_DRILLED.code}),
    )
    return act(output, deed, manner, connection)


def _chosen(manifest: Manifest, names: tuple[str, ...]) -> tuple[DrillSpec, ...]:
    known = {one.name.lower(): one for one in manifest.drills}
    if not known:
        raise UsageError("the manifest declares no drills", hint="add one under `drills`")
    for name in names:
        if name.lower() not in known:
            told = ", ".join(one.name for one in manifest.drills)
            raise UsageError(f"the manifest has no drill {name!r}", hint=f"drills: {told}")
    return tuple(one for key, one in known.items() if not names or key in map(str.lower, names))
