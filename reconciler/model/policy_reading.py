"""Reads a live policy part by part: what is understood, and the name of every part that isn't."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from functools import partial
from typing import Any, NamedTuple, TypeVar
from zoneinfo import ZoneInfo

from reconciler.base.durations import Length, length, seconds
from reconciler.base.escape import spelled
from reconciler.base.zones import iana_zone, windows_zone
from reconciler.model.ids import lower
from reconciler.model.manifest import PolicyContent
from reconciler.model.resources import Policy

CRITERIA = {"Daily": "FirstOfDay", "Weekly": "FirstOfWeek", "Monthly": "FirstOfMonth", "Yearly": "FirstOfYear"}
"""The retention rules besides the default that a manifest can express, and which backup each keeps; the last one wins."""

_Part = TypeVar("_Part")
_FOR_EVER = ("R", "R-1")
"""How an interval says that it repeats without end; `R5` would end after five backups."""

_TYPED = frozenset({"objectType"})
_BODY, _TRIGGERED, _PARAMETERS, _STORED = (
    "BackupPolicy", "ScheduleBasedTriggerContext", "AzureBackupParams", "DataStoreInfoBase",
)  # fmt: skip
"""The types of parts that are understood; a part of another type may mean something else by the same keys."""

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

    `schedules` are those of snapshots of the disk; `is_timed`: there is one, and all are understood. `kept` says for how
    long each retention rule keeps them, by the rule's name in the manifest (`Default`, `Daily` …), whatever its name in
    Azure. `unknown` names each part that isn't understood by its rule and key; unless it is empty, the policy does more,
    or something else, than the rest says. `beyond` names keys of later API versions, which by themselves are no
    difference: any body may get more of them. `written` is the schedule if Azure takes its start for wall-clock time,
    where that is in doubt and another time; None where all is clear.
    """

    schedules: tuple[Schedule, ...] = ()
    kept: Mapping[str, Length] = field(default_factory=dict)
    unknown: tuple[str, ...] = ()
    is_timed: bool = False
    beyond: tuple[str, ...] = ()
    written: Schedule | None = None

    @property
    def unread(self) -> tuple[str, ...]:
        """Everything that isn't understood, so that the policy must not be replaced without its key."""
        return (*self.unknown, *self.beyond)

    @property
    def content(self) -> PolicyContent | None:
        """All that the policy does; None when a manifest can't express it."""
        return None if self.unknown else self._content(*self.schedules)

    @property
    def otherwise(self) -> PolicyContent | None:
        """What the policy does instead, if Azure reads the start of its schedule as wall-clock time."""
        return None if self.unknown or self.written is None else self._content(self.written)

    def _content(self, schedule: Schedule) -> PolicyContent:
        return PolicyContent(*schedule, self.kept["Default"], *map(self.kept.get, CRITERIA))


def read(policy: Policy) -> Reading:
    """What is understood of a live policy; accepts any body."""
    if not policy.is_disk:
        return Reading(unknown=("datasourceTypes",))
    return _Reader().policy(policy.body)


