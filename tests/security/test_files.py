"""Which files are read."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from installed import environment
from promises import promise

WATCHED = """
import json, os, sys
opened = set()
sys.addaudithook(lambda event, said: opened.add(said[0]) if event in ("open", "os.listdir", "os.scandir") else None)
from reconciler.cli import main
code = main.run(sys.argv[1:])
names = [os.fsdecode(one) for one in opened if isinstance(one, (str, bytes))]
print(json.dumps([code, sorted({os.path.realpath(one) for one in names})]), file=sys.stderr)
"""


@pytest.fixture
def repository(tmp_path: Path, samples: Path) -> Path:
    """A git repository with a team's folder, a shared one beside it, and secrets all around."""
    text = (samples / "quickstart" / "backup.yaml").read_text(encoding="utf-8")
    head, _, rest = text.partition("policies:")
    policies, _, tail = rest.partition("snapshotResourceGroups:")
    root = tmp_path / "repository"
    for folder in (".git", "team", "common", "others"):
        (root / folder).mkdir(parents=True)
    (root / "team" / "backup.yaml").write_text(
        head.replace("name: quickstart", "name: quickstart\ninclude: [../common]", 1)
        + "snapshotResourceGroups:"
        + tail,
        encoding="utf-8",
    )
    (root / "common" / "policies.yaml").write_text(f"apiVersion: reconciler/v1\npolicies:{policies}", encoding="utf-8")
    for place in (root / "others", root, tmp_path):
        (place / "secret.yaml").write_text("token: pl4nted", encoding="utf-8")
    return root


@promise(
    "Manifests are read only from the given path, and from inside its git repository where `include` names a file "
    "or folder there."
)
def test_nothing_else_is_opened(repository: Path) -> None:
    """The interpreter itself tells every file that was opened."""
    done = subprocess.run(
        [sys.executable, "-c", WATCHED, "validate", str(repository / "team")],
        cwd=repository / "others",
        env=environment(),
        capture_output=True,
        text=True,
        timeout=300,
        check=False,
    )
    code, opened = json.loads(done.stderr.splitlines()[-1])
    assert code == 0, done.stdout + done.stderr
    own = {str(path.resolve()) for path in (repository, *repository.parents)}
    ours = [name for name in opened if name.startswith(str(repository.parent.resolve()))]
    assert str(repository / "common" / "policies.yaml") in ours
    assert [name for name in ours if not name.startswith((str(repository / "team"), str(repository / "common")))] == []
    runtime = tuple(
        map(
            os.path.realpath,
            {sys.prefix, sys.base_prefix, environment()["PYTHONPATH"], "/usr", "/etc", "/proc", "/dev"},
        )
    )
    elsewhere = [name for name in opened if name not in ours and not name.startswith(runtime)]
    assert elsewhere == [], elsewhere
    assert not own & set(opened) - {str(repository / "team")}


def link(place: Path) -> None:
    (place / "team" / "out.yaml").symlink_to(place.parent / "secret.yaml")


def link_folder(place: Path) -> None:
    (place / "team" / "out").symlink_to(place / "others")


def pipe(place: Path) -> None:
    os.mkfifo(place / "team" / "pipe.yaml")


def device(place: Path) -> None:
    (place / "team" / "device.yaml").symlink_to("/dev/zero")


def including(name: str) -> Callable[[Path], None]:
    def change(place: Path) -> None:
        file = place / "team" / "backup.yaml"
        file.write_text(file.read_text(encoding="utf-8").replace("[../common]", f"[{name!r}]"), encoding="utf-8")

    return change


@promise("Symbolic links that lead outside, devices, absolute paths and URLs are refused.")
@pytest.mark.parametrize(
    "change",
    [
        link,
        link_folder,
        pipe,
        device,
        including("../../secret.yaml"),
        including("/etc/passwd"),
        including("/dev/zero"),
        including("~/secret.yaml"),
        including("https://example.com/x.yaml"),
        including("git@example.com:x.git"),
        including("file:///etc/passwd"),
    ],
)
def test_ways_out_are_refused(
    repository: Path, reconciler: Callable[..., tuple[int, str]], change: Callable[[Path], Any]
) -> None:
    assert reconciler("validate", repository / "team")[0] == 0
    change(repository)
    code, told = reconciler("validate", repository / "team")
    assert code == 1
    assert "error[" in told
    assert "pl4nted" not in told
    assert "root:" not in told
