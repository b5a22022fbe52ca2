"""Restored disks at their old ids: whether an entry of the manifest still selects them.

Azure doesn't restore tags, so an entry that selects by tags loses a disk that it selected before.
"""

from __future__ import annotations

import shlex
from collections.abc import Iterable
from dataclasses import replace

from reconciler.model import addresses
from reconciler.model.codes import planning as codes
from reconciler.model.resources import Disk
from reconciler.model.selectors import Selector
from reconciler.model.tags import is_restored
from reconciler.planning.draft import Draft
from reconciler.planning.selection import Surroundings, matcher
from reconciler.planning.takers import Taker


def warn_unselected(draft: Draft, disk: Disk) -> None:
    """Warn that no entry will select a disk, which is as it will be after its restore, though some could have before."""
    takers = draft.world.takers.of(disk.id)
    if not takers or any(taker.by_id or _selects(taker, disk, draft.world.surroundings) for taker in takers):
        return
    draft.decisions.note(
        codes.RESTORED_UNSELECTED,
        "Azure doesn't restore tags, and without them no entry selects the disk once it is back",
        address=addresses.disk(disk.id),
        place=takers[0].place,
        hint=_hint(takers),
    )


def is_left_behind(draft: Draft, disk: Disk) -> bool:
    """Whether no entry selects the disk although some could, and a restore made it: it may have lost its tags only."""
    return is_restored(disk.tags) and bool(draft.world.takers.of(disk.id))


def _selects(taker: Taker, disk: Disk, around: Surroundings) -> bool:
    """Whether an entry selects the disk; what nobody can know before it is back counts as matching."""
    rule = taker.rule
    if rule.select is None or not matcher(_foreseen(rule.select), around)(disk):
        return False
    leaves = (one.selector for one in rule.exclude if _foreseen(one.selector) == one.selector)
    return not any(matcher(selector, around)(disk) for selector in leaves)


def _foreseen(selector: Selector) -> Selector:
    """The selector without what only the disk that is back can tell: its SKU and its machine."""
    return replace(selector, skus=None, attached_names=None, attached_tags=None)


def _hint(takers: Iterable[Taker]) -> str:
    """Which tags to pass, as far as the entries name their values."""
    wanted: dict[str, None] = {}
    for taker in takers:
        tags = (taker.rule.select and taker.rule.select.tags) or {}
        if tags and not any("*" in values for values in tags.values()):
            words = (f"--tags {shlex.quote(f'{key}={values[0]}')}" for key, values in tags.items())
            wanted[f"`{' '.join(words)}`"] = None
    return f"pass {' or '.join(wanted)}, or tag the disk once it is back" if wanted else ""
