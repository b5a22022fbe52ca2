"""Halts with a date: protection that an entry suspends or stops until a day that has passed."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable

from reconciler.base.plurals import counted
from reconciler.model.codes import disks as disk_codes
from reconciler.model.manifest import DiskRule
from reconciler.planning.desired import DesiredDisk
from reconciler.planning.draft import Draft


def compare(draft: Draft, everything: Iterable[DesiredDisk]) -> None:
    """Report the entries whose halt is over; nothing follows from it, since a date never resumes anything."""
    today, taken = draft.world.today or draft.world.now.date(), Counter(one.rule.place for one in everything)
    for rule in draft.world.manifest.disks:
        if rule.until is None or today <= rule.until or rule.protection == "protected":
            continue
        if draft.world.options.shard.takes(str(rule.place)):
            count = taken[rule.place]
            verb = "stays" if count == 1 else "stay"
            why = f"; its reason was: {rule.reason}" if rule.reason else ""
            message = f"`protection: {rule.protection}` ended on {rule.until}, but {counted(count, 'disk')} {verb} {rule.protection}{why}"
            draft.decisions.note(disk_codes.HALT_OVER, message, place=rule.place)


def declared(rule: DiskRule) -> str:
    """The state that an entry declares, until when and why, in words."""
    until = f" until {rule.until}" if rule.until else ""
    return f"declared {rule.protection}{until}{f': {rule.reason}' if rule.reason else ''}"
