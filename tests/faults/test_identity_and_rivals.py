"""F60, F62, F65, F66: refusals that mean something else, rivals that rewrite, identities that change, other owners."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import pytest
from arm import disk, estate, grants, group_id, instance, policy, vault
from faults import Answer, Asked, error, first, then
from manifests import DISK, VAULT, manifest
from manifests import disk as entry
from stories import ADDRESS, DISK_ID, LONGER, VAULT_ID, applied, instance_of, state_of
from trial import Trial

VAGUE = error(400, "BMSUserErrorInvalidInput", "The User input provided for the call is invalid.")

# F60


def test_f60_a_vague_refusal_after_a_fresh_assignment_is_probed_before_it_is_believed(quickstart: Trial) -> None:
    hit = quickstart.inject("PUT backupInstances", VAGUE, times=4)
    run = quickstart.apply()
    assert run.code == 0, run.text
    assert len(hit.hits) == 4
    kinds = [call.kind for call in run.calls]
    last = len(kinds) - 1 - kinds[::-1].index("PUT backupInstances")
    before = kinds[:last]
    assert "POST validateForBackup" in before[before.index("PUT backupInstances") :], "asked again after the refusal"


def test_f60_it_is_final_when_the_probe_blames_something_else(quickstart: Trial) -> None:
    hit = quickstart.inject("PUT backupInstances", VAGUE, times=999)
    other = error(400, "UserErrorDiskBackupDiskTypeNotSupported", "The disk's type is not supported.")
    quickstart.inject("POST validateForBackup", other, times=999, where=lambda _: bool(hit.hits))
    run = quickstart.apply()
    assert run.code == 1
    assert len(hit.hits) == 1
    assert run.seconds < 900
    assert run.result(ADDRESS).code == "UserErrorDiskBackupDiskTypeNotSupported"


def test_f60_it_is_final_in_the_end_when_the_probe_blames_nothing(quickstart: Trial) -> None:
    """The window for permissions closes; what remains is the refusal itself."""
    quickstart.inject("PUT backupInstances", VAGUE, times=999)
    run = quickstart.apply()
    assert run.code == 1
    assert run.seconds < 2 * 3600
    assert run.result(ADDRESS).code == "BMSUserErrorInvalidInput"


def test_f60_without_a_fresh_assignment_it_is_believed_at_once(quickstart: Trial) -> None:
    applied(quickstart)
    quickstart.wait(3 * 3600)
    quickstart.said = manifest(policies=[LONGER])
    hit = quickstart.inject("PUT backupInstances", VAGUE, times=999)
    run = quickstart.apply()
    assert run.code == 1
    assert len(hit.hits) <= 4, "not for half an hour"
    assert run.seconds < 900


# F62


class Rewriter:
    """Somebody who rewrites what was just written, each time; `until` so many times."""

    def __init__(self, trial: Trial, target: str, changes: Mapping[str, Any], until: float = 1e9) -> None:
        self.count = 0
        self._trial, self._target, self._changes, self._until = trial, target, changes, until

    def __call__(self, asked: Asked) -> Answer:
        said = asked.act()
        if self.count < self._until:
            self.count += 1
            self._trial.sandbox.patch(self._target, self._changes)
        return said


def test_f62_a_vaults_value_rewritten_after_each_write_is_told_and_not_fought(trials: Callable[..., Trial]) -> None:
    alerts = {
        "properties": {"monitoringSettings": {"azureMonitorAlertSettings": {"alertsForAllJobFailures": "Disabled"}}}
    }
    said = manifest(vaults=[VAULT | {"alertsForAllJobFailures": True}])
    trial = trials(estate(disk("PSTestDisk"), vault(tags={"reconciler-owner": "quickstart"})), said)
    rewriter = Rewriter(trial, VAULT_ID, alerts)
    trial.inject("PATCH backupVaults", rewriter, times=999)
    run = trial.apply()
    assert run.code == 1
    assert len([call for call in run.writes if call.kind == "PATCH backupVaults"]) == 1, "one write"
    result = run.result("vault/TestBkpVault")
    assert (result.status, result.code) == ("failed", "overridden-by-azure")
    assert "alertsForAllJobFailures" in result.message
    assert "Azure Policy" in result.hint


def test_f62_tags_that_an_azure_policy_rewrites_at_creation(quickstart: Trial) -> None:
    """A modify effect acts inside the very PUT: the tag comes back different from what was sent."""
    quickstart.said = manifest(vaults=[VAULT | {"tags": {"env": "prod"}}])
    rewriter = Rewriter(quickstart, VAULT_ID, {"tags": {"env": "enforced"}})
    quickstart.inject("PUT backupVaults", rewriter, times=999)
    run = quickstart.apply()
    assert run.code == 1
    result = run.result("vault/TestBkpVault")
    assert (result.code, "tags.env" in result.message) == ("overridden-by-azure", True)
    assert '"prod"' in result.message
    assert '"enforced"' in result.message
    assert len([call for call in run.writes if call.kind == "PUT backupVaults"]) == 1


def test_f62_an_instance_that_somebody_re_points_after_each_write(quickstart: Trial) -> None:
    applied(quickstart)
    row = instance_of(quickstart)
    back = {"properties": {"policyInfo": {"policyId": row["properties"]["policyInfo"]["policyId"]}}}
    quickstart.said = manifest(policies=[LONGER])
    quickstart.has_rivals = True

    put = quickstart.inject("PUT backupInstances", lambda asked: asked.act(), times=999)
    rewrite = first(lambda: quickstart.sandbox.patch(row["id"], back))
    quickstart.inject("LIST backupInstances", rewrite, times=999, where=lambda _: bool(put.hits))
    run = quickstart.apply()
    assert run.code == 1
    assert len(put.hits) == 1, "one write"
    assert run.result(ADDRESS).code == "overridden-by-azure"
    assert "polic" in run.result(ADDRESS).message


def test_f62_a_field_that_nobody_declared_may_be_rewritten(quickstart: Trial) -> None:
    rewriter = Rewriter(quickstart, VAULT_ID, {"tags": {"audited-by": "policy"}})
    quickstart.inject("PUT backupVaults", rewriter, times=999)
    run = quickstart.apply()
    assert run.code == 0, run.text
    assert quickstart.get(VAULT_ID)["tags"]["audited-by"] == "policy"


# F65


def switched_identity(trial: Trial) -> tuple[str, str]:
    """The vault's system identity, off and on again: the old and the new principal."""
    before = trial.get(VAULT_ID)["identity"]["principalId"]
    body = trial.get(VAULT_ID)
    for kind in ("None", "SystemAssigned"):
        trial.ask("PUT", VAULT_ID, body | {"identity": {"type": kind}})
        trial.wait(120)
    after = trial.get(VAULT_ID)["identity"]["principalId"]
    assert before != after
    return before, after


