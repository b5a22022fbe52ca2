"""A restore: one recovery point as a new disk, many of them, or those of one machine."""

from __future__ import annotations

from functools import partial

from reconciler.flow.run import Task
from reconciler.model.manifest import Manifest
from reconciler.model.plan import Options
from reconciler.planning import machine, recovering, restoring


def restore(manifest: Manifest, options: Options, wish: restoring.Wish) -> Task:
    """The task of a run that restores what `wish` asks for; the new disk's subscription is read, too."""
    elsewhere = (wish.subscription,) if wish.subscription else ()
    return Task(manifest, options, partial(restoring.make, wish=wish), elsewhere, passing=frozenset())


def recover(manifest: Manifest, options: Options, asked: recovering.Recovery) -> Task:
    """The task of a run that restores several disks; what is wrong with one of them doesn't stop the others."""
    elsewhere = (asked.wish.subscription,) if asked.wish.subscription else ()
    return Task(manifest, options, partial(recovering.make, asked=asked), elsewhere)


def rebuild(manifest: Manifest, options: Options, asked: machine.MachineRecovery) -> Task:
    """The task of a run that copies the disks of one machine: all of them, or none."""
    return Task(manifest, options, partial(machine.make, asked=asked), passing=frozenset())
