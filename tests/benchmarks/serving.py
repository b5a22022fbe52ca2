"""A fleet's sandbox over HTTP in a process of its own: `serving.py DISKS SEVERAL PROTECTED SCALE`; its address on stdout."""

from __future__ import annotations

import asyncio
import gc
import sys
from pathlib import Path

HERE = Path(__file__).parent
sys.path[:0] = [str(HERE), str(HERE.parent / "support")]

from fleet import Fleet, sandbox  # noqa: E402

from reconciler.sandbox.clocks import parse  # noqa: E402
from reconciler.sandbox.server import Server  # noqa: E402


async def _serve(disks: int, several: bool, protected: bool, scale: float) -> None:
    made = sandbox(Fleet(disks, several), seed=1, protected=protected, propagation="60..300", configuring="lognormal")
    gc.freeze()
    source = parse(f"scaled:{scale}").source()
    assert source is not None
    made.time.follow(source)
    async with Server(made, scale=scale) as server:
        print(server.url, flush=True)
        await asyncio.Event().wait()


if __name__ == "__main__":
    asyncio.run(_serve(int(sys.argv[1]), sys.argv[2] == "1", sys.argv[3] == "1", float(sys.argv[4])))
