from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pytest

from reconciler.azure.pace import Buckets, retry_after, who

NOW = datetime(2026, 1, 1, 12, tzinfo=UTC)
ONE = "https://management.azure.com/subscriptions/one/providers/Microsoft.Compute/disks"
TWO = "https://management.azure.com/subscriptions/two/providers/Microsoft.Compute/disks"


@pytest.mark.parametrize(
    ("headers", "text", "seconds"),
    [
        ({"Retry-After": "7"}, "", 7),
        ({"Retry-After": "7", "x-ms-retry-after-ms": "250"}, "", 0.25),
        ({"retry-after-ms": "1500"}, "", 1.5),
        ({"Retry-After": "Thu, 01 Jan 2026 12:00:30 GMT"}, "", 30),
        ({"Retry-After": "Thu, 01 Jan 2026 11:00:00 GMT"}, "", 0),
        ({"Retry-After": "soon"}, "", 0),
        ({"Retry-After": f"Thu, 01 Jan 2026 12:00:30 +{'9' * 20}"}, "", 0),
        ({}, "Identity operation failed with '429'. Retry after 20 seconds.", 20),
        ({}, "please try again in 2 minutes", 120),
        ({}, "no word of it", 0),
    ],
)
def test_the_wait_is_read_from_headers_or_text(headers: Any, text: str, seconds: Any) -> None:
    assert retry_after(headers, NOW, text) == seconds


def test_milliseconds_are_real_ones_so_that_a_scaled_clock_counts_more() -> None:
    assert retry_after({"x-ms-retry-after-ms": "500"}, NOW, scale=60) == 30


def heard(buckets: Buckets, method: str, url: str) -> None:
    """One request, answered."""
    turn = buckets.turn(method, url, 0.0)
    turn.sent()
    turn.answered()


def wait(buckets: Buckets, method: str, url: str, now: float = 0.0) -> float:
    return round(buckets.turn(method, url, now).wait(now), 3)


def through(buckets: Buckets, until: float, *, step: float = 0.1, url: str = ONE) -> float:
    """How many writes a second get through when many stand in line, and each is answered at once."""
    turns = [buckets.turn("PUT", url, 0.0) for _ in range(2000)]
    went, now = 0, 0.0
    while now < until:
        while turns and turns[0].wait(now) == 0:
            turns.pop(0)
            went += 1
        now += step
    return went / until


def test_a_burst_is_free_and_then_the_rate_counts() -> None:
    buckets = Buckets()
    heard(buckets, "PUT", ONE)
    waits = [wait(buckets, "PUT", ONE) for _ in range(203)]
    assert waits[:193] == [0.0] * 193
    assert waits[-1] == pytest.approx(1.03, abs=0.01)
    assert wait(buckets, "GET", ONE) == 0.0, "reads have a bucket of their own"
    assert wait(buckets, "PUT", TWO) == 0.0, "so has another subscription"


def test_before_azure_has_answered_once_only_a_tenth_of_a_burst_goes() -> None:
    buckets = Buckets()
    turns = [buckets.turn("PUT", ONE, 0.0) for _ in range(50)]
    sent = [turn for turn in turns if turn.wait(0.0) == 0 and turn.sent() is None]
    assert len(sent) == 20
    sent[0].answered()
    assert [turn.wait(0.0) for turn in turns[20:]] == [0.0] * 30


def test_a_429_holds_back_everybody_whom_it_concerns() -> None:
    buckets = Buckets()
    waiting = buckets.turn("GET", ONE, 0.0)
    buckets.pause("GET", ONE, "SubscriptionRequestsThrottled", 7, 0.0)
    assert waiting.wait(0.0) == 7
    assert wait(buckets, "GET", ONE, 1.0) == 6
    assert wait(buckets, "PUT", ONE) == 0.0
    assert wait(buckets, "GET", TWO) == 0.0


def test_after_a_pause_they_go_one_by_one() -> None:
    buckets = Buckets()
    turns = [buckets.turn("GET", ONE, 0.0) for _ in range(3)]
    buckets.pause("GET", ONE, "SubscriptionRequestsThrottled", 7, 0.0)
    turns += [buckets.turn("GET", ONE, 0.0) for _ in range(3)]
    assert [turn.wait(7.001) == 0 for turn in turns] == [True] * 3 + [False] * 3, "who was called stays called"
    assert [turn.wait(7.2) == 0 for turn in turns] == [True] * 6


