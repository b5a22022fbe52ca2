"""`reconciler sandbox`: serves the simulated Azure, and changes it from outside."""

from __future__ import annotations

import click

from reconciler.cli.lazy import LazyGroup

COMMANDS = {
    "serve": ("reconciler.cli.sandbox_serve", "serve", "Answer ARM requests over HTTP."),
    "show": ("reconciler.cli.sandbox_state", "show", "List resources, or show their bodies."),
    "put": ("reconciler.cli.sandbox_state", "put", "Create or replace a resource, as if outside the manifest."),
    "patch": ("reconciler.cli.sandbox_state", "patch", "Change resources, as if outside the manifest."),
    "delete": ("reconciler.cli.sandbox_state", "delete", "Delete resources, as if outside the manifest."),
    "move": ("reconciler.cli.sandbox_state", "move", "Move disks to another resource group."),
    "replace": ("reconciler.cli.sandbox_state", "replace", "Replace disks with new, empty ones of the same names."),
    "advance": ("reconciler.cli.sandbox_state", "advance", "Advance the clock."),
    "fail": ("reconciler.cli.sandbox_state", "fail", "Make the next backups of disks fail."),
    "switch": ("reconciler.cli.sandbox_state", "switch", "List or set how the simulated Azure behaves."),
    "reset": ("reconciler.cli.sandbox_state", "reset", "Go back to the state in the estate file."),
}
"""Every command of the sandbox: its module, its command there, its line of help."""


@click.group(cls=LazyGroup, lazy=COMMANDS)
def sandbox() -> None:
    """Serve, show and change a simulated Azure.

    ESTATE is an estate file, which says what exists at first; what happened since is kept beside it. All
    commands but `serve` and `reset` also take the address of a running `sandbox serve` in place of ESTATE.
    """
