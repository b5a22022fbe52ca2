"""The lists of exceptions: excluded disks, removed disks, ignored differences."""

from __future__ import annotations

from reconciler.base.escape import shortened
from reconciler.manifest.dates import day
from reconciler.manifest.entries import Context
from reconciler.manifest.names import DISK, arm_id
from reconciler.manifest.notes import suggestion
from reconciler.manifest.sections import Section
from reconciler.model import addresses
from reconciler.model.changes import MANAGED
from reconciler.model.codes import manifest as codes
from reconciler.model.ids import lower
from reconciler.model.manifest import Excluded, Ignore, Removed

_WHAT = f"what can be ignored begins with {', '.join(f'{kind}/' for kind in MANAGED)} or is an id"


def excluded(section: Section, context: Context) -> Excluded | None:
    """The disk that no selector may match; None, with a finding, when its id is wrong."""
    disk = arm_id(section["id"], DISK, section.place("id"), context.notes)
    return Excluded(section.here, disk, section["reason"]) if disk else None


def removed(section: Section, context: Context) -> Removed | None:
    """The disk to stop protecting; None, with a finding, when its id is wrong."""
    disk = arm_id(section["id"], DISK, section.place("id"), context.notes)
    return Removed(section.here, disk, section["data"], section["reason"]) if disk else None


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
