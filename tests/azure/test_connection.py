"""Lists to their end, links home only; F29 to F31, F49, F58 and F59 of the list of faults to survive."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pytest

from reconciler.azure.connection import Azure
from reconciler.azure.pipeline import origin
from reconciler.model.errors import AzureError, NotFound, OutOfReach, ReadIncomplete
from reconciler.model.ids import ArmId

LIST = "/subscriptions/s/providers/Microsoft.Compute/disks"
NEXT = f"https://management.azure.com{LIST}?api-version=2024-03-02&$skiptoken=abc"


def rows(*names: Any) -> Any:
    return [{"id": f"{LIST}/{name}"} for name in names]


async def read(azure: Any) -> Any:
    return await azure.list(LIST)


def test_f29_all_pages_are_read_and_links_are_followed_verbatim(wire: Any) -> None:
    wire.on("GET", LIST, {"value": rows("a"), "nextLink": NEXT + "1"})
    wire.on("GET", "abc1", {"value": rows("b"), "nextLink": NEXT + "2"})
    wire.on("GET", "abc2", {"value": rows("c"), "nextLink": NEXT + "3"})
    wire.on("GET", "abc3", {"value": rows("d"), "nextLink": None})
    assert [row["id"][-1] for row in wire.run(read)] == ["a", "b", "c", "d"]
    assert wire.calls[1].url == NEXT + "1"


@pytest.mark.parametrize("mark", [b"", b"\xef\xbb\xbf"])
def test_a_byte_order_mark_before_the_json_is_passed_over(wire: Any, mark: bytes) -> None:
    wire.on("GET", LIST, (200, mark + b'{"value": []}'))
    assert wire.run(read) == []
    body = mark + b'{"error": {"code": "CloudInternalError", "message": "m"}}'
    wire.on("GET", f"{LIST}/a", *[(409, body)])
    with pytest.raises(AzureError, match="m") as caught:
        wire.run(lambda azure: azure.get(f"{LIST}/a"))
    assert caught.value.code == "CloudInternalError"


@pytest.mark.parametrize(
    ("told", "time"),
    [
        ("Sun, 31 Jan 2027 23:59:59 GMT", datetime(2027, 1, 31, 23, 59, 59, tzinfo=UTC)),
        ("Mon, 01 Feb 2027 00:30:00 +0100", datetime(2027, 1, 31, 23, 30, tzinfo=UTC)),
        ("yesterday", None),
        ("", None),
        (None, None),
    ],
)
def test_the_time_of_azures_clock_is_that_of_its_newest_answer(
    wire: Any, told: str | None, time: datetime | None
) -> None:
    wire.on("GET", LIST, (200, {"value": []}, {} if told is None else {"Date": told}))

    async def clock(azure: Azure) -> datetime | None:
        assert azure.azure_time is None
        await read(azure)
        return azure.azure_time

    assert wire.run(clock) == time


def test_two_marks_are_no_json(wire: Any) -> None:
    wire.on("GET", LIST, (200, b"\xef\xbb\xbf\xef\xbb\xbf{}"))
    with pytest.raises(ReadIncomplete, match="it is no JSON"):
        wire.run(read)


def test_f59_an_empty_page_with_a_link_is_not_the_end(wire: Any) -> None:
    wire.on("GET", LIST, {"value": [], "nextLink": NEXT})
    wire.on("GET", "abc", {"value": rows("b")})
    assert wire.run(read) == rows("b")


@pytest.mark.parametrize(
    "link",
    [
        "https://evil.example/list",
        "http://management.azure.com/list",
        "https://management.azure.com:8443/list",
        "https://management.azure.com@evil.example/list",
        "https://evil.example\\@management.azure.com/list",
        "//evil.example/list",
        "https://management.azure.com.evil.example/list",
    ],
)
def test_f29_a_link_to_another_host_gets_no_request_and_no_token(wire: Any, link: str) -> None:
    wire.on("GET", LIST, {"value": rows("a"), "nextLink": link})
    with pytest.raises(ReadIncomplete, match="links to"):
        wire.run(read)
    assert len(wire.calls) == 1

    async def follow(azure: Any) -> None:
        await azure.follow(link)

    with pytest.raises(AzureError, match="nothing was sent there") as raised:
        wire.run(follow)
    assert raised.value.code == "foreign-host"


def test_a_link_with_the_default_port_or_in_capitals_is_at_home(wire: Any) -> None:
    wire.on("GET", LIST, {"value": rows("a"), "nextLink": NEXT.replace("azure.com", "AZURE.com:443")})
    wire.on("GET", "abc", {"value": rows("b")})
    assert len(wire.run(read)) == 2


@pytest.mark.parametrize(
    "second",
    [
        (500, {"error": {"code": "CloudInternalError", "message": "m"}}),
        {"value": None},
        {"nextLink": None},
        {"value": ["text"]},
        (200, b"<html>"),
        ConnectionResetError("reset"),
        (403, {"error": {"code": "AuthorizationFailed", "message": "m"}}),
        {"value": [], "nextLink": NEXT},
        {"value": [], "nextLink": 7},
    ],
)
def test_f30_a_list_that_is_cut_short_is_an_error_never_a_part(wire: Any, second: Any) -> None:
    wire.on("GET", LIST, {"value": rows("a"), "nextLink": NEXT})
    wire.on("GET", "abc", second)
    with pytest.raises(ReadIncomplete, match="The part that was read is not used"):
        wire.run(read)


def test_a_list_that_is_refused_says_which_right_is_missing(wire: Any) -> None:
    wire.on("GET", LIST, (403, {"error": {"code": "AuthorizationFailed", "message": "No."}}))
    with pytest.raises(ReadIncomplete) as raised:
        wire.run(read)
    assert "Reader" in raised.value.hint
    assert "/subscriptions/s" in raised.value.hint
    assert isinstance(raised.value.__cause__, OutOfReach)


def test_get_takes_ids_paths_and_urls_and_puts_the_version_on(wire: Any) -> None:
    wire.on("GET", "/subscriptions/s", lambda call: {"id": f"/{call.path}"})

    async def three(azure: Any) -> None:
        await azure.get(ArmId("/subscriptions/s/resourceGroups/g (1)/providers/Microsoft.Compute/disks/d"))
        await azure.get("/subscriptions/s/resourcegroups")
        await azure.get(
            "https://management.azure.com/subscriptions/s/resourcegroups?a=b", query={"$filter": "c eq 'd'"}
        )

    wire.run(three)
    assert [call.url for call in wire.calls] == [
        (
            "https://management.azure.com/subscriptions/s/resourceGroups/g%20(1)/providers/Microsoft.Compute/disks/d"
            "?api-version=2024-03-02"
        ),
        "https://management.azure.com/subscriptions/s/resourcegroups?api-version=2024-07-01",
        "https://management.azure.com/subscriptions/s/resourcegroups?a=b&$filter=c%20eq%20%27d%27&api-version=2024-07-01",
    ]


def test_what_is_not_there_is_not_found(wire: Any) -> None:
    with pytest.raises(NotFound):
        wire.run(lambda azure: azure.get(LIST))


def test_a_signed_operation_url_goes_out_as_it_came_and_is_in_no_message(wire: Any) -> None:
    signed = "https://management.azure.com/subscriptions/s/op?api-version=2020-01-01&t=1&c=MII&s=sig%2Bnature&h=x"
    wire.on("GET", "/op", (200, {"status": "Inprogress"}, {"Retry-After": "4"}))

    async def follow(azure: Any) -> Any:
        return await azure.follow(signed)

    assert wire.run(follow) == (200, {"status": "Inprogress"}, 4.0)
    assert wire.calls[0].url == signed
    wire.on("GET", "/op", (400, {"error": {"code": "X", "message": "no"}}))
    with pytest.raises(AzureError) as raised:
        wire.run(follow)
    assert "nature" not in f"{raised.value} {raised.value.target} {raised.value.hint}"


def test_an_empty_answer_of_an_operation_is_an_empty_body(wire: Any) -> None:
    wire.on("GET", "/op", (204, None))
    assert wire.run(lambda azure: azure.follow("https://management.azure.com/op")) == (204, {}, 0.0)


def test_the_api_version_of_dataprotection_is_a_setting(wire: Any) -> None:
    wire.on("GET", "backupVaults", {"value": []})
    path = "/subscriptions/s/providers/Microsoft.DataProtection/backupVaults"
    wire.run(lambda azure: azure.list(path), api_version="2024-04-01")
    assert wire.calls[0].url.endswith("api-version=2024-04-01")


def test_requests_carry_an_id_and_say_who_asks(wire: Any) -> None:
    wire.on("GET", LIST, {"value": []})
    wire.run(read)
    headers = {name.lower(): value for name, value in wire.calls[0].headers.items()}
    assert headers["user-agent"].startswith("reconciler")
    assert headers["x-ms-client-request-id"]
    assert headers["accept"] == "application/json"
    assert "authorization" not in headers


@pytest.mark.parametrize("url", ["", "ftp://h/", "https://", "https://a b/", "https://h:x/", "https://u@h/", "h/path"])
def test_what_is_no_origin(url: str) -> None:
    assert origin(url) is None


def test_the_connection_closes_its_transport_and_credentials_once(wire: Any) -> None:
    closed = []

    class Closing:
        async def close(self) -> None:
            closed.append("credential")

    async def nothing(azure: Any) -> None:
        assert isinstance(azure, Azure)

    wire.run(nothing, credentials=(Closing(),))
    assert closed == ["credential"]
