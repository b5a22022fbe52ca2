"""The table of vault fields: each row has a field's form in a manifest and in Azure, and what a difference means.

Only fields in the `properties` of Azure's body are here, not location, identity and tags, which any resource has.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from math import isfinite
from typing import Any

from reconciler.base import escape
from reconciler.model.api_versions import COST_MANAGEMENT, Novelty
from reconciler.model.codes import manifest as codes
from reconciler.model.findings import Code
from reconciler.model.ids import lower
from reconciler.model.manifest import SoftDelete
from reconciler.model.resources import Vault

Value = str | bool | float | None
"""A value in normal form, which is the manifest's; None: not declared."""


def word(value: object) -> str | None:
    """Azure's word as Azure spells it, None for an empty one; ValueError for anything else: nothing is concluded from it."""
    if value is not None and not isinstance(value, str):
        raise ValueError(f"{escape.value(value)} where a word is expected")
    return value or None


def number(value: object) -> float | None:
    """A finite number of Azure's, or None; ValueError for anything else."""
    if value is not None and not (isinstance(value, int | float) and isfinite(value)):
        raise ValueError(f"{escape.value(value)} where a number is expected")
    return value


@dataclass(frozen=True, slots=True)
class Words:
    """One of a few words, the weakest first.

    `absent` is the word that a vault may have when Azure returns none: weakening that has to be approved as well.
    """

    words: tuple[str, ...]
    absent: str | None = None
    taken = staticmethod(word)

    def read(self, taken: str | None) -> Value:
        """The word in the manifest's spelling; an unknown word is returned unchanged."""
        return next((word for word in self.words if taken is not None and lower(word) == lower(taken)), taken)

    def write(self, value: Value) -> object:
        """Azure's value."""
        return value

    def can_say(self, value: Value) -> bool:
        """Whether a manifest can declare the value."""
        return value in self.words

    def is_lowered(self, before: Value, after: Value) -> bool:
        """Whether a weaker word replaces a word: an unknown word may be stronger than all others."""
        before = self.absent if before is None else before
        if before not in self.words:
            return before is not None
        return self.words.index(str(after)) < self.words.index(str(before))


@dataclass(frozen=True, slots=True)
class Switch:
    """On or off; some fields have a third word of Azure's."""

    third: str = ""
    taken = staticmethod(word)

    def read(self, taken: str | None) -> Value:
        """Whether it is on, or the third word; an unknown word, which isn't off, is returned unchanged."""
        said = {"enabled": True, "disabled": False, lower(self.third): self.third or None}
        return None if taken is None else said.get(lower(taken), taken)

    def write(self, value: Value) -> object:
        """Azure's value."""
        return value if isinstance(value, str) else "Enabled" if value else "Disabled"

    def can_say(self, value: Value) -> bool:
        """Whether a manifest can declare the value."""
        return isinstance(value, bool) or (bool(self.third) and value == self.third)

    def is_lowered(self, before: Value, after: Value) -> bool:
        """Whether it is turned off; one that Azure doesn't return is written as declared."""
        return before is not None and before is not False and after is False


@dataclass(frozen=True, slots=True)
class Days:
    """A number of days within limits; Azure has it as a float."""

    least: int
    most: int
    taken = staticmethod(number)

    def read(self, taken: float | None) -> Value:
        """Whole days as a whole number."""
        return int(taken) if taken is not None and taken == int(taken) else taken

    def write(self, value: Value) -> object:
        """Azure's value."""
        return float(value or 0)

    def can_say(self, value: Value) -> bool:
        """Whether a manifest can declare the value."""
        return isinstance(value, int) and self.least <= value <= self.most

    def is_lowered(self, before: Value, after: Value) -> bool:
        """Whether there are fewer."""
        return before is not None and float(after or 0) < float(before)


@dataclass(frozen=True, slots=True)
class Needs:
    """The value that another field needs for a field to be on, and the code for an entry that declares otherwise."""

    path: str
    value: Value
    code: Code

    def is_unmet(self, values: Mapping[str, Value]) -> bool:
        """Whether the other field is known to be otherwise."""
        other = values[self.path]
        return other != self.value and BY_PATH[self.path].form.can_say(other)


@dataclass(frozen=True, slots=True)
class VaultField:
    """A row of the table. Paths are dotted."""

    path: str
    """In the manifest and in plans."""
    wire: str
    """In the `properties` of Azure's body. Fields of one block are written together."""
    form: Words | Switch | Days
    """How Azure's value becomes the manifest's, and the other way."""
    title: str = ""
    """In messages."""
    default: Value = None
    """What a vault is made with when nothing is declared; `export` leaves it out."""
    fixed: bool = False
    """Whether Azure takes it only when it makes the vault."""
    for_good: Value = None
    """The value that can't be undone."""
    lasting: str = ""
    """What that value means from then on, for the gate that it closes."""
    enough: tuple[Value, Value] | None = None
    """What may be declared, and the stronger value with which Azure satisfies it."""
    protects: bool = False
    """Whether lowering it needs a gate."""
    guarded: bool = False
    """Whether a resource guard must approve lowering it."""
    needs: Needs | None = None
    moot: tuple[str, Value] | None = None
    """Another field and its value that make this one meaningless."""
    not_for_snapshots: Value = None
    """A value that seems to cover disk snapshots, but doesn't."""
    since: Novelty | None = None
    """What an api-version must have for Azure to know the field; None: every version has it."""
    spec: str = field(init=False)
    """The attribute of `VaultSpec`: the path in snake case, as are the keys of its canonical form."""
    live: str = field(init=False)
    """The attribute of the live `Vault`, which has the value as Azure spells it."""

    def __post_init__(self) -> None:
        object.__setattr__(self, "spec", re.sub("([A-Z])", r"_\1", self.path).lower())
        object.__setattr__(self, "live", self.spec.replace(".", "_"))

    @property
    def block(self) -> str:
        """Its block in Azure's body."""
        return self.wire.rpartition(".")[0]

    def is_moot(self, values: Mapping[str, Value]) -> bool:
        """Whether the other values make it meaningless."""
        return self.moot is not None and values.get(self.moot[0]) == self.moot[1]


