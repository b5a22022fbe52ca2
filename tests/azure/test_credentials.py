from __future__ import annotations

import asyncio
import json
from pathlib import Path
from typing import Any

import pytest
from azure.core import AzureClouds
from azure.core.exceptions import ClientAuthenticationError, ServiceRequestError
from azure.identity import AzureAuthorityHosts
from azure.mgmt.core.tools import get_arm_endpoints

from reconciler.azure.clouds import CLOUDS
from reconciler.azure.inprocess import InProcessTransport
from reconciler.azure.network import Networks
from reconciler.azure.sign_in import assertions
from reconciler.azure.sign_in.assertions import Federated
from reconciler.azure.sign_in.credentials import WAYS, choice, credential
from reconciler.azure.sign_in.signing import SignIn
from reconciler.model.errors import UsageError

PUBLIC = CLOUDS["AzureCloud"]
TENANT = "11111111-1111-1111-1111-111111111111"
APPLICATION = {"AZURE_CLIENT_ID": "c", "AZURE_TENANT_ID": TENANT}
GITHUB = {"ACTIONS_ID_TOKEN_REQUEST_URL": "https://gh/token?x=1", "ACTIONS_ID_TOKEN_REQUEST_TOKEN": "hush"}
PIPELINE = {
    "SYSTEM_OIDCREQUESTURI": "https://dev/oidc",
    "SYSTEM_ACCESSTOKEN": "hush",
    "AZURESUBSCRIPTION_SERVICE_CONNECTION_ID": "s",
    "AZURESUBSCRIPTION_TENANT_ID": TENANT,
    "AZURESUBSCRIPTION_CLIENT_ID": "c",
}
FILE = {"AZURE_FEDERATED_TOKEN_FILE": "/token"}
VARIABLE = {"AZURE_ID_TOKEN": "hush"}
SECRET = {**APPLICATION, "AZURE_CLIENT_SECRET": "hush"}
CERTIFICATE = {**APPLICATION, "AZURE_CLIENT_CERTIFICATE_PATH": "/certificate.pem"}
IDENTITY = {"IDENTITY_ENDPOINT": "http://x", "IDENTITY_HEADER": "h"}


@pytest.mark.parametrize(
    ("environment", "way"),
    [
        ({}, "default"),
        ({**GITHUB, **APPLICATION}, "github"),
        (GITHUB, "default"),
        ({**FILE, **APPLICATION}, "token-file"),
        ({**VARIABLE, **APPLICATION}, "token-variable"),
        ({**GITHUB, **FILE, **APPLICATION}, "github"),
        (PIPELINE, "azure-pipelines"),
        ({**PIPELINE, "SYSTEM_ACCESSTOKEN": ""}, "default"),
        (IDENTITY, "managed-identity"),
        ({**GITHUB, **APPLICATION, "AZURE_TOKEN_CREDENTIALS": "prod"}, "pinned"),
        (SECRET, "client-secret"),
        ({**SECRET, **CERTIFICATE, **GITHUB}, "github"),
        ({**SECRET, **FILE}, "token-file"),
        ({**SECRET, **VARIABLE}, "token-variable"),
        ({**SECRET, **PIPELINE}, "azure-pipelines"),
        ({**SECRET, **IDENTITY}, "client-secret"),
        ({**SECRET, "AZURE_TENANT_ID": "", **IDENTITY}, "managed-identity"),
        (CERTIFICATE, "certificate"),
    ],
)
def test_the_first_way_that_is_offered_in_full_is_taken(environment: Any, way: str) -> None:
    assert choice(environment) == way


@pytest.mark.parametrize(
    ("environment", "kind"),
    [
        ({**GITHUB, **APPLICATION}, "Federated"),
        ({**FILE, **APPLICATION}, "Federated"),
        ({**VARIABLE, **APPLICATION}, "Federated"),
        (PIPELINE, "Federated"),
        (IDENTITY, "ManagedIdentityCredential"),
        ({**IDENTITY, "AZURE_CLIENT_ID": "of-a-user-assigned-one"}, "ManagedIdentityCredential"),
        (SECRET, "ClientSecretCredential"),
        ({}, "DefaultAzureCredential"),
    ],
)
def test_each_way_has_its_credential(environment: Any, kind: str, monkeypatch: Any) -> None:
    for name, value in {"IDENTITY_ENDPOINT": "", "MSI_ENDPOINT": "", **environment}.items():
        monkeypatch.setenv(name, value)
    assert type(credential(environment, CLOUDS["AzureUSGovernment"], Networks({}))).__name__ == kind


