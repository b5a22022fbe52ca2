"""Microsoft.Authorization: role assignments and definitions, locks, and who may do what by them."""

from __future__ import annotations

from reconciler.sandbox.authorization import locks, role_assignments, role_definitions
from reconciler.sandbox.authorization.role_assignments import provider

__all__ = ["provider"]
