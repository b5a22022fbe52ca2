"""The worst day: all disks of a fleet are gone, and one run brings them back to their old ids, or a second one does.

The disks are protected and have recovery points, and the vaults may restore, as after `restore --prepare`. A run may be
killed at any request; what Azure has begun by then goes on without it.
"""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import asdict, dataclass, field
from datetime import timedelta
from functools import partial
from pathlib import Path
from random import Random
from tempfile import TemporaryDirectory
from typing import Any, Self
from urllib.parse import urlsplit

import arm
from fleet import Fleet, manifest, sandbox
from leasttime import DOCUMENTED, Restored, recovery
from running import WORLD

from reconciler.applying.engine import Settings, apply
from reconciler.applying.progress import Progress
from reconciler.azure.virtual import new_loop
from reconciler.base.clock import LoopClock
from reconciler.cli.selecting import selector_of
from reconciler.connection.endpoint import open_azure
from reconciler.flow.look import look
from reconciler.loading.files import load
from reconciler.model.plan import Options
from reconciler.model.results.outcome import Outcome
from reconciler.planning.recovering import Recovery, make
from reconciler.planning.restoring import Wish
from reconciler.sandbox.dataprotection.recovery_points import routes as recovery_points

RESTORE_OPERATOR = "b50d9833-a0cb-478e-945f-707fcc997c13"
POINTS = 2
RUN = "0f8fad5b-d9cb-469f-a165-70867728950e"
JOBS = "microsoft.dataprotection/backupvaults/backupjobs"
INSTANCES = "microsoft.dataprotection/backupvaults/backupinstances"
DISKS = "microsoft.compute/disks"


@dataclass(frozen=True)
class Recovered:
    """A run, or two of which the first was killed: calls, times in simulated seconds, and how often each disk was restored."""

    disks: int
    reads: int
    queries: int
    writes: int
    refused: int
    failed: int
    seconds: float
    oracle: float
    most_restores: int
    back: int
    kinds: Mapping[str, int] = field(default_factory=dict)

    @property
    def share(self) -> float:
        """How much of the oracle's speed was reached."""
        return self.oracle / self.seconds

    def document(self) -> dict[str, Any]:
        """As JSON data."""
        return asdict(self) | {"share_of_oracle": round(self.share, 4)}


