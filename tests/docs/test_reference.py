"""The reference is what the code and the schema say, and nothing is left out of it or of the README."""

from __future__ import annotations

import re

import pytest
from reference import GENERATE, REPOSITORY

README = (REPOSITORY / "README.md").read_text(encoding="utf-8")
PAGES = GENERATE.pages()


def test_the_pages_are_up_to_date() -> None:
    folder = GENERATE.REFERENCE
    kept = {path.relative_to(folder).as_posix(): path.read_text(encoding="utf-8") for path in folder.rglob("*.md")}
    stale = sorted(name for name in {*kept, *PAGES} if kept.get(name) != PAGES.get(name))
    assert stale == [], "python docs/generate.py"


def test_every_command_of_the_first_level_is_in_the_readme_once() -> None:
    names = {name.split()[1] for name, _, _ in GENERATE.commands() if name.count(" ") == 1}
    assert sorted(re.findall(r"^\| `([a-z-]+) [^|]*\|", README, re.MULTILINE)) == sorted(names)


def test_every_option_has_a_help() -> None:
    import click

    silent = [
        f"{name} {option.opts[0]}"
        for name, command, _ in GENERATE.commands()
        for option in command.params
        if isinstance(option, click.Option) and not option.help
    ]
    assert silent == []


@pytest.mark.parametrize("code", ["0", "1", "2", "130, 143"])
def test_every_exit_code_is_in_the_readme(code: str) -> None:
    assert f"\n| {code} |" in README
