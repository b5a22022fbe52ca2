"""What other clients would take, on the same simulated Azure with the same draws: the SDK's defaults, and Terraform's.

Their ways are modelled, not run: azure-core's retries (4 attempts on a 429, each for itself), its polling (at once, then
when Azure asks, then a last GET), and one GET per resource; the Terraform provider's 10 workers, 4 reads for each disk,
10 s before the first poll and steps of a minute until a disk is protected. Both are told for free when role
assignments are effective.
"""

from __future__ import annotations

import asyncio
import json
from collections.abc import Awaitable, Callable, Iterator
from contextlib import contextmanager
from datetime import timedelta
from typing import Any, NamedTuple

import arm
from fleet import Fleet, sandbox
from running import BUCKETS, LIMITS, WORLD, Case, Measured, Traffic, oracle_of

from reconciler.azure.virtual import new_loop
from reconciler.model.ids import ArmId
from reconciler.model.names import instance_name

HOST = "https://management.azure.com"
ATTEMPTS = 4


class Client(NamedTuple):
    """A client's ways: workers, reads of each disk before it is written, seconds before polls and between looks."""

    name: str
    workers: int
    reads: int
    attempts: int
    first_poll: float
    look_every: float


CLIENTS = (
    Client("SDK defaults, 10 workers", 10, 1, ATTEMPTS, 0.0, 30.0),
    Client("SDK defaults, 100 workers", 100, 1, ATTEMPTS, 0.0, 30.0),
    Client("SDK defaults, 1,000 workers", 1000, 1, ATTEMPTS, 0.0, 30.0),
    Client("Terraform-like, 10 workers", 10, 4, 1000, 10.0, 60.0),
)


class Failed(Exception):
    """A client gave up on a request."""


