"""`reconciler watch`: check at intervals, as a long-running process."""

from __future__ import annotations

import asyncio
import os
from collections.abc import Coroutine
from contextlib import ExitStack
from dataclasses import replace
from random import Random
from typing import Any, NamedTuple

import click

from reconciler.applying.engine import Settings, apply
from reconciler.applying.progress import Progress
from reconciler.azure.connection import Azure
from reconciler.base.clock import Clock
from reconciler.cli.loading import load_manifest
from reconciler.cli.options import connection_options, seconds_of
from reconciler.cli.output import Output
from reconciler.cli.planning import Planning, plan_options
from reconciler.cli.signals import Interrupts
from reconciler.connection import opening
from reconciler.connection.choice import Connection
from reconciler.flow.look import estate_for, planned
from reconciler.model.addresses import Address
from reconciler.model.changes import Action, Kind
from reconciler.model.errors import UsageError
from reconciler.model.estate import Estate
from reconciler.model.manifest import Manifest
from reconciler.model.plan import ADDITIONS, Options
from reconciler.model.results.drift import Drift
from reconciler.verbs.status import status_on
from reconciler.watch.health import Liveness, served
from reconciler.watch.metrics import Metrics
from reconciler.watch.posting import webhook
from reconciler.watch.rounds import Seen, rounds
from reconciler.watch.telling import Teller
from reconciler.watch.tracing import tracing

_ROUND_SECONDS = 3600.0
_DAY_SECONDS = 86400.0


ALL = "all"
_BARE = "--apply"


class _Watch(click.Command):
    """`--apply` alone means `--apply=additions`: its value is optional, and never the next argument."""

    def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
        return super().parse_args(ctx, [f"{_BARE}={ADDITIONS}" if one == _BARE else one for one in args])


@click.command(
    cls=_Watch,
    help="""Compare Azure with the manifest PATH at intervals, and report what is new; with --apply, also apply the changes.

    Each round reads PATH again and writes one line of JSON to stderr. Metrics, /healthz and /readyz are served at
    --listen. It stops on a signal (exit code 130 or 143), or after --times rounds.
    """,
)
@click.argument("path")
@click.option(
    "--every",
    metavar="DURATION",
    default="10m",
    show_default=True,
    help="Time between rounds: 30s, 10m, 1h or ISO 8601.",
)
@click.option(
    "--apply",
    "applies",
    metavar="[=all]",
    type=click.Choice([ADDITIONS, ALL]),
    help="Apply additions, as `apply --approve additions` would; `--apply=all`: everything that differs, as"
    " `apply --auto-approve` would.",
)
@click.option("--times", metavar="N", type=click.IntRange(min=1), help="Stop after this many rounds.")
@click.option(
    "--listen",
    metavar="HOST:PORT",
    default="127.0.0.1:9464",
    show_default=True,
    help="Address to serve metrics at; `none`: serve nothing.",
)
@click.option(
    "--notify",
    metavar="KIND=URL",
    multiple=True,
    envvar="RECONCILER_NOTIFY",
    show_envvar=True,
    help="Notify a webhook of new and resolved problems; KIND is slack, teams or json. May be repeated.",
)
@connection_options
@click.pass_obj
def watch(
    output: Output,
    path: str,
    every: str,
    applies: str | None,
    times: int | None,
    listen: str,
    notify: tuple[str, ...],
    connection: Connection,
) -> int:
    """The exit code: 0 after --times rounds; 130 or 143 if interrupted."""
    seconds = interval(every)
    hooks = tuple(map(webhook, notify))
    metrics, interrupts = Metrics(), Interrupts()
    with ExitStack() as stack:
        traces = stack.enter_context(tracing(os.environ))
        session = stack.enter_context(opening.opened(connection, events=metrics, readonly=not applies))
        health = Liveness(session.clock.monotonic, every=seconds, patience=_ROUND_SECONDS)
        teller = Teller(output.tell, metrics, health, traces, hooks, is_virtual=session.is_virtual)
        if listen != "none":
            url = stack.enter_context(served(listen, health, metrics.text))
            teller.log("serving", {"url": url})
        chance = Random(0 if session.is_virtual else None)  # noqa: S311 - spreads watchers, no secret
        pace = _Pace(seconds, times, chance)
        session.run(
            lambda azure, clock: _watch(azure, clock, _Task(path, connection, applies), teller, interrupts, pace)
        )
    return interrupts.exit_code


