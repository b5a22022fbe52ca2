"""The simulated Microsoft.DataProtection: `provider` holds its routes once this package is imported."""

from __future__ import annotations

from reconciler.sandbox.dataprotection import (
    adoption,
    backups,
    deletedvaults,
    extension,
    instanceremoval,
    naming,
    protection,
    switches,
    validation,
    vaultremoval,
)
from reconciler.sandbox.dataprotection.provider import provider

__all__ = [
    "adoption",
    "backups",
    "deletedvaults",
    "extension",
    "instanceremoval",
    "naming",
    "protection",
    "provider",
    "switches",
    "validation",
    "vaultremoval",
]
