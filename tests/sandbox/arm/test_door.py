"""What Resource Manager checks before a provider sees a request."""

from __future__ import annotations

from typing import Any

import pytest

TWO = "/subscriptions/22222222-2222-2222-2222-222222222222"
GROUP = f"{TWO}/resourceGroups/diskrg"
DISK = f"{GROUP}/providers/Microsoft.Compute/disks/data"
DISKS = f"{TWO}/providers/Microsoft.Compute/disks"


@pytest.mark.parametrize(
    ("method", "path", "options", "status", "code"),
    [
        ("GET", DISK, {"who": ""}, 401, "AuthenticationFailed"),
        ("GET", DISK, {"version": "none"}, 400, "MissingApiVersionParameter"),
        ("GET", DISK, {"version": "yesterday"}, 400, "InvalidApiVersionParameter"),
        ("GET", DISK, {"version": "2011-01-01"}, 400, "NoRegisteredProviderFound"),
        ("GET", GROUP, {"version": "2011-01-01"}, 400, "InvalidApiVersionParameter"),
        ("GET", "/subscriptions/0000", {}, 404, "SubscriptionNotFound"),
        ("GET", f"{TWO}/resourceGroups/none", {}, 404, "ResourceGroupNotFound"),
        ("GET", f"{TWO}/resourceGroups/none/providers/Microsoft.Compute/disks/d", {}, 404, "ResourceGroupNotFound"),
        ("GET", f"{DISK}x", {}, 404, "ResourceNotFound"),
        ("GET", f"{TWO}/providers/Microsoft.Nothing/things", {}, 404, "InvalidResourceNamespace"),
        ("GET", f"{TWO}/providers/Microsoft.Compute/things", {}, 404, "InvalidResourceType"),
        ("GET", "/", {}, 404, "InvalidResourceType"),
        ("POST", DISK, {}, 405, "MethodNotAllowed"),
        ("PUT", DISK, {"body": b"{"}, 400, "InvalidRequestContent"),
        ("PUT", DISK, {"body": b"[]"}, 400, "InvalidRequestContent"),
        ("PUT", DISK, {"body": {"tags": {"a": 1}}}, 400, "InvalidRequestContent"),
        ("PUT", DISK, {"body": {"properties": 3}}, 400, "InvalidRequestContent"),
        ("PUT", DISK, {}, 400, "InvalidRequestContent"),
        ("PUT", DISK, {"body": b"<a/>", "Content_Type": "text/xml"}, 415, "UnsupportedMediaType"),
        ("PUT", DISK, {"body": b" " * 5_000_000}, 413, "RequestEntityTooLarge"),
        ("GET", DISK, {"who": "nobody"}, 403, "AuthorizationFailed"),
        ("PUT", DISK, {"who": "ci", "body": {}}, 403, "AuthorizationFailed"),
        ("GET", DISKS, {"who": "nobody"}, 403, "AuthorizationFailed"),
        (
            "GET",
            f"{GROUP}/providers/Microsoft.DataProtection/backupVaults/v/backupPolicies/p",
            {},
            404,
            "ParentResourceNotFound",
        ),
        ("GET", f"{DISK}x/providers/Microsoft.Authorization/roleAssignments", {}, 404, "ResourceNotFound"),
        ("GET", f"{DISKS}?$skipToken=%FF", {}, 400, "InvalidSkipToken"),
    ],
)
def test_refusals(ask: Any, method: str, path: str, options: dict[str, Any], status: int, code: str) -> None:
    answer = ask(method, path, **options)
    assert (answer.status, answer.code) == (status, code)
    assert answer.body["error"]["message"]


def test_a_refusal_of_rights_reads_as_azures(ask: Any) -> None:
    message = ask("PUT", DISK, {}, who="ci").body["error"]["message"]
    assert message.endswith(
        "with object id 'c1' does not have authorization to perform action 'Microsoft.Compute/disks/write' over scope "
        f"'{DISK}' or the scope is invalid. If access was recently granted, please refresh your credentials."
    )


