"""Live policies turned back into `every`, `daily` and `retention`."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

from reconciler.base.zones import UTC, iana_zone
from reconciler.model.ids import lower
from reconciler.model.limits import LONGEST_DAYS, MOST_SNAPSHOTS
from reconciler.model.manifest import PolicyContent
from reconciler.model.names import is_derived_policy_name
from reconciler.model.policy_reading import content_of
from reconciler.model.resources import Policy
from reconciler.model.results.export import Data

_HOURLY = frozenset({1, 2, 4, 6, 8, 12})
_DAY = 24
_WEEK = 7
_LONGEST_NAME = 141


@dataclass(slots=True)
class Policies:
    """The policies of a manifest: `names` by the lower-cased id of each live one, `entries` in the order of names."""

    names: dict[str, str] = field(default_factory=dict)
    entries: list[Data] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)

    def ids(self) -> dict[str, tuple[str, ...]]:
        """The ids of the live policies by lower-cased name in the manifest."""
        found: dict[str, tuple[str, ...]] = {}
        for key, name in sorted(self.names.items()):
            found[lower(name)] = (*found.get(lower(name), ()), key)
        return found


def described(policies: Iterable[Policy], users: Mapping[str, int], named: Mapping[str, str]) -> Policies:
    """One entry for each content, under the name that most instances use; what can't be declared is named instead.

    `users` counts instances by lower-cased policy id, `named` has the reasons for policies that are only named.
    """
    by_content: dict[PolicyContent, list[Policy]] = {}
    by_name: dict[str, list[Policy]] = {}
    for policy in sorted(policies, key=lambda one: one.id.key):
        content = content_of(policy)
        if content is not None and is_sayable(content) and policy.id.key not in named:
            by_content.setdefault(content, []).append(policy)
        else:
            by_name.setdefault(lower(policy.id.name), []).append(policy)
    found, taken = Policies(), set[str]()
    for content, alike in by_content.items():
        name = _free(_name_of(alike, content, users), taken)
        found.entries.append(entry(name, content))
        found.names |= {policy.id.key: name for policy in alike}
    for alike in by_name.values():
        azure_name = alike[0].id.name
        name = _free(azure_name, taken)
        found.entries.append(
            {"name": name, "manage": False, **({"azureName": azure_name} if name != azure_name else {})}
        )
        found.names |= {policy.id.key: name for policy in alike}
        why = next((named[one.id.key] for one in alike if one.id.key in named), "a manifest can't declare what it does")
        found.notes.append(f"policy {name}: named, not described: {why}")
    found.entries.sort(key=lambda one: lower(one["name"]))
    return found


def is_sayable(content: PolicyContent) -> bool:
    """Whether a manifest may declare such a policy; a live one may be older than Azure's current limits."""
    lengths = (content.default_days, content.daily_days or 0, content.weekly_days or 0)
    fits = max(lengths) <= LONGEST_DAYS and max(content.snapshots.values()) <= MOST_SNAPSHOTS
    return fits and (content.interval_hours in _HOURLY or content.interval_hours == _DAY)


def entry(name: str, content: PolicyContent) -> Data:
    """The entry of `policies` with this content."""
    clock = f"{content.phase_minutes // 60:02}:{content.phase_minutes % 60:02}"
    daily = content.interval_hours == _DAY
    schedule: Data = {"daily": clock} if daily else {"every": f"{content.interval_hours}h"}
    if not daily and content.phase_minutes:
        schedule["at"] = clock
    zone = iana_zone(content.time_zone)
    kept = {"default": content.default_days, "daily": content.daily_days, "weekly": content.weekly_days}
    return {
        "name": name,
        "schedule": schedule,
        **({"timeZone": zone} if zone != UTC else {}),
        "retention": {key: _duration(days) for key, days in kept.items() if days is not None},
    }


def _duration(days: int) -> str:
    return f"{days}d" if days % _WEEK or days <= 2 * _WEEK else f"{days // _WEEK}w"


def _name_of(alike: list[Policy], content: PolicyContent, users: Mapping[str, int]) -> str:
    """The name of the policy that most instances use, without the suffix that this tool derives from the content."""
    counted: Counter[str] = Counter()
    for policy in alike:
        name = policy.id.name
        base = name.rpartition("-")[0] if is_derived_policy_name(name, content) else name
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
