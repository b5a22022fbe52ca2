"""Every resource provider that the sandbox simulates, by lower-cased namespace."""

from __future__ import annotations

from reconciler.sandbox import (
    authorization,
    compute,
    dataprotection,
    definitions,
    graph,
    identity,
    locks,
    management,
    registrations,
    resources,
    snapshots,
    subscriptions,
    tags,
)
from reconciler.sandbox.arm.routing import Provider

MODULES = (
    subscriptions,
    resources,
    registrations,
    tags,
    compute,
    snapshots,
    authorization,
    definitions,
    locks,
    identity,
    management,
    graph,
    dataprotection,
)
PROVIDERS: dict[str, Provider] = {module.provider.namespace.lower(): module.provider for module in MODULES}
