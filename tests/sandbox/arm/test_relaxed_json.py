"""JSON with the liberties that Resource Manager's own reader takes."""

from __future__ import annotations

from typing import Any

import orjson
import pytest
from effort import effort

from reconciler.sandbox.arm.relaxed_json import loads


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ('{"a": 1}', {"a": 1}),
        ('{"properties": {"mode": "Incremental", template:{"$schema": "https://x/y#"}}}',
         {"properties": {"mode": "Incremental", "template": {"$schema": "https://x/y#"}}}),
        ('{"a": [1, 2,], // why\n "b": /* what */ {},}', {"a": [1, 2], "b": {}}),
        ("{'a': 'it\\'s \"so\"'}", {"a": 'it\'s "so"'}),
        ('{"url": "http://x//y", "c": "/* no */", "d": "a: b, }"}', {"url": "http://x//y", "c": "/* no */", "d": "a: b, }"}),
        ('{"long": "one\ntwo", }', {"long": "one\ntwo"}),
        ("{a: true, b: null, $c: -1.5e3}", {"a": True, "b": None, "$c": -1500.0}),
    ],
)  # fmt: skip
def test_what_is_read(text: str, value: Any) -> None:
    assert loads(text.encode()) == value


@pytest.mark.parametrize("text", ["", "{", "{a 1}", "[1,,2]", '{"a": nothing}', '"open', "\udcff", "/* open", "{'a'"])
def test_what_is_not(text: str) -> None:
    with pytest.raises(orjson.JSONDecodeError):
        loads(text.encode(errors="surrogateescape"))


@pytest.mark.parametrize(
    "text", [",/**/" * 100_000 + "x", "/*" * 200_000, "[" + "'" * 100_001, ", " * 200_000, "a " * 100_000]
)
def test_hostile_text_is_refused_soon(text: str) -> None:
    def refused() -> None:
        with pytest.raises(orjson.JSONDecodeError):
            loads(text.encode())

    assert effort(refused, runs=1) < 5
