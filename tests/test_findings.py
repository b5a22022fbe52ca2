"""The codes of findings: one meaning each, one way out, and none that nothing can make."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

import reconciler
from reconciler import error_codes
from reconciler.findings import Code
from reconciler.manifest import codes as manifest_codes
from reconciler.planning.codes import CODES as PLAN_CODES

CONSTANTS = {name: value for name, value in vars(manifest_codes).items() if isinstance(value, Code)}
EVERY = (*manifest_codes.CODES.values(), *PLAN_CODES.values(), *error_codes.CODES.values())
OTHERS = frozenset({*manifest_codes.CODES, *PLAN_CODES})
SOURCE = "\n".join(
    path.read_text(encoding="utf-8")
    for path in sorted(Path(reconciler.__file__).parent.rglob("*.py"))
    if path.name not in {"codes.py", "disk_codes.py", "error_codes.py"} and "sandbox" not in path.parts
)
GIVEN = sorted(set(re.findall(r'\bcode ?= ?(?:says\.code or |last\.code if last else )?"([a-z][a-z-]+)"', SOURCE)))


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


def test_an_error_has_a_code_that_is_explained() -> None:
    assert len(GIVEN) > 20
    assert [code for code in GIVEN if code not in error_codes.CODES and code not in OTHERS] == []


@pytest.mark.parametrize("code", error_codes.CODES)
def test_a_code_of_an_error_is_used(code: str) -> None:
    assert f'"{code}"' in SOURCE