FIELDS = (
    VaultField(
        "redundancy",
        "storageSettings.type",
        Words(("LocallyRedundant", "ZoneRedundant", "GeoRedundant")),
        title="redundancy",
        default="LocallyRedundant",
        fixed=True,
        not_for_snapshots="GeoRedundant",
    ),
    VaultField(
        "softDelete.state",
        "securitySettings.softDeleteSettings.state",
        Words(("Off", "On", "AlwaysOn"), absent="On"),
        title="soft delete",
        for_good="AlwaysOn",
        lasting="soft delete can't be turned off again; newer api-versions create vaults only so",
        enough=("On", "AlwaysOn"),
        protects=True,
        guarded=True,
    ),
    VaultField(
        "softDelete.retentionDays",
        "securitySettings.softDeleteSettings.retentionDurationInDays",
        Days(14, 180),
        protects=True,
        guarded=True,
        moot=("softDelete.state", "Off"),
    ),
    VaultField(
        "immutability",
        "securitySettings.immutabilitySettings.state",
        Words(("Disabled", "Unlocked", "Locked")),
        title="immutability",
        for_good="Locked",
        lasting="immutability can't be lowered again",
        enough=("Unlocked", "Locked"),
        protects=True,
        guarded=True,
        not_for_snapshots="Locked",
    ),
    VaultField(
        "alertsForAllJobFailures",
        "monitoringSettings.azureMonitorAlertSettings.alertsForAllJobFailures",
        Switch(),
        protects=True,
    ),
    VaultField(
        "crossRegionRestore",
        "featureSettings.crossRegionRestoreSettings.state",
        Switch(),
        title="cross-region restore",
        for_good=True,
        needs=Needs("redundancy", "GeoRedundant", codes.CROSS_REGION),
    ),
    VaultField(
        "crossSubscriptionRestore",
        "featureSettings.crossSubscriptionRestoreSettings.state",
        Switch(third="PermanentlyDisabled"),
        title="cross-subscription restore",
        for_good="PermanentlyDisabled",
        lasting="no backup of the vault can be restored to another subscription any more",
        enough=(False, "PermanentlyDisabled"),
    ),
    VaultField(
        "costManagement",
        "costManagementSettings.granularityLevel",
        Words(("VaultLevel", "ProtectedItemLevel", "ProtectedItemWithParentTag")),
        title="cost management",
        since=COST_MANAGEMENT,
    ),
)
"""Every field, in the order of plans and exported manifests."""

BY_PATH = {row.path: row for row in FIELDS}


def value_at(said: Mapping[str, Any], path: str) -> Any:
    """The value at the path of a field; None when an entry of the manifest doesn't declare it."""
    block, _, key = path.rpartition(".")
    return (said.get(block) or {} if block else said).get(key)


def put(body: dict[str, Any], path: str, value: object) -> None:
    """Set the value at a path, and create missing blocks."""
    *blocks, key = path.split(".")
    for block in blocks:
        body = body.setdefault(block, {})
    body[key] = value


def attributes(said: Mapping[str, Any]) -> dict[str, Any]:
    """The attributes of a `VaultSpec` that an entry of the manifest declares."""
    found: dict[str, Any] = {}
    for row in FIELDS:
        put(found, row.spec, value_at(said, row.path))
    return {**found, "soft_delete": SoftDelete(**found["soft_delete"])}


def keys(first: str, block: str = "") -> str:
    """The attributes of a `VaultSpec`, or of a block of it, that aren't among the `first` ones."""
    names = (row.spec.removeprefix(f"{block}.") for row in FIELDS if row.spec.startswith(f"{block}." if block else ""))
    own = dict.fromkeys(name.partition(".")[0] for name in names)
    return " ".join(name for name in own if name not in first.split())


def told(value: object) -> str:
    """A value in a sentence, as a manifest declares it."""
    return "not set" if value is None else escape.spelled(value)


def settings(vault: Vault) -> dict[str, Value]:
    """A live vault's fields by path; None: Azure doesn't return the field, so its value is unknown.

    Azure returns only what was sent, and its default for each block isn't known: CIS 5.1.6 and the built-in Azure Policy
    4d479a11 take absent cross-subscription restore for enabled. What another field rules out is certainly off.
    """
    found = {row.path: row.form.read(getattr(vault, row.live)) for row in FIELDS}
    ruled_out = {row.path: False for row in FIELDS if row.needs and row.needs.is_unmet(found)}
    return {path: ruled_out.get(path) if value is None else value for path, value in found.items()}
