"""Live policies turned back into `every`, `daily` and `retention`."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping

from reconciler.base.durations import Length, longest_days, short
from reconciler.base.zones import UTC, iana_zone
from reconciler.export.choices import Described, Selected
from reconciler.model.ids import lower
from reconciler.model.limits import LONGEST_DAYS, MOST_SNAPSHOTS
from reconciler.model.manifest import PolicyContent
from reconciler.model.names import policy_stem
from reconciler.model.policy_reading import content_of, read, start_doubt
from reconciler.model.resources import Policy
from reconciler.model.results.export import Data

_HOURLY = frozenset({1, 2, 4, 6, 8, 12})
_DAY = 24
_WEEK = 7
_LONGEST_NAME = 141


def described(selected: Selected) -> Described:
    """One entry for each content, under the name that most instances use, in the order of names.

    What can't be declared is named instead, with a note why.
    """
    users = Counter(one.policy.key for one in selected.kept.values() if one.policy)
    named = selected.choices.named
    by_content: dict[PolicyContent, list[Policy]] = {}
    by_name: dict[str, list[Policy]] = {}
    for policy in (selected.estate.policies[key] for key in sorted(users)):
        content = content_of(policy)
        if content is not None and is_sayable(content) and policy.id.key not in named:
            by_content.setdefault(content, []).append(policy)
        else:
            by_name.setdefault(lower(policy.id.name), []).append(policy)
    taken, entries = set[str](), list[Data]()
    found = Described(entries)
    for content, alike in by_content.items():
        name = _free(_name_of(alike, content, users), taken)
        entries.append(entry(name, content))
        found.names |= {policy.id.key: name for policy in alike}
        found.notes += [f"policy {name}: {doubt}" for policy in alike[:1] if (doubt := start_doubt(read(policy)))]
    for alike in by_name.values():
        azure_name = alike[0].id.name
        name = _free(azure_name, taken)
        entries.append({"name": name, "manage": False, **({"azureName": azure_name} if name != azure_name else {})})
        found.names |= {policy.id.key: name for policy in alike}
        why = next((named[one.id.key] for one in alike if one.id.key in named), "") or _why_not(alike)
        found.notes.append(f"policy {name}: named, not described: {why}")
    entries.sort(key=lambda one: lower(one["name"]))
    return found


def _why_not(alike: Iterable[Policy]) -> str:
    """Why policies, which all have one name, can't be declared."""
    readings = [read(policy) for policy in alike]
    unknown = dict.fromkeys(part for reading in readings for part in reading.unknown)
    told = [f"`{part}`" for part in unknown]
    told += [_too_much(reading.content) for reading in readings if reading.content]
    return f"a manifest can't declare what it does: {', '.join(filter(None, told))}"


def is_sayable(content: PolicyContent) -> bool:
    """Whether a manifest may declare such a policy; a live one may be older than Azure's current limits."""
    return not _too_much(content)


def _too_much(content: PolicyContent) -> str:
    """What keeps a manifest from declaring such a policy; empty when nothing does."""
    if content.interval_hours not in _HOURLY and content.interval_hours != _DAY:
        return f"it backs up every {content.interval_hours} h"
    for rule, kept in content.kept.items():
        if longest_days(kept) > LONGEST_DAYS:
            return f"`{rule}` keeps backups for {short(kept)}; a manifest can declare {LONGEST_DAYS} days at most"
        if content.snapshots[rule] > MOST_SNAPSHOTS:
            return f"`{rule}` needs {content.snapshots[rule]} snapshots of each disk, more than {MOST_SNAPSHOTS}"
    return ""


def entry(name: str, content: PolicyContent) -> Data:
    """The entry of `policies` with this content."""
    clock = f"{content.phase_minutes // 60:02}:{content.phase_minutes % 60:02}"
    daily = content.interval_hours == _DAY
    schedule: Data = {"daily": clock} if daily else {"every": f"{content.interval_hours}h"}
    if not daily and content.phase_minutes:
        schedule["at"] = clock
    zone = iana_zone(content.time_zone)
    return {
        "name": name,
        "schedule": schedule,
        **({"timeZone": zone} if zone != UTC else {}),
        "retention": {rule: _duration(kept) for rule, kept in content.kept.items()},
    }


def _duration(kept: Length) -> str:
    if isinstance(kept, str) or kept % _WEEK or kept <= 2 * _WEEK:
        return short(kept)
    return f"{kept // _WEEK}w"


def _name_of(alike: list[Policy], content: PolicyContent, users: Mapping[str, int]) -> str:
    """The name of the policy that most instances use, without the suffix that this tool derives from the content."""
    counted: Counter[str] = Counter()
    for policy in alike:
        name = policy.id.name
        base = policy_stem(name, content) or name
        counted[base[:_LONGEST_NAME]] += users.get(policy.id.key, 0)
    return min(counted, key=lambda name: (-counted[name], lower(name), name))


def _free(name: str, taken: set[str]) -> str:
    """The name, with a number if it is taken; names are compared without case."""
    number, free = 1, name
    while lower(free) in taken:
        number += 1
        free = f"{name[: _LONGEST_NAME - 4]}-{number}"
    taken.add(lower(free))
    return free
