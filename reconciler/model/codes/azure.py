"""Azure's own codes for which a better way out is known than Azure's advice."""

from __future__ import annotations

from collections.abc import Mapping

HINTS: Mapping[str, str] = {
    **dict.fromkeys(
        ("ScopeLocked", "ResourceLocked"),
        "a lock forbids it; whoever set it has to lift it, then apply again. Locks are never removed from here",
    ),
    **dict.fromkeys(
        ("UserErrorDppDatasourceAlreadyProtected", "UserErrorDppDatasourceAlreadyHasBackupInstance"),
        "leave the disk out here (`excluded`), or `reconciler move` it here; an instance of yours that is stopped in"
        " another vault makes room by itself once the manifest names that vault",
    ),
    "MissingSubscriptionRegistration": (
        "register the provider: az provider register --namespace Microsoft.DataProtection (and Microsoft.Compute)"
    ),
    "RequestDisallowedByPolicy": (
        "an Azure Policy forbids it: ask its owner for an exemption, or declare what it allows"
    ),
}
"""What to do about each code of Azure's for which something better than its own advice is known."""
