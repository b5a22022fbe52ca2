"""What earlier versions of the tool made, and how today's command is tried on it.

`cases/NAME` has what a person wrote: an estate, its manifests and `story.json`. `made/VERSION/NAME` has what that
version made of it, and is never changed:

- `plan-N.json`: the plan that `plan --out` saved before the N-th apply of the story;
- `after.estate.json`: all that Azure held in the end, as an estate of ARM bodies; names and tags are promises;
- `state.json`: the sandbox's own state beside the estate, where it is small.
"""

from __future__ import annotations

import json
import os
import shutil
from collections.abc import Iterable, Iterator, Mapping
from contextlib import chdir, redirect_stderr, redirect_stdout
from dataclasses import dataclass
from io import StringIO
from pathlib import Path
from typing import Any, NamedTuple
from unittest.mock import patch

from installed import AZURE, ESTATE, environment, within

HERE = Path(__file__).parent
CASES = HERE / "cases"
MADE = HERE / "made"
STATE = "azure.estate.state.json"
OURS = "reconciler-"
NAMED = frozenset({"backuppolicies", "backupinstances", "deletedbackupinstances", "roleassignments"})
"""Kinds of resources whose names are derived."""

Body = dict[str, Any]


class Said(NamedTuple):
    """What the command answered."""

    code: int
    out: str
    err: str

    @property
    def document(self) -> Any:
        """The JSON document on stdout."""
        return json.loads(self.out)

    @property
    def text(self) -> str:
        """All of it, for the message of an assertion."""
        return f"exit {self.code}\n{self.out}{self.err}"


def reconciler(folder: Path, *arguments: str) -> Said:
    """Run the command in a folder, in this process; nothing of the environment has a say."""
    out, err = StringIO(), StringIO()
    with (
        patch.dict(os.environ, environment(), clear=True),
        chdir(folder),
        redirect_stdout(out),
        redirect_stderr(err),
    ):
        code = within(*arguments)
    return Said(code, out.getvalue(), err.getvalue())


@dataclass(frozen=True)
class Fixture:
    """What one version made of one case."""

    version: str
    name: str

    def __str__(self) -> str:
        return f"{self.version}-{self.name}"

    @property
    def made(self) -> Path:
        """The folder of what was made."""
        return MADE / self.version / self.name

    @property
    def story(self) -> list[list[str]]:
        """What was done, in order: commands without what says where the sandbox is."""
        return self._said["story"]  # type: ignore[no-any-return]

    @property
    def drift(self) -> list[list[str]]:
        """What somebody does afterwards, behind the manifest's back."""
        return self._said["drift"]  # type: ignore[no-any-return]

    @property
    def applies(self) -> list[list[str]]:
        """The applies of the story: path and options."""
        return [arguments for verb, *arguments in self.story if verb == "apply"]

    @property
    def _said(self) -> Any:
        return json.loads((CASES / self.name / "story.json").read_text(encoding="utf-8"))

    @property
    def estate(self) -> Body:
        """What Azure held in the end, as an estate."""
        return json.loads((self.made / "after.estate.json").read_text(encoding="utf-8"))  # type: ignore[no-any-return]

    def plan(self, number: int) -> Path:
        """The plan that was saved before the apply of that number, from 1."""
        return self.made / f"plan-{number}.json"

    def at_the_beginning(self, folder: Path) -> Sandbox:
        """The case before its story, in a folder."""
        shutil.copytree(CASES / self.name, folder)
        return Sandbox(folder)

    def at_the_end(self, folder: Path) -> Sandbox:
        """The case as it was left, with all that Azure held, in a folder."""
        found = self.at_the_beginning(folder)
        shutil.copyfile(self.made / "after.estate.json", folder / ESTATE)
        return found


@dataclass(frozen=True)
class Sandbox:
    """A copy of a case in a folder of its own, and the command on it."""

    folder: Path

    def run(self, verb: str, *arguments: str) -> Said:
        """Run a command on the sandbox, which has no need to be named."""
        where = (arguments[0], ESTATE, *arguments[1:]) if verb == "sandbox" else (*arguments, *AZURE)
        return reconciler(self.folder, verb, *where)

    def well(self, verb: str, *arguments: str) -> Said:
        """The same, and AssertionError unless it went well."""
        said = self.run(verb, *arguments)
        assert said.code == 0, f"{verb} {' '.join(arguments)}: {said.text}"
        return said

    def plan(self, *arguments: str) -> Said:
        """What a plan says; its exit code is 2 when there are changes."""
        return self.run("plan", *arguments, "--format", "json", "--detailed-exitcode")

    def bodies(self) -> list[Body]:
        """All that the simulated Azure holds."""
        return self.well("sandbox", "show", "*", "--format", "json").document  # type: ignore[no-any-return]


def fixtures() -> list[Fixture]:
    """Everything that was ever kept."""
    return [Fixture(path.parent.name, path.name) for path in sorted(MADE.glob("*/*")) if path.is_dir()]


def marked(bodies: Iterable[Body]) -> dict[str, dict[str, str]]:
    """What bears derived names or marks of ours, by lower-cased id, with the marks."""
    return dict(_marked(bodies))


def _marked(bodies: Iterable[Body]) -> Iterator[tuple[str, dict[str, str]]]:
    for body in bodies:
        key = body["id"].lower()
        marks = _marks(body.get("tags") or {})
        if marks or key.split("/")[-2] in NAMED:
            yield key, marks


def _marks(tags: Mapping[str, str]) -> dict[str, str]:
    return {name: value for name, value in tags.items() if name.startswith(OURS)}
