"""Declarative, GitOps-style reconciler for Azure Disk Backup.

The library's names are imported when they are first used, so that the command starts quickly.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from reconciler.verbs.interface import Manifest, Session, apply, connect, drift, load, options, plan

__version__ = "0.1.0"

__all__ = ["Manifest", "Session", "__version__", "apply", "connect", "drift", "load", "options", "plan"]


def __getattr__(name: str) -> Any:
    if name in __all__:
        return getattr(import_module("reconciler.verbs.interface"), name)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")


def __dir__() -> list[str]:
    return sorted(__all__)
