"""The reference is what the code and the schema say, and nothing is left out of it or of the README."""

from __future__ import annotations

import re

import pytest
from reference import GENERATE, REPOSITORY

from reconciler.model.results.status import BAD, STATES, UNKNOWN

README = (REPOSITORY / "README.md").read_text(encoding="utf-8")
PAGES = GENERATE.pages()


def test_the_pages_are_up_to_date() -> None:
    folder = GENERATE.REFERENCE
    kept = {path.relative_to(folder).as_posix(): path.read_text(encoding="utf-8") for path in folder.rglob("*.md")}
    stale = sorted(name for name in {*kept, *PAGES} if kept.get(name) != PAGES.get(name))
    assert stale == [], "python docs/generate.py"


def test_every_verb_with_json_has_a_schema() -> None:
    """Verbs that share the form of their documents share the schema."""
    shared = {"restore": "operation", "drill": "operation", "move": "operation"}
    lacking = []
    for name, command, _ in GENERATE.commands():
        if any("json" in getattr(one.type, "choices", ()) for one in command.params):
            verb = name.split()[1]
            if verb != "sandbox" and not (GENERATE.SCHEMAS / f"{shared.get(verb, verb)}.schema.json").exists():
                lacking.append(name)
    assert not lacking


def test_the_schemas_name_every_kind() -> None:
    said = GENERATE.schemas()
    kept = {path.name: path.read_text(encoding="utf-8") for path in GENERATE.SCHEMAS.iterdir()}
    assert sorted(name for name in kept if kept[name] != said[name]) == [], "python docs/generate.py"
    written = {name for name in kept if GENERATE.KINDS_IN_SCHEMAS.search(kept[name])}
    assert written == {f"{name}.schema.json" for name in ("apply", "drift", "explain", "operation", "plan")}


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


def test_the_guide_has_every_state_of_status_with_its_exit_code() -> None:
    guide = (REPOSITORY / "docs" / "guides" / "status.md").read_text(encoding="utf-8")
    told = dict(re.findall(r"^\| `(\w+)` \|[^|]+\| (\d) \|$", guide, re.MULTILINE))
    assert told == {state: "1" if state == UNKNOWN else "2" if state in BAD else "0" for state in STATES}


@pytest.mark.parametrize("code", ["0", "1", "2", "130, 143"])
def test_every_exit_code_is_in_the_readme(code: str) -> None:
    assert f"\n| {code} |" in README
