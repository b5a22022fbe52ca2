from __future__ import annotations

from typing import Any

import pytest


@pytest.mark.parametrize(
    ("verb", "state"), [("stopProtection", "ProtectionStopped"), ("suspendBackups", "BackupsSuspended")]
)
def test_halting_takes_most_of_a_minute_and_is_said_only_once(protected: Any, verb: str, state: str) -> None:
    path = f"{protected.INSTANCE}/{verb}"
    response = protected.call("POST", path)
    assert (response.status, response.body) == (202, None)
    protected.wait(30)
    assert protected.state() == "ProtectionConfigured"
    assert protected.finish(response, 30)["status"] == "Succeeded"
    assert protected.state() == state
    again = protected.call("POST", path)
    assert (again.status, again.body, again.headers) == (200, None, {})
    resumed = protected.call("POST", f"{protected.INSTANCE}/resumeProtection")
    assert protected.finish(resumed, 60)["status"] == "Succeeded"
    assert protected.state() == "ProtectionConfigured"


def test_resuming_what_is_protected_answers_an_empty_200(protected: Any) -> None:
    response = protected.call("POST", f"{protected.INSTANCE}/resumeProtection")
    assert (response.status, response.body, response.headers) == (200, None, {})


def test_resume_backups_ends_a_suspension_but_no_stop(protected: Any) -> None:
    path = protected.INSTANCE
    protected.finish(protected.call("POST", f"{path}/suspendBackups"), 60)
    assert protected.finish(protected.call("POST", f"{path}/resumeBackups"), 60)["status"] == "Succeeded"
    assert protected.state() == "ProtectionConfigured"
    protected.finish(protected.call("POST", f"{path}/stopProtection"), 60)
    assert protected.call("POST", f"{path}/resumeBackups").status == 400


def test_resuming_without_rights_fails_and_stays_stopped(protected: Any) -> None:
    protected.finish(protected.call("POST", f"{protected.INSTANCE}/stopProtection"), 60)
    protected.revoke_all()
    ended = protected.finish(protected.call("POST", f"{protected.INSTANCE}/resumeProtection"), 60)
    assert (ended["status"], ended["error"]["code"]) == ("Failed", "UserErrorMissingRequiredPermissions")
    assert protected.state() == "ProtectionStopped"


def test_resuming_without_rights_is_refused_at_once_by_a_switch(protected: Any) -> None:
    protected.finish(protected.call("POST", f"{protected.INSTANCE}/stopProtection"), 60)
    protected.revoke_all()
    protected.world.set_switch("permission_failure", "refused")
    resume = f"{protected.INSTANCE}/resumeProtection"
    assert protected.refused("POST", resume) == (400, "BMSUserErrorInvalidInput")
    protected.grant_all()
    assert protected.finish(protected.call("POST", resume), 60)["status"] == "Succeeded"


def test_sync_repairs_an_instance_whose_cause_is_gone(ready: Any) -> None:
    ready.revoke_all()
    ready.call("PUT", ready.INSTANCE, ready.instance_body())
    ready.wait(70)
    path = f"{ready.INSTANCE}/sync"
    ready.finish(ready.call("POST", path, {"syncType": "Default"}), 60)
    assert ready.state() == "ProtectionError"
    ready.grant_all()
    ready.finish(ready.call("POST", path, {}), 60)
    assert ready.state() == "ProtectionConfigured"
    assert ready.call("POST", path, {}).status == 200
    assert ready.call("POST", path, {"syncType": "ForceResync"}).status == 202
    assert ready.call("POST", path, {"syncType": "Never"}).status == 400


@pytest.mark.parametrize("verb", ["stopProtection", "suspendBackups", "resumeProtection", "resumeBackups", "sync"])
def test_a_missing_instance_is_404(ready: Any, verb: str) -> None:
    assert ready.call("POST", f"{ready.INSTANCE}/{verb}").status == 404


def test_a_later_deed_overtakes_an_earlier_one(protected: Any) -> None:
    body = protected.instance_body()
    body["tags"] = {}
    protected.call("PUT", protected.INSTANCE, body)
    protected.call("POST", f"{protected.INSTANCE}/stopProtection")
    protected.wait(400)
    assert protected.state() == "ProtectionStopped"
