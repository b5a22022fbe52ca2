"""Where a manifest comes from: a short digest of its git remote and its folder there, which distinguishes two copies."""

from __future__ import annotations

import hashlib
import re
import shutil
import subprocess
from pathlib import Path

from reconciler.loading.files import repository

_SECONDS = 5.0
_URL = re.compile(r"[a-z][a-z0-9+.-]*://(?:[^/@]*@)?(?P<host>[^/:]+)(?::\d+)?/(?P<path>.+)", re.IGNORECASE)
_SCP = re.compile(r"(?:[^/@:]*@)?(?P<host>[^/:]+):(?P<path>[^/\\].*)")
_LENGTH = 8


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
    git = shutil.which("git")
    if git is None:
        return ""
    try:
        asked = subprocess.run(  # noqa: S603 - git itself, found on the PATH, with fixed arguments
            [git, "-C", str(folder), "config", "--get-regexp", r"^remote\..*\.url$"],
            capture_output=True,
            text=True,
            timeout=_SECONDS,
            check=False,
        )
    except (OSError, subprocess.SubprocessError):
        return ""
    rows = [line.partition(" ") for line in asked.stdout.splitlines()]
    urls = {name: url.strip() for name, _, url in rows}
    return urls.get("remote.origin.url") or next(iter(urls.values()), "")
