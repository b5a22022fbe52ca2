"""Proxies come from the environment, and no credentials from anywhere else (E1)."""

from __future__ import annotations

import asyncio
import json
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from types import ModuleType
from typing import Any

import installed
import pytest
from aiohttp import web
from tokens import REQUEST_TOKEN, TokenEndpoints
from tunnels import Proxy

from reconciler.azure.clouds import CLOUDS
from reconciler.azure.network import Networks
from reconciler.azure.proxies import Proxies
from reconciler.azure.sign_in.credentials import credential
from reconciler.model.errors import UsageError
from reconciler.watch.tracing import tracing

ARM, SIGN_IN = "arm.example", "login.example"
NETRC = f"default login somebody password from-the-netrc\nmachine {ARM} login somebody password from-the-netrc\n"


@pytest.fixture
def endpoints(cloud: Callable[..., TokenEndpoints]) -> TokenEndpoints:
    return cloud(names=(ARM, SIGN_IN))


@pytest.fixture
def netrc(tmp_path: Path) -> Iterator[Path]:
    path = tmp_path / ".netrc"
    path.write_text(NETRC)
    path.chmod(0o600)
    return path


def run(endpoints: TokenEndpoints, folder: Path, *arguments: str, **changed: str) -> Any:
    environment = {
        **endpoints.environment,
        "AZURE_AUTHORITY_HOST": f"https://{SIGN_IN}",
        "ACTIONS_ID_TOKEN_REQUEST_URL": f"https://{SIGN_IN}/actions/token?api-version=2.0",
        **changed,
    }
    return installed.run(folder, *arguments, "--arm-endpoint", f"https://{ARM}", environment=environment)


@pytest.mark.parametrize(
    ("credentials", "written"),
    [("", ""), ("user:secret", "user:secret@"), ("näme:p@ss:w/rd", "n%C3%A4me:p%40ss%3Aw%2Frd@")],
)
@pytest.mark.parametrize("variable", ["HTTPS_PROXY", "https_proxy", "ALL_PROXY"])
def test_a_proxy_leads_to_sign_in_and_to_azure_with_its_own_credentials_only(
    endpoints: TokenEndpoints, tmp_path: Path, netrc: Path, credentials: str, written: str, variable: str
) -> None:
    with Proxy(endpoints.address, credentials=credentials) as proxy:
        said = {variable: f"http://{written}{proxy.address}", "HOME": str(tmp_path), "NETRC": str(netrc)}
        done = run(endpoints, tmp_path, "whoami", "--format", "json", **said)
        assert done.returncode == 0, done.stderr
        assert json.loads(done.stdout)["bearer"]["way"] == "github"
        assert set(proxy.hosts) == {f"{ARM}:443", f"{SIGN_IN}:443"}
        assert "authorization: basic" not in "".join(proxy.heard).lower().replace("proxy-authorization", "")
    assert (len(endpoints.assertions), len(endpoints.tokens), endpoints.refused) == (1, 1, {})


def test_a_service_principals_secret_is_not_replaced_by_a_netrcs(
    endpoints: TokenEndpoints, tmp_path: Path, netrc: Path
) -> None:
    """The sign-in host gets the form that azure-identity sends, and no header of another origin."""
    with Proxy(endpoints.address) as proxy:
        said = {"HTTPS_PROXY": proxy.address, "NETRC": str(netrc), "HOME": str(tmp_path)}
        said |= {"ACTIONS_ID_TOKEN_REQUEST_URL": "", "AZURE_CLIENT_SECRET": "hush"}
        done = run(endpoints, tmp_path, "plan", "backup.yaml", **said)
    assert done.returncode == 1
    assert "AADSTS900144" in done.stderr  # these endpoints take assertions only: the request arrived as it was meant
    assert "from-the-netrc" not in done.stderr
    assert "unexpected" not in done.stderr


