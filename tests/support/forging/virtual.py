"""The door without a socket: the command in this process on virtual time, where hours cost nothing.

The command runs as `--sandbox ESTATE` runs it, with everything from its options to its output; only what the sandbox
answers goes through the rules.
"""

from __future__ import annotations

import io
import json
import os
from collections.abc import Iterator, Mapping
from contextlib import chdir, contextmanager, redirect_stderr, redirect_stdout
from pathlib import Path
from typing import Any, Self
from unittest.mock import patch
from urllib.parse import parse_qsl, unquote, urlencode, urlsplit

from installed import Done, environment, within

from forging.rule import Answer, Asked, Chain
from reconciler.sandbox import admin
from reconciler.sandbox.sandbox import Sandbox

HOST = "https://management.azure.com"


class Virtual:
    """How the command reaches the sandbox, and the test what lies behind it."""

    clock = ()
    url = ""

    def __init__(self, estate: Path, chain: Chain, azure: Any, token: str) -> None:
        self.folder = estate.parent
        self._estate = estate
        self._token = token
        self._is_running = False
        self.sandbox = Sandbox.open(estate)
        self._forged = _Forged(self.sandbox, chain, azure, token)

    def run(self, words: list[str], env: Mapping[str, str], _timeout: float) -> Done:
        """Run the command; what it said, and its exit code."""
        assert not self._is_running, "on virtual time no command can run within another one: take the served door"
        said = environment({"RECONCILER_SANDBOX": self._estate.name, **env})
        out, err = io.StringIO(), io.StringIO()
        with self._running(), patch.dict(os.environ, said, clear=True), redirect_stdout(out), redirect_stderr(err):
            code = within(*words)
        return Done(words, code, out.getvalue(), err.getvalue())

    @contextmanager
    def _running(self) -> Iterator[None]:
        """The command opens this sandbox, whose time stands still afterwards, in its folder and without a terminal."""
        opened = patch.object(Sandbox, "open", lambda *_, **__: self._forged)
        with open(os.devnull) as nothing, opened, chdir(self.folder), patch("sys.stdin", nothing):  # noqa: PTH123
            self._is_running = True
            try:
                yield
            finally:
                self._is_running = False
                here = self.sandbox.time()
                self.sandbox.time.follow(lambda: here)

    def admin(self, method: str, what: str, query: Mapping[str, str], body: Any) -> Any:
        """A question to the sandbox itself, or a command."""
        return admin.answer(self.sandbox, method, what, query, json.dumps(body or {}).encode())

    def ask(self, method: str, address: str, body: Any, headers: Mapping[str, str]) -> tuple[int, Any]:
        """A request past the rules; status and decoded body."""
        headers = {"Content-Type": "application/json", "Authorization": "Bearer somebody", **headers}
        content = None if body is None else json.dumps(body).encode()
        status, _, answer, _ = self.sandbox.handle(method, f"{HOST}{address}", headers, content)
        return status, json.loads(answer) if answer else None

    def close(self) -> None:
        """Let go of the sandbox."""
        self.sandbox.close()


class _Forged:
    """What the command takes for its sandbox."""

    def __init__(self, sandbox: Sandbox, chain: Chain, azure: Any, token: str) -> None:
        self._sandbox = sandbox
        self._chain = chain
        self._azure = azure
        self._token = token

    def __getattr__(self, name: str) -> Any:
        return getattr(self._sandbox, name)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        pass

    def handle(
        self, method: str, url: str, headers: Mapping[str, str], body: bytes | None
    ) -> tuple[int, Mapping[str, str], bytes, float]:
        """The answer under the rules."""
        split = urlsplit(url)
        query = dict(parse_qsl(split.query, keep_blank_values=True))
        base = f"{split.scheme}://{split.netloc}"
        asked = Asked(method, unquote(split.path), query, json.loads(body) if body else None, base, self._azure)
        signed = {**headers, "Authorization": f"Bearer {self._token}"}

        def sandbox(one: Asked) -> Answer:
            mark = f"?{urlencode(one.query)}" if one.query else ""
            return Answer(*self._sandbox.handle(method, f"{base}{split.path}{mark}", signed, body))

        return self._chain.answer(asked, sandbox)
