"""Loading a manifest for a command."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from reconciler.model.errors import ManifestError
from reconciler.model.manifest import Manifest


def root_of(path: str) -> str:
    """The folder on the command line, which is put before file names to make them clickable."""
    named = Path(path)
    folder = named if named.is_dir() else named.parent
    return folder.as_posix()


def load_manifest(path: str, more: Mapping[str, bytes] | None = None) -> Manifest:
    """The compiled manifest; ManifestError with all problems, and with its `root`. `more` are further files of it."""
    from reconciler.loading.files import load  # brings all that reads and checks YAML

    try:
        return load(Path(path), more)
    except ManifestError as error:
        error.root = root_of(path)
        raise
