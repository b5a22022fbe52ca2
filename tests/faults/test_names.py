"""F41, F42, F56: names and values in every spelling: what is equal stays equal, what Azure refuses never leaves home."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import installed
import pytest
from arm import APPS, disk, disk_id, estate, grants, group, group_id, instance, policy, vault, vault_id
from installed import AZURE, put_files
from manifests import DISK, POLICY, VAULT, manifest, selecting
from trial import Trial

from reconciler.loading.files import load
from reconciler.model.errors import ManifestError
from reconciler.model.ids import ArmId, lower

HOSTILE = {
    "emoji": "Vault-\U0001f600",
    "NFD": "Vaulte\u0301",
    "NFC": "Vault\u00e9",
    "Kelvin": "bac\u212aup",
    "Turkish I": "\u0130vault",
    "dotless i": "va\u0131t",
    "right to left": "va\u202eult",
    "zero width": "va\u200bult",
    "bell": "va\u0007ult",
    "escape": "va\x1b[31mult",
    "full width": "\uff36ault",
    "line": "va\nult",
    "NUL": "va\x00ult",
}
LETTERS = {"NFD", "NFC", "Kelvin", "Turkish I", "dotless i", "full width"}


def named(name: str) -> dict[str, Any]:
    """A manifest with this name at every place that takes one."""
    return manifest(
        name=name,
        vaults=[VAULT, {"name": name, "azureName": name, "resourceGroup": name}],
        policies=[POLICY, POLICY | {"name": name}],
        snapshotResourceGroups=[{"name": "snapshotrg"}, {"name": name}],
        disks=[DISK | {"vault": name, "policy": name, "snapshotResourceGroup": name}],
    )


def identified(name: str) -> dict[str, Any]:
    """A manifest with this name in every id."""
    return manifest(
        disks=[
            DISK,
            DISK | {"id": [disk_id(name), disk_id("PSTestDisk", name), disk_id("PSTestDisk", "diskrg", name)]},
        ],
        excluded=[{"id": disk_id(name, "other"), "reason": "x"}],
        removed=[{"id": disk_id(name, "another"), "data": "retain", "reason": "x"}],
    )


@pytest.mark.parametrize("kind", HOSTILE)
@pytest.mark.parametrize(
    ("said", "code", "places", "groups"), [(named, "invalid-value", 9, 3), (identified, "invalid-id", 5, 1)]
)
def test_f42_a_name_that_azure_refuses_is_refused_by_validate_wherever_it_stands(
    tmp_path: Path, kind: str, said: Callable[[str], dict[str, Any]], code: str, places: int, groups: int
) -> None:
    """Resource groups may have letters of any script, and accents; nothing else may."""
    places -= groups if kind in LETTERS else 0
    put_files(tmp_path, said(HOSTILE[kind]))
    with pytest.raises(ManifestError) as caught:
        load(tmp_path / "backup.yaml")
    assert {row.code for row in caught.value.findings} == {code}
    assert len({str(row.place) for row in caught.value.findings}) == places
    assert all(row.place and row.place.line > 1 and row.hint for row in caught.value.findings)


def test_f42_validate_shows_a_hostile_name_without_obeying_it(tmp_path: Path) -> None:
    for said in (named, identified):
        put_files(tmp_path, said("".join(HOSTILE.values())))
        done = installed.run(tmp_path, "validate", "backup.yaml")
        assert (done.returncode, done.stdout) == (1, "")
        shown = done.stderr.replace("\n", "")
        assert "Traceback" not in shown
        assert all(character.isprintable() for character in shown), ascii(shown)


def test_f42_no_letter_is_the_same_as_one_of_ascii() -> None:
    assert ArmId(disk_id("DISK")) == ArmId(disk_id("disk").lower())
    assert "\u212a".lower() == "k", "the trap: Python folds the Kelvin sign"
    for one, other in (("dis\u212a", "disk"), ("D\u0130sk", "disk"), ("dis\u017f", "diss"), ("e\u0301", "\u00e9")):
        assert ArmId(disk_id(one)) != ArmId(disk_id(other))
        assert lower(one) != lower(other)


def test_f42_the_estate_may_hold_twins_that_unicode_would_fold(trials: Callable[..., Trial]) -> None:
    """A disk beside ours whose name differs by a Kelvin sign isn't ours, and a selector finds only what it says."""
    trial = trials(estate(disk("disk", tags={"backup": "gold"})), manifest(disks=[selecting()]))
    trial.place(disk("dis\u212a", tags={"bac\u212aup": "gold"}))
    assert trial.apply().code == 0
    assert list(trial.instances(vault_id())) == ["disk"]


TAGS = {
    "\U0001f600": "\U0001f600",
    "NFD e\u0301": "e\u0301",
    "\u212aelvin": "\u0130",
    "rtl\u202e": "\u202etxt.exe\u202c",
    "zero\u200bwidth": "\u200b",
    "colour": "\x1b[31mred\x1b[0m\a",
    "lines": "one\r\ntwo\ttab",
    "empty": "",
}


def test_f42_tags_may_hold_any_text_and_keep_it(trials: Callable[..., Trial]) -> None:
    trial = trials(estate(disk("PSTestDisk")), manifest(vaults=[VAULT | {"tags": TAGS}]))
    assert trial.apply().code == 0
    live = trial.get(vault_id())["tags"]
    assert {key: live[key] for key in TAGS} == TAGS
    twin = trial.plan(said=manifest(vaults=[VAULT | {"tags": TAGS | {"NFD e\u0301": "\u00e9"}}]))
    assert twin.plan is not None
    assert len(twin.plan.changes) == 1, "a value in another normal form is another value"


