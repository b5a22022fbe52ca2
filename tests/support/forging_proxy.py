"""The proxy itself, and the served sandbox behind it: both in this process, each on a port of its own."""

from __future__ import annotations

import asyncio
import json
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import datetime
from http.client import HTTPConnection
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any, NamedTuple
from urllib.parse import parse_qsl, quote, unquote, urlencode, urlsplit

from forging_rules import Answer, Asked, Rule, Unanswered

from reconciler.sandbox.sandbox import Sandbox
from reconciler.sandbox.server import Server

HOPS = frozenset({"connection", "keep-alive", "transfer-encoding", "content-length", "accept-encoding"})
ASKING = (
    "/validateforbackup",
    "/validaterestore",
    "/providers/microsoft.resourcegraph/resources",
    "/checknameavailability",
    "/checkfeaturesupport",
    "/findrestorabletimeranges",
)


class Request(NamedTuple):
    """One request that came, and what the command got for it."""

    method: str
    path: str
    query: dict[str, str]
    status: int
    body: Any
    answer: Any

    @property
    def is_write(self) -> bool:
        """Whether it may change Azure: a validation or a query is a POST that doesn't."""
        return self.method not in {"GET", "HEAD"} and not self.path.lower().endswith(ASKING)

    def __str__(self) -> str:
        return f"{self.method} {self.path} {self.status}"


@contextmanager
def serving(estate: Path, scale: float) -> Iterator[tuple[Sandbox, str]]:
    """`sandbox serve` in a thread of this process: the sandbox and its address; its time stands still by itself."""
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
    block_on_close = True
    request_queue_size = 128

    def handle_error(self, *_: Any) -> None:
        pass  # a command that ends cuts its connections


class Proxy:
    """Stands on loopback before `upstream`; every request passes the rules in their order, the first one outermost."""

    def __init__(self, upstream: str, rules: list[Rule], azure: Any) -> None:
        self.requests: list[Request] = []
        self.problems: list[str] = []
        self.rules = rules
        self._azure = azure
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
        try:
            said = json.loads(content) if content else None
        except ValueError:
            said = content
        asked = Asked(handler.command, unquote(split.path), dict(parse_qsl(split.query)), said, self.url, self._azure)
        headers = {name: value for name, value in handler.headers.items() if name.lower() not in HOPS}
        origin = lambda one: self._passed_on(one, headers, content)  # noqa: E731
        query = dict(asked.query)
        try:
            answer = self._chained(0, origin)(asked)
        except Unanswered:
            self.requests.append(Request(asked.method, asked.path, query, 0, said, None))
            handler.close_connection = True
            return
        except Exception as problem:  # noqa: BLE001 - a mistake in a rule is the test's, and must not look like Azure's
            self.problems.append(f"{asked.method} {asked.path}: {type(problem).__name__}: {problem}")
            answer = Answer(418, {}, b"")
        self.requests.append(Request(asked.method, asked.path, query, answer.status, said, answer.body))
        self._reply(handler, answer)

    def _chained(self, number: int, origin: Callable[[Asked], Answer]) -> Callable[[Asked], Answer]:
        if number == len(self.rules):
            return origin

        def ask(asked: Asked) -> Answer:
            onward = self._chained(number + 1, origin)
            return self.rules[number](Asked(**{**asked.__dict__, "forward": onward}))

        return ask

    def _passed_on(self, asked: Asked, headers: dict[str, str], content: bytes) -> Answer:
        """The sandbox's own answer; Host is the proxy's, so that links lead back here."""
        line = getattr(self._lines, "line", None)
        if line is None:
            line = self._lines.line = HTTPConnection(self._upstream, timeout=30)
        address = quote(asked.path, safe="/:;=@$&'()*+,!~") + (f"?{urlencode(asked.query)}" if asked.query else "")
        line.request(asked.method, address, content or None, headers)
        answer = line.getresponse()
        body = answer.read()
        return Answer(
            answer.status, {name: value for name, value in answer.getheaders() if name.lower() not in HOPS}, body
        )

    @staticmethod
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


def stands_at(moment: datetime) -> Callable[[], datetime]:
    """A clock that doesn't move."""
    return lambda: moment
