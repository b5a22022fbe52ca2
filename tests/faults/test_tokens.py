"""The access token ends in the middle of an apply: a fresh one is asked for, and if there is none, nothing is lost."""

from __future__ import annotations

import time
from typing import Any

import pytest
from azure.core.credentials import AccessToken
from azure.core.exceptions import ClientAuthenticationError
from azure.mgmt.core.policies import AsyncARMChallengeAuthenticationPolicy
from faults import TOKEN, Answer, Asked, error
from trial import Trial

SCOPE = "https://management.azure.com/.default"
EXPIRED = error(401, "ExpiredAuthenticationToken", f"The access token expiry UTC time has passed. Bearer {TOKEN}")


class Credential:
    """Gives tokens that live for an hour of the wall clock; `allowed` of them, then the assertion is too old."""

    def __init__(self, allowed: int = 1000) -> None:
        self.allowed = allowed
        self.given = 0

    async def get_token(self, *_scopes: str, **_options: Any) -> AccessToken:
        if self.given >= self.allowed:
            raise ClientAuthenticationError(
                f"AADSTS700024: Client assertion is not within its valid time range. client_assertion={TOKEN}"
            )
        self.given += 1
        return AccessToken(f"{TOKEN}.{self.given}", int(time.time()) + 3600)

    async def close(self) -> None:
        return


def signed_by(trial: Trial, credential: Credential) -> None:
    trial.token = lambda: AsyncARMChallengeAuthenticationPolicy(credential, SCOPE)


@pytest.mark.parametrize(
    "kind", ["LIST disks", "PUT backupVaults", "GET operationStatus", "PUT backupInstances", "LIST backupInstances"]
)
def test_f21_an_expired_token_is_replaced_without_a_word(quickstart: Trial, kind: str) -> None:
    credential = Credential()
    signed_by(quickstart, credential)
    hit = quickstart.inject(kind, EXPIRED)
    run = quickstart.apply()
    assert run.code == 0, run.text
    assert len(hit.hits) == 1
    assert credential.given >= 2


@pytest.mark.parametrize("skip", range(0, 7, 2))
def test_f21_an_assertion_that_is_too_old_ends_the_run_with_what_was_done(quickstart: Trial, skip: int) -> None:
    credential = Credential()
    signed_by(quickstart, credential)

    def too_old(asked: Asked) -> Answer:
        credential.allowed = credential.given
        return EXPIRED(asked)

    quickstart.inject("PUT *", too_old, times=10_000, skip=skip)
    run = quickstart.apply()
    credential.allowed = 1000
    assert run.code == 1
    assert run.seconds < 900
    assert "AADSTS700024" in run.text
    assert "run it again" in run.out.lower()
    assert run.outcome is not None
    done = sum(row.status == "done" for row in run.outcome.results)
    assert f"{done} of {len(run.outcome.results)} done" in run.out


def test_f21_no_token_at_all(quickstart: Trial) -> None:
    credential = Credential(0)
    signed_by(quickstart, credential)
    run = quickstart.apply()
    credential.allowed = 1000
    assert (run.code, run.writes) == (1, [])
    assert run.err.startswith("error[no-token]: Could not get an access token")
    assert "AADSTS700024" in run.err


def test_f21_a_refusal_that_stays_is_no_endless_renewal(quickstart: Trial) -> None:
    credential = Credential()
    signed_by(quickstart, credential)
    hit = quickstart.inject("PUT backupVaults", EXPIRED, times=10_000)
    run = quickstart.apply()
    assert run.code == 1
    assert len(hit.hits) == 2
