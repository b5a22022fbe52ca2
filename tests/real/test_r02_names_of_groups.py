"""R2: resource groups have letters of any script, and lists may spell them in capitals: one group stays one group."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import AbstractContextManager

import pytest
from arm import APPS, PLATFORM, disk, disk_id, group
from forging import Azure, Estate, applied
from manifests import DISK, VAULT, manifest, selecting

from reconciler.loading.files import load
from reconciler.model.errors import ManifestError
from reconciler.model.ids import ArmId, lower
from reconciler.model.names import instance_name

Forged = Callable[..., AbstractContextManager[Azure]]

NAMES = ["rg-größe", "Снимки_(1)", "バックアップ.2", "ΟΜΆΔΑ-όμάδας", "rg-İstanbul", "ÅÄÖ-rg"]


def made(name: str, *, selects: bool = False) -> Estate:
    """The quickstart's disk, its snapshots and its vault, all in groups of this name."""
    entry = selecting(snapshotResourceGroup=name) if selects else DISK | {"id": disk_id("PSTestDisk", name)}
    if selects:
        entry["select"] = {**entry["select"], "resourceGroups": [name]}
    data = manifest(
        vaults=[VAULT | {"resourceGroup": name}],
        snapshotResourceGroups=[{"name": name}],
        defaults={"subscription": PLATFORM, "location": "westus", "snapshotResourceGroup": name},
        disks=[entry],
    )
    found = disk("PSTestDisk", name, tags={"backup": "gold", "app": "shop"})
    return applied(data, group(APPS, name), found, disk("other", name))


@pytest.mark.parametrize("drift", [("everywhere", "all"), ("everywhere", "ascii"), (False, "all")])
@pytest.mark.parametrize("name", NAMES)
def test_every_verb_knows_the_group(forged: Forged, name: str, drift: tuple[object, str]) -> None:
    with forged(made(name), clock="virtual") as azure:
        azure.switch(case_drift=drift[0], case_drift_letters=drift[1])
        azure.advance("1d")
        for verb in ("validate", "drift", "status"):
            done = azure.run(verb)
            assert done.code == 0, done
        plan = azure.run("plan", "--prune", "--format", "json")
        assert (plan.code, plan.document["changes"]) == (0, []), plan
        restored = azure.run("restore", "backup.yaml", "PSTestDisk", "--to", name, "--name", "copy", "--auto-approve")
        assert restored.code == 0, restored


@pytest.mark.parametrize("letters", ["all", "ascii"])
@pytest.mark.parametrize("name", NAMES)
def test_an_export_of_it_is_exact(forged: Forged, name: str, letters: str) -> None:
    with forged(made(name), clock="virtual") as azure:
        azure.switch(case_drift="everywhere", case_drift_letters=letters)
        (vault,) = azure.ids("*/backupVaults/*")
        done = azure.run("export", vault)
        assert (done.code, "left out" in done.text) == (0, False), done
        azure.declare(done.out, "exported.yaml")
        assert azure.run("drift", "exported.yaml").code == 0


@pytest.mark.parametrize("letters", ["all", "ascii"])
@pytest.mark.parametrize("name", NAMES)
def test_a_selector_takes_from_it(forged: Forged, name: str, letters: str) -> None:
    with forged(made(name, selects=True), clock="virtual") as azure:
        azure.switch(case_drift="everywhere", case_drift_letters=letters)
        assert len(azure.ids("*/backupInstances/*")) == 1
        assert azure.run("drift").code == 0


@pytest.mark.parametrize("name", ["rg größe", "größe.", "rg-😀", "x" * 91, "größe/x", "ö\u202e", "ö½"])
def test_what_no_group_is_called_is_refused(tmp_path: object, forged: Forged, name: str) -> None:
    data = manifest(snapshotResourceGroups=[{"name": name}], disks=[DISK | {"snapshotResourceGroup": name}])
    with forged(made(NAMES[0]), clock="virtual") as azure:
        path = azure.folder / azure.declare(data, "bad.yaml")
        with pytest.raises(ManifestError) as caught:
            load(path)
        assert {row.code for row in caught.value.findings} <= {"invalid-value", "unknown-group"}
        assert "invalid-value" in {row.code for row in caught.value.findings}
        refused = azure.run("restore", "backup.yaml", "PSTestDisk", "--to", name, "--auto-approve")
        assert (refused.code, "--to" in refused.err) == (1, True), refused


def test_names_of_ascii_ids_stay() -> None:
    own = ArmId(disk_id("PSTestDisk"))
    assert instance_name(own).lower() == instance_name(ArmId(own.text.upper())).lower()
    assert lower("RG-GRÖẞE ÅΣ") == "rg-größe åσ"
