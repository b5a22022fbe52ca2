"""Notices for code scanning: SARIF 2.1.0 with stable rules, paths and fingerprints, and GitLab's code quality."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from urllib.parse import quote

from reconciler.base.escape import plain
from reconciler.base.plurals import counted
from reconciler.model.findings import Severity
from reconciler.report.documents import Document, text
from reconciler.report.notices import Notice, fingerprints
from reconciler.report.rules import rule

LIMIT = 5_000
"""Results; GitHub keeps no more, and refuses files of more than 25,000."""

_SCHEMA = "https://json.schemastore.org/sarif-2.1.0.json"
_LEVELS = {Severity.ERROR: "error", Severity.WARNING: "warning", Severity.INFO: "note"}
_SEVERITIES = {Severity.ERROR: "major", Severity.WARNING: "minor", Severity.INFO: "info"}


def sarif(notices: Sequence[Notice], *, tool_version: str, limit: int = LIMIT) -> str:
    """The notices as one run; what is over `limit` is counted in a notification."""
    kept = notices[:limit]
    codes = sorted({notice.code for notice in kept})
    driver = {
        "name": "reconciler",
        "semanticVersion": tool_version,
        "rules": [_rule(code) for code in codes],
    }
    invocation: Document = {"executionSuccessful": True}
    if len(notices) > limit:
        said = f"{counted(len(notices) - limit, 'more result was', 'more results were')} left out"
        invocation["toolExecutionNotifications"] = [{"level": "warning", "message": {"text": said}}]
    run = {
        "tool": {"driver": driver},
        "invocations": [invocation],
        "columnKind": "unicodeCodePoints",
        "results": [_result(notice, own, codes.index(notice.code)) for notice, own in fingerprints(kept)],
    }
    return text({"$schema": _SCHEMA, "version": "2.1.0", "runs": [run]})


def _rule(code: str) -> Document:
    known = rule(code)
    return {
        "id": code,
        "shortDescription": {"text": known.meaning},
        "help": {"text": f"{known.meaning} What next: {known.hint}."},
        "defaultConfiguration": {"level": _LEVELS[known.severity]},
    }


def _result(notice: Notice, fingerprint: str, index: int) -> Document:
    region = {"startLine": max(notice.line, 1), "startColumn": max(notice.column, 1)}
    return {
        "ruleId": notice.code,
        "ruleIndex": index,
        "level": _LEVELS[notice.severity],
        "message": {"text": _unlinked(plain(notice.sentence))},
        "locations": [
            {"physicalLocation": {"artifactLocation": {"uri": quote(notice.path)}, "region": region}},
        ],
        "partialFingerprints": {"primaryLocationLineHash": f"{fingerprint}:1"},
    }


def _unlinked(message: str) -> str:
    """A message without links: SARIF reads `[text](target)` as one unless the brackets are escaped."""
    return message.replace("[", r"\[").replace("]", r"\]") if "](" in message else message


def code_quality(notices: Iterable[Notice]) -> str:
    """The notices as GitLab's report, a JSON array; ends with a newline."""
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
