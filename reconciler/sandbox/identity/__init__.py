"""Microsoft.ManagedIdentity: user-assigned identities."""

from __future__ import annotations

from reconciler.sandbox.identity.identities import provider

__all__ = ["provider"]
