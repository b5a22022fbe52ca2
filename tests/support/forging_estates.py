"""Estates for forged answers, applied already: each is built once per process by the command, and then copied."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from functools import cache
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, NamedTuple

import arm
import manifests
from arm import APPS
from installed import AZURE, ESTATE, run
from stage import as_yaml

STATE = Path(ESTATE).with_suffix(".state.json").name
Data = Mapping[str, Any]


class Estate(NamedTuple):
    """A manifest, what Azure holds in the beginning, and what has happened there since."""

    manifest: str
    estate: str
    state: bytes = b""

    def written(self, folder: Path) -> Path:
        """The path of the estate file, after it, its state and the manifest have been put into a folder."""
        folder.mkdir(parents=True, exist_ok=True)
        (folder / "backup.yaml").write_text(self.manifest, encoding="utf-8")
        (folder / ESTATE).write_text(self.estate, encoding="utf-8")
        (folder / STATE).unlink(missing_ok=True)
        if self.state:
            (folder / STATE).write_bytes(self.state)
        return folder / ESTATE

    def aged(self, span: str) -> Estate:
        """The same after so much time has passed, such as `2d`: with the backups that came meanwhile."""
        return self._replace(state=_aged(self, span))

    def saying(self, **said: Any) -> Estate:
        """The same with another manifest, which isn't applied: `disks=[…]` replaces a key, None takes it out."""
        data = json.loads(self.manifest) | said
        return self._replace(manifest=as_yaml({key: value for key, value in data.items() if value is not None}))


def bare(manifest: Data, *resources: Any, **more: Any) -> Estate:
    """An estate to which nothing has been applied; `more` as `arm.estate` takes it."""
    return Estate(as_yaml(manifest), json.dumps(arm.estate(*resources, **more)))


def applied(manifest: Data, *resources: Any, **more: Any) -> Estate:
    """An estate to which this manifest has been applied."""
    return _applied(bare(manifest, *resources, **more))


@cache
def _applied(estate: Estate) -> Estate:
    return estate._replace(state=_after(estate, "apply", ".", *AZURE, "--auto-approve"))


@cache
def _aged(estate: Estate, span: str) -> bytes:
    return _after(estate, "sandbox", "advance", ESTATE, span)


def _after(estate: Estate, *words: str) -> bytes:
    with TemporaryDirectory() as name:
        folder = Path(name)
        estate.written(folder)
        done = run(folder, *words)
        assert done.returncode == 0, done.stdout + done.stderr
        return (folder / STATE).read_bytes()


def quickstart(*, fresh: bool = False, **said: Any) -> Estate:
    """The walkthrough: vault TestBkpVault, policy diskBkpPolicy, disk PSTestDisk; `said` as `manifests.manifest` has it."""
    make = bare if fresh else applied
    return make(manifests.manifest(**said), arm.group(APPS, "diskrg"), arm.disk("PSTestDisk", tags={"app": "shop"}))


def names(count: int) -> list[str]:
    """disk-01, disk-02 …"""
    return [f"disk-{number:02}" for number in range(1, count + 1)]


def disks(count: int = 18, *, fresh: bool = False, **said: Any) -> Estate:
    """Disks that the manifest names by id: disk-01, disk-02 … in resource group diskrg of APPS."""
    make = bare if fresh else applied
    entries = [manifests.disk(name) for name in names(count)]
    return make(manifests.manifest(**{"disks": entries, **said}), [arm.disk(name) for name in names(count)])


def selected(count: int = 18, *, fresh: bool = False, **said: Any) -> Estate:
    """Disks that a selector takes, by their tag backup=gold."""
    make = bare if fresh else applied
    found = [arm.disk(name, tags={"backup": "gold"}) for name in names(count)]
    return make(manifests.manifest(**{"disks": [manifests.selecting()], **said}), found)


def two_vaults(count: int = 4, *, fresh: bool = False, **said: Any) -> Estate:
    """Two vaults with the same policy: odd disks by id in TestBkpVault, even ones by selector in OtherVault."""
    make = bare if fresh else applied
    odd, even = names(count)[::2], names(count)[1::2]
    other = {"name": "OtherVault", "resourceGroup": "testBkpVaultRG"}
    entries: Sequence[Data] = [
        *(manifests.disk(name) for name in odd),
        manifests.selecting({"backup": "other"}, vault="OtherVault"),
    ]
    found = [arm.disk(name) for name in odd] + [arm.disk(name, tags={"backup": "other"}) for name in even]
    return make(manifests.manifest(**{"vaults": [manifests.VAULT, other], "disks": entries, **said}), found)
