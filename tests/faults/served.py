"""A trial's simulated Azure behind a real socket, so that the installed command can be stopped wherever it is."""

from __future__ import annotations

import json
import threading
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from datetime import timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

from faults import Asked
from stage import Stage

SCALE = 120.0
"""Seconds of the simulated Azure in one of ours, as `--clock scaled:120` has it for the command."""


class _Server(ThreadingHTTPServer):
    """A client that was stopped resets its connections: that is no error, and stderr may belong to another trial."""

    daemon_threads = True

    def handle_error(self, *_: Any) -> None:
        pass


class Served:
    """`holds` says which requests never get an answer; `held` is set when the first of them has come.

    `echoes` says which are refused by something that shows what it was sent, headers and all, as careless proxies do.
    """

    def __init__(self, stage: Stage) -> None:
        self.holds: Callable[[Asked], bool] = lambda _: False
        self.echoes: Callable[[Asked], bool] = lambda _: False
        self.held = threading.Event()
        self.asked: list[str] = []
        self.tokens: set[str] = set()
        self._sandbox = stage.sandbox
        self._turn = threading.Lock()
        self._release = threading.Event()
        begin, origin = stage.sandbox.time(), time.monotonic()
        stage.sandbox.time.follow(lambda: begin + timedelta(seconds=(time.monotonic() - origin) * SCALE))
        served = self

        class Door(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def _answer(self) -> None:
                served.answer(self)

            do_GET = do_PUT = do_POST = do_PATCH = do_DELETE = _answer  # noqa: N815

            def log_message(self, *_: Any) -> None:
                pass

        self._server = _Server(("127.0.0.1", 0), Door)
        self.url = f"http://127.0.0.1:{self._server.server_port}"
        threading.Thread(target=self._server.serve_forever, args=(0.02,), daemon=True).start()

    def answer(self, door: BaseHTTPRequestHandler) -> None:
        """One request; written as a whole, or never."""
        content = door.rfile.read(int(door.headers.get("Content-Length") or 0)) or None
        asked = Asked(door.command, f"{self.url}{door.path}", None, lambda: (0, {}, b"", 0.0))
        self.asked.append(asked.kind)
        self.tokens.add(door.headers.get("Authorization", ""))
        if self.holds(asked):
            self.held.set()
            self._release.wait(30)
            door.close_connection = True
            return
        if self.echoes(asked):
            shown = json.dumps({"error": {"code": "Refused", "message": f"{door.path} {dict(door.headers.items())}"}})
            self._reply(door, 400, {"Content-Type": "application/json"}, shown.encode())
            return
        with self._turn:
            status, headers, body, _ = self._sandbox.handle(
                door.command, asked.url, dict(door.headers.items()), content
            )
        self._reply(door, status, headers, body)

    @staticmethod
    def _reply(door: BaseHTTPRequestHandler, status: int, headers: Mapping[str, str], body: bytes) -> None:
        try:
            door.send_response(status)
            for name, value in headers.items():
                if name.lower() != "content-length":
                    door.send_header(name, value)
            door.send_header("Content-Length", str(len(body)))
            door.end_headers()
            door.wfile.write(body)
        except OSError:
            door.close_connection = True

    def close(self) -> None:
        """Let go of whoever still waits, and answer nobody any more."""
        self._release.set()
        self._server.shutdown()
        self._server.server_close()


@contextmanager
def served(stage: Stage) -> Iterator[Served]:
    """The stage's sandbox at a URL."""
    door = Served(stage)
    try:
        yield door
    finally:
        door.close()
