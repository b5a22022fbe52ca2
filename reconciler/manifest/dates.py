"""Calendar days in a manifest."""

from __future__ import annotations

from datetime import date

from reconciler.base.escape import shortened
from reconciler.manifest.notes import Notes
from reconciler.manifest.sections import Section
from reconciler.model.codes import manifest as codes


def day(section: Section, key: str, notes: Notes) -> date | None:
    """The calendar day under `key`; None when it isn't there, or, with a finding, when there is no such day."""
    text = section.get(key)
    if text is None:
        return None
    try:
        return date.fromisoformat(text)
    except ValueError:
        message = f"{shortened(text)} is not a calendar day"
        notes.add(codes.INVALID_VALUE, message, section.place(key), hint="write a calendar day as YYYY-MM-DD")
        return None
