"""A manifest on trial: the real command line over a simulated Azure, with faults in between, held to five invariants.

Every run is a new process as far as the tool can tell: another loop, another connection, nothing kept in memory.
"""

from __future__ import annotations

import asyncio
import io
import json
import logging
import signal
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, redirect_stderr, redirect_stdout, suppress
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path
from random import Random
from types import SimpleNamespace
from typing import Any

import invariants
import pytest
from faults import TOKEN, Answer, Asked, Fault, Injection, Killed
from stage import HOST, Call, Recorder, Stage

from reconciler.azure.connection import Azure
from reconciler.azure.inprocess import InProcessTransport
from reconciler.azure.sign_in.signing import StaticToken
from reconciler.azure.virtual import new_loop
from reconciler.base.clock import Clock, LoopClock
from reconciler.cli import main
from reconciler.connection.session import Session
from reconciler.flow import run as flow
from reconciler.model.plan import Plan
from reconciler.model.results.outcome import Outcome


@dataclass
class Run:
    """One command: what it was given, what it put out, what it asked of Azure, and how many seconds it took."""

    verb: str
    path: Path
    is_verbose: bool = False
    code: int = 0
    out: str = ""
    err: str = ""
    log: str = ""
    plan: Plan | None = None
    outcome: Outcome | None = None
    calls: list[Call] = field(default_factory=list)
    seconds: float = 0.0
    meets_others: bool = False

    @property
    def writes(self) -> list[Call]:
        return [call for call in self.calls if call.is_write]

    @property
    def text(self) -> str:
        """Everything that was put out."""
        return self.out + self.err

    @property
    def document(self) -> Any:
        """The JSON document on stdout."""
        return json.loads(self.out)

    def result(self, start: str) -> Any:
        """The one result whose address starts so."""
        assert self.outcome is not None, self.text
        (found,) = [row for row in self.outcome.results if row.address.startswith(start)]
        return found

    @property
    def statuses(self) -> dict[str, str]:
        assert self.outcome is not None, self.text
        return {row.address: str(row.status) for row in self.outcome.results}

    def times(self, kind: str) -> list[float]:
        """When requests of a kind were answered, in seconds of the sandbox's clock."""
        return [call.at for call in self.calls if call.kind.lower() == kind.lower()]


class Weather(Recorder):
    """Stands before the sandbox: lets injected faults happen, and remembers every request and every signature."""

    def __init__(self, sandbox: Any) -> None:
        super().__init__(sandbox)
        self.injections: list[Injection] = []
        self.signatures: set[str] = set()
        self.is_dead = False

    def handle(self, method: str, url: str, headers: Mapping[str, str], body: bytes | None) -> Answer:
        if self.is_dead:
            raise asyncio.CancelledError
        assert url.startswith(HOST), f"a token left for {url}"
        said = json.loads(body) if body else None
        asked = Asked(method, url, said, lambda: super(Weather, self).handle(method, url, headers, body))
        answered = len(self.calls)
        meeting = next((row for row in self.injections if row.meets(asked)), None)
        try:
            reply = meeting.fault(asked) if meeting else asked.act()
        except Killed:
            self.is_dead = True
            raise
        finally:
            if len(self.calls) == answered:  # Azure never saw it; it was sent all the same
                at = self.sandbox.time().timestamp()
                self.calls.append(Call(method, asked.path, {}, said, 0, at))
        self._remember(reply)
        return reply

    def _remember(self, reply: Answer) -> None:
        for name, value in reply[1].items():
            if name.lower() in ("location", "azure-asyncoperation"):
                pairs = (pair.partition("=") for pair in value.partition("?")[2].split("&"))
                self.signatures |= {text for key, _, text in pairs if key in "tcsh" and len(text) > 12}


