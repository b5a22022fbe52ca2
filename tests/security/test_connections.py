"""Where requests and tokens may go."""

from __future__ import annotations

import asyncio
import json
import ssl
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import trustme
from aiohttp import web
from azure.core.rest import HttpRequest
from faults import Answer, Asked
from promises import promise
from trial import Trial

from reconciler.azure.network import Networks
from reconciler.azure.trust import PermanentFailure

EVIL = "https://management.azure.com.evil.example"
LINKS = [
    f"{EVIL}/subscriptions/x?api-version=1",
    "https://evil.example/x",
    "//evil.example/x",
    "http://management.azure.com/x",
    "https://management.azure.com:8443/x",
    "https://management.azure.com@evil.example/x",
    "https://evil.example\\@management.azure.com/x",
]


def with_headers(link: str, *names: str) -> Callable[[Asked], Answer]:
    def fault(asked: Asked) -> Answer:
        status, headers, content, latency = asked.act()
        kept = {key: value for key, value in headers.items() if key.lower() not in ("location", "azure-asyncoperation")}
        return status, {**kept, **dict.fromkeys(names, link)}, content, latency

    return fault


def with_next(link: str) -> Callable[[Asked], Answer]:
    def fault(asked: Asked) -> Answer:
        status, headers, content, latency = asked.act()
        return status, headers, json.dumps({**json.loads(content), "nextLink": link}).encode(), latency

    return fault


@promise(
    "A link in a response (`nextLink`, `Location`, `Azure-AsyncOperation`) is followed only to the host that sent "
    "it; nothing is sent elsewhere, least of all the access token."
)
@pytest.mark.parametrize("link", LINKS)
@pytest.mark.parametrize(
    ("where", "kind"),
    [
        ("nextLink", "LIST disks"),
        ("nextLink", "LIST backupInstances"),
        ("Location", "POST validateForBackup"),
        ("Azure-AsyncOperation", "PUT backupVaults"),
        ("Azure-AsyncOperation", "POST validateForBackup"),
    ],
)
def test_links_are_followed_only_home(trial: Trial, where: str, kind: str, link: str) -> None:
    """The trial itself fails when any request leaves for another host."""
    assert kind != "LIST backupInstances" or trial.apply().code == 0
    trial.inject(kind, with_next(link) if where == "nextLink" else with_headers(link, where), times=9)
    run = trial.apply()
    assert run.code == 1
    assert "nothing was sent there, to keep the access token safe" in run.text, run.text
    assert all(f"{call.path}/".startswith(("/subscriptions/", "/providers/")) for call in run.calls)


@promise("Plain http is used on loopback only.")
@pytest.mark.parametrize(
    "url", ["http://example.com", "http://10.0.0.1:8080", "http://localhost.example.com", "HTTP://evil"]
)
def test_plain_http_is_refused_elsewhere(reconciler: Callable[..., tuple[int, str]], samples: Any, url: str) -> None:
    for verb in (("plan",), ("drift",), ("apply", "--auto-approve")):
        code, told = reconciler(*verb, samples / "quickstart", "--arm-endpoint", url)
        assert (code, "uses plain http to another machine" in told) == (1, True), told


@promise("`RECONCILER_ARM_TOKEN` is sent to loopback only.")
@pytest.mark.parametrize("where", [(), ("--arm-endpoint", "https://example.com"), ("--cloud", "AzureChinaCloud")])
def test_a_given_token_stays_on_loopback(
    reconciler: Callable[..., tuple[int, str]], samples: Any, monkeypatch: pytest.MonkeyPatch, where: tuple[str, ...]
) -> None:
    monkeypatch.setenv("RECONCILER_ARM_TOKEN", "given")
    code, told = reconciler("plan", samples / "quickstart", *where)
    assert (code, "is accepted only for endpoints on this machine" in told) == (1, True), told


@promise("The credentials in a `.netrc` are not used, and a certificate that is not trusted ends the run.")
def test_a_request_has_no_credentials_of_a_netrc_and_trusts_no_unknown_certificate(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    netrc = tmp_path / ".netrc"
    netrc.write_text("default login somebody password hush\n")
    netrc.chmod(0o600)
    for name in ("NETRC", "HOME"):
        monkeypatch.setenv(name, str(netrc if name == "NETRC" else tmp_path))
    heard: list[Any] = []

    async def answer(request: web.Request) -> web.Response:
        heard.append(request.headers)
        return web.json_response({})

    async def main() -> None:
        runner = web.AppRunner(web.Application())
        runner.app.router.add_route("*", "/{tail:.*}", answer)
        await runner.setup()
        trusted = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        trustme.CA().issue_cert("127.0.0.1").configure_cert(trusted)
        sites = [web.TCPSite(runner, "127.0.0.1", 0), web.TCPSite(runner, "127.0.0.1", 0, ssl_context=trusted)]
        for site in sites:
            await site.start()
        plain, tls = (port for _, port in runner.addresses)
        async with Networks({})() as network:
            await network.send(HttpRequest("GET", f"http://127.0.0.1:{plain}"))
            with pytest.raises(PermanentFailure):
                await network.send(HttpRequest("GET", f"https://127.0.0.1:{tls}"))
        await runner.cleanup()

    asyncio.run(main())
    assert len(heard) == 1
    assert "Authorization" not in heard[0]
