"""The sandbox over HTTP, for this tool's own client and for other ARM clients.

Links in answers are built from Host and X-Forwarded-Proto, -Host and -Prefix, since TLS may come from a proxy in front.
"""

from __future__ import annotations

import asyncio
import signal
import socket
import time
from collections.abc import Callable
from pathlib import Path
from types import FrameType
from typing import Any, Self

from aiohttp import web

from reconciler.sandbox import admin
from reconciler.sandbox.arm.wire import LARGEST_BODY
from reconciler.sandbox.clocks import ClockSpec, parse
from reconciler.sandbox.errors import SandboxError
from reconciler.sandbox.sandbox import Sandbox
from reconciler.sandbox.sign_in import cloud, directory, tokens

_READS = frozenset({"GET", "HEAD"})
_SAVE_AFTER = 0.5
_LOOPBACK = ("127.", "::1", "::ffff:127.")
_FORWARDED = ("X-Forwarded-For", "X-Forwarded-Host", "Forwarded")


class Server:
    """Serves one sandbox; use it in an `async with` statement. `url` is where it listens."""

    def __init__(self, sandbox: Sandbox, *, host: str = "127.0.0.1", port: int = 0, scale: float = 1.0) -> None:
        self.sandbox = sandbox
        self.url = ""
        self._host = host.removeprefix("[").removesuffix("]")
        self._port = port
        self._scale = scale
        self._saving: asyncio.TimerHandle | None = None
        self._runner: web.AppRunner | None = None

    async def __aenter__(self) -> Self:
        app = web.Application(client_max_size=LARGEST_BODY + 1)
        app.router.add_route("*", "/{path:.*}", self._answer)
        self._runner = web.AppRunner(app, access_log=None, handle_signals=False)
        await self._runner.setup()
        try:
            await self._listen(self._runner)
        except OSError as error:
            await self._runner.cleanup()
            raise SandboxError(
                f"cannot listen on {self._host}:{self._port}: {error.strerror}", "choose another --host or --port"
            ) from error
        host, port = self._runner.addresses[0][:2]
        self.url = f"http://[{host}]:{port}" if ":" in host else f"http://{host}:{port}"
        return self

    async def _listen(self, runner: web.AppRunner) -> None:
        """Listen at the host; without one at every address of both families, on one port."""
        if self._host or not socket.has_dualstack_ipv6():
            await web.TCPSite(runner, self._host or None, self._port).start()
            return
        every = socket.create_server(("", self._port), family=socket.AF_INET6, dualstack_ipv6=True)
        await web.SockSite(runner, every).start()

    async def __aexit__(self, *_: object) -> None:
        if self._saving is not None:
            self._saving.cancel()
        if self._runner is not None:
            await self._runner.cleanup()
        self.sandbox.save()

    async def _answer(self, request: web.Request) -> web.StreamResponse:
        base, path = _base(request), request.path
        try:
            body = await request.read()
        except web.HTTPRequestEntityTooLarge:
            body = b" " * (LARGEST_BODY + 1)
        if path.startswith("/.sandbox/"):
            return await self._administer(request, body)
        beside = self._beside_azure(request, base, body)
        if beside is not None:
            return web.json_response(beside[1], status=beside[0])
        return self._azure(request, base, body)

    def _beside_azure(self, request: web.Request, base: str, body: bytes) -> tuple[int, Any] | None:
        """What clients ask of others before and beside Resource Manager: the cloud, a token, the directory."""
        world, method, path = self.sandbox.world, request.method, f"/{request.path.lstrip('/')}"
        if path == "/metadata/endpoints":
            return 200, cloud.endpoints(base, request.query.get("api-version", ""))
        tokens.recall(world, request.headers.get("Authorization", ""))
        signed = tokens.answer(world, base, method, path, body, int(time.time()))
        if signed is not None:
            return 200, signed
        return directory.answer(world, method, path, request.query.get("$filter", ""), body)

    def _azure(self, request: web.Request, base: str, body: bytes) -> web.Response:
        try:
            status, headers, content, _ = self.sandbox.handle(
                request.method, request.rel_url.raw_path_qs, _headers(request), body, base=base
            )
        except ConnectionError:
            if request.transport is not None:
                request.transport.abort()
            return web.Response(status=502)
        if request.method not in _READS:
            self._save_soon()
        if "Retry-After" in headers and self._scale not in {0.0, 1.0} and _is_local(request):
            headers["x-ms-retry-after-ms"] = str(max(1, round(float(headers["Retry-After"]) * 1000 / self._scale)))
        return web.Response(status=status, headers=headers, body=content)

    async def _administer(self, request: web.Request, body: bytes) -> web.Response:
        """Changes behind Azure's back, and the clock: for this machine only, and never for a page in a browser."""
        if not _is_local(request) or (request.method == "POST" and request.content_type != "application/json"):
            return web.json_response({"error": "only for JSON from this machine"}, status=403)
        try:
            answer: Any = admin.answer(
                self.sandbox, request.method, request.path.removeprefix("/.sandbox/"), request.query, body
            )
        except SandboxError as error:
            return web.json_response({"error": error.message, "hint": error.hint}, status=400)
        if request.method not in _READS:
            self._save_soon()
        return web.json_response(answer)

    def _save_soon(self) -> None:
        if self._saving is None:
            self._saving = asyncio.get_running_loop().call_later(_SAVE_AFTER, self._save)

    def _save(self) -> None:
        self._saving = None
        self.sandbox.save()


def _headers(request: web.Request) -> dict[str, str]:
    return {key: value for key, value in request.headers.items() if not key.lower().startswith("x-forwarded-")}


def _base(request: web.Request) -> str:
    """Where links start: as the client sees this server, with what a proxy in front says of itself."""
    said = request.headers
    scheme = said.get("X-Forwarded-Proto", request.scheme).split(",")[0].strip()
    host = said.get("X-Forwarded-Host", request.host).split(",")[0].strip()
    prefix = said.get("X-Forwarded-Prefix", "").strip().rstrip("/")
    return f"{scheme}://{host}{prefix}"


def _is_local(request: web.Request) -> bool:
    remote = request.remote or ""
    return remote.startswith(_LOOPBACK) and not any(name in request.headers for name in _FORWARDED)


def serve(
    path: Path,
    host: str = "127.0.0.1",
    port: int = 8080,
    clock: str = "real",
    *,
    ready: Callable[[str], None] | None = None,
) -> None:
    """Serve an estate file's sandbox until SIGINT or SIGTERM, then save its state.

    `ready` is called with the address once it listens. SandboxError when the clock, the estate, its state or the
    address won't do.
    """
    spec = parse(clock)
    with Sandbox.open(path, now=spec.source()) as sandbox:
        if spec.start is not None:
            sandbox.advance(max(0.0, (spec.start - sandbox.time()).total_seconds()))
        asyncio.run(_until_stopped(sandbox, host, port, spec, ready))


async def _until_stopped(
    sandbox: Sandbox, host: str, port: int, spec: ClockSpec, ready: Callable[[str], None] | None
) -> None:
    stop, loop = asyncio.Event(), asyncio.get_running_loop()

    def receive(_number: int, _frame: FrameType | None) -> None:
        loop.call_soon_threadsafe(stop.set)

    before = {number: signal.signal(number, receive) for number in (signal.SIGINT, signal.SIGTERM)}
    try:
        async with Server(sandbox, host=host, port=port, scale=spec.scale) as server:
            if ready:
                ready(server.url)
            await stop.wait()
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
