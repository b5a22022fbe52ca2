"""Notices as workflow commands, which GitHub and Azure Pipelines show as annotations of files.

Both read commands from a job's output; foreign text in them is escaped the way the two runners unescape it.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence

from reconciler.base.escape import plain
from reconciler.model.findings import Severity
from reconciler.report.notices import Notice

LIMIT = 10
"""The most annotations of a kind; GitHub shows no more for a step."""

_GITHUB = {Severity.ERROR: "error", Severity.WARNING: "warning", Severity.INFO: "notice"}
_AZURE = {Severity.ERROR: "error", Severity.WARNING: "warning"}
_LINE_ENDS = (("\r", "%0D"), ("\n", "%0A"))


def github(notices: Sequence[Notice]) -> Iterator[str]:
    """A `::error file=…::message` for each of the first notices of a kind."""
    for notice in _first(notices, _GITHUB):
        properties = {
            "file": notice.path,
            "line": str(notice.line),
            "col": str(notice.column),
            "title": f"{notice.code} {notice.about}".rstrip(),
        }
        told = ",".join(f"{name}={_github_property(plain(value))}" for name, value in properties.items())
        yield f"::{_GITHUB[notice.severity]} {told}::{_github_data(_message(notice))}"


def azure(notices: Sequence[Notice]) -> Iterator[str]:
    """A `##vso[task.logissue …]message` for each of the first errors and warnings; there is no kind for infos."""
    for notice in _first(notices, _AZURE):
        properties = {
            "type": _AZURE[notice.severity],
            "sourcepath": notice.path,
            "linenumber": str(notice.line),
            "columnnumber": str(notice.column),
            "code": notice.code,
        }
        told = "".join(f"{name}={_azure_property(plain(value))};" for name, value in properties.items())
        about = f"{plain(notice.about)}: " if notice.about else ""
        yield f"##vso[task.logissue {told}]{_azure_data(about + _message(notice))}"


def left_out(notices: Sequence[Notice]) -> int:
    """How many notices have no annotation because there are too many of their kind."""
    return len(notices) - len(list(_first(notices, _GITHUB)))


def _first(notices: Sequence[Notice], kinds: Iterable[Severity]) -> Iterator[Notice]:
    left = dict.fromkeys(kinds, LIMIT)
    for notice in notices:
        if left.get(notice.severity, 0):
            left[notice.severity] -= 1
            yield notice


def _message(notice: Notice) -> str:
    return plain(notice.message) + (f"\nhint: {plain(notice.hint)}" if notice.hint else "")


def _github_data(text: str) -> str:
    return _replaced(text, (("%", "%25"), *_LINE_ENDS))


def _github_property(text: str) -> str:
    return _replaced(_github_data(text), ((":", "%3A"), (",", "%2C")))


def _azure_data(text: str) -> str:
    return _replaced(text, (("%", "%AZP25"), *_LINE_ENDS))


def _azure_property(text: str) -> str:
    return _replaced(_azure_data(text), ((";", "%3B"), ("]", "%5D")))


def _replaced(text: str, pairs: Iterable[tuple[str, str]]) -> str:
    for character, escaped in pairs:
        text = text.replace(character, escaped)
    return text
