"""Estates for forged answers, applied already: each is built once per process by the command, and then copied."""

from __future__ import annotations

import io
import json
from collections.abc import Mapping, Sequence
from contextlib import chdir, redirect_stderr, redirect_stdout
from functools import cache
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, NamedTuple

import arm
import manifests
from arm import APPS
from installed import AZURE, ESTATE, within
from stage import as_yaml, with_roles

MANIFEST = "backup.yaml"
OTHER = "other.yaml"
STATE = Path(ESTATE).with_suffix(".state.json").name
Data = Mapping[str, Any]


class Estate(NamedTuple):
    """Manifests by file name, what Azure holds in the beginning, and what has happened there since."""

    manifests: tuple[tuple[str, str], ...]
    estate: str
    state: bytes = b""

    @property
    def manifest(self) -> dict[str, Any]:
        """What `backup.yaml` says."""
        return dict(json.loads(dict(self.manifests)[MANIFEST]))

    def written(self, folder: Path) -> Path:
        """The path of the estate file, after all files have been put into a folder."""
        folder.mkdir(parents=True, exist_ok=True)
        for name, text in (*self.manifests, (ESTATE, self.estate)):
            (folder / name).write_text(text, encoding="utf-8")
        (folder / STATE).unlink(missing_ok=True)
        if self.state:
            (folder / STATE).write_bytes(self.state)
        return folder / ESTATE

    def aged(self, span: str) -> Estate:
        """The same after so much time has passed, such as `2d`: with the backups that came meanwhile."""
        return _after(self, ("sandbox", "advance", ESTATE, span))

    def after(self, verb: str, *words: str) -> Estate:
        """The same after a command on `backup.yaml` that ended well: `.after("backup", "--wait")`."""
        return _after(self, (verb, MANIFEST, *words, *AZURE))

    def saying(self, **said: Any) -> Estate:
        """The same with another `backup.yaml`, not applied yet: `disks=[…]` replaces a key, None takes it out."""
        data = self.manifest | said
        text = as_yaml({key: value for key, value in data.items() if value is not None})
        return self._replace(manifests=tuple({**dict(self.manifests), MANIFEST: text}.items()))


def bare(manifest: Data, *resources: Any, other: Data | None = None, roles: bool = False, **more: Any) -> Estate:
    """An estate to which nothing has been applied; `more` as `arm.estate` takes it, `other` is a second manifest.

    With `roles` the callers `operator`, `reader` and `restorer` hold the shipped roles (`forged(…, token="operator")`).
    """
    files = {MANIFEST: as_yaml(manifest), **({OTHER: as_yaml(other)} if other else {})}
    content = arm.estate(*resources, **more)
    return Estate(tuple(files.items()), json.dumps(with_roles(content) if roles else content))


def applied(manifest: Data, *resources: Any, **more: Any) -> Estate:
    """An estate to which these manifests have been applied."""
    estate = bare(manifest, *resources, **more)
    return _after(estate, *(("apply", name, *AZURE, "--auto-approve") for name, _ in estate.manifests))


@cache
def _after(estate: Estate, *commands: tuple[str, ...]) -> Estate:
    with TemporaryDirectory() as name:
        folder = Path(name)
        estate.written(folder)
        for words in commands:
            told = io.StringIO()
            with chdir(folder), redirect_stdout(told), redirect_stderr(told):
                code = within(*words)
            assert code == 0, told.getvalue()
        return estate._replace(state=(folder / STATE).read_bytes())


def _made(fresh: bool, manifest: Data, *resources: Any, **more: Any) -> Estate:
    return (bare if fresh else applied)(manifest, *resources, **more)


def quickstart(*, fresh: bool = False, roles: bool = False, **said: Any) -> Estate:
    """The walkthrough: vault TestBkpVault, policy diskBkpPolicy, disk PSTestDisk; `said` as `manifests.manifest` has it.

    `fresh`: nothing is applied yet, as with all of these.
    """
    disk = arm.disk("PSTestDisk", tags={"app": "shop"})
    return _made(fresh, manifests.manifest(**said), arm.group(APPS, "diskrg"), disk, roles=roles)


def names(count: int) -> list[str]:
    """disk-01, disk-02 …"""
    return [f"disk-{number:02}" for number in range(1, count + 1)]


def disks(count: int = 18, *, fresh: bool = False, roles: bool = False, **said: Any) -> Estate:
    """Disks that the manifest names by id: disk-01, disk-02 … in resource group diskrg of APPS."""
    entries = [manifests.disk(name) for name in names(count)]
    found = [arm.disk(name) for name in names(count)]
    return _made(fresh, manifests.manifest(**{"disks": entries, **said}), found, roles=roles)


def selected(count: int = 18, *, fresh: bool = False, roles: bool = False, **said: Any) -> Estate:
    """Disks that a selector takes, by their tag backup=gold."""
    found = [arm.disk(name, tags={"backup": "gold"}) for name in names(count)]
    return _made(fresh, manifests.manifest(**{"disks": [manifests.selecting()], **said}), found, roles=roles)


def two_vaults(count: int = 4, *, fresh: bool = False, roles: bool = False, **said: Any) -> Estate:
    """One manifest, two vaults: odd disks by id in TestBkpVault, even ones by a selector in OtherVault."""
    entries: Sequence[Data] = [
        *(manifests.disk(name) for name in names(count)[::2]),
        manifests.selecting({"backup": "other"}, vault="OtherVault"),
    ]
    data = {"vaults": [manifests.VAULT, {**manifests.VAULT, "name": "OtherVault"}], "disks": entries, **said}
    return _made(fresh, manifests.manifest(**data), _odd_and_even(count), roles=roles)


def two_manifests(count: int = 4, *, fresh: bool = False, roles: bool = False) -> Estate:
    """`backup.yaml` with odd disks in TestBkpVault, `other.yaml` (named other) with even ones in OtherVault."""
    one = manifests.manifest(disks=[manifests.disk(name) for name in names(count)[::2]])
    other = manifests.manifest(
        name="other",
        vaults=[{"name": "OtherVault", "resourceGroup": "otherVaultRG"}],
        disks=[manifests.selecting({"backup": "other"}, vault="OtherVault")],
    )
    return _made(fresh, one, _odd_and_even(count), other=other, roles=roles)


def _odd_and_even(count: int) -> list[Any]:
    odd, even = names(count)[::2], names(count)[1::2]
    return [arm.disk(name) for name in odd] + [arm.disk(name, tags={"backup": "other"}) for name in even]