class _Pace(NamedTuple):
    """Seconds between rounds, the number of rounds (None: no end), and the random source that spreads them."""

    every: float
    times: int | None
    chance: Random


class _Task:
    """What every round does: load the manifest, look, apply if asked, and look again."""

    def __init__(self, path: str, connection: Connection, applies: str | None) -> None:
        self._path = path
        self._connection = connection
        self._applies = applies
        self._added: dict[Address, float] = {}

    async def __call__(self, azure: Azure, clock: Clock, teller: Teller, stop: asyncio.Event) -> Seen:
        manifest = load_manifest(self._path)
        teller.manifest = manifest.name
        options = plan_options(Planning(), manifest, self._connection.api_version, self._path)
        with teller.traces.span("look"):
            estate = await estate_for(azure, manifest)
            seen = await _seen(azure, clock, manifest, options, estate)
            plan = seen.drift.plan
            if self._applies == ADDITIONS:
                additions = replace(options, approve=ADDITIONS, added=self._recently(clock.monotonic()))
                plan = await planned(azure, manifest, estate, additions, clock)
        seen = replace(seen, left=plan.rest.changes)
        refused = tuple(gate.name for gate in plan.closed_gates)
        if not self._applies or refused or not (plan.changes or plan.waits or plan.marks):
            return replace(seen, refused=refused if self._applies else ())

        new = (one.address for one in plan.changes if one.kind is Kind.DISK and one.action is Action.ADD)
        self._added |= dict.fromkeys(new, clock.monotonic())
        with teller.traces.span("apply", changes=len(plan.changes)):
            settings = Settings(timeout_seconds=_ROUND_SECONDS)
            applying = asyncio.ensure_future(
                apply(plan, azure, clock, settings=settings, progress=Progress(), stop=stop)
            )
            try:
                outcome = await asyncio.shield(applying)
            except asyncio.CancelledError:
                if stop.is_set():  # the apply ends on its own then; report what it has done
                    teller.interrupted(await applying)
                applying.cancel()
                raise
        with teller.traces.span("look"):
            estate = await estate_for(azure, manifest)
            again = await _seen(azure, clock, manifest, options, estate)
            return replace(again, outcome=outcome, left=plan.rest.changes)

    def _recently(self, now: float) -> frozenset[Address]:
        """The disks that this watch has begun to protect within a day: many rounds must not do what one may not."""
        self._added = {address: at for address, at in self._added.items() if now - at < _DAY_SECONDS}
        return frozenset(self._added)


async def _seen(azure: Azure, clock: Clock, manifest: Manifest, options: Options, estate: Estate) -> Seen:
    """The drift and the status of backups, from one look."""
    plan = await planned(azure, manifest, estate, options, clock)
    return Seen(Drift(plan), await status_on(azure, clock, manifest, estate))


async def _watch(azure: Azure, clock: Clock, task: _Task, teller: Teller, interrupts: Interrupts, pace: _Pace) -> None:
    stop = asyncio.Event()
    azure.audited.heard = teller.called

    def look() -> Coroutine[Any, Any, Seen]:
        return task(azure, clock, teller, stop)

    with interrupts.watched(asyncio.get_running_loop(), stop):
        await rounds(look, teller.round, clock, every=pace.every, stop=stop, chance=pace.chance, times=pace.times)


def interval(text: str) -> float:
    """The seconds of a duration such as `10m`; UsageError when it is none, or shorter than a second."""
    seconds = seconds_of(text.strip()) or 0.0
    if seconds < 1:
        raise UsageError(
            f"`--every` must be a duration of at least one second: '{text}'", hint="write 30s, 10m, 1h or PT10M"
        )
    return seconds
