"""Users whom the machine doesn't know, folders that nobody may write to, and the oldest Python."""

from __future__ import annotations

import ast
import asyncio
import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import installed
import pytest

import reconciler
from reconciler.azure.reads import together
from reconciler.model.errors import ReadIncomplete
from samples import copied

pytestmark = pytest.mark.long

SAMPLE = Path(__file__).parents[2] / "samples" / "quickstart"
SANDBOX = ("--sandbox", "quickstart/azure.estate.yaml")
STRANGER = """
import pwd, sys
def unknown(*_):
    raise KeyError("uid not found")
pwd.getpwuid = pwd.getpwnam = unknown
sys.path.insert(0, {root!r})
from reconciler.__main__ import main
main()
"""
"""As in a container that runs as a number which no passwd file has."""
OBEYING = """
import ctypes, os, sys
if os.geteuid() == 0:
    ctypes.CDLL(None, use_errno=True).prctl(24, 1, 0, 0, 0)  # PR_CAPBSET_DROP of CAP_DAC_OVERRIDE: permissions hold
os.execv(sys.executable, [sys.executable, "-m", "reconciler", *sys.argv[1:]])
"""


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    copied("quickstart", tmp_path / "quickstart")
    return tmp_path


def run(folder: Path, program: str, *words: str, **said: str) -> subprocess.CompletedProcess[str]:
    environment = installed.environment(said)
    for name in ("HOME", "USER", "LOGNAME", "LNAME", "USERNAME", "XDG_CONFIG_HOME", "XDG_CACHE_HOME"):
        if name not in said:
            environment.pop(name, None)
    return subprocess.run(
        [sys.executable, "-c", program, *words],
        cwd=folder, env=environment, text=True, capture_output=True, timeout=300, check=False,
    )  # fmt: skip


def test_a_user_without_a_name_or_a_home_does_everything(folder: Path) -> None:
    program = STRANGER.format(root=str(Path(SAMPLE).parents[1]))
    for words in (
        ("validate", "quickstart"),
        ("apply", "quickstart", *SANDBOX, "--auto-approve", "--audit", "audit.jsonl"),
        ("plan", "quickstart", *SANDBOX, "--detailed-exitcode"),
        ("watch", "quickstart", *SANDBOX, "--times", "1", "--listen", "127.0.0.1:0"),
        ("init", "new", "--subscription", "11111111-1111-1111-1111-111111111111"),
    ):
        done = run(folder, program, *words)
        assert done.returncode == 0, done.stdout + done.stderr


def test_a_user_without_a_name_or_a_home_is_told_how_to_sign_in(folder: Path) -> None:
    program = STRANGER.format(root=str(Path(SAMPLE).parents[1]))
    said = {"PATH": str(folder), "AZURE_TOKEN_CREDENTIALS": "dev", "NO_PROXY": "*"}
    done = run(folder, program, "plan", "quickstart", **said)
    assert done.returncode == 1
    assert done.stderr.startswith("error[no-token]: ")
    assert "KeyError" not in done.stderr
    assert "Traceback" not in done.stderr


@pytest.fixture
def sealed(folder: Path) -> Path:
    """A folder whose files can only be read, by root too."""
    for path in (folder / "quickstart", folder):
        path.chmod(0o555)
    return folder


def test_on_a_file_system_that_is_read_only_reading_works(sealed: Path) -> None:
    for words, code in (
        (("validate", "quickstart"), 0),
        (("fmt", "--check", "quickstart"), 0),
        (("plan", "quickstart", *SANDBOX, "--detailed-exitcode"), 2),
        (("drift", "quickstart", *SANDBOX), 2),
        (("status", "quickstart", *SANDBOX), 2),
        (("watch", "quickstart", *SANDBOX, "--times", "1", "--listen", "none"), 0),
    ):
        done = run(sealed, OBEYING, *words, HOME="/nonexistent", TMPDIR="/nonexistent")
        assert "unexpected" not in done.stderr
        assert done.returncode in {code, 1 if words[0] == "status" else code}, done.stdout + done.stderr