class Day:
    """A sandbox on its worst day, on a virtual loop."""

    def __init__(self, disks: int, *, seed: int = 1, page: int = 200) -> None:
        self.fleet, self.seed = Fleet(disks), seed
        pages = {"page_size": page} if page != 200 else {}
        self.sandbox = sandbox(self.fleet, seed=seed, protected=True, **WORLD, throttling="documented", **pages)
        self.calls: list[tuple[str, str, int]] = []
        self._dies_at: float = float("inf")
        self._death = asyncio.Event()
        self._lose()
        with TemporaryDirectory() as folder:
            path = Path(folder) / "fleet.yaml"
            path.write_text(manifest(self.fleet, listed=False), encoding="utf-8")
            self.manifest = load(path)
        self.runner = asyncio.Runner(loop_factory=new_loop())
        begin, loop = self.sandbox.time(), self.runner.get_loop()
        self.sandbox.time.follow(lambda: begin + timedelta(seconds=loop.time()))

    def _lose(self) -> None:
        """Give every disk recovery points and every vault the role to restore, then delete the disks."""
        made, world, fleet = self.sandbox, self.sandbox.world, self.fleet
        for number, group in fleet.scopes():
            grant = arm.role(group, arm.principal(fleet.vault(number)), RESTORE_OPERATOR)
            made.put(grant["id"], grant)
        instances = world.table(INSTANCES)
        for key in instances.below(""):
            for hours in range(POINTS, 0, -1):
                recovery_points.make(world, instances[key], "Default", world.timestamp - 3600.0 * hours)
        for disk in range(fleet.disks):
            made.remove(fleet.disk(disk))
        world.generations.clear()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.runner.close()

    def recovered(self) -> Recovered:
        """One run that nothing disturbs."""
        outcome = self.runner.run(self._restored())
        return self._measured(outcome, 0.0, {})

    def killed_and_recovered(self, at: int) -> Recovered:
        """A run that is killed at a request of that number, and another one, a second later."""
        self._dies_at = at
        first = self.runner.run(self._until_death())
        assert first is None, "it is killed before it ends"
        self.runner.run(asyncio.sleep(1))
        begun, since = self._jobs(), self._now()
        outcome = self.runner.run(self._restored())
        return self._measured(outcome, since, begun)

    async def _until_death(self) -> Outcome | None:
        self._death = asyncio.Event()
        run, death = asyncio.ensure_future(self._restored()), asyncio.ensure_future(self._death.wait())
        await asyncio.wait([run, death], return_when=asyncio.FIRST_COMPLETED)
        death.cancel()
        if run.done():
            return run.result()
        run.cancel()
        with suppress(asyncio.CancelledError):
            await run
        self._dies_at = float("inf")
        return None

    async def _restored(self) -> Outcome:
        """What `reconciler restore --select … --newest` does after its command line."""
        clock = LoopClock(start=self.sandbox.time())
        azure = open_azure(
            clock=clock, environment={}, exchange=partial(self._exchange, clock), chance=Random(self.seed)
        )
        everything = selector_of(("names=*",), "--select")
        asked = Recovery((), Wish(disk="", group="", run=RUN, resumes=True), everything)
        options = Options(tool_version="benchmark")
        plan = await look(azure, self.manifest, options, clock, planner=partial(make, asked=asked))
        assert not plan.errors, plan.errors[0]
        return await apply(plan, azure, clock, settings=Settings(), progress=Progress(), stop=asyncio.Event())

    async def _exchange(
        self, clock: LoopClock, method: str, url: str, headers: Mapping[str, str], body: bytes | None
    ) -> tuple[int, Mapping[str, str], bytes]:
        number = len(self.calls)
        if number >= self._dies_at and (self._death.is_set() or number % 2):
            await self._die()
        signed = {"Authorization": "Bearer benchmark", **headers}
        status, answer, content, latency = self.sandbox.handle(method, url, signed, body)
        self.calls.append((method, urlsplit(url).path, status))
        if number >= self._dies_at:
            await self._die()
        await clock.sleep(latency)
        return status, answer, content

    async def _die(self) -> None:
        self._death.set()
        await asyncio.Event().wait()

    def _now(self) -> float:
        return self.runner.get_loop().time()

    def _jobs(self) -> dict[str, float]:
        """When the restore of each instance that has begun ends, in seconds of the loop."""
        world = self.sandbox.world
        table = world.table(JOBS)
        rows = [table[key] for key in table.below("")]
        restores = [row for row in rows if row["properties"]["operation"] == "Restore"]
        began = {row["properties"]["backupInstanceId"].lower(): row["_began"] for row in restores}
        behind = self._now() - world.timestamp
        return {key: moment + behind + _copying(world, key) for key, moment in began.items()}

    def _measured(self, outcome: Outcome, since: float, begun: Mapping[str, float]) -> Recovered:
        world = self.sandbox.world
        world.settle()
        ways = []
        for key in world.table(INSTANCES).below(""):
            validation = 38.0 + 8.0 * world.draw(key, "restore validation 1")
            ways.append(
                Restored(0.0, max(0.0, begun[key] - since))
                if key in begun
                else Restored(validation, _copying(world, key))
            )
        posts = [path for method, path, status in self.calls if method == "POST" and status == 202]
        restores = Counter(path.lower() for path in posts if path.endswith("/restore"))
        disks = world.table(DISKS)
        back = sum((disks[key].get("tags") or {}).get("reconciler-restored") == RUN for key in disks.below(""))
        kinds = Counter(f"{method} {_kind(path)}" for method, path, _ in self.calls)
        reads = sum(count for kind, count in kinds.items() if kind.startswith("GET"))
        queries = kinds["POST resources"]
        return Recovered(
            disks=self.fleet.disks,
            reads=reads,
            queries=queries,
            writes=len(self.calls) - reads - queries,
            refused=sum(status == 429 for _, _, status in self.calls),
            failed=sum(str(row.status) != "done" for row in outcome.results) + len(outcome.errors),
            seconds=round(self._now(), 1),
            oracle=round(since + recovery({"": ways}, DOCUMENTED), 1),
            most_restores=max(restores.values()),
            back=back,
            kinds=dict(kinds),
        )


def _copying(world: Any, instance: str) -> float:
    """The seconds that the job of an instance's first restore takes, as the sandbox draws them."""
    return 205.0 + 20.0 * float(world.draw(instance, "restore 1"))


def _kind(path: str) -> str:
    parts = path.strip("/").split("/")
    return parts[-2] if len(parts) % 2 == 0 else parts[-1]