def start_doubt(reading: Reading) -> str:
    """Why it is unknown at which time of day backups begin; empty when it is known."""
    if reading.written is None or not reading.schedules:
        return ""
    read_as, written = (
        f"{one.phase_minutes // 60:02}:{one.phase_minutes % 60:02}" for one in (reading.schedules[0], reading.written)
    )
    return (
        f"its start has an offset that {reading.written.time_zone} has on other days: backups begin at {read_as} if Azure "
        f"takes it for a moment, and at {written} if Azure takes it for wall-clock time"
    )


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
        self._written: list[Schedule] = []
        self._kept: dict[str, Length] = {}
        self._rules: dict[str, str] = {}
        self._tags: dict[str, str] = {}
        self._told: dict[str, str] = {}

    def policy(self, body: Mapping[str, Any]) -> Reading:
        rules = self._try("policyRules", lambda: [*body["policyRules"]]) or []
        self._beyond("", body, _POLICY)
        self._typed("objectType", body, _BODY)
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
        kept = {self._told.get(name, self._rules[name]): days for name, days in self._kept.items()}
        return Reading(tuple(self._schedules), kept, unknown, is_timed, beyond, next(iter(self._written), None))

    def _try(self, where: str, part: Callable[[], _Part]) -> _Part | None:
        """A part, or None after noting its name: a body may contain anything."""
        try:
            return part()
        except (KeyError, TypeError, ValueError, IndexError, AttributeError, ArithmeticError):
            self._unknown.append(where)
            return None

    def _beyond(self, where: str, body: Mapping[str, Any], known: frozenset[str]) -> None:
        """Note unknown keys with a value: they may change what the policy does."""
        for key, value in body.items():
            if key not in known and _holds(value):
                self._beyond_us.append(f"{where}: {key}" if where else str(key))

    def _typed(self, where: str, part: Mapping[str, Any], known: str) -> bool:
        """Whether a part is of the known type, or doesn't say its type; else note it."""
        is_known = not _holds(part.get("objectType")) or lower(str(part["objectType"])) == lower(known)
        self._unknown += [] if is_known else [f"{where} {spelled(part['objectType'])}"]
        return is_known

    @staticmethod
    def _type_of(rule: Any) -> str:
        return lower(str(rule.get("objectType"))) if isinstance(rule, Mapping) else ""

    def _backup(self, where: str, rule: Mapping[str, Any]) -> bool:
        self._beyond(where, rule, _BACKUP)
        parameters = rule.get("backupParameters") or {}
        self._beyond(f"{where}: backupParameters", parameters, _TYPED | {"backupType"})
        self._typed(f"{where}: backupParameters.objectType", parameters, _PARAMETERS)
        if lower(parameters.get("backupType", "Incremental")) != "incremental":
            self._unknown.append(f"{where}: backupParameters.backupType {spelled(parameters['backupType'])}")
        if not self._is_operational(f"{where}: dataStore", rule["dataStore"]):
            return True
        trigger = rule["trigger"]
        self._beyond(f"{where}: trigger", trigger, _TRIGGER)
        self._is_timed &= self._typed(f"{where}: trigger.objectType", trigger, _TRIGGERED)
        is_timed = self._try(f"{where}: trigger.schedule", lambda: self._schedule(where, trigger["schedule"]))
        self._is_timed &= is_timed is not None
        criteria = f"{where}: trigger.taggingCriteria"
        self._try(criteria, lambda: self._tagging(criteria, trigger.get("taggingCriteria") or ()))
        return True

    def _is_operational(self, where: str, store: Mapping[str, Any]) -> bool:
        self._beyond(where, store, _TYPED | {"dataStoreType"})
        self._typed(f"{where}.objectType", store, _STORED)
        kind = spelled(store["dataStoreType"])
        if lower(kind) != "operationalstore":
            self._unknown.append(f"{where} {kind}")
        return lower(kind) == "operationalstore"

    def _schedule(self, where: str, schedule: Mapping[str, Any]) -> bool:
        self._beyond(f"{where}: trigger.schedule", schedule, frozenset({"repeatingTimeIntervals", "timeZone"}))
        intervals = [*schedule["repeatingTimeIntervals"]]
        for interval in intervals:
            zone = schedule.get("timeZone") or "UTC"
            is_odd = isinstance(zone, str) and windows_zone(zone) is None
            what = f".timeZone {zone}" if is_odd else f" {spelled(interval)}"
            found = self._try(f"{where}: trigger.schedule{what}", partial(_schedules_of, interval, zone))
            self._schedules += found[:1] if found else ()
            self._written += found[1:] if found else ()
            self._is_timed &= found is not None
        if len(intervals) != 1:
            self._unknown.append(f"{where}: trigger.schedule.repeatingTimeIntervals ({len(intervals)} of them)")
        return True

    def _tagging(self, where: str, criteria: Sequence[Mapping[str, Any]]) -> None:
        """Note which retention rules backups are tagged for: under any name, told by which backups they keep.

        The rule with the lowest priority number keeps a backup; a manifest can only express one order.
        """
        priorities = dict[str, float]()
        for entry in criteria:
            name = _DEFAULT if entry.get("isDefault") else spelled(entry["tagInfo"]["tagName"])
            self._beyond(f"{where} {name}", entry, _TAGGING)
            self._beyond(f"{where} {name}: tagInfo", entry.get("tagInfo") or {}, frozenset({"id", "tagName", "eTag"}))
            rule = _DEFAULT if lower(name) == lower(_DEFAULT) else _rule_of(entry)
            is_narrowed = rule == _DEFAULT and _holds(entry.get("criteria"))
            if rule is None or rule in self._told.values() or is_narrowed:
                self._unknown.append(f"{where} {name}")
            else:
                self._told[lower(name)] = rule
            self._tags[lower(name)] = name
            if rule and entry.get("taggingPriority") is not None:
                priorities[rule] = float(entry["taggingPriority"])
        in_turn = [priorities[name] for name in (*reversed(CRITERIA), _DEFAULT) if name in priorities]
        if in_turn != sorted(set(in_turn)):
            self._unknown.append(f"{where}: the order of taggingPriority")

    def _retention(self, where: str, rule: Mapping[str, Any]) -> None:
        name = _DEFAULT if rule.get("isDefault") else spelled(rule["name"])
        if lower(name) in self._rules:
            self._unknown.append(where)
            return
        self._rules[lower(name)] = name
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
            duration = f"{where}: lifecycles.deleteAfter {spelled(first['deleteAfter'].get('duration'))}"
            kept = self._try(duration, lambda: _kept(first["deleteAfter"]))
            self._kept |= {lower(name): kept} if kept else {}

    def _match_tags(self) -> None:
        """Note rules that no backup is tagged for, which keep nothing, and tags without a rule, kept for an unknown time."""
        tags = {lower(_DEFAULT): _DEFAULT, **self._tags}
        untagged, unruled = self._rules.keys() - self._tags, tags.keys() - self._rules
        self._unknown += [f"rule {self._rules[name]}: no backup is tagged for it" for name in sorted(untagged)]
        self._unknown += [f"tag {tags[name]}: no rule for it" for name in sorted(unruled)]


