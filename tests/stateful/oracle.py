"""What a manifest means, told from the manifest's text and Azure's bodies alone: none of the tool's own code."""

from __future__ import annotations

from typing import Any

import arm
from arm import APPS, BACKUP_READER, SNAPSHOT_CONTRIBUTOR, Body
from invariants import rows
from trial import Trial

HALTED = {"protectionstopped", "backupssuspended"}
AT_REST = {"protectionconfigured", "protectionstopped", "backupssuspended"}
STATES = {
    "protected": {"protectionconfigured"},
    "suspended": {"backupssuspended"},
    "stopped": {"protectionstopped"},
}


def check(trial: Trial, said: Body) -> None:
    """Every declared disk is as declared, with the role assignments that it needs; what is removed isn't active."""
    instances = {_disk(row): row for row in rows(trial, "backupinstances")}
    for disk, entry in wanted(trial, said).items():
        protection = entry.get("protection", "protected")
        row = instances.get(disk)
        if entry.get("whenGone", "report") != "report" and not trial.sandbox.ids(disk):
            assert row is None or state_of(row) in HALTED, f"I3: {disk} is gone, and its protection {state_of(row)}"
            continue
        if row is None:
            assert protection != "protected", f"I3: {disk} has no instance"
            continue
        assert state_of(row) in STATES[protection], f"I3: {disk} is {state_of(row)}"
        assert _part(row["id"], -3) == entry["vault"].lower(), f"I3: {disk} is in {row['id']}"
        if protection != "protected":
            continue  # its policy matters when it is protected again
        check_policy(trial, row, next(one for one in said["policies"] if one["name"] == entry["policy"]))
        check_rights(trial, row, disk)
    for entry in said["removed"]:
        row = instances.get(entry["id"].lower())
        assert row is None or (entry["data"] == "retain" and state_of(row) in STATES["stopped"]), f"I3: {row}"


def check_green(trial: Trial, said: Body) -> None:
    """What is said to match does: nothing that is ours is in transit, gone, replaced, or on its way to be purged."""
    check(trial, said)
    deleted = {_disk(row) for row in rows(trial, "deletedbackupinstances")}
    kept = {row["id"].lower() for row in said.get("removed", ()) if row["data"] == "retain"}
    for disk in deleted & (set(wanted(trial, said)) | kept):
        raise AssertionError(f"T6: {disk} is called well and soft-deleted")
    for row in _ours(trial, said):
        assert state_of(row) in AT_REST, f"T7: {row['id']} is called well and is {state_of(row)}"
    check_gone(trial, said)
    for row in _ours(trial, said):
        if state_of(row) in STATES["protected"] and _disk(row) in wanted(trial, said):
            assert not is_another(trial, row), f"T19: {_disk(row)} is called well and isn't the disk that was backed up"


def check_gone(trial: Trial, said: Body) -> None:
    """No disk that is ours to protect is gone."""
    for row in _ours(trial, said):
        if could_take(said, _disk(row)) and state_of(row) not in HALTED:
            assert trial.sandbox.ids(_disk(row)), f"T1: {_disk(row)} is called well and is gone"


def _ours(trial: Trial, said: Body) -> list[Body]:
    found = [row for row in rows(trial, "backupinstances") if "dataSourceInfo" in row["properties"]]
    return [row for row in found if (row.get("tags") or {}).get("reconciler-owner") == said["name"]]


def is_another(trial: Trial, row: Body) -> bool:
    """Whether the newest snapshot of an instance was made of another disk than the one of that name.

    A disk that was restored from the instance's own recovery points holds what was backed up.
    """
    if not trial.sandbox.ids(_disk(row)) or _is_restored(trial, _disk(row)):
        return False
    found = _newest_point(trial, row)
    snapshots = found and trial.sandbox.ids(f"{group_of(row)}/providers/Microsoft.Compute/snapshots/*_{found['name']}")
    if not snapshots:
        return False
    origin = trial.sandbox.get(snapshots[0])["properties"]["creationData"].get("sourceUniqueId")
    return bool(origin and origin != trial.sandbox.get(_disk(row))["properties"]["uniqueId"])


def _is_restored(trial: Trial, disk: str) -> bool:
    creation = trial.sandbox.get(disk)["properties"].get("creationData", {})
    source = str(creation.get("sourceResourceId", ""))
    if not source and creation.get("createOption") == "Copy":  # a switch: it isn't told
        return any(_restored_by(row) == disk for row in rows(trial, "backupjobs"))
    if not source or not trial.sandbox.ids(source):
        return False
    return str(trial.sandbox.get(source)["properties"]["creationData"].get("sourceResourceId", "")).lower() == disk


def _restored_by(job: Body) -> str:
    """The lower-cased disk that a job has restored; empty for a job that hasn't."""
    told = job["properties"]
    is_one = told["operation"] == "Restore" and str(told["status"]).startswith("Completed")
    return str((told.get("extendedInfo") or {}).get("recoveryDestination", "")).lower() if is_one else ""


def could_take(said: Body, disk: str) -> list[Body]:
    """The entries that may have taken a disk whose tags nobody knows any more."""
    taken = {row["id"].lower() for key in ("excluded", "removed") for row in said.get(key, ())}
    every = said.get("disks", ())
    named = [row for row in every if row.get("id", "").lower() == disk]
    return named or [row for row in every if "select" in row and disk not in taken]