def test_lists_lose_the_rows_that_the_caller_may_not_read(ask: Any) -> None:
    assert len(ask("GET", DISKS).names) == 6
    assert ask("GET", DISKS, who="ci").names == ["data", "log-001", "log-002", "log-003", "log-004"]
    assert ask("GET", "/subscriptions", who="ci").body["value"][0]["displayName"] == "apps"
    assert ask("GET", "/subscriptions", who="nobody").body["value"] == []


def test_filtered_pages_get_empty_and_still_lead_on(ask: Any) -> None:
    ask.sandbox.set_switch("page_size", 1)
    pages, url = [], DISKS
    while url:
        answer = ask("GET", url, who="ci")
        pages.append(len(answer.names))
        url = answer.body.get("nextLink", "")
    assert sorted(pages) == [0, 1, 1, 1, 1, 1]


def test_paths_are_compared_without_case_and_stray_slashes(ask: Any) -> None:
    assert ask("GET", f"//{DISK.upper().lstrip('/')}/").body["name"] == "data"


def test_every_answer_carries_its_ids(ask: Any) -> None:
    first, second = ask("GET", DISK, x_ms_correlation_request_id="mine").headers, ask("GET", DISK).headers
    assert first["x-ms-request-id"] != second["x-ms-request-id"]
    assert first["x-ms-correlation-request-id"] == "mine"
    assert second["x-ms-correlation-request-id"] == second["x-ms-request-id"]
    assert first["Date"] == "Mon, 05 Jan 2026 08:00:00 GMT"
    assert first["x-ms-ratelimit-remaining-subscription-reads"] == "249"


def test_a_provider_has_to_be_registered_for_writes(ask: Any) -> None:
    ask.sandbox.patch(TWO, {"_providers": {"microsoft.compute": "NotRegistered"}})
    body = {"location": "westus", "properties": {"creationData": {"createOption": "Empty"}}}
    assert ask("PUT", f"{DISK}2", body).code == "MissingSubscriptionRegistration"
    assert ask("GET", DISK).status == 200
    answer = ask("POST", f"{TWO}/providers/Microsoft.Compute/register", version="2021-04-01")
    assert answer.body["registrationState"] == "Registering"
    ask.sandbox.advance(31)
    assert ask("PUT", f"{DISK}2", body).status == 202


def test_a_disabled_subscription_is_read_only(ask: Any) -> None:
    ask.sandbox.patch(TWO, {"state": "Disabled"})
    assert ask("GET", DISK).status == 200
    assert ask("PATCH", DISK, {"tags": {}}).code == "ReadOnlyDisabledSubscription"
    assert ask("DELETE", DISK).code == "ReadOnlyDisabledSubscription"


def test_hooks_stand_in_the_way(ask: Any) -> None:
    from reconciler.sandbox.arm.messages import Request, Response
    from reconciler.sandbox.sandbox import Hook

    class Broken(Hook):
        def before(self, request: Request) -> Response | None:
            return Response(503, b"<html>") if request.method == "GET" else None

        def after(self, request: Request, response: Response) -> Response:
            if request.method == "DELETE":
                raise ConnectionResetError
            return response

    ask.sandbox.hooks.append(Broken())
    assert ask("GET", DISK).body == b"<html>"
    with pytest.raises(ConnectionResetError):
        ask("DELETE", f"{TWO}/resourceGroups/other/providers/Microsoft.Compute/disks/elsewhere")
    ask.sandbox.hooks.clear()
    ask.sandbox.advance(5)
    assert ask("GET", f"{TWO}/resourceGroups/other/providers/Microsoft.Compute/disks/elsewhere").status == 404


def test_an_unknown_version_is_refused_with_those_known_and_where(ask: Any) -> None:
    told = [
        ask("GET", DISK, version="2011-01-01"),
        ask("PUT", f"{DISK}x", {"location": "West Europe"}, version="2011-01-01"),
    ]
    for answer, place in zip(told, ("westus", "westeurope"), strict=True):
        message = answer.body["error"]["message"]
        assert f"for location '{place}' and API version '2011-01-01' for type 'disks'" in message
        assert "2024-03-02" in message
        assert "The supported locations are 'eastus, " in message
