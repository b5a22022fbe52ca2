"""One connection for one command: a sandbox in this process, another ARM endpoint, or Azure; and what runs on it."""

from __future__ import annotations

import asyncio
import os
from collections.abc import Callable, Coroutine, Iterator, Mapping
from contextlib import AbstractContextManager, contextmanager
from dataclasses import replace
from datetime import datetime
from typing import TYPE_CHECKING, Any, NamedTuple, Protocol, TypeVar

from reconciler.clock import Clock, LoopClock
from reconciler.errors import UsageError

if TYPE_CHECKING:
    from reconciler.applying.engine import Settings
    from reconciler.applying.outcome import Outcome
    from reconciler.applying.progress import Progress
    from reconciler.azure.auditing import Ledger
    from reconciler.azure.connection import Azure
    from reconciler.azure.governor import Events
    from reconciler.cli.options import Connection
    from reconciler.manifest.model import Manifest
    from reconciler.planning.model import Options, Plan

T = TypeVar("T")


class Signals(Protocol):
    """Who says that a run is to stop: `name` is what did, empty while nothing has."""

    @property
    def name(self) -> str:
        """Such as `SIGTERM`."""

    def watched(self, loop: asyncio.AbstractEventLoop, stop: asyncio.Event) -> AbstractContextManager[None]:
        """Within this block `stop` is set when the run is to stop."""


Connect = Callable[[Clock], "Azure"]


class ClockChoice(NamedTuple):
    """What `--clock` says: `kind` is `real`, `scaled` or `virtual`."""

    kind: str
    scale: float = 1.0
    start: datetime | None = None


def clock_choice(text: str) -> ClockChoice:
    """The clock that `real`, `scaled:N`, `virtual` or `virtual:START` (ISO 8601, UTC unless said) names."""
    from datetime import UTC

    kind, _, rest = text.partition(":")
    try:
        if kind == "real" and not rest:
            return ClockChoice("real")
        if kind == "scaled" and 0 < float(rest) < 1e9:  # noqa: PLR2004 - faster is a typing error
            return ClockChoice("scaled", float(rest))
        if kind == "virtual":
            start = datetime.fromisoformat(rest) if rest else None
            return ClockChoice("virtual", 1.0, start.replace(tzinfo=start.tzinfo or UTC) if start else None)
    except ValueError:
        pass
    raise UsageError(f"--clock {text!r} names no clock", hint="write real, scaled:60 or virtual:2026-01-05T08:00:00Z")


def api_version(connection: Connection) -> str:
    """DataProtection's api-version: what the command line says, else the tool's own."""
    from reconciler.azure.versions import DATA_PROTECTION

    return connection.api_version or DATA_PROTECTION


class Session:
    """An open connection; each call runs on the one event loop of the session, so there may be pauses in between.

    `is_virtual`: time on that loop is simulated, and neither threads nor sockets may be waited for.
    """

    def __init__(
        self, runner: asyncio.Runner, connect: Connect, make_clock: Callable[[], Clock], *, is_virtual: bool = False
    ) -> None:
        self.is_virtual = is_virtual
        self._runner = runner
        self._connect = connect
        self._make_clock = make_clock
        self._azure: Azure | None = None
        self._clock: Clock | None = None

    @property
    def clock(self) -> Clock:
        """The session's clock."""
        if self._clock is None:
            self._clock = self._runner.run(self._started())
        return self._clock

    def look(self, manifest: Manifest, options: Options) -> Plan:
        """Read Azure, and plan."""
        from reconciler.applying.look import look

        return self.run(lambda azure, clock: look(azure, manifest, options, clock))

    def preflight(self, plan: Plan) -> Plan:
        """The plan with what Azure says of its new disks."""
        from reconciler.applying.preflight import preflight

        return self.run(lambda azure, _: preflight(azure, plan))

    def apply(
        self,
        plan: Plan,
        settings: Settings,
        progress: Progress,
        interrupts: Signals,
        ledger: Ledger | None = None,
    ) -> Outcome:
        """Apply the plan, telling the ledger of every write; the first interrupt makes it stop waiting."""

        async def work(azure: Azure, clock: Clock) -> Outcome:
            from reconciler.applying.engine import apply

            stop = asyncio.Event()
            azure.audited.ledger = ledger
            with interrupts.watched(asyncio.get_running_loop(), stop):
                outcome = await apply(plan, azure, clock, settings=settings, progress=progress, stop=stop)
            was_cut = outcome.interrupted and interrupts.name
            return replace(outcome, interrupted=interrupts.name) if was_cut else outcome

        return self.run(work)

    def compared(self, outcome: Outcome, manifest: Manifest, options: Options, interrupts: Signals) -> Outcome:
        """The outcome of an apply after another look at what it waited for, which the first interrupt cuts short."""

        async def work(azure: Azure, clock: Clock) -> Outcome:
            from reconciler.applying.settled import compared

            stop = asyncio.Event()
            with interrupts.watched(asyncio.get_running_loop(), stop):
                found = await compared(outcome, azure, manifest, options, clock, stop)
            return replace(found, interrupted=interrupts.name) if found.interrupted else found

        return self.run(work)

    def close(self) -> None:
        """Close the connection, if one was opened."""
        if self._azure is not None:
            self._runner.run(self._azure.close())

    def run(self, work: Callable[[Azure, Clock], Coroutine[Any, Any, T]]) -> T:
        """Await what `work` makes of the connection and the clock; the connection is opened by the first of these."""
        from reconciler.cli.signals import wakeful

        clock = self.clock

        async def run() -> T:
            with wakeful(asyncio.get_running_loop()):
                if self._azure is None:
                    self._azure = self._connect(clock)
                return await work(self._azure, clock)

        return self._runner.run(run())

    async def _started(self) -> Clock:
        return self._make_clock()


def _environment(connection: Connection) -> Mapping[str, str]:
    """The environment; for plain http, which is loopback only, with some token: a sandbox takes any."""
    if not (connection.endpoint or "").lower().startswith("http://"):
        return os.environ
    return {"RECONCILER_ARM_TOKEN": "sandbox", **os.environ}


@contextmanager
def opened(connection: Connection, *, events: Events | None = None, readonly: bool = False) -> Iterator[Session]:
    """A session over the connection that the command line names; `readonly`: nothing will be written.

    UsageError when it can't be opened.
    """
    if connection.sandbox:
        from reconciler.cli.inprocess import sandbox_session

        with sandbox_session(connection, events, readonly=readonly) as session:
            yield session
        return
    choice = clock_choice(connection.clock or "real")
    if choice.kind == "virtual":
        raise UsageError(
            "A virtual clock works only with --sandbox: real connections take real time.",
            hint="use --clock scaled:N for both `sandbox serve` and this command",
        )

    def connect(clock: Clock) -> Azure:
        from reconciler.azure.opening import open_azure

        return open_azure(
            clock=clock,
            environment=_environment(connection),
            cloud=connection.cloud,
            endpoint=connection.endpoint or "",
            events=events,
            api_version=api_version(connection),
            look_seconds=connection.look_seconds,
        )

    with asyncio.Runner() as runner:
        session = Session(runner, connect, lambda: LoopClock(scale=choice.scale))
        try:
            yield session
        finally:
            session.close()
