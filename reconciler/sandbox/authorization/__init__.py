"""Microsoft.Authorization: role assignments and definitions, locks, and who may do what by them.

Not here: which permissions a vault's identity needs, which is in `sandbox.dataprotection.permissions`.
"""

from reconciler.sandbox.authorization import locks, provider_operations, role_assignments, role_definitions
from reconciler.sandbox.authorization.role_assignments import provider

__all__ = ["provider"]
