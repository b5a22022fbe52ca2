"""Rules that run the tool, and what happens to it meanwhile: faults, crashes, rivals, an odd Azure."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping
from random import Random
from typing import Any

import faults
from faults import TOKEN, Asked, Fault, error, throttled, unavailable, user_facing
from invariants import only_planned_writes
from story import GATES, OPEN, Story, rule
from trial import Run, Trial

from reconciler.applying.engine import Settings, apply
from reconciler.applying.progress import Progress
from reconciler.azure.connection import Azure
from reconciler.azure.inprocess import InProcessTransport
from reconciler.azure.sign_in.signing import StaticToken
from reconciler.azure.virtual import new_loop
from reconciler.flow.look import look
from reconciler.model.errors import ReconcilerError
from reconciler.model.plan import Options, Plan
from reconciler.model.results.outcome import Outcome
from reconciler.planning.keys import keys

KINDS = (
    "*", "GET *", "LIST *", "PUT *", "P*", "* backupInstances", "* roleAssignments", "* backupVaults", "* operationStatus",
    "LIST disks", "PUT backupInstances", "PUT backupVaults", "PUT backupPolicies", "PUT roleAssignments",
    "POST validateForBackup", "POST stopProtection", "POST resumeProtection", "POST undelete", "DELETE *",
)  # fmt: skip
OPERATIONS = "GET operation*"


def _faults(chance: Random) -> tuple[str, str, Fault, float]:
    """A name, the requests that are hit, the fault, and how often."""
    kind = chance.choice(KINDS)
    problem = user_facing("UserErrorSomething", "It failed.", "Try again.")
    return chance.choice(
        (
            ("storm", kind, throttled(chance.choice((1, 7, 60))), chance.choice((1, 5, 30))),
            ("burst", kind, unavailable(chance.choice((500, 502, 503, 504))), chance.choice((1, 6, 12))),
            ("internal", kind, error(500, "CloudInternalError", "Microsoft Azure encountered an internal error."), 3),
            ("lost before", kind, faults.lost_before, chance.choice((1, 3))),
            ("lost after", kind, faults.lost_after, chance.choice((1, 3))),
            ("unreachable", kind, faults.unreachable, chance.choice((1, 4))),
            ("cut", kind, faults.cut, chance.choice((1, 3))),
            ("proxy", kind, faults.answer(200, b"<html>login</html>", Content_Type="text/html"), chance.choice((1, 3))),
            ("expired", kind, error(401, "ExpiredAuthenticationToken", "The access token has expired."), 1),
            ("conflict", kind, error(409, "OperationInProgress", "Another operation is in progress."), chance.choice((1, 3))),
            ("etag", "P*", error(412, "PreconditionFailed", "The etag is another one."), 1),
            ("fails", OPERATIONS, faults.instead("Failed", problem), chance.choice((1, 2))),
            ("cancelled", OPERATIONS, faults.instead("Canceled"), 1),
            ("stalls", OPERATIONS, faults.instead("Inprogress"), chance.choice((5, 500))),
            ("unknown word", OPERATIONS, faults.instead("Pondering"), 5),
            ("no status", OPERATIONS, error(404, "NotFound", "The operation is unknown."), chance.choice((1, 9))),
            ("refused", "PUT *", error(400, "BMSUserErrorInvalidInput", "Invalid input."), chance.choice((1, 2))),
            ("forbidden", "P*", error(403, "RequestDisallowedByPolicy", "Disallowed by policy."), 1),
            ("out of reach", "LIST *", error(403, "AuthorizationFailed", "The client does not have authorization."), 1),
            ("half a list", "LIST *", faults.changed(lambda body: {**body, "value": None}), chance.choice((1, 3))),
        )
    )  # fmt: skip


@rule(8)
def faults_gather(story: Story, chance: Random) -> str | None:
    """Faults for the next runs."""
    told = []
    for _ in range(chance.choice((1, 1, 2, 4))):
        name, kind, fault, times = _faults(chance)
        skip = chance.choice((0, 0, 1, 3, 10))
        story.trial.inject(kind, fault, times=times, skip=skip)
        told.append(f"{name} at {kind}, {times} times after {skip}")
    return "; ".join(told)


@rule(3)
def the_sky_clears(story: Story, chance: Random) -> str | None:
    """No more faults."""
    if not story.trial.weather.injections:
        return None
    story.trial.clear()
    return "no more faults"


@rule(3)
def azure_is_odd(story: Story, chance: Random) -> str | None:
    """Lag, flapping roles, another page size, permissions that come late."""
    name, value = chance.choice(
        (
            ("read_lag", "60"),
            ("list_lag", "60"),
            ("list_lag", "0..300"),
            ("read_lag", "0"),
            ("list_lag", "0"),
            ("propagation", "0"),
            ("propagation", "60..1500"),
            ("propagation", "2400"),
            ("propagation_flap", True),
            ("propagation_flap", False),
            ("page_size", 1),
            ("page_size", 0),
            ("permission_failure", "refused"),
            ("permission_failure", "protection-error"),
            ("permission_failure", "operation-failed"),
            ("principal_replication", "120"),
            ("authorization_throttling", True),
            ("throttling", "halved"),
        )
    )
    story.trial.switch(**{name: value})
    if name in ("read_lag", "list_lag") and value != "0":
        story.trial.is_lagging = True
    return f"{name}: {value}"


@rule(10)
def applies(story: Story, chance: Random) -> str | None:
    """An apply; mostly with every gate open, sometimes with pruning, sometimes with faults still around."""
    prune = chance.random() < 0.3
    story.trial.flags = (*OPEN, *(["--prune"] if prune else []))
    deletions = story.flags()[len(OPEN) :] if chance.random() < 0.5 else []
    run = story.apply(*deletions)
    story.trial.flags = OPEN
    story.keep()
    return f"exit {run.code}, {len(run.writes)} writes{', pruning' if prune else ''}{' '.join(deletions)}"


@rule(5)
def asks_how_it_is(story: Story, chance: Random) -> str | None:
    """A drift, or a status: what is called well is well, whatever was in between."""
    verb = chance.choice(("drift", "drift", "status"))
    run = story.asks(verb)
    return f"{verb}: exit {run.code}"


@rule(2)
def applies_with_gates_closed(story: Story, chance: Random) -> str | None:
    """An apply that opens no gate."""
    story.trial.flags = ()
    run = story.apply()
    story.trial.flags = OPEN
    return f"exit {run.code}, {len(run.writes)} writes"


@rule(1)
def adopts(story: Story, chance: Random) -> str | None:
    """An apply that marks what stands already."""
    story.trial.flags = (*OPEN, "--adopt")
    run = story.apply()
    story.trial.flags = OPEN
    return f"exit {run.code}, {len(run.writes)} writes"


@rule(6)
def is_killed(story: Story, chance: Random) -> str | None:
    """An apply that dies at some request, before or after Azure has acted."""
    skip = int(chance.triangular(0, 160, 15))
    how = chance.choice((faults.killed_before, faults.killed_after))
    hit = story.trial.inject(chance.choice(("*", "*", "PUT *", "P*")), how, skip=skip)
    story.trial.weather.injections.insert(0, story.trial.weather.injections.pop())
    run = story.apply(*(["--prune"] if chance.random() < 0.2 else []))
    story.trial.weather.injections.remove(hit)
    return f"{how.__name__} at request {skip}{'' if hit.hits else ' (not reached)'}, {len(run.writes)} writes"


@rule(5)
def two_at_once(story: Story, chance: Random) -> str | None:
    """Two applies at once, of one manifest or of two commits; sometimes one of them dies."""
    trial = story.trial
    trial.has_rivals, trial.weather.is_dead = True, False
    pair = [story.manifest(), story.manifest()]
    if chance.random() < 0.5:
        pair[1] = {key: value for key, value in story.before.items() if value not in ([], {})}
    story.losses.begins(pair, ())
    runs = [Run("apply", trial._written(said)) for said in pair]
    deadline = chance.choice((None, None, None, chance.uniform(0, 900)))
    seed = chance.random()

    async def both() -> None:
        clock = trial.clock
        told = [_one(trial, run, clock, Random(f"{seed}/{number}")) for number, run in enumerate(runs)]
        tasks = [asyncio.create_task(one) for one in told]
        if deadline is not None:
            await asyncio.sleep(deadline)
            runs[1].is_verbose = True  # dead
            tasks[1].cancel()
        for result in await asyncio.gather(*tasks, return_exceptions=True):
            if isinstance(result, BaseException) and not isinstance(result, (asyncio.CancelledError, ReconcilerError)):
                raise result

    with asyncio.Runner(loop_factory=new_loop()) as runner:
        trial._clock(runner)
        runner.run(both())
    for run in runs:
        only_planned_writes(run)
    trial.has_rivals = False
    story.runs += 2
    same = "one manifest" if pair[0] == pair[1] else "two commits"
    return f"{same}: {[_word(run.outcome) for run in runs]}, {[len(run.writes) for run in runs]} writes"


def _word(outcome: Outcome | None) -> str:
    return "no outcome" if outcome is None else "ok" if outcome.ok else "not ok"


async def _one(trial: Trial, run: Run, clock: Any, chance: Random) -> None:
    """One of two applies; time passes before each request, so that they interleave."""
    pace = chance.choice((0.0, 0.5, 5.0, 30.0))
    azure = _connected(trial, run, clock, lambda: chance.uniform(0, pace))
    try:
        await asyncio.sleep(chance.choice((0.0, 1.0, 60.0)))
        options = Options(tool_version="0", force=keys(GATES))
        plan: Plan = await look(azure, trial.manifest(run.path), options, clock)
        run.plan = plan
        if not plan.closed_gates:
            stop = asyncio.Event()
            run.outcome = await apply(plan, azure, clock, settings=Settings(), progress=Progress(), stop=stop)
    finally:
        await azure.close()


def _connected(trial: Trial, run: Run, clock: Any, pause: Callable[[], float]) -> Azure:
    async def exchange(
        method: str, url: str, headers: Mapping[str, str], body: bytes | None
    ) -> tuple[int, Mapping[str, str], bytes]:
        await clock.sleep(pause())
        if run.is_verbose:
            raise asyncio.CancelledError
        answered = len(trial.weather.calls)
        try:
            status, answer, content, latency = trial.weather.handle(method, url, headers, body)
        finally:
            run.calls += trial.weather.calls[answered:]
        if latency:
            await clock.sleep(latency)
        return status, answer, content

    transport = InProcessTransport(exchange)
    return Azure(transport, endpoint=faults_host(), clock=clock, token=StaticToken(TOKEN), chance=Random(0))


def faults_host() -> str:
    """Where Azure Resource Manager answers."""
    from stage import HOST

    return HOST


__all__ = ["Asked"]
