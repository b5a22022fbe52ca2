"""What an export is asked for, and what it decides."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from reconciler.model.ids import ArmId
from reconciler.model.results.export import Data, LeftOut

UNNAMED = "exported"
"""The manifest's name if no mark has one."""


@dataclass(frozen=True, slots=True)
class Asked:
    """What to export: subscriptions, resource groups or vaults by id; the manifest's `name` (empty: from the marks).

    `by_tag`: the tag whose values may replace lists of disks (empty: none).
    """

    scopes: tuple[ArmId, ...]
    name: str = ""
    by_tag: str = ""


@dataclass(slots=True)
class Choices:
    """What the manifest doesn't declare, so that its plan is empty, learnt from the plans of earlier rounds.

    `left` are lower-cased ids of disks left out, with the reasons; `bare` are vaults declared by name only, `dropped`
    vaults left out with all their contents; `named` are policies that are named, not described. `lost` are addresses of
    snapshot resource groups that are gone and that nothing declared needs; the plan reports them too.
    """

    left: dict[str, str] = field(default_factory=dict)
    bare: dict[str, str] = field(default_factory=dict)
    dropped: dict[str, str] = field(default_factory=dict)
    named: dict[str, str] = field(default_factory=dict)
    lost: dict[str, str] = field(default_factory=dict)
    verify: str = ""
    scope: str = ""


@dataclass(frozen=True, slots=True)
class Description:
    """A manifest as data, before its plan is made.

    `policies` maps the manifest's names of policies to their ids in Azure, `groups` the addresses of snapshot resource
    groups to the disks that use them; `notes` say what the manifest can't declare.
    """

    data: Data
    disks: frozenset[str]
    left_out: tuple[LeftOut, ...]
    notes: tuple[str, ...]
    vaults: Mapping[str, str]
    policies: Mapping[str, tuple[str, ...]]
    groups: Mapping[str, tuple[str, ...]]
    users: Mapping[str, tuple[str, ...]]
