"""Loading a manifest, and what a look at Azure through it needs."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from reconciler.model.errors import ManifestError

if TYPE_CHECKING:
    from reconciler.model.manifest import Manifest
    from reconciler.model.plan import Options


def root_of(path: str) -> str:
    """What stands before the names of the manifest's files to make them clickable: the folder that was named."""
    named = Path(path)
    folder = named if named.is_dir() else named.parent
    return folder.as_posix()


def load_manifest(path: str) -> Manifest:
    """The compiled manifest; ManifestError, which then knows its `root`, with every problem."""
    from reconciler.loading.files import load

    try:
        return load(Path(path))
    except ManifestError as error:
        error.root = root_of(path)
        raise


def recorded(options: Options) -> dict[str, object]:
    """The options of planning as saved plans record them."""
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