def test_a_proxy_that_wants_credentials_is_told_at_once(endpoints: TokenEndpoints, tmp_path: Path) -> None:
    with Proxy(endpoints.address, credentials="user:secret") as proxy:
        done = run(endpoints, tmp_path, "whoami", HTTPS_PROXY=f"http://user:wrong@{proxy.address}")
        assert len(proxy.hosts) == 1
    assert done.returncode == 1
    assert f"The proxy does not connect to {SIGN_IN}: it wants a user name and a password (HTTP 407)." in done.stderr
    assert "HTTPS_PROXY" in done.stderr
    assert "wrong" not in done.stderr
    assert REQUEST_TOKEN not in done.stderr


def test_a_proxy_that_stumbles_is_asked_again(endpoints: TokenEndpoints, tmp_path: Path) -> None:
    class Stumbling(Proxy):
        def _status(self, head: str) -> int:
            return 503 if len(self.hosts) == 1 else super()._status(head)

    with Stumbling(endpoints.address) as proxy:
        done = run(endpoints, tmp_path, "whoami", HTTPS_PROXY=f"http://{proxy.address}")
        assert done.returncode == 0, done.stderr
        assert proxy.hosts[:2] == [f"{SIGN_IN}:443"] * 2


@pytest.mark.parametrize(
    ("value", "why"),
    [
        ("socks5://user:hush@proxy:1080", "socks5 proxies aren't supported"),
        ("http://user:hush@proxy:port", "it is no URL"),
        ("http://user:hush@", "it has no host"),
    ],
)
def test_a_proxy_that_cannot_be_used_is_named_without_its_password(
    endpoints: TokenEndpoints, tmp_path: Path, value: str, why: str
) -> None:
    done = run(endpoints, tmp_path, "plan", "backup.yaml", HTTPS_PROXY=value)
    assert done.returncode == 1
    assert f"error[usage]: Could not use the proxy in HTTPS_PROXY: {why}." in done.stderr
    assert "hush" not in done.stderr
    assert "***" not in done.stderr


@pytest.mark.parametrize(
    ("variables", "url", "expected"),
    [
        ({"HTTPS_PROXY": "p:1"}, "https://management.azure.com/x", "http://p:1"),
        ({"HTTPS_PROXY": "p:1"}, "http://management.azure.com/x", None),
        ({"HTTPS_PROXY": "https://[fd00::1]:3128"}, "https://management.azure.com", "https://[fd00::1]:3128"),
        ({"HTTPS_PROXY": "p:1", "NO_PROXY": ".azure.com"}, "https://management.azure.com/x", None),
        ({"HTTPS_PROXY": "p:1", "NO_PROXY": "management.azure.com:443"}, "https://management.azure.com:443/", None),
        ({"HTTPS_PROXY": "p:1", "NO_PROXY": "*"}, "https://management.azure.com/x", None),
        ({"HTTPS_PROXY": "p:1", "NO_PROXY": "management.azure.com:443"}, "https://management.azure.com/x", None),
        (
            {"HTTPS_PROXY": "p:1", "NO_PROXY": "management.azure.com:8443"},
            "https://management.azure.com/x",
            "http://p:1",
        ),
        ({"HTTPS_PROXY": "p:1", "NO_PROXY": "x.test,*.Azure.com"}, "https://management.azure.com/x", None),
        ({"HTTPS_PROXY": "p:1", "NO_PROXY": "*.azure.com"}, "https://notazure.com/x", "http://p:1"),
        ({"HTTPS_PROXY": "p:1", "NO_PROXY": "x.test azure.com"}, "https://management.azure.com/x", None),
        ({"HTTPS_PROXY": "p:1", "NO_PROXY": "x.test,*"}, "https://management.azure.com/x", None),
        ({"HTTPS_PROXY": "p:1", "NO_PROXY": "management.azure.com."}, "https://management.azure.com/x", None),
        ({"HTTPS_PROXY": "p:1", "NO_PROXY": ". ,,"}, "https://management.azure.com/x", "http://p:1"),
        ({"ALL_PROXY": "p:1", "NO_PROXY": "[fd00::1]:443"}, "https://[fd00::1]/x", None),
        ({"ALL_PROXY": "p:1"}, "http://169.254.169.254/metadata/identity/oauth2/token", None),
        ({"ALL_PROXY": "p:1"}, "https://localhost:1", None),
        ({"ALL_PROXY": "p:1", "NO_PROXY": "x.test, 10.0.0.0/8"}, "https://10.1.2.3", None),
        ({"ALL_PROXY": "p:1", "NO_PROXY": "10.0.0.0/8"}, "https://11.1.2.3", "http://p:1"),
        ({"ALL_PROXY": "p:1", "NO_PROXY": "fd00::/8"}, "https://[fd12::1]:8443", None),
        ({"ALL_PROXY": "p:1"}, "https://[::1]:1", None),
        ({"HTTPS_PROXY": "", "ALL_PROXY": "p:1"}, "https://management.azure.com", "http://p:1"),
    ],
)
def test_the_proxy_of_a_url(monkeypatch: Any, variables: dict[str, str], url: str, expected: str | None) -> None:
    for name in ("HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY", "NO_PROXY"):
        monkeypatch.delenv(name, raising=False)
        monkeypatch.delenv(name.lower(), raising=False)
    for name, value in variables.items():
        monkeypatch.setenv(name, value)
    found = Proxies().of(url)
    assert (found and found.url) == expected


