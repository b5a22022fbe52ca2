"""The simulated Microsoft.DataProtection: `provider` holds its routes once this package is imported."""

from __future__ import annotations

from reconciler.sandbox.dataprotection import (
    adoption,
    backups,
    deletedvaults,
    instanceremoval,
    policies,
    protection,
    restores,
    scheduled,
    switches,
    validation,
    vaultremoval,
)
from reconciler.sandbox.dataprotection.namespace import provider

__all__ = [
    "adoption",
    "backups",
    "deletedvaults",
    "instanceremoval",
    "policies",
    "protection",
    "provider",
    "restores",
    "scheduled",
    "switches",
    "validation",
    "vaultremoval",
]
