"""A finding as a diagnostic: message, place, the line with a caret under the text in question, and hint."""

from __future__ import annotations

import re
from collections.abc import Mapping
from unicodedata import combining, east_asian_width

from reconciler.base.escape import commands, plain, visible
from reconciler.base.redaction import redact
from reconciler.model.findings import Finding, Place
from reconciler.model.short_names import ShortNames
from reconciler.report.style import Style
from reconciler.report.wrapping import wrapped

_BREAK = re.compile("\r\n|[\r\n\x85\u2028\u2029]")
_WORD_END = re.compile(r"[\s,\]}#]")
_TAB = "    "
_WIDEST = 160
_BEFORE_CARET = 60


def _cell(character: str) -> str:
    return _TAB if character == "\t" else visible(character)


def width(text: str) -> int:
    """The columns that printable text takes on a terminal: two for wide characters, none for combining ones."""
    if text.isascii():
        return len(text)
    return sum(0 if combining(one) else 2 if east_asian_width(one) in "WF" else 1 for one in text)


def _word(line: str, start: int) -> int:
    """The index after the word that starts at `start`: a quoted scalar with its quotes, a key without its colon."""
    if start >= len(line):
        return start + 1
    if line[start] in "\"'":
        closing = line.find(line[start], start + 1)
        return closing + 1 if closing > 0 else len(line)
    found = _WORD_END.search(line, start)
    end = found.start() if found else len(line)
    if end > start + 1 and line[end - 1] == ":":
        end -= 1
    return max(end, start + 1)


def _excerpt(text: str | None, place: Place, widest: int) -> tuple[str, str] | None:
    """The line of `place`, made safe, and the caret line below it; None when the text has no such line.

    A line of more than `widest` columns is cut around what is meant.
    """
    if text is None:
        return None
    lines = _BREAK.split(text.removeprefix("\ufeff"))
    if not 1 <= place.line <= len(lines):
        return None
    line = lines[place.line - 1]
    start = min(max(place.column - 1, 0), len(line))
    end = place.end_column - 1 if place.end_column > place.column else _word(line, start)
    before = min(_BEFORE_CARET, widest // 2)
    left = start - before if start > widest - before else 0
    right = left + widest
    shown = "".join(map(_cell, line[left:right]))
    if redact(shown) != shown:
        return None
    pad = width("".join(map(_cell, line[left:start])))
    under = max(width("".join(map(_cell, line[start : min(end, right)]))), 1)
    return commands(shown), " " * pad + "^" * under


def location(place: Place, root: str = "") -> str:
    """`file:line:column`, with the file below `root` (the folder on the command line)."""
    name = place.file
    while name.startswith("../") and root not in {"", ".", "/"} and not root.endswith(".."):
        name, root = name[3:], root.rpartition("/")[0]
    return plain(f"{root.rstrip('/')}/{name}:{place.line}:{place.column}" if root not in {"", "."} else str(place))


def diagnostic(
    finding: Finding, sources: Mapping[str, str] | None = None, *, style: Style | None = None, root: str = ""
) -> str:
    """A finding as lines: severity, code and message; place; source line and caret; hint. Ends with a newline."""
    style = style or Style()
    severity = str(finding.severity)
    head = style.severity(severity, f"{severity}[{plain(finding.code)}]") + ": "
    message = finding.message if style.whole else ShortNames().of_message(finding.message)
    lines = [*wrapped(head, plain(message), style)]
    if finding.place:
        lines.append(f" --> {location(finding.place, root)}")
        number = str(finding.place.line)
        gutter = " " * len(number)
        widest = min(_WIDEST, style.width - len(f"{gutter} | "))
        excerpt = _excerpt((sources or {}).get(finding.place.file), finding.place, widest)
        if excerpt:
            lines += [f"{gutter} |", f"{number} | {excerpt[0]}".rstrip(), f"{gutter} | {excerpt[1]}"]
    if finding.address:
        lines.append(f" for {plain(ShortNames().shown(finding.address))}")
    if finding.hint:
        lines += wrapped(f"{style.hint('hint')}: ", plain(finding.hint), style)
    return "\n".join(lines) + "\n"


def diagnostics(
    findings: tuple[Finding, ...], sources: Mapping[str, str], *, style: Style | None = None, root: str = ""
) -> str:
    """Every finding as a diagnostic, with an empty line between two."""
    return "\n".join(diagnostic(finding, sources, style=style, root=root) for finding in findings)
