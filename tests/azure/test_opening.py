from __future__ import annotations

import asyncio
from datetime import UTC, datetime
from typing import Any

import pytest
from aiohttp import web

from reconciler.azure.clouds import CLOUDS
from reconciler.azure.virtual import new_loop
from reconciler.azure.writing import Writer
from reconciler.base.clock import LoopClock
from reconciler.connection.endpoint import check_endpoint, open_azure
from reconciler.model.changes import Op, Step
from reconciler.model.errors import NotFound, Transient, UsageError
from reconciler.model.ids import ArmId

VAULT = "/subscriptions/s/resourceGroups/g/providers/Microsoft.DataProtection/backupVaults/v"
DELETIONS = {
    Op.POLICY_DELETE: f"{VAULT}/backupPolicies/p",
    Op.INSTANCE_DELETE: f"{VAULT}/backupInstances/i",
    Op.ROLE_DELETE: "/subscriptions/s/resourceGroups/g/providers/Microsoft.Authorization/roleAssignments/r",
}


def opened(**options: Any) -> Any:
    async def main() -> Any:
        azure = open_azure(clock=LoopClock(), **{"environment": {}} | options)
        await azure.close()
        return azure

    return asyncio.run(main())


@pytest.mark.parametrize("cloud", CLOUDS)
def test_each_cloud_has_its_own_endpoint(cloud: str) -> None:
    assert opened(cloud=cloud).endpoint == CLOUDS[cloud].endpoint


def test_an_endpoint_may_be_given_by_option_or_environment() -> None:
    environment = {"RECONCILER_ARM_ENDPOINT": "http://127.0.0.1:1"}
    assert opened(environment=environment).endpoint == "http://127.0.0.1:1"
    assert opened(environment=environment, endpoint="http://localhost:2/").endpoint == "http://localhost:2"


@pytest.mark.parametrize(
    "options",
    [
        {"cloud": "Mars"},
        {"endpoint": "http://arm.example"},
        {"endpoint": "http://127.0.0.1.example"},
        {"endpoint": "management.azure.com"},
        {"endpoint": "https://user@arm.example"},
        {"endpoint": "https://arm.example", "environment": {"RECONCILER_ARM_TOKEN": "t"}},
    ],
)
def test_what_could_leak_a_token_is_refused(options: Any) -> None:
    with pytest.raises(UsageError) as raised:
        opened(**options)
    assert raised.value.hint


@pytest.mark.parametrize(
    ("endpoint", "loopback"),
    [
        ("http://localhost:1", True),
        ("http://127.8.9.1", True),
        ("http://[::1]:80", True),
        ("https://arm.example", False),
    ],
)
def test_loopback_is_told_by_address(endpoint: str, loopback: bool) -> None:
    assert check_endpoint(endpoint) is loopback


def test_in_process_needs_neither_network_nor_token() -> None:
    async def exchange(_method: Any, url: str, headers: Any, _body: Any) -> Any:
        assert "Authorization" not in headers
        return 200, {"Content-Type": "application/json"}, f'{{"id": "{url}"}}'.encode()

    async def main() -> Any:
        clock = LoopClock(start=datetime(2026, 1, 1, tzinfo=UTC))
        azure = open_azure(clock=clock, environment={"RECONCILER_ARM_TOKEN": "t"}, exchange=exchange)
        return await azure.get("/subscriptions/s/resourceGroups/g")

    with asyncio.Runner(loop_factory=new_loop()) as runner:
        assert runner.run(main())["id"].startswith("https://management.azure.com/subscriptions/s")


def test_over_http_on_loopback_the_given_token_is_sent_and_no_proxy_hears_of_it(monkeypatch: Any) -> None:
    monkeypatch.setenv("http_proxy", "http://127.0.0.1:9")
    monkeypatch.delenv("no_proxy", raising=False)
    monkeypatch.delenv("NO_PROXY", raising=False)
    seen = []

    async def respond(request: Any) -> Any:
        seen.append((request.method, request.path_qs, request.headers.get("Authorization")))
        if len(seen) == 1:
            return web.json_response({"value": [], "nextLink": f"http://{request.host}/subscriptions/s/next"})
        if len(seen) == 2:
            return web.json_response({"value": [{"id": "x"}]}, headers={"Content-Encoding": "identity"})
        return web.json_response({"error": {"code": "ResourceNotFound", "message": "m"}}, status=404)

    async def main() -> None:
        application = web.Application()
        application.router.add_route("*", "/{tail:.*}", respond)
        runner = web.AppRunner(application)
        await runner.setup()
        site = web.TCPSite(runner, "127.0.0.1", 0)
        await site.start()
        port = runner.addresses[0][1]
        azure = open_azure(
            clock=LoopClock(), environment={"RECONCILER_ARM_TOKEN": "hush"}, endpoint=f"http://127.0.0.1:{port}"
        )
        try:
            assert await azure.list("/subscriptions/s/resourcegroups") == [{"id": "x"}]
            with pytest.raises(NotFound):
                await azure.get("/subscriptions/s/resourceGroups/none")
        finally:
            await azure.close()
            await runner.cleanup()

    asyncio.run(main())
    assert [authorization for _, _, authorization in seen] == ["Bearer hush"] * 3
    assert seen[0][1] == "/subscriptions/s/resourcegroups?api-version=2024-07-01"


@pytest.mark.parametrize(
    ("kind", "status"), [(kind, status) for kind in DELETIONS for status in (200, 204)] + [(Op.INSTANCE_DELETE, 202)]
)
def test_over_http_a_deletion_that_is_answered_without_a_body_is_sent_once(kind: Op, status: int) -> None:
    """azure-core's aiohttp transport may have read the answer by itself, and refuses to read an empty one again."""
    seen = []

    async def respond(request: Any) -> Any:
        seen.append(request.method)
        return web.Response(status=status)

    async def main() -> Any:
        runner = web.AppRunner(web.Application())
        runner.app.router.add_route("*", "/{tail:.*}", respond)
        await runner.setup()
        await web.TCPSite(runner, "127.0.0.1", 0).start()
        endpoint = f"http://127.0.0.1:{runner.addresses[0][1]}"
        azure = open_azure(clock=LoopClock(), environment={"RECONCILER_ARM_TOKEN": "t"}, endpoint=endpoint)
        try:
            return await Writer(azure).run(Step(kind, ArmId(DELETIONS[kind])))
        finally:
            await azure.close()
            await runner.cleanup()

    assert asyncio.run(main()).status == status
    assert seen == ["DELETE"]


def test_f07_over_http_a_reset_after_the_request_left_is_not_mistaken_for_one_before() -> None:
    """aiohttp's transport calls both a request error; only a connection that was never made is one."""

    async def hang_up(reader: Any, writer: Any) -> None:
        await reader.read(100)
        writer.transport.abort()

    async def main() -> Any:
        server = await asyncio.start_server(hang_up, "127.0.0.1", 0)
        port = server.sockets[0].getsockname()[1]
        azure = open_azure(clock=LoopClock(), environment={}, endpoint=f"http://127.0.0.1:{port}")
        try:
            with pytest.raises(Transient) as raised:
                await azure.post("/subscriptions/s/resourceGroups/g/stop", {})
            return raised.value
        finally:
            await azure.close()
            server.close()
            await server.wait_closed()

    error = asyncio.run(main())
    assert error.sent_unknown
    assert error.code == "no-answer"
