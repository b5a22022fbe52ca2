"""Every resource provider that the sandbox simulates, by lower-cased namespace."""

from __future__ import annotations

from reconciler.sandbox import authorization, compute, dataprotection, graph, identity, management, resources
from reconciler.sandbox.arm.routing import Provider

PACKAGES = (resources, compute, authorization, identity, management, graph, dataprotection)
PROVIDERS: dict[str, Provider] = {package.provider.namespace.lower(): package.provider for package in PACKAGES}
