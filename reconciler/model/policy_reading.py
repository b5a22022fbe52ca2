"""Reads a live policy part by part: what is understood, and the name of every part that isn't."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from functools import partial
from typing import Any, NamedTuple, TypeVar
from zoneinfo import ZoneInfo

from reconciler.base.durations import seconds
from reconciler.base.zones import iana_zone, windows_zone
from reconciler.model.ids import lower
from reconciler.model.manifest import PolicyContent
from reconciler.model.resources import Policy

CRITERIA = {"Daily": "FirstOfDay", "Weekly": "FirstOfWeek"}
"""The retention rules besides the default that a manifest can express, and which backup of a day or week each keeps."""

_Part = TypeVar("_Part")
_TYPED = frozenset({"objectType"})
_INERT = frozenset({"name", "id", "type", "eTag", "etag", "systemData", "provisioningState", "policyVersion"})
"""Keys of a policy that don't affect what it does."""

_POLICY = _TYPED | _INERT | {"datasourceTypes", "policyRules"}
_BACKUP = _TYPED | {"name", "backupParameters", "dataStore", "trigger"}
_TRIGGER = _TYPED | {"schedule", "taggingCriteria"}
_TAGGING = frozenset({"isDefault", "taggingPriority", "tagInfo", "criteria"})
_RETENTION = _TYPED | {"name", "isDefault", "lifecycles"}
_LIFECYCLE = frozenset({"deleteAfter", "sourceDataStore", "targetDataStoreCopySettings"})


class Schedule(NamedTuple):
    """When backups begin: `interval_hours`, `phase_minutes` and `time_zone` as in `PolicyContent`."""

    interval_hours: int
    phase_minutes: int
    time_zone: str


@dataclass(frozen=True, slots=True)
class Reading:
    """What is understood of a policy.

    `schedules` are those of snapshots of the disk; `is_timed`: there is one, and all are understood. `kept_days` are the
    days that each retention rule keeps them, by the rule's name in the manifest (`Default`, `Daily`, `Weekly`). `unknown`
    names each part that isn't understood by its rule and key; unless it is empty, the policy does more, or something
    else, than the rest says. `beyond` names keys of later API versions, which by themselves are no difference: any body
    may get more of them.
    """

    schedules: tuple[Schedule, ...] = ()
    kept_days: Mapping[str, int] = field(default_factory=dict)
    unknown: tuple[str, ...] = ()
    is_timed: bool = False
    beyond: tuple[str, ...] = ()

    @property
    def unread(self) -> tuple[str, ...]:
        """Everything that isn't understood, so that the policy must not be replaced without its key."""
        return (*self.unknown, *self.beyond)

    @property
    def content(self) -> PolicyContent | None:
        """All that the policy does; None when a manifest can't express it."""
        if self.unknown:
            return None
        (schedule,), days = self.schedules, self.kept_days
        return PolicyContent(*schedule, days["Default"], days.get("Daily"), days.get("Weekly"))


def read(policy: Policy) -> Reading:
    """What is understood of a live policy; accepts any body."""
    if not policy.is_disk:
        return Reading(unknown=("datasourceTypes",))
    return _Reader().policy(policy.body)


def content_of(policy: Policy) -> PolicyContent | None:
    """What a live disk policy does; None, which equals no content, when a manifest can't express it."""
    return read(policy).content


