"""Ninety minutes of apply on identity tokens that live five minutes and access tokens that live ten.

The token endpoints are real ones, over TLS on loopback, on the trial's clock; everything from the sign-in's choice to
the socket is the tool's and azure-identity's own code. (Its asynchronous credentials never ask a public host whether an
authority is genuine, so there is no instance discovery to switch off.)
"""

from __future__ import annotations

import ssl
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from arm import APPS, disk, disk_id, estate, group
from azure.mgmt.core.policies import AsyncARMChallengeAuthenticationPolicy
from manifests import manifest
from tokens import ACCESS_LIFE, MINUTE, TokenEndpoints, said
from trial import Trial

from reconciler.azure.clouds import CLOUDS

CLOUD = CLOUDS["AzureCloud"]
DISKS = [f"disk{number:02}" for number in range(2)]


def slow(_world: Any, _address: str, purpose: str, low: float, _high: float) -> float:
    """Writes that nearly exhaust the half hour which each may take."""
    return 28 * MINUTE if purpose.startswith("write") else low


@pytest.fixture
def endpoints(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[TokenEndpoints]:
    with TokenEndpoints(tmp_path) as opened:
        monkeypatch.setenv("SSL_CERT_FILE", str(opened.authority))
        # aiohttp read the variable when it was imported, as a new process would now
        monkeypatch.setattr("aiohttp.connector._SSL_CONTEXT_VERIFIED", ssl.create_default_context())
        yield opened


@pytest.fixture
def long(endpoints: TokenEndpoints, trials: Callable[..., Trial], monkeypatch: pytest.MonkeyPatch) -> Trial:
    """A vault, its roles and its instances that each take the better part of half an hour; one clock for all."""
    rows = [{"id": [disk_id(name) for name in DISKS], "vault": "TestBkpVault", "policy": "diskBkpPolicy"}]
    trial = trials(estate(group(APPS, "diskrg"), *map(disk, DISKS)), manifest(disks=rows))
    trial.switch(propagation="1740")
    monkeypatch.setattr("reconciler.sandbox.dataprotection.operations.between", slow)
    trial.token = lambda: AsyncARMChallengeAuthenticationPolicy(endpoints.sign_in(), CLOUD.scope)  # type: ignore[arg-type]
    endpoints.now = lambda: float(trial.sandbox.time().timestamp())
    monkeypatch.setattr(time, "time", endpoints.now)
    handle = trial.weather.handle

    def strict(method: str, url: str, headers: Any, body: Any) -> Any:
        token = headers["Authorization"].partition(" ")[2]
        assert endpoints.now() < said(token)["exp"], "an expired token was sent"
        return handle(method, url, headers, body)

    monkeypatch.setattr(trial.weather, "handle", strict)
    return trial


def test_f21_an_apply_of_ninety_minutes_renews_its_tokens(long: Trial, endpoints: TokenEndpoints) -> None:
    run = long.apply()
    assert run.code == 0, run.text
    assert run.seconds >= 90 * MINUTE
    assert len(endpoints.tokens) >= run.seconds // ACCESS_LIFE
    assert len(endpoints.tokens) == len(set(endpoints.tokens)) <= len(endpoints.assertions)
    assert not endpoints.refused


def test_f21_a_refused_renewal_ends_the_run_with_what_was_done(long: Trial, endpoints: TokenEndpoints) -> None:
    endpoints.refuses_from = endpoints.now() + 65 * MINUTE
    run = long.apply()
    endpoints.refuses_from = float("inf")
    assert run.code == 1
    assert run.outcome is not None
    assert run.seconds < 90 * MINUTE
    assert endpoints.refused["AADSTS700024"]
    assert "GitHub Actions' identity token: " in run.text
    assert "AADSTS700024" in run.text
    assert "run it again: the identity token was too old" in run.text
    done = sum(row.status == "done" for row in run.outcome.results)
    assert 0 < done < len(run.outcome.results)
    assert f"The sign-in was lost; {done} of {len(run.outcome.results)} done" in run.out
    assert long.apply().code == 0
