from __future__ import annotations

import json
from typing import Any

import pytest

from reconciler.azure.failures import failure, told
from reconciler.base.redaction import redact
from reconciler.model.errors import AzureError, Blocked, Conflict, NotFound, OutOfReach, Transient

URL = "https://management.azure.com/subscriptions/s/thing?api-version=1&sig=hush-hush-hush"


def refused(status: int, error: Any, headers: Any = ()) -> Any:
    return failure(status, dict(headers), json.dumps({"error": error}).encode(), URL)


@pytest.mark.parametrize(
    ("status", "code", "kind"),
    [
        (400, "BMSUserErrorInvalidInput", AzureError),
        (400, "CloudDosTimeboudLimitReached", Blocked),
        (401, "ExpiredAuthenticationToken", OutOfReach),
        (403, "AuthorizationFailed", OutOfReach),
        (404, "ResourceNotFound", NotFound),
        (408, "Slow", Transient),
        (409, "RoleAssignmentExists", Conflict),
        (412, "PreconditionFailed", Conflict),
        (429, "CloudDosTimeboudLimitReached", Blocked),
        (429, "SubscriptionRequestsThrottled", Transient),
        (500, "CloudInternalError", Transient),
        (501, "NotImplemented", AzureError),
        (503, "ServerBusy", Transient),
    ],
)
def test_errors_are_classed_by_status_and_code_prefix_never_by_flags(
    status: int, code: str, kind: type[Exception]
) -> None:
    error = refused(status, {"code": code, "message": "m", "isRetryable": kind is not Transient})
    assert type(error) is kind
    assert error.code == code
    assert error.status == status


def test_the_true_reason_is_dug_out_of_the_innermost_error() -> None:
    error = refused(
        400,
        {
            "code": "UserErrorMissingRequiredPermissions",
            "message": "Appropriate permissions to perform the operation is missing.",
            "additionalInfo": [
                {
                    "type": "UserFacingError",
                    "info": {
                        "message": "Appropriate permissions to perform the operation is missing.",
                        "recommendedAction": ["Grant appropriate permissions."],
                        "code": "UserErrorMissingRequiredPermissions",
                        "innerError": {
                            "code": "UserErrorMissingRequiredPermissions",
                            "additionalInfo": {"DetailedNonLocalisedMessage": "The client 'a' may not read 'b'."},
                        },
                        "isUserError": False,
                    },
                }
            ],
        },
    )
    assert "Appropriate permissions" in error.message
    assert "The client 'a' may not read 'b'." in error.message
    ours = "grant what `reconciler plan PATH` shows as missing; roles take up to half an hour to become effective."
    assert error.advice == (ours, "Azure advises: Grant appropriate permissions.")
    assert error.hint == " ".join(error.advice)


def test_nested_details_are_told_with_their_code() -> None:
    says = told({"code": "Outer", "message": "It failed.", "details": [{"code": "Inner", "message": "No room."}]})
    assert says.code == "Outer"
    assert says.message == "It failed. (Inner) No room."


def test_the_older_shape_of_error_bodies_is_understood() -> None:
    code = "UserErrorGenericResourceNotFound"
    body = {"ErrorCode": code, "Message": {"Language": "en-US", "Value": "Long ago."}, "Values": []}
    error = failure(404, {}, json.dumps(body).encode(), URL)
    assert isinstance(error, NotFound)
    assert (error.code, error.message) == (code, f"Long ago. ({code})")


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"<html>proxy</html>",
        b'{"error": ',
        b"[]",
        b'"text"',
        b'{"error": null}',
        b'{"error": {"recommendedAction": 1}}',
        b"[" * 100_000,
        b'{"error":' * 100_000,
    ],
    ids=lambda content: content[:40].decode(),
)
def test_what_explains_nothing_is_still_an_error_with_a_sentence(content: Any) -> None:
    error = failure(502, {"x-ms-request-id": "r1"}, content, URL)
    assert isinstance(error, Transient)
    assert "502 Bad Gateway" in error.message
    assert error.request_id == "r1"


def test_an_error_that_contains_itself_many_times_ends() -> None:
    error: dict = {"code": "Deep", "message": "m"}
    for _ in range(200):
        error = {"code": "Deep", "message": "m", "innerError": error}
    assert told(error).message == "m"


@pytest.mark.parametrize(
    "secret",
    [
        "Bearer abcdefghijkl",
        "eyJhbGciOiJSUzI1NiJ9.eyJzdWIiOiIxMjM0In0.c2lnbmF0dXJl",
        "https://h/x?t=638224851417049008&c=MIIabcdefgh&s=signature123&h=hash12345678",
        "https://h/x?sv=1&sig=abc%2Fdef%3Dghi",
        "client_secret=verysecretindeed",
    ],
)
def test_no_secret_survives(secret: str) -> None:
    for text in (redact(f"failed: {secret}."), refused(400, {"code": "X", "message": f"see {secret}"}).message):
        for piece in ("abcdefghijkl", "c2lnbmF0dXJl", "MIIabcdefgh", "signature123", "def%3Dghi", "verysecret"):
            assert piece not in text


def test_the_target_is_a_path_without_its_signed_query() -> None:
    assert refused(400, {"code": "X", "message": "m"}).target == "/subscriptions/s/thing"


UNTELLING = ["InternalServerError", "NoInnerErrorFrom1PException", "Success"]


@pytest.mark.parametrize("code", UNTELLING)
def test_what_azure_nests_without_saying_more_neither_explains_nor_advises(code: str) -> None:
    """A job's error that says what is wrong, as recorded: below it Azure says `InternalServerError` or the like."""
    says = told(
        {
            "code": "UserErrorShopClosed",
            "message": "The shop is closed.",
            "recommendedAction": ["Open it."],
            "details": [{"code": code, "message": "Internal Server Error", "recommendedAction": ["Look it up."]}],
        }
    )
    assert (says.code, says.message) == ("UserErrorShopClosed", "The shop is closed.")
    assert says.advice == ("Open it.", "Look it up.")


@pytest.mark.parametrize("code", UNTELLING)
def test_it_is_told_where_nothing_else_is_said(code: str) -> None:
    says = told({"code": code, "message": "It failed."})
    assert (says.code, says.message) == (code, "It failed.")


def test_another_nested_code_still_explains() -> None:
    nested = {"code": "UserErrorDoorStuck", "message": "The door is stuck."}
    says = told(
        {
            "code": "UserErrorShopClosed",
            "message": "The shop is closed.",
            "details": [nested, {"code": "InternalServerError", "message": "Internal Server Error"}],
        }
    )
    assert says.message == "The shop is closed. (UserErrorDoorStuck) The door is stuck."


@pytest.mark.parametrize(
    ("reason", "message"),
    [
        (
            "Request failed.\r\nStatus: 500\r\n\r\nContent:\r\n{}\r\n\r\nHeaders:\r\nDate: x\r\n",
            "Request failed. Status: 500 Content: {}",
        ),
        ("It is being deleted.\nRequestId:1\nTime:2", "It is being deleted. RequestId:1 Time:2"),
        ("one\t \n two", "one two"),
        ("The Headers: of a table", "The Headers: of a table"),
    ],
)
def test_a_reason_of_several_lines_is_one_sentence_without_an_answers_headers(reason: str, message: str) -> None:
    inner = {"code": "NoInnerErrorFrom1PException", "additionalInfo": {"DetailedNonLocalisedMessage": reason}}
    assert (
        told({"code": "UserErrorShopClosed", "message": "Closed.", "innerError": inner}).message == f"Closed. {message}"
    )
