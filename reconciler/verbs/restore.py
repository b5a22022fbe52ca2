"""A restore: one recovery point as a new disk."""

from __future__ import annotations

from functools import partial

from reconciler.flow.run import Task
from reconciler.model.manifest import Manifest
from reconciler.model.plan import Options
from reconciler.planning import restoring


def restore(manifest: Manifest, options: Options, wish: restoring.Wish) -> Task:
    """The task of a run that restores what `wish` asks for; the new disk's subscription is read, too."""
    elsewhere = (wish.subscription,) if wish.subscription else ()
    return Task(manifest, options, partial(restoring.make, wish=wish), elsewhere, passing=frozenset())
