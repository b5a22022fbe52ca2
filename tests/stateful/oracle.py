"""What a manifest means, told from the manifest's text and Azure's bodies alone: none of the tool's own code."""

from __future__ import annotations

from typing import Any

import arm
from arm import APPS, BACKUP_READER, SNAPSHOT_CONTRIBUTOR, Body
from invariants import rows
from trial import Trial

STATES = {
    "protected": {"protectionconfigured"},
    "suspended": {"backupssuspended"},
    "stopped": {"protectionstopped"},
}


def check(trial: Trial, said: Body) -> None:
    """Every declared disk is as declared, with the rights that it needs; what is removed isn't active."""
    instances = {_disk(row): row for row in rows(trial, "backupinstances")}
    for disk, entry in wanted(trial, said).items():
        protection = entry.get("protection", "protected")
        row = instances.get(disk)
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


def wanted(trial: Trial, said: Body) -> dict[str, Body]:
    """The entry of every declared disk that exists, by the disk's lower-cased id."""
    taken = {row["id"].lower() for key in ("excluded", "removed") for row in said[key]}
    found: dict[str, Body] = {}
    disks = {row["id"].lower(): row for row in rows(trial, "disks")}
    for entry in said["disks"]:
        for disk, row in disks.items():
            if "select" in entry and disk not in taken and _matches(row, entry["select"]["tags"]):
                found.setdefault(disk, entry)
    return found | {entry["id"].lower(): entry for entry in said["disks"] if "id" in entry}


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
        assert any(_grants(one, scope, role, principal) for one in held), f"I3: {role} is missing at {scope}"


def _grants(held: dict[str, Any], scope: str, role: str, principal: str) -> bool:
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
