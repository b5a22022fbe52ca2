"""Estates, plans, names and digests of earlier versions: read, planned empty, mended and applied by today's tool.

A test that fails here says that something out there would be renamed, rolled or misread. Mend the code: what lies in
`made/` is never written anew to make a test pass.
"""

from __future__ import annotations

import json
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from installed import AZURE, environment

sys.path.insert(0, str(Path(__file__).parent))

from kept import CASES, STATE, Fixture, Said, Sandbox, fixtures, marked

FIXTURES = fixtures()
OF_EACH = pytest.mark.parametrize("fixture", FIXTURES, ids=map(str, FIXTURES))
WITH_STATE = [fixture for fixture in FIXTURES if (fixture.made / "state.json").exists()]
CODE = re.compile(r"^error\[(?!unexpected)[a-z-]+\]: ", re.MULTILINE)
ANOTHER_VERSION = "import reconciler; reconciler.__version__ = '99.0'; from reconciler.__main__ import main; main()"


def test_every_case_is_kept() -> None:
    assert {fixture.name for fixture in FIXTURES} == {path.name for path in CASES.iterdir()}


@OF_EACH
def test_an_estate_of_before_is_planned_empty(fixture: Fixture, tmp_path: Path) -> None:
    said = fixture.at_the_end(tmp_path / "case").plan(rests_on(fixture))
    assert (said.code, said.document["changes"]) == (0, []), said.text


@pytest.mark.parametrize("fixture", WITH_STATE, ids=map(str, WITH_STATE))
def test_a_sandbox_of_before_goes_on_where_it_was_left_or_says_why_not(fixture: Fixture, tmp_path: Path) -> None:
    sandbox = fixture.at_the_beginning(tmp_path / "case")
    shutil.copyfile(fixture.made / "state.json", sandbox.folder / STATE)
    said = sandbox.plan(rests_on(fixture))
    if said.code == 1:
        assert "was written by another version of the sandbox" in said.err, said.text
        assert "reconciler sandbox reset" in said.err, said.text
    else:
        assert (said.code, said.document["changes"]) == (0, []), said.text


@OF_EACH
def test_what_drifted_since_is_mended_under_the_old_names(fixture: Fixture, tmp_path: Path) -> None:
    sandbox, path = fixture.at_the_end(tmp_path / "case"), rests_on(fixture)
    for verb, *arguments in fixture.drift:
        sandbox.well(verb, *arguments)
    drifted = sandbox.plan(path)
    assert (drifted.code, bool(drifted.document["changes"])) == (2, True), drifted.text
    sandbox.well("apply", path, "--auto-approve")
    again = sandbox.plan(path)
    assert (again.code, again.document["changes"]) == (0, []), again.text
    assert_kept(fixture, sandbox)


@OF_EACH
def test_the_same_story_makes_the_same_names_and_marks(fixture: Fixture, tmp_path: Path) -> None:
    """And meets the plans that were saved on its way: each is applied, or refused so that nothing is written."""
    sandbox = fixture.at_the_beginning(tmp_path / "case")
    number = 0
    for verb, *arguments in fixture.story:
        if verb != "apply":
            sandbox.well(verb, *arguments)
            continue
        number += 1
        if not took_saved_plan(sandbox, fixture.plan(number), arguments):
            sandbox.well("apply", *arguments, "--auto-approve")
    assert_kept(fixture, sandbox)


def took_saved_plan(sandbox: Sandbox, file: Path, arguments: list[str]) -> bool:
    """Whether a saved plan was applied; AssertionError when it was refused though nothing stood in its way."""
    path, *options = arguments
    saved = json.loads(file.read_text(encoding="utf-8"))
    fresh = sandbox.plan(path, *options).document
    is_of_this_version = saved["tool_version"] == fresh["tool_version"]
    if is_of_this_version:
        assert fresh["checksum"] == saved["checksum"], "one version, two checksums of the same plan"
    before = sandbox.bodies()
    said = sandbox.run("apply", str(file), path, *options)
    if said.code == 0:
        return True
    assert_refused(said, sandbox, before)
    assert not is_of_this_version, f"a plan of this version is what would be done now: {said.text}"
    return False


def test_a_plan_of_another_version_is_read_and_applied_or_refused(tmp_path: Path) -> None:
    for fixture in [one for one in FIXTURES if one.name == "quickstart"]:
        sandbox = fixture.at_the_beginning(tmp_path / fixture.version)
        before = sandbox.bodies()
        done = subprocess.run(
            [sys.executable, "-c", ANOTHER_VERSION, "apply", str(fixture.plan(1)), "manifest", *AZURE],
            cwd=sandbox.folder,
            env=environment(),
            capture_output=True,
            encoding="utf-8",
            timeout=300,
            check=False,
        )
        said = Said(done.returncode, done.stdout, done.stderr)
        if said.code != 0:
            assert_refused(said, sandbox, before)
            assert f"the tool's version was '{fixture.version}', is now '99.0'" in said.err, said.text


def assert_refused(said: Said, sandbox: Sandbox, before: list[dict[str, object]]) -> None:
    """A plan of before is read, refused with a code and a way on, and nothing is written."""
    assert said.code == 1, said.text
    assert CODE.search(said.err), said.text
    assert "hint: " in said.err, said.text
    assert "is no saved plan" not in said.err, "the form of plans of before can't be read any more"
    assert sandbox.bodies() == before


def rests_on(fixture: Fixture) -> str:
    """The manifest that the story ends with."""
    return fixture.applies[-1][0]


def assert_kept(fixture: Fixture, sandbox: Sandbox) -> None:
    """Whatever had a derived name or a mark has it still, and nothing is there under another name."""
    old, new = marked(fixture.estate["resources"]), marked(sandbox.bodies())
    assert set(new) == set(old)
    assert {key: {name: new[key].get(name) for name in marks} for key, marks in old.items()} == old


def test_nothing_that_is_kept_is_written_over(tmp_path: Path) -> None:
    done = subprocess.run(
        [sys.executable, "-m", "tests.compatibility", "--write"],
        cwd=Path(__file__).parents[2],
        env=environment(),
        capture_output=True,
        encoding="utf-8",
        timeout=300,
        check=False,
    )
    assert (done.returncode, "promises; nothing was written" in done.stderr) == (1, True), done.stderr
