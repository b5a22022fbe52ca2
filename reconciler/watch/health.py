"""The watch's health and metrics over HTTP: `/healthz`, `/readyz`, `/metrics`."""

from __future__ import annotations

import socket
import threading
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from socketserver import ThreadingMixIn
from typing import Any
from wsgiref.simple_server import WSGIRequestHandler, WSGIServer, make_server

from prometheus_client import CONTENT_TYPE_LATEST

from reconciler.model.errors import UsageError

_ALL_4, _ALL_6 = "0.0.0.0", "::"  # noqa: S104 - only where the command line asks for it
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


class _Server6(_Server):
    address_family = socket.AF_INET6

    def server_bind(self) -> None:
        if self.server_address[0] == _ALL_6 and socket.has_dualstack_ipv6():
            self.socket.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY, 0)
        super().server_bind()


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


def _address(listen: str) -> tuple[str, int]:
    """Host and port of `127.0.0.1:9464`, `[::1]:9464` or `:9464`, which is every address; UsageError for other text."""
    host, colon, port = listen.rpartition(":")
    bare = host[1:-1] if host.startswith("[") and host.endswith("]") else host
    if not (colon and port.isascii() and port.isdecimal()) or (":" in bare and bare == host):
        raise UsageError(
            f"`--listen` must be HOST:PORT, not '{listen}'",
            hint="write `127.0.0.1:9464`, `[::1]:9464`, `:9464` for every address of this machine, or `none`",
        )
    return bare or (_ALL_6 if socket.has_dualstack_ipv6() else _ALL_4), int(port)


def _server(host: str, port: int, answer: Any) -> WSGIServer:
    """The server, at IPv4 where the host has such an address; OSError when it can't listen there."""
    found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE)
    has_ipv4 = any(family is socket.AF_INET for family, *_ in found)
    return make_server(host, port, answer, _Server if has_ipv4 else _Server6, _Quiet)


@contextmanager
def served(listen: str, health: Liveness, metrics: Callable[[], bytes]) -> Iterator[str]:
    """Within this block the three addresses are served at HOST:PORT (port 0: any); yields the URL. UsageError if taken."""
    try:
        server = _server(*_address(listen), application(health, metrics))
    except (OSError, OverflowError) as error:
        raise UsageError(f"Could not listen at {listen}: {error}", hint="choose another address or port") from error
    threading.Thread(target=server.serve_forever, args=(0.05,), daemon=True).start()
    try:
        host = str(server.server_address[0])
        yield f"http://{f'[{host}]' if ':' in host else host}:{server.server_port}"
    finally:
        server.shutdown()
        server.server_close()
