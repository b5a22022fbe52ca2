"""What paths tell before a file is read: which files belong to a manifest, and which git repository they are in."""

from __future__ import annotations

from pathlib import Path

_YAML = (".yaml", ".yml")
_ESTATE = (".estate.yaml", ".estate.yml")


def is_ours(name: str) -> bool:
    """Whether a file of that name in a manifest's folder belongs to the manifest."""
    # `DISKS.YAML` is meant too: left out in silence, its disks would be orphans
    return name.lower().endswith(_YAML) and not is_left_out(name)


def is_left_out(name: str) -> bool:
    """Whether a file of that name is none of a manifest's, whatever it holds: hidden, or a sandbox's estate."""
    return name.startswith(".") or name.lower().endswith(_ESTATE)


def repository(folder: Path) -> Path | None:
    """The root of the git repository that the folder is in; None outside of one."""
    return next((parent for parent in (folder, *folder.parents) if (parent / ".git").exists()), None)
