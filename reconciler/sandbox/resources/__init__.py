"""Microsoft.Resources: subscriptions, resource groups, registrations of providers, tags, and regions."""

from __future__ import annotations

from reconciler.sandbox.resources import groups, registrations, subscriptions, tags
from reconciler.sandbox.resources.subscriptions import provider

__all__ = ["provider"]
