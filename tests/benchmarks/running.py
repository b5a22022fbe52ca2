"""This tool on the simulated Azure, in one process and on virtual time: the production path from manifest to outcome."""

from __future__ import annotations

import asyncio
import gc
import time
from collections import Counter
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from datetime import timedelta
from pathlib import Path
from random import Random
from tempfile import TemporaryDirectory
from typing import Any, Self
from urllib.parse import urlsplit

from fleet import Fleet, manifest, sandbox
from leasttime import DOCUMENTED, HALVED, Bucket, Way, makespan

from reconciler.applying.engine import Settings, apply
from reconciler.applying.progress import Progress
from reconciler.azure.virtual import new_loop
from reconciler.base.clock import LoopClock
from reconciler.cli.main import COLLECTION
from reconciler.connection.endpoint import open_azure
from reconciler.flow.look import look
from reconciler.loading.files import load
from reconciler.model.plan import Options, Plan
from reconciler.model.results.outcome import Outcome
from reconciler.sandbox.dataprotection.instances.configuration import rest
from reconciler.sandbox.sandbox import Sandbox

LIMITS: Mapping[str, Mapping[str, Any]] = {
    "documented": {"throttling": "documented"},
    "halved": {"throttling": "halved"},
    "authorization": {"throttling": "documented", "authorization_throttling": True},
}
BUCKETS: Mapping[str, Bucket] = {"documented": DOCUMENTED, "halved": HALVED, "authorization": DOCUMENTED}
SCENARIOS = ("no-change", "first-apply", "drift", "resume")
WORLD = {"propagation": "5..600", "configuring": "lognormal", "case_drift": True}
ASKING = ("/validateforbackup", "/providers/microsoft.resourcegraph/resources")


@dataclass
class Traffic:
    """What went over the wire, and what answering it cost the sandbox."""

    sandbox: Sandbox
    calls: Counter[str] = field(default_factory=Counter)
    refused: int = 0
    sandbox_cpu: float = 0.0
    instances: int = 0
    stop_after: int = 0
    stop: asyncio.Event | None = None

    def handle(self, method: str, url: str, headers: Mapping[str, str], body: bytes | None) -> Any:
        before = time.process_time()
        answer = self.sandbox.handle(method, url, headers, body)
        self.sandbox_cpu += time.process_time() - before
        self.count(method, url, answer[0])
        return answer

    def count(self, method: str, url: str, status: int) -> None:
        path = urlsplit(url).path.lower()
        if method == "GET":
            kind = "reads"
        elif path.endswith(ASKING):
            kind = "probes"
        else:
            kind = "writes"
        self.calls[kind] += 1
        self.refused += status == 429
        if method == "PUT" and "/backupinstances/" in path and status < 300:
            self.instances += 1
            if self.stop is not None and self.instances == self.stop_after:
                self.stop.set()

    def begin(self) -> None:
        """Count from here."""
        self.calls, self.refused, self.sandbox_cpu, self.instances = Counter(), 0, 0.0, 0


@dataclass(frozen=True)
class Measured:
    """One run: calls by kind, times in simulated seconds, CPU in seconds of the tool alone."""

    client: str
    scenario: str
    disks: int
    subscriptions: int
    limits: str
    form: str
    page: int
    seed: int
    reads: int
    probes: int
    writes: int
    refused: int
    failed: int
    seconds: float
    oracle: float
    cpu: float
    changes: int = 0

    @property
    def share(self) -> float:
        """How much of the oracle's speed was reached; 0 where there is nothing to apply."""
        return self.oracle / self.seconds if self.seconds and self.oracle else 0.0

    def document(self) -> dict[str, Any]:
        return asdict(self) | {"share_of_oracle": round(self.share, 4)}


@dataclass(frozen=True)
class Case:
    """A point of the grid."""

    scenario: str
    fleet: Fleet
    limits: str = "documented"
    form: str = "selectors"
    page: int = 200
    seed: int = 1


