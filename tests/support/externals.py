"""Programs and files that `.ci/externals` installs; a test that needs one which isn't there is skipped with a reason."""

from __future__ import annotations

import os
import shutil
from pathlib import Path

import pytest

_CACHE = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache")
HOME = Path(os.environ.get("RECONCILER_EXTERNALS") or _CACHE / "reconciler-externals")
"""The folder that they are installed into."""


def program(name: str) -> str:
    """The path of a program; the test is skipped where there is none."""
    found = shutil.which(name, path=os.pathsep.join((os.environ.get("PATH", ""), str(HOME / "python" / "bin"))))
    if found is None:
        pytest.skip(f"{name} is not installed: .ci/externals installs it")
    return found


def of_npm(*parts: str) -> Path:
    """A file or folder of an installed npm package; the test is skipped where there is none."""
    path = HOME.joinpath("node", "node_modules", *parts)
    if not path.exists():
        pytest.skip(f"{parts[0]} is not installed: .ci/externals installs it")
    return path


def of_source(*parts: str) -> Path:
    """A file of a Python package's source distribution; the test is skipped where there is none."""
    path = HOME.joinpath("sources", *parts)
    if not path.exists():
        pytest.skip(f"the sources of {parts[0]} are not there: .ci/externals fetches them")
    return path
