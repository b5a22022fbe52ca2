"""The installed command signs in as in a job on GitHub, over TLS, with nothing but the environment that a job has."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import installed
import pytest
from aiohttp import web
from arm import APPS, PLATFORM, disk, estate, group
from manifests import manifest
from tokens import APPLICATION, REQUEST_TOKEN, TokenEndpoints

from reconciler.sandbox.sandbox import Sandbox
from reconciler.sandbox.server import Server


@pytest.fixture
def endpoints(tmp_path: Path) -> Iterator[TokenEndpoints]:
    """Token endpoints before a sandbox that takes their access tokens, and no others."""
    installed.put_files(tmp_path, manifest(), estate(group(APPS, "diskrg"), disk("PSTestDisk")))
    with Sandbox.open(tmp_path / installed.ESTATE, readonly=True) as sandbox:
        server = Server(sandbox)

        async def arm(request: web.Request) -> web.StreamResponse:
            return await server._answer(request)

        with TokenEndpoints(tmp_path, arm=arm) as opened:
            yield opened


def run(endpoints: TokenEndpoints, folder: Path, *arguments: str, **changed: str) -> Any:
    environment = {**endpoints.environment, **changed}
    return installed.run(folder, *arguments, "--arm-endpoint", f"https://{endpoints.address}", environment=environment)


def test_who_signs_in_by_githubs_identity_token(endpoints: TokenEndpoints, tmp_path: Path) -> None:
    done = run(endpoints, tmp_path, "whoami", "--format", "json")
    assert done.returncode == 0, done.stderr
    told = json.loads(done.stdout)
    assert (told["bearer"]["way"], told["bearer"]["client_id"]) == ("github", APPLICATION)
    assert [place["id"] for place in told["subscriptions"]] == [PLATFORM, APPS]
    assert (len(endpoints.assertions), len(endpoints.tokens), endpoints.refused) == (1, 1, {})


def test_a_refused_sign_in_is_explained_and_no_secret_told(endpoints: TokenEndpoints, tmp_path: Path) -> None:
    endpoints.refuses_from = 0
    done = run(endpoints, tmp_path, "plan", "backup.yaml")
    assert (done.returncode, done.stdout) == (1, "")
    assert "GitHub Actions' identity token: " in done.stderr
    assert "AADSTS700024" in done.stderr
    assert "hint: run it again: the identity token was too old" in done.stderr
    assert not [secret for secret in (REQUEST_TOKEN, *endpoints.assertions) if secret in done.stderr]


def test_an_endpoint_that_nobody_vouches_for_gets_no_token(endpoints: TokenEndpoints, tmp_path: Path) -> None:
    done = run(endpoints, tmp_path, "whoami", SSL_CERT_FILE="")
    assert done.returncode == 1
    assert "certificate verify failed" in done.stderr
    assert not endpoints.assertions