class Simulation:
    """A sandbox, a virtual loop, and this tool."""

    def __init__(self, case: Case) -> None:
        self.case = case
        is_new = case.scenario in ("first-apply", "resume")
        pages = {"page_size": case.page} if case.page != 200 else {}
        self.sandbox = sandbox(
            case.fleet, seed=case.seed, protected=not is_new, **WORLD, **LIMITS[case.limits], **pages
        )
        self.traffic = Traffic(self.sandbox)
        with TemporaryDirectory() as folder:
            path = Path(folder) / "fleet.yaml"
            path.write_text(manifest(case.fleet, listed=case.form == "listed"), encoding="utf-8")
            before = time.process_time()
            self.manifest = load(path)
            self.loading_cpu = time.process_time() - before
        self.runner = asyncio.Runner(loop_factory=new_loop())
        self.clock: LoopClock | None = None
        begin, loop = self.sandbox.time(), self.runner.get_loop()
        self.sandbox.time.follow(lambda: begin + timedelta(seconds=loop.time()))

    def __enter__(self) -> Self:
        self._collected = gc.get_threshold()
        gc.collect()
        gc.freeze()
        gc.set_threshold(*COLLECTION)
        return self

    def __exit__(self, *_: object) -> None:
        self.runner.close()
        gc.set_threshold(*self._collected)
        gc.unfreeze()

    async def connect(self) -> tuple[Any, LoopClock]:
        clock = LoopClock(start=self.sandbox.time())

        async def exchange(method: str, url: str, headers: Mapping[str, str], body: bytes | None) -> Any:
            status, answer, content, latency = self.traffic.handle(
                method, url, {"Authorization": "Bearer benchmark", **headers}, body
            )
            await clock.sleep(latency)
            return status, answer, content

        return open_azure(clock=clock, environment={}, exchange=exchange, chance=Random(self.case.seed)), clock

    def measured(self) -> Measured:
        """The scenario, run."""
        return {"no-change": self._check, "first-apply": self._apply, "drift": self._drift, "resume": self._resume}[
            self.case.scenario
        ]()

    def _check(self) -> Measured:
        self.traffic.begin()
        before, start = time.process_time(), self._now()
        plan = self.runner.run(self._look())
        cpu = time.process_time() - before - self.traffic.sandbox_cpu + self.loading_cpu
        assert not plan.changes, plan.changes[0]
        return self._result(self._now() - start, 0.0, cpu, len(plan.errors), 0)

    def _apply(self) -> Measured:
        self.traffic.begin()
        before, start = time.process_time(), self._now()
        outcome = self.runner.run(self._look_and_apply(None))
        cpu = time.process_time() - before - self.traffic.sandbox_cpu
        return self._result(
            self._now() - start,
            oracle_of(self.sandbox, self.case, done=set(), roles=set()),
            cpu,
            _failed(outcome),
            len(outcome.results),
        )

    def _drift(self) -> Measured:
        """One disk of a hundred is suspended by somebody: they are resumed."""
        hit = [address for number, address in enumerate(self._instances()) if number % 100 == 0]
        suspended = {"currentProtectionState": "BackupsSuspended", "protectionStatus": {"status": "BackupsSuspended"}}
        for address in hit:
            self.sandbox.patch(address, {"properties": suspended})
        before = self.sandbox.world.generations.copy()
        result = self._apply()
        draws = self._resumption(hit, before)
        writes: Counter[str] = Counter(address.split("/")[2] for address in hit)
        oracle = makespan(writes, [Way(0, seconds) for seconds in draws], BUCKETS[self.case.limits])
        return Measured(**{**asdict(result), "oracle": oracle})

    def _resume(self) -> Measured:
        """The first run is cut off when half of the instances are written; a minute later another one ends the job."""
        self.traffic.stop_after = max(1, self.case.fleet.disks // 2)
        self.runner.run(self._look_and_apply(asyncio.Event()))
        self.traffic.stop = None
        self.runner.run(asyncio.sleep(60))
        done = set(self._instances())
        roles = set(self._roles())
        self.traffic.begin()
        before, start, at = time.process_time(), self._now(), self.sandbox.time().timestamp()
        outcome = self.runner.run(self._look_and_apply(None))
        cpu = time.process_time() - before - self.traffic.sandbox_cpu
        oracle = oracle_of(self.sandbox, self.case, done=done, roles=roles, at=at)
        return self._result(self._now() - start, oracle, cpu, _failed(outcome), len(outcome.results))

    async def _look(self) -> Plan:
        azure, clock = await self.connect()
        return await look(azure, self.manifest, Options(tool_version="benchmark"), clock)

    async def _look_and_apply(self, stop: asyncio.Event | None) -> Outcome:
        azure, clock = await self.connect()
        plan = await look(azure, self.manifest, Options(tool_version="benchmark"), clock)
        assert not plan.closed_gates, plan.closed_gates
        self.traffic.stop = stop
        return await apply(
            plan,
            azure,
            clock,
            settings=Settings(),
            progress=Progress(),
            stop=stop or asyncio.Event(),
        )

    def _now(self) -> float:
        return self.runner.get_loop().time()

    def _instances(self) -> list[str]:
        return self.sandbox.world.table("microsoft.dataprotection/backupvaults/backupinstances").below("")

    def _roles(self) -> list[str]:
        return self.sandbox.world.table("microsoft.authorization/roleassignments").below("")

    def _result(self, seconds: float, oracle: float, cpu: float, failed: int, changes: int) -> Measured:
        case, calls = self.case, self.traffic.calls
        return Measured(
            client="reconciler",
            scenario=case.scenario,
            disks=case.fleet.disks,
            subscriptions=case.fleet.subscriptions,
            limits=case.limits,
            form=case.form,
            page=case.page,
            seed=case.seed,
            reads=calls["reads"],
            probes=calls["probes"],
            writes=calls["writes"],
            refused=self.traffic.refused,
            failed=failed,
            seconds=round(seconds, 1),
            oracle=round(oracle, 1),
            cpu=round(cpu, 4),
            changes=changes,
        )

    def _resumption(self, hit: list[str], before: Mapping[str, int]) -> list[float]:
        world = self.sandbox.world
        drawn = []
        for address in hit:
            revision = before.get(f"{address}#revision", 0) + 1
            drawn.append(40.0 + 16.0 * world.draw(address, f"protection_changed {revision}"))
        return drawn


def oracle_of(simulated: Sandbox, case: Case, *, done: set[str], roles: set[str], at: float = 0.0) -> float:
    """The oracle's makespan for what stands in a sandbox after a first apply, less what stood there at the time `at`."""
    world = simulated.world
    table = world.table("microsoft.authorization/roleassignments")
    kept = {key: table[key] for key in table.below("")}
    waits: dict[tuple[str, str], float] = {}
    writes: Counter[str] = Counter()
    assignments = 0
    for key, row in kept.items():
        properties = row["properties"]
        scope, principal = properties["scope"].lower(), properties["principalId"].lower()
        if key not in roles:
            writes[key.split("/")[2]] += 1
            assignments += 1
            waits[principal, scope] = max(waits.get((principal, scope), 0.0), world.span("propagation", row["id"]))
        else:
            waits[principal, scope] = max(waits.get((principal, scope), 0.0), row["_effective"] - at)
    instances = world.table("microsoft.dataprotection/backupvaults/backupinstances")
    ways = []
    for key in instances.below(""):
        if key in done:
            continue
        row = instances[key]
        vault = world.find("/".join(key.split("/")[:9])) or {}
        principal = vault["identity"]["principalId"].lower()
        source = row["properties"]["dataSourceInfo"]["resourceID"].lower()
        snapshots = row["properties"]["policyInfo"]["policyParameters"]["dataStoreParametersList"][0]["resourceGroupId"]
        role = max(
            waits.get((principal, source.rsplit("/", 4)[0]), 0.0), waits.get((principal, snapshots.lower()), 0.0)
        )
        writes[key.split("/")[2]] += 1
        ways.append(Way(role, _protection(world, key)))
    if not roles:
        for number in range(case.fleet.vaults):
            writes[case.fleet.subscription(number)] += 2  # the vault and its policy
        for subscription in case.fleet.all_subscriptions():
            writes[subscription] += 2  # the vaults' resource group, and the one for snapshots
    throttled = case.limits == "authorization"
    return makespan(writes, ways, BUCKETS[case.limits], assignments=assignments if throttled else 0)


def _protection(world: Any, address: str) -> float:
    """The seconds that a new instance takes from its write to its protection, as the sandbox draws them."""
    return 0.5 + float(world.draw(address, "write 1") + rest(world, address, 1))


def _failed(outcome: Outcome) -> int:
    return sum(str(row.status) != "done" for row in outcome.results) + len(outcome.errors)


__all__ = ["LIMITS", "SCENARIOS", "Case", "Measured", "Simulation", "Traffic", "oracle_of"]
