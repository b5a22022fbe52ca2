"""Microsoft.ManagedIdentity: user-assigned identities.

Not here: the identities of vaults, which are in `sandbox.dataprotection.vaults`.
"""

from reconciler.sandbox.identity.identities import provider

__all__ = ["provider"]
