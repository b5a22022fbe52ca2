"""JSON as Resource Manager reads it: with comments, names without quotes, single quotes and trailing commas.

The Azure CLI sends templates as they stand in their files, under a name without quotes.
"""

from __future__ import annotations

import re
from typing import Any

import orjson

from reconciler.sandbox import json_text

_COMMENT = r"//[^\n]*+|/\*(?:[^*]++|\*(?!/))*+(?:\*/|\Z)"  # nothing here is tried twice, whatever comes
_TOKEN = re.compile(
    rf"""
    (?P<text>"(?:[^"\\]++|\\.)*+")
    |(?P<single>'(?:[^'\\]++|\\.)*+')
    |(?P<comment>{_COMMENT})
    |(?P<name>[A-Za-z_$][\w$]*+)(?=\s*+:)
    |(?P<comma>,)(?=(?:\s++|{_COMMENT})*+[}}\]])
    |(?P<rest>[^"'/,A-Za-z_$]++|.)
    """,
    re.VERBOSE | re.DOTALL,
)


def loads(content: bytes) -> Any:
    """The value of strict JSON, or of JSON with such liberties; json.JSONDecodeError when it is neither."""
    try:
        return json_text.loads(content)
    except ValueError as error:
        try:
            return json_text.loads(_strict(content.decode()).encode())
        except ValueError:
            raise error from None


def _strict(text: str) -> str:
    return "".join(_plain(match) for match in _TOKEN.finditer(text))


def _plain(match: re.Match[str]) -> str:
    word = match[0]
    if match.lastgroup in {"comment", "comma"}:
        return " "
    if match.lastgroup == "name":
        return f'"{word}"'
    if match.lastgroup == "single":
        return orjson.dumps(word[1:-1].replace("\\'", "'")).decode()
    return word.replace("\r", "\\r").replace("\n", "\\n") if match.lastgroup == "text" else word
