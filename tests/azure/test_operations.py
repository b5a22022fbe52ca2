"""Operations to their end; F08 to F12 of the list of faults to survive."""

from __future__ import annotations

from typing import Any

import pytest

from reconciler.azure.operations import finish
from reconciler.azure.receipts import Receipt
from reconciler.model.errors import OperationFailed

URL = "https://management.azure.com/subscriptions/s/op"
BUSY = {"status": "Inprogress"}


def wait(wire: Any, *answers: Any, receipt: Any = None, deadline: Any = 1800.0) -> Any:
    wire.on("GET", "/op", *answers)
    return wire.run(lambda azure: finish(azure, receipt or Receipt(202, operation=URL), deadline=deadline))


@pytest.mark.parametrize("word", ["Inprogress", "InProgress", "Running", "Accepted", "SomethingNew"])
def test_f12_unknown_words_are_in_progress(wire: Any, word: str) -> None:
    done = {"status": "Succeeded", "properties": {"jobId": "j"}}
    assert wait(wire, {"status": word}, {"status": word}, done) == done
    assert len(wire.calls) == 3


def test_f09_a_failed_operation_tells_azure_s_reason(wire: Any) -> None:
    error = {
        "code": "UserErrorMissingRequiredPermissions",
        "message": "Missing.",
        "additionalInfo": [
            {
                "info": {
                    "recommendedAction": ["Grant it."],
                    "innerError": {"additionalInfo": {"DetailedNonLocalisedMessage": "Deep."}},
                }
            }
        ],
    }
    with pytest.raises(OperationFailed, match=r"Missing\. Deep") as raised:
        wait(wire, BUSY, {"status": "Failed", "error": error})
    assert raised.value.code == "UserErrorMissingRequiredPermissions"
    ours = "grant what `reconciler plan PATH` shows as missing; roles take up to half an hour to become effective."
    assert raised.value.hint == f"{ours} Azure advises: Grant it."


@pytest.mark.parametrize("body", [{"status": "Failed"}, {"status": "Failed", "error": None}])
def test_f09_a_failure_without_a_reason_says_so(wire: Any, body: Any) -> None:
    with pytest.raises(OperationFailed, match="gave no reason"):
        wait(wire, body)


@pytest.mark.parametrize("word", ["Canceled", "Cancelled"])
def test_f10_a_cancelled_operation_says_that_it_was_cancelled(wire: Any, word: str) -> None:
    with pytest.raises(OperationFailed, match="cancelled in Azure") as raised:
        wait(wire, {"status": word})
    assert raised.value.code == "canceled"


def test_f11_an_operation_that_never_ends_is_still_in_progress_at_the_deadline(wire: Any) -> None:
    with pytest.raises(OperationFailed) as raised:
        wait(wire, BUSY)
    assert raised.value.code == "still-in-progress"
    assert wire.calls[-1].at == pytest.approx(1800)
    assert len(wire.calls) < 90


@pytest.mark.parametrize(
    "answer",
    [
        (404, {"error": {"code": "OperationNotFound", "message": "m"}}),
        (403, {"error": {"code": "AuthorizationFailed", "message": "m"}}),
        (200, None),
        (200, {}),
    ],
)
def test_f12_an_operation_that_tells_nothing_leaves_it_to_the_resource(wire: Any, answer: Any) -> None:
    assert wait(wire, BUSY, answer) == {}


def test_f08_polling_survives_resets_and_throttling(wire: Any) -> None:
    throttled = (429, {"error": {"code": "X", "message": "m"}}, {"Retry-After": "7"})
    assert wait(wire, ConnectionResetError("reset"), throttled, BUSY, {"status": "Succeeded"})["status"] == "Succeeded"


def test_f03_throttling_until_the_deadline_leaves_it_in_progress(wire: Any) -> None:
    with pytest.raises(OperationFailed, match="Could not read its status") as raised:
        wait(wire, (429, {"error": {"code": "X", "message": "m"}}, {"Retry-After": "500"}), deadline=100)
    assert raised.value.code == "still-in-progress"


def test_the_waits_are_those_that_azure_asks_for(wire: Any) -> None:
    receipt = Receipt(202, operation=URL, retry_after=10)
    wait(wire, (200, BUSY, {"Retry-After": "30"}), {"status": "Succeeded"}, receipt=receipt)
    assert [round(call.at) for call in wire.calls] == [10, 40]


def test_a_location_is_done_when_it_is_no_longer_accepted(wire: Any) -> None:
    receipt = Receipt(202, location=URL)
    assert wait(wire, (202, None), (202, None), {"jobId": "j"}, receipt=receipt) == {"jobId": "j"}
    with pytest.raises(OperationFailed, match="No"):
        wait(wire, (200, {"error": {"code": "X", "message": "No."}}), receipt=receipt)


def test_without_an_operation_the_answer_is_the_end(wire: Any) -> None:
    assert wait(wire, BUSY, receipt=Receipt(200, {"id": "x"})) == {"id": "x"}
    assert wire.calls == []


def test_a_deadline_in_the_past_is_told_without_a_call(wire: Any) -> None:
    with pytest.raises(OperationFailed):
        wait(wire, BUSY, deadline=0.0)
    assert wire.calls == []
