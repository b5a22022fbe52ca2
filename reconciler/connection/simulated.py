"""A sandbox in this process: the production pipeline over a plain function, on virtual time by default."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from random import Random

from reconciler.azure.connection import Azure
from reconciler.azure.governor import Events
from reconciler.azure.virtual import new_loop
from reconciler.base.clock import Clock, LoopClock
from reconciler.connection.choice import ClockChoice, Connection, clock_choice
from reconciler.connection.endpoint import open_azure
from reconciler.connection.session import Session
from reconciler.model.codes import errors as error_codes
from reconciler.model.errors import UsageError
from reconciler.sandbox.errors import SandboxError
from reconciler.sandbox.sandbox import Sandbox


@contextmanager
def sandbox_session(connection: Connection, events: Events | None, *, readonly: bool) -> Iterator[Session]:
    """A session on the sandbox of an estate file; its state is saved at the end, also after an error."""
    choice = clock_choice(connection.clock or "virtual")
    with opened_sandbox(Path(connection.sandbox or ""), readonly=readonly) as sandbox, _runner(choice) as runner:

        def make_clock() -> Clock:
            clock = _clock(choice, sandbox)
            sandbox.time.follow(clock.now)
            return clock

        is_virtual = choice.kind == "virtual"
        session = Session(
            runner, lambda clock: _azure(sandbox, connection, clock, events), make_clock, is_virtual=is_virtual
        )
        try:
            yield session
        finally:
            session.close()


@contextmanager
def opened_sandbox(path: Path, *, readonly: bool = False) -> Iterator[Sandbox]:
    """The sandbox of an estate file; its errors become UsageErrors."""
    with sandbox_errors(), Sandbox.open(path, readonly=readonly) as sandbox:
        yield sandbox


@contextmanager
def sandbox_errors() -> Iterator[None]:
    """Within this block the sandbox's errors become UsageErrors."""
    try:
        yield
    except SandboxError as error:
        raise UsageError(error.message, hint=error.hint, code=error_codes.SANDBOX) from error


def _runner(choice: ClockChoice) -> asyncio.Runner:
    if choice.kind != "virtual":
        return asyncio.Runner()
    return asyncio.Runner(loop_factory=new_loop())


def _clock(choice: ClockChoice, sandbox: Sandbox) -> Clock:
    if choice.kind == "virtual":
        if choice.start is not None:
            sandbox.advance(max(0.0, (choice.start - sandbox.time()).total_seconds()))
        return LoopClock(start=sandbox.time())
    return LoopClock(scale=choice.scale)


def _azure(sandbox: Sandbox, connection: Connection, clock: Clock, events: Events | None) -> Azure:
    async def exchange(
        method: str, url: str, headers: Mapping[str, str], body: bytes | None
    ) -> tuple[int, Mapping[str, str], bytes]:
        signed = {"Authorization": "Bearer sandbox", **headers}
        status, answer, content, latency = sandbox.handle(method, url, signed, body)
        if latency:
            await clock.sleep(latency)
        return status, answer, content

    jitter = Random(0)  # noqa: S311 - spreads retries, the same way in every run
    return open_azure(
        clock=clock,
        environment={},
        exchange=exchange,
        chance=jitter,
        events=events,
        api_version=connection.api_version,
        look_seconds=connection.look_seconds,
    )