class Trial(Stage):
    """A manifest, an estate, and the tool's own command line between them.

    `cures` are what has to happen before a last run can succeed; `is_lagging`: what Azure shows trails what it did, so
    a plan right after an apply tells nothing; `is_blurred`: lists lack rows without a word; `has_rivals`: others write as well, so done may be undone at once;
    `rests_at`: when what others began has ended.
    """

    def __init__(
        self,
        folder: Path,
        estate: Mapping[str, Any] | Path,
        said: Mapping[str, Any],
        flags: tuple[str, ...],
        monkeypatch: pytest.MonkeyPatch,
    ) -> None:
        super().__init__(folder, estate)
        self.session.close()
        self.session = SimpleNamespace(clock=None, close=lambda: None)  # type: ignore[assignment]
        self.weather = Weather(self.sandbox)
        self.recorder = self.weather
        self.said = said
        self.flags = flags
        self.runs: list[Run] = []
        self.cures: list[Callable[[], object]] = []
        self.is_lagging = False
        self.has_rivals = False
        self.is_blurred = False
        self.rests_at = self.sandbox.time()
        self.is_over = False
        self.token: Callable[[], Any] = lambda: StaticToken(TOKEN)
        self.clock: Clock | None = None
        _watch(monkeypatch)
        monkeypatch.setattr("reconciler.connection.opening.opened", lambda *_, **more: self._opened(more.get("events")))

    # Faults

    def inject(
        self, kind: str, fault: Fault, *, times: float = 1, skip: int = 0, where: Callable[[Asked], bool] | None = None
    ) -> Injection:
        """Let a fault happen at requests of a kind, such as `PUT backupInstances`, `LIST disks` or `* backupVaults`."""
        injection = Injection(kind, fault, times, skip, where or (lambda _: True))
        self.weather.injections.append(injection)
        return injection

    def clear(self) -> None:
        """No more faults."""
        self.weather.injections.clear()

    # What a person does

    def run(self, verb: str, *flags: str, path: Path | None = None, said: Mapping[str, Any] | None = None) -> Run:
        """One command on the trial's manifest (or on another one); a JSON and a Markdown report are written as well."""
        run = Run(verb, path or self._written(said or self.said), is_verbose="--verbose" in flags)
        self._current = run
        manifest = [str(self.folder / "saved.yaml")] if run.path.suffix == ".json" else []
        arguments = [verb, str(run.path), *manifest, "--sandbox", "trial", *flags]
        reports = [self.folder / f"report-{len(self.runs)}.{form}" for form in ("json", "md")]
        for report in reports if verb in ("apply", "drift") else ():
            arguments += ["--report", str(report)]
        begun, at = len(self.weather.calls), self.sandbox.time()
        run.meets_others = self.has_rivals or at < self.rests_at
        self.weather.is_dead = False
        out, err = io.StringIO(), io.StringIO()
        with _logged(run), _signals(), redirect_stdout(out), redirect_stderr(err):
            run.code = main.run(arguments)
        run.out, run.err, run.calls = out.getvalue(), err.getvalue(), self.weather.calls[begun:]
        run.log += "".join(report.read_text() for report in reports if report.exists())
        run.seconds = (self.sandbox.time() - at).total_seconds()
        self.runs.append(run)
        invariants.after_run(self, run)
        return run

    def plan(self, *flags: str, **more: Any) -> Run:  # type: ignore[override]
        """`reconciler plan`, with the trial's own flags."""
        return self.run("plan", *self.flags, *flags, **more)

    def apply(self, *flags: str, **more: Any) -> Run:  # type: ignore[override]
        """`reconciler apply --auto-approve`, with the trial's own flags."""
        return self.run("apply", "--auto-approve", *self.flags, *flags, **more)

    def drift(self, **more: Any) -> Run:  # type: ignore[override]
        """`reconciler drift`."""
        return self.run("drift", **more)

    def wait(self, seconds: float) -> None:
        """Let time pass."""
        self.sandbox.advance(seconds)

    # What is always true

    def settle(self) -> None:
        """No more faults, causes removed, one more run: Azure is as desired and stays so."""
        if not self.is_over:
            self.is_over = True
            invariants.at_the_end(self)

    # Connections

    @contextmanager
    def _opened(self, events: Any = None) -> Iterator[Session]:
        trial = self
        _WATCHED.append(self._current)
        with asyncio.Runner(loop_factory=new_loop()) as runner:
            session = Session(runner, lambda clock: trial.connect(clock, events), lambda: self._clock(runner))
            try:
                yield session
            except Killed:
                _bury(runner.get_loop())
                raise
            finally:
                _WATCHED.pop()
                session.close()

    def _clock(self, runner: asyncio.Runner) -> Clock:
        begin, loop = self.sandbox.time(), runner.get_loop()
        self.sandbox.time.follow(lambda: begin + timedelta(seconds=loop.time()))
        self.clock = LoopClock(start=begin)
        return self.clock

    def connect(
        self,
        clock: Clock,
        events: Any = None,
        *,
        before: Callable[..., Any] | None = None,
        calls: list[Call] | None = None,
    ) -> Azure:
        """The production pipeline over the trial's weather.

        `before` is awaited before each request; `calls` gets this connection's own.
        """

        async def exchange(
            method: str, url: str, headers: Mapping[str, str], body: bytes | None
        ) -> tuple[int, Mapping[str, str], bytes]:
            if before is not None:
                await before(method, url)
            status, answer, content, latency = self.weather.handle(method, url, headers, body)
            if calls is not None:
                calls.append(self.weather.calls[-1])
            if latency:
                await clock.sleep(latency)
            return status, answer, content

        jitter = Random(0)
        token = self.token()
        return Azure(
            InProcessTransport(exchange), endpoint=HOST, clock=clock, token=token, chance=jitter, events=events
        )


