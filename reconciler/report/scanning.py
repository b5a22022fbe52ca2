"""Notices for code scanning: SARIF 2.1.0 with stable rules, paths and fingerprints, and GitLab's code quality report."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from urllib.parse import quote

from reconciler import __version__
from reconciler.base.escape import plain
from reconciler.base.plurals import counted
from reconciler.model.codes.errors import CODES as ERROR_CODES
from reconciler.model.codes.manifest import CODES as MANIFEST_CODES
from reconciler.model.codes.planning import CODES as PLAN_CODES
from reconciler.model.findings import Code, Severity, error, warning
from reconciler.model.results.drift import CLASSES
from reconciler.report.documents import Document, text
from reconciler.report.notices import Notice, fingerprints

LIMIT = 5_000
"""The most results; GitHub keeps no more, and refuses files with over 25,000."""

_SCHEMA = "https://json.schemastore.org/sarif-2.1.0.json"
_DRIVE = re.compile(r"[A-Za-z]:/")
_BYTES = "surrogateescape"
"""How Python keeps the bytes of a file's name that aren't UTF-8."""
_LEVELS = {Severity.ERROR: "error", Severity.WARNING: "warning", Severity.INFO: "note"}
_GATE = "A gate is closed, so nothing of the plan may be written."
_GATE_HINT = "read the gate's message; if the change is intended, open the gate by its name"
_SEVERITIES = {Severity.ERROR: "major", Severity.WARNING: "minor", Severity.INFO: "info"}


def sarif(notices: Sequence[Notice], *, limit: int = LIMIT) -> str:
    """The notices as one run; a notification counts those above `limit`."""
    kept = notices[:limit]
    codes = sorted({notice.code for notice in kept})
    driver = {
        "name": "reconciler",
        "semanticVersion": __version__,
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


def rule(code: str) -> Code:
    """The meaning of a notice's code; for a code that no table has, a general one."""
    known = MANIFEST_CODES.get(code) or PLAN_CODES.get(code) or ERROR_CODES.get(code)
    if known:
        return known
    kind, _, name = code.partition("-")
    if kind == "drift" and name in CLASSES:
        meaning = CLASSES[name]
        return warning(code, f"{meaning[0].upper()}{meaning[1:]}.", "apply, or change the manifest")
    if kind == "gate":
        return error(code, _GATE, _GATE_HINT)
    return error(code, f"The command ended with the error {code}.", "read the message")


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
            {"physicalLocation": {"artifactLocation": {"uri": _uri(notice.path)}, "region": region}},
        ],
        "partialFingerprints": {"primaryLocationLineHash": f"{fingerprint}:1"},
    }


def _uri(path: str) -> str:
    """The path as a URI: one on a drive of Windows needs its scheme, or the drive would be one."""
    return f"file:///{quote(path, safe='/:', errors=_BYTES)}" if _DRIVE.match(path) else quote(path, errors=_BYTES)


def _unlinked(message: str) -> str:
    """A message with its brackets escaped, since SARIF reads `[text](target)` as a link."""
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