def test_what_the_system_says_of_proxies_is_not_asked(monkeypatch: Any) -> None:
    monkeypatch.setattr("urllib.request.getproxies", lambda: {"https": "http://of-the-registry"})
    monkeypatch.delenv("HTTPS_PROXY", raising=False)
    monkeypatch.delenv("https_proxy", raising=False)
    assert Proxies().of("https://management.azure.com") is None


def test_a_bad_proxy_is_an_error_of_the_environment(monkeypatch: Any) -> None:
    monkeypatch.setenv("ALL_PROXY", "ftp://p")
    with pytest.raises(UsageError, match="ALL_PROXY"):
        Proxies()


def test_traces_are_sent_without_the_credentials_of_a_netrc(netrc: Path, monkeypatch: Any) -> None:
    import requests

    class Exporter:
        def __init__(self, session: requests.Session) -> None:
            sessions.append(session)

        def shutdown(self) -> None:
            pass

    sessions: list[requests.Session] = []
    module = ModuleType("exporter")
    module.OTLPSpanExporter = Exporter  # type: ignore[attr-defined]
    monkeypatch.setitem(sys.modules, "opentelemetry.exporter.otlp.proto.http.trace_exporter", module)
    monkeypatch.setenv("NETRC", str(netrc))
    with tracing({"OTEL_EXPORTER_OTLP_ENDPOINT": f"https://{ARM}"}):
        pass
    asked = sessions[0].prepare_request(requests.Request("POST", f"https://{ARM}/v1/traces"))
    assert "Authorization" not in asked.headers


def test_a_managed_identity_is_asked_directly_and_without_other_credentials(netrc: Path, monkeypatch: Any) -> None:
    heard: list[Any] = []

    async def answer(request: web.Request) -> web.Response:
        heard.append(request.headers)
        expires = str(int(time.time()) + 3600)
        return web.json_response({"access_token": "t", "expires_on": expires, "resource": "r", "token_type": "Bearer"})

    async def main() -> str:
        runner = web.AppRunner(web.Application())
        runner.app.router.add_route("*", "/{tail:.*}", answer)
        await runner.setup()
        await web.TCPSite(runner, "127.0.0.1", 0).start()
        said = {"IDENTITY_ENDPOINT": f"http://127.0.0.1:{runner.addresses[0][1]}/msi", "IDENTITY_HEADER": "own"}
        for name, value in {**said, "HTTP_PROXY": "http://127.0.0.1:9", "NETRC": str(netrc), "NO_PROXY": ""}.items():
            monkeypatch.setenv(name, value)
        own = credential(said, CLOUDS["AzureCloud"], Networks(said))
        try:
            return str((await own.get_token_info("https://management.azure.com/.default")).token)
        finally:
            await own.close()
            await runner.cleanup()

    assert asyncio.run(main()) == "t"
    assert [(one.get("X-IDENTITY-HEADER"), one.get("Authorization")) for one in heard] == [("own", None)]
