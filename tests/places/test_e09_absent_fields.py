"""E9: whatever a body lacks, has as null or as another type, a command ends with a clear result or a clear error."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager
from functools import partial
from itertools import islice
from typing import Any

import arm
import pytest
from arm import APPS, PLATFORM
from forging import GONE, GRAPH, Azure, Done, answers, edits, edits_rows, fails, quickstart, selected
from manifests import VAULT

pytestmark = pytest.mark.long

Forged = Callable[..., AbstractContextManager[Azure]]

OTHERWISE: tuple[Any, ...] = (GONE, None, 7, "odd", [], {}, [None], True)
"""In place of a value; those of its own type are left out."""

EVERY = 1 if os.environ.get("RECONCILER_LONG_TESTS") else 3
"""Of how many changes one is tried: of each field others in turn."""

UNCLEAR = ("unexpected", "KeyError", "Traceback", "AttributeError", "TypeError", "NoneType")
ENDS = {0, 1, 2}


def paths(body: Any, depth: int = 6) -> Iterator[tuple[str, Any]]:
    """The dotted path of every field, and its value."""
    inner = body.items() if isinstance(body, dict) else enumerate(body[:2]) if isinstance(body, list) else ()
    for key, value in inner:
        if "." in str(key):
            continue
        yield str(key), value
        if depth:
            yield from ((f"{key}.{path}", found) for path, found in paths(value, depth - 1))


def changes(body: Any) -> Iterator[dict[str, Any]]:
    yield from islice(_changes(body), 0, None, EVERY)


def _changes(body: Any) -> Iterator[dict[str, Any]]:
    for path, value in paths(body):
        for other in OTHERWISE:
            if other is GONE or type(other) is not type(value):
                yield {path: other}


def rows_of(azure: Azure, where: str) -> list[Any]:
    """A row of that list as the command gets it."""
    found = [
        row
        for one in azure.calls(where)
        for row in (one.answer or {}).get("value") or (one.answer or {}).get("data") or ()
    ]
    assert found, where
    return found[:1]


def check(done: Done, said: dict[str, Any]) -> None:
    """A clear end; where a body can't be understood, an id is named."""
    assert done.code in ENDS, (said, done)
    for word in UNCLEAR:
        assert word not in done.text, (said, done)
    if "can't be understood" in done.text and "id" not in said:
        assert "/subscriptions/" in done.text, (said, done)


LISTS = {
    "vaults": ("GET */backupVaults", ("plan",)),
    "policies": ("GET */backupPolicies", ("plan", "status")),
    "instances": ("GET */backupInstances", ("plan", "status")),
    "disks": ("GET */disks", ("plan",)),
    "groups": ("GET */resourcegroups", ("plan",)),
    "roles": ("GET */roleAssignments", ("plan",)),
    "jobs": ("GET */backupJobs", ("jobs list",)),
    "recovery points": ("GET */recoveryPoints", ("recovery-points",)),
    "snapshots and jobs of Resource Graph": (GRAPH, ("status",)),
}


@pytest.mark.timeout(600)
@pytest.mark.parametrize("kind", LISTS)
def test_rows_of_lists(forged: Forged, kind: str) -> None:
    where, verbs = LISTS[kind]
    with forged(selected(2), clock="virtual") as azure:
        azure.advance("1d")
        for verb in verbs:
            azure.rules()
            azure.forget()
            assert azure.run(verb).code == 0
            for row in rows_of(azure, where):
                for said in changes(row):
                    azure.rules(edits_rows(where, lambda _: True, said, optional=True))
                    check(azure.run(verb), said)


RULES = "properties.policyRules"
NEEDED = {
    "vaults": "id location identity identity.principalId",
    "instances": "id properties properties.dataSourceInfo",
    "disks": "id location tags tags.backup",
    "groups": "id",
    "roles": "id",
    "jobs": "id",
    "recovery points": "id properties properties.recoveryPointTime",
    "policies": f"id properties properties.datasourceTypes properties.datasourceTypes.0 {RULES}"
    f" {RULES}.0 {RULES}.0.objectType {RULES}.0.dataStore {RULES}.0.dataStore.dataStoreType {RULES}.0.trigger"
    f" {RULES}.0.trigger.schedule {RULES}.0.trigger.schedule.repeatingTimeIntervals"
    f" {RULES}.0.trigger.schedule.repeatingTimeIntervals.0"
    f" {RULES}.0.trigger.taggingCriteria {RULES}.0.trigger.taggingCriteria.0"
    f" {RULES}.1 {RULES}.1.objectType {RULES}.1.lifecycles {RULES}.1.lifecycles.0 {RULES}.1.lifecycles.0.deleteAfter"
    f" {RULES}.1.lifecycles.0.deleteAfter.duration {RULES}.1.lifecycles.0.sourceDataStore.dataStoreType",
}
"""What the first command of `LISTS` can't do without, or can't take for what is declared; all else may be absent."""


