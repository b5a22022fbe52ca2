"""What a newcomer types first: init, fmt, explain, completion."""

from __future__ import annotations

import json
import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest

Run = Callable[..., subprocess.CompletedProcess[str]]


def test_a_first_manifest_is_valid_and_knows_its_schema(command: Run, tmp_path: Path) -> None:
    folder = tmp_path / "Our Disks"
    done = command("init", str(folder), "--subscription", "11111111-1111-1111-1111-111111111111")
    assert done.returncode == 0, done.stderr
    text = (folder / "backup.yaml").read_text()
    assert text.startswith("# yaml-language-server: $schema=manifest.schema.json\n")
    assert "name: our-disks " in text
    assert json.loads((folder / "manifest.schema.json").read_text())["title"] == "reconciler manifest"
    assert command("validate", str(folder)).returncode == 0
    assert command("fmt", "--check", str(folder)).returncode == 0


def test_a_first_apply_says_what_cannot_be_undone_before_it_does(command: Run, tmp_path: Path) -> None:
    folder = tmp_path / "ours"
    assert command("init", str(folder), "--subscription", "11111111-1111-1111-1111-111111111111").returncode == 0
    estate = ("--sandbox", str(Path(__file__).parents[2] / "samples/quickstart/azure.estate.yaml"))
    closed = command("apply", str(folder), *estate, "--auto-approve")
    assert closed.returncode == 1
    assert "gate[irreversible]" in closed.stdout
    assert "softDelete.state permanently becomes AlwaysOn (soft delete can't be turned off again" in " ".join(
        closed.stdout.split()
    )
    assert "--accept-irreversible" in closed.stdout


def test_init_overwrites_nothing(command: Run, tmp_path: Path) -> None:
    (tmp_path / "backup.yaml").write_text("mine")
    done = command("init", str(tmp_path))
    assert (done.returncode, (tmp_path / "backup.yaml").read_text()) == (1, "mine")
    assert "already exists" in done.stderr


def test_init_refuses_what_would_be_no_manifest_and_leaves_nothing(command: Run, tmp_path: Path) -> None:
    done = command("init", str(tmp_path / "new"), "--subscription", "none")
    assert done.returncode == 1
    assert "invalid-value" in done.stderr
    assert not (tmp_path / "new").exists()


def test_fmt_says_what_it_changes_and_check_only_looks(command: Run, tmp_path: Path) -> None:
    file = tmp_path / "a.yaml"
    file.write_text("name: x\napiVersion:   reconciler/v1  # first\n")
    looked = command("fmt", "--check", str(tmp_path))
    assert (looked.returncode, looked.stdout) == (2, f"would change: {file.as_posix()}\n")
    assert command("fmt", str(tmp_path)).stdout == f"changed: {file.as_posix()}\n"
    assert file.read_text().splitlines()[0].split() == ["apiVersion:", "reconciler/v1", "#", "first"]
    assert command("fmt", "--check", str(tmp_path)).returncode == 0


def test_fmt_tells_the_place_of_broken_yaml(command: Run, tmp_path: Path) -> None:
    (tmp_path / "a.yaml").write_text("name: [x\n")
    done = command("fmt", str(tmp_path))
    assert done.returncode == 1
    assert "a.yaml:" in done.stderr
    assert "invalid-yaml" in done.stderr


@pytest.mark.parametrize(
    ("name", "said"),
    [
        ("claimed-twice", "Two selectors match the same disk"),
        ("policies.schedule.every", "Hours between two backups."),
        ("retention.default", "For how long every backup is kept."),
        ("weakens-protection", "--force weakens-protection"),
        ("stale-plan", "differs from the current plan"),
        ("unhealthy", "not protected as they should be"),
        ("drift-unhealthy", "not protected as they should be"),
        ("gate-resume-expires", "--force resume-expires=N"),
        ("apply-failed", "A change was not carried out."),
        ("requestdisallowedbypolicy", "for an exemption"),
    ],
)
def test_a_code_or_field_is_explained_offline(command: Run, name: str, said: str) -> None:
    done = command("explain", name)
    assert done.returncode == 0, done.stderr
    assert said in done.stdout


def test_what_nobody_knows_is_an_error_that_names_its_neighbours(command: Run) -> None:
    done = command("explain", "claimed-twise")
    assert done.returncode == 1
    assert "did you mean claimed-twice" in done.stderr


@pytest.mark.parametrize("shell", ["bash", "zsh", "fish", "powershell"])
def test_every_shell_gets_its_script(command: Run, shell: str) -> None:
    done = command("completion", shell)
    assert done.returncode == 0
    assert "_RECONCILER_COMPLETE" in done.stdout


def test_bash_completes_verbs_and_options(command: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("_RECONCILER_COMPLETE", "bash_complete")
    for words, expected in (("reconciler dr", "plain,drift"), ("reconciler plan --det", "plain,--detailed-exitcode")):
        monkeypatch.setenv("COMP_WORDS", words)
        monkeypatch.setenv("COMP_CWORD", str(len(words.split()) - 1))
        assert expected in command().stdout.split()
