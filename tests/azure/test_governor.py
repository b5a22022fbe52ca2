"""Throttling and retry; F01 to F08, F21, F49 and F58 of the list of faults to survive."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest
from azure.core.exceptions import ClientAuthenticationError
from azure.core.pipeline.policies import AsyncHTTPPolicy

from reconciler.azure.deadlines import until
from reconciler.azure.writing import Writer
from reconciler.model.changes import Op, Step
from reconciler.model.errors import AzureError, Blocked, OutOfReach, Transient
from reconciler.model.ids import ArmId

PATH = "/subscriptions/s/providers/Microsoft.Compute/disks/d"
STOP = "/subscriptions/s/resourceGroups/g/providers/Microsoft.DataProtection/backupVaults/v/backupInstances/i/stopProtection"
VALIDATE = "/subscriptions/s/resourceGroups/g/providers/Microsoft.DataProtection/backupVaults/v/validateForBackup"
FINE = {"id": PATH}


def busy(status: int = 503, code: str = "ServerBusy", message: str = "m", **headers: Any) -> Any:
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    return status, {"error": {"code": code, "message": message}}, named


async def look(azure: Any) -> Any:
    return await azure.get(PATH)


async def act(azure: Any) -> Any:
    return await azure.post(STOP, {})


def test_f01_a_429_is_waited_for_as_long_as_azure_asks_and_told(wire: Any) -> None:
    wire.on("GET", PATH, busy(429, "SubscriptionRequestsThrottled", Retry_After="7"), FINE)
    assert wire.run(look) == FINE
    first, second = (call.at for call in wire.calls)
    assert second - first >= 7
    assert wire.throttled_events == [("Microsoft.Compute", 7.0)]


def test_f01_a_429_holds_back_the_others_too(wire: Any) -> None:
    wire.on("GET", PATH, busy(429, "SubscriptionRequestsThrottled", Retry_After="7"), FINE)

    async def two(azure: Any) -> None:
        first = asyncio.create_task(azure.get(PATH))
        await asyncio.sleep(1)
        await asyncio.gather(first, azure.get(PATH))

    wire.run(two)
    assert [call.at >= 7 for call in wire.calls] == [False, True, True]


def test_f02_a_delay_that_only_the_text_names_is_honoured(wire: Any) -> None:
    text = "Identity operation for resource 'v' failed with error '429'. Retry after 20 seconds."
    wire.on("GET", PATH, busy(429, "FailedIdentityOperation", text), FINE)
    wire.run(look)
    assert wire.calls[1].at >= 20


def test_f03_a_429_that_outlives_the_deadline_names_the_call(wire: Any) -> None:
    wire.on("GET", PATH, busy(429, "SubscriptionRequestsThrottled", "too many", Retry_After="50"))

    async def bounded(azure: Any) -> None:
        with until(azure.clock.monotonic() + 120):
            await azure.get(PATH)

    with pytest.raises(Transient, match=r"Gave up on GET /subscriptions/s/.*/d at the deadline: too many"):
        wire.run(bounded)
    assert len(wire.calls) == 3
    assert wire.calls[-1].at <= 120


def test_without_a_deadline_a_request_gives_up_after_five_minutes(wire: Any) -> None:
    wire.on("GET", PATH, busy(500, "CloudInternalError"))
    with pytest.raises(Transient):
        wire.run(look)
    assert 240 < wire.calls[-1].at <= 300
    assert len(wire.calls) < 40


def test_a_nested_deadline_never_lengthens_the_outer_one(wire: Any) -> None:
    wire.on("GET", PATH, busy())

    async def nested(azure: Any) -> None:
        with until(10), until(1000):
            await azure.get(PATH)

    with pytest.raises(Transient):
        wire.run(nested)
    assert wire.calls[-1].at <= 10


@pytest.mark.parametrize("status", [408, 500, 502, 503, 504])
def test_f04_a_burst_of_server_errors_is_outlived(wire: Any, status: int) -> None:
    wire.on("GET", PATH, *[busy(status)] * 6, FINE)
    assert wire.run(look) == FINE
    assert len(wire.calls) == 7
    assert wire.calls[1].at <= 1, "the first retry is quick"


def test_f05_is_retryable_false_is_not_believed_and_the_advice_is_told(wire: Any) -> None:
    error = {"code": "CloudInternalError", "message": "Internal.", "isRetryable": False, "recommendedAction": ["Wait."]}
    wire.on("GET", PATH, (500, {"error": error}), (500, {"error": error}), FINE)
    assert wire.run(look) == FINE
    wire.on("GET", PATH, (500, {"error": error}))
    with pytest.raises(Transient) as raised:
        wire.run(look)
    ours = "run the command again in a few minutes; if it fails again, give Azure support the request or job id."
    assert raised.value.advice == (ours, "Azure advises: Wait.")
    assert raised.value.hint == " ".join(raised.value.advice)


@pytest.mark.parametrize(
    "broken", [ConnectionResetError("reset"), ConnectionRefusedError("refused"), TimeoutError("slow")]
)
def test_f06_f08_a_read_survives_broken_connections(wire: Any, broken: Any) -> None:
    wire.on("GET", PATH, broken, broken, FINE)
    assert wire.run(look) == FINE


def test_f07_a_post_that_may_have_arrived_is_not_sent_again(wire: Any) -> None:
    wire.on("POST", STOP, ConnectionResetError("reset"))
    with pytest.raises(Transient) as raised:
        wire.run(act)
    assert raised.value.sent_unknown
    assert len(wire.calls) == 1


@pytest.mark.parametrize("first", [ConnectionRefusedError("refused"), busy(429, "X", Retry_After="1"), busy(503)])
def test_f07_a_post_that_was_not_acted_upon_is_sent_again(wire: Any, first: Any) -> None:
    wire.on("POST", STOP, first, {})
    wire.run(act)
    assert len(wire.calls) == 2


@pytest.mark.parametrize("status", [500, 502, 504])
def test_f07_a_server_error_on_a_post_leaves_open_whether_it_acted(wire: Any, status: int) -> None:
    wire.on("POST", STOP, busy(status))
    with pytest.raises(Transient) as raised:
        wire.run(act)
    assert raised.value.sent_unknown
    assert len(wire.calls) == 1


def test_f07_a_post_that_changes_nothing_is_simply_repeated(wire: Any) -> None:
    wire.on("POST", VALIDATE, ConnectionResetError("reset"), busy(500), {})

    async def validate(azure: Any) -> None:
        await azure.post(VALIDATE, {})

    wire.run(validate)
    assert len(wire.calls) == 3


@pytest.mark.parametrize(
    ("answer", "kind"),
    [
        ((404, {"error": {"code": "X", "message": "m"}}, {"Retry-After": "1"}), AzureError),
        ((409, {"error": {"code": "AnotherOperationInProgress", "message": "m"}}, {"Retry-After": "9"}), AzureError),
        ((403, {"error": {"code": "AuthorizationFailed", "message": "m"}}), OutOfReach),
        ((400, {"error": {"code": "UserErrorX", "message": "m"}}), AzureError),
        ((429, {"error": {"code": "CloudDosTimeboudLimitReached", "message": "m"}}, {"Retry-After": "5"}), Blocked),
    ],
)
def test_f19_what_time_does_not_heal_is_told_at_once(wire: Any, answer: Any, kind: type[Exception]) -> None:
    wire.on("GET", PATH, answer)
    with pytest.raises(kind):
        wire.run(look)
    assert len(wire.calls) == 1


class _Tokens(AsyncHTTPPolicy):
    """Stands in for azure-core's bearer policy, which drops its token on a 401."""

    def __init__(self, error: Any = None) -> None:
        self.error = error

    async def send(self, request: Any) -> Any:
        if self.error:
            raise self.error
        return await self.next.send(request)


