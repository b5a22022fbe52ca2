"""401 is about the sign-in, 403 about permissions: only one of them is fixed by a role (E4)."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import AbstractContextManager

import pytest
from forging import Azure, Rule, answers, forbidden, quickstart

from reconciler.azure.challenges import hint, tenant

Forged = Callable[..., AbstractContextManager[Azure]]
THEIRS = "22222222-2222-2222-2222-222222222222"
ADDRESS = f'Bearer authorization_uri="https://login.windows.net/{THEIRS}"'
OTHER = (
    f"The access token is from the wrong issuer 'https://sts.windows.net/1/'. It must match the tenant "
    f"'https://sts.windows.net/{THEIRS}/' associated with this subscription."
)


def refused(where: str, code: str, message: str) -> Rule:
    headers = {"WWW-Authenticate": f'{ADDRESS}, error="invalid_token"'}
    return answers(where, 401, {"error": {"code": code, "message": message}}, headers=headers)


@pytest.mark.parametrize(
    ("code", "message", "told"),
    [
        ("InvalidAuthenticationTokenTenant", OTHER, "is of another tenant"),
        ("ExpiredAuthenticationToken", "The access token expiry UTC time is earlier than now.", "has expired"),
        ("InvalidAuthenticationToken", "The access token is invalid.", "did not accept the access token"),
    ],
)
@pytest.mark.parametrize(("verb", "where"), [("plan", "GET */backupVaults"), ("whoami", "GET /subscriptions")])
def test_a_token_that_is_not_accepted_names_the_tenant_and_no_role(
    forged: Forged, code: str, message: str, told: str, verb: str, where: str
) -> None:
    with forged(quickstart(), refused(where, code, message)) as azure:
        done = azure.run(verb)
    assert done.code == 1, done
    assert told in done.err
    assert f"AZURE_TENANT_ID to {THEIRS}" in done.err
    assert f"az login --tenant {THEIRS}" in done.err
    assert "role" not in done.err
    assert "may not read" not in done.text


def test_in_an_apply_it_is_told_of_the_change_that_met_it(forged: Forged) -> None:
    rule = refused("PUT */roleAssignments/*", "ExpiredAuthenticationToken", "The access token has expired.")
    with forged(quickstart(), rule) as azure:
        azure.delete("*/roleAssignments/*")
        done = azure.run("apply", "--auto-approve")
    assert done.code == 1, done
    assert f"AZURE_TENANT_ID to {THEIRS}" in done.text
    assert "ask someone who may assign roles" not in done.text


def test_a_missing_permission_still_asks_for_a_role(forged: Forged) -> None:
    with forged(quickstart(), forbidden("GET */backupVaults")) as azure:
        done = azure.run("plan")
    assert done.code == 1
    assert "role" in done.err
    assert "AZURE_TENANT_ID" not in done.err


@pytest.mark.parametrize(
    ("challenge", "expected"),
    [
        (ADDRESS, THEIRS),
        (f'Bearer authorization="https://login.microsoftonline.us/{THEIRS}", error="invalid_token"', THEIRS),
        ("Bearer authorization_uri=https://login.chinacloudapi.cn/contoso.onmicrosoft.com/", "contoso.onmicrosoft.com"),
        ('Bearer authorization_uri="https://login.windows.net/common"', ""),
        ('Bearer authorization_uri="https://login.windows.net/"', ""),
        ('Bearer authorization_uri="https://login.windows.net/a b\n::error::"', "a"),
        ("Basic realm=x", ""),
        ("", ""),
    ],
)
def test_the_tenant_in_a_challenge(challenge: str, expected: str) -> None:
    assert tenant(challenge) == expected


@pytest.mark.parametrize(
    ("described", "told"),
    [
        ("The access token expiry UTC time '1/1/2026' is earlier than current UTC time.", "has expired"),
        ("The access token is from the wrong issuer.", "is of another tenant"),
        ("The authentication failed because of missing 'Authorization' header.", "did not accept the access token"),
    ],
)
def test_the_challenge_alone_tells_enough_where_the_answer_has_no_body(
    forged: Forged, described: str, told: str
) -> None:
    headers = {"WWW-Authenticate": f'{ADDRESS}, error="invalid_token", error_description="{described}"'}
    with forged(quickstart(), answers("GET /subscriptions", 401, b"", headers=headers)) as azure:
        done = azure.run("whoami")
    assert done.code == 1, done
    assert told in done.err
    assert f"AZURE_TENANT_ID to {THEIRS}" in done.err


def test_without_a_challenge_the_variable_is_named_all_the_same() -> None:
    assert "AZURE_TENANT_ID to the tenant of the subscription" in hint("InvalidAuthenticationTokenTenant", "", {})
