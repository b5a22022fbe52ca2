"""Every command block of the README and of the documentation is run, as written, on the sandbox."""

from __future__ import annotations

import re
import shlex
import shutil
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest
from installed import environment

from reconciler import load

pytestmark = pytest.mark.long

REPOSITORY = Path(__file__).parents[2]
PAGES = (
    REPOSITORY / "README.md",
    *sorted((REPOSITORY / "docs").glob("*.md")),
    *sorted((REPOSITORY / "docs").glob("guides/*.md")),
)
OTHERS = ("az", "gh", "kubectl", "docker", "git")
SET_UP = re.compile(r"^(python3 -m venv|\.venv(-test)?/bin/(pip|pytest))\b")
BLOCK = re.compile(
    r"^(?:<!-- file: (?P<file>\S+) -->\n)?```(?P<kind>\w*)\n(?P<text>.*?)^```$", re.MULTILINE | re.DOTALL
)
RUN, SHOWN = ("sh", "console"), ("yaml", "text", "json", "dockerfile", "python")


@dataclass(frozen=True)
class Command:
    """A command and the exit code that the page promises."""

    text: str
    code: int


def blocks(page: Path) -> Iterator[re.Match[str]]:
    yield from BLOCK.finditer(page.read_text(encoding="utf-8"))


def commands(kind: str, text: str) -> Iterator[Command]:
    """The commands of a block: of `sh` every line that isn't set-up, of `console` those after a `$`."""
    joined = re.sub(r"\\\n\s*", "", text)
    for line in joined.splitlines():
        if kind == "console" and not line.startswith("$ "):
            continue
        command = line.removeprefix("$ ").strip()
        if command and not command.startswith("#") and not SET_UP.match(command):
            promised = re.search(r"\s#.*\bexits? (\d+)", command)
            yield Command(command, int(promised[1]) if promised else 0)


@pytest.fixture
def desk(tmp_path: Path) -> Path:
    """A clone in which the tool is installed, and other tools do nothing."""
    for name in ("samples", "schemas"):
        shutil.copytree(REPOSITORY / name, tmp_path / name, ignore=shutil.ignore_patterns("*.state.json*"))
    tools = tmp_path / ".venv" / "bin"
    tools.mkdir(parents=True)
    (tools / "activate").touch()
    _script(tools / "reconciler", f'exec {shlex.quote(sys.executable)} -m reconciler "$@"')
    _script(tools / "python", f'exec {shlex.quote(sys.executable)} "$@"')
    for name in OTHERS:
        _script(tools / name, f'echo "{name} $*" >> {shlex.quote(str(tmp_path / "others.log"))}')
    return tmp_path


def _script(path: Path, text: str) -> None:
    path.write_text(f"#!/bin/bash\n{text}\n")
    path.chmod(0o755)


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.relative_to(REPOSITORY).as_posix())
def test_every_command_does_what_the_page_says(page: Path, desk: Path) -> None:
    script = ["exec 2>&1"]
    expected: list[Command] = []
    for block in blocks(page):
        if block["file"]:
            path = desk / block["file"]
            script.append(
                f"mkdir -p {shlex.quote(str(path.parent))}; cat > {shlex.quote(str(path))} <<'END OF FILE'\n{block['text']}END OF FILE"
            )
        elif block["kind"] in RUN:
            for command in commands(block["kind"], block["text"]):
                expected.append(command)
                script.append(f'{command.text}\necho "--- ended $?"')
    path = f"{desk / '.venv' / 'bin'}:{environment()['PATH']}"
    done = subprocess.run(
        ["bash"], input="\n".join(script), text=True, capture_output=True, cwd=desk, timeout=300, check=False,
        env={**environment(), "PATH": path, "HOME": str(desk)},
    )  # fmt: skip
    told = re.split(r"--- ended (\d+)\n", done.stdout)
    codes = [int(code) for code in told[1::2]]
    wrong = [
        f"$ {command.text}\nexit {code} in place of {command.code}:\n{output[-2000:]}"
        for command, code, output in zip(expected, codes, told[0::2], strict=False)
        if command.code != code
    ]
    assert not wrong, "\n\n".join(wrong)
    assert len(codes) == len(expected), done.stdout[-2000:]


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.relative_to(REPOSITORY).as_posix())
def test_every_block_says_what_it_is(page: Path) -> None:
    assert [block["kind"] for block in blocks(page) if block["kind"] not in (*RUN, *SHOWN)] == []


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.relative_to(REPOSITORY).as_posix())
def test_every_manifest_that_is_shown_whole_is_valid(page: Path, tmp_path: Path) -> None:
    for number, block in enumerate(blocks(page)):
        if not block["file"] and block["text"].startswith("apiVersion:"):
            shown = tmp_path / f"{number}.yaml"
            shown.write_text(block["text"], encoding="utf-8")
            assert load(shown)