@pytest.mark.timeout(600)
@pytest.mark.parametrize("kind", LISTS)
def test_rows_may_lack(forged: Forged, kind: str) -> None:
    where, verbs = LISTS[kind]
    with forged(selected(2), clock="virtual") as azure:
        azure.advance("1d")
        azure.run(verbs[0])
        (row,) = rows_of(azure, where)
        ends = {}
        for path, _ in paths(row):
            azure.rules(edits_rows(where, lambda _: True, {path: GONE}, optional=True))
            ends[path] = azure.run(verbs[0]).code
        assert {path for path, code in ends.items() if code == 1} == set(NEEDED.get(kind, "").split())


@pytest.mark.timeout(600)
def test_deleted_instances(forged: Forged) -> None:
    with forged(quickstart(), clock="virtual") as azure:
        azure.advance("1d")
        (own,) = azure.ids("*/backupInstances/*")
        azure.ask("DELETE", own)
        azure.advance("1h")
        azure.forget()
        azure.run("plan")
        (row,) = rows_of(azure, "GET */deletedBackupInstances")
        for said in changes(row):
            azure.rules(edits_rows("GET */deletedBackupInstances", lambda _: True, said, optional=True))
            check(azure.run("plan"), said)


SINGLE = {
    "job": ("GET */backupJobs/*", ("jobs show", "backup.yaml")),
    "operation": ("GET */operationStatus/*", ("backup", "backup.yaml")),
}


@pytest.mark.timeout(600)
@pytest.mark.parametrize("kind", ["job", "operation"])
def test_single_bodies(forged: Forged, kind: str) -> None:
    where, words = SINGLE[kind]
    with forged(quickstart(), clock="virtual") as azure:
        azure.advance("1d")
        if kind == "job":
            azure.fail_backups("*/disks/PSTestDisk")
            azure.advance("8h")
            words = (*words, azure.ids("*/backupJobs/*")[-1].rpartition("/")[2])
        azure.forget()
        azure.run(*words)
        body = azure.calls(where)[-1].answer
        for number, said in enumerate(changes(body)):
            if kind == "operation" and number % 8 == 7:
                azure.advance("25h")
            azure.rules(edits(where, said, optional=True))
            check(azure.run(*words), said)


@pytest.mark.parametrize("path", ["properties.policyRules.0.name", "properties.policyRules.1.name"])
@pytest.mark.parametrize("other", [GONE, None, ""])
def test_a_rule_without_a_name_is_never_asked_for(forged: Forged, path: str, other: Any) -> None:
    with forged(quickstart(), edits_rows("GET */backupPolicies", "*", {path: other}), clock="virtual") as azure:
        done = azure.run("backup", "backup.yaml")
        assert (done.code, azure.writes) == (1, []), done
        assert "no backup rule" in done.text or "no retention rule" in done.text


FAILING = {"currentProtectionState": "ProtectionError", "protectionStatus": {"status": "ProtectionError"}}


@pytest.mark.timeout(600)
def test_an_instance_that_is_read_before_it_is_written(forged: Forged) -> None:
    with forged(quickstart(), clock="virtual") as azure:
        azure.advance("1d")
        where, words = "GET */backupInstances/*", ("apply", "--auto-approve")
        azure.patch("*/backupInstances/*", {"properties": FAILING})
        azure.forget()
        assert azure.run(*words).code == 0
        for said in changes(azure.calls(where)[-1].answer):
            azure.patch("*/backupInstances/*", {"properties": FAILING})
            azure.rules(edits(where, said, optional=True))
            check(azure.run(*words), said)


