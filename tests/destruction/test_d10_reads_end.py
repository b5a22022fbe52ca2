"""D10: every read ends, whatever pages come, and says which list it was."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import AbstractContextManager
from typing import Any

import pytest
from forging import GRAPH, Answer, Asked, Azure, Rule, delayed, disks, endless, quickstart, reply, rule

VIRTUAL = "virtual"
Forged = Callable[..., AbstractContextManager[Azure]]


def repeating(where: str) -> Rule:
    """A list that shows its first page again and again, under links that are always new."""

    def act(asked: Asked, own: Rule) -> Answer:
        number = int(asked.query.pop("$forged", "0"))
        answer = asked.forward()
        own.fired += 1
        return answer.of({**answer.body, "nextLink": asked.link(**{"$forged": str(number + 1)})})

    return rule(where, act, "repeating")


def skipping(where: str) -> Rule:
    """Resource Graph whose every page has a token for another one."""

    def act(_: Asked, own: Rule) -> Answer:
        own.fired += 1
        return reply(200, {"data": [], "count": 0, "totalRecords": 0, "$skipToken": f"page-{own.fired}"})

    return rule(where, act, "skipping")


@pytest.mark.parametrize("kind", ["disks", "backupInstances", "roleAssignments", "backupPolicies"])
def test_empty_pages_without_end_are_an_error_that_names_the_list(forged: Forged, kind: str) -> None:
    """20,000 pages were read, and there was no end."""
    with forged(quickstart(), endless(f"GET */{kind}"), clock=VIRTUAL) as azure:
        done = azure.run("apply", "--auto-approve", "--prune")
        assert done.code == 1, done
        assert f"/{kind} does not end" in done.err
        assert azure.writes == []
        assert len(azure.requests) < 600


def test_the_same_page_without_end_is_an_error(forged: Forged) -> None:
    with forged(disks(3), repeating("GET */backupInstances"), clock=VIRTUAL) as azure:
        done = azure.run("plan")
        assert done.code == 1, done
        assert "/backupInstances does not end" in done.err


def test_skip_tokens_without_end_are_followed_no_further(forged: Forged) -> None:
    with forged(quickstart(), skipping(GRAPH), clock=VIRTUAL) as azure:
        azure.run("drift")
        assert 1 < len(azure.calls(GRAPH)) <= 200


def test_a_look_ends_in_its_time(forged: Forged) -> None:
    """Pages that each come in time, and never an end."""
    slow: list[Any] = [delayed("GET */disks", 10), endless("GET */disks", rows=1)]
    with forged(quickstart(), *slow) as azure:
        done = azure.run("drift", "--look-timeout", "60")
        assert done.code == 1, done
        assert "time for reading Azure ran out" in done.err
        assert "/disks" in done.err
        assert "--look-timeout" in done.err


def test_the_time_of_a_look_is_a_setting_of_the_environment(forged: Forged) -> None:
    with forged(quickstart(), delayed("GET */disks", 10), endless("GET */disks"), clock=VIRTUAL) as azure:
        done = azure.run("plan", env={"RECONCILER_LOOK_TIMEOUT": "40"})
        assert done.code == 1, done
        assert "time for reading Azure ran out" in done.err
