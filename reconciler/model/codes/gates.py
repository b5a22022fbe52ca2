"""The gates that `--force` opens: what each guards, and the value that it takes."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

GATES: Mapping[str, str] = {
    "deleted-vault": "An empty vault would be created beside a soft-deleted vault of the same name.",
    "empty": "The manifest selects no disk, but backup instances of this manifest exist.",
    "irreversible": "A change can't be undone: soft delete AlwaysOn, immutability Locked, cross-region restore, cross-subscription restore PermanentlyDisabled, or a deletion where soft delete is off.",
    "mass-addition": "`--approve additions` would protect more than 20 new disks, and more than 5 % of the number of existing backup instances.",
    "mass-change": "More than 30 % of the backup instances of a vault, or of all vaults, would be stopped, suspended, deleted or kept for less time.",
    "mass-gone": "More than 10 % of a vault's disks, and at least 5, no longer exist, and `whenGone` would act on their backups.",
    "resume-expires": "Resuming protection would delete recovery points that expired while it was stopped or suspended.",
    "role-quota": "A subscription would have more role assignments than Azure allows.",
    "role-scope": "One subscription would have more than 500 role assignments at disk scope.",
    "selects-nothing": "`--prune` would stop the protection of more disks that a selector may have matched before than it matches now.",
    "two-sources": "Another copy of a manifest with this name was applied to a vault where this plan would end protection.",
    "unknown-policy": "A policy that can't be read completely would be replaced by another one for a disk's backups.",
    "weakens-protection": "A vault's soft delete, immutability or alerts would be weakened.",
}
"""The gates that `--force` opens, and what each guards; `allow-delete` has its own option, which takes a number.

`deleted-vault` is decided where vaults are compared, local gates where their objects are.
"""

NAMES = tuple(GATES)
"""Their names."""

NUMBER = "N"
"""The form of a value that is a number; such a gate doesn't open without it."""

ANY = "*"
"""Stands for any number in a later look of a run whose number was right; no command line can pass it."""

VALUES: Mapping[str, str] = {"resume-expires": NUMBER, "unknown-policy": "VAULT/POLICY"}
"""The form of the value in `--force NAME=VALUE`, for the gates that take one."""


@dataclass(frozen=True, slots=True)
class Key:
    """What `--force` gives for a gate: its name, and the parts of its value (none: no value)."""

    gate: str
    parts: tuple[str, ...] = ()

    def __str__(self) -> str:
        return f"{self.gate}={'/'.join(self.parts)}" if self.parts else self.gate
