"""Our tags in Azure, and reading tags."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

from reconciler.base.escape import spelled
from reconciler.model.ids import lower

OWNER_TAG = "reconciler-owner"
APPLIED_TAG = "reconciler-applied"
SOURCE_TAG = "reconciler-source"
RESTORED_TAG = "reconciler-restored"
RETURNED_TAG = "reconciler-returned"
PROVEN_TAG = "reconciler-proven"
PROTECTED_TAG = "reconciler-protected"
DRILL_FAILED_TAG = "reconciler-drill-failed"
VERIFIED_TAG = "reconciler-verified"
"""Our tags: whose a vault or an instance is, which declaration was applied last, which disks a restore made, which of
these came back to their old ids, when a drill last restored an instance's disk, when an instance was made, which Azure
doesn't return, when a drill found that a disk can't be restored, and until when a drill's own program may have used a
copy.
"""

MARKS = frozenset(
    {
        OWNER_TAG,
        APPLIED_TAG,
        SOURCE_TAG,
        RESTORED_TAG,
        RETURNED_TAG,
        PROVEN_TAG,
        PROTECTED_TAG,
        DRILL_FAILED_TAG,
        VERIFIED_TAG,
    }
)

_FIRST_YEAR, _LAST_YEAR = 2000, 9000


def text_of(value: object) -> str:
    """A tag's value as text; Azure's are text, and empty when they are null. Anything else is told as JSON."""
    return value if isinstance(value, str) else "" if value is None else spelled(value)


def tag_of(tags: Mapping[str, Any], name: str) -> str:
    """The value of a tag, ignoring case in its name as Azure does; empty when it is absent."""
    if name in tags:
        return text_of(tags[name])
    return next((text_of(value) for key, value in tags.items() if lower(key) == name), "")


def time_of(tags: Mapping[str, str], name: str) -> datetime | None:
    """The time that a tag holds, in UTC if it names no zone; None if it holds none that any tool can have written."""
    try:
        found = datetime.fromisoformat(tag_of(tags, name))
    except ValueError:
        return None
    if not _FIRST_YEAR <= found.year < _LAST_YEAR:
        return None
    return found if found.tzinfo else found.replace(tzinfo=UTC)


def is_restored(tags: Mapping[str, str]) -> bool:
    """Whether a disk bears the tag of restored disks."""
    return any(lower(key) == RESTORED_TAG for key in tags)


def is_copy(tags: Mapping[str, str]) -> bool:
    """Whether a disk bears the tag of restored disks, and isn't one that came back to its old id."""
    return is_restored(tags) and not any(lower(key) == RETURNED_TAG for key in tags)
