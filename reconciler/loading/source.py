"""Where a manifest comes from: its git repository, its commit, and a digest of both remote and folder.

Two copies of a manifest are told apart by that digest.
"""

from __future__ import annotations

import hashlib
import re
import shutil
import subprocess
from collections.abc import Mapping
from pathlib import Path

from reconciler.loading.places import repository

_SECONDS = 5.0
_URL = re.compile(r"[a-z][a-z0-9+.-]*://(?:[^/@]*@)?(?P<host>[^/:]+)(?::\d+)?/(?P<path>.+)", re.IGNORECASE)
_SCP = re.compile(r"(?:[^/@:]*@)?(?P<host>[^/:]+):(?P<path>[^/\\].*)")
_LENGTH = 8
_COMMITS = ("RECONCILER_COMMIT", "GITHUB_SHA", "BUILD_SOURCEVERSION", "CI_COMMIT_SHA")


def commit_of(path: Path, environment: Mapping[str, str]) -> str | None:
    """The commit that a CI system names, else the one checked out in the manifest's repository; None without either."""
    said = next((environment[name] for name in _COMMITS if environment.get(name)), "")
    folder = path if path.is_dir() else path.parent
    found = said or _git(folder, "rev-parse", "--verify", "--quiet", "HEAD").strip()
    return found if found.isalnum() and found.isascii() else None


def source_of(path: Path) -> str:
    """Eight hex digits for a manifest's file or folder; empty outside git, and without a remote on a host."""
    folder = (path if path.is_dir() else path.parent).resolve()
    top = repository(folder)
    remote = _remote(folder) if top else ""
    where = place_of(remote)
    if not top or not where:
        return ""
    inner = folder.relative_to(top.resolve()).as_posix()
    return hashlib.sha256(f"{where}|{inner}".encode()).hexdigest()[:_LENGTH]


def place_of(remote: str) -> str:
    """Host and path of a remote, equal for ssh and https, without credentials; empty for a path on this machine."""
    found = _URL.fullmatch(remote) or (None if "://" in remote else _SCP.fullmatch(remote))
    if found is None or remote.lower().startswith("file:"):
        return ""
    path = found["path"].strip("/").removesuffix(".git")
    return f"{found['host'].lower()}/{path.lower()}"


def _remote(folder: Path) -> str:
    """The URL of `origin`, else of the first remote; empty if git knows none."""
    rows = [line.partition(" ") for line in _git(folder, "config", "--get-regexp", r"^remote\..*\.url$").splitlines()]
    urls = {name: url.strip() for name, _, url in rows}
    return urls.get("remote.origin.url") or next(iter(urls.values()), "")


def _git(folder: Path, *arguments: str) -> str:
    """What git says of a folder; empty where it can't tell, or isn't installed."""
    git = shutil.which("git")
    if git is None:
        return ""
    try:
        asked = subprocess.run(  # noqa: S603 - git itself, found on the PATH
            [git, "-C", str(folder), *arguments], capture_output=True, text=True, timeout=_SECONDS, check=False
        )
    except (OSError, subprocess.SubprocessError):
        return ""
    return asked.stdout if asked.returncode == 0 else ""
