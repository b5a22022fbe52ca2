"""What somebody types into a workflow is data: no text of theirs becomes an option of the command."""

from __future__ import annotations

import json
import re
import shutil
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import pytest
from installed import run
from pipelines import REPOSITORY, SAMPLES, Done, GitHub, Machine, loaded

SUM = "0" * 64
HOSTILE = [
    f"{SUM}\n--prune\n--force\nmass-change",
    f"{SUM} --prune",
    f"{SUM}\r\n--auto-approve",
    "--auto-approve",
    "$(touch owned)",
    f"{SUM}; touch owned",
    SUM.replace("0", "\N{ARABIC-INDIC DIGIT ZERO}"),
]


@pytest.fixture
def machine(tmp_path: Path) -> Machine:
    source = REPOSITORY / "samples" / "quickstart"
    shutil.copy(source / "azure.estate.yaml", tmp_path)
    one = Machine(tmp_path / "machine", tmp_path / "azure.estate.yaml")
    shutil.copytree(source, one.checkout / "backup", ignore=shutil.ignore_patterns("*.estate*"))
    recorder = one.temporary / "reconciler" / "bin" / "reconciler"
    recorder.write_text('#!/bin/sh\nfor one in "$@"; do printf "%s\\n" "argument:$one" >>"$SEEN"; done\n')
    return one


def asked(machine: Machine) -> list[str]:
    """The arguments that the command was started with; none when it wasn't."""
    seen = machine.temporary / "seen"
    return seen.read_text(encoding="utf-8").splitlines() if seen.exists() else []


def act(machine: Machine, **variables: str) -> Done:
    seen = str(machine.temporary / "seen")
    told = {"RUNNER_TEMP": str(machine.temporary), "REPORTS": str(machine.temporary), "SEEN": seen}
    told |= {"GITHUB_OUTPUT": str(machine.temporary / "output"), "COMMAND": "apply", "MANIFEST": "backup"}
    return machine.shell(f'"{REPOSITORY}/actions/run.sh"', {**told, **variables})


@pytest.mark.parametrize("name", ["CHECKSUM", "APPROVED"])
@pytest.mark.parametrize("text", HOSTILE)
def test_a_checksum_is_a_checksum_or_nothing_runs(machine: Machine, name: str, text: str) -> None:
    done = act(machine, **{name: text})
    assert (done.code, asked(machine)) == (1, []), done.text
    assert not (machine.checkout / "owned").exists()


@pytest.mark.parametrize("text", ["1/4\n--prune", "1/4 --prune", "--prune", "1", "1/4;ls"])
def test_a_shard_is_a_shard_or_nothing_runs(machine: Machine, text: str) -> None:
    assert (act(machine, SHARD=text).code, asked(machine)) == (1, [])


@pytest.mark.parametrize("text", ["apply --prune", "apply\n--prune", "--version", "Apply"])
def test_a_command_is_a_name_or_nothing_runs(machine: Machine, text: str) -> None:
    assert (act(machine, COMMAND=text).code, asked(machine)) == (1, [])


def test_a_path_that_looks_like_an_option_is_a_path(machine: Machine) -> None:
    assert act(machine, MANIFEST="--prune").code == 0
    assert asked(machine)[-2:] == ["argument:--", "argument:--prune"]


def test_what_is_right_is_passed_on(machine: Machine) -> None:
    assert act(machine, CHECKSUM="ab" * 32, SHARD="2/4", ARGUMENTS="--audit=a b.jsonl").code == 0
    found = asked(machine)
    assert {f"argument:--checksum={'ab' * 32}", "argument:--shard=2/4", "argument:--audit=a b.jsonl"} <= set(found)


def test_the_command_takes_a_path_after_two_dashes(tmp_path: Path) -> None:
    done = run(tmp_path, "validate", "--", "--prune")
    assert (done.returncode, "--prune does not exist" in done.stderr) == (1, True), done.stderr


@pytest.mark.parametrize("text", HOSTILE)
def test_a_workflow_started_by_hand_with_hostile_text_applies_nothing(machine: Machine, text: str) -> None:
    seen = machine.temporary / "seen"
    runner = GitHub(machine, "workflow_dispatch", {"inputs": {"checksum": text}})
    runner._variables["SEEN"] = str(seen)
    done = runner.job("backup-apply.yml", "apply")
    assert (done.code, asked(machine)) == (1, []), done.text


def _mappings(value: Any) -> Iterator[Mapping[str, Any]]:
    if isinstance(value, Mapping):
        yield value
        for one in value.values():
            yield from _mappings(one)
    elif isinstance(value, list):
        for one in value:
            yield from _mappings(one)


@pytest.mark.parametrize("file", [*SAMPLES.rglob("*.yml"), REPOSITORY / "action.yml"], ids=lambda path: path.name)
def test_no_workflow_builds_options_or_scripts_from_text(file: Path) -> None:
    """Expressions stand in the environment and in inputs of their own, never in a script or in `arguments`."""
    texts = [
        str(row[key])
        for row in _mappings(loaded(file))
        for key in ("run", "bash", "inlineScript", "arguments")
        if key in row
    ]
    built = [
        text for text in texts if "${{" in text or re.search(r"\$\((reconciler|manifest|approved|drift\w*)\)", text)
    ]
    assert built == [], json.dumps(built)