@pytest.mark.parametrize(
    ("environment", "told"),
    [
        (CERTIFICATE, "/certificate.pem"),
        ({**SECRET, "AZURE_TENANT_ID": "no tenant!"}, "tenant"),
        ({"AZURE_TOKEN_CREDENTIALS": "nobody"}, "nobody"),
    ],
)
def test_what_can_never_sign_in_is_a_wrong_environment(environment: Any, told: str, monkeypatch: Any) -> None:
    for name, value in environment.items():
        monkeypatch.setenv(name, value)
    with pytest.raises(UsageError, match=told) as raised:
        credential(environment, PUBLIC, Networks({}))
    assert "AZURE_" in raised.value.hint


AUTHORITY = "AZURE_AUTHORITY_HOST"


@pytest.mark.parametrize("environment", [SECRET, {**GITHUB, **APPLICATION}, {}])
@pytest.mark.parametrize(
    "said", ["http://login.microsoftonline.com", "ldap://login", "log in", "https://", "host:8443"]
)
def test_a_host_that_can_t_be_one_is_told_by_the_variable_that_names_it(environment: Any, said: str) -> None:
    with pytest.raises(UsageError) as raised:
        credential({**environment, AUTHORITY: said}, PUBLIC, Networks({}))
    assert (AUTHORITY in raised.value.message, said in raised.value.message) == (True, True)
    assert raised.value.hint == f"set {AUTHORITY} to a sign-in host such as login.microsoftonline.com, or unset it"


@pytest.mark.parametrize(
    "said", ["login.here", "https://login.here/", "https://LOGIN.here:8443", "https://[::1]:1", "$(X)", ""]
)
def test_a_sign_in_host_may_be_a_host_or_a_url_or_nothing(said: str) -> None:
    assert credential({**SECRET, AUTHORITY: said}, PUBLIC, Networks({}))


def test_a_managed_identity_needs_no_sign_in_host(monkeypatch: Any) -> None:
    for name, value in {"MSI_ENDPOINT": "", **IDENTITY}.items():
        monkeypatch.setenv(name, value)
    assert credential({**IDENTITY, AUTHORITY: "http://login"}, PUBLIC, Networks({}))


# Assertions


class Issuer:
    """Both ends of a federation behind one transport: GitHub's, and the token endpoint."""

    def __init__(self, *answers: tuple[int, Any]) -> None:
        self.answers = list(answers)
        self.asked: list[tuple[str, str, str]] = []

    async def exchange(self, method: str, url: str, headers: Any, body: bytes | None) -> Any:
        self.asked.append((method, url, headers.get("Authorization", "")))
        status, said = self.answers.pop(0) if len(self.answers) > 1 else self.answers[0]
        if isinstance(said, BaseException):
            raise said
        content = said if isinstance(said, bytes) else json.dumps(said).encode()
        return status, {"Content-Type": "application/json"}, content

    @property
    def transport(self) -> InProcessTransport:
        return InProcessTransport(self.exchange)


def test_f21_github_is_asked_for_a_fresh_token_each_time() -> None:
    issuer = Issuer((200, {"value": "token-1"}), (200, {"value": "token-2"}))
    ask = assertions.github(GITHUB, PUBLIC.audience, lambda: issuer.transport)
    assert [asyncio.run(ask()), asyncio.run(ask())] == ["token-1", "token-2"]
    assert issuer.asked[0] == ("GET", "https://gh/token?x=1&audience=api%3A%2F%2FAzureADTokenExchange", "Bearer hush")


