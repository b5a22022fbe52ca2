"""The sandbox over real HTTP."""

from __future__ import annotations

import asyncio
import io
import json
from collections.abc import Awaitable, Callable
from typing import Any

import aiohttp
import pytest

from reconciler.sandbox.errors import SandboxError
from reconciler.sandbox.sandbox import Sandbox
from reconciler.sandbox.server import Server

TWO = "/subscriptions/22222222-2222-2222-2222-222222222222"
BEARER = {"Authorization": "Bearer x"}
Story = Callable[[str, aiohttp.ClientSession], Awaitable[None]]


def played(sandbox: Sandbox, story: Story, *, scale: float = 1.0) -> None:
    async def play() -> None:
        async with Server(sandbox, scale=scale) as server, aiohttp.ClientSession() as session:
            await story(server.url, session)

    asyncio.run(play())


def test_links_lead_back_to_where_the_client_came_from(sandbox: Sandbox) -> None:
    sandbox.set_switch("page_size", 2)
    url = f"{TWO}/providers/Microsoft.Compute/disks?api-version=2024-03-02"

    async def story(base: str, session: aiohttp.ClientSession) -> None:
        async with session.get(base + url, headers=BEARER) as answer:
            assert answer.status == 200
            assert (await answer.json())["nextLink"].startswith(f"{base}{TWO}/providers")
        proxy = {"X-Forwarded-Proto": "https", "X-Forwarded-Host": "arm.example", "X-Forwarded-Prefix": "/azure/"}
        async with session.get(base + url, headers=BEARER | proxy) as answer:
            assert (await answer.json())["nextLink"].startswith(f"https://arm.example/azure{TWO}/providers")
        async with session.get(base + url) as answer:
            assert answer.status == 401
        async with session.head(f"{base}{TWO}/resourceGroups/none?api-version=2021-04-01", headers=BEARER) as answer:
            assert answer.status == 404

    played(sandbox, story)


def test_waits_shrink_with_the_clock(sandbox: Sandbox) -> None:
    async def story(base: str, session: aiohttp.ClientSession) -> None:
        group = f"{base}{TWO}/resourceGroups/other?api-version=2021-04-01"
        async with session.delete(group, headers=BEARER) as answer:
            assert answer.status == 202
            assert answer.headers["Location"].startswith(base)
            assert (answer.headers["Retry-After"], answer.headers["x-ms-retry-after-ms"]) == ("15", "250")
            assert await answer.read() == b""

    played(sandbox, story, scale=60.0)


def test_the_clock_and_the_estate_are_moved_by_hand(sandbox: Sandbox) -> None:
    async def story(base: str, session: aiohttp.ClientSession) -> None:
        async def post(command: str, **said: Any) -> tuple[int, Any]:
            async with session.post(f"{base}/.sandbox/{command}", json=said) as answer:
                return answer.status, await answer.json()

        disk = f"{TWO}/resourceGroups/other/providers/Microsoft.Compute/disks/elsewhere"
        assert await post("advance", seconds=60) == (200, {"now": "2026-01-05T08:01:00+00:00"})
        assert (await post("patch", id=disk, body={"tags": {"a": "b"}}))[1]["tags"] == {"a": "b"}
        assert (await post("put", id=f"{disk}2", body={"location": "westus"}))[0] == 200
        group = f"{TWO}/resourceGroups/diskrg"
        moved = disk.replace("/other/", "/diskrg/")
        assert (await post("move", id=f"{disk}2", group=group))[1]["id"] == f"{moved}2"
        assert (await post("replace", id=f"{moved}2"))[1]["id"] == f"{moved}2"
        assert (await post("put", id=f"{disk}2", body={"location": "westus"}))[0] == 200
        assert (await post("remove", id=disk)) == (200, [disk.lower()])
        assert (await post("switch", name="page_size", value=3)) == (200, {"page_size": 3})
        for name, said in [
            ("advance", {"seconds": -1}),
            ("advance", {}),
            ("fly", {}),
            ("get", {}),
            ("put", {"id": "x", "body": {}}),
        ]:
            status, answer = await post(name, **said)
            assert status == 400
            assert answer["error"]
        async with session.get(f"{base}/.sandbox/ids", params={"pattern": "*/disks/else*"}) as answer:
            assert await answer.json() == [f"{moved}2", f"{disk}2"]
        for name in ("now", "switches", "dump", f"get?id={disk}2"):
            async with session.get(f"{base}/.sandbox/{name}") as answer:
                assert answer.status == 200
        async with session.post(f"{base}/.sandbox/advance", data=json.dumps({"seconds": 1})) as answer:
            assert answer.status == 403, "a form in a browser sends no JSON"
        async with session.get(f"{base}/.sandbox/now", headers={"X-Forwarded-For": "10.0.0.1"}) as answer:
            assert answer.status == 403, "somebody behind a proxy"

    played(sandbox, story)


def test_other_clients_find_endpoints_and_a_token(sandbox: Sandbox) -> None:
    async def story(base: str, session: aiohttp.ClientSession) -> None:
        async with session.get(f"{base}/metadata/endpoints?api-version=2022-09-01") as answer:
            cloud = await answer.json()
        assert cloud["resourceManager"] == f"{base}/"
        assert cloud["authentication"]["tenant"] == "common"
        async with session.get(f"{base}/metadata/endpoints?api-version=2019-05-01") as answer:
            assert await answer.json() == [cloud]
        async with session.post(
            f"{base}/common/oauth2/v2.0/token", data={"grant_type": "client_credentials"}
        ) as answer:
            token = (await answer.json())["access_token"]
        async with session.get(
            f"{base}/tenants?api-version=2022-12-01", headers={"Authorization": f"Bearer {token}"}
        ) as answer:
            assert answer.status == 200

    played(sandbox, story)


def test_big_bodies_and_broken_connections(sandbox: Sandbox) -> None:
    from reconciler.sandbox.arm.messages import Request, Response
    from reconciler.sandbox.sandbox import Hook

    class Reset(Hook):
        def before(self, request: Request) -> Response | None:
            raise ConnectionResetError

    async def story(base: str, session: aiohttp.ClientSession) -> None:
        group = f"{base}{TWO}/resourceGroups/other?api-version=2021-04-01"
        headers = BEARER | {"Content-Type": "application/json"}
        async with session.put(group, headers=headers, data=io.BytesIO(b" " * 5_000_000)) as answer:
            assert answer.status == 413
        sandbox.hooks.append(Reset())
        with pytest.raises(aiohttp.ClientError):
            await session.get(group, headers=BEARER)

    played(sandbox, story)


def test_a_port_that_is_taken_is_said(sandbox: Sandbox) -> None:
    async def play() -> None:
        async with Server(sandbox) as server:
            port = int(server.url.rpartition(":")[2])
            with pytest.raises(SandboxError, match="cannot listen on"):
                async with Server(sandbox, port=port):
                    pass

    asyncio.run(play())