class _Reader:
    """Reads one policy; what can't be read is named and left out."""

    def __init__(self) -> None:
        self._unknown: list[str] = []
        self._beyond_us: list[str] = []
        self._schedules: list[Schedule] = []
        self._is_timed = True
        self._days: dict[str, int] = {}
        self._rules: set[str] = set()
        self._tags: set[str] = set()

    def policy(self, body: Mapping[str, Any]) -> Reading:
        rules = self._try("policyRules", lambda: [*body["policyRules"]]) or []
        self._beyond("", body, _POLICY)
        backups = [rule for rule in rules if self._type_of(rule) == "azurebackuprule"]
        for rule in rules:
            kind, where = self._type_of(rule), f"rule {_name_of(rule)}"
            if kind == "azurebackuprule":
                is_read = self._try(where, partial(self._backup, where, rule)) is not None
                self._is_timed &= is_read
            elif kind == "azureretentionrule":
                self._try(where, partial(self._retention, where, rule))
            else:
                self._unknown.append(where)
        if len(backups) != 1:
            self._unknown += [f"rule {_name_of(rule)}" for rule in backups[1:]] or ["no backup rule"]
        self._match_tags()
        is_timed = self._is_timed and bool(self._schedules)
        unknown, beyond = (tuple(dict.fromkeys(found)) for found in (self._unknown, self._beyond_us))
        return Reading(tuple(self._schedules), dict(self._days), unknown, is_timed, beyond)

    def _try(self, where: str, part: Callable[[], _Part]) -> _Part | None:
        """A part, or None after noting its name: a body may contain anything."""
        try:
            return part()
        except (KeyError, TypeError, ValueError, IndexError, AttributeError):
            self._unknown.append(where)
            return None

    def _beyond(self, where: str, body: Mapping[str, Any], known: frozenset[str]) -> None:
        """Note unknown keys with a value: they may change what the policy does."""
        for key, value in body.items():
            if key not in known and _holds(value):
                self._beyond_us.append(f"{where}: {key}" if where else str(key))

    @staticmethod
    def _type_of(rule: Any) -> str:
        return lower(str(rule.get("objectType"))) if isinstance(rule, Mapping) else ""

    def _backup(self, where: str, rule: Mapping[str, Any]) -> bool:
        self._beyond(where, rule, _BACKUP)
        parameters = rule.get("backupParameters") or {}
        self._beyond(f"{where}: backupParameters", parameters, _TYPED | {"backupType"})
        if lower(parameters.get("backupType", "Incremental")) != "incremental":
            self._unknown.append(f"{where}: backupParameters.backupType {parameters['backupType']}")
        if not self._is_operational(f"{where}: dataStore", rule["dataStore"]):
            return True
        trigger = rule["trigger"]
        self._beyond(f"{where}: trigger", trigger, _TRIGGER)
        is_timed = self._try(f"{where}: trigger.schedule", lambda: self._schedule(where, trigger["schedule"]))
        self._is_timed &= is_timed is not None
        criteria = f"{where}: trigger.taggingCriteria"
        self._try(criteria, lambda: self._tagging(criteria, trigger.get("taggingCriteria") or ()))
        return True

    def _is_operational(self, where: str, store: Mapping[str, Any]) -> bool:
        self._beyond(where, store, _TYPED | {"dataStoreType"})
        kind = str(store["dataStoreType"])
        if lower(kind) != "operationalstore":
            self._unknown.append(f"{where} {kind}")
        return lower(kind) == "operationalstore"

    def _schedule(self, where: str, schedule: Mapping[str, Any]) -> bool:
        self._beyond(f"{where}: trigger.schedule", schedule, frozenset({"repeatingTimeIntervals", "timeZone"}))
        intervals = [*schedule["repeatingTimeIntervals"]]
        for interval in intervals:
            zone = schedule.get("timeZone") or "UTC"
            found = self._try(f"{where}: trigger.schedule {interval}", partial(_schedule_of, interval, zone))
            self._schedules += [found] if found else []
            self._is_timed &= found is not None
        if len(intervals) != 1:
            self._unknown.append(f"{where}: trigger.schedule.repeatingTimeIntervals ({len(intervals)} of them)")
        return True

    def _tagging(self, where: str, criteria: Sequence[Mapping[str, Any]]) -> None:
        """Note which retention rules backups are tagged for.

        The rule with the lowest priority number keeps a backup; a manifest can only express weekly, daily, default.
        """
        priorities = dict[str, float]()
        for entry in criteria:
            name = "Default" if entry.get("isDefault") else str(entry["tagInfo"]["tagName"]).capitalize()
            self._beyond(f"{where} {name}", entry, _TAGGING)
            self._beyond(f"{where} {name}: tagInfo", entry.get("tagInfo") or {}, frozenset({"id", "tagName", "eTag"}))
            if name != "Default" and not _is_first(name, entry):
                self._unknown.append(f"{where} {name}")
            self._tags.add(name)
            if entry.get("taggingPriority") is not None:
                priorities[name] = float(entry["taggingPriority"])
        in_turn = [priorities[name] for name in ("Weekly", "Daily", "Default") if name in priorities]
        if in_turn != sorted(set(in_turn)):
            self._unknown.append(f"{where}: the order of taggingPriority")

    def _retention(self, where: str, rule: Mapping[str, Any]) -> None:
        name = "Default" if rule.get("isDefault") else str(rule["name"]).capitalize()
        is_sayable = name in {"Default", *CRITERIA} and name not in self._rules
        self._rules.add(name)
        if not is_sayable:
            self._unknown.append(where)
            return
        self._beyond(where, rule, _RETENTION)
        first, *more = rule["lifecycles"]
        if more:
            self._unknown.append(f"{where}: lifecycles ({1 + len(more)} of them)")
        self._beyond(f"{where}: lifecycles", first, _LIFECYCLE)
        self._beyond(f"{where}: lifecycles.deleteAfter", first["deleteAfter"], _TYPED | {"duration"})
        if first.get("targetDataStoreCopySettings"):
            stores = ", ".join(_stores(first["targetDataStoreCopySettings"]))
            told = f" (copies to {stores})" if stores else ""
            self._unknown.append(f"{where}: lifecycles.targetDataStoreCopySettings{told}")
        if self._is_operational(f"{where}: lifecycles.sourceDataStore", first.get("sourceDataStore") or _OPERATIONAL):
            duration = f"{where}: lifecycles.deleteAfter {first['deleteAfter'].get('duration')}"
            days = self._try(duration, lambda: _days(first["deleteAfter"]))
            self._days |= {name: days} if days else {}

    def _match_tags(self) -> None:
        """Note rules that no backup is tagged for, which keep nothing, and tags without a rule, kept for an unknown time."""
        self._unknown += [f"rule {name}: no backup is tagged for it" for name in sorted(self._rules - self._tags)]
        self._unknown += [f"tag {name}: no rule for it" for name in sorted((self._tags | {"Default"}) - self._rules)]


