from __future__ import annotations

import json
import subprocess
from collections.abc import Callable
from pathlib import Path

import jsonschema
import pytest

Run = Callable[..., subprocess.CompletedProcess[str]]
ROOT = Path(__file__).parents[2]
QUICKSTART = str(ROOT / "samples" / "quickstart")
BROKEN = "apiVersion: reconciler/v1\nname: x\nvaults:\n  - nam: TestBkpVault\n"


def test_a_valid_manifest_is_said_to_be_so_on_stdout(command: Run) -> None:
    done = command("validate", QUICKSTART)
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout == "The manifest quickstart is valid: 1 vault, 1 policy, 1 entry of disks.\n"


def test_problems_are_told_on_stderr_with_place_code_and_hint(command: Run, tmp_path: Path) -> None:
    (tmp_path / "folder").mkdir()
    (tmp_path / "folder" / "backup.yaml").write_text(BROKEN, encoding="utf-8")
    done = command("validate", "folder")
    assert (done.returncode, done.stdout) == (1, "")
    assert "error[unknown-key]: " in done.stderr
    assert " --> folder/backup.yaml:4:5\n" in done.stderr
    assert "4 |   - nam: TestBkpVault\n  |     ^^^\nhint: " in done.stderr


@pytest.mark.parametrize(("content", "valid"), [(None, True), (BROKEN, False), ("", False)])
def test_json_is_one_document_that_fits_its_schema(
    command: Run, tmp_path: Path, content: str | None, valid: bool
) -> None:
    path = QUICKSTART
    if content is not None:
        (tmp_path / "backup.yaml").write_text(content, encoding="utf-8")
        path = "backup.yaml"
    done = command("validate", path, "--format", "json")
    document = json.loads(done.stdout)
    schema = json.loads((ROOT / "schemas" / "validate.schema.json").read_text(encoding="utf-8"))
    jsonschema.Draft202012Validator(schema).validate(document)
    assert document["valid"] is valid
    assert done.returncode == (0 if valid else 1)
    assert not done.stderr


def test_a_missing_path_is_a_message_or_a_document(command: Run) -> None:
    done = command("validate", "nowhere")
    assert done.returncode == 1
    assert done.stderr.startswith("error[no-such-path]: nowhere does not exist\nhint: ")
    document = json.loads(command("validate", "nowhere", "--format", "json").stdout)
    assert document["findings"][0]["code"] == "no-such-path"
