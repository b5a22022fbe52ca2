"""The door over HTTP: the served sandbox and the proxy before it in this process, the installed command in its own."""

from __future__ import annotations

import asyncio
import json
import threading
import time
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from datetime import datetime, timedelta
from http.client import HTTPConnection
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any
from urllib.parse import parse_qsl, quote, unquote, urlencode, urlsplit

import warm
from installed import Done, environment

from forging.rule import Answer, Asked, Chain, Unanswered
from reconciler.sandbox.sandbox import Sandbox
from reconciler.sandbox.server import Server

HOPS = frozenset({"connection", "keep-alive", "transfer-encoding", "content-length", "accept-encoding"})
CLOCK = """
import datetime as real, os, time
import reconciler.base.clock
start, file, scale = {start!r}, {file!r}, {scale!r}
class Shared(real.datetime):
    @classmethod
    def now(cls, tz=None):
        if not os.path.exists(file):
            with open(file + '.new', 'w') as begun:
                begun.write(str(time.monotonic()))
            os.rename(file + '.new', file)
        with open(file) as begun:
            passed = (time.monotonic() - float(begun.read())) * scale
        return (real.datetime.fromisoformat(start) + real.timedelta(seconds=passed)).astimezone(tz)
reconciler.base.clock.datetime = Shared
"""
"""Tells a command what time it is in the sandbox; the command tells in turn when it has looked at its clock first."""


@dataclass
class Pace:
    """The time of the sandbox and of the commands that run: it passes once the first of them has looked at its clock.

    What it costs to start a process, on a busy machine above all, takes no simulated time.
    """

    begin: datetime
    file: Path
    scale: float
    _origin: float | None = None

    def __call__(self) -> datetime:
        """What time it is; both sides count by the machine's own clock."""
        if self._origin is None and self.file.exists():
            self._origin = float(self.file.read_text())
        passed = 0.0 if self._origin is None else (time.monotonic() - self._origin) * self.scale
        return self.begin + timedelta(seconds=passed)


class Served:
    """How the command reaches the sandbox, and the test what lies behind it."""

    def __init__(self, estate: Path, chain: Chain, azure: Any, clock: str, token: str) -> None:
        self.folder = estate.parent
        self._scale = 1.0 if clock == "real" else float(clock.removeprefix("scaled:"))
        self._token = token
        self._pace: Pace | None = None
        self._stack = ExitStack()
        self.sandbox, self._upstream = self._stack.enter_context(_serving(estate, self._scale))
        self._proxy = Proxy(self._upstream, chain, azure, self._scale)
        self._stack.callback(self._proxy.close)
        self.url = self._proxy.url

    @property
    def clock(self) -> tuple[str, ...]:
        """The options by which a command keeps the sandbox's pace."""
        return ("--clock", f"scaled:{self._scale:g}")

    def run(self, words: list[str], env: Mapping[str, str], timeout: float) -> Done:
        """Run the command; what it said, and its exit code. A rule may run another one meanwhile."""
        said = {"RECONCILER_ARM_ENDPOINT": self.url, "RECONCILER_ARM_TOKEN": self._token, **env}
        with self._passing() as pace:
            clock = CLOCK.format(start=pace.begin.isoformat(), file=str(pace.file), scale=float(pace.scale))
            return warm.run(self.folder, words, environment(said), before=clock, timeout=timeout)

    @contextmanager
    def _passing(self) -> Iterator[Pace]:
        """Time passes in the sandbox; it stands still again when the outermost of these ends."""
        if self._pace:
            yield self._pace
            return
        with TemporaryDirectory() as name:
            self._pace = Pace(self.sandbox.time(), Path(name, "begun"), self._scale)
            self.sandbox.time.follow(self._pace)
            try:
                yield self._pace
            finally:
                self._pace = None
                here = self.sandbox.time()
                self.sandbox.time.follow(lambda: here)

    def admin(self, method: str, what: str, query: Mapping[str, str], body: Any) -> Any:
        """A question to the sandbox itself, or a command; AssertionError unless it is obeyed."""
        address = f"/.sandbox/{what}?{urlencode(query)}"
        status, answer = self.ask(method, address, body)
        assert status == 200, f"{what} {query or body}: {answer}"
        return answer

    def ask(self, method: str, address: str, body: Any, more: Mapping[str, str] | None = None) -> tuple[int, Any]:
        """A request past the proxy; status and decoded body."""
        line = HTTPConnection(urlsplit(self._upstream).netloc, timeout=300)
        headers = {"Content-Type": "application/json", "Authorization": "Bearer somebody", **(more or {})}
        line.request(method, address, None if body is None else json.dumps(body), headers)
        with line.getresponse() as answer:
            content = answer.read()
        line.close()
        return answer.status, json.loads(content) if content else None

    def close(self) -> None:
        """Serve no more."""
        self._stack.close()


