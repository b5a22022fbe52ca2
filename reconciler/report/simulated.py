"""Marks all output of a simulated run, so that nobody takes it for Azure's."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping

SIMULATED = "Simulated: the sandbox answered, not Azure. All times are the sandbox's."
"""The sentence in every text of a simulated run."""
_WRAPPED = 4
"""By how many more blanks the rest of a wrapped line is indented."""


def marked(text: str, form: str) -> str:
    """The text of a report, in a form of `--report` or `--format`, with the mark of a simulated run."""
    return _MARKS[form](text) if text else text


def _second_line(text: str) -> str:
    """The text with the mark below its first line, so that the verdict stays first; a wrapped line stays whole."""
    first, *rest = text.splitlines(keepends=True)
    wrapped = next((number for number, line in enumerate(rest) if _indent(line) < _indent(first) + _WRAPPED), len(rest))
    return "".join((first, *rest[:wrapped], f"{SIMULATED}\n", *rest[wrapped:]))


def _indent(line: str) -> int:
    return len(line) - len(line.lstrip(" "))


def _comment(text: str) -> str:
    """The text with the mark as a comment of shell and YAML; a script keeps its first line."""
    head, mark, rest = text.partition("\n") if text.startswith("#!") else ("", "", text)
    return f"{head}{mark}# {SIMULATED}\n{rest}"


def _json(text: str) -> str:
    """The document with the key `simulated`; its other text stays the same."""
    return text.replace("{\n", '{\n  "simulated": true,\n', 1) if text.startswith("{\n") else text


def _markdown(text: str) -> str:
    """The text with the mark as a paragraph below the heading; the hidden marker that identifies comments stays first."""
    head, mark, rest = text.partition("\n## ")
    if not mark and text.startswith("## "):
        head, mark, rest = "", "## ", text.removeprefix("## ")
    title, end, body = rest.partition("\n")
    return f"{head}{mark}{title}{end}\n**{SIMULATED}**\n{body}" if mark else f"**{SIMULATED}**\n\n{text}"


def _html(text: str) -> str:
    """The page with the mark at the top of its main part."""
    head, main, rest = text.partition("<main")
    tag, end, body = rest.partition(">")
    return f'{head}{main}{tag}{end}\n<p role="note"><strong>{SIMULATED}</strong></p>{body}'


def _sarif(text: str) -> str:
    """The report with the mark as a property of the run, and as a notification, which code scanning shows."""
    document = json.loads(text)
    for run in document["runs"]:
        run["properties"] = {"simulated": True}
        told = {"level": "note", "message": {"text": SIMULATED}}
        run["invocations"][0].setdefault("toolExecutionNotifications", []).insert(0, told)
    return json.dumps(document, indent=2) + "\n"


def _junit(text: str) -> str:
    return text.replace('<testsuites name="', '<testsuites name="simulated: ', 1)


def _gitlab(text: str) -> str:
    rows = json.loads(text)
    return json.dumps([{**row, "description": f"(simulated) {row['description']}"} for row in rows], indent=2) + "\n"


_MARKS: Mapping[str, Callable[[str], str]] = {
    "text": _second_line,
    "json": _json,
    "md": _markdown,
    "markdown": _markdown,
    "html": _html,
    "sarif": _sarif,
    "junit": _junit,
    "gitlab": _gitlab,
    "sh": _comment,
    "yaml": _comment,
}
