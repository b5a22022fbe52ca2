"""Ninety minutes of apply on identity tokens that live five minutes and access tokens that live ten."""

from __future__ import annotations

import json
import time
from base64 import urlsafe_b64decode, urlsafe_b64encode
from collections.abc import Callable
from typing import Any

import pytest
from arm import APPS, disk, disk_id, estate, group
from azure.mgmt.core.policies import AsyncARMChallengeAuthenticationPolicy
from manifests import manifest
from trial import Trial

from reconciler.azure.clouds import CLOUDS
from reconciler.azure.credentials import WAYS, credential
from reconciler.azure.inprocess import InProcessTransport
from reconciler.azure.signing import SignIn

MINUTE = 60.0
CLOUD = CLOUDS["AzureCloud"]
GITHUB = {
    "AZURE_CLIENT_ID": "application",
    "AZURE_TENANT_ID": "11111111-1111-1111-1111-111111111111",
    "ACTIONS_ID_TOKEN_REQUEST_URL": "https://token.actions.example/one",
    "ACTIONS_ID_TOKEN_REQUEST_TOKEN": "hush",
}
EXPIRED = "AADSTS700024: Client assertion is not within its valid time range."


def jwt(**claims: Any) -> str:
    parts = (json.dumps({"alg": "none"}), json.dumps(claims), "signature")
    return ".".join(urlsafe_b64encode(part.encode()).rstrip(b"=").decode() for part in parts)


def expiry(token: str) -> float:
    part = token.split(".")[1]
    return float(json.loads(urlsafe_b64decode(part + "=" * (-len(part) % 4)))["exp"])


class Issuer:
    """GitHub's token service and Entra's, on the trial's clock: neither takes anything that is too old."""

    def __init__(self, trial: Trial) -> None:
        self.trial = trial
        self.assertions: list[str] = []
        self.tokens: list[str] = []
        self.refused = 0
        self.accepts_until = float("inf")

    @property
    def now(self) -> float:
        return float(self.trial.sandbox.time().timestamp())

    async def exchange(self, _method: str, url: str, _headers: Any, body: Any) -> Any:
        status, said = self._github() if "actions.example" in url else self._entra(body["client_assertion"])
        return status, {"Content-Type": "application/json"}, json.dumps(said).encode()

    def _github(self) -> tuple[int, Any]:
        self.assertions.append(jwt(exp=self.now + 5 * MINUTE, number=len(self.assertions)))
        return 200, {"value": self.assertions[-1]}

    def _entra(self, assertion: str) -> tuple[int, Any]:
        if self.now >= min(self.accepts_until, expiry(assertion)):
            self.refused += 1
            return 401, {
                "error": "invalid_client",
                "error_description": f"{EXPIRED} Trace ID: 1",
                "error_codes": [700024],
            }
        self.tokens.append(jwt(exp=self.now + 10 * MINUTE, number=len(self.tokens)))
        return 200, {"token_type": "Bearer", "expires_in": 600, "access_token": self.tokens[-1]}

    def policy(self) -> Any:
        own = credential(GITHUB, CLOUD, transport=InProcessTransport(self.exchange))
        return AsyncARMChallengeAuthenticationPolicy(SignIn("github", WAYS["github"].shown, own), CLOUD.scope)  # type: ignore[arg-type]


def slow(_world: Any, _address: str, purpose: str, low: float, _high: float) -> float:
    """Writes that nearly exhaust the half hour which each may take."""
    return 28 * MINUTE if purpose.startswith("write") else low


DISKS = [f"disk{number:02}" for number in range(2)]


@pytest.fixture
def long(trials: Callable[..., Trial], monkeypatch: pytest.MonkeyPatch) -> tuple[Trial, Issuer]:
    """A vault, its roles and its instances that each take the better part of half an hour; one clock for all."""
    rows = [{"id": [disk_id(name) for name in DISKS], "vault": "TestBkpVault", "policy": "diskBkpPolicy"}]
    trial = trials(estate(group(APPS, "diskrg"), *map(disk, DISKS)), manifest(disks=rows))
    trial.switch(propagation="1740")
    monkeypatch.setattr("reconciler.sandbox.dataprotection.operations.between", slow)
    issuer = Issuer(trial)
    trial.token = issuer.policy
    monkeypatch.setattr(time, "time", lambda: issuer.now)
    handle = trial.weather.handle

    def strict(method: str, url: str, headers: Any, body: Any) -> Any:
        assert issuer.now < expiry(headers["Authorization"].partition(" ")[2]), "an expired token was sent"
        return handle(method, url, headers, body)

    monkeypatch.setattr(trial.weather, "handle", strict)
    return trial, issuer


def test_f21_an_apply_of_ninety_minutes_renews_its_tokens(long: Any) -> None:
    trial, issuer = long
    run = trial.apply()
    assert run.code == 0, run.text
    assert run.seconds >= 90 * MINUTE
    assert len(issuer.tokens) >= run.seconds // (10 * MINUTE)
    assert len(issuer.tokens) == len(set(issuer.tokens)) <= len(issuer.assertions)
    assert issuer.refused == 0


def test_f21_a_refused_renewal_ends_the_run_with_what_was_done(long: Any) -> None:
    trial, issuer = long
    issuer.accepts_until = issuer.now + 65 * MINUTE
    run = trial.apply()
    issuer.accepts_until = float("inf")
    assert run.code == 1
    assert run.seconds < 90 * MINUTE
    assert issuer.refused
    assert "GitHub Actions' identity token: " in run.text
    assert "AADSTS700024" in run.text
    assert "too old. Run it again" in run.text
    done = sum(row.status == "done" for row in run.outcome.results)
    assert 0 < done < len(run.outcome.results)
    assert f"{done} of {len(run.outcome.results)} done. Run apply again" in run.out
