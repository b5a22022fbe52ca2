"""The network breaks: what is safe to send again is sent again, and what isn't is looked into first."""

from __future__ import annotations

import pytest
from faults import Fault, cut, lost_after, lost_before, unreachable
from stories import VAULT_ID, WRITES, applied, orphaned, soft_deleted, state_of
from trial import Trial


@pytest.mark.parametrize("fault", [lost_before, lost_after, unreachable, cut], ids=lambda fault: fault.__name__)
@pytest.mark.parametrize("kind", WRITES)
def test_f06_a_lost_answer_to_a_put_is_sent_again_and_makes_one_object(
    quickstart: Trial, kind: str, fault: Fault
) -> None:
    hit = quickstart.inject(kind, fault)
    run = quickstart.apply()
    assert run.code == 0, run.text
    (asked,) = hit.hits
    sent = [call for call in run.writes if (call.method, call.path) == (asked.method, asked.path)]
    assert len(sent) <= 2


@pytest.mark.parametrize("fault", [lost_before, lost_after], ids=lambda fault: fault.__name__)
@pytest.mark.parametrize("verb", ["undelete", "resumeProtection"])
def test_f07_a_lost_answer_to_a_post_is_looked_into_first(quickstart: Trial, verb: str, fault: Fault) -> None:
    soft_deleted(quickstart)
    hit = quickstart.inject(f"POST {verb}", fault)
    run = quickstart.apply()
    assert run.code == 0, run.text
    (asked,) = hit.hits
    sent = [call for call in run.calls if call.path == asked.path]
    assert len(sent) == (2 if fault is lost_before else 1), "repeated only if still needed"
    order = [call for call in run.calls if call.at >= sent[0].at]
    assert order[order.index(sent[0]) + 1].method == "GET", "looked into first"
    assert state_of(quickstart) == "ProtectionConfigured"


@pytest.mark.parametrize("fault", [lost_before, lost_after], ids=lambda fault: fault.__name__)
def test_f07_a_lost_answer_to_a_stop(quickstart: Trial, fault: Fault) -> None:
    orphaned(quickstart)
    quickstart.inject("POST stopProtection", fault)
    run = quickstart.apply()
    assert run.code == 0, run.text
    assert len([call for call in run.writes if call.kind == "POST stopProtection"]) == (
        2 if fault is lost_before else 1
    )
    assert state_of(quickstart) == "ProtectionStopped"


@pytest.mark.parametrize("fault", [lost_before, lost_after], ids=lambda fault: fault.__name__)
def test_f07_a_lost_answer_to_a_probe_is_simply_asked_again(quickstart: Trial, fault: Fault) -> None:
    quickstart.inject("POST validateForBackup", fault)
    assert quickstart.apply().code == 0


@pytest.mark.parametrize("fault", [lost_before, unreachable], ids=lambda fault: fault.__name__)
def test_f08_polling_resumes_when_the_network_is_back(quickstart: Trial, fault: Fault) -> None:
    hit = quickstart.inject("GET operation*", fault, times=8)
    run = quickstart.apply()
    assert run.code == 0, run.text
    assert len(hit.hits) == 8


@pytest.mark.parametrize("kind", ["GET *", "LIST backupInstances"])
def test_f08_a_network_that_stays_away_ends_the_run_and_the_next_one_goes_on(quickstart: Trial, kind: str) -> None:
    def after_the_first_write(_: object) -> bool:
        return any(call.is_write for call in quickstart.weather.calls)

    quickstart.inject(kind, unreachable, times=100_000, where=after_the_first_write)
    run = quickstart.apply("--timeout", "1200")
    assert run.code == 1
    assert run.seconds <= 1300
    quickstart.clear()
    before = {row["id"] for row in map(quickstart.sandbox.get, quickstart.sandbox.ids(f"{VAULT_ID}*"))}
    again = quickstart.apply()
    assert again.code == 0, again.text
    rewritten = [call for call in again.writes if call.method == "PUT" and call.path in before]
    assert [call.kind for call in rewritten] == [], "what the first run made is not made again"


def test_f08_a_network_that_breaks_mid_operation_of_an_existing_instance(quickstart: Trial) -> None:
    orphaned(applied(quickstart))
    hit = quickstart.inject("GET operation*", unreachable, times=5)
    run = quickstart.apply()
    assert run.code == 0, run.text
    assert len(hit.hits) == 5
