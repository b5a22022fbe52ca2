"""What a policy does: from the wire into its normal form, and from the manifest into a body."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from reconciler.estate import Policy
from reconciler.ids import lower
from reconciler.manifest.durations import iso_hours, seconds
from reconciler.manifest.model import PolicyContent, PolicySpec
from reconciler.manifest.zones import iana_zone, windows_zone
from reconciler.planning.model import FieldChange

_START = datetime(2020, 1, 1)  # noqa: DTZ001 - the zone is added when it is known
_DAY_HOURS = 24
_STORE = {"objectType": "DataStoreInfoBase", "dataStoreType": "OperationalStore"}
_TAGS = {"Daily": ("FirstOfDay", 25), "Weekly": ("FirstOfWeek", 20)}


def content_of(policy: Policy) -> PolicyContent | None:
    """What a live disk policy does; None when it does something that a manifest can't say, so that it equals none."""
    if not policy.is_disk:
        return None
    try:
        return _content(policy.body)
    except (KeyError, TypeError, ValueError, IndexError, AttributeError):
        return None


def _content(body: Mapping[str, Any]) -> PolicyContent | None:
    rules = body["policyRules"]
    backups = [rule for rule in rules if lower(rule["objectType"]) == "azurebackuprule"]
    retentions = {_retention_name(rule): rule for rule in rules if lower(rule["objectType"]) == "azureretentionrule"}
    if len(backups) != 1 or len(rules) != 1 + len(retentions) or not set(retentions) <= {"Default", *_TAGS}:
        return None
    trigger = backups[0]["trigger"]
    if not _is_incremental(backups[0]) or _tag_names(trigger.get("taggingCriteria") or ()) != set(retentions):
        return None
    (interval,) = trigger["schedule"]["repeatingTimeIntervals"]
    hours, phase, zone = _schedule(interval, trigger["schedule"].get("timeZone") or "UTC")
    days = {name: _retention_days(rule) for name, rule in retentions.items()}
    return PolicyContent(hours, phase, zone, days["Default"], days.get("Daily"), days.get("Weekly"))


def _retention_name(rule: Mapping[str, Any]) -> str:
    return "Default" if rule.get("isDefault") else str(rule["name"]).capitalize()


def _is_incremental(rule: Mapping[str, Any]) -> bool:
    kind = (rule.get("backupParameters") or {}).get("backupType", "Incremental")
    return lower(kind) == "incremental" and lower(rule["dataStore"]["dataStoreType"]) == "operationalstore"


def _tag_names(criteria: Iterable[Mapping[str, Any]]) -> set[str]:
    """The retention rules that backups are tagged for; ValueError for criteria that a manifest can't say.

    The rule of the lowest priority number holds a backup: only weekly before daily before default is what we say.
    """
    names, priorities = set(), dict[str, float]()
    for entry in criteria:
        name = "Default" if entry.get("isDefault") else str(entry["tagInfo"]["tagName"]).capitalize()
        if name != "Default":
            (criterion,) = entry["criteria"]
            said = {key: value for key, value in criterion.items() if value and key != "objectType"}
            if set(said) != {"absoluteCriteria"} or list(map(lower, said["absoluteCriteria"])) != [
                lower(_TAGS[name][0])
            ]:
                raise ValueError(name)
        names.add(name)
        if entry.get("taggingPriority") is not None:
            priorities[name] = float(entry["taggingPriority"])
    in_turn = [priorities[name] for name in ("Weekly", "Daily", "Default") if name in priorities]
    if in_turn != sorted(set(in_turn)):
        raise ValueError(priorities)
    return names


def _schedule(interval: str, zone: str) -> tuple[int, int, str]:
    """Hours, phase in minutes and Windows zone of `R/<start>/<duration>`; the start's date means nothing."""
    _, start_text, duration = interval.split("/")
    length = seconds(duration)
    windows = windows_zone(zone)
    if not length or length % 3600 or windows is None:
        raise ValueError(interval)
    start = datetime.fromisoformat(start_text)
    if start.tzinfo is not None:
        start = start.astimezone(ZoneInfo(iana_zone(windows)))
    hours = int(length // 3600)
    return hours, (start.hour * 60 + start.minute) % (hours * 60), windows


def _retention_days(rule: Mapping[str, Any]) -> int:
    (lifecycle,) = rule["lifecycles"]
    length = seconds(lifecycle["deleteAfter"]["duration"])
    if lifecycle.get("targetDataStoreCopySettings") or not length or length % 86400:
        raise ValueError(rule)
    return int(length // 86400)


def body_of(spec: PolicySpec) -> dict[str, Any]:
    """The body that makes a policy, with the keys and constants of recorded traffic; `spec.content` must be said."""
    content = spec.content
    if content is None:
        raise ValueError(f"policy {spec.name} has no content")
    hourly = content.interval_hours != _DAY_HOURS
    start = (_START + timedelta(minutes=spec.at_minutes)).replace(tzinfo=ZoneInfo(iana_zone(content.time_zone)))
    retention = spec.retention_text
    extra = [name for name in _TAGS if name in retention]
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
    when, priority = _TAGS[name]
    return {
        "isDefault": False,
        "taggingPriority": priority,
        "tagInfo": {"id": f"{name}_", "tagName": name},
        "criteria": [{"objectType": "ScheduleBasedBackupCriteria", "absoluteCriteria": [when]}],
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
    """A policy's content in the manifest's words: only what it has."""
    hours, minutes = divmod(content.phase_minutes, 60)
    daily = content.interval_hours == _DAY_HOURS
    days = {"default": content.default_days, "daily": content.daily_days, "weekly": content.weekly_days}
    return {
        "schedule": f"{'daily at' if daily else f'every {content.interval_hours}h from'} {hours:02}:{minutes:02}",
        "timeZone": content.time_zone,
        **{f"retention.{name}": f"{count}d" for name, count in days.items() if count is not None},
    }


def differences(before: PolicyContent, after: PolicyContent) -> tuple[FieldChange, ...]:
    """The fields in which two contents differ, in the manifest's words."""
    old, new = shown(before), shown(after)
    paths = dict.fromkeys((*old, *new))
    return tuple(FieldChange(path, old.get(path), new.get(path)) for path in paths if old.get(path) != new.get(path))


def shortens(before: PolicyContent, after: PolicyContent) -> bool:
    """Whether some future recovery points would be kept for less time.

    Azure keeps the first of a week by the weekly rule, else the first of a day by the daily one, else any by default:
    a rule that is added takes its backups from the one that held them, and may keep them for less.
    """
    return any(new < old for old, new in zip(_kept(before), _kept(after), strict=True))


def _kept(content: PolicyContent) -> tuple[int, int, int]:
    """For how many days any backup, the first of a day and the first of a week are kept."""
    daily = content.daily_days or content.default_days
    return content.default_days, daily, content.weekly_days or daily
