"""What Azure accepts as a policy for disks, as Azure Backup's support matrix for disks and its manifests say.

The manifests know the retention rules Default, Daily and Weekly; Terraform's acceptance test makes others as well, monthly
and yearly ones and under names of its own, so that what the service refuses of those is a switch.

Other datasource types are accepted as they are: vaults hold other kinds too.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from datetime import datetime
from typing import Any

from reconciler.sandbox import json_text
from reconciler.sandbox.dataprotection.policies.schedules import is_windows_zone
from reconciler.sandbox.dataprotection.spelling import at, same, text

NAME = re.compile(r"[-a-zA-Z0-9]{3,150}")
DISKS = "Microsoft.Compute/disks"
HOURS = {"PT1H": 1, "PT2H": 2, "PT4H": 4, "PT6H": 6, "PT8H": 8, "PT12H": 12, "P1D": 24}
SNAPSHOTS = 450
DAYS = 365
_DURATION = re.compile(r"P(?:(\d+)Y)?(?:(\d+)M)?(?:(\d+)W)?(?:(\d+)D)?(?:T(?:(\d+)H)?)?")
_CRITERIA = {"Daily": "FirstOfDay", "Weekly": "FirstOfWeek"}
_EVERY = {"FirstOfDay": 1.0, "FirstOfWeek": 7.0, "FirstOfMonth": 28.0, "FirstOfYear": 365.0}
"""Days between two backups that meet a criterion, at least."""


def days(duration: str) -> float:
    """The length of an ISO 8601 duration in days, with months of 30 and years of 365; 0 when it is no duration."""
    match = _DURATION.fullmatch(duration)
    if not match or duration in {"P", "PT"}:
        return 0
    years, months, weeks, whole, hours = (int(part or 0) for part in match.groups())
    return years * 365 + months * 30 + weeks * 7 + whole + hours / 24


def is_for_disks(properties: Any) -> bool:
    """Whether the policy is one for managed disks."""
    return any(same(kind, DISKS) for kind in at(properties, "datasourceTypes") or [])


def interval(properties: Any) -> str:
    """The repetition of a disk policy's first schedule, such as `PT4H`; empty when it has none."""
    for rule in at(properties, "policyRules") or []:
        if same(text(rule, "objectType"), "AzureBackupRule"):
            return _parts(text(rule, "trigger", "schedule", "repeatingTimeIntervals", 0))[1]
    return ""


def problems(
    properties: Any, *, several_times: bool, unknown_zone: bool, any_rules: bool, together: bool
) -> Iterator[str]:
    """Sentences saying what Azure refuses in a policy; none when it takes it.

    What is in doubt: `several_times`, `unknown_zone` and `any_rules` are let in, the snapshots of all rules are counted
    `together`.
    """
    if not same(text(properties, "objectType"), "BackupPolicy"):
        yield "objectType has to be BackupPolicy."
    rules = at(properties, "policyRules")
    if not isinstance(rules, list) or not rules:
        yield "policyRules is missing."
        return
    if not at(properties, "datasourceTypes"):
        yield "datasourceTypes is missing."
    if not is_for_disks(properties):
        return
    backups = [rule for rule in rules if same(text(rule, "objectType"), "AzureBackupRule")]
    retentions = [rule for rule in rules if same(text(rule, "objectType"), "AzureRetentionRule")]
    if len(backups) != 1 or len(backups) + len(retentions) != len(rules):
        yield "A policy for disks has exactly one backup rule."
        return
    yield from _backup_rule(backups[0], several_times=several_times)
    zone = text(backups[0], "trigger", "schedule", "timeZone")
    if not unknown_zone and not is_windows_zone(zone):
        yield f"The time zone '{zone}' is not known."
    hours = HOURS.get(_parts(text(backups[0], "trigger", "schedule", "repeatingTimeIntervals", 0))[1], 24)
    every = {"Default": hours / 24, **_periods(backups[0])}
    yield from _retention_rules(retentions, every)
    if not any_rules:
        yield from _undocumented(backups[0], retentions)
    if together and sum(_snapshots(rule, every) for rule in retentions) > SNAPSHOTS:
        yield f"The retention rules together need more than {SNAPSHOTS} snapshots of a disk."
    yield from _tags(backups[0], retentions)


def _backup_rule(rule: Any, *, several_times: bool) -> Iterator[str]:
    if not same(text(rule, "backupParameters", "backupType"), "Incremental"):
        yield "Backups of disks are Incremental."
    if not same(text(rule, "dataStore", "dataStoreType"), "OperationalStore"):
        yield "Backups of disks stay in the OperationalStore."
    intervals = at(rule, "trigger", "schedule", "repeatingTimeIntervals")
    if not isinstance(intervals, list) or not intervals:
        yield "The schedule has no repeatingTimeIntervals."
        return
    if len(intervals) > 1 and not several_times:
        yield "A policy for disks takes one repeating time interval."
    for entry in intervals:
        start, repetition = _parts(entry)
        if not _is_moment(start):
            yield f"The start of {json_text.shown(entry)} is no date and time with an offset."
        if repetition not in HOURS:
            yield f"The interval '{repetition}' is not supported; use one of {', '.join(HOURS)}."


