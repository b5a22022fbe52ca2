"""Reads the manifest's files: only regular files, none from outside the folder, and none is left out silently."""

from __future__ import annotations

import os
import re
import stat
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path

from reconciler.base.escape import shortened
from reconciler.loading.places import is_left_out, is_ours, repository
from reconciler.manifest.compiling import compile_manifest
from reconciler.manifest.syntax import LARGEST
from reconciler.model.codes import errors as error_codes
from reconciler.model.codes import manifest as codes
from reconciler.model.errors import ManifestError, UsageError
from reconciler.model.findings import Finding, Place
from reconciler.model.manifest import Manifest

_DRIVE = re.compile(r"[A-Za-z]:")


@dataclass(frozen=True, slots=True)
class Files:
    """The bytes of a manifest's files by their name relative to `root` (`/` between folders, sorted)."""

    root: Path
    texts: dict[str, bytes] = field(default_factory=dict)


def load(path: Path | str, more: Mapping[str, bytes] | None = None) -> Manifest:
    """The manifest in a file or folder; ManifestError with all problems, UsageError when there is no manifest.

    `more` are further files, as if they lay there.
    """
    files = read(Path(path))
    return compile_manifest({**files.texts, **(more or {})}, _includer(files.root))


def read(path: Path) -> Files:
    """The files that `path` names (one file, or a folder with everything below it); their content is not checked."""
    if not _exists(path):
        raise UsageError(
            f"{path} does not exist", hint="name the manifest's file or folder", code=error_codes.NO_SUCH_PATH
        )
    if not path.is_dir():
        return Files(path.parent, {_printable(path.name): _content(path, path.name)})
    texts, refused = _folder(path.resolve(), path.resolve(), prefix="")
    if refused:
        raise ManifestError(refused, {})
    if not texts:
        raise UsageError(
            f"There is no manifest in {path}: no *.yaml or *.yml in it or below it",
            hint="run `reconciler init` to write a first one; hidden files and *.estate.yaml are ignored",
            code=error_codes.NO_MANIFEST,
        )
    return Files(path, texts)


def _exists(path: Path) -> bool:
    """Whether a path exists; UsageError when that can't be found out (a name too long, a folder without access)."""
    try:
        return path.exists()
    except OSError as error:
        raise UsageError(
            f"Could not look up {shortened(str(path))}: {error.strerror}",
            hint="check the path and its permissions",
            code=error_codes.UNREADABLE,
        ) from error


def _folder(folder: Path, boundary: Path, *, prefix: str) -> tuple[dict[str, bytes], list[Finding]]:
    """Every YAML file below `folder`, named with `prefix`; a finding for each that is outside `boundary`."""
    texts: dict[str, bytes] = {}
    refused: list[Finding] = []
    for path in sorted(_paths(folder, boundary)):
        name = _printable(prefix + path.relative_to(folder).as_posix())
        try:
            _check_inside(path, boundary)
            texts[name] = _content(path, name)
        except UsageError as error:
            refused.append(codes.FILE_REFUSED.at(error.message, place=Place(name, 1, 1), hint=error.hint))
    return dict(sorted(texts.items())), refused


def _paths(folder: Path, boundary: Path) -> list[Path]:
    """The YAML files below `folder`, linked folders included, and the links that can't be followed.

    Linked folders come last, and each real folder is read once, so that links in a circle end.
    """
    found: list[Path] = []
    seen: set[Path] = set()
    waiting = [folder]
    while waiting:
        start = waiting.pop(0)
        if not start.resolve().is_relative_to(boundary):
            found.append(start)
            continue
        for parent, folders, names in os.walk(start, onerror=_unreadable):
            inside = [Path(parent) / name for name in sorted(folders) if not name.startswith(".")]
            seen.add(Path(parent).resolve())
            folders[:] = [path.name for path in inside if not path.is_symlink() and path.resolve() not in seen]
            waiting += [path for path in inside if path.is_symlink() and path.resolve() not in seen]
            files = [Path(parent) / name for name in names]
            found += [path for path in files if is_ours(path.name) or _is_dangling(path)]
        waiting = [path for path in waiting if path.resolve() not in seen]
    return found


def _is_dangling(path: Path) -> bool:
    """Whether a link has no target: that may have been a folder of manifest files."""
    return not is_left_out(path.name) and path.is_symlink() and not path.exists()


def _unreadable(error: OSError) -> None:
    raise UsageError(
        f"the folder {error.filename} cannot be read: {error.strerror}", hint="check its permissions", code=error_codes.UNREADABLE,
    )  # fmt: skip


def _check_inside(path: Path, boundary: Path) -> None:
    try:
        target = path.resolve(strict=True)
    except (OSError, RuntimeError):
        raise UsageError(
            f"{path.name} is a symbolic link to something that doesn't exist", hint="remove it, or fix its target"
        ) from None
    if not target.is_relative_to(boundary):
        raise UsageError(
            f"{path.name} is a symbolic link to a place outside the manifest's folder",
            hint="put the file itself into the folder, or name it under `include`",
        )


def _content(path: Path, name: str) -> bytes:
    """The bytes of a regular file, at most one more than allowed."""
    try:
        if not stat.S_ISREG(path.stat().st_mode):
            raise UsageError(
                f"{shortened(name)} is not a regular file", hint="name a file or a folder", code=codes.FILE_REFUSED
            )
        with path.open("rb") as stream:
            return stream.read(LARGEST + 1)
    except OSError as error:
        raise UsageError(
            f"{shortened(name)} cannot be read: {error.strerror}",
            hint="check its permissions",
            code=error_codes.UNREADABLE,
        ) from error


def _printable(name: str) -> str:
    """The name with bytes that aren't UTF-8 made visible."""
    return name.encode("utf-8", "backslashreplace").decode("utf-8")


def _includer(root: Path) -> Callable[[str, str], Mapping[str, bytes]]:
    """A function from an including file and the path it names to the files there, named relative to `root`."""
    base = root.resolve()
    boundary = repository(base) or base

    def include(file: str, named: str) -> Mapping[str, bytes]:
        _check_relative(named)
        shown = shortened(named)
        resolved = ((base / file).parent / named).resolve()
        if not resolved.is_relative_to(boundary):
            raise UsageError(
                f"{shown} is outside the repository",
                hint="include only files inside the git repository (without one: below the given path)",
            )
        if not _exists(resolved):
            raise UsageError(f"{shown} does not exist", hint="write the path relative to the including file")
        name = Path(os.path.relpath(resolved, base)).as_posix()
        if not resolved.is_dir():
            return {_printable(name): _content(resolved, name)}
        texts, refused = _folder(resolved, boundary, prefix=f"{name}/")
        if refused:
            raise ManifestError(refused, {})
        if not texts:
            raise UsageError(f"{shown} has no *.yaml or *.yml in it", hint="name a folder with manifest files")
        return texts

    return include


def _check_relative(named: str) -> None:
    shown = shortened(named)
    if "://" in named or named.startswith(("git@", "git::")):
        raise UsageError(f"{shown} is a URL", hint="include files and folders of the same git repository")
    if named.startswith(("/", "~", "\\")) or _DRIVE.match(named) or "\0" in named:
        raise UsageError(f"{shown} is not a relative path", hint="write a path relative to the including file")
    if "\\" in named:
        slashed = named.replace("\\", "/")
        raise UsageError(
            f"{shown} has a backslash, which separates folders on Windows only",
            hint=f"write `{slashed}`, which works everywhere"
            if shown == named
            else "write `/`, which works everywhere",
        )
