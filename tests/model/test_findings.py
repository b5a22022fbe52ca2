"""The codes of findings: one meaning each, one way out, and none that nothing can make."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from functools import cache
from pathlib import Path

import pytest

import reconciler
from reconciler.model import known
from reconciler.model.codes import disks as disk_codes
from reconciler.model.codes import errors as error_codes
from reconciler.model.codes import manifest as manifest_codes
from reconciler.model.codes import planning as plan_codes
from reconciler.model.findings import Code

EVERY = (*manifest_codes.CODES.values(), *plan_codes.CODES.values(), *error_codes.CODES.values())
SOURCES = [
    path.read_text(encoding="utf-8")
    for path in sorted(Path(reconciler.__file__).parent.rglob("*.py"))
    if not {"codes", "sandbox"} & set(path.parts)
]
SOURCE = "\n".join(SOURCES)
MODULES = {
    r"\b(manifest_|plan_)?codes\.": (manifest_codes, plan_codes),
    r"\bdisk_codes\.": (disk_codes,),
    r"\berror_codes\.": (error_codes,),
    r"\b": (known,),
}
"""How call sites spell the constants of each module."""
CONSTANTS = [
    (spelling, name)
    for spelling, modules in MODULES.items()
    for module in modules
    for name, value in vars(module).items()
    if isinstance(value, Code)
]


@cache
def used(spelling: str) -> frozenset[str]:
    """The constants that the sources use, of those that are spelled so."""
    found = re.finditer(rf"{spelling}(?P<name>[A-Z][A-Z0-9_]*)\b(?! = )", SOURCE)
    return frozenset(one["name"] for one in found)


def spelled(source: str) -> Iterator[str]:
    """The strings that are given as a `code`."""
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.keyword) and node.arg == "code":
            yield from (
                one.value
                for one in ast.walk(node.value)
                if isinstance(one, ast.Constant) and isinstance(one.value, str) and one.value
            )


def test_a_code_means_one_thing_in_both_tables() -> None:
    assert not set(manifest_codes.CODES) & set(plan_codes.CODES)


@pytest.mark.parametrize("code", EVERY, ids=lambda code: code.code)
def test_a_code_has_a_meaning_and_a_way_out(code: Code) -> None:
    assert re.fullmatch(r"[a-z0-9]+(-[a-z0-9]+)*", code.code)
    assert re.fullmatch(r"[A-Z`].*\.", code.meaning)
    assert code.hint
    assert code.hint[0].islower() or code.hint[0] == "`"
    assert not code.hint.endswith(".")


def test_every_code_is_a_constant() -> None:
    assert len(CONSTANTS) == len(EVERY)


@pytest.mark.parametrize(("spelling", "name"), CONSTANTS, ids=lambda text: text.strip("\\b."))
def test_a_code_is_used(spelling: str, name: str) -> None:
    assert name in used(spelling)


@pytest.mark.parametrize("code", error_codes.CODES.values(), ids=lambda code: code.code)
def test_the_code_of_an_error_has_a_heading(code: Code) -> None:
    assert code.group


def test_a_code_is_named_by_its_constant() -> None:
    assert [code for source in SOURCES for code in spelled(source) if code != "http-"] == []


def test_a_code_reads_as_what_it_spells() -> None:
    assert f"{error_codes.USAGE}" == error_codes.USAGE.code == "usage"
