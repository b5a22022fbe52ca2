"""Loads a manifest for a command."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from reconciler.model.errors import ManifestError

if TYPE_CHECKING:
    from reconciler.model.manifest import Manifest
    from reconciler.model.plan import Options


def root_of(path: str) -> str:
    """The folder on the command line, which is put before file names to make them clickable."""
    named = Path(path)
    folder = named if named.is_dir() else named.parent
    return folder.as_posix()


def load_manifest(path: str) -> Manifest:
    """The compiled manifest; ManifestError with all problems, and with its `root`."""
    from reconciler.loading.files import load

    try:
        return load(Path(path))
    except ManifestError as error:
        error.root = root_of(path)
        raise


def recorded(options: Options) -> dict[str, object]:
    """The planning options as saved plans record them."""
    return {
        "prune": options.prune,
        "adopt": options.adopt,
        "allow_delete": options.allow_delete,
        "accept_irreversible": options.accept_irreversible,
        "force": sorted(options.force),
        "only": list(options.only),
        "resource_guard_request": {vault: list(ids) for vault, ids in sorted(options.guard_requests.items())},
        "preflight": options.preflight,
        "shard": None if options.shard.is_whole else str(options.shard),
        "api_version": options.api_version,
    }
