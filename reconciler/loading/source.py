"""Where a manifest comes from: its git repository, its commit, and a digest of both remote and folder.

Two copies of a manifest are told apart by that digest.
"""

from __future__ import annotations

import hashlib
import re
import shutil
import subprocess
from collections.abc import Iterator, Mapping
from pathlib import Path
from urllib.parse import quote, unquote

from reconciler.loading.places import repository

_SECONDS = 5.0
_URL = re.compile(r"[a-z][a-z0-9+.-]*://(?:[^/@]*@)?(?P<host>[^/:]+)(?::\d+)?/(?P<path>.+)", re.IGNORECASE)
_SCP = re.compile(r"(?:[^/@:]*@)?(?P<host>[^/:]+):(?P<path>[^/\\].*)")
_DEVOPS = re.compile(
    r"(?:dev\.azure\.com/(?P<org>[^/]+)/|(?P<host>(?!vs-ssh\.)[^/.]+)\.visualstudio\.com/(?:defaultcollection/)?)"
    r"(?:(?P<project>[^/]+)/)?_git/(?P<repository>[^/]+)"
)
_DEVOPS_SSH = re.compile(
    r"(?:ssh\.dev\.azure|vs-ssh\.visualstudio)\.com/v3/(?P<org>[^/]+)/(?P<project>[^/]+)/(?P<repository>[^/]+)"
)
_LENGTH = 8
_COMMITS = ("RECONCILER_COMMIT", "GITHUB_SHA", "BUILD_SOURCEVERSION", "CI_COMMIT_SHA")


def commit_of(path: Path, environment: Mapping[str, str]) -> str | None:
    """The commit that a CI system names, else the one checked out in the manifest's repository; None without either."""
    said = next((environment[name] for name in _COMMITS if environment.get(name)), "")
    folder = path if path.is_dir() else path.parent
    found = said or _git(folder, "rev-parse", "--verify", "--quiet", "HEAD").strip()
    return found if found.isalnum() and found.isascii() else None


def sources_of(path: Path) -> tuple[str, ...]:
    """Eight hex digits for a manifest's file or folder; none outside git, and without a remote on a host.

    The first are for the remote as it is; the others are for other remotes of the same repository, so that a clone by
    ssh and one by https are known to be the same.
    """
    folder = (path if path.is_dir() else path.parent).resolve()
    top = repository(folder)
    remote = _remote(folder) if top else ""
    where = place_of(remote)
    if not top or not where:
        return ()
    inner = folder.relative_to(top.resolve()).as_posix()
    places = dict.fromkeys((where, *same_places(where)))
    return tuple(
        hashlib.sha256(f"{one}|{inner}".encode("utf-8", "surrogatepass")).hexdigest()[:_LENGTH] for one in places
    )


def place_of(remote: str) -> str:
    """Host and path of a remote, equal for ssh and https, without credentials; empty for a path on this machine."""
    found = _URL.fullmatch(remote) or (None if "://" in remote else _SCP.fullmatch(remote))
    if found is None or remote.lower().startswith("file:"):
        return ""
    path = found["path"].strip("/").removesuffix(".git")
    return f"{found['host'].lower()}/{path.lower()}"


def same_places(place: str) -> Iterator[str]:
    """Every place, as `place_of` tells it, of the repository in Azure DevOps that is at this one; none for other hosts."""
    found = _DEVOPS.fullmatch(place) or _DEVOPS_SSH.fullmatch(place)
    if found is None:
        return
    said = found.groupdict()
    organisation, repository = said["org"] or said["host"], said["repository"]
    names = unquote(said["project"] or repository), unquote(repository)
    for project, name in (names, [quote(one).lower() for one in names]):
        yield f"ssh.dev.azure.com/v3/{organisation}/{project}/{name}"
        yield f"vs-ssh.visualstudio.com/v3/{organisation}/{project}/{name}"
        paths = [f"{project}/_git/{name}", *([f"_git/{name}"] if project == name else [])]
        for path in paths:
            yield f"dev.azure.com/{organisation}/{path}"
            yield f"{organisation}.visualstudio.com/{path}"
            yield f"{organisation}.visualstudio.com/defaultcollection/{path}"


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
            [git, "-C", str(folder), *arguments],
            capture_output=True,
            encoding="utf-8",
            errors="replace",
            timeout=_SECONDS,
            check=False,
        )
    except (OSError, subprocess.SubprocessError):
        return ""
    return asked.stdout if asked.returncode == 0 else ""
