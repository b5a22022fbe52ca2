"""Every sample is what its platform takes, by the platforms' schemas and the linters that people use."""

from __future__ import annotations

import json
import re
import subprocess
from pathlib import Path
from typing import Any

import click
import pytest
import yaml
from externals import of_npm, program
from pipelines import ACTION, REPOSITORY, SAMPLES, loaded

from reconciler.cli.main import root

GITHUB = sorted((SAMPLES / "github").glob("*.yml"))
AZURE = sorted((SAMPLES / "azure-devops").glob("*.yml"))
GITLAB = SAMPLES / "gitlab" / ".gitlab-ci.yml"
SCRIPTS = sorted((REPOSITORY / "actions").glob("*.sh"))
ACTION_FILE = REPOSITORY / "action.yml"


def accepted(*command: str | Path, said: str = "") -> None:
    """The program finds nothing."""
    done = subprocess.run(
        [str(one) for one in command], input=said, text=True, capture_output=True, timeout=300, check=False
    )
    assert done.returncode == 0, (done.stdout + done.stderr)[-4000:]


def scripts() -> dict[str, str]:
    """Every shell text in the samples, by where it stands."""
    found: dict[str, str] = {}

    def walk(where: str, value: Any) -> None:
        if isinstance(value, dict):
            for key, inner in value.items():
                if key in ("bash", "inlineScript", "run") and isinstance(inner, str):
                    found[f"{where}/{key}"] = inner
                walk(f"{where}/{key}", inner)
        elif isinstance(value, list):
            for number, inner in enumerate(value):
                walk(f"{where}/{number}", inner)

    for file in (*GITHUB, *AZURE, ACTION_FILE):
        walk(file.stem, loaded(file))
    for name, job in loaded(GITLAB).items():
        if isinstance(job, dict) and "script" in job:
            found[f"gitlab/{name}"] = "\n".join([*loaded(GITLAB)[".reconciler"]["before_script"], *job["script"]])
    return found


@pytest.mark.external
@pytest.mark.parametrize(
    ("schema", "files", "more"),
    [
        ("vendor.github-workflows", GITHUB, ()),
        ("vendor.github-actions", [ACTION_FILE], ()),
        ("vendor.azure-pipelines", AZURE, ("--regex-variant", "nonunicode")),
        ("vendor.gitlab-ci", [GITLAB], ("--data-transform", "gitlab-ci")),
    ],
    ids=["workflows", "action", "azure", "gitlab"],
)
def test_samples_are_valid_by_their_platforms_schema(schema: str, files: list[Path], more: tuple[str, ...]) -> None:
    accepted(program("check-jsonschema"), "--builtin-schema", schema, *more, *files)


@pytest.mark.external
@pytest.mark.parametrize("file", GITHUB, ids=lambda file: file.stem)
def test_actionlint_finds_nothing(file: Path) -> None:
    accepted(program("node"), of_npm("@tktco", "node-actionlint", "bin", "node-actionlint.js"), file)


@pytest.mark.external
def test_actionlint_would_find_something(tmp_path: Path) -> None:
    bad = tmp_path / "bad.yml"
    bad.write_text(
        "name: x\non: push\njobs:\n  a:\n    runs-on: ubuntu-24.04\n    steps:\n      - run: echo ${{ gitub }}\n"
    )
    with pytest.raises(AssertionError):
        accepted(program("node"), of_npm("@tktco", "node-actionlint", "bin", "node-actionlint.js"), bad)


@pytest.mark.external
def test_zizmor_finds_nothing() -> None:
    accepted(program("zizmor"), "--offline", "--quiet", "--persona", "pedantic", *GITHUB, ACTION_FILE)


@pytest.mark.external
def test_shellcheck_finds_nothing() -> None:
    checker = program("shellcheck")
    accepted(checker, *SCRIPTS)
    for where, text in scripts().items():
        try:
            accepted(checker, "--shell=bash", "--exclude=SC2239", "-", said=text)
        except AssertionError as error:
            raise AssertionError(f"{where}: {error}") from None


def test_shell_text_holds_no_expression_and_actions_are_pinned() -> None:
    for where, text in scripts().items():
        assert "${{" not in text, where
        assert not re.search(r"\$\([A-Za-z]+\.?[A-Za-z.]*\)", text), f"{where}: a macro of Azure Pipelines"
    used = [
        use
        for file in (*GITHUB, ACTION_FILE)
        for use in re.findall(r"^[ -]*uses: (.*)", file.read_text(), re.MULTILINE)
    ]
    assert used
    for use in used:
        assert re.fullmatch(r"[\w.-]+/[\w./-]+@[0-9a-f]{40} # .+", use), use
        assert use.startswith(ACTION) or re.search(r"# v\d+\.\d+\.\d+$", use)


@pytest.mark.parametrize("file", GITHUB, ids=lambda file: file.stem)
def test_workflows_have_least_permissions_one_run_at_a_time_and_no_secret(file: Path) -> None:
    workflow = loaded(file)
    assert workflow["permissions"] == {}
    assert workflow["concurrency"]["cancel-in-progress"] is False
    assert "secrets." not in file.read_text(encoding="utf-8")
    for name, job in workflow["jobs"].items():
        assert job["permissions"]["contents"] == "read"
        assert job["timeout-minutes"]
        writes = {key for key, value in job["permissions"].items() if value == "write"}
        allowed = {
            "plan": {"id-token", "pull-requests", "statuses", "security-events"},
            "drift": {"id-token", "issues"},
        }
        assert writes <= allowed.get(name, {"id-token"}), name
        checkout = job["steps"][0]
        assert checkout["uses"].startswith("actions/checkout@")
        assert checkout["with"]["persist-credentials"] is False


def commands() -> list[tuple[str, ...]]:
    """The command lines of the samples, without what is only known in a run."""
    found: set[tuple[str, ...]] = set()
    for text in scripts().values():
        for line in text.replace("\\\n", " ").splitlines():
            if match := re.match(r"\s*reconciler (.*?)( \|\| (\w+)=\$\?)?$", line):
                found.add(tuple(match[1].replace('"', "").split()))
    for file in GITHUB:
        for job in loaded(file)["jobs"].values():
            for step in job["steps"]:
                if step["uses"] == ACTION:
                    given = step["with"]
                    more = given.get("arguments", "").splitlines()
                    more += [f"--{name}={given[name]}" for name in ("checksum", "shard") if name in given]
                    found.update((command, given["path"], *more) for command in given["command"].split())
    return sorted(found)


@pytest.mark.parametrize("words", commands(), ids=" ".join)
def test_every_command_line_of_a_sample_is_one_that_the_tool_takes(words: tuple[str, ...]) -> None:
    context = click.Context(root)
    command = root.get_command(context, words[0])
    assert command is not None
    given = [re.sub(r"\$\{\{.*?\}\}", "1/4", one) for one in words[1:]]
    command.make_context(words[0], given, parent=context, resilient_parsing=False)


def test_the_pre_commit_hook_is_as_pre_commit_takes_it() -> None:
    (hook,) = yaml.safe_load((REPOSITORY / ".pre-commit-hooks.yaml").read_text(encoding="utf-8"))
    assert {"id", "name", "entry", "language"} <= set(hook)
    assert hook["pass_filenames"] is False
    assert hook["entry"].split() == ["reconciler", "validate"]
    assert json.dumps(hook)
