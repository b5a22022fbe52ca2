"""Microsoft.Resources: subscriptions, resource groups, registrations of providers, tags, and regions.

Not here: management groups, which are in `sandbox.management`; locks, which are in `sandbox.authorization`.
"""

from reconciler.sandbox.resources import groups, registrations, subscriptions, tags
from reconciler.sandbox.resources.deployments import routes
from reconciler.sandbox.resources.subscriptions import provider

__all__ = ["provider"]
