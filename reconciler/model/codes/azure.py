"""Hints for Azure's own codes that are better than Azure's advice."""

from __future__ import annotations

from collections.abc import Mapping

HINTS: Mapping[str, str] = {
    **dict.fromkeys(
        ("ScopeLocked", "ResourceLocked"),
        "ask the owner of the management lock to remove it, then apply again; reconciler never removes locks",
    ),
    **dict.fromkeys(
        ("UserErrorDppDatasourceAlreadyProtected", "UserErrorDppDatasourceAlreadyHasBackupInstance"),
        "exclude the disk here (`excluded`), or move it here with `reconciler move`; if its instance in another vault is"
        " stopped and yours, name that vault in the manifest, so that `apply` can make room for the new one",
    ),
    "MissingSubscriptionRegistration": (
        "register the resource provider: `az provider register --namespace Microsoft.DataProtection` (and `Microsoft.Compute`)"
    ),
    "RequestDisallowedByPolicy": (
        "ask the owner of the Azure Policy for an exemption, or declare what the policy allows"
    ),
}
"""What to do about each of these codes."""
