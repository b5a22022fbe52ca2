"""A run of drills: trial restores, whose copies are checked and deleted."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial

from reconciler.flow.run import Task
from reconciler.model.codes import planning as codes
from reconciler.model.errors import UsageError
from reconciler.model.manifest import DrillSpec, Manifest
from reconciler.model.plan import Options
from reconciler.planning import drilling


def chosen(manifest: Manifest, names: Sequence[str]) -> tuple[DrillSpec, ...]:
    """The drills of these names, all when there are none; UsageError for a name that the manifest doesn't have."""
    known = {one.name.lower(): one for one in manifest.drills}
    if not known:
        raise UsageError("the manifest declares no drills", hint="add one under `drills`")
    for name in names:
        if name.lower() not in known:
            told = ", ".join(one.name for one in manifest.drills)
            raise UsageError(f"the manifest has no drill {name!r}", hint=f"drills: {told}")
    return tuple(one for key, one in known.items() if not names or key in map(str.lower, names))


def drill(manifest: Manifest, options: Options, drills: tuple[DrillSpec, ...], run: str) -> Task:
    """The task of a run of these drills, whose copies bear the id `run`.

    A drill that finds nothing to restore fails in the end, and keeps no other from its sample.
    """
    elsewhere = tuple(sorted({one.subscription for one in drills if one.subscription}))
    planner = partial(drilling.make, drills=drills, run=run)
    return Task(manifest, options, planner, elsewhere, passing=frozenset({codes.NOTHING_DRILLED.code}))