_DEFAULT = "Default"
_OPERATIONAL = {"dataStoreType": "OperationalStore"}


def _holds(value: Any) -> bool:
    """Whether a value is present; null and empty values count as absent."""
    return value is not None and value not in ("", [], {})


def _name_of(rule: Any) -> str:
    return spelled(rule.get("name") or "without a name") if isinstance(rule, Mapping) else "without a name"


def _stores(settings: Any) -> Iterator[str]:
    for setting in settings if isinstance(settings, list) else ():
        store = setting.get("dataStore") if isinstance(setting, Mapping) else None
        if isinstance(store, Mapping) and store.get("dataStoreType"):
            yield spelled(store["dataStoreType"])


def _rule_of(entry: Mapping[str, Any]) -> str | None:
    """The rule of a manifest that keeps the backups which a tag's criteria name; None when there is none."""
    (criterion,) = entry["criteria"]
    said = {key: value for key, value in criterion.items() if _holds(value) and key != "objectType"}
    wanted = [*map(lower, said["absoluteCriteria"])] if set(said) == {"absoluteCriteria"} else []
    return next((name for name, one in CRITERIA.items() if wanted == [lower(one)]), None)


def _schedules_of(interval: str, zone: str) -> tuple[Schedule, ...]:
    """The schedule of `R/<start>/<duration>`, and the one if Azure reads its start otherwise; the start's date is ignored.

    A start with an offset that its zone has on other days, such as +01:00 in July in Berlin, is a moment by ISO 8601,
    but others write it for wall-clock time; how Azure reads it isn't known. ValueError if a manifest can't express it.
    """
    repeats, start_text, duration = interval.split("/")
    span = seconds(duration)
    windows = windows_zone(zone)
    if repeats not in _FOR_EVER or not span or span % 3600 or windows is None:
        raise ValueError(interval)
    start = written = datetime.fromisoformat(start_text)
    if start.tzinfo is not None:
        start = start.astimezone(ZoneInfo(iana_zone(windows)))
    is_clear = start_text.endswith(("Z", "z")) or not _is_of(written, ZoneInfo(iana_zone(windows)))
    hours = int(span // 3600)
    minutes = dict.fromkeys(
        (one.hour * 60 + one.minute) % (hours * 60) for one in (start, start if is_clear else written)
    )
    return tuple(Schedule(hours, minute, windows) for minute in minutes)


def _is_of(start: datetime, zone: ZoneInfo) -> bool:
    """Whether a start's offset is one that the zone has in some month of that year."""
    return start.utcoffset() in {datetime(start.year, month, 1, tzinfo=zone).utcoffset() for month in range(1, 13)}


def _kept(delete_after: Mapping[str, Any]) -> Length:
    kind, found = lower(delete_after.get("objectType") or "AbsoluteDeleteOption"), length(str(delete_after["duration"]))
    if kind != "absolutedeleteoption" or not found:
        raise ValueError(delete_after)
    return found
