"""The watch's health and metrics over HTTP: `/healthz`, `/readyz`, `/metrics`."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from socketserver import ThreadingMixIn
from typing import Any
from wsgiref.simple_server import WSGIRequestHandler, WSGIServer, make_server

from prometheus_client import CONTENT_TYPE_LATEST

from reconciler.model.errors import UsageError

_MISSED = 3
"""How many intervals without a complete look make older results unreliable."""


class Liveness:
    """`alive`: the loop is running. `ready`: Azure was read to the end within the last three intervals.

    Times are monotonic seconds of the injected clock, which another thread must be able to read.
    """

    def __init__(self, monotonic: Callable[[], float], *, every: float, patience: float) -> None:
        self._monotonic = monotonic
        self._every = every
        self._patience = patience
        self._turned = monotonic()
        self._saw: float | None = None

    def turned(self, *, saw: bool) -> None:
        """Record the end of a round; `saw`: Azure was read to the end."""
        self._turned = self._monotonic()
        if saw:
            self._saw = self._turned

    @property
    def alive(self) -> bool:
        """Whether a round ended recently: within one interval plus the longest time that a round may take."""
        return self._monotonic() - self._turned <= self._every * 2 + self._patience

    @property
    def ready(self) -> bool:
        """Whether the last complete look is recent."""
        return self._saw is not None and self._monotonic() - self._saw <= self._every * _MISSED + self._patience


class _Server(ThreadingMixIn, WSGIServer):
    daemon_threads = True


class _Quiet(WSGIRequestHandler):
    def log_message(self, format: str, *args: Any) -> None:  # noqa: A002 - the base's name
        pass


def application(health: Liveness, metrics: Callable[[], bytes]) -> Callable[[dict[str, Any], Any], Iterable[bytes]]:
    """The WSGI application that answers the three addresses."""

    def answer(environment: dict[str, Any], start: Any) -> Iterable[bytes]:
        path = environment.get("PATH_INFO", "")
        status, kind, content = "404 Not Found", "text/plain; charset=utf-8", b"no such page\n"
        if path == "/metrics":
            status, kind, content = "200 OK", CONTENT_TYPE_LATEST, metrics()
        elif path in {"/healthz", "/readyz"}:
            good = health.alive if path == "/healthz" else health.ready
            status = "200 OK" if good else "503 Service Unavailable"
            content = b"ok\n" if good else b"not ok\n"
        start(status, [("Content-Type", kind), ("Content-Length", str(len(content)))])
        return [content]

    return answer


@contextmanager
def served(listen: str, health: Liveness, metrics: Callable[[], bytes]) -> Iterator[str]:
    """Within this block the three addresses are served at HOST:PORT (port 0: any); yields the URL. UsageError if taken."""
    host, _, port = listen.rpartition(":")
    host = host.strip("[]")
    if not (host and port.isdecimal()):
        raise UsageError(f"`--listen` must be HOST:PORT, not {listen!r}", hint="write `127.0.0.1:9464`, or `none`")
    try:
        server = make_server(host, int(port), application(health, metrics), _Server, _Quiet)
    except (OSError, OverflowError) as error:
        raise UsageError(f"Could not listen at {listen}: {error}", hint="choose another port") from error
    threading.Thread(target=server.serve_forever, args=(0.05,), daemon=True).start()
    try:
        yield f"http://{host}:{server.server_port}"
    finally:
        server.shutdown()
        server.server_close()