@pytest.mark.parametrize(
    ("cloud", "named", "authority"),
    [
        ("AzureCloud", AzureClouds.AZURE_PUBLIC_CLOUD, AzureAuthorityHosts.AZURE_PUBLIC_CLOUD),
        ("AzureUSGovernment", AzureClouds.AZURE_US_GOVERNMENT, AzureAuthorityHosts.AZURE_GOVERNMENT),
        ("AzureChinaCloud", AzureClouds.AZURE_CHINA_CLOUD, AzureAuthorityHosts.AZURE_CHINA),
    ],
)
def test_clouds_are_as_the_sdk_knows_them(cloud: str, named: AzureClouds, authority: str) -> None:
    theirs, ours = get_arm_endpoints(named), CLOUDS[cloud]
    assert theirs["resource_manager"] == f"{ours.endpoint}/"
    assert theirs["credential_scopes"] == [ours.scope]
    assert ours.authority == authority


@pytest.mark.parametrize("cloud", CLOUDS)
def test_each_cloud_has_its_own_audience_and_authority(cloud: str) -> None:
    issuer = Issuer((200, {"value": "assertion", "token_type": "Bearer", "expires_in": 3600, "access_token": "t"}))
    own = credential({**GITHUB, **APPLICATION}, CLOUDS[cloud], lambda: issuer.transport)
    assert asyncio.run(own.get_token_info(CLOUDS[cloud].scope)).expires_on
    (_, asked, _), (_, signed, _) = issuer.asked
    assert asked.endswith(CLOUDS[cloud].audience.replace("api://", "api%3A%2F%2F"))
    assert signed == f"https://{CLOUDS[cloud].authority}/{TENANT}/oauth2/v2.0/token"
    assert len({(one.audience, one.authority, one.scope, one.endpoint) for one in CLOUDS.values()}) == len(CLOUDS)


def test_a_github_that_stumbles_is_asked_again() -> None:
    issuer = Issuer((503, {}), (200, {"value": "token"}))
    assert asyncio.run(assertions.github(GITHUB, "a", lambda: issuer.transport)()) == "token"
    assert len(issuer.asked) == 2


@pytest.mark.parametrize("answer", [(403, {}), (200, b"<html>"), (200, {}), (200, []), (200, ValueError())])
def test_a_github_that_gives_no_token_is_explained_without_a_secret(answer: Any) -> None:
    with pytest.raises(ClientAuthenticationError, match="GitHub returned no identity token") as raised:
        asyncio.run(assertions.github(GITHUB, "a", lambda: Issuer(answer).transport)())
    assert "hush" not in str(raised.value)


def test_the_request_token_is_never_sent_in_the_open() -> None:
    issuer = Issuer((200, {"value": "token"}))
    ask = assertions.github(
        {**GITHUB, "ACTIONS_ID_TOKEN_REQUEST_URL": "http://gh/token"}, "a", lambda: issuer.transport
    )
    with pytest.raises(ClientAuthenticationError, match="https"):
        asyncio.run(ask())
    assert not issuer.asked


def test_a_token_file_is_read_anew_each_time(tmp_path: Path) -> None:
    path = tmp_path / "token"
    ask = assertions.file({"AZURE_FEDERATED_TOKEN_FILE": str(path)})
    path.write_text("one\n")
    assert asyncio.run(ask()) == "one"
    path.write_text("two\n")
    assert asyncio.run(ask()) == "two"


@pytest.mark.parametrize(("content", "told"), [(None, "No such file"), (b"", "is empty"), (b"\xff", "not the text")])
def test_a_token_file_that_gives_nothing_is_named(tmp_path: Path, content: Any, told: str) -> None:
    path = tmp_path / "token"
    if content is not None:
        path.write_bytes(content)
    with pytest.raises(ClientAuthenticationError, match=told) as raised:
        asyncio.run(assertions.file({"AZURE_FEDERATED_TOKEN_FILE": str(path)})())
    assert str(path) in str(raised.value)


def test_while_a_token_is_good_a_lost_issuer_is_asked_again_only_now_and_then(monkeypatch: Any) -> None:
    now = [1000.0]
    monkeypatch.setattr("reconciler.azure.sign_in.assertions.time.time", lambda: now[0])
    asked: list[float] = []

    async def ask() -> str:
        asked.append(now[0])
        if len(asked) > 1:
            raise ClientAuthenticationError("no identity token")
        return "assertion"

    class Inner:
        async def get_token_info(self, *_: Any, options: Any) -> Any:
            from azure.core.credentials import AccessTokenInfo

            return AccessTokenInfo("good", 1600)

    own = Federated(ask, lambda _: Inner())

    def token(**options: Any) -> str:
        return asyncio.run(own.get_token_info("s", options=options)).token

    assert token() == "good"
    for now[0] in (1010.0, 1040.0, 1045.0, 1500.0):
        assert token() == "good"
    assert asked == [1000.0, 1040.0, 1500.0]
    with pytest.raises(ClientAuthenticationError):
        token(claims="another")
    now[0] = 1601.0
    with pytest.raises(ClientAuthenticationError):
        token()


