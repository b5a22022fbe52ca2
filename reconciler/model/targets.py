"""The disks of an operation, with their backup instances."""

from __future__ import annotations

from dataclasses import dataclass

from reconciler.model.ids import ArmId
from reconciler.model.resources import Instance


@dataclass(frozen=True, slots=True)
class Target:
    """A disk with its backup instances, active ones first; there may be none yet, and several after a move."""

    disk: ArmId
    instances: tuple[Instance, ...] = ()

    @property
    def instance(self) -> Instance | None:
        """The instance to act on."""
        return self.instances[0] if self.instances else None
