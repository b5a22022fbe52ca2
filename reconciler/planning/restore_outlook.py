"""What a restore of several disks takes, before it is approved: calls, the least time, and what Azure's limits leave."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence

from reconciler.base.plurals import counted
from reconciler.model.changes import Change, Op
from reconciler.model.codes import planning as codes
from reconciler.model.ids import lower
from reconciler.planning.draft import Draft
from reconciler.planning.restore_limits import A_DAY, SLOWLY_COPIED, recent_restores
from reconciler.planning.restoring import Source

_BURST, _A_SECOND = 200, 10
"""Azure Resource Manager's writes in each subscription: so many at once, then so many a second."""
_ONE_SECONDS = 260
"""What the recorded restores of one disk took: 42 s to validate, 1 s to begin, 215 s to copy."""
_MOST_COPIES = 50
"""How many disks Azure copies in the background in one subscription, from its documentation."""
_READS = 7
"""The least reads of one restore: recovery points, both operations, job and snapshot, and the disk before both writes to it."""


def outlook(draft: Draft, changes: Sequence[Change], sources: Sequence[Source]) -> None:
    """Add the findings that say what these restores take; nothing when there are none."""
    if not changes:
        return
    planned = {str((change.after or {})["source"]): change for change in changes}
    chosen = [source for source in sources if source.id.text in planned]
    grants = {address for change in changes for address in change.depends}
    writes = Counter(
        step.target.subscription for change in changes for step in change.steps for _ in range(_WRITES.get(step.op, 0))
    )
    total = sum(writes.values()) + len(grants)
    seconds = max(0, max(writes.values()) - _BURST) / _A_SECOND + _ONE_SECONDS
    waits = " once the new role assignments are effective" if grants else ""
    calls = f"{counted(total, 'write')} and {_READS * len(changes)} reads"
    least = f"at least {counted(int(seconds // 60), 'minute')}{waits}"
    parts = [
        f"restoring {counted(len(changes), 'disk')} takes {least}, with at least {calls}",
        _left_today(draft, chosen),
        _copies(chosen, changes),
    ]
    draft.decisions.note(codes.RESTORE_OUTLOOK, "; ".join(filter(None, parts)))


_WRITES = {Op.RESTORE_START: 2, Op.DISK_PATCH: 1}
"""Each restore is validated before it begins."""


def _left_today(draft: Draft, sources: Sequence[Source]) -> str:
    """How often Azure restores these disks today after that, most often first."""
    counts = [recent_restores(draft, source.id, source.instance) for source in sources]
    left = Counter(max(0, A_DAY - 1 - (count or 0)) for count in counts)
    told = [
        f"{more} for {'each of ' if disks > 1 else ''}{counted(disks, 'disk')}"
        for more, disks in sorted(left.items(), reverse=True)
    ]
    return f"restores that Azure still allows today after that: {', '.join(told)}" if told else ""


def _copies(sources: Sequence[Source], changes: Sequence[Change]) -> str:
    """How many disks Azure copies in the background, as far as their SKUs are known."""
    slow = sum(lower(source.disk.sku) in SLOWLY_COPIED for source in sources if source.disk)
    unknown = sum(source.disk is None for source in sources)
    limit = f"Azure copies at most {_MOST_COPIES} Premium SSD v2 and Ultra disks of a subscription at a time"
    if slow:
        return f"{limit}, and {slow} of these are known to be such disks"
    if len(changes) > _MOST_COPIES and unknown:
        return f"{limit}; could not tell how many of these are such disks, because they no longer exist"
    return ""
