"""A run of drills: trial restores, whose copies are checked and deleted."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial

from reconciler.flow.run import Task
from reconciler.model import addresses
from reconciler.model.codes import planning as codes
from reconciler.model.errors import UsageError
from reconciler.model.manifest import DrillSpec, Manifest
from reconciler.model.plan import Options
from reconciler.planning import drilling


def chosen(manifest: Manifest, names: Sequence[str]) -> tuple[DrillSpec, ...]:
    """The drills of these names or addresses, all when there are none; UsageError for one that the manifest doesn't have."""
    known = {key: one for one in manifest.drills for key in (one.name.lower(), addresses.drill(one.name).lower())}
    if not known:
        raise UsageError("the manifest declares no drills", hint="add one under `drills`")
    for name in names:
        if name.lower() not in known:
            told = ", ".join(one.name for one in manifest.drills)
            raise UsageError(f"the manifest has no drill '{name}'", hint=f"drills: {told}")
    wanted = [known[name.lower()] for name in names]
    return tuple(one for one in manifest.drills if not names or one in wanted)


def drill(manifest: Manifest, options: Options, drills: tuple[DrillSpec, ...], run: str) -> Task:
    """The task of a run of these drills, whose copies bear the id `run`.

    A drill that finds nothing to restore fails the run at the end; the other drills still run.
    """
    elsewhere = tuple(sorted({one.subscription for one in drills if one.subscription}))
    planner = partial(drilling.make, drills=drills, run=run)
    return Task(manifest, options, planner, elsewhere, passing=frozenset({codes.NOTHING_DRILLED.code}))
