"""Every resource provider that the sandbox simulates: a folder that isn't imported here has no routes."""

from reconciler.sandbox import authorization, compute, dataprotection, graph, identity, management, resources
from reconciler.sandbox.arm.routing import PROVIDERS

__all__ = ["PROVIDERS", "authorization", "compute", "dataprotection", "graph", "identity", "management", "resources"]
