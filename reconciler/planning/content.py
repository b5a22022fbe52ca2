"""A policy's content: as a body for Azure, in the manifest's words, and how two contents differ."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from reconciler.base.durations import Length, iso_hours, may_be_less, short
from reconciler.base.zones import iana_zone
from reconciler.model.changes import FieldChange
from reconciler.model.manifest import PolicyContent, PolicySpec
from reconciler.model.policy_reading import CRITERIA

_START = datetime(2020, 1, 1)  # noqa: DTZ001 - the zone is added when it is known
_DAY_HOURS = 24
_STORE = {"objectType": "DataStoreInfoBase", "dataStoreType": "OperationalStore"}
_PRIORITIES = {"Daily": 25, "Weekly": 20, "Monthly": 15, "Yearly": 10}


def body_of(spec: PolicySpec) -> dict[str, Any]:
    """The body that creates a policy, with the keys and constants of recorded traffic; `spec.content` must be set."""
    content = spec.content
    if content is None:
        raise ValueError(f"policy {spec.name} has no content")
    hourly = content.interval_hours != _DAY_HOURS
    start = (_START + timedelta(minutes=spec.at_minutes)).replace(tzinfo=ZoneInfo(iana_zone(content.time_zone)))
    retention = spec.retention_text
    extra = [name for name in CRITERIA if name in retention]
    backup = {
        "name": "BackupHourly" if hourly else "BackupDaily",
        "objectType": "AzureBackupRule",
        "backupParameters": {"objectType": "AzureBackupParams", "backupType": "Incremental"},
        "dataStore": dict(_STORE),
        "trigger": {
            "objectType": "ScheduleBasedTriggerContext",
            "schedule": {
                "repeatingTimeIntervals": [f"R/{start.isoformat()}/{iso_hours(content.interval_hours)}"],
                "timeZone": content.time_zone,
            },
            "taggingCriteria": [_criterion("Default"), *map(_criterion, extra)],
        },
    }
    rules = [backup, *(_retention_rule(name, retention[name]) for name in ("Default", *extra))]
    return {
        "properties": {
            "objectType": "BackupPolicy",
            "datasourceTypes": ["Microsoft.Compute/disks"],
            "policyRules": rules,
        }
    }


def _criterion(name: str) -> dict[str, Any]:
    if name == "Default":
        return {"isDefault": True, "taggingPriority": 99, "tagInfo": {"id": "Default_", "tagName": "Default"}}
    return {
        "isDefault": False,
        "taggingPriority": _PRIORITIES[name],
        "tagInfo": {"id": f"{name}_", "tagName": name},
        "criteria": [{"objectType": "ScheduleBasedBackupCriteria", "absoluteCriteria": [CRITERIA[name]]}],
    }


def _retention_rule(name: str, duration: str) -> dict[str, Any]:
    return {
        "name": name,
        "objectType": "AzureRetentionRule",
        "isDefault": name == "Default",
        "lifecycles": [
            {
                "deleteAfter": {"objectType": "AbsoluteDeleteOption", "duration": duration},
                "sourceDataStore": dict(_STORE),
            }
        ],
    }


def shown(content: PolicyContent) -> dict[str, str]:
    """A policy's content in the manifest's words, without absent fields."""
    hours, minutes = divmod(content.phase_minutes, 60)
    daily = content.interval_hours == _DAY_HOURS
    return {
        "schedule": f"{'daily at' if daily else f'every {content.interval_hours}h from'} {hours:02}:{minutes:02}",
        "timeZone": content.time_zone,
        **{f"retention.{rule}": short(kept) for rule, kept in content.kept.items()},
    }


def differences(before: PolicyContent, after: PolicyContent) -> tuple[FieldChange, ...]:
    """The fields in which two contents differ, in the manifest's words."""
    old, new = shown(before), shown(after)
    paths = dict.fromkeys((*old, *new))
    return tuple(FieldChange(path, old.get(path), new.get(path)) for path in paths if old.get(path) != new.get(path))


def shortens(before: PolicyContent, after: PolicyContent) -> bool:
    """Whether some future recovery points would, or could, be kept for less time.

    Azure keeps a backup by the last rule that takes it, of default, daily, weekly, monthly and yearly: an added rule takes
    backups from another rule, and may keep them for less time.
    """
    return any(may_be_less(new, old) for old, new in zip(_kept(before), _kept(after), strict=True))


_FIRSTS = (
    (),
    ("daily",),
    ("daily", "weekly"),
    ("daily", "monthly"),
    ("daily", "weekly", "monthly"),
    ("daily", "monthly", "yearly"),
    ("daily", "weekly", "monthly", "yearly"),
)
"""Which rules besides the default take a backup that is the first of a day, a week, a month or a year."""


def _kept(content: PolicyContent) -> list[Length]:
    """For how long each sort of backup in `_FIRSTS` is kept."""
    kept = content.kept
    return [[kept["default"], *(kept[rule] for rule in rules if rule in kept)][-1] for rules in _FIRSTS]
