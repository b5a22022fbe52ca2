"""The entries of `disks`: which disks get a backup instance, and with which settings."""

from __future__ import annotations

from reconciler.base import durations
from reconciler.base.escape import shortened
from reconciler.manifest.dates import day
from reconciler.manifest.entries import Context, choice
from reconciler.manifest.names import disk_ids
from reconciler.manifest.notes import Notes
from reconciler.manifest.sections import Section
from reconciler.manifest.selectors import selection
from reconciler.model.codes import manifest as codes
from reconciler.model.findings import Code
from reconciler.model.manifest import REPORT, Choice, DiskRule
from reconciler.model.selectors import Exclusion

_WEEK = 168


def read(section: Section, context: Context) -> DiskRule | None:
    """The disks that an entry protects, and how; None, with findings, when it can't be used."""
    defaults, notes = context.defaults, context.notes
    vault = _chosen(section, "vault", defaults.vault, codes.NO_VAULT, context)
    policy = _chosen(section, "policy", defaults.policy, codes.NO_POLICY, context)
    group = _chosen(section, "snapshotResourceGroup", defaults.snapshot_group, codes.NO_GROUP, context)
    ids = disk_ids(section, notes)
    when_gone = section.get("whenGone", REPORT)
    gone_after = _gone_after(section, when_gone, notes)
    until = day(section, "until", notes)
    _check_halt(section, notes)
    select = None
    exclude: tuple[Exclusion, ...] = ()
    if "select" in section:
        select, exclude = selection(section["select"], notes, defaults.subscriptions)
    if vault is None or policy is None or group is None or not (ids or select):
        return None
    return DiskRule(
        place=section.here,
        vault=vault,
        policy=policy,
        snapshot_group=group,
        protection=section.get("protection", "protected"),
        ids=ids,
        select=select,
        exclude=exclude,
        when_gone=when_gone,
        gone_after_hours=gone_after,
        until=until,
        reason=section.get("reason", ""),
    )


def _check_halt(section: Section, notes: Notes) -> None:
    """Find settings of a halt in an entry that halts nothing."""
    if section.get("protection", "protected") == "protected":
        for key in (key for key in ("until", "reason") if key in section):
            hint = f"remove `{key}`, or declare `protection: suspended` or `protection: stopped`"
            message = f"`{key}` has no effect with `protection: protected`, which halts nothing"
            notes.add(codes.NO_EFFECT, message, section.key_place(key), hint=hint)


def _gone_after(section: Section, when_gone: str, notes: Notes) -> int:
    """The hours of `for`; a week when it is absent, wrong or without effect."""
    text = section.get("for")
    if text is None:
        return _WEEK
    place = section.place("for")
    if when_gone == REPORT:
        hint = "remove `for`, or declare `whenGone: retain` or `whenGone: expire`"
        notes.add(codes.NO_EFFECT, "`for` has no effect with `whenGone: report`, which never acts", place, hint=hint)
        return _WEEK
    found = durations.hours(text)
    if not found:
        notes.add(codes.GONE_FOR, f"`for` is {shortened(text)}, which is not a number of whole hours", place)
    return found or _WEEK


def _chosen(
    section: Section, key: str, default: Choice | None, code: Code, context: Context,
) -> Choice | None:  # fmt: skip
    found = choice(section, key, context.uses, context.notes)
    if found is None and default is None:
        context.notes.add(code, f"the entry has no `{key}`", section.here)
    return default if found is None else found
