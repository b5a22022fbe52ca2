"""Files are read with care: every one accounted for, none that may not be."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from reconciler.loading.files import load, read
from reconciler.model.errors import ManifestError, UsageError

HEAD = "apiVersion: reconciler/v1\n"
NAMED = HEAD + "name: x\n"
GROUP = HEAD + "snapshotResourceGroups: [{name: snapshots}]\n"


def _write(folder: Path, files: dict[str, str]) -> None:
    for name, text in files.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")


def test_a_folder_is_read_with_all_below_it(tmp_path: Path) -> None:
    _write(
        tmp_path,
        {
            "b.yaml": NAMED, "a/c.yml": HEAD, "a/D.YAML": HEAD, "azure.estate.yaml": "x", "b.Estate.YML": "x", ".hidden.yaml": "x", ".git/x.yaml": "x",
            "notes.txt": "x", "a/.terraform/y.yaml": "x",
        },
    )  # fmt: skip
    assert list(read(tmp_path).texts) == ["a/D.YAML", "a/c.yml", "b.yaml"]
    assert load(tmp_path).name == "x"


def test_one_file_is_a_manifest(tmp_path: Path) -> None:
    _write(tmp_path, {"b.yaml": NAMED, "c.yaml": "nothing: at all"})
    assert str(load(tmp_path / "b.yaml").place) == "b.yaml:2:7"


def test_what_is_not_there_is_told(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="does not exist"):
        load(tmp_path / "missing")
    with pytest.raises(UsageError, match="There is no manifest in"):
        load(tmp_path)


def test_links_may_not_leave_the_folder(tmp_path: Path) -> None:
    _write(tmp_path, {"outside/secret.yaml": HEAD, "inside/b.yaml": NAMED, "inside/deep/x.txt": GROUP})
    inside = tmp_path / "inside"
    (inside / "ok.yaml").symlink_to(inside / "deep" / "x.txt")
    assert list(load(inside).snapshot_groups) == ["snapshots"]
    (inside / "file.yaml").symlink_to(tmp_path / "outside" / "secret.yaml")
    (inside / "folder").symlink_to(tmp_path / "outside")
    (inside / "nowhere.yaml").symlink_to(tmp_path / "missing")
    with pytest.raises(ManifestError) as caught:
        load(inside)
    assert [str(finding.place) for finding in caught.value.findings] == [
        "file.yaml:1:1",
        "folder:1:1",
        "nowhere.yaml:1:1",
    ]
    assert {finding.code for finding in caught.value.findings} == {"file-refused"}


def test_pipes_and_devices_are_refused(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe.yaml")
    with pytest.raises(ManifestError) as caught:
        load(tmp_path)
    assert "not a regular file" in caught.value.findings[0].message
    for path in ("/dev/null", str(tmp_path / "pipe.yaml")):
        with pytest.raises(UsageError, match="not a regular file"):
            load(path)


def test_includes_stay_inside_the_repository(tmp_path: Path) -> None:
    _write(tmp_path, {"repository/team/b.yaml": NAMED + "include: [../common, ../one.yaml]\n"})
    _write(tmp_path, {"repository/common/g.yaml": GROUP, "repository/one.yaml": HEAD, "repository/.git/HEAD": ""})
    manifest = load(tmp_path / "repository" / "team")
    assert list(manifest.sources) == ["b.yaml", "../common/g.yaml", "../one.yaml"]
    (tmp_path / "repository" / ".git" / "HEAD").unlink()
    (tmp_path / "repository" / ".git").rmdir()
    with pytest.raises(ManifestError, match="2 errors") as caught:
        load(tmp_path / "repository" / "team")
    assert "is outside the repository" in caught.value.findings[0].message


def test_an_include_through_a_link_is_judged_by_where_it_leads(tmp_path: Path) -> None:
    _write(tmp_path, {"r/b.yaml": NAMED + "include: [.common]\n", "r/.git/HEAD": "", "else/g.yaml": GROUP})
    (tmp_path / "r" / ".common").symlink_to(tmp_path / "else")
    with pytest.raises(ManifestError) as caught:
        load(tmp_path / "r")
    assert [finding.code for finding in caught.value.findings] == ["include-refused"]


def test_an_included_pipe_is_refused(tmp_path: Path) -> None:
    _write(tmp_path, {"b.yaml": NAMED + "include: [.pipe]\n"})
    os.mkfifo(tmp_path / ".pipe")
    with pytest.raises(ManifestError) as caught:
        load(tmp_path)
    assert "not a regular file" in caught.value.findings[0].message


def test_the_quickstart_has_nothing_to_warn_about() -> None:
    sample = Path(__file__).parents[2] / "samples" / "quickstart" / "backup.yaml"
    manifest = load(sample)
    assert not manifest.warnings
    assert (len(manifest.vaults), len(manifest.policies), len(manifest.disks)) == (1, 1, 1)


def test_loading_imports_nothing_heavy() -> None:
    sample = Path(__file__).parents[2] / "samples" / "quickstart" / "backup.yaml"
    heavy = {"jsonschema", "azure", "asyncio", "rich", "isodate", "tzlocal", "difflib", "aiohttp", "deepdiff"}
    code = f"import sys; from reconciler.loading.files import load; load({str(sample)!r}); print(*sys.modules)"
    loaded = subprocess.run([sys.executable, "-c", code], check=True, capture_output=True, text=True).stdout.split()
    assert not heavy & {name.split(".")[0] for name in loaded}
