"""Microsoft.ResourceGraph: queries, the language that they are written in, and how they are evaluated."""

from __future__ import annotations

from reconciler.sandbox.graph.queries import provider

__all__ = ["provider"]
