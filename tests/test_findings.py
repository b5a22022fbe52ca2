"""The codes of findings: one meaning each, one way out, and none that nothing can make."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

import reconciler
from reconciler.findings import Code
from reconciler.manifest import codes as manifest_codes
from reconciler.plan.codes import CODES as PLAN_CODES

CONSTANTS = {name: value for name, value in vars(manifest_codes).items() if isinstance(value, Code)}
EVERY = (*manifest_codes.CODES.values(), *PLAN_CODES.values())
SOURCE = "\n".join(
    path.read_text(encoding="utf-8")
    for path in sorted(Path(reconciler.__file__).parent.rglob("*.py"))
    if path.name != "codes.py"
)


def test_a_code_means_one_thing_in_both_tables() -> None:
    assert not set(manifest_codes.CODES) & set(PLAN_CODES)


@pytest.mark.parametrize("code", EVERY, ids=lambda code: code.code)
def test_a_code_has_a_meaning_and_a_way_out(code: Code) -> None:
    assert re.fullmatch(r"[a-z0-9]+(-[a-z0-9]+)*", code.code)
    assert re.fullmatch(r"[A-Z`].*\.", code.meaning)
    assert code.hint
    assert not code.hint.endswith(".")


@pytest.mark.parametrize("name", CONSTANTS)
def test_a_code_of_the_manifest_is_used(name: str) -> None:
    assert re.search(rf"\bcodes\.{name}\b", SOURCE)


@pytest.mark.parametrize("code", PLAN_CODES)
def test_a_code_of_the_plan_is_used(code: str) -> None:
    assert f'"{code}"' in SOURCE