# Refusals


class Refusing:
    def __init__(self, message: str) -> None:
        self.message = message

    async def get_token_info(self, *_: Any, **__: Any) -> Any:
        raise ClientAuthenticationError(self.message)


@pytest.mark.parametrize(
    ("said", "hint"),
    [
        ("AADSTS700024: Client assertion is not within its valid time range.", "too old"),
        ("AADSTS700213: No matching federated identity record found.", "subject"),
        ("AADSTS7000222: The provided client secret keys are expired.", "make a new client secret"),
        ("AADSTS90002: Tenant not found.", "--cloud"),
        ("AADSTS1: Something else.", "id-token: write"),
        ("GitHub returned no identity token (HTTP 403)", "id-token: write"),
        ("HTTPSConnectionPool: SSLError(SSLCertVerificationError: CERTIFICATE_VERIFY_FAILED)", "REQUESTS_CA_BUNDLE"),
    ],
)
def test_a_refusal_names_the_way_that_was_tried_and_what_to_do(said: str, hint: str) -> None:
    own = SignIn("github", WAYS["github"].shown, Refusing(f"{said} client_assertion=eyJhbGciOi.eyJzdWIi.c2ln"))
    with pytest.raises(ClientAuthenticationError) as raised:
        asyncio.run(own.get_token_info("s"))
    assert str(raised.value).startswith(f"GitHub Actions' identity token: {said}")
    assert "eyJ" not in str(raised.value)
    assert hint in raised.value.hint  # type: ignore[attr-defined]


@pytest.mark.parametrize("way", WAYS)
def test_every_way_has_a_hint(way: str) -> None:
    with pytest.raises(ClientAuthenticationError) as raised:
        asyncio.run(SignIn(way, WAYS[way].shown, Refusing("no")).get_token_info("s"))
    assert raised.value.hint  # type: ignore[attr-defined]


def test_a_network_that_is_down_is_no_refusal() -> None:
    class Down:
        async def get_token_info(self, *_: Any, **__: Any) -> Any:
            raise ServiceRequestError("no route")

    with pytest.raises(ServiceRequestError):
        asyncio.run(SignIn("default", "", Down()).get_token_info("s"))


def test_requests_at_the_same_time_sign_in_once() -> None:
    class Slow:
        def __init__(self) -> None:
            self.asked: list[Any] = []

        async def get_token_info(self, *scopes: str, options: Any = None) -> Any:
            self.asked.append((scopes, options))
            await asyncio.sleep(0.01)
            return len(self.asked)

    inner = Slow()
    own = SignIn("default", "", inner)

    async def ask() -> list[Any]:
        many = [own.get_token_info("s") for _ in range(5)]
        first = await asyncio.gather(
            *many, own.get_token_info("other"), own.get_token_info("s", options={"claims": "c"})
        )
        return [*first, await own.get_token_info("s")]

    assert asyncio.run(ask()) == [1, 1, 1, 1, 1, 2, 3, 4]
    assert len(inner.asked) == 4


def test_a_refusal_too_is_shared_by_those_who_waited_for_it() -> None:
    class Slow(Refusing):
        asked = 0

        async def get_token_info(self, *_: Any, **__: Any) -> Any:
            self.asked += 1
            await asyncio.sleep(0.01)
            raise ClientAuthenticationError(self.message)

    inner = Slow("no")
    own = SignIn("default", "", inner)

    async def ask() -> None:
        for rest, tries in ((0, 1), (0.6, 1), (0, 2)):
            found = await asyncio.gather(*(own.get_token_info("s") for _ in range(5)), return_exceptions=True)
            assert {type(one).__name__ for one in found} == {"NotSignedIn"}
            assert inner.asked == tries
            await asyncio.sleep(rest)

    asyncio.run(ask())
