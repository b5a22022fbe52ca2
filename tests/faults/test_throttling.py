"""Azure asks to wait, or stumbles: it is waited for as long as it says, in the open, and never beyond the deadline."""

from __future__ import annotations

from itertools import pairwise

import pytest
from faults import LEAKY, error, throttled, unavailable
from stories import VAULT_ID
from trial import Run, Trial


def gaps(run: Run, path: str, method: str) -> list[float]:
    """The seconds between the tries of one request."""
    at = [call.at for call in run.calls if call.path == path and call.method == method]
    return [later - sooner for sooner, later in pairwise(at)]


@pytest.mark.parametrize(
    "kind", ["LIST disks", "GET backupVaults", "PUT backupVaults", "PUT backupInstances", "GET operationStatus"]
)
def test_f01_throttled_with_retry_after_waits_that_long_and_says_so(quickstart: Trial, kind: str) -> None:
    hit = quickstart.inject(kind, throttled(7))
    run = quickstart.apply()
    assert run.code == 0, run.text
    (asked,) = hit.hits
    assert gaps(run, asked.path, asked.method)[0] >= 7
    assert "throttled" in run.err
    assert ", waiting 7 s" in run.err


def test_f02_throttled_with_the_delay_in_the_text_alone(quickstart: Trial) -> None:
    text = f"Identity operation for resource '{VAULT_ID}' failed with status '429'. Retry after 20 seconds."
    quickstart.inject("PUT backupVaults", error(429, "FailedIdentityOperation", text))
    run = quickstart.apply()
    assert run.code == 0, run.text
    assert gaps(run, VAULT_ID, "PUT")[0] >= 20
    assert ", waiting 20 s" in run.err


def test_f02_throttled_without_any_delay_backs_off_by_itself(quickstart: Trial) -> None:
    quickstart.inject("PUT backupVaults", error(429, "FailedIdentityOperation", "Slow down."), times=5)
    run = quickstart.apply()
    assert run.code == 0, run.text
    assert sum(gaps(run, VAULT_ID, "PUT")[:5]) >= 5


def test_f03_throttled_beyond_the_deadline_of_the_run(quickstart: Trial) -> None:
    quickstart.inject("PUT backupVaults", throttled(30), times=10_000)
    run = quickstart.apply("--timeout", "600")
    assert run.code == 1
    assert run.seconds <= 600 + 30
    assert run.statuses["vault/TestBkpVault"] == "failed"
    assert f"PUT {VAULT_ID}" in run.out, "the throttled call is named"
    assert VAULT_ID.lower() not in map(str.lower, quickstart.sandbox.ids())
    assert {row.status for row in run.outcome.results if row.kind in ("role", "policy", "disk")} == {"skipped"}


def test_f03_throttled_beyond_the_deadline_of_a_read(quickstart: Trial) -> None:
    quickstart.inject("LIST disks", throttled(30), times=10_000)
    run = quickstart.apply()
    assert (run.code, run.writes, run.outcome) == (1, [], None)
    assert run.seconds <= 330
    assert "providers/Microsoft.Compute/disks" in run.err
    assert "No changes" not in run.text


@pytest.mark.parametrize("status", [500, 502, 503, 504])
@pytest.mark.parametrize("kind", ["LIST disks", "PUT backupInstances", "PUT roleAssignments"])
def test_f04_a_burst_of_six_failures_is_more_than_the_sdk_would_try(quickstart: Trial, kind: str, status: int) -> None:
    hit = quickstart.inject(kind, unavailable(status), times=6, where=lambda asked: "disk" in asked.path.lower())
    run = quickstart.apply()
    assert run.code == 0, run.text
    assert len(hit.hits) == 6
    (tried,) = {(asked.path, asked.method) for asked in hit.hits}
    between = gaps(run, *tried)[:6]
    assert len(between) == 6
    assert len({round(gap, 3) for gap in between}) == 6, "jittered"
    assert max(between) <= 64


def test_f05_an_internal_error_that_calls_itself_final_is_tried_again(quickstart: Trial) -> None:
    fault = error(
        500, "CloudInternalError", "Microsoft Azure Backup encountered an internal error.", "Wait a few minutes."
    )
    hit = quickstart.inject("PUT backupInstances", fault, times=3)
    run = quickstart.apply()
    assert run.code == 0, run.text
    assert len(hit.hits) == 3


def test_f05_giving_up_prints_the_recommended_action(quickstart: Trial) -> None:
    message = f"Microsoft Azure Backup encountered an internal error. {LEAKY}"
    quickstart.inject(
        "PUT backupInstances",
        error(500, "CloudInternalError", message, "Wait for a few minutes and then try the operation again."),
        times=10_000,
    )
    run = quickstart.apply()
    assert run.code == 1
    assert run.result("disk/").code == "CloudInternalError"
    assert "Wait for a few minutes and then try the operation again." in run.out
    assert run.seconds < 2 * 3600
