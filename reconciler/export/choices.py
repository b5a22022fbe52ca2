"""What an export is asked for, what it decides, and what its kinds are handed and hand back."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

from reconciler.model.api_versions import DEFAULT
from reconciler.model.estate import Estate
from reconciler.model.ids import ArmId
from reconciler.model.resources import Instance, Vault
from reconciler.model.results.export import Data, LeftOut

UNNAMED = "exported"
"""The manifest's name if no mark has one."""


@dataclass(frozen=True, slots=True)
class Asked:
    """What to export: subscriptions, resource groups or vaults by id; the manifest's `name` (empty: from the marks).

    `by_tag`: the tag whose values may replace lists of disks (empty: none). `api_version` is the one that Azure is asked
    with. `is_part`: it is for an existing manifest, so that no entry may depend on defaults.
    """

    scopes: tuple[ArmId, ...]
    name: str = ""
    by_tag: str = ""
    api_version: str = DEFAULT
    is_part: bool = False


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


@dataclass(frozen=True, slots=True)
class Selected:
    """What one manifest is to describe: the `vaults`, and the instances that are `kept`, by the disk's lower-cased id.

    `identities` are the user-assigned ones that the instances of each vault use (None: the system's), by the vault's
    lower-cased id. `names` and `defaults` are those of the sections before: by section, the manifest's name of each thing.
    """

    estate: Estate
    asked: Asked
    choices: Choices
    vaults: tuple[Vault, ...]
    kept: Mapping[str, Instance]
    identities: Mapping[str, ArmId | None]
    names: dict[str, Mapping[str, str]] = field(default_factory=dict)
    defaults: Data = field(default_factory=dict)


@dataclass(slots=True)
class Described:
    """A section of a manifest: its entries, their names by what Azure calls them, lower-cased, and shared defaults."""

    entries: list[Data] | Data = field(default_factory=list)
    names: dict[str, str] = field(default_factory=dict)
    defaults: Data = field(default_factory=dict)
    notes: list[str] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class ExportKind:
    """How the section `key` of a manifest is made."""

    key: str
    described: Callable[[Selected], Described]
