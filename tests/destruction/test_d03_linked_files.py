"""Nothing that lies in a manifest's folder is skipped in silence: links are followed within bounds, or refused."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import pytest
from arm import disk, estate
from installed import ESTATE, run
from manifests import manifest
from stage import as_yaml

DISKS = [f"data-{number}" for number in range(5)]


def team(names: list[str]) -> str:
    """A file that declares disks, as a team would write it."""
    first = manifest()["disks"][0]
    return as_yaml(
        {
            "apiVersion": "reconciler/v1",
            "disks": [first | {"id": first["id"].replace("PSTestDisk", name)} for name in names],
        }
    )


def put(path: Path, text: str) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text, encoding="utf-8")
    return path


def declared(folder: Path, path: str = "estate") -> list[str]:
    """The names of the disks that a plan of the folder protects."""
    put(folder / ESTATE, json.dumps(estate([disk(name) for name in DISKS])))
    done = run(folder, "plan", path, "--sandbox", ESTATE, "--format", "json")
    assert done.returncode == 0, done.stderr
    changes = json.loads(done.stdout)["changes"]
    return sorted(change["address"].rsplit("/", 1)[-1] for change in changes if change["kind"] == "disk")


def refused(folder: Path, name: str, path: str = "estate") -> None:
    done = run(folder, "validate", path)
    assert (done.returncode, "file-refused" in done.stdout + done.stderr) == (1, True), done.stdout + done.stderr
    assert name in done.stdout + done.stderr


@pytest.fixture
def root(tmp_path: Path) -> Path:
    """A folder with a manifest that names no disk yet."""
    said = {key: value for key, value in manifest().items() if key != "disks"}
    put(tmp_path / "estate" / "main.yaml", as_yaml(said))
    return tmp_path


def test_a_mounted_config_map_with_folders_is_read_whole(root: Path) -> None:
    """Kubernetes mounts `items[].path: team/disks.yaml` as a link `team` into a hidden folder."""
    put(root / "estate" / "..2026_11_29" / "team" / "disks.yaml", team(DISKS))
    (root / "estate" / "..data").symlink_to("..2026_11_29")
    (root / "estate" / "team").symlink_to("..data/team")
    assert declared(root) == DISKS


def test_a_link_in_a_linked_folder_is_followed_too(root: Path) -> None:
    put(root / "estate" / ".store" / "a" / "disks.yaml", team(DISKS[:2]))
    put(root / "estate" / ".store" / "b" / "deep" / "disks.yaml", team(DISKS[2:]))
    (root / "estate" / ".store" / "a" / "more").symlink_to("../b")
    (root / "estate" / "teams").symlink_to(".store/a")
    assert declared(root) == DISKS


def test_what_is_linked_twice_or_in_a_circle_is_read_once(root: Path) -> None:
    put(root / "estate" / "team" / "disks.yaml", team(DISKS))
    (root / "estate" / "again").symlink_to("team")
    (root / "estate" / "team" / "up").symlink_to("..")
    assert declared(root) == DISKS


def test_an_included_folder_may_link_within_the_repository(root: Path) -> None:
    (root / ".git").mkdir()
    put(root / "shared" / "disks.yaml", team(DISKS))
    (root / "common").mkdir()
    (root / "common" / "team").symlink_to("../shared")
    said = {key: value for key, value in manifest(include=["../common"]).items() if key != "disks"}
    put(root / "estate" / "main.yaml", as_yaml(said))
    assert declared(root) == DISKS


@pytest.mark.parametrize("name", ["team", "disks.yaml", "teams.d"])
@pytest.mark.parametrize("leads", [lambda link: link.symlink_to("nowhere"), lambda link: link.symlink_to(link.name)])
def test_a_link_that_leads_nowhere_is_refused(root: Path, name: str, leads: Callable[[Path], None]) -> None:
    leads(root / "estate" / name)
    refused(root, name)


def test_a_linked_folder_outside_is_refused(root: Path) -> None:
    put(root / "elsewhere" / "disks.yaml", team(DISKS))
    put(root / "estate" / ".store" / "disks.yaml", team(DISKS[:1]))
    (root / "estate" / ".store" / "out").symlink_to("../../elsewhere")
    (root / "estate" / "team").symlink_to(".store")
    refused(root, "team/out")


def test_the_hidden_and_the_estate_stay_left_out(root: Path) -> None:
    put(root / "estate" / "disks.yaml", team(DISKS))
    (root / "estate" / ".later").symlink_to("nowhere")
    (root / "estate" / "azure.estate.yaml").symlink_to("nowhere")
    assert declared(root) == DISKS