@pytest.mark.parametrize("other", OTHERWISE)
@pytest.mark.parametrize(
    "path", ["properties.diskSizeGB", "sku", "sku.name", "zones", "properties.creationData", "tags"]
)
def test_a_disk_that_a_restore_made(forged: Forged, path: str, other: Any) -> None:
    with forged(quickstart(), clock="virtual") as azure:
        azure.advance("1d")
        azure.rules(edits("GET */disks/*", {path: other}, optional=True))
        said = ("--to", "diskrg", "--name", "copy", "--auto-approve")
        check(azure.run("restore", "backup.yaml", "PSTestDisk", *said), {path: other})


@pytest.mark.timeout(600)
@pytest.mark.parametrize("where", ["PUT */backupInstances/*", "PUT */backupVaults/*"])
def test_what_a_write_shows(forged: Forged, where: str) -> None:
    words = ("apply", "--auto-approve")
    with forged(quickstart(fresh=True), clock="virtual") as azure:
        assert azure.run(*words).code == 0
        body = azure.calls(where)[-1].answer
    for said in islice(changes(body), 0, None, 5):
        with forged(quickstart(fresh=True), edits(where, said, optional=True), clock="virtual") as azure:
            check(azure.run(*words), said)


@pytest.mark.timeout(600)
@pytest.mark.parametrize("verb", ["status", "coverage", "plan"])
def test_rows_of_every_query_of_resource_graph(forged: Forged, verb: str) -> None:
    with forged(selected(2), clock="virtual") as azure:
        azure.advance("1d")
        azure.forget()
        assert azure.run(verb).code == 0
        shown = {one.body["query"]: one.answer["data"][0] for one in azure.calls(GRAPH) if one.answer["data"]}
        for row in shown.values():
            for said in changes(row):
                azure.rules(edits_rows(GRAPH, partial(has_keys, row), said, optional=True))
                check(azure.run(verb), said)


def has_keys(row: dict[str, Any], other: dict[str, Any]) -> bool:
    return row.keys() == other.keys()


@pytest.mark.timeout(600)
def test_rows_that_an_export_reads(forged: Forged) -> None:
    with forged(selected(2), clock="virtual") as azure:
        (vault,) = azure.ids("*/backupVaults/*")
        for where in ("GET */backupVaults", "GET */backupPolicies", "GET */backupInstances", "GET */disks"):
            azure.rules()
            azure.forget()
            assert azure.run("export", vault).code == 0
            for row in rows_of(azure, where):
                for said in changes(row):
                    azure.rules(edits_rows(where, lambda _: True, said, optional=True))
                    check(azure.run("export", vault), said)


USER = f"/subscriptions/{PLATFORM}/resourceGroups/identities/providers/Microsoft.ManagedIdentity/userAssignedIdentities/one"
ERROR = {
    "code": "UserErrorManagedDiskNotFound",
    "message": "It is gone.",
    "recommendedAction": ["Look."],
    "details": [{"code": "UserErrorManagedDiskNotFound", "message": "It is gone.", "recommendedAction": ["Look."]}],
    "innerError": {"code": "x", "additionalInfo": {"DetailedNonLocalisedMessage": "It was deleted."}},
}
SETTINGS = {
    "featureSettings": {
        "crossRegionRestoreSettings": {"state": "Enabled"},
        "crossSubscriptionRestoreSettings": {"state": "Enabled"},
    },
    "monitoringSettings": {"azureMonitorAlertSettings": {"alertsForAllJobFailures": "Enabled"}},
    "securitySettings": {"immutabilitySettings": {"state": "Unlocked"}},
}


def fail_instances(azure: Azure) -> None:
    status = {"status": "ProtectionError", "errorDetails": ERROR}
    azure.patch("*/backupInstances/*", {"properties": FAILING | {"protectionStatus": status}})


def fail_instances_elsewhere(azure: Azure) -> None:
    azure.patch("*/backupInstances/*", {"properties": FAILING | {"protectionErrorDetails": ERROR}})


def stop_instances(azure: Azure) -> None:
    stopped = {"currentProtectionState": "ProtectionStopped", "protectionStatus": {"status": "ProtectionStopped"}}
    azure.patch("*/backupInstances/*", {"properties": stopped})


def fail_jobs(azure: Azure) -> None:
    azure.fail_backups("*/disks/*")
    azure.advance("1d")


def lock(azure: Azure) -> None:
    address = f"{arm.group_id(APPS, 'snapshotrg')}/providers/Microsoft.Authorization/locks/keep"
    azure.put(address, {"id": address, "name": "keep", "properties": {"level": "CanNotDelete", "notes": "Ask."}})