class _Run:
    """One client at work."""

    def __init__(self, client: Client, case: Case) -> None:
        self.client, self.case, self.fleet = client, case, case.fleet
        protected = case.scenario == "no-change"
        self.sandbox = sandbox(case.fleet, seed=case.seed, protected=protected, **WORLD, **LIMITS[case.limits])
        self.traffic = Traffic(self.sandbox)
        self.failed = 0
        self.places = asyncio.Semaphore(client.workers)

    async def request(self, method: str, path: str, body: Any = None, *, version: str = "2025-07-01") -> Any:
        """One request with its retries; the body and headers of what is no error."""
        url = path if path.startswith("http") else f"{HOST}{path}?api-version={version}"
        content = None if body is None else json.dumps(body).encode()
        headers = {"Authorization": "Bearer benchmark", "Content-Type": "application/json"}
        for attempt in range(self.client.attempts):
            status, answer, raw, latency = self.traffic.handle(method, url, headers, content)
            await asyncio.sleep(latency)
            if status < 400 or status == 404:
                return json.loads(raw) if raw else {}, answer
            if status != 429:
                break
            await asyncio.sleep(float(answer.get("Retry-After") or 0.8 * 2**attempt))
        raise Failed(f"{method} {path}: {status}")

    async def each(self, count: int, work: Callable[[int], Awaitable[None]]) -> None:
        """Do something for every number, as many at once as there are workers."""

        async def one(number: int) -> None:
            async with self.places:
                try:
                    await work(number)
                except Failed:
                    self.failed += 1

        await asyncio.gather(*(one(number) for number in range(count)))

    async def check(self) -> None:
        """A look at every disk, one GET for each resource."""

        async def look(disk: int) -> None:
            path = self.fleet.disk(disk)
            await self.request("GET", self._instance(disk))
            for _ in range(self.client.reads - 1):
                await self.request("GET", path, version="2024-03-02")

        await self.each(self.fleet.disks, look)

    async def apply(self) -> None:
        """A first apply."""
        subscriptions = self.fleet.all_subscriptions()
        for subscription in subscriptions:
            for name in ("backup", "snapshots"):
                group = arm.group_id(subscription, name)
                await self.request("PUT", group, {"location": "westus"}, version="2024-07-01")
        await self.each(self.fleet.vaults, self._vault)
        grants = list(self._grants())
        await self.each(len(grants), lambda number: self._grant(*grants[number]))
        table = self.sandbox.world.table("microsoft.authorization/roleassignments")
        effective = max(table[key]["_effective"] for key in table.below(""))
        await asyncio.sleep(max(0.0, effective - self.sandbox.time().timestamp()))
        await self.each(self.fleet.disks, self._protect)

    async def _vault(self, number: int) -> None:
        vault = self.fleet.vault(number)
        body = arm.vault(vault)
        wanted = {key: body[key] for key in ("location", "properties")} | {"identity": {"type": "SystemAssigned"}}
        await self.request("PUT", vault, wanted)
        while (await self.request("GET", vault))[0].get("properties", {}).get("provisioningState") != "Succeeded":  # noqa: ASYNC110
            await asyncio.sleep(30)
        policy = arm.policy(vault, "by-hand")
        await self.request("PUT", policy["id"], {"properties": policy["properties"]})

    def _grants(self) -> Iterator[tuple[str, str, str]]:
        for number in range(self.fleet.vaults):
            vault = self.fleet.vault(number)
            yield vault, arm.group_id(self.fleet.subscription(number), "snapshots"), arm.SNAPSHOT_CONTRIBUTOR
        for number, group in self.fleet.scopes():
            yield self.fleet.vault(number), group, arm.BACKUP_READER

    async def _grant(self, vault: str, scope: str, role: str) -> None:
        principal = self.sandbox.get(vault)["identity"]["principalId"]
        row = arm.role(scope, principal, role)
        kept = ("roleDefinitionId", "principalId", "principalType")
        body = {"properties": {key: row["properties"][key] for key in kept}}
        await self.request("PUT", row["id"], body, version="2022-04-01")

    def _instance(self, disk: int) -> str:
        vault = self.fleet.vault(self.fleet.vault_of(disk))
        name = instance_name(ArmId(self.fleet.disk(disk)))
        return f"{vault}/backupInstances/{name}"

    async def _protect(self, disk: int) -> None:
        number = self.fleet.vault_of(disk)
        snapshots = arm.group_id(self.fleet.subscription(number), "snapshots")
        body = arm.instance(self.fleet.vault(number), self.fleet.disk(disk), "by-hand", snapshots=snapshots)
        body["properties"] = {
            key: value for key, value in body["properties"].items()
            if key not in ("protectionStatus", "currentProtectionState", "provisioningState")
        }  # fmt: skip
        address = self._instance(disk)
        for _ in range(self.client.reads):
            await self.request("GET", self.fleet.disk(disk), version="2024-03-02")
        _, headers = await self.request("PUT", address, {"properties": body["properties"]})
        await asyncio.sleep(self.client.first_poll)
        while True:
            status, told = await self.request("GET", headers["Azure-AsyncOperation"])
            if str(status.get("status")).lower() != "inprogress":
                break
            await asyncio.sleep(float(told.get("Retry-After") or headers["Retry-After"]))
        while True:
            shown, _ = await self.request("GET", address)
            if shown.get("properties", {}).get("currentProtectionState") == "ProtectionConfigured":
                return
            await asyncio.sleep(self.client.look_every)


@contextmanager
def _loop(run: _Run) -> Iterator[asyncio.Runner]:
    with asyncio.Runner(loop_factory=new_loop()) as runner:
        begin, loop = run.sandbox.time(), runner.get_loop()
        run.sandbox.time.follow(lambda: begin + timedelta(seconds=loop.time()))
        yield runner


def measured(client: Client, case: Case) -> Measured:
    """What the client takes for a no-change check or a first apply."""
    run = _Run(client, case)
    with _loop(run) as runner:
        runner.run(run.check() if case.scenario == "no-change" else run.apply())
        seconds = runner.get_loop().time()
    oracle = 0.0 if case.scenario == "no-change" else oracle_of(run.sandbox, case, done=set(), roles=set())
    calls = run.traffic.calls
    return Measured(
        client=client.name, scenario=case.scenario, disks=case.fleet.disks, subscriptions=case.fleet.subscriptions,
        limits=case.limits, form="", page=case.page, seed=case.seed, reads=calls["reads"], probes=calls["probes"],
        writes=calls["writes"], refused=run.traffic.refused, failed=run.failed, seconds=round(seconds, 1),
        oracle=round(oracle, 1), cpu=0.0,
    )  # fmt: skip


__all__ = ["BUCKETS", "CLIENTS", "Client", "Fleet", "measured"]