def _newest_point(trial: Trial, row: Body) -> Body | None:
    points = trial.sandbox.ids(f"{row['id']}/recoveryPoints/*")
    found = [trial.sandbox.get(one) for one in points]
    return max(found, key=lambda one: str(one["properties"]["recoveryPointTime"]), default=None)


def check_backups(trial: Trial, said: Body) -> None:
    """Every disk that is to be protected is, and the newest of its recovery points has its snapshot."""
    check_gone(trial, said)
    instances = {_disk(row): row for row in rows(trial, "backupinstances") if "dataSourceInfo" in row["properties"]}
    for disk, entry in wanted(trial, said).items():
        if entry.get("protection", "protected") != "protected":
            continue
        row = instances.get(disk)
        assert row is not None, f"T: {disk} is called well and has no instance"
        assert state_of(row) in STATES["protected"], f"T: {disk} is called well and is {state_of(row)}"
        assert trial.sandbox.ids(disk), f"T: {disk} is called well and is gone"
        newest = _newest_point(trial, row)
        assert newest is None or has_snapshot(trial, row, newest), f"T: {disk} is called well, its newest snapshot gone"


def has_snapshot(trial: Trial, row: Body, point: Body) -> bool:
    """Whether the snapshot of a recovery point is there."""
    return bool(trial.sandbox.ids(f"{group_of(row)}/providers/Microsoft.Compute/snapshots/*_{point['name']}"))


def group_of(row: Body) -> str:
    """The snapshot group of an instance, lower-cased."""
    parameters = row["properties"]["policyInfo"]["policyParameters"]["dataStoreParametersList"]
    return str(parameters[0]["resourceGroupId"]).lower()


def wanted(trial: Trial, said: Body) -> dict[str, Body]:
    """The entry of every declared disk that exists, by the disk's lower-cased id."""
    taken = {row["id"].lower() for key in ("excluded", "removed") for row in said.get(key, ())}
    found: dict[str, Body] = {}
    disks = {row["id"].lower(): row for row in rows(trial, "disks")}
    for entry in said.get("disks", ()):
        for disk, row in disks.items():
            if "select" in entry and disk not in taken and _matches(row, entry["select"]["tags"]):
                found.setdefault(disk, entry)
    return found | {entry["id"].lower(): entry for entry in said.get("disks", ()) if "id" in entry}


def _matches(row: Body, tags: Body) -> bool:
    return all((row.get("tags") or {}).get(key) == value for key, value in tags.items())


def check_policy(trial: Trial, row: Body, declared: Body) -> None:
    """The instance's policy has the declared interval and default retention."""
    body = trial.sandbox.get(row["properties"]["policyInfo"]["policyId"])
    rules = body["properties"]["policyRules"]
    (kept,) = [rule for rule in rules if rule["objectType"] == "AzureRetentionRule" and _is_default(rule)]
    duration = str(kept["lifecycles"][0]["deleteAfter"]["duration"])
    assert duration in _spellings(declared["retention"]["default"]), f"I3: {row['id']} keeps {duration}"
    (backup,) = [rule for rule in rules if rule["objectType"] == "AzureBackupRule"]
    (interval,) = backup["trigger"]["schedule"]["repeatingTimeIntervals"]
    every = declared["schedule"].get("every", "24h")
    assert interval.rsplit("/", 1)[-1] in _intervals(int(every[:-1])), f"I3: {row['id']} runs every {interval}"


def _is_default(rule: Body) -> bool:
    return rule.get("isDefault") is True or str(rule["name"]).lower() == "default"


def _spellings(days: str) -> set[str]:
    number = int(days[:-1])
    return {f"P{number}D", f"PT{24 * number}H", *({f"P{number // 7}W"} if number % 7 == 0 else set())}


def _intervals(hours: int) -> set[str]:
    return {f"PT{hours}H", f"PT{60 * hours}M", *({"P1D"} if hours == 24 else set())}


def check_rights(trial: Trial, row: Body, disk: str) -> None:
    """The vault's identity may read the disk and write snapshots."""
    vault = trial.sandbox.get(row["id"].rsplit("/", 2)[0])
    principal = vault["identity"]["principalId"].lower()
    held = [one["properties"] for one in rows(trial, "roleassignments")]
    for scope, role in ((disk, BACKUP_READER), (arm.group_id(APPS, "snapshotrg").lower(), SNAPSHOT_CONTRIBUTOR)):
        assert any(grants(one, scope, role, principal) for one in held), f"I3: {role} is missing at {scope}"


def grants(held: dict[str, Any], scope: str, role: str, principal: str) -> bool:
    """Whether an assignment gives a principal a role at a scope."""
    reach = f"{held['scope'].lower().rstrip('/')}/"
    named = str(held["roleDefinitionId"]).lower().endswith(role)
    return named and held["principalId"].lower() == principal and f"{scope}/".startswith(reach)


def state_of(row: Body) -> str:
    """The lower-cased state of an instance's protection."""
    return str(row["properties"]["currentProtectionState"]).lower()


def _disk(row: Body) -> str:
    return str(row["properties"]["dataSourceInfo"]["resourceID"]).lower()


def _part(address: str, place: int) -> str:
    return address.lower().split("/")[place]
