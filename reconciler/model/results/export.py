"""The manifest that an export made of an estate, and what it leaves out."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from reconciler.model.ids import ArmId
from reconciler.model.manifest import Manifest
from reconciler.model.short_names import ShortNames

Data = dict[str, Any]
"""Part of a manifest to write: JSON types only."""


@dataclass(frozen=True, slots=True)
class LeftOut:
    """A disk with a backup instance that the manifest doesn't name, and why."""

    disk: ArmId
    reason: str


@dataclass(frozen=True, slots=True)
class Exported:
    """A manifest whose plan is empty; `data` is its content, `disks` the number that it names or selects.

    `is_part`: `data` is only what `manifest`, which exists already, lacks. `names`: how disks are shown.
    """

    scopes: tuple[ArmId, ...]
    data: Data
    manifest: Manifest
    disks: int
    left_out: tuple[LeftOut, ...]
    notes: tuple[str, ...]
    is_part: bool = False
    names: ShortNames = field(default_factory=ShortNames, compare=False)
