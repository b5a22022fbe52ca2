"""Scenes of findings about a manifest: the broken ones of the tests of manifests, and a few more."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from functools import cache, partial
from pathlib import Path
from tempfile import TemporaryDirectory

from scenes import WIDTH, Scenes

from reconciler.loading.files import load
from reconciler.model.codes.manifest import CODES
from reconciler.model.errors import ManifestError
from reconciler.report.caret import diagnostic
from reconciler.report.style import Style

BROKEN = Path(__file__).parents[1] / "manifest" / "broken"
START = """\
apiVersion: reconciler/v1
name: walkthrough
defaults:
  subscription: 11111111-1111-1111-1111-111111111111
  location: westus
  snapshotResourceGroup: snapshotrg
"""
WHOLE = """\
vaults: [{name: TestBkpVault, resourceGroup: vaultrg}]
policies: [{name: gold, schedule: {every: 4h}, retention: {default: 7d}}]
snapshotResourceGroups: [{name: snapshotrg}]
"""
DISK = "/subscriptions/22222222-2222-2222-2222-222222222222/resourceGroups/diskrg/providers/Microsoft.Compute/disks/d"
MORE: Mapping[str, str] = {
    "too-deep": "disks: " + "[" * 80 + "]" * 80,
    "snapshot-total": "policies: [{name: gold, schedule: {every: 1h}, retention: {default: 14d, daily: 90d, weekly: 52w}}]\n",
    "retention-shadowed": "policies: [{name: gold, schedule: {every: 4h}, retention: {default: 30d, daily: 7d}}]\n",
    "snapshots-beside-disk": f"{WHOLE}disks: [{{id: {DISK.replace('diskrg', 'snapshotrg')}, vault: TestBkpVault, policy: gold}}]\n",
    "no-effect": f"{WHOLE}disks: [{{id: {DISK}, vault: TestBkpVault, policy: gold, whenGone: report, for: 7d}}]\n",
    "not-for-snapshots": "snapshotResourceGroups: [{name: snapshotrg}]\nvaults: [{name: TestBkpVault, resourceGroup: vaultrg, redundancy: GeoRedundant, crossRegionRestore: true}]\n",
    "gone-for": f"{WHOLE}disks: [{{id: {DISK}, vault: TestBkpVault, policy: gold, whenGone: retain, for: P1M}}]\n",
}


@contextmanager
def repository() -> Iterator[Path]:
    """A folder that is a git repository, so that includes are refused alike everywhere."""
    with TemporaryDirectory() as name:
        (Path(name) / ".git").mkdir()
        yield Path(name)


def told(path: Path) -> dict[str, str]:
    """What is said of a manifest on a terminal, the first diagnostic of each code."""
    try:
        findings, sources = load(path).warnings, {"backup.yaml": path.read_text(encoding="utf-8")}
    except ManifestError as error:
        findings, sources = error.findings, error.sources
    shown: dict[str, str] = {}
    for one in findings:
        shown.setdefault(one.code, diagnostic(one, sources, style=Style(width=WIDTH)))
    return shown


@cache
def broken() -> dict[str, str]:
    """The diagnostics of the broken manifests, by code."""
    shown: dict[str, str] = {}
    for case in sorted(path for path in BROKEN.iterdir() if path.suffix == ".yaml" or path.is_dir()):
        with repository() as folder:
            if case.is_file():
                path = Path(shutil.copy(case, folder / "backup.yaml"))
            else:
                path = Path(shutil.copytree(case, folder / case.name))
                path = path / "main" if (path / "main").is_dir() else path
            for code, text in told(path).items():
                shown.setdefault(code, text)
    return shown


def said(code: str) -> str:
    """What is said of a manifest that goes on so after its start."""
    with repository() as folder:
        path = folder / "backup.yaml"
        path.write_text(START + MORE[code], encoding="utf-8")
        return told(path).get(code, "")


def linked() -> str:
    """A link leads out of the manifest's folder."""
    with repository() as folder, TemporaryDirectory() as other:
        own = folder / "backups"
        own.mkdir()
        (own / "backup.yaml").write_text(START, encoding="utf-8")
        (Path(other) / "disks.yaml").write_text(START, encoding="utf-8")
        (own / "disks.yaml").symlink_to(Path(other) / "disks.yaml")
        return told(own).get("file-refused", "")


def large() -> str:
    """A file of more than ten megabytes."""
    with repository() as folder:
        path = folder / "backup.yaml"
        path.write_bytes(START.encode() + b"#" * 10_500_000)
        return told(path).get("too-large", "")


def _of(code: str) -> Callable[[], str]:
    return {"file-refused": linked, "too-large": large}.get(code) or (
        partial(said, code) if code in MORE else lambda: broken().get(code, "")
    )


SCENES: Scenes = {code: _of(code) for code in CODES}