def test_f21_an_expired_token_is_renewed_once(wire: Any) -> None:
    wire.on("GET", PATH, (401, {"error": {"code": "ExpiredAuthenticationToken", "message": "m"}}), FINE)
    assert wire.run(look) == FINE
    assert wire.calls[1].at == 0
    wire.on("GET", PATH, (401, {"error": {"code": "InvalidAuthenticationToken", "message": "m"}}))
    with pytest.raises(OutOfReach):
        wire.run(look)


def test_f21_f49_when_no_token_can_be_had_the_error_says_so_without_a_secret(wire: Any) -> None:
    error = ClientAuthenticationError("AADSTS700024: assertion eyJhbGciOiJSUzI1NiJ9.eyJzdWIiOjF9.sig expired\nTrace: x")
    with pytest.raises(OutOfReach, match="AADSTS700024") as raised:
        wire.run(look, token=_Tokens(error))
    assert raised.value.code == "no-token"
    assert "eyJ" not in str(raised.value)
    assert "run it again" in raised.value.hint


@pytest.mark.parametrize("content", [b"<html>proxy</html>", b'{"id": "x', b"", b"[]", b"null"])
def test_f58_an_answer_that_cannot_be_read_is_transient_and_then_an_error(wire: Any, content: Any) -> None:
    wire.on("GET", PATH, (200, content), FINE)
    assert wire.run(look) == FINE
    wire.on("GET", PATH, (200, content, {"Content-Type": "text/html"}))
    with pytest.raises(Transient, match="Could not read the answer") as raised:
        wire.run(look)
    assert raised.value.code == "unreadable-answer"


