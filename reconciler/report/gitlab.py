"""Notices as GitLab's code quality report."""

from __future__ import annotations

from collections.abc import Iterable

from reconciler.base.escape import plain
from reconciler.model.findings import Severity
from reconciler.report.documents import text
from reconciler.report.notices import Notice, fingerprints

_SEVERITIES = {Severity.ERROR: "major", Severity.WARNING: "minor", Severity.INFO: "info"}


def code_quality(notices: Iterable[Notice]) -> str:
    """The notices as a JSON array; ends with a newline."""
    return text(
        [
            {
                "description": plain(notice.sentence),
                "check_name": notice.code,
                "fingerprint": fingerprint,
                "severity": _SEVERITIES[notice.severity],
                "location": {"path": notice.path, "lines": {"begin": max(notice.line, 1)}},
            }
            for notice, fingerprint in fingerprints(notices)
        ]
    )
