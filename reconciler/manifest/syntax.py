"""Decodes a file's bytes into text, and turns errors of the YAML parser into findings with a place."""

from __future__ import annotations

import re
from typing import Any

from reconciler.base.escape import shortened
from reconciler.model.codes import manifest as codes
from reconciler.model.findings import Finding, Place

LARGEST = 10_000_000
"""The most bytes of a file that are read."""
DEEPEST = 64
"""The most levels of nesting that are read; a manifest has no more than 8."""
_NESTING = "exceeded maximum nesting depth"
"""libyaml's message since PyYAML 6.0.4; it scans ahead, and so finds a thousand levels before our 64 are read."""
_FORBIDDEN = re.compile("[^\x09\x0a\x0d\x20-\x7e\x85\xa0-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
_HINTS = (
    ("cannot start any token", "quote the value: an unquoted one can't start with this character"),
    (
        "mapping values are not allowed",
        "quote the value if it has a colon inside, or align the line",
    ),
    ("could not find expected ':'", "write a colon and a space after the key"),
    ("did not find expected key", "align this line with its neighbours; quote a value that has quotes inside"),
    ("expected <block end>", "align this line with its neighbours"),
    ("unexpected end of stream", "close the open quote or bracket"),
    ("expected ',' or", "add the missing comma or closing bracket"),
)


def decode(file: str, data: bytes) -> str | Finding:
    """The file's text without a byte order mark; a finding when it is too large, not UTF-8, or has control characters."""
    if len(data) > LARGEST:
        return codes.TOO_LARGE.at(f"{file} is larger than {LARGEST // 1_000_000} MB", place=Place(file, 1, 1))
    try:
        text = data.decode("utf-8")
    except UnicodeDecodeError as error:
        return _not_utf8(file, data, error.start)
    text = text.removeprefix("\ufeff")
    bad = _FORBIDDEN.search(text)
    if bad:
        name = "a NUL character" if bad[0] == "\0" else f"the control character U+{ord(bad[0]):04X}"
        hint = "save the file as UTF-8, not UTF-16" if bad[0] == "\0" and text.count("\0") > 1 else ""
        return codes.CONTROL_CHARACTER.at(
            f"the file contains {name}", place=_place(file, text[: bad.start()]), hint=hint
        )
    return text


def _not_utf8(file: str, data: bytes, offset: int) -> Finding:
    place = _place(file, data[:offset].decode("utf-8").removeprefix("\ufeff"))
    if data.startswith((b"\xff\xfe", b"\xfe\xff")):
        return codes.NOT_UTF8.at("the file is UTF-16 text", place=place, hint="save the file as UTF-8")
    return codes.NOT_UTF8.at(f"the byte 0x{data[offset]:02X} is not UTF-8 text", place=place)


def _place(file: str, before: str) -> Place:
    column = len(before) - (before.rfind("\n") + 1) + 1
    return Place(file, before.count("\n") + 1, column, column + 1)


def too_deep(place: Place) -> Finding:
    """The finding for text that is nested too deeply."""
    return codes.TOO_DEEP.at(f"this is nested more than {DEEPEST} levels deep", place=place)


def syntax_finding(file: str, text: str, error: Any) -> Finding:
    """PyYAML's `error` as a finding at its place; tabs as indentation and too much nesting get their own messages."""
    mark = getattr(error, "problem_mark", None) or getattr(error, "context_mark", None)
    line, column = (mark.line, mark.column) if mark else (0, 0)
    place = Place(file, line + 1, column + 1)
    problem = str(getattr(error, "problem", None) or getattr(error, "reason", None) or "it cannot be parsed")
    if _NESTING in problem:
        return too_deep(place)
    lines = text.split("\n")
    found = lines[line] if line < len(lines) else ""
    if found[: column + 1].lstrip(" ").startswith("\t"):
        return codes.INVALID_YAML.at("a tab is used as indentation", place=place, hint="indent with spaces")
    context = getattr(error, "context", None)
    words = f"{context}, {problem}" if context else problem
    hint = next((hint for part, hint in _HINTS if part in words), "")
    return codes.INVALID_YAML.at(f"not valid YAML: {shortened(words)}", place=place, hint=hint)
