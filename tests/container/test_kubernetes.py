"""The Kubernetes samples: as the API server would take them, as a careful cluster wants them, and as their pods run."""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
import yaml
from externals import program
from installed import environment

SAMPLES = Path(__file__).parents[2] / "samples"
FILES = sorted((SAMPLES / "kubernetes").glob("*.yaml"))
DOCUMENTS = [document for file in FILES for document in yaml.safe_load_all(file.read_text(encoding="utf-8"))]
PODS = {
    "drift": next(one for one in DOCUMENTS if one["kind"] == "CronJob")["spec"]["jobTemplate"]["spec"],
    "apply": next(one for one in DOCUMENTS if one["kind"] == "Job")["spec"],
}


@pytest.mark.external
@pytest.mark.parametrize("file", FILES, ids=lambda file: file.stem)
def test_the_api_server_would_take_it(file: Path) -> None:
    done = subprocess.run(
        [program("kubernetes-validate"), "--strict", str(file)], capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stdout + done.stderr


@pytest.mark.parametrize("name", PODS)
def test_its_pods_fit_the_restricted_standard(name: str) -> None:
    pod = PODS[name]["template"]["spec"]
    (container,) = pod["containers"]
    assert pod["securityContext"]["runAsNonRoot"] is True
    assert pod["securityContext"]["seccompProfile"] == {"type": "RuntimeDefault"}
    assert container["securityContext"] == {
        "allowPrivilegeEscalation": False,
        "readOnlyRootFilesystem": True,
        "capabilities": {"drop": ["ALL"]},
    }
    assert pod["automountServiceAccountToken"] is False
    assert {"requests", "limits"} == set(container["resources"])
    assert f"USER {pod['securityContext']['runAsUser']}:" in (SAMPLES.parent / "Dockerfile").read_text()


@pytest.mark.parametrize("name", PODS)
def test_its_pods_sign_in_as_the_service_account_without_a_secret(name: str) -> None:
    template = PODS[name]["template"]
    account = next(one for one in DOCUMENTS if one["kind"] == "ServiceAccount")
    assert template["metadata"]["labels"]["azure.workload.identity/use"] == "true"
    assert template["spec"]["serviceAccountName"] == account["metadata"]["name"]
    assert "azure.workload.identity/client-id" in account["metadata"]["annotations"]
    assert "env" not in template["spec"]["containers"][0]
    assert "ecret" not in json.dumps(template)


def test_runs_of_drift_never_overlap() -> None:
    assert next(one for one in DOCUMENTS if one["kind"] == "CronJob")["spec"]["concurrencyPolicy"] == "Forbid"


# What the pods do, on the sandbox


@pytest.fixture
def volume(tmp_path: Path) -> Path:
    """The platform team's manifest, in the form of a mounted ConfigMap: files are links into a hidden folder."""
    data = tmp_path / "manifest" / "..2026_01_01"
    data.mkdir(parents=True)
    (data.parent / "..data").symlink_to(data.name)
    files = [path for path in (SAMPLES / "platform-team").rglob("*.yaml") if not path.name.endswith(".estate.yaml")]
    for path in files:
        shutil.copy(path, data / path.name)
        (data.parent / path.name).symlink_to(f"..data/{path.name}")
    shutil.copy(SAMPLES / "platform-team" / "azure.estate.yaml", tmp_path)
    return data.parent


def ran(volume: Path, container: Any, **extra: str) -> subprocess.CompletedProcess[str]:
    """The container's own command, with the manifest's volume where it is mounted."""
    command = container.get("command") or [sys.executable, "-m", "reconciler", *container["args"]]
    command = [word.replace("/srv/manifest", str(volume)).replace("exec reconciler", "exec $TOOL") for word in command]
    said = {"TOOL": f"{sys.executable} -m reconciler", "RECONCILER_SANDBOX": str(volume.parent / "azure.estate.yaml")}
    return subprocess.run(
        command, env=environment({**said, **extra}), capture_output=True, text=True, timeout=300, check=False
    )


def test_the_shards_apply_and_then_drift_is_clean(volume: Path) -> None:
    drift, job = PODS["drift"]["template"]["spec"]["containers"][0], PODS["apply"]
    assert job["completionMode"] == "Indexed"
    container = job["template"]["spec"]["containers"][0]
    for index in range(job["completions"]):
        done = ran(volume, container, JOB_COMPLETION_INDEX=str(index))
        assert done.returncode == 0, done.stdout + done.stderr
    done = ran(volume, drift)
    assert done.returncode == 0, done.stdout + done.stderr


def test_without_the_sandbox_the_pods_take_the_token_file_that_the_cluster_mounts() -> None:
    from reconciler.azure.sign_in.credentials import choice

    names = ("AZURE_CLIENT_ID", "AZURE_TENANT_ID", "AZURE_FEDERATED_TOKEN_FILE", "AZURE_AUTHORITY_HOST")
    assert choice(dict.fromkeys(names, "injected")) == "token-file"