def test_f42_tags_are_printed_with_their_controls_escaped(tmp_path: Path) -> None:
    put_files(tmp_path, manifest(vaults=[VAULT | {"tags": TAGS}]), estate(disk("PSTestDisk")))
    for form in ("text", "markdown", "json"):
        done = installed.run(tmp_path, "plan", "backup.yaml", *AZURE, "--format", form)
        assert done.returncode == 0, done.stderr
        shown = (done.stdout + done.stderr).replace("\n", "")
        assert all(character.isprintable() for character in shown), ascii(shown)
    assert r"\x1b[31mred" in installed.run(tmp_path, "plan", "backup.yaml", *AZURE).stdout.replace(r"\u001b", r"\x1b")


# F41


def mix(text: str) -> str:
    """The same id in the service's own odd casing."""
    return (
        text.replace("/resourceGroups/", "/resourcegroups/")
        .replace("Microsoft.Compute", "MICROSOFT.compute")
        .replace("Microsoft.DataProtection", "microsoft.dataprotection")
        .replace("backupPolicies", "BackupPolicies")
    )


SPELLINGS = {"lower": str.lower, "upper": str.upper, "mixed": mix, "slash": lambda text: f"{mix(text)}/"}


@pytest.mark.parametrize("spelling", SPELLINGS)
def test_f41_ids_in_odd_case_are_no_difference(trials: Callable[..., Trial], spelling: str) -> None:
    """The manifest spells it one way, Azure in all others; nothing is written."""
    odd = SPELLINGS[spelling]
    address, source = vault_id(), disk_id("PSTestDisk")
    row = instance(mix(address), odd(source), "by-hand", snapshots=odd(group_id(APPS, "snapshotrg")))
    row["properties"]["policyInfo"]["policyId"] = odd(row["properties"]["policyInfo"]["policyId"])
    resources = [disk("PSTestDisk"), group(APPS, "snapshotrg"), vault(address), policy(address, "by-hand"), row]
    said = manifest(disks=[DISK | {"id": mix(source)}])
    trial = trials(estate(resources, grants(address, source)), said)
    run = trial.apply()
    assert (run.code, run.writes) == (0, []), run.text
    assert run.plan is not None
    assert (run.plan.changes, run.plan.errors) == ((), ())


@pytest.mark.parametrize("spelling", SPELLINGS)
def test_f41_a_manifest_in_odd_case_is_applied_once_and_shown_as_written(
    trials: Callable[..., Trial], spelling: str
) -> None:
    written = SPELLINGS[spelling](disk_id("PSTestDisk"))
    said = manifest(disks=[DISK | {"id": written, "vault": "testbkpVAULT", "policy": "DISKBKPPOLICY"}])
    trial = trials(estate(disk("PSTestDisk")), said)
    run = trial.apply()
    assert run.code == 0, run.text
    assert f"/{ArmId(written).name}" in run.out
    usual = trial.plan(said=manifest())
    assert usual.plan is not None
    assert usual.plan.changes == (), usual.text


# F56


EQUAL: Mapping[str, dict[str, Any]] = {
    "minutes": {"every": "PT240M"},
    "another offset": {"start": "2021-05-02T15:00:00+02:00"},
    "Zulu": {"start": "2021-05-02T13:00:00Z"},
    "another start": {"start": "2026-01-31T09:00:00+00:00"},
    "Windows zone": {"zone": "Coordinated Universal Time"},
    "no zone": {"zone": None},
    "hours for days": {"default": "PT168H"},
    "a week": {"default": "P1W"},
    "other order": {"daily": "P14D", "weekly": "P8W", "backwards": True},
    "Terraform's rule name": {"rule": "BackupIntervals"},
}


@pytest.mark.parametrize("spelling", EQUAL)
def test_f56_a_policy_edited_to_an_equal_value_is_no_difference(trials: Callable[..., Trial], spelling: str) -> None:
    more = {"daily": "14d", "weekly": "56d"} if spelling == "other order" else {}
    said = manifest(policies=[POLICY | {"retention": {"default": "7d", **more}}])
    trial = trials(estate(disk("PSTestDisk")), said)
    assert trial.apply().code == 0
    (name,) = trial.names(f"{vault_id()}/backupPolicies")
    trial.place(policy(vault_id(), name, **EQUAL[spelling]))
    drift = trial.drift()
    assert drift.code == 0, drift.text
    run = trial.apply()
    assert (run.code, run.writes) == (0, []), run.text
    trial.place(policy(vault_id(), name, **(EQUAL[spelling] | {"default": "P6D"})))
    assert trial.drift().code == 2, "and what is not equal is seen"


def test_f56_vaults_and_instances_edited_to_equal_values_are_no_difference(quickstart: Trial) -> None:
    assert quickstart.apply().code == 0
    quickstart.sandbox.patch(
        vault_id(), {"properties": {"securitySettings": {"immutabilitySettings": {"state": "disabled"}}}}
    )
    (row,) = quickstart.instances(vault_id()).values()
    tags = {key.upper(): value for key, value in row["tags"].items()}
    quickstart.sandbox.patch(row["id"], {"tags": {**dict.fromkeys(row["tags"]), **tags}})
    run = quickstart.apply()
    assert (run.code, run.writes) == (0, []), run.text
    assert quickstart.drift().code == 0
