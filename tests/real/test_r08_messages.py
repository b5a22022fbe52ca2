"""R8: a message has a code once, Azure's advice in words, and nothing that only a language's interpreter writes."""

from __future__ import annotations

import json
from collections.abc import Callable
from contextlib import AbstractContextManager
from typing import Any

import pytest
from forging import Azure, Done, edits, edits_rows, fails, quickstart
from manifests import VAULT

Forged = Callable[..., AbstractContextManager[Azure]]

CODE = "UserErrorDiskBackupDiskTypeNotSupported"
ERROR = {
    "code": CODE,
    "message": "It can't be backed up.",
    "recommendedAction": ["Ask 'somebody'.", "Look.", None, 7],
    "details": [{"code": CODE, "message": "It can't be backed up.", "recommendedAction": ["Look."]}],
}


def check(done: Done, code: str = CODE) -> None:
    """No line has the code twice; that none has Python's innards is checked wherever a command runs (`forging.azure`)."""
    assert not [line for line in done.text.splitlines() if line.count(code) > 1], done


@pytest.mark.parametrize("format_", ["text", "markdown"])
def test_a_preflight_that_azure_refuses(forged: Forged, format_: str) -> None:
    with forged(quickstart(), clock="virtual") as azure:
        azure.delete("*/backupInstances/*")
        azure.advance("1h")
        rule = fails("POST */validateForBackup", CODE, "It can't be backed up.", takes_effect=False)
        azure.rules(edits("GET */operationStatus/*", {"error": ERROR}), rule)
        done = azure.run("plan", "--preflight", *(() if format_ == "text" else ("--format", format_)))
        assert (done.code, CODE in done.text, "Azure advises: Ask 'somebody'. Look." in done.text) == (1, True, True), (
            done
        )
        check(done)


@pytest.mark.parametrize("verb", ["jobs list", "jobs show"])
def test_a_job_that_failed(forged: Forged, verb: str) -> None:
    said = {"properties.status": "Failed", "properties.errorDetails": [ERROR]}
    with forged(quickstart(), clock="virtual") as azure:
        azure.advance("1d")
        job = azure.ids("*/backupJobs/*")[-1].rpartition("/")[2]
        words = ("backup.yaml", job) if verb == "jobs show" else ()
        azure.rules(
            edits("GET */backupJobs/*", said, optional=True), edits_rows("GET */backupJobs", "*", said, optional=True)
        )
        check(azure.run(verb, *words))


@pytest.mark.parametrize("details", [[ERROR], ERROR, [], None, [None, "odd"]])
def test_an_instance_that_is_in_error(forged: Forged, details: Any) -> None:
    status = {"status": "ProtectionError", "errorDetails": details}
    said = {"currentProtectionState": "ProtectionError", "protectionErrorDetails": details, "protectionStatus": status}
    with forged(quickstart(), clock="virtual") as azure:
        azure.advance("1d")
        azure.patch("*/backupInstances/*", {"properties": said})
        for verb in ("plan", "status", "drift"):
            check(azure.run(verb))


@pytest.mark.parametrize("zones", [["1"], ["1", "2"], []])
def test_a_restored_disk_in_other_zones(forged: Forged, zones: list[str]) -> None:
    said = ("--to", "diskrg", "--name", "copy", "--zone", "3", "--auto-approve")
    with forged(
        quickstart(), edits("GET */disks/PSTestDisk", {"zones": ["3"]}, optional=True), clock="virtual"
    ) as azure:
        azure.patch("*/disks/PSTestDisk", {"zones": ["3"]})
        azure.advance("1d")
        azure.rules(edits("GET */disks/copy", {"zones": zones}, optional=True))
        done = azure.run("restore", "backup.yaml", "PSTestDisk", *said)
        told = f"its zones are {', '.join(zones) or 'none'}, expected 3"
        assert (done.code, told in done.text) == (1, True), done


ONE_WAY = {"featureSettings": {"crossRegionRestoreSettings": {"state": "Enabled"}}}
ALERTS = {"monitoringSettings": {"azureMonitorAlertSettings": {"alertsForAllJobFailures": "Enabled"}}}


@pytest.mark.parametrize(
    ("live", "said", "told"),
    [
        (ONE_WAY, {"crossRegionRestore": False}, "crossRegionRestore is permanently true and can't become false"),
        (ALERTS, {"alertsForAllJobFailures": False}, "alertsForAllJobFailures goes from true to false"),
        (
            {},
            {"redundancy": "GeoRedundant", "crossRegionRestore": True},
            "crossRegionRestore permanently becomes true",
        ),
    ],
)
def test_yes_and_no_are_told_as_a_manifest_declares_them(
    forged: Forged, live: dict[str, Any], said: dict[str, Any], told: str
) -> None:
    geo = [{"datastoreType": "VaultStore", "type": "GeoRedundant"}]
    shows = {f"properties.{key}": value for key, value in ({"storageSettings": geo} | live).items()}
    rules = (edits_rows("GET */backupVaults", "*", shows), edits("GET */backupVaults/*", shows, optional=True))
    declared = {"redundancy": "GeoRedundant"} | said
    with forged(quickstart().saying(vaults=[VAULT | declared]), *rules, clock="virtual") as azure:
        done = azure.run("plan")
        assert told in done.text, done


@pytest.mark.parametrize("value", [True, [None], 7, {"a": None}])
def test_a_tag_that_is_no_text(forged: Forged, value: Any) -> None:
    said = {"tags.reconciler-applied": value}
    rules = (edits_rows("GET */backupVaults", "*", said), edits("GET */backupVaults/*", said, optional=True))
    with forged(quickstart(), *rules, clock="virtual") as azure:
        done = azure.run("plan")
        assert f"reconciler-applied {json.dumps(value)} ->" in done.text, done


@pytest.mark.parametrize("status", ["Baffled", "It's odd", 'So "odd"', "Odd\nand odder"])
def test_a_job_of_an_unknown_status(forged: Forged, status: str) -> None:
    with forged(quickstart(), clock="virtual") as azure:
        azure.advance("1d")
        azure.rules(edits_rows("POST */resources", "*", {"status": status.lower()}, optional=True))
        azure.rules(edits_rows("GET */backupJobs", "*", {"properties.status": status}, optional=True))
        done = azure.run("status")
        check(done, status)


@pytest.mark.parametrize(
    "words",
    [
        ("plan", "--shard", "{}"),
        ("drift", "--fail-on", "{}"),
        ("plan", "--force", "{}"),
        ("plan", "--force", "mass-change={}"),
        ("explain", "{}"),
        ("export", "{}"),
        ("restore", "backup.yaml", "PSTestDisk", "--to", "diskrg", "--name", "{}"),
    ],
)
@pytest.mark.parametrize("typed", ["it's", 'the "class"', "a\\b"])
def test_what_was_typed_is_quoted_as_it_was_typed(forged: Forged, words: tuple[str, ...], typed: str) -> None:
    with forged(quickstart(), clock="virtual") as azure:
        done = azure.run(words[0], *(word.format(typed) for word in words[1:]))
        assert (done.code, f"'{typed}'" in done.text) == (1, True), done