@contextmanager
def _serving(estate: Path, scale: float) -> Iterator[tuple[Sandbox, str]]:
    """What `sandbox serve` does, in a thread: the sandbox and its address; its time stands still by itself."""
    loop, ready, stop = asyncio.new_event_loop(), threading.Event(), asyncio.Event()
    found: list[str] = []

    async def serve(sandbox: Sandbox) -> None:
        async with Server(sandbox, scale=scale) as server:
            found.append(server.url)
            ready.set()
            await stop.wait()

    with Sandbox.open(estate) as sandbox:
        thread = threading.Thread(target=lambda: loop.run_until_complete(serve(sandbox)), daemon=True)
        thread.start()
        assert ready.wait(10), "the sandbox doesn't listen"
        try:
            yield sandbox, found[0]
        finally:
            loop.call_soon_threadsafe(stop.set)
            thread.join(10)
            loop.close()


class _Threads(ThreadingHTTPServer):
    daemon_threads = True
    request_queue_size = 128

    def handle_error(self, *_: Any) -> None:
        pass  # a command that ends cuts its connections


class Proxy:
    """Listens on loopback; every request passes the rules, and whatever they don't answer goes to `upstream`."""

    def __init__(self, upstream: str, chain: Chain, azure: Any, scale: float) -> None:
        self._chain = chain
        self._azure = azure
        self._scale = scale
        self._upstream = urlsplit(upstream).netloc
        self._lines = threading.local()
        proxy = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"
            wbufsize = -1
            disable_nagle_algorithm = True

            def _answered(self) -> None:
                proxy.serve(self)

            do_GET = do_HEAD = do_PUT = do_POST = do_PATCH = do_DELETE = _answered  # noqa: N815

            def finish(self) -> None:
                proxy.hang_up()
                super().finish()

            def log_message(self, *_: Any) -> None:
                pass

        self._server = _Threads(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self._server.server_port}"
        threading.Thread(target=self._server.serve_forever, args=(0.01,), daemon=True).start()

    def close(self) -> None:
        """Listen no more."""
        self._server.shutdown()
        self._server.server_close()

    def hang_up(self) -> None:
        """Close this thread's connection to the sandbox, as the command has closed its own."""
        line = getattr(self._lines, "line", None)
        if line is not None:
            line.close()

    def serve(self, handler: BaseHTTPRequestHandler) -> None:
        """One request of the command's."""
        content = handler.rfile.read(int(handler.headers.get("Content-Length") or 0))
        split = urlsplit(handler.path)
        query = dict(parse_qsl(split.query, keep_blank_values=True))
        asked = Asked(handler.command, unquote(split.path), query, _decoded(content), self.url, self._azure)
        headers = {name: value for name, value in handler.headers.items() if name.lower() not in HOPS}
        try:
            answer = self._chain.answer(asked, lambda one: self._passed_on(one, headers, content))
        except Unanswered:
            handler.close_connection = True
            return
        time.sleep(answer.seconds / self._scale)
        _reply(handler, answer)

    def _passed_on(self, asked: Asked, headers: dict[str, str], content: bytes) -> Answer:
        """The sandbox's own answer; Host is the proxy's, so that links lead back here."""
        line = getattr(self._lines, "line", None)
        if line is None:
            line = self._lines.line = HTTPConnection(self._upstream, timeout=300)
        address = quote(asked.path, safe="/:;=@$&'()*+,!~") + (f"?{urlencode(asked.query)}" if asked.query else "")
        line.request(asked.method, address, content or None, headers)
        answer = line.getresponse()
        body = answer.read()
        kept = {name: value for name, value in answer.getheaders() if name.lower() not in HOPS}
        return Answer(answer.status, kept, body)


def _decoded(content: bytes) -> Any:
    try:
        return json.loads(content) if content else None
    except ValueError:
        return content


def _reply(handler: BaseHTTPRequestHandler, answer: Answer) -> None:
    try:
        handler.send_response_only(answer.status)
        for name, value in answer.headers.items():
            handler.send_header(name, value)
        handler.send_header("Content-Length", str(len(answer.content)))
        handler.end_headers()
        if handler.command != "HEAD":
            handler.wfile.write(answer.content)
        handler.wfile.flush()
    except OSError:
        handler.close_connection = True
