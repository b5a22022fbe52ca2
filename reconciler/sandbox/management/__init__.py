"""Microsoft.Management: management groups.

Not here: the subscriptions below management groups, which are in `sandbox.resources`.
"""

from reconciler.sandbox.management.groups import provider

__all__ = ["provider"]