def test_a_provider_that_throttles_alone_holds_back_its_own_requests() -> None:
    buckets = Buckets()
    buckets.pause("GET", ONE, "ResourceRequestsThrottled", 7, 0.0)
    other = ONE.replace("Compute/disks", "DataProtection/backupVaults")
    assert wait(buckets, "GET", ONE) >= 7
    assert wait(buckets, "GET", other) == 0.0
    assert wait(buckets, "GET", TWO) == 0.0


def test_a_provider_that_names_its_limit_is_believed_everywhere() -> None:
    buckets = Buckets()
    text = "Number of requests for Microsoft.Authorization exceeded the limit of '120' for time interval '00:01:00'."
    role = f"{ONE.replace('Compute/disks', 'Authorization/roleAssignments')}/r"
    heard(buckets, "PUT", role)
    buckets.pause("PUT", role, "ResourceRequestsThrottled", 12, 0.0, text)
    assert wait(buckets, "GET", role.replace("/one/", "/two/")) == 12
    heard(buckets, "PUT", role)
    assert through(buckets, 100, url=role) == pytest.approx(2 * 0.97 * 0.85 * 88 / 100, rel=0.1)


@pytest.mark.parametrize(
    "limit", ["'0' for time interval '00:01:00'", f"'{'9' * 400}' for time interval '00:01:00'", f"'5' for time interval '{'9' * 400}:01:00'"]
)  # fmt: skip
def test_a_limit_that_makes_no_sense_holds_back_and_no_more(limit: str) -> None:
    buckets = Buckets()
    heard(buckets, "GET", ONE)
    buckets.pause("GET", ONE, "ResourceRequestsThrottled", 7, 0.0, f"Requests exceeded the limit of {limit}.")
    assert wait(buckets, "GET", ONE) == 7
    assert 0 <= wait(buckets, "GET", ONE, 8.0) < 3600


def test_a_provider_tells_its_own_limit_in_a_header() -> None:
    buckets = Buckets()
    heard(buckets, "GET", ONE)
    buckets.told("GET", ONE, {"x-ms-ratelimit-remaining-subscription-resource-requests": "0"}, 0.0)
    assert wait(buckets, "GET", ONE) > 0.0
    assert wait(buckets, "GET", ONE.replace("Compute/disks", "DataProtection/backupVaults")) == 0.0


def test_one_resource_that_is_throttled_holds_back_nobody_else() -> None:
    buckets = Buckets()
    buckets.pause("PUT", ONE, "FailedIdentityOperation", 20, 0.0)
    assert wait(buckets, "PUT", ONE) == 0.0


def test_what_azure_says_is_left_counts_less_what_is_under_way() -> None:
    buckets = Buckets()
    heard(buckets, "GET", ONE)
    turns = [buckets.turn("GET", ONE, 0.0) for _ in range(2)]
    turns[0].sent()
    buckets.told("GET", ONE, {"x-ms-ratelimit-remaining-subscription-reads": "2"}, 0.0)
    assert wait(buckets, "GET", ONE) == 0.0
    assert wait(buckets, "GET", ONE) > 0.0


@pytest.mark.parametrize(("real", "share"), [(10.0, 0.97), (5.0, 0.485), (8.0, 0.776)])
def test_the_rate_that_azure_really_grants_is_learnt_from_what_it_says_is_left(real: float, share: float) -> None:
    buckets = Buckets()
    heard(buckets, "PUT", ONE)
    buckets.told("PUT", ONE, {"x-ms-ratelimit-remaining-subscription-writes": "20"}, 0.0)
    turns = [buckets.turn("PUT", ONE, 0.0) for _ in range(3000)]
    tokens, went, now = 20.0, [], 0.0
    while now < 120:
        tokens += real * 0.05
        while turns[0].wait(now) == 0 and tokens >= 1:
            turns.pop(0)
            tokens -= 1
            went.append(now)
            buckets.told("PUT", ONE, {"x-ms-ratelimit-remaining-subscription-writes": str(int(tokens))}, now)
        now += 0.05
    late = [at for at in went if at >= 60]
    assert len(late) / 60 == pytest.approx(share * 10, rel=0.05)


def test_people_are_told_the_provider() -> None:
    assert who(ONE) == "Microsoft.Compute"
    assert who("https://h/subscriptions/s/resourcegroups") == "Azure Resource Manager"
