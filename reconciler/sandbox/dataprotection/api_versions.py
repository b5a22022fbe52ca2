"""The api-versions of Microsoft.DataProtection as data: which are known, and what each changes, read, write or refuse.

A change holds from its version on, until one says that it ends. A version without changes is one of which no public
source says what it changed for disks: it behaves as the one before it, and `UNKNOWN` names those among the newest.
"""

from __future__ import annotations

from enum import StrEnum
from typing import NamedTuple


class Kind(StrEnum):
    """What of a conversation a change concerns."""

    READ = "read"
    WRITE = "write"
    REFUSE = "refuse"


class Difference(NamedTuple):
    """What is different from an api-version on, up to the version `until`, and who says so."""

    name: str
    kind: Kind
    meaning: str
    source: str
    until: str = ""


class Version(NamedTuple):
    """An api-version and what it changes."""

    name: str
    changes: tuple[Difference, ...] = ()


IDENTITY_TOLD = Difference(
    "identity-told", Kind.WRITE, "the answer to a vault's PUT contains its identity",
    "recorded: under 2021-07-01 the 201 has none; which version began to return it is a guess",
)  # fmt: skip
SECURE_SCORE = Difference("secureScore", Kind.READ, "vaults return `secureScore`", "recorded bodies by version")
REPLICATED_REGIONS = Difference(
    "replicatedRegions", Kind.READ, "vaults return `replicatedRegions`", "recorded bodies by version"
)
SECURITY_LEVEL = Difference(
    "bcdrSecurityLevel", Kind.READ, "vaults return `bcdrSecurityLevel`", "recorded bodies by version"
)
EMPTY_UPDATE = Difference(
    "empty-update", Kind.WRITE, "changing an instance answers 202 with no body, where older versions answer 201",
    "recorded: 202 under 2024-04-01 for a disk's identity and under 2025-07-01 for its policy, 201 in older recordings",
)  # fmt: skip
VALIDATE_MODIFY = Difference(
    "validateForModifyBackup", Kind.WRITE, "instances support validateForModifyBackup", "Azure CLI's extension"
)
ALWAYS_ON = Difference(
    "always-on", Kind.REFUSE, "making a vault whose soft delete is not AlwaysOn is refused",
    "hashicorp/terraform-provider-azurerm pull request 31877",
)  # fmt: skip
ALWAYS_SOFT_DELETES = Difference(
    "always-soft-deletes", Kind.WRITE, "a deleted instance is soft-deleted whatever its vault says",
    "Azure Backup's page on secure by default",
)  # fmt: skip
DELETED_VAULTS = Difference(
    "deletedVaults", Kind.READ, "deleted vaults are listed by region, and restored by a header of the PUT",
    "azure-mgmt-dataprotection 2.2.0; recorded by the Azure CLI's extension in January 2026",
)  # fmt: skip
REGION_OF_CHOICE = Difference(
    "regionOfChoiceSettings", Kind.READ, "vaults return `regionOfChoiceSettings`",
    "recorded by Azure PowerShell under 2026-06-01; listed from 2026-03-01 on",
)  # fmt: skip
CROSS_REGION_BACKUP = Difference(
    "crossRegionBackupSettings", Kind.READ, "vaults return `crossRegionBackupSettings`",
    "recorded by the Azure CLI's extension under 2025-09-01", until="2026-03-01",
)  # fmt: skip
COST_MANAGEMENT = Difference(
    "costManagementSettings", Kind.READ, "vaults return `costManagementSettings` if they were set",
    "Azure/azure-rest-api-specs 44455; recorded by Azure PowerShell under 2026-06-01",
)  # fmt: skip

_BEFORE = (
    "2021-01-01", "2021-02-01-preview", "2021-06-01-preview", "2021-07-01",
)  # fmt: skip
_MIDDLE = (
    "2021-12-01-preview", "2022-01-01", "2022-02-01-preview", "2022-03-01", "2022-03-31-preview", "2022-04-01",
    "2022-05-01", "2022-09-01-preview", "2022-10-01-preview", "2022-11-01-preview", "2022-12-01", "2023-01-01",
    "2023-04-01-preview",
)  # fmt: skip
VERSIONS = (
    *map(Version, _BEFORE),
    Version("2021-10-01-preview", (IDENTITY_TOLD,)),
    *map(Version, _MIDDLE),
    Version("2023-05-01", (SECURE_SCORE,)),
    *map(Version, ("2023-06-01-preview", "2023-08-01-preview", "2023-11-01", "2023-12-01")),
    Version("2024-02-01-preview", (REPLICATED_REGIONS,)),
    Version("2024-03-01"),
    Version("2024-04-01", (SECURITY_LEVEL, EMPTY_UPDATE)),
    *map(Version, ("2025-01-01", "2025-02-01")),
    Version("2025-07-01", (VALIDATE_MODIFY,)),
    Version("2025-09-01", (ALWAYS_ON, ALWAYS_SOFT_DELETES, DELETED_VAULTS, CROSS_REGION_BACKUP)),
    Version("2026-03-01", (REGION_OF_CHOICE,)),
    Version("2026-06-01", (COST_MANAGEMENT,)),
    Version("2026-07-01"),
    Version("2026-08-31-preview"),
)
"""Every known version, oldest first."""

NAMES = tuple(version.name for version in VERSIONS)
STABLE = tuple(name for name in NAMES if not name.endswith("-preview"))
NEWEST = STABLE[-1]
UNKNOWN = {
    "2026-07-01": "the default of azure-mgmt-dataprotection 2.3.0b1; what it changes for disks is not known",
    "2026-08-31-preview": "listed in the template reference, with restore across tenants; its other changes are not known",
}
"""The newest versions of which no source says what they change here, and what is known of them."""

_SINCE = {change.name: version.name for version in VERSIONS for change in version.changes}


def since(change: Difference) -> tuple[str, ...]:
    """The versions under which a change holds, oldest first."""
    return tuple(name for name in NAMES if holds(name, change))


def holds(version: str, change: Difference) -> bool:
    """Whether a change holds under an api-version, whether that is known or not: versions are compared as dates."""
    asked = version.lower()
    return asked >= _SINCE[change.name] and (not change.until or asked < change.until)
