"""What a CI system gets besides the reports: annotations, a summary of the job, and values for later steps."""

from __future__ import annotations

import os
import tempfile
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import NamedTuple
from uuid import uuid4

from reconciler.base.plurals import counted
from reconciler.cli.output import Output
from reconciler.cli.systems import GITHUB, NO_SYSTEM
from reconciler.loading.places import is_ours, repository
from reconciler.loading.source import commit_of
from reconciler.model.errors import ManifestError, ReconcilerError
from reconciler.model.findings import Finding, Severity
from reconciler.report.annotations import azure, github, left_out
from reconciler.report.comment import Making
from reconciler.report.notices import Base, Notice, of_findings

SUMMARY_BYTES = 1024 * 1024
"""The limit for a summary; GitHub drops a longer one completely."""

_SHOWN_BYTES = 4
"""The most bytes of one character in UTF-8."""


class Announcement(NamedTuple):
    """What a command reports: notices, a function for the summary in at most so many characters, and values by name."""

    notices: tuple[Notice, ...]
    summary: Callable[[int], str]
    values: Mapping[str, object]


def base_of(path: str, file: str = "") -> Base:
    """Where the manifest at `path` is in its git repository, or outside of one, below the current folder.

    `file` is used for notices without a place; empty: the first file.
    """
    named = Path(path)
    folder = (named if named.is_dir() else named.parent).resolve()
    top = repository(folder) or Path.cwd()
    inner = folder.relative_to(top).as_posix() if folder.is_relative_to(top) else folder.as_posix()
    if not file:
        found = (one for one in folder.rglob("*") if is_ours(one.name)) if named.is_dir() else ()
        file = min((one.relative_to(folder).as_posix() for one in found), default=named.name)
    return Base(inner, file)


def making_of(path: Path, environment: Mapping[str, str], whole: str = "") -> Making:
    """What made a page in a CI system: commit, workflow and run; elsewhere only `whole`, the report that has everything."""

    def value(name: str) -> str:
        return environment.get(name, "")

    if value("GITHUB_RUN_ID"):
        url = f"{value('GITHUB_SERVER_URL')}/{value('GITHUB_REPOSITORY')}/actions/runs/{value('GITHUB_RUN_ID')}"
        run = value("GITHUB_WORKFLOW")
    elif value("BUILD_BUILDID"):
        collection, project = value("SYSTEM_COLLECTIONURI"), value("SYSTEM_TEAMPROJECT")
        url = f"{collection}{project}/_build/results?buildId={value('BUILD_BUILDID')}"
        run = value("BUILD_DEFINITIONNAME")
    elif value("CI_JOB_URL"):
        url, run = value("CI_JOB_URL"), value("CI_JOB_NAME")
    else:
        return Making(whole=whole)
    return Making(commit_of(path, environment) or "", run, url, whole)


def tell_system(
    output: Output, system: str, told: Callable[[], Announcement], environment: Mapping[str, str] | None = None
) -> int:
    """Report to the CI system: 0, or 1, with a message, if one of its files could not be written."""
    if system == NO_SYSTEM:
        return 0
    environment = os.environ if environment is None else environment
    found = told()
    if output.simulated:
        found = found._replace(summary=_marked(output, found.summary))
    _annotate(output, system, found.notices)
    try:
        if system == GITHUB:
            _tell_github(found, environment)
        else:
            _tell_azure(output, found, environment)
    except OSError as error:
        output.tell(f"error[unwritable]: could not write the job summary: {error.strerror}\n")
        return 1
    return 0


def _marked(output: Output, summary: Callable[[int], str]) -> Callable[[int], str]:
    """The summary, marked in a simulated run, within the same limit."""
    room = len(output.marked("## x\n", "md"))
    return lambda limit: output.marked(summary(limit - room), "md")


def _annotate(output: Output, system: str, notices: tuple[Notice, ...]) -> None:
    lines = github(notices) if system == GITHUB else azure(notices)
    output.tell("".join(f"{line}\n" for line in lines))
    left = left_out(notices)
    if left:
        output.tell(f"{counted(left, 'more finding')} without an annotation: see the summary.\n")


def _tell_github(told: Announcement, environment: Mapping[str, str]) -> None:
    summary, outputs = environment.get("GITHUB_STEP_SUMMARY"), environment.get("GITHUB_OUTPUT")
    if summary:
        path = Path(summary)
        room = SUMMARY_BYTES - (path.stat().st_size if path.exists() else 0)
        _append(path, _fitting(told.summary, room))
    if outputs:
        delimiter = f"reconciler-{uuid4()}"
        values = (f"{name}<<{delimiter}\n{value}\n{delimiter}\n" for name, value in told.values.items())
        _append(Path(outputs), "".join(values))


def _tell_azure(output: Output, told: Announcement, environment: Mapping[str, str]) -> None:
    folder = Path(environment.get("AGENT_TEMPDIRECTORY") or tempfile.gettempdir()).absolute()
    path = folder / f"reconciler-{uuid4()}.md"
    path.write_text(_fitting(told.summary, SUMMARY_BYTES), encoding="utf-8", errors="backslashreplace")
    output.tell(f"##vso[task.uploadsummary]{path}\n")
    for name, value in told.values.items():
        output.tell(f"##vso[task.setvariable variable={name};isOutput=true]{value}\n")


def _fitting(summary: Callable[[int], str], room: int) -> str:
    """The summary in at most `room` bytes; empty when nothing fits."""
    for limit in (room, room // _SHOWN_BYTES):
        text = summary(limit) if limit > 0 else ""
        if len(text.encode("utf-8", "backslashreplace")) <= room:
            return text
    return ""


def _append(path: Path, text: str) -> None:
    with path.open("a", encoding="utf-8", errors="backslashreplace") as file:
        file.write(text)


def tell_error(output: Output, system: str, error: ReconcilerError, path: str) -> None:
    """Annotate the error that ends a command: its findings, or the error itself at the manifest's file."""
    findings = error.findings if isinstance(error, ManifestError) else ()
    findings = findings or (Finding(error.code, Severity.ERROR, error.message, error.hint),)
    _annotate(output, system, of_findings(findings, base_of(path)))
