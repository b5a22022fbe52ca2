"""Federation that a CI system offers in part is told as what is missing, and never replaced in silence (E5)."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import installed
import pytest
from manifests import manifest

from reconciler.azure.sign_in.credentials import choice
from reconciler.azure.sign_in.offers import lacking

APPLICATION = {"AZURE_CLIENT_ID": "c", "AZURE_TENANT_ID": "11111111-1111-1111-1111-111111111111"}
GITHUB = {"GITHUB_ACTIONS": "true"}
REQUEST = {"ACTIONS_ID_TOKEN_REQUEST_URL": "https://gh/token", "ACTIONS_ID_TOKEN_REQUEST_TOKEN": "hush"}
PIPELINES = {
    "TF_BUILD": "True",
    "SYSTEM_OIDCREQUESTURI": "https://dev/oidc",
    "AZURESUBSCRIPTION_SERVICE_CONNECTION_ID": "s",
    "AZURESUBSCRIPTION_CLIENT_ID": "c",
    "AZURESUBSCRIPTION_TENANT_ID": "t",
}
GITLAB = {"GITLAB_CI": "true"}
PERMISSION = "ACTIONS_ID_TOKEN_REQUEST_URL is not set (give the job `permissions: id-token: write`)"
MAPPED = "(map it in the step: `env: {SYSTEM_ACCESSTOKEN: $(System.AccessToken)}`)"
ID_TOKEN = "(list AZURE_ID_TOKEN in the job's `id_tokens`, with `aud: api://AzureADTokenExchange`)"  # noqa: S105 - advice


@pytest.mark.parametrize(
    ("environment", "where", "missing"),
    [
        ({**GITHUB, **APPLICATION}, "GitHub Actions", [PERMISSION]),
        ({**GITHUB, **REQUEST, **APPLICATION, "AZURE_CLIENT_ID": ""}, "GitHub Actions", ["AZURE_CLIENT_ID is empty"]),
        ({**GITHUB, **REQUEST, "AZURE_CLIENT_ID": "c"}, "GitHub Actions", ["AZURE_TENANT_ID is not set"]),
        (GITHUB, "GitHub Actions", [PERMISSION, "AZURE_CLIENT_ID is not set", "AZURE_TENANT_ID is not set"]),
        ({**GITHUB, **APPLICATION, "AZURE_CLIENT_SECRET": ""}, "GitHub Actions", [PERMISSION, "AZURE_CLIENT_SECRET is empty"]),
        (PIPELINES, "Azure Pipelines", [f"SYSTEM_ACCESSTOKEN is not set {MAPPED}"]),
        ({**PIPELINES, "SYSTEM_ACCESSTOKEN": ""}, "Azure Pipelines", [f"SYSTEM_ACCESSTOKEN is empty {MAPPED}"]),
        (
            {**PIPELINES, "SYSTEM_ACCESSTOKEN": "$(System.AccessTokn)"},
            "Azure Pipelines",
            [f"SYSTEM_ACCESSTOKEN still is `$(System.AccessTokn)`: that variable has no value {MAPPED}"],
        ),
        (
            {**PIPELINES, "SYSTEM_ACCESSTOKEN": "hush", "AZURESUBSCRIPTION_SERVICE_CONNECTION_ID": ""},
            "Azure Pipelines",
            ["AZURESUBSCRIPTION_SERVICE_CONNECTION_ID is empty and AZURE_SERVICE_CONNECTION_ID is not set"],
        ),
        ({name: text for name, text in PIPELINES.items() if name != "TF_BUILD"}, "Azure Pipelines", [f"SYSTEM_ACCESSTOKEN is not set {MAPPED}"]),
        (REQUEST, "GitHub Actions", ["AZURE_CLIENT_ID is not set", "AZURE_TENANT_ID is not set"]),
        ({**GITLAB, **APPLICATION}, "GitLab CI", [f"AZURE_ID_TOKEN is not set {ID_TOKEN}"]),
        ({**GITLAB, **APPLICATION, "AZURE_ID_TOKEN": " "}, "GitLab CI", [f"AZURE_ID_TOKEN is empty {ID_TOKEN}", "AZURE_ID_TOKEN is empty"]),
        ({**GITLAB, "AZURE_ID_TOKEN": "t"}, "GitLab CI", ["AZURE_CLIENT_ID is not set", "AZURE_TENANT_ID is not set"]),
        ({**APPLICATION, "AZURE_CLIENT_SECRET": ""}, "", ["AZURE_CLIENT_SECRET is empty"]),
        ({**APPLICATION, "AZURE_CLIENT_SECRET": "${AZURE_SECRET}"}, "", ["AZURE_CLIENT_SECRET still is `${AZURE_SECRET}`: that variable has no value"]),
        ({"AZURE_FEDERATED_TOKEN_FILE": "/t", "AZURE_TENANT_ID": "t"}, "", ["AZURE_CLIENT_ID is not set"]),
        ({"AZURE_CLIENT_CERTIFICATE_PATH": "/c", "AZURE_CLIENT_ID": "c", "AZURE_TENANT_ID": ""}, "", ["AZURE_TENANT_ID is empty"]),
    ],
)  # fmt: skip
def test_what_is_missing(environment: Mapping[str, str], where: str, missing: list[str]) -> None:
    assert choice(environment) == "default"
    assert lacking(environment) == (f" from {where}" if where else "", missing)


@pytest.mark.parametrize(
    "environment",
    [
        {},
        {"CI": "true"},
        {"AZURE_CLIENT_ID": "of-a-managed-identity"},
        APPLICATION,
        {"AZURE_CLIENT_ID": "", "AZURE_TENANT_ID": "", "AZURE_CLIENT_SECRET": ""},
        {"GITHUB_ACTIONS": "false"},
    ],
)
def test_where_no_way_was_meant_the_default_chain_is_taken(environment: Mapping[str, str]) -> None:
    assert choice(environment) == "default"
    assert lacking(environment) == ("", [])


@pytest.mark.parametrize(
    ("environment", "way"),
    [
        ({**GITHUB, **REQUEST, **APPLICATION}, "github"),
        ({**PIPELINES, "SYSTEM_ACCESSTOKEN": "t"}, "azure-pipelines"),
        ({**GITLAB, **APPLICATION, "AZURE_ID_TOKEN": "t"}, "token-variable"),
        ({**GITHUB, **APPLICATION, "AZURE_CLIENT_SECRET": "s\n"}, "client-secret"),
        ({**GITHUB, "AZURE_TOKEN_CREDENTIALS": "AzureCliCredential"}, "pinned"),
        ({**GITHUB, "IDENTITY_ENDPOINT": "http://127.0.0.1"}, "managed-identity"),
    ],
)
def test_what_is_offered_in_full_is_taken_there_too(environment: Mapping[str, str], way: str) -> None:
    assert choice(environment) == way


@pytest.mark.parametrize(
    ("environment", "told"),
    [
        ({**GITHUB, **APPLICATION}, f"Could not sign in from GitHub Actions: {PERMISSION}."),
        (PIPELINES, f"Could not sign in from Azure Pipelines: SYSTEM_ACCESSTOKEN is not set {MAPPED}."),
        ({**GITLAB, **APPLICATION}, f"Could not sign in from GitLab CI: AZURE_ID_TOKEN is not set {ID_TOKEN}."),
        ({**APPLICATION, "AZURE_CLIENT_SECRET": ""}, "Could not sign in: AZURE_CLIENT_SECRET is empty."),
    ],
)
def test_the_command_says_so_and_asks_nobody_else(tmp_path: Path, environment: dict[str, str], told: str) -> None:
    installed.put_files(tmp_path, manifest())
    (tmp_path / "bin").mkdir()
    az = tmp_path / "bin" / "az"
    az.write_text(f"#!/bin/sh\ntouch '{tmp_path}/asked'\n")
    az.chmod(0o755)
    done = installed.run(tmp_path, "plan", "backup.yaml", environment={**environment, "PATH": str(az.parent)})
    assert (done.returncode, done.stdout) == (1, "")
    assert f"error[no-token]: {told}\n" in done.stderr
    assert "AZURE_TOKEN_CREDENTIALS" in done.stderr
    assert "az login`, or set up" not in done.stderr
    assert not (tmp_path / "asked").exists()
