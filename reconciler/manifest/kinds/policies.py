"""Declared backup policies, converted to the normal form in which contents are compared."""

from __future__ import annotations

from reconciler.base.durations import Length, hours, iso, length, longest_days
from reconciler.base.escape import shortened
from reconciler.base.plurals import counted
from reconciler.base.zones import windows_zone, zone_names
from reconciler.manifest.entries import Context, Defaults
from reconciler.manifest.notes import Notes, suggestion
from reconciler.manifest.sections import Section
from reconciler.model.codes import manifest as codes
from reconciler.model.limits import LONGEST_DAYS, MOST_SNAPSHOTS
from reconciler.model.manifest import PolicyContent, PolicySpec

_RULES = ("default", "daily", "weekly", "monthly", "yearly")
_MOST_TOGETHER = 420
_DAILY = 24


def read(section: Section, context: Context) -> PolicySpec | None:
    """The policy that an entry declares; None, with findings, when its content is wrong.

    A schedule with `every` and without `at` starts at midnight.
    """
    notes = context.notes
    name: str = section["name"]
    manage: bool = section.get("manage", True)
    if manage and "azureName" in section:
        message = f"the policy {name} is managed, so its name in Azure follows from its content"
        notes.add(codes.POLICY_NAME, message, section.key_place("azureName"))
    says_nothing = "schedule" not in section and "retention" not in section
    azure_name = None if manage else section.get("azureName", name)
    if says_nothing and not manage:
        return PolicySpec(section.here, name, azure_name, manage)
    missing = [key for key in ("schedule", "retention") if key not in section]
    if missing:
        notes.add(codes.NO_CONTENT, f"the policy {name} has no `{missing[0]}`", section.here)
        return None
    zone = _zone(section, context.defaults, notes)
    retention = _retention(section["retention"], notes)
    if zone is None or retention is None:
        return None
    interval, at_minutes = _schedule(section["schedule"])
    extra = map(retention.get, _RULES[1:])
    content = PolicyContent(interval, at_minutes % (interval * 60), zone, retention["default"], *extra)
    _check_budget(content, section["retention"], notes)
    texts = {key.capitalize(): iso(section["retention"][key]) or "" for key in retention}
    return PolicySpec(section.here, name, azure_name, manage, content, at_minutes, zone, texts)


def _schedule(section: Section) -> tuple[int, int]:
    """Hours between backups, and the minute of the day of one of them."""
    if "daily" in section:
        return _DAILY, _minutes(section["daily"])
    return hours(section["every"]) or _DAILY, _minutes(section.get("at", "00:00"))


def _minutes(time: str) -> int:
    hour, minute = time.split(":")
    return int(hour) * 60 + int(minute)


def _zone(section: Section, defaults: Defaults, notes: Notes) -> str | None:
    holder = section if "timeZone" in section else defaults.section
    named = section.get("timeZone") or defaults.time_zone or "UTC"
    zone = windows_zone(named)
    if zone is None:
        meant = suggestion(named, zone_names())
        hint = f"did you mean {meant}?" if meant else ""
        notes.add(
            codes.UNKNOWN_ZONE, f"the time zone {shortened(named)} is not known", holder.place("timeZone"), hint=hint
        )
    return zone


def _retention(section: Section, notes: Notes) -> dict[str, Length] | None:
    """For how long each rule keeps backups; None, with findings, when any is wrong."""
    found: dict[str, Length] = {}
    for key in _RULES:
        if key not in section:
            continue
        kept, place = length(section[key]), section.place(key)
        if not kept:
            message = f"the retention {shortened(section[key])} is not a number of whole days or months"
            notes.add(codes.INVALID_DURATION, message, place)
        elif longest_days(kept) > LONGEST_DAYS:
            told = f"for {kept} days" if isinstance(kept, int) else f"for up to {longest_days(kept)} days"
            message = f"`{key}` keeps backups {told}; Azure keeps disk snapshots for {LONGEST_DAYS} at most"
            notes.add(codes.RETENTION_LONG, message, place)
        else:
            found[key] = kept
    return found if len(found) == len(section) else None


def _check_budget(content: PolicyContent, section: Section, notes: Notes) -> None:
    counts = content.snapshots
    for key, count in counts.items():
        if count > MOST_SNAPSHOTS:
            longest = MOST_SNAPSHOTS * content.interval_hours // _DAILY
            message = f"`{key}` alone needs {count} snapshots of each disk; Azure allows a policy {MOST_SNAPSHOTS}"
            hint = f"with a backup every {content.interval_hours} h keep at most {longest}d, or back up less often"
            notes.add(codes.SNAPSHOT_BUDGET, message, section.place(key), hint=hint)
    if sum(counts.values()) > _MOST_TOGETHER and max(counts.values()) <= MOST_SNAPSHOTS:
        message = f"the rules together may need {sum(counts.values())} snapshots of each disk; Azure allows 500"
        notes.add(codes.SNAPSHOT_TOTAL, message, section.here)
    _check_precedence(content, section, notes)


def _check_precedence(content: PolicyContent, section: Section, notes: Notes) -> None:
    """Warn when a rule shortens another: in Azure the rule for the longer period wins, even if it keeps less."""
    given = [*content.kept.items()]
    for index, (key, kept) in enumerate(given):
        longer = [(other, more) for other, more in given[:index] if longest_days(more) > longest_days(kept)]
        if longer:
            other, more = longer[-1]
            message = f"`{key}` ({_told(kept)}) wins over `{other}` ({_told(more)}), so these backups are kept for a shorter time"
            notes.add(codes.RETENTION_SHADOWED, message, section.place(key))


def _told(kept: Length) -> str:
    return counted(kept, "day") if isinstance(kept, int) else f"at most {counted(longest_days(kept), 'day')}"
