"""What stands between the command and a host: a proxy that leads every CONNECT to one address, and servers without TLS."""

from __future__ import annotations

import socket
import threading
from base64 import b64encode
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from socketserver import BaseRequestHandler, ThreadingTCPServer
from typing import Self


class Proxy:
    """Notes the hosts that were asked for, and what came in plain text with it; `credentials`, if any, are insisted on."""

    def __init__(self, leads_to: str, *, credentials: str = "", refuses: int = 0) -> None:
        self.hosts: list[str] = []
        self.heard: list[str] = []
        self.refuses = refuses
        self._leads_to = leads_to
        self._wanted = f"Basic {b64encode(credentials.encode()).decode()}" if credentials else ""
        proxy = self

        class Handler(BaseRequestHandler):
            def handle(self) -> None:
                with suppress(OSError):
                    proxy._serve(self.request)

        self._server = ThreadingTCPServer(("127.0.0.1", 0), Handler)
        self._server.daemon_threads = True
        self.address = f"127.0.0.1:{self._server.server_address[1]}"

    def __enter__(self) -> Self:
        threading.Thread(target=self._server.serve_forever, args=(0.05,), daemon=True).start()
        return self

    def __exit__(self, *_: object) -> None:
        self._server.shutdown()
        self._server.server_close()

    def _serve(self, client: socket.socket) -> None:
        head = b""
        while b"\r\n\r\n" not in head:
            more = client.recv(4096)
            if not more:
                return
            head += more
        text = head.decode("latin-1")
        self.heard.append(text)
        self.hosts.append(text.split(" ")[1])
        status = self._status(text)
        client.sendall(f"HTTP/1.1 {status} What\r\nContent-Length: 0\r\n\r\n".encode())
        if status == 200:
            host, _, port = self._leads_to.rpartition(":")
            with socket.create_connection((host, int(port))) as server:
                back = threading.Thread(target=_pass_on, args=(server, client), daemon=True)
                back.start()
                _pass_on(client, server)
                back.join(10)

    def _status(self, head: str) -> int:
        if self.refuses:
            return self.refuses
        said = [
            line.partition(": ")[2] for line in head.split("\r\n") if line.lower().startswith("proxy-authorization:")
        ]
        return 407 if self._wanted and said != [self._wanted] else 200


@contextmanager
def plain_server(*, hang_ups: int = 0, leads_to: str = "") -> Iterator[str]:
    """Speaks no TLS; with `leads_to` it hangs up that often and passes all else on."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        asked = 0

        def serve() -> None:
            nonlocal asked
            while True:
                try:
                    client, _ = server.accept()
                except OSError:
                    return
                asked += 1
                if leads_to and asked > hang_ups:
                    threading.Thread(target=_joined, args=(client, leads_to), daemon=True).start()
                    continue
                if not leads_to:
                    client.recv(4096)
                    client.sendall(b"HTTP/1.1 400 Bad Request\r\nContent-Length: 0\r\n\r\n")
                client.close()

        threading.Thread(target=serve, daemon=True).start()
        yield f"127.0.0.1:{server.getsockname()[1]}"


def _joined(client: socket.socket, address: str) -> None:
    host, _, port = address.rpartition(":")
    with client, socket.create_connection((host, int(port))) as server:
        threading.Thread(target=_pass_on, args=(server, client), daemon=True).start()
        _pass_on(client, server)


def _pass_on(source: socket.socket, target: socket.socket) -> None:
    with suppress(OSError):
        while content := source.recv(65536):
            target.sendall(content)
        target.shutdown(socket.SHUT_WR)
