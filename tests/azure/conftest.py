"""A scripted Azure behind the in-process transport, on virtual time."""

from __future__ import annotations

import asyncio
import json
import random
from collections.abc import Awaitable, Callable, Iterable
from dataclasses import dataclass, field
from datetime import UTC, datetime
from inspect import isawaitable
from typing import Any
from urllib.parse import unquote

import pytest

from reconciler.azure.connection import Azure
from reconciler.azure.inprocess import InProcessTransport
from reconciler.azure.virtual import new_loop
from reconciler.base.clock import LoopClock

START = datetime(2026, 1, 1, tzinfo=UTC)


@dataclass
class Call:
    method: str
    url: str
    headers: dict[str, str]
    body: Any
    at: float

    @property
    def path(self) -> str:
        return unquote(self.url.partition("://")[2].partition("?")[0].partition("/")[2])


@dataclass
class Wire:
    """Answers by method and a part of the URL; the last answer of a script repeats."""

    scripts: list[tuple[str, str, list[Any]]] = field(default_factory=list)
    calls: list[Call] = field(default_factory=list)
    throttled_events: list[tuple[str, float]] = field(default_factory=list)
    held_events: list[tuple[str, float]] = field(default_factory=list)
    retry_events: list[tuple[str, float]] = field(default_factory=list)

    def on(self, method: str, part: str, *answers: Any) -> None:
        self.scripts.insert(0, (method, part, list(answers)))

    async def exchange(
        self, method: str, url: str, headers: Any, body: bytes | None
    ) -> tuple[int, dict[str, str], bytes]:
        now = asyncio.get_running_loop().time()
        self.calls.append(Call(method, url, dict(headers), json.loads(body) if body else None, now))
        await asyncio.sleep(0)
        for wanted, part, answers in self.scripts:
            if wanted == method and part in unquote(url):
                answer = answers.pop(0) if len(answers) > 1 else answers[0]
                if callable(answer):
                    answer = answer(self.calls[-1])
                if isawaitable(answer):
                    answer = await answer
                if isinstance(answer, BaseException):
                    raise answer
                return _wired(*answer) if isinstance(answer, tuple) else _wired(200, answer)
        return _wired(404, {"error": {"code": "ResourceNotFound", "message": f"nothing at {url}"}})

    def throttled(self, what: str, seconds: float) -> None:
        self.throttled_events.append((what, seconds))

    def held_back(self, what: str, seconds: float) -> None:
        self.held_events.append((what, seconds))

    def retrying(self, why: str, seconds: float) -> None:
        self.retry_events.append((why, seconds))

    def sent(self, method: str) -> list[Call]:
        return [call for call in self.calls if call.method == method]

    def run(self, test: Callable[[Azure], Awaitable[Any]], **options: Any) -> Any:
        async def main() -> Any:
            azure = Azure(
                InProcessTransport(self.exchange),
                **{"endpoint": "https://management.azure.com", "clock": LoopClock(start=START), "events": self}
                | {"chance": random.Random(1)}
                | options,
            )
            try:
                return await test(azure)
            finally:
                await azure.close()

        with asyncio.Runner(loop_factory=new_loop()) as runner:
            return runner.run(main())


def _wired(status: int, body: Any = None, headers: Iterable[tuple[str, str]] | dict[str, str] = ()) -> Any:
    content = body if isinstance(body, bytes) else b"" if body is None else json.dumps(body).encode()
    return status, {"Content-Type": "application/json", **dict(headers)}, content


@pytest.fixture
def wire() -> Wire:
    return Wire()
