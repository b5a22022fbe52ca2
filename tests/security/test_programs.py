"""What the security model says of the program that a drill runs."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

import pytest
from promises import promise

from reconciler.applying.verifying import INHERITED, environment
from reconciler.loading.files import load
from reconciler.model import addresses
from reconciler.model.errors import ManifestError
from reconciler.model.ids import ArmId
from reconciler.model.results.trial import Trial

HOSTILE = "$(touch pwned); `touch pwned` && ../../x"
SECRETS = dict.fromkeys(("AZURE_CLIENT_SECRET", "AZURE_FEDERATED_TOKEN_FILE", "RECONCILER_ARM_TOKEN", "ACTIONS_ID_TOKEN_REQUEST_TOKEN", "GITHUB_TOKEN", "SYSTEM_ACCESSTOKEN", "CI_JOB_TOKEN", "AWS_SECRET_ACCESS_KEY", "RECONCILER_NOTIFY", "HTTPS_PROXY", "SSH_AUTH_SOCK", "LD_PRELOAD", "PYTHONPATH", "BASH_ENV"), "s3cret-value")  # fmt: skip


@promise(
    "Only `drill` runs a program that the manifest names (`verify`), and only files directly in the manifest's folder can "
    "name one."
)
def test_no_subfolder_names_a_program(tmp_path: Path) -> None:
    (tmp_path / "teams").mkdir()
    (tmp_path / "a.yaml").write_text("apiVersion: reconciler/v1\nname: x\n")
    text = (
        "apiVersion: reconciler/v1\ndrills: [{name: d, targetResourceGroup: rg, verify: {command: [touch, pwned]}}]\n"
    )
    (tmp_path / "teams" / "b.yaml").write_text(text)
    with pytest.raises(ManifestError) as raised:
        load(tmp_path)
    assert [one.code for one in raised.value.findings] == ["verify-elsewhere"]
    (tmp_path / "teams" / "b.yaml").rename(tmp_path / "b.yaml")
    assert load(tmp_path).drills[0].verify


@promise(
    "That program is started without a shell, gets no text from Azure as an argument, and inherits no credential from the "
    "environment."
)
def test_the_environment_is_all_that_it_learns() -> None:
    disk = ArmId(f"/subscriptions/s/resourceGroups/rg/providers/Microsoft.Compute/disks/{HOSTILE.replace('/', '')}")
    trial = Trial(addresses.drill("monthly", disk), disk, disk, "2026", disk, datetime.now(UTC), ("./check.sh",))
    found = environment(trial, 4, {"PATH": "/bin", "HOME": "/root", **SECRETS})
    assert not set(found) & set(SECRETS)
    assert not set(INHERITED) & set(SECRETS)
    assert {key for key in found if not key.startswith("RECONCILER_")} == {"PATH", "HOME"}
    assert found["RECONCILER_SOURCE_ID"] == disk.text