@pytest.mark.parametrize(
    ("content", "shown", "is_soon"),
    [
        (b"[]", "[]", True),
        (b"null", "null", True),
        (b'"text"', '"text"', True),
        (b"0", "0", True),
        (b"<html>proxy</html>", "no JSON", False),
        (b'{"id": "x', "no JSON", False),
    ],
)
def test_json_of_another_shape_is_asked_for_a_few_times_only(
    wire: Any, content: Any, shown: str, is_soon: bool
) -> None:
    """Nothing that would go away answers so, unlike a proxy's page or a cut connection."""
    wire.on("GET", PATH, (200, content))
    with pytest.raises(Transient, match="Could not read the answer") as raised:
        wire.run(look)
    assert shown in raised.value.message
    assert (len(wire.calls) <= 6, "proxy" in raised.value.hint) == (is_soon, not is_soon)


def test_f58_a_redirect_is_never_taken_for_an_answer(wire: Any) -> None:
    """A portal in between sends people to its page; an empty answer of that kind must not pass for a success."""
    group = Step(Op.GROUP_PUT, ArmId("/subscriptions/s/resourceGroups/g"), {"location": "westus"})
    path = "/subscriptions/s/resourcegroups/g"
    wire.on("PUT", path, (302, b"", {"Location": "https://portal.example/login"}))
    with pytest.raises(Transient, match="redirect"):
        wire.run(lambda azure: Writer(azure).run(group))
    assert {call.path for call in wire.calls} == {path[1:]}


def test_the_same_seed_gives_the_same_run(wire: Any) -> None:
    wire.on("GET", PATH, *[busy()] * 5, FINE)
    wire.run(look)
    first = [call.at for call in wire.calls]
    wire.calls.clear()
    wire.on("GET", PATH, *[busy()] * 5, FINE)
    wire.run(look)
    assert [call.at for call in wire.calls] == first


def test_ten_thousand_writes_go_out_at_the_rate_that_azure_allows(wire: Any) -> None:
    wire.on("POST", VALIDATE, {})

    async def many(azure: Any) -> Any:
        with until(10_000):
            await asyncio.gather(*(azure.post(VALIDATE, {}) for _ in range(500)))
        return azure.clock.monotonic()

    taken = wire.run(many)
    assert 300 / 10 <= taken <= 300 / 10 * 1.1


def test_a_request_that_is_called_off_gives_its_turn_back(wire: Any) -> None:
    wire.on("POST", VALIDATE, {})

    async def called_off(azure: Any) -> Any:
        tasks = [asyncio.create_task(azure.post(VALIDATE, {})) for _ in range(300)]
        await asyncio.sleep(0.01)
        for task in tasks[194:]:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        before = azure.clock.monotonic()
        await azure.post(VALIDATE, {})
        return azure.clock.monotonic() - before

    assert wire.run(called_off) < 1


def test_what_holds_requests_back_is_told_though_azure_refused_nothing(wire: Any) -> None:
    wire.on("POST", VALIDATE, {})

    async def many(azure: Any) -> None:
        await asyncio.gather(*(azure.post(VALIDATE, {}) for _ in range(400)))

    wire.run(many)
    assert wire.throttled_events == []
    assert {what for what, _ in wire.held_events} == {"Azure Resource Manager"}
    assert 1 <= len(wire.held_events) <= 10, "once for all that wait meanwhile"
    assert all(seconds >= 3 for _, seconds in wire.held_events)


def test_the_provider_whose_limit_holds_requests_back_is_named(wire: Any) -> None:
    text = "Number of requests for Microsoft.Authorization exceeded the limit of '20' for time interval '00:00:40'."
    role = "/subscriptions/s/providers/Microsoft.Authorization/roleAssignments"
    wire.on("GET", role, busy(429, "ResourceRequestsThrottled", text, Retry_After="5"), {"id": role})

    async def many(azure: Any) -> None:
        await asyncio.gather(*(azure.get(role) for _ in range(30)))

    wire.run(many)
    assert ("Microsoft.Authorization", 5.0) in wire.throttled_events
    assert {what for what, _ in wire.held_events} == {"Microsoft.Authorization"}


def test_a_wait_of_a_moment_is_not_worth_a_word(wire: Any) -> None:
    wire.on("POST", VALIDATE, {})

    async def a_few(azure: Any) -> None:
        await asyncio.gather(*(azure.post(VALIDATE, {}) for _ in range(210)))

    wire.run(a_few)
    assert wire.held_events == []