_OPERATIONAL = {"dataStoreType": "OperationalStore"}


def _holds(value: Any) -> bool:
    """Whether a value is present; null and empty values count as absent."""
    return value is not None and value not in ("", [], {})


def _name_of(rule: Any) -> str:
    return str(rule.get("name") or "without a name") if isinstance(rule, Mapping) else "without a name"


def _stores(settings: Any) -> Iterator[str]:
    for setting in settings if isinstance(settings, list) else ():
        store = setting.get("dataStore") if isinstance(setting, Mapping) else None
        if isinstance(store, Mapping) and store.get("dataStoreType"):
            yield str(store["dataStoreType"])


def _is_first(name: str, entry: Mapping[str, Any]) -> bool:
    """Whether a tag's criteria are those that a manifest can express for it."""
    (criterion,) = entry["criteria"]
    said = {key: value for key, value in criterion.items() if _holds(value) and key != "objectType"}
    wanted = [lower(CRITERIA[name])] if name in CRITERIA else None
    return set(said) == {"absoluteCriteria"} and [*map(lower, said["absoluteCriteria"])] == wanted


def _schedule_of(interval: str, zone: str) -> Schedule:
    """The schedule of `R/<start>/<duration>`; the start's date is ignored. ValueError if a manifest can't express it."""
    _, start_text, duration = interval.split("/")
    length = seconds(duration)
    windows = windows_zone(zone)
    if not length or length % 3600 or windows is None:
        raise ValueError(interval)
    start = datetime.fromisoformat(start_text)
    if start.tzinfo is not None:
        start = start.astimezone(ZoneInfo(iana_zone(windows)))
    hours = int(length // 3600)
    return Schedule(hours, (start.hour * 60 + start.minute) % (hours * 60), windows)


def _days(delete_after: Mapping[str, Any]) -> int:
    kind, length = lower(delete_after.get("objectType") or "AbsoluteDeleteOption"), seconds(delete_after["duration"])
    if kind != "absolutedeleteoption" or not length or length % 86400:
        raise ValueError(delete_after)
    return int(length // 86400)