def test_f65_a_new_identity_gets_assignments_of_its_own_and_instances_are_repaired(quickstart: Trial) -> None:
    applied(quickstart)
    old, new = switched_identity(quickstart)
    row = instance_of(quickstart)
    problem = {"code": "UserErrorDiskBackupDiskOrMSIPermissionsNotPresent", "message": "The vault lacks permissions."}
    failing = {
        "currentProtectionState": "ProtectionError",
        "protectionStatus": {"status": "ProtectionError", "errorDetails": problem},
    }
    quickstart.sandbox.patch(row["id"], {"properties": failing})
    drift = quickstart.drift()
    assert drift.code == 2
    run = quickstart.apply()
    assert run.code == 0, run.text
    made = [call.body["properties"] for call in run.writes if call.kind == "PUT roleAssignments"]
    assert [body["principalId"] for body in made] == [new, new]
    assert {body["principalType"] for body in made} == {"ServicePrincipal"}
    kinds = [call.kind for call in run.calls]
    assert "POST validateForBackup" in kinds[: kinds.index("PUT backupInstances")], "probed before it is repaired"
    assert state_of(quickstart) == "ProtectionConfigured"
    assert "role-left-behind" in run.out
    held = [
        row["properties"]["principalId"]
        for row in map(quickstart.sandbox.get, quickstart.sandbox.ids("*/roleAssignments/*"))
    ]
    assert (held.count(old), held.count(new)) == (2, 2), "the old ones are reported, not removed"


