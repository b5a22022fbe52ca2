from __future__ import annotations

import asyncio
from typing import Any, Never

import pytest
from azure.core.exceptions import HttpResponseError, ServiceRequestError, ServiceResponseError
from azure.core.rest import HttpRequest

from reconciler.azure.inprocess import InProcessResponse, InProcessTransport


def test_an_answer_serves_both_generations_of_clients() -> None:
    answer = InProcessResponse(
        HttpRequest("GET", "https://h/x"), 202, {"Azure-AsyncOperation": "u", "Content-Type": "a/b"}, b'{"a": 1}'
    )
    assert answer.headers["azure-asyncoperation"] == "u"
    assert answer.content == answer.body() == asyncio.run(answer.read()) == b'{"a": 1}'
    assert (answer.json(), answer.text(), answer.content_type) == ({"a": 1}, '{"a": 1}', "a/b")
    assert (answer.status_code, answer.reason, answer.url) == (202, "Accepted", "https://h/x")
    assert answer.is_closed
    assert answer.is_stream_consumed
    answer.raise_for_status()


@pytest.mark.parametrize(
    "kind", ["application/json", "application/json; charset=utf-8", "application/json; charset=UTF-8"]
)
def test_a_byte_order_mark_is_no_part_of_the_text(kind: str) -> None:
    """The transports of the official SDKs leave it out, too."""
    answer = InProcessResponse(HttpRequest("GET", "https://h/x"), 200, {"Content-Type": kind}, b'\xef\xbb\xbf{"a": 1}')
    assert (answer.text(), answer.json()) == ('{"a": 1}', {"a": 1})


def test_an_odd_status_has_no_phrase_and_an_error_is_one() -> None:
    answer = InProcessResponse(HttpRequest("GET", "https://h/x"), 599, {}, b"")
    assert answer.reason == ""
    with pytest.raises(HttpResponseError):
        answer.raise_for_status()


@pytest.mark.parametrize(
    ("raised", "expected"),
    [
        (ConnectionRefusedError(), ServiceRequestError),
        (ConnectionResetError("reset"), ServiceResponseError),
        (TimeoutError(), ServiceResponseError),
    ],
)
def test_what_breaks_breaks_as_a_network_would(raised: Any, expected: Any) -> None:
    async def exchange(*_request: Any) -> Never:
        raise raised

    with pytest.raises(expected):
        asyncio.run(InProcessTransport(exchange).send(HttpRequest("GET", "https://h/x")))


def test_bodies_reach_the_other_side_as_bytes() -> None:
    seen = []

    async def exchange(method: str, url: str, headers: Any, body: Any) -> Any:
        seen.append((method, url, headers.get("Content-Type"), body))
        return 200, {}, b""

    async def main() -> None:
        async with InProcessTransport(exchange) as transport:
            await transport.open()
            await transport.send(HttpRequest("PUT", "https://h/x", json={"a": "ü"}))
            await transport.send(HttpRequest("GET", "https://h/x"))

    asyncio.run(main())
    assert seen == [
        ("PUT", "https://h/x", "application/json", b'{"a": "\\u00fc"}'),
        ("GET", "https://h/x", None, None),
    ]
