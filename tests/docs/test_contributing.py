"""CONTRIBUTING names files, names in them and targets that are there, and the tests' own page names every folder."""

from __future__ import annotations

import re
import subprocess

import pytest
from externals import program
from reference import REPOSITORY

CONTRIBUTING = (REPOSITORY / "CONTRIBUTING.md").read_text(encoding="utf-8")
TARGETS = re.findall(r"^([a-z]+):.*## ", (REPOSITORY / "Makefile").read_text(encoding="utf-8"), re.MULTILINE)
PATHS = sorted(set(re.findall(r"(?<![\w/])((?:reconciler|tests|docs|schemas|samples|\.ci)/[\w./-]+)", CONTRIBUTING)))
NAMES = re.findall(r"`(\w+)` (?:in|of) `((?:reconciler|tests)/[\w/]+\.py)`", CONTRIBUTING)


@pytest.mark.parametrize("path", [path.rstrip(".") for path in PATHS if "NAME" not in path])
def test_a_file_that_is_named_is_there(path: str) -> None:
    assert (REPOSITORY / path).exists()


@pytest.mark.parametrize(("name", "path"), NAMES)
def test_a_name_is_in_its_file(name: str, path: str) -> None:
    assert re.search(rf"\b{name}\b", (REPOSITORY / path).read_text(encoding="utf-8"))


def test_the_steps_name_enough_to_be_worth_checking() -> None:
    assert len(PATHS) > 50
    assert len(NAMES) > 5


def test_every_target_is_told_and_every_target_that_is_told_is_there() -> None:
    found = set(re.findall(r"^make ([a-z]+)|`(?:\S+=\S+ )?make ([a-z]+)", CONTRIBUTING, re.MULTILINE))
    told = {one or other for one, other in found}
    assert {*told, "help"} == set(TARGETS)
    assert {"check", "test", "docs", "bench"} <= set(TARGETS)


def test_every_folder_of_tests_is_told() -> None:
    folders = {path.name for path in (REPOSITORY / "tests").iterdir() if path.is_dir() and path.name[0] not in "._"}
    page = (REPOSITORY / "tests" / "README.md").read_text(encoding="utf-8")
    assert sorted(folder for folder in folders if f"`{folder}/`" not in page) == []


@pytest.mark.external
@pytest.mark.parametrize("target", TARGETS)
def test_make_knows_the_target(target: str) -> None:
    done = subprocess.run(
        [program("make"), "--dry-run", target, "T=tests/docs"],
        cwd=REPOSITORY,
        capture_output=True,
        text=True,
        check=False,
    )
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout
