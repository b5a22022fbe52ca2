"""Two manifests of one name on one vault: neither ends what the other protects."""

from __future__ import annotations

import json
import subprocess
from hashlib import sha256
from itertools import permutations
from pathlib import Path
from typing import Any

import pytest
from arm import disk, disk_id, estate
from installed import ESTATE, Done, put_files, run
from manifests import manifest

from reconciler.loading.source import place_of, same_places, sources_of

HTTPS = "https://github.com/example/infra.git"
VAULT = "*/backupVaults/TestBkpVault"


def said(*names: str) -> dict[str, Any]:
    first = manifest()["disks"][0]
    return manifest(disks=[{**first, "id": disk_id(name)} for name in names])


def checkout(folder: Path, remote: str | None, *names: str) -> Path:
    """A git repository with a manifest of these disks; its remote is `remote` (None: it is no repository)."""
    folder.mkdir(exist_ok=True)
    put_files(folder, said(*names))
    if remote is not None and not (folder / ".git").exists():
        subprocess.run(["git", "init", "--quiet"], cwd=folder, check=True)
    if remote:
        subprocess.run(["git", "config", "remote.origin.url", remote], cwd=folder, check=True)
    return folder


@pytest.fixture
def azure(tmp_path: Path) -> Path:
    """The estate file, which all checkouts use."""
    path = tmp_path / ESTATE
    path.write_text(json.dumps(estate(disk("one"), disk("two"))), encoding="utf-8")
    return path


def apply(folder: Path, azure: Path, *arguments: str) -> Done:
    return run(folder, "apply", "backup.yaml", "--sandbox", str(azure), "--auto-approve", *arguments)


def tags(azure: Path) -> dict[str, str]:
    shown = json.loads(run(azure.parent, "sandbox", "show", ESTATE, VAULT).stdout)
    return dict((shown[0] if isinstance(shown, list) else shown)["tags"])


def refused(done: Done) -> None:
    assert (done.returncode, "two-sources" in done.stderr + done.stdout) == (1, True), done.stderr


def test_the_prune_of_one_leaves_the_disks_of_the_other_alone(tmp_path: Path, azure: Path) -> None:
    ours = checkout(tmp_path / "ours", HTTPS, "one")
    theirs = checkout(tmp_path / "theirs", "https://github.com/example/other.git", "two")
    assert apply(ours, azure).returncode == 0
    assert len(tags(azure)["reconciler-source"]) == 8
    assert apply(theirs, azure).returncode == 0, "what ends nothing is not refused"
    before = tags(azure)
    refused(apply(theirs, azure, "--prune"))
    assert "ProtectionStopped" not in run(tmp_path, "sandbox", "show", ESTATE, "*/backupInstances/*").stdout
    assert apply(ours, azure).returncode == 0
    assert tags(azure)["reconciler-source"] == before["reconciler-source"], "the mark is ours"
    drifted = run(ours, "drift", "backup.yaml", "--sandbox", str(azure), "--format", "json")
    assert {one["code"] for one in json.loads(drifted.stdout)["findings"]} >= {"orphan"}


@pytest.mark.parametrize("folder", ["prod", "test"])
def test_two_folders_of_one_repository_are_two_sources(tmp_path: Path, azure: Path, folder: str) -> None:
    top = checkout(tmp_path / "repository", HTTPS, "one")
    inner = checkout(top / folder, None, "two")
    assert apply(top, azure).returncode == 0
    refused(apply(inner, azure, "--prune"))


def test_one_repository_is_one_source_however_it_was_cloned(tmp_path: Path, azure: Path) -> None:
    ours = checkout(tmp_path / "ours", HTTPS, "one", "two")
    assert apply(ours, azure).returncode == 0
    again = checkout(tmp_path / "again", "git@github.com:example/infra.git", "one")
    assert apply(again, azure, "--prune").returncode == 0


FORMS = (
    "git@ssh.dev.azure.com:v3/Org/Our%20Project/infra",
    "https://dev.azure.com/org/Our%20Project/_git/infra",
    "https://org@dev.azure.com/org/Our%20Project/_git/infra",
    "https://org.visualstudio.com/Our%20Project/_git/infra",
    "https://org.visualstudio.com/DefaultCollection/our%20project/_git/infra",
    "org@vs-ssh.visualstudio.com:v3/org/Our Project/infra",
    "ssh://git@ssh.dev.azure.com:22/v3/org/Our%20Project/infra",
)
SHORT = (
    "https://dev.azure.com/org/_git/infra",
    "https://org.visualstudio.com/_git/infra",
    "https://org.visualstudio.com/DefaultCollection/_git/infra",
    "https://dev.azure.com/org/infra/_git/infra",
    "git@ssh.dev.azure.com:v3/org/infra/infra",
)
ELSEWHERE = (
    "https://dev.azure.com/other/Our%20Project/_git/infra",
    "https://dev.azure.com/org/other/_git/infra",
    "git@ssh.dev.azure.com:v3/org/Our%20Project/other",
    "https://org.visualstudio.com/_git/infra",
    "https://dev.azure.com.example.com/org/Our%20Project/_git/infra",
    "https://github.com/org/Our%20Project/_git/infra",
)


@pytest.mark.parametrize(("one", "other"), [*permutations(FORMS, 2), *permutations(SHORT, 2)])
def test_a_repository_of_azure_devops_is_one_however_it_is_written(tmp_path: Path, one: str, other: str) -> None:
    ours, theirs = (sources_of(checkout(tmp_path / "ours", remote, "one")) for remote in (one, other))
    assert ours[0] in theirs
    assert theirs[0] in ours


@pytest.mark.parametrize("other", ELSEWHERE)
@pytest.mark.parametrize("one", FORMS)
def test_another_repository_of_azure_devops_is_another_source(tmp_path: Path, one: str, other: str) -> None:
    ours, theirs = (sources_of(checkout(tmp_path / "ours", remote, "one")) for remote in (one, other))
    assert {*ours}.isdisjoint(theirs)


@pytest.mark.parametrize("ours", FORMS[:4])
def test_a_laptop_and_a_pipeline_close_no_gate_against_each_other(tmp_path: Path, azure: Path, ours: str) -> None:
    """What is written stays as it is; with `--adopt` too, or each would write its own again."""
    assert apply(checkout(tmp_path / "ours", ours, "one", "two"), azure).returncode == 0
    before = tags(azure)["reconciler-source"]
    assert before == sha256(f"{place_of(ours)}|.".encode()).hexdigest()[:8]
    for remote in ELSEWHERE[:3]:
        refused(apply(checkout(tmp_path / "elsewhere", remote, "one"), azure, "--prune"))
    for arguments in ("--adopt", "--prune"):
        again = checkout(tmp_path / "again", FORMS[FORMS.index(ours) - 1], "one")
        done = apply(again, azure, arguments)
        assert (done.returncode, tags(azure)["reconciler-source"]) == (0, before), done.stderr


@pytest.mark.parametrize(
    "place", ["github.com/a/b", "vs-ssh.visualstudio.com/p/_ssh/r", "dev.azure.com/org/p/_git/r/x"]
)
def test_other_hosts_have_no_other_forms(place: str) -> None:
    assert [*same_places(place)] == []


def test_adopt_takes_the_vault_over(tmp_path: Path, azure: Path) -> None:
    ours = checkout(tmp_path / "ours", HTTPS, "one", "two")
    moved = checkout(tmp_path / "moved", "https://github.com/example/moved", "one")
    assert apply(ours, azure).returncode == 0
    before = tags(azure)["reconciler-source"]
    refused(apply(moved, azure, "--prune"))
    done = apply(moved, azure, "--adopt")
    assert done.returncode == 0, done.stderr
    assert tags(azure)["reconciler-source"] not in ("", before)
    assert apply(moved, azure, "--prune").returncode == 0


@pytest.mark.parametrize("remote", [None, "", "/srv/git/infra.git", "file:///srv/git/infra.git"])
def test_outside_git_nothing_is_marked_and_nothing_checked(tmp_path: Path, azure: Path, remote: str | None) -> None:
    ours = checkout(tmp_path / "ours", remote, "one", "two")
    assert apply(ours, azure).returncode == 0
    assert "reconciler-source" not in tags(azure)
    assert apply(checkout(tmp_path / "ours", remote, "one"), azure, "--prune").returncode == 0


def test_an_absent_mark_is_not_checked_and_is_no_reason_to_write(tmp_path: Path, azure: Path) -> None:
    ours = checkout(tmp_path / "ours", "", "one", "two")
    assert apply(ours, azure).returncode == 0
    theirs = checkout(tmp_path / "theirs", HTTPS, "one", "two")
    plan = run(theirs, "plan", "backup.yaml", "--sandbox", str(azure), "--detailed-exitcode")
    assert plan.returncode == 0, plan.stdout
    assert apply(checkout(tmp_path / "theirs", HTTPS, "one"), azure, "--prune").returncode == 0
    assert "reconciler-source" in tags(azure)


@pytest.mark.parametrize(
    ("remote", "place"),
    [
        ("https://user:secret@GitHub.com/Example/infra.git", "github.com/example/infra"),
        ("ssh://git@github.com:22/example/infra", "github.com/example/infra"),
        ("git@github.com:example/infra.git", "github.com/example/infra"),
        ("github.com:example/infra/", "github.com/example/infra"),
        ("https://dev.azure.com/org/project/_git/infra", "dev.azure.com/org/project/_git/infra"),
        ("C:\\git\\infra", ""),
        ("../infra.git", ""),
        ("file:///srv/infra.git", ""),
        ("", ""),
    ],
)
def test_what_a_remote_says_of_its_place(remote: str, place: str) -> None:
    assert place_of(remote) == place