def _parts(entry: Any) -> tuple[str, str]:
    parts = entry.split("/") if isinstance(entry, str) else []
    return (parts[1], parts[2]) if len(parts) == 3 and parts[0] == "R" else ("", "")  # noqa: PLR2004 # R/start/repetition


def _is_moment(moment: str) -> bool:
    try:
        return "T" in moment and datetime.fromisoformat(moment).tzinfo is not None
    except ValueError:
        return False


def _retention_rules(rules: list[Any], every: Mapping[str, float]) -> Iterator[str]:
    defaults = [rule for rule in rules if at(rule, "isDefault") is True]
    if len(defaults) != 1 or text(defaults[0], "name") != "Default":
        yield "A policy has exactly one default retention rule, named Default."
    names = [text(rule, "name") for rule in rules]
    for name in sorted({name for name in names if names.count(name) > 1}):
        yield f"The retention rule {name} stands there twice."
    for rule in rules:
        yield from _retention_rule(rule, every)


def _undocumented(backup: Any, rules: list[Any]) -> Iterator[str]:
    """What the manifests of Azure's clients don't know for disks."""
    for name in (text(rule, "name") for rule in rules):
        if name not in {"Default", *_CRITERIA}:
            yield f"The retention rule {name} is not supported for disks."
    for name, criterion in _criteria(backup).items():
        if criterion != _CRITERIA.get(name, criterion):
            yield f"The tag {name} needs the criterion {_CRITERIA[name]}."


def _criteria(backup: Any) -> dict[str, str]:
    """The first absolute criterion of each tag."""
    entries = at(backup, "trigger", "taggingCriteria")
    return {
        text(entry, "tagInfo", "tagName"): text(entry, "criteria", 0, "absoluteCriteria", 0)
        for entry in (entries if isinstance(entries, list) else [])
        if at(entry, "isDefault") is not True
    }


def _periods(backup: Any) -> dict[str, float]:
    """Days between two backups that get each tag, at least."""
    return {name: _EVERY.get(criterion, 1.0) for name, criterion in _criteria(backup).items()}


def _retention_rule(rule: Any, every: Mapping[str, float]) -> Iterator[str]:
    name = text(rule, "name")
    length = _length(rule)
    if not length:
        yield f"The retention rule {name} has no duration."
    if not same(text(rule, "lifecycles", 0, "sourceDataStore", "dataStoreType"), "OperationalStore"):
        yield f"The retention rule {name} has to keep its backups in the OperationalStore."
    if at(rule, "lifecycles", 0, "targetDataStoreCopySettings"):
        yield f"The retention rule {name} copies to another store, which disks do not support."
    if length > DAYS:
        yield f"The retention rule {name} keeps backups longer than {DAYS} days."
    if _snapshots(rule, every) > SNAPSHOTS:
        yield f"The retention rule {name} needs more than {SNAPSHOTS} snapshots of a disk."


def _length(rule: Any) -> float:
    """How many days a retention rule keeps a backup."""
    return days(text(rule, "lifecycles", 0, "deleteAfter", "duration"))


def _snapshots(rule: Any, every: Mapping[str, float]) -> float:
    """How many snapshots a retention rule keeps of a disk, which gets one under that tag every so many days."""
    return _length(rule) / every.get(text(rule, "name"), 1.0)


def _tags(backup: Any, retentions: list[Any]) -> Iterator[str]:
    criteria = at(backup, "trigger", "taggingCriteria")
    if not isinstance(criteria, list):
        yield "The trigger has no taggingCriteria."
        return
    tags = {text(entry, "tagInfo", "tagName") for entry in criteria}
    names = {text(rule, "name") for rule in retentions}
    for name in sorted(tags ^ names):
        yield f"The tag {name} needs a retention rule of the same name, and the other way round."
    if "Default" in _criteria(backup):
        yield "The tag Default is the default one."
    if any(not text(entry, "tagInfo", "tagName") for entry in criteria):
        yield "A tag has no name."


def normalised(properties: Any) -> dict[str, Any]:
    """A policy as Azure stores it: without `name`, with every tag's id filled in, nulls gone (recorded traffic)."""
    result = {key: value for key, value in properties.items() if key != "name"}
    result["policyRules"] = [_with_tag_ids(rule) for rule in result.get("policyRules") or []]
    return result


def _with_tag_ids(rule: Any) -> Any:
    criteria = at(rule, "trigger", "taggingCriteria")
    if not isinstance(criteria, list):
        return rule
    return {**rule, "trigger": {**rule["trigger"], "taggingCriteria": [_with_tag_id(entry) for entry in criteria]}}


def _with_tag_id(entry: Any) -> Any:
    info = at(entry, "tagInfo") or {}
    return {**entry, "tagInfo": {**info, "id": text(info, "id") or f"{text(info, 'tagName')}_"}}
