from __future__ import annotations

import io
import json
import urllib.request
from typing import Any

import pytest
from azure.core.exceptions import ClientAuthenticationError

from reconciler.azure.credentials import choice, credential, github_assertion

APPLICATION = {"AZURE_CLIENT_ID": "c", "AZURE_TENANT_ID": "11111111-1111-1111-1111-111111111111"}
GITHUB = {"ACTIONS_ID_TOKEN_REQUEST_URL": "https://gh/token?x=1", "ACTIONS_ID_TOKEN_REQUEST_TOKEN": "hush"}
PIPELINE = {
    "SYSTEM_OIDCREQUESTURI": "https://dev/oidc",
    "SYSTEM_ACCESSTOKEN": "hush",
    "AZURESUBSCRIPTION_SERVICE_CONNECTION_ID": "s",
    "AZURESUBSCRIPTION_TENANT_ID": APPLICATION["AZURE_TENANT_ID"],
    "AZURESUBSCRIPTION_CLIENT_ID": "c",
}
FILE = {"AZURE_FEDERATED_TOKEN_FILE": "/token"}


@pytest.mark.parametrize(
    ("environment", "way"),
    [
        ({}, "default"),
        ({**GITHUB, **APPLICATION}, "github"),
        (GITHUB, "default"),
        ({**FILE, **APPLICATION}, "workload-identity"),
        ({**GITHUB, **FILE, **APPLICATION}, "github"),
        (PIPELINE, "azure-pipelines"),
        ({**PIPELINE, "SYSTEM_ACCESSTOKEN": ""}, "default"),
        ({"IDENTITY_ENDPOINT": "http://x"}, "managed-identity"),
        ({**GITHUB, **APPLICATION, "AZURE_TOKEN_CREDENTIALS": "prod"}, "default"),
        ({**APPLICATION, "AZURE_CLIENT_SECRET": "s", **GITHUB}, "default"),
    ],
)
def test_federation_comes_first_and_only_when_it_is_complete(environment: Any, way: str) -> None:
    assert choice(environment) == way


@pytest.mark.parametrize(
    ("environment", "kind"),
    [
        ({**GITHUB, **APPLICATION}, "ClientAssertionCredential"),
        ({**FILE, **APPLICATION}, "WorkloadIdentityCredential"),
        (PIPELINE, "AzurePipelinesCredential"),
        ({"IDENTITY_ENDPOINT": "http://x", "IDENTITY_HEADER": "h"}, "ManagedIdentityCredential"),
        ({}, "DefaultAzureCredential"),
    ],
)
def test_each_way_is_azure_identity_s_own(environment: Any, kind: str, monkeypatch: Any) -> None:
    monkeypatch.delenv("IDENTITY_ENDPOINT", raising=False)
    assert type(credential(environment, authority="login.microsoftonline.us")).__name__ == kind


def test_f21_github_is_asked_for_a_fresh_token_each_time(monkeypatch: Any) -> None:
    asked = []

    def urlopen(request: Any, timeout: Any) -> Any:
        asked.append((request.full_url, request.headers["Authorization"], timeout))
        return io.BytesIO(json.dumps({"value": f"token-{len(asked)}"}).encode())

    monkeypatch.setattr(urllib.request, "urlopen", urlopen)
    fetch = github_assertion(GITHUB)
    assert [fetch(), fetch()] == ["token-1", "token-2"]
    assert asked[0] == ("https://gh/token?x=1&audience=api%3A%2F%2FAzureADTokenExchange", "Bearer hush", 10.0)


@pytest.mark.parametrize("answer", [OSError("down"), b"<html>", b"{}"])
def test_a_github_that_gives_no_token_is_explained_without_a_secret(monkeypatch: Any, answer: Any) -> None:
    def urlopen(_request: Any, timeout: Any) -> Any:
        if isinstance(answer, OSError):
            raise answer
        return io.BytesIO(answer)

    monkeypatch.setattr(urllib.request, "urlopen", urlopen)
    with pytest.raises(ClientAuthenticationError, match="id-token: write") as raised:
        github_assertion(GITHUB)()
    assert "hush" not in str(raised.value)


def test_the_request_token_is_never_sent_in_the_open() -> None:
    with pytest.raises(ClientAuthenticationError, match="https"):
        github_assertion({**GITHUB, "ACTIONS_ID_TOKEN_REQUEST_URL": "http://gh/token"})()