def set_everything(azure: Azure) -> None:
    azure.put(arm.group_id(PLATFORM, "identities"), arm.group(PLATFORM, "identities"))
    azure.put(USER, arm.user_identity("one"))
    (vault,) = azure.ids("*/backupVaults/*")
    found = azure.get(vault)
    both = {
        "type": "SystemAssigned,UserAssigned",
        "userAssignedIdentities": {USER: {"principalId": "p", "clientId": "c"}},
    }
    azure.patch(vault, {"properties": SETTINGS, "identity": found["identity"] | both, "tags": {"a": "b"}})


RICHER: dict[str, tuple[Callable[[Azure], object], str, tuple[str, ...]]] = {
    "instances in error": (fail_instances, "GET */backupInstances", ("plan", "status")),
    "instances in error that tell it elsewhere": (
        fail_instances_elsewhere,
        "GET */backupInstances",
        ("plan", "status"),
    ),
    "stopped instances": (stop_instances, "GET */backupInstances", ("plan", "status")),
    "jobs that failed": (fail_jobs, "GET */backupJobs", ("jobs list",)),
    "locks": (lock, "GET */locks", ("plan",)),
    "vaults with every setting": (set_everything, "GET */backupVaults", ("plan",)),
    "subscriptions": (bool, "GET /subscriptions", ("whoami",)),
    "permissions": (bool, "GET */permissions", ("whoami",)),
}


@pytest.mark.timeout(600)
@pytest.mark.parametrize("kind", RICHER)
def test_rows_of_objects_that_say_more(forged: Forged, kind: str) -> None:
    prepare, where, verbs = RICHER[kind]
    with forged(selected(2), clock="virtual") as azure:
        azure.advance("1d")
        prepare(azure)
        for verb in verbs:
            azure.rules()
            azure.forget()
            azure.run(verb)
            for row in rows_of(azure, where):
                for said in changes(row):
                    azure.rules(edits_rows(where, lambda _: True, said, optional=True))
                    check(azure.run(verb), said)


@pytest.mark.timeout(600)
def test_a_snapshot_that_a_restore_reads(forged: Forged) -> None:
    where = "GET */snapshots/*"
    with forged(quickstart(), clock="virtual") as azure:
        azure.advance("1d")
        words = ("restore", "backup.yaml", "PSTestDisk", "--to", "diskrg", "--auto-approve", "--name")
        azure.run(*words, "first")
        for number, said in enumerate(changes(azure.calls(where)[0].answer)):
            azure.rules(edits(where, said, optional=True))
            check(azure.run(*words, f"copy-{number}"), said)


@pytest.mark.timeout(600)
def test_vaults_that_are_read_before_they_are_written(forged: Forged) -> None:
    where, words = "GET */backupVaults/*", ("apply", "--auto-approve")
    with forged(quickstart().saying(vaults=[VAULT | {"alertsForAllJobFailures": True}]), clock="virtual") as azure:
        assert azure.run(*words).code == 0
        for said in changes(azure.calls(where)[0].answer):
            alerts = {"azureMonitorAlertSettings": {"alertsForAllJobFailures": "Disabled"}}
            azure.patch("*/backupVaults/*", {"properties": {"monitoringSettings": alerts}})
            azure.rules(edits(where, said, optional=True))
            check(azure.run(*words), said)


@pytest.mark.timeout(600)
def test_errors_of_operations(forged: Forged) -> None:
    where, words = "GET */operationStatus/*", ("plan", "--preflight")
    with forged(quickstart(), clock="virtual") as azure:
        azure.delete("*/backupInstances/*")
        azure.advance("1h")
        fails_there = fails("POST */validateForBackup", ERROR["code"], "It is gone.", takes_effect=False)
        own = edits(where, {"error": ERROR}, optional=True)
        azure.rules(own, fails_there)
        azure.run(*words)
        for said in changes(azure.calls(where)[-1].answer):
            azure.rules(edits(where, said, optional=True), own, fails_there)
            check(azure.run(*words), said)


@pytest.mark.timeout(600)
def test_errors_of_answers(forged: Forged) -> None:
    where = "PUT */backupPolicies/*"
    with forged(quickstart(fresh=True), clock="virtual") as azure:
        for said in changes({"error": ERROR}):
            azure.rules(edits(where, said, optional=True), answers(where, 400, {"error": ERROR}))
            check(azure.run("apply", "--auto-approve"), said)
