"""The api-versions of Microsoft.DataProtection as data: which are known, and what each changes for disks.

Sources: recorded traffic by version, Azure Backup's pages, and the changes of Azure's own clients. Not here: what is put
on the wire, which is in `azure.versions`.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from enum import Enum

DEFAULT = "2025-07-01"
"""What we ask for: the newest that still takes soft delete On and Off where a vault is made."""

FORM = re.compile(r"20[0-9]{2}-[0-9]{2}-[0-9]{2}(-preview)?")
"""How a version is written."""


class ChangedPart(Enum):
    """What of a conversation with Azure a version changes."""

    READ = "read"
    WRITE = "write"
    REFUSE = "refuse"


@dataclass(frozen=True, slots=True)
class Novelty:
    """What is different from a version on."""

    part: ChangedPart
    meaning: str


EMPTY_UPDATE = Novelty(ChangedPart.WRITE, "changing an instance answers 202 without a body")
ALWAYS_ON = Novelty(ChangedPart.REFUSE, "a vault can't be made unless its soft delete is AlwaysOn")
ALWAYS_SOFT_DELETES = Novelty(ChangedPart.WRITE, "a deleted instance is soft-deleted whatever its vault says")
DELETED_VAULTS = Novelty(ChangedPart.READ, "deleted vaults are listed by region")
REGION_OF_CHOICE = Novelty(ChangedPart.READ, "vaults have `regionOfChoiceSettings`")
COST_MANAGEMENT = Novelty(ChangedPart.READ, "vaults have `costManagementSettings`")

VERSIONS: Mapping[str, tuple[Novelty, ...] | None] = {
    "2021-01-01": (),
    "2021-07-01": (),
    "2022-01-01": (),
    "2022-03-01": (),
    "2022-04-01": (),
    "2022-05-01": (),
    "2022-12-01": (),
    "2023-01-01": (),
    "2023-05-01": (),
    "2023-11-01": (),
    "2023-12-01": (),
    "2024-03-01": (),
    "2024-04-01": (EMPTY_UPDATE,),
    "2025-01-01": (),
    "2025-02-01": (),
    "2025-07-01": (),
    "2025-09-01": (ALWAYS_ON, ALWAYS_SOFT_DELETES, DELETED_VAULTS),
    "2026-03-01": (REGION_OF_CHOICE,),
    "2026-06-01": (COST_MANAGEMENT,),
    "2026-07-01": None,
    "2026-08-31-preview": None,
}
"""What each known version changed, oldest first; None where no source says."""


def has(version: str, novelty: Novelty) -> bool:
    """Whether something is so under a version, known or not: since the first that changed it, by date."""
    return version >= first_with(novelty)


def first_with(novelty: Novelty) -> str:
    """The first version under which something is so."""
    return next(name for name, changed in VERSIONS.items() if changed and novelty in changed)


def doubt(version: str) -> str:
    """Why it isn't certain how Azure behaves under a version; empty where it is."""
    if version not in VERSIONS:
        return f"the api-version {version} is not one that this version of reconciler knows"
    if VERSIONS[version] is None:
        return f"no public source says what the api-version {version} changed for disks"
    return ""
