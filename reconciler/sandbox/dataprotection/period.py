"""The `$filter` of recovery points: `startDate eq '…'` and `endDate eq '…'`, one of them or both."""

from __future__ import annotations

import re
from datetime import UTC, datetime

from reconciler.sandbox.dataprotection.errors import invalid

_PART = re.compile(r"(startDate|endDate)\s+(?:eq|ge|le)\s+'([^']+)'", re.IGNORECASE)


def period(text: str) -> tuple[float, float]:
    """First and last second, since 1970, that a filter lets through; ArmError 400 for another filter."""
    bounds = {"startdate": float("-inf"), "enddate": float("inf")}
    for part in re.split(r"\s+and\s+", text.strip(), flags=re.IGNORECASE) if text.strip() else ():
        match = _PART.fullmatch(part.strip())
        if match is None:
            raise invalid(f"The filter {text!r} is not supported.")
        try:
            at = datetime.fromisoformat(match[2])
        except ValueError:
            raise invalid(f"{match[2]!r} is no time.") from None
        bounds[match[1].lower()] = (at if at.tzinfo else at.replace(tzinfo=UTC)).timestamp()
    return bounds["startdate"], bounds["enddate"]
