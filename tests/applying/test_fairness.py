"""Vaults of one subscription share its limits: the many of one don't keep the few of another waiting."""

from __future__ import annotations

import asyncio
from random import Random

from scripted import plan_of

from reconciler.applying.engine import Settings
from reconciler.applying.progress import Progress
from reconciler.applying.run import Run
from reconciler.azure.virtual import new_loop
from reconciler.azure.writing import Writer
from reconciler.base.clock import LoopClock
from reconciler.connection.endpoint import open_azure
from reconciler.model.changes import Op, Step
from reconciler.model.ids import ArmId, vault_id

SUBSCRIPTION = "11111111-1111-1111-1111-111111111111"
CROWDED, QUIET = (vault_id(SUBSCRIPTION, "rg", name) for name in ("crowded", "quiet"))
MANY, FEW = 1000, 10
LATER = 30.0


async def _answered(
    _method: str, _url: str, _headers: object, _body: bytes | None
) -> tuple[int, dict[str, str], bytes]:
    await asyncio.sleep(0.5)
    return 201, {"Content-Type": "application/json"}, b"{}"


async def _writes() -> dict[ArmId, list[float]]:
    """When the writes of each vault were answered; the quiet one begins when the other's burst is long over."""
    clock = LoopClock()
    azure = open_azure(clock=clock, environment={}, exchange=_answered, chance=Random(1))
    run = Run(plan_of(), azure, clock, Settings(), Progress())
    writer = Writer(azure)
    ended: dict[ArmId, list[float]] = {CROWDED: [], QUIET: []}

    async def write(vault: ArmId, number: int) -> None:
        step = Step(Op.INSTANCE_PUT, vault.child("backupInstances", f"i{number}"), {"properties": {}})
        async with run.slot(vault):
            await writer.run(step)
        ended[vault].append(clock.monotonic())

    async def few() -> None:
        await clock.sleep(LATER)
        await asyncio.gather(*(write(QUIET, number) for number in range(FEW)))

    await asyncio.gather(few(), *(write(CROWDED, number) for number in range(MANY)))
    await azure.close()
    return ended


def test_a_thousand_writes_of_one_vault_do_not_starve_ten_of_another() -> None:
    with asyncio.Runner(loop_factory=new_loop()) as runner:
        ended = runner.run(_writes())
    assert len(ended[CROWDED]) == MANY
    assert len(ended[QUIET]) == FEW
    assert max(ended[CROWDED]) > 80, "both share ten writes a second, so all together take that long"
    assert max(ended[QUIET]) < LATER + 15, "ten seconds' worth of the other's may stand before them in the line"