def test_f65_an_identity_that_is_off_is_declared_and_switched_on(quickstart: Trial) -> None:
    quickstart.said = manifest(vaults=[VAULT | {"identity": "system"}])
    applied(quickstart)
    body = quickstart.get(VAULT_ID)
    quickstart.ask("PUT", VAULT_ID, body | {"identity": {"type": "None"}})
    quickstart.wait(120)
    run = quickstart.apply()
    assert run.code == 0, run.text
    assert quickstart.get(VAULT_ID)["identity"]["type"] == "SystemAssigned"


# F66


@pytest.mark.parametrize("where", ["same vault", "other vault"])
def test_f66_a_disk_that_another_manifest_owns_is_an_error_that_names_the_owner(
    trials: Callable[..., Trial], where: str
) -> None:
    other = VAULT_ID.replace("TestBkpVault", "OtherVault")
    theirs = VAULT_ID if where == "same vault" else other
    rows = [vault(), vault(other), policy(theirs, "theirs"), *grants(theirs, DISK_ID)]
    rows.append({"id": group_id(DISK_ID.split("/")[2], "snapshotrg"), "location": "westus"})
    rows.append(instance(theirs, DISK_ID, "theirs", tags={"reconciler-owner": "payments-team"}))
    said = manifest(
        vaults=[VAULT, {"name": "OtherVault", "resourceGroup": "testBkpVaultRG", "manage": False}],
        disks=[DISK, entry("other")],
    )
    trial = trials(estate(disk("PSTestDisk"), disk("other"), rows), said)
    before = trial.sandbox.get(f"{theirs}/backupInstances/PSTestDisk-byhand")
    run = trial.apply()
    assert run.code == 1
    assert "error[managed-elsewhere]" in run.text
    assert "payments-team" in run.text
    assert ADDRESS not in run.statuses
    assert not [call for call in run.writes if "pstestdisk" in call.path.lower()]
    assert trial.sandbox.get(f"{theirs}/backupInstances/PSTestDisk-byhand") == before
    assert state_of(trial, "other") == "ProtectionConfigured", "the others go on"
    for flags in (("--prune",), ("--adopt",)):
        again = trial.apply(*flags)
        assert again.code == 1, again.text
        assert trial.sandbox.get(before["id"]) == before
    trial.cures.append(lambda: trial.sandbox.remove(before["id"]))


def test_f66_a_mark_that_appears_between_plan_and_write_is_not_overwritten(quickstart: Trial) -> None:
    """Another manifest makes the disk's instance first: Azure refuses ours, and the next plan names the owner."""
    theirs = instance(VAULT_ID, DISK_ID, "theirs", name="theirs", tags={"reconciler-owner": "payments-team"})

    def make() -> None:
        quickstart.place(policy(VAULT_ID, "theirs", default="P2D"))
        quickstart.place(theirs)

    quickstart.has_rivals = True
    quickstart.inject("PUT backupPolicies", then(make))
    run = quickstart.apply()
    assert run.code == 1, run.text
    assert list(quickstart.names(f"{VAULT_ID}/backupInstances")) == ["theirs"]
    assert instance_of(quickstart)["tags"] == {"reconciler-owner": "payments-team"}
    plan = quickstart.plan()
    assert "payments-team" in plan.text
    quickstart.cures.append(lambda: quickstart.sandbox.remove(theirs["id"]))
