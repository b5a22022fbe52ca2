"""Opens and closes a session on the chosen Azure."""

from __future__ import annotations

import asyncio
import os
from collections.abc import Iterator, Mapping
from contextlib import contextmanager

from reconciler.azure.connection import Azure
from reconciler.azure.governor import Events
from reconciler.base.clock import Clock, LoopClock
from reconciler.connection.choice import Connection, clock_choice
from reconciler.connection.endpoint import open_azure
from reconciler.connection.loops import Loop
from reconciler.connection.session import Session
from reconciler.model.errors import UsageError


def _environment(connection: Connection) -> Mapping[str, str]:
    """The environment; for plain http (loopback only) with a placeholder token, since a sandbox accepts any."""
    if not (connection.endpoint or "").lower().startswith("http://"):
        return os.environ
    return {"RECONCILER_ARM_TOKEN": "sandbox", **os.environ}


@contextmanager
def opened(connection: Connection, *, events: Events | None = None, readonly: bool = False) -> Iterator[Session]:
    """A session over the chosen connection; `readonly`: nothing will be written.

    UsageError when it can't be opened.
    """
    if connection.sandbox:
        from reconciler.connection.simulated import sandbox_session  # brings the whole simulated Azure

        with sandbox_session(connection, events, readonly=readonly) as session:
            session.api_version = connection.version
            yield session
        return
    choice = clock_choice(connection.clock or "real")
    if choice.kind == "virtual":
        raise UsageError(
            "A virtual clock works only with --sandbox: real connections take real time.",
            hint="use --clock scaled:N for both `sandbox serve` and this command",
        )

    def connect(clock: Clock) -> Azure:
        return open_azure(
            clock=clock,
            environment=_environment(connection),
            cloud=connection.cloud,
            endpoint=connection.endpoint or "",
            events=events,
            api_version=connection.api_version,
            look_seconds=connection.look_seconds,
        )

    loop = Loop()
    with asyncio.Runner(loop_factory=lambda: loop) as runner:
        session = Session(runner, connect, lambda: LoopClock(scale=choice.scale))
        session.api_version = connection.version
        try:
            yield session
        finally:
            session.close()
            runner.run(loop.ended())
