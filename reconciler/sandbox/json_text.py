"""JSON as Azure reads and writes it: half a surrogate pair in a text, which is no valid Unicode, comes back as it came."""

from __future__ import annotations

import json
from typing import Any

import orjson


def loads(content: bytes) -> Any:
    """The decoded JSON; ValueError when it is none."""
    try:
        return orjson.loads(content)
    except orjson.JSONDecodeError as error:
        if b"\\ud" not in content.lower():
            raise
        try:
            return json.loads(content)
        except RecursionError:
            raise error from None


def dumps(value: Any) -> bytes:
    """The value as JSON."""
    try:
        return orjson.dumps(value)
    except TypeError:
        return json.dumps(value, separators=(",", ":")).encode()


def shown(value: Any) -> str:
    """The value as a message tells it: text between quotes, anything else as JSON."""
    return f"'{value}'" if isinstance(value, str) else dumps(value).decode()
