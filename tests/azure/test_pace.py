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
        ({}, "Identity operation failed with '429'. Retry after 20 seconds.", 20),
        ({}, "please try again in 2 minutes", 120),
        ({}, "no word of it", 0),
    ],
)
def test_the_wait_is_read_from_headers_or_text(headers: Any, text: str, seconds: Any) -> None:
    assert retry_after(headers, NOW, text) == seconds


def test_milliseconds_are_real_ones_so_that_a_scaled_clock_counts_more() -> None:
    assert retry_after({"x-ms-retry-after-ms": "500"}, NOW, scale=60) == 30


def test_a_burst_is_free_and_then_the_rate_counts() -> None:
    buckets = Buckets()
    waits = [buckets.reserve("PUT", ONE, 0.0) for _ in range(204)]
    assert waits[:194] == [0.0] * 194
    assert waits[-1] == pytest.approx(1.03, abs=0.01)
    assert buckets.reserve("GET", ONE, 0.0) == 0.0, "reads have a bucket of their own"
    assert buckets.reserve("PUT", TWO, 0.0) == 0.0, "so has another subscription"


def test_a_429_holds_back_everybody_whom_it_concerns() -> None:
    buckets = Buckets()
    buckets.pause("GET", ONE, "SubscriptionRequestsThrottled", 7, 0.0)
    assert [round(buckets.reserve("GET", ONE, 0.0), 2) for _ in range(2)] == [7.04, 7.08]
    assert buckets.reserve("PUT", ONE, 0.0) == 0.0
    assert buckets.reserve("GET", TWO, 0.0) == 0.0


def test_a_provider_that_throttles_alone_holds_back_its_own_requests() -> None:
    buckets = Buckets()
    buckets.pause("GET", ONE, "ResourceRequestsThrottled", 7, 0.0)
    other = ONE.replace("Compute/disks", "DataProtection/backupVaults")
    assert buckets.reserve("GET", ONE, 0.0) >= 7
    assert buckets.reserve("GET", other, 0.0) == 0.0


def test_one_resource_that_is_throttled_holds_back_nobody_else() -> None:
    buckets = Buckets()
    buckets.pause("PUT", ONE, "FailedIdentityOperation", 20, 0.0)
    assert buckets.reserve("PUT", ONE, 0.0) == 0.0


def test_what_azure_says_is_left_counts() -> None:
    buckets = Buckets()
    buckets.told("GET", ONE, {"x-ms-ratelimit-remaining-subscription-reads": "1"}, 0.0)
    assert buckets.reserve("GET", ONE, 0.0) == 0.0
    assert buckets.reserve("GET", ONE, 0.0) > 0.0


def test_people_are_told_the_provider() -> None:
    assert who(ONE) == "Microsoft.Compute"
    assert who("https://h/subscriptions/s/resourcegroups") == "Azure Resource Manager"