_LOOK, _APPLY, _COMPARED = flow.look, flow.apply, flow.compared
_WATCHED: list[Run] = []
"""The runs whose connections are open, the innermost last."""


def _watch(monkeypatch: pytest.MonkeyPatch) -> None:
    """Note the plan and the outcome of every run on a trial's connection."""

    async def look(*arguments: Any, **named: Any) -> Plan:
        plan = await _LOOK(*arguments, **named)
        if _WATCHED and _WATCHED[-1].outcome is None:  # what is looked at after an apply is no plan of it
            _WATCHED[-1].plan = plan
        return plan

    async def apply(*arguments: Any, **named: Any) -> Outcome:
        return _noted(await _APPLY(*arguments, **named))

    async def compared(*arguments: Any) -> Outcome:
        return _noted(await _COMPARED(*arguments))

    for name, instead in (("look", look), ("apply", apply), ("compared", compared)):
        monkeypatch.setattr(flow, name, instead)


def _noted(outcome: Outcome) -> Outcome:
    if _WATCHED:
        _WATCHED[-1].outcome = outcome
    return outcome


def _bury(loop: asyncio.AbstractEventLoop) -> None:
    """End every task of a process that was killed; none of them gets an answer any more."""
    while tasks := asyncio.all_tasks(loop):
        for task in tasks:
            task.cancel()
        with suppress(Killed):
            loop.run_until_complete(asyncio.wait(tasks, timeout=0))


@contextmanager
def _logged(run: Run) -> Iterator[None]:
    """Every logger at DEBUG, into the run."""
    kept = io.StringIO()
    handler, root = logging.StreamHandler(kept), logging.getLogger()
    level = root.level
    root.addHandler(handler)
    root.setLevel(logging.DEBUG)
    try:
        yield
    finally:
        root.removeHandler(handler)
        root.setLevel(level)
        run.log += kept.getvalue()


@contextmanager
def _signals() -> Iterator[None]:
    """Signal handlers as they were, afterwards."""
    before = [(number, signal.getsignal(number)) for number in (signal.SIGINT, signal.SIGTERM)]
    try:
        yield
    finally:
        for number, handler in before:
            signal.signal(number, handler)
