"""A scripted Azure for the engine's own logic, on virtual time; whole stories are told on the sandbox."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Mapping
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any

import pytest

from reconciler.applying import guard
from reconciler.applying import run as running
from reconciler.applying.engine import Settings, apply
from reconciler.applying.progress import Progress
from reconciler.azure.receipts import Receipt
from reconciler.azure.virtual import new_loop
from reconciler.base.clock import LoopClock
from reconciler.model.addresses import Address, disk
from reconciler.model.changes import Action, Change, Kind, Op, Step
from reconciler.model.errors import NotFound
from reconciler.model.estate import Estate
from reconciler.model.ids import ArmId, lower
from reconciler.model.plan import Basis, Plan
from reconciler.model.results.outcome import Outcome, Result

VAULT = ArmId(
    "/subscriptions/11111111-1111-1111-1111-111111111111/resourceGroups/rg"
    "/providers/Microsoft.DataProtection/backupVaults/v"
)


def instance(name: str = "i") -> ArmId:
    return VAULT.child("backupInstances", name)


def row(name: str = "i", state: str = "ProtectionConfigured", policy: str = "p", **more: Any) -> dict[str, Any]:
    properties = {
        "dataSourceInfo": {"resourceID": f"{VAULT.group_id}/providers/Microsoft.Compute/disks/{name}"},
        "currentProtectionState": state,
        "provisioningState": "Succeeded",
        "policyInfo": {"policyId": f"{VAULT}/backupPolicies/{policy}"},
        **more,
    }
    return {"id": instance(name).text, "properties": properties}


def disk_change(name: str = "i", *steps: Step, goal: str = "ProtectionConfigured", **more: Any) -> Change:
    body = {"properties": {"policyInfo": {"policyId": f"{VAULT}/backupPolicies/p"}}}
    steps = steps or (Step(Op.INSTANCE_PUT, instance(name), body),)
    return Change(disk(ArmId(name)), Kind.DISK, Action.ADD, "because", steps, vault=VAULT, goal=goal, **more)


def group_change(name: str, **more: Any) -> Change:
    target = ArmId(f"/subscriptions/11111111-1111-1111-1111-111111111111/resourceGroups/{name}")
    step = Step(Op.GROUP_PUT, target, {"location": "westus"})
    return Change(Address(f"group/{name}", "group", (name,)), Kind.GROUP, Action.ADD, "because", (step,), **more)


def plan_of(*changes: Change, **more: Any) -> Plan:
    """A plan that comes out of every other look just so, made by a look that doesn't age."""
    plan = Plan("m", changes, (), (), "checksum", looked=float("inf"), **more)
    return replace(plan, basis=Basis(Estate(), lambda _: plan))


@dataclass
class Scripted:
    """Stands for the connection and the writer: `resources` by lower-cased id, `on` a function per operation."""

    resources: dict[str, dict[str, Any]] = field(default_factory=dict)
    on: dict[Op, Callable[[Step], Awaitable[Receipt]]] = field(default_factory=dict)
    on_validate: Callable[[Mapping[str, Any]], Awaitable[Receipt]] | None = None
    writes: list[tuple[float, Step]] = field(default_factory=list)
    validations: list[float] = field(default_factory=list)
    lists: list[float] = field(default_factory=list)
    gets: list[str] = field(default_factory=list)
    clock: Any = None
    azure_time: datetime | None = None

    def put(self, body: dict[str, Any]) -> None:
        self.resources[lower(body["id"])] = body

    async def get(self, path: Any, **_: Any) -> dict[str, Any]:
        self.gets.append(str(path))
        await asyncio.sleep(0.1)
        if lower(str(path)) not in self.resources:
            raise NotFound(f"{path} isn't there", status=404)
        return self.resources[lower(str(path))]

    def looking(self) -> AbstractContextManager[None]:
        return nullcontext()

    async def list(self, path: Any, **_: Any) -> list[dict[str, Any]]:
        self.lists.append(asyncio.get_running_loop().time())
        await asyncio.sleep(0.3)
        prefix = lower(str(path)) + "/"
        return [body for key, body in sorted(self.resources.items()) if key.startswith(prefix)]

    async def run(self, step: Step, *, principal: str | None = None) -> Receipt:
        self.writes.append((asyncio.get_running_loop().time(), step))
        await asyncio.sleep(0.5)
        return await self.on[step.op](step) if step.op in self.on else Receipt(200)

    async def validate(self, vault: ArmId, properties: Mapping[str, Any]) -> Receipt:
        self.validations.append(asyncio.get_running_loop().time())
        await asyncio.sleep(1)
        return await self.on_validate(properties) if self.on_validate else Receipt(200)


class Listener(Progress):
    """Keeps what it was told."""

    def __init__(self) -> None:
        self.events: list[str] = []

    def started(self, change: Change) -> None:
        self.events.append(f"started {change.address}")

    def told(self, address: str, text: str) -> None:
        self.events.append(f"told {address}: {text}")

    def ended(self, result: Result) -> None:
        self.events.append(f"{result.status} {result.address}")


@dataclass
class Applied:
    """An outcome, what was told on the way, and how many seconds it took."""

    outcome: Outcome
    events: list[str]
    seconds: float

    @property
    def statuses(self) -> dict[str, str]:
        return {result.address: str(result.status) for result in self.outcome.results}

    def __getitem__(self, address: str) -> Result:
        return next(result for result in self.outcome.results if result.address == address)


@pytest.fixture
def scripted() -> Scripted:
    return Scripted()


@pytest.fixture
def carry_out(scripted: Scripted, monkeypatch: pytest.MonkeyPatch) -> Callable[..., Applied]:
    """Applies a plan to the scripted Azure; `stop_after` seconds it is interrupted."""
    monkeypatch.setattr(guard, "Writer", lambda _: scripted)
    monkeypatch.setattr(running, "Requests", lambda _: scripted)

    def carried(plan: Plan, *, settings: Settings | None = None, stop_after: float | None = None) -> Applied:
        async def run() -> Applied:
            clock, listener, stop = LoopClock(), Listener(), asyncio.Event()
            scripted.clock = clock
            if stop_after is not None:
                asyncio.get_running_loop().call_later(stop_after, stop.set)
            outcome = await apply(
                plan,
                scripted,  # type: ignore[arg-type]
                clock,
                settings=settings or Settings(),
                progress=listener,
                stop=stop,
            )
            return Applied(outcome, listener.events, clock.monotonic())

        with asyncio.Runner(loop_factory=new_loop()) as runner:
            return runner.run(run())

    return carried
