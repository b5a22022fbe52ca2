"""The lists of exceptions: excluded disks, removed disks, ignored differences."""

from __future__ import annotations

from reconciler.base.escape import shortened
from reconciler.manifest.dates import day
from reconciler.manifest.entries import Context
from reconciler.manifest.names import DISK, arm_id, disk_ids
from reconciler.manifest.notes import Notes, suggestion
from reconciler.manifest.sections import Section
from reconciler.manifest.selectors import selection
from reconciler.model import addresses
from reconciler.model.changes import MANAGED
from reconciler.model.codes import manifest as codes
from reconciler.model.ids import lower
from reconciler.model.manifest import Excluded, Ignore, Removed
from reconciler.model.selectors import Confirmation, Exclusion, Selector

_WHAT = f"what can be ignored begins with {', '.join(f'{kind}/' for kind in MANAGED)} or is an id"


def excluded(section: Section, context: Context) -> Excluded | None:
    """The disk that no selector may match; None, with a finding, when its id is wrong."""
    disk = arm_id(section["id"], DISK, section.place("id"), context.notes)
    return Excluded(section.here, disk, section["reason"]) if disk else None


def removed(section: Section, context: Context) -> Removed | None:
    """The disks to stop protecting; None, with findings, when its ids or its day are wrong."""
    notes, ids = context.notes, disk_ids(section, context.notes)
    select: Selector | None = None
    exclude: tuple[Exclusion, ...] = ()
    if "select" in section:
        select, exclude = selection(section["select"], notes, context.defaults.subscriptions)
    after = day(section, "after", notes)
    _check_removal(section, notes)
    if not (ids or select) or ("after" in section and after is None):
        return None
    counts = section.get("confirm")
    is_one = isinstance(section.get("id"), str)
    return Removed(
        section.here,
        ids[0][0] if is_one else None,
        section["data"],
        section["reason"],
        ids=() if is_one else ids,
        select=select,
        exclude=exclude,
        after=after,
        hold=section.get("hold", ""),
        confirm=Confirmation(counts["instances"], counts["points"]) if counts else None,
    )


def _check_removal(section: Section, notes: Notes) -> None:
    """Find settings of a deletion in an entry that deletes nothing."""
    for key in (key for key in ("after", "confirm") if key in section and section["data"] == "retain"):
        hint = f"remove `{key}`, or declare `data: delete`"
        message = f"`{key}` has no effect with `data: retain`, which deletes nothing"
        notes.add(codes.NO_EFFECT, message, section.key_place(key), hint=hint)
    if "confirm" in section and "hold" in section and section["data"] == "delete":
        hint = "remove `hold` to delete, or `confirm` to keep the recovery points"
        message = "`confirm` has no effect with `hold`, which forbids any deletion"
        notes.add(codes.NO_EFFECT, message, section.key_place("confirm"), hint=hint)


def ignore(section: Section, context: Context) -> Ignore | None:
    """The differences to ignore; None, with findings, when the address or the date is wrong."""
    notes = context.notes
    address = addresses.pattern(section["address"], MANAGED)
    is_address = bool(address.kind) or "*" in address.head or lower(address).startswith("/subscriptions/")
    if not is_address:
        meant = suggestion(address.head, MANAGED)
        shown = shortened(address)
        whole = f"write all of it, disk/<subscription>/<group>/{shown}, or a pattern such as disk/*/{shown}"
        hint = f"did you mean {meant}/…?" if meant else whole if "/" not in address else _WHAT
        notes.add(codes.INVALID_ADDRESS, f'"{shown}" is not an address', section.place("address"), hint=hint)
    expires = day(section, "expires", notes)
    if not is_address or ("expires" in section and expires is None):
        return None
    return Ignore(section.here, address, tuple(section.get("fields", ())), section["reason"], expires)
