"""T25: a day permits to delete and numbers confirm it; what can't be counted, or was counted otherwise, stays."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import AbstractContextManager
from typing import Any

import pytest
from arm import disk_id
from forging import Azure, Done, Rule, forbidden, quickstart, unavailable
from manifests import manifest

Forged = Callable[..., AbstractContextManager[Azure]]
LISTS = "GET */recoveryPoints"


def removing(**said: Any) -> dict[str, Any]:
    entry = {"id": [disk_id("PSTestDisk")], "data": "delete", "reason": "ticket 4711", "after": "2026-01-10"}
    return manifest(disks=None, removed=[entry | said])


def stopped(azure: Azure) -> int:
    """Protection is stopped and the day has come; how many recovery points there are then."""
    azure.declare(removing())
    done = azure.run("apply", "--auto-approve")
    assert done.code == 0, done
    azure.advance("10d")
    azure.forget()
    return len(azure.ids("*/backupInstances/*/recoveryPoints/*"))


def codes(done: Done) -> list[str]:
    return [row["code"] for row in done.document["findings"] if row["severity"] == "error"]


def instances(azure: Azure) -> int:
    return len(azure.show("*/backupInstances/*"))


def test_other_numbers_are_refused_with_both_and_the_right_ones_need_the_key(forged: Forged) -> None:
    with forged(quickstart().aged("5d"), clock="virtual") as azure:
        count = stopped(azure)
        assert count > 1
        azure.declare(removing(confirm={"instances": 1, "points": count - 1}))
        done = azure.run("apply", "--auto-approve", "--format", "json")
        assert (done.code, codes(done), instances(azure)) == (1, ["confirm-differs"], 1), done
        (told,) = (row["message"] for row in done.document["findings"] if row["code"] == "confirm-differs")
        assert f"with {count - 1} recovery points, but Azure has 1 backup instance with {count} recovery points" in told
        azure.declare(removing(confirm={"instances": 1, "points": count}))
        without = azure.run("apply", "--auto-approve")
        assert (without.code, instances(azure)) == (0, 1), without
        assert "--allow-delete 1" in without.out
        done = azure.run("apply", "--auto-approve", "--allow-delete", "1")
        assert (done.code, instances(azure)) == (0, 0), done
        assert azure.run("drift").code == 0


@pytest.mark.parametrize("rule", [forbidden(LISTS), unavailable(LISTS)], ids=["forbidden", "unavailable"])
def test_points_that_cannot_be_counted_stay(forged: Forged, rule: Rule) -> None:
    with forged(quickstart().aged("5d"), clock="virtual") as azure:
        count = stopped(azure)
        azure.declare(removing(confirm={"instances": 1, "points": count}))
        azure.rules(rule)
        done = azure.run("apply", "--auto-approve", "--format", "json")
        assert (done.code, codes(done), instances(azure)) == (1, ["confirm-uncounted"], 1), done
        assert not [one for one in azure.writes if one.method == "DELETE"]


def test_a_hold_keeps_what_is_confirmed(forged: Forged) -> None:
    with forged(quickstart().aged("5d"), clock="virtual") as azure:
        count = stopped(azure)
        azure.declare(removing(confirm={"instances": 1, "points": count}, hold="legal case 12"))
        done = azure.run("apply", "--auto-approve", "--format", "json")
        assert (done.code, codes(done), instances(azure)) == (0, [], 1), done
        planned = azure.run("plan", "--format", "json")
        assert "deletion-held" in [row["code"] for row in planned.document["findings"]]
        refused = azure.run("apply", "--auto-approve", "--allow-delete", "1")
        assert (refused.code, instances(azure)) == (1, 1), refused
