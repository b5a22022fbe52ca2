from __future__ import annotations

import asyncio
import time
from typing import Any

import pytest

from reconciler.azure.virtual import Deadlock, new_loop


def run(main: Any) -> Any:
    with asyncio.Runner(loop_factory=new_loop()) as runner:
        return runner.run(main())


def test_half_an_hour_passes_in_no_time() -> None:
    async def main() -> Any:
        await asyncio.sleep(1800)
        return asyncio.get_running_loop().time()

    began = time.perf_counter()
    assert run(main) == pytest.approx(1800)
    assert time.perf_counter() - began < 60


def test_tasks_wake_in_the_order_of_their_deadlines_every_time() -> None:
    async def main() -> Any:
        woken = []

        async def sleeper(name: str, seconds: Any) -> None:
            await asyncio.sleep(seconds)
            woken.append((name, round(asyncio.get_running_loop().time(), 6)))

        await asyncio.gather(sleeper("c", 3), sleeper("a", 1), sleeper("b", 2), sleeper("b2", 2))
        return woken

    expected = [("a", 1.0), ("b", 2.0), ("b2", 2.0), ("c", 3.0)]
    assert [run(main) for _ in range(3)] == [expected] * 3


def test_timeouts_are_virtual_too() -> None:
    async def main() -> Any:
        with pytest.raises(TimeoutError):
            await asyncio.wait_for(asyncio.sleep(10_000), 60)
        return asyncio.get_running_loop().time()

    assert run(main) == pytest.approx(60)


def test_a_deadlock_is_an_error_that_says_so() -> None:
    async def main() -> None:
        await asyncio.Event().wait()

    with pytest.raises(Deadlock, match="nothing is scheduled"):
        run(main)


def test_time_starts_where_it_is_told() -> None:
    async def main() -> Any:
        await asyncio.sleep(5)
        return asyncio.get_running_loop().time()

    with asyncio.Runner(loop_factory=new_loop(1e9)) as runner:
        assert runner.run(main()) == pytest.approx(1e9 + 5)
