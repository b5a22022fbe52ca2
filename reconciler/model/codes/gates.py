"""The gates that `--force` opens: what each guards, and the value that it takes."""

from __future__ import annotations

from collections.abc import Mapping

GATES: Mapping[str, str] = {
    "deleted-vault": "A soft-deleted vault of the same name would be replaced by an empty one.",
    "empty": "The manifest wants nothing, while instances of its own exist.",
    "irreversible": "A one-way door: AlwaysOn, Locked, cross-region restore, or a deletion where soft delete is off.",
    "mass-change": "More than 30 % of the instances of a vault, or of all, would be stopped, suspended or deleted.",
    "mass-gone": "More than 10 % of a vault's disks, and at least 5, are gone, and `whenGone` would act on their backups.",
    "resume-expires": "Resuming would clean up recovery points that expired while protection was stopped or suspended.",
    "role-quota": "A subscription would hold more role assignments than Azure allows.",
    "role-scope": "More than 500 role assignments at disk scope in one subscription.",
    "selects-nothing": "`--prune` would stop more disks than a selector takes that may have taken them before.",
    "two-sources": "Another copy of a manifest of this name was applied to a vault in which something would end.",
    "unknown-policy": "A policy that can't be read whole would be replaced under a disk's backups.",
    "weakens-protection": "A vault would lose protection: soft delete, immutability or alerts.",
}
"""The gates that `--force` opens, and what each guards; `allow-delete` has an option of its own, which wants a number.

`deleted-vault` is decided where vaults are compared, local gates where their objects are.
"""

NAMES = tuple(GATES)
"""Their names."""

NUMBER = "N"
"""The form of a value that is a number; such a gate doesn't open without it."""

ANY = "*"
"""Stands for whatever number is left, in a later look of a run whose number was right: no command line can say it."""

VALUES: Mapping[str, str] = {"resume-expires": NUMBER, "unknown-policy": "VAULT/POLICY"}
"""The form of the value in `--force NAME=VALUE`, for the gates that take one."""
