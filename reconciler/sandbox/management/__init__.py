"""Microsoft.Management: management groups."""

from __future__ import annotations

from reconciler.sandbox.management.groups import provider

__all__ = ["provider"]
