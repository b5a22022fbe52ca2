"""Makes foreign text safe to show: no active control characters, CI commands, mentions or secrets.

All text from Azure or from a manifest goes through here before it is shown.
"""

from __future__ import annotations

import json
import re

from reconciler.base.redaction import redact

_AZURE_PIPELINES_COMMAND = re.compile(r"#(?=#(?:vso)?\[)", re.IGNORECASE)
_GITHUB_COMMAND = re.compile(r"^(\s*)::", re.MULTILINE)
_MARKDOWN = re.compile(r"([\\`*_\[\]<>|~])")
_MENTION = re.compile(r"([@#])(?=\w)")
_LONG = 0xFFFF
_SHORT = 0xFF
_LONGEST_VALUE = 120


def _visible(character: str) -> str:
    if character.isprintable():
        return character
    number = ord(character)
    named = {"\n": r"\n", "\r": r"\r", "\t": r"\t"}.get(character)
    if named:
        return named
    if number <= _SHORT:
        return f"\\x{number:02x}"
    return f"\\u{number:04x}" if number <= _LONG else f"\\U{number:08x}"


def visible(text: str) -> str:
    r"""The text with every character that doesn't print (controls, bidi, zero-width, line breaks) written as `\x1b`."""
    return text if text.isprintable() else "".join(map(_visible, text))


def commands(text: str) -> str:
    r"""The text without CI commands: `::` at the start of a line, `##vso[` and `##[` anywhere.

    GitHub's runner skips blanks before `::`; Azure Pipelines' agent finds its prefix anywhere in a line. A backslash
    breaks both.
    """
    if "##" in text:
        text = _AZURE_PIPELINES_COMMAND.sub(r"#\\", text)
    return _GITHUB_COMMAND.sub(r"\1\\::", text) if "::" in text else text


def plain(text: object) -> str:
    """Foreign text for one line of a terminal."""
    return commands(visible(redact(str(text))))


def spelled(found: object) -> str:
    """Foreign text as it is, and any other value as JSON spells it: `true`, `null`, `["a"]`."""
    return found if isinstance(found, str) else json.dumps(found, ensure_ascii=False, default=str)


def value(found: object) -> str:
    """A foreign value in a sentence, as JSON would spell it: `"text"`, `true`, `null`, `{"key": 1}`; cut when long."""
    text = plain(json.dumps(found, ensure_ascii=False, default=str))
    return text if len(text) <= _LONGEST_VALUE else f"{text[: _LONGEST_VALUE - 1]}…"


def shortened(text: str) -> str:
    """Foreign text in a sentence, without its middle when it is long: what tells paths and ids apart is at their ends."""
    half = _LONGEST_VALUE // 2
    return text if len(text) <= _LONGEST_VALUE else f"{text[:half]}…{text[1 - half :]}"


def markdown(text: object) -> str:
    """Foreign text for a line of Markdown, shown literally: no markup, HTML, mentions or references to issues.

    GitHub looks for mentions after resolving entities, so a zero-width space is put after `@` and `#`.
    """
    escaped = _MARKDOWN.sub(r"\\\1", plain(text)).replace("&", "&amp;")
    escaped = escaped.replace(r"\<", "&lt;").replace(r"\>", "&gt;")
    return _MENTION.sub(r"\1&#8203;", escaped)


def prose(text: object) -> str:
    """Foreign text for a line of Markdown, like `markdown`, but what stands between backticks is code."""
    parts = plain(text).split("`")
    if len(parts) % 2 == 0 or not all(parts[1:-1]):
        return markdown(text)
    return "".join(code(part) if number % 2 else markdown(part) for number, part in enumerate(parts))


def _longest_run(text: str, character: str) -> int:
    longest = current = 0
    for one in text:
        current = current + 1 if one == character else 0
        longest = max(longest, current)
    return longest


def code(text: object) -> str:
    """Foreign text as a code span, whose delimiter is longer than any run of backticks inside."""
    inner = plain(text)
    ticks = "`" * (_longest_run(inner, "`") + 1)
    pad = " " if "`" in inner or not inner.strip() else ""
    return f"{ticks}{pad}{inner}{pad}{ticks}"


def fence(text: str, language: str = "") -> str:
    """Lines that are safe for a terminal as a code block whose fence is longer than any run of backticks inside."""
    ticks = "`" * max(3, _longest_run(text, "`") + 1)
    return f"{ticks}{language}\n{text.rstrip()}\n{ticks}\n"
