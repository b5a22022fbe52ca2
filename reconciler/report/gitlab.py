"""Notices as GitLab's code quality report."""

from __future__ import annotations

from collections.abc import Iterable

from reconciler.findings import Severity
from reconciler.report.documents import text
from reconciler.report.escape import plain
from reconciler.report.notices import Notice, fingerprints

_SEVERITIES = {Severity.ERROR: "major", Severity.WARNING: "minor", Severity.INFO: "info"}


def code_quality(notices: Iterable[Notice]) -> str:
    """The notices as a JSON array; ends with a newline."""
    return text(
        [
            {
                "description": plain(_description(notice)),
                "check_name": notice.code,
                "fingerprint": fingerprint,
                "severity": _SEVERITIES[notice.severity],
                "location": {"path": notice.path, "lines": {"begin": max(notice.line, 1)}},
            }
            for notice, fingerprint in fingerprints(notices)
        ]
    )


def _description(notice: Notice) -> str:
    address = f"{notice.address}: " if notice.address else ""
    return f"{address}{notice.message}{f' (hint: {notice.hint})' if notice.hint else ''}"
