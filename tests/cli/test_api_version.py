"""`--api-version`: a known one is used in silence, an unknown one with a warning, nonsense never."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import AbstractContextManager

import pytest
from forging import Azure, quickstart

Forged = Callable[..., AbstractContextManager[Azure]]


@pytest.mark.parametrize(
    ("version", "word"), [("2024-04-01", ""), ("2026-07-01", "no public source"), ("2027-02-01", "knows")]
)
def test_a_version_is_used_and_a_doubt_is_told(forged: Forged, version: str, word: str) -> None:
    with forged(quickstart(), clock="virtual") as azure:
        done = azure.run("plan", "--api-version", version, "--format", "json")
        assert ("warning[api-version]" in done.err) is bool(word), done
        assert word in done.err
        asked = {one.query.get("api-version") for one in azure.calls("GET */backupVaults")}
        assert asked == {version}


@pytest.mark.parametrize("version", ["newest", "2025-7-1", "2025-07-01&x=1", "2025-07-01-beta"])
def test_nonsense_is_a_usage_error_before_anything_is_asked(forged: Forged, version: str) -> None:
    with forged(quickstart(), clock="virtual") as azure:
        done = azure.run("plan", "--api-version", version)
        assert (done.code, azure.requests) == (1, []), done
        assert "write a date" in done.err
