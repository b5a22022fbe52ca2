"""Which recovery points go, and when: what stops or leaves keeps them, what resumes cleans up."""

from __future__ import annotations

from typing import Any

import pytest

DAY = 86400
STOPPED, CONFIGURED, SUSPENDED = "ProtectionStopped", "ProtectionConfigured", "BackupsSuspended"


def count(azure: Any) -> int:
    """How many recovery points are listed; each has its snapshot."""
    found = azure.get(f"{azure.INSTANCE}/recoveryPoints")["value"]
    snapshots = azure.world.table("microsoft.compute/snapshots").below(azure.SNAPSHOTS.lower())
    assert len(snapshots) == len(found)
    return len(found)


def change(azure: Any, verb: str) -> None:
    assert azure.finish(azure.call("POST", f"{azure.INSTANCE}/{verb}"), 60)["status"] == "Succeeded"


def deleted(azure: Any) -> str:
    assert azure.finish(azure.call("DELETE", azure.INSTANCE), 80)["status"] == "Succeeded"
    return str(azure.INSTANCE.replace("/backupInstances/", "/deletedBackupInstances/"))


@pytest.fixture
def backed_up(protected: Any) -> Any:
    """Five days of six backups each, every one kept for seven days."""
    protected.wait(5 * DAY)
    assert count(protected) in {29, 30}
    return protected


@pytest.mark.parametrize("verb", ["resumeProtection", "PUT"])
def test_stopped_protection_keeps_all_and_a_resume_cleans_up_all_but_the_last(backed_up: Any, verb: str) -> None:
    before = count(backed_up)
    change(backed_up, "stopProtection")
    backed_up.wait(20 * DAY)
    assert (backed_up.state(), count(backed_up)) == (STOPPED, before)
    newest = backed_up.get(f"{backed_up.INSTANCE}/recoveryPoints")["value"][0]["name"]
    if verb == "PUT":
        backed_up.world.set_switch("put_while_stopped", "resumes")
        backed_up.call("PUT", backed_up.INSTANCE, {**backed_up.instance_body(), "tags": {"a": "b"}})
        backed_up.wait(300)
    else:
        change(backed_up, verb)
    assert backed_up.state() == CONFIGURED
    (left,) = backed_up.get(f"{backed_up.INSTANCE}/recoveryPoints")["value"]
    assert left["name"] == newest
    assert count(backed_up) == 1


def test_another_policy_for_a_stopped_disk_takes_and_expires_nothing(backed_up: Any) -> None:
    change(backed_up, "stopProtection")
    backed_up.wait(20 * DAY)
    before = count(backed_up)
    other = f"{backed_up.VAULT}/backupPolicies/other"
    backed_up.call("PUT", other, backed_up.policy_body("PT12H", "P3D"))
    response = backed_up.call("PUT", backed_up.INSTANCE, backed_up.instance_body(policy=other))
    for seconds in (1, 60, 600, 6000):
        backed_up.wait(seconds)
        assert (backed_up.state(), count(backed_up)) == (STOPPED, before)
    assert backed_up.get(response.headers["Azure-AsyncOperation"])["status"] == "Succeeded"


def test_suspended_backups_age_by_their_policy_and_the_last_stays(backed_up: Any) -> None:
    before = count(backed_up)
    change(backed_up, "suspendBackups")
    backed_up.wait(4 * DAY)
    assert (backed_up.state(), 10 < count(backed_up) < before) == (SUSPENDED, True)
    backed_up.wait(20 * DAY)
    assert count(backed_up) == 1
    change(backed_up, "resumeBackups")
    assert (backed_up.state(), count(backed_up)) == (CONFIGURED, 1)
    backed_up.wait(8 * DAY)
    assert count(backed_up) in {42, 43}


def test_a_soft_deleted_disk_keeps_all_until_its_purge(backed_up: Any) -> None:
    before = len(backed_up.world.table("microsoft.compute/snapshots"))
    gone = deleted(backed_up)
    backed_up.wait(13 * DAY)
    assert len(backed_up.world.table("microsoft.compute/snapshots")) == before
    backed_up.wait(DAY)
    assert backed_up.call("GET", gone).status == 404
    assert len(backed_up.world.table("microsoft.compute/snapshots")) == 0


def test_undelete_keeps_all_and_the_resume_after_it_cleans_up(backed_up: Any) -> None:
    before, gone = count(backed_up), deleted(backed_up)
    backed_up.wait(13 * DAY)
    assert backed_up.call("POST", f"{gone}/undelete").status == 200
    assert (backed_up.state(), count(backed_up)) == (STOPPED, before)
    backed_up.wait(30 * DAY)
    assert count(backed_up) == before
    change(backed_up, "resumeProtection")
    assert count(backed_up) == 1


def test_the_clean_up_may_come_later(backed_up: Any) -> None:
    backed_up.world.set_switch("resume_cleanup", "3600")
    before = count(backed_up)
    change(backed_up, "stopProtection")
    backed_up.wait(20 * DAY)
    change(backed_up, "resumeProtection")
    assert count(backed_up) == before
    backed_up.wait(3600)
    assert count(backed_up) == 1


def test_a_resume_that_fails_cleans_up_nothing(backed_up: Any) -> None:
    change(backed_up, "stopProtection")
    backed_up.wait(20 * DAY)
    before = count(backed_up)
    response = backed_up.call("POST", f"{backed_up.INSTANCE}/resumeProtection")
    backed_up.revoke_all()
    assert backed_up.finish(response, 60)["status"] == "Failed"
    assert (backed_up.state(), count(backed_up)) == (STOPPED, before)