@pytest.mark.parametrize(
    ("words", "code", "named"),
    [
        (("apply", "quickstart", *SANDBOX, "--auto-approve"), "sandbox", "azure.estate.state.json.lock"),
        (("plan", "quickstart", *SANDBOX, "--out", "plan.json"), "unwritable", "plan.json"),
        (("plan", "quickstart", *SANDBOX, "--report", "plan.md"), "unwritable", "plan.md"),
        (("drift", "quickstart", *SANDBOX, "--report", "d.xml"), "unwritable", "d.xml"),
        (("init", "new", "--subscription", "11111111-1111-1111-1111-111111111111"), "usage", "new"),
        (
            ("sandbox", "serve", "quickstart/azure.estate.yaml", "--port", "0"),
            "sandbox",
            "azure.estate.state.json.lock",
        ),
    ],
)
def test_on_a_file_system_that_is_read_only_writing_is_a_clear_error(
    sealed: Path, words: tuple[str, ...], code: str, named: str
) -> None:
    done = run(sealed, OBEYING, *words)
    assert done.returncode == 1, done.stdout + done.stderr
    assert f"error[{code}]: " in done.stderr
    assert named in done.stderr
    assert "Permission denied" in done.stderr
    assert "hint: " in done.stderr
    assert [path.name for path in sealed.iterdir()] == ["quickstart"]


def test_no_error_is_raised_within_except_star(folder: Path) -> None:
    """Until Python 3.11.4, which is younger than Debian 12, such an error comes out as a group that nobody expects."""
    found = [
        path.name
        for path in Path(reconciler.__file__).parent.rglob("*.py")
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8")))
        if isinstance(node, ast.TryStar) and any(isinstance(one, ast.Raise) for one in ast.walk(node))
    ]
    assert found == []


def test_a_read_that_fails_among_others_is_its_own_error() -> None:
    async def fails(error: Exception) -> None:
        raise error

    async def within() -> None:
        await together(fails(ReadIncomplete("inner")), asyncio.sleep(5))

    for works, kind in (
        ((fails(ReadIncomplete("one")), fails(ReadIncomplete("two"))), ReadIncomplete),
        ((within(), asyncio.sleep(5)), ReadIncomplete),
        ((fails(ReadIncomplete("one")), fails(KeyError("bug"))), ExceptionGroup),
    ):
        with pytest.raises(Exception, match=r"one|inner|unhandled") as raised:
            asyncio.run(_together(*works))
        assert type(raised.value) is kind


async def _together(*works: Any) -> None:
    await together(*works)


@pytest.mark.skipif(sys.platform != "linux", reason="other systems have no such names")
@pytest.mark.parametrize("verb", ["validate", "plan", "drift"])
@pytest.mark.parametrize("report", ["out.sarif", "out.md", "out.xml"])
def test_a_folder_whose_name_is_not_utf_8_is_reported_on(tmp_path: Path, verb: str, report: str) -> None:
    """As an archive from an older system leaves it."""
    named = b"caf\xe9".decode(errors="surrogateescape")
    copied("quickstart", tmp_path / named)
    estate = f"{named}/azure.estate.yaml"
    if verb == "drift":
        assert installed.run(tmp_path, "apply", named, "--sandbox", estate, "--auto-approve").returncode == 0
    manifest = tmp_path / named / "backup.yaml"
    broken = {
        "validate": ("every: 4h", "every: 5h"),
        "plan": ("LocallyRedundant", "GeoRedundant"),
        "drift": ("7d", "9d"),
    }
    manifest.write_text(manifest.read_text().replace(*broken[verb]))
    where = () if verb == "validate" else ("--sandbox", estate)
    done = installed.run(tmp_path, verb, named, *where, "--report", report)
    assert (done.returncode, "unexpected" in done.stderr) == ({"validate": 1, "plan": 0, "drift": 2}[verb], False), done
    text = (tmp_path / report).read_text()
    if report == "out.sarif":
        found = [row["locations"][0]["physicalLocation"] for row in json.loads(text)["runs"][0]["results"]]
        assert {row["artifactLocation"]["uri"] for row in found} == {"caf%E9/backup.yaml"}


@pytest.mark.skipif(sys.platform != "linux", reason="other systems have no such names")
@pytest.mark.parametrize("verb", ["plan", "drift", "status"])
def test_a_folder_whose_name_is_not_utf_8_may_be_in_a_repository(tmp_path: Path, verb: str) -> None:
    """A digest of the remote and the folder tells two copies of a manifest apart."""
    named = b"caf\xe9".decode(errors="surrogateescape")
    copied("quickstart", tmp_path / named)
    for words in (("init", "-q"), ("remote", "add", "origin", "https://example.org/team/infra")):
        subprocess.run(("git", *words), cwd=tmp_path, check=True)
    estate = ("--sandbox", f"{named}/azure.estate.yaml")
    made = installed.run(tmp_path, "apply", named, *estate, "--auto-approve")
    assert made.returncode == 0, made
    done = installed.run(tmp_path, verb, named, *estate)
    assert (done.returncode, done.stderr) == (0, ""), done
