"""What makes Azure uncomfortable: throttling, lag, drifting case, latency."""

from __future__ import annotations

from typing import Any

import pytest

TWO = "/subscriptions/22222222-2222-2222-2222-222222222222"
GROUP = f"{TWO}/resourceGroups/diskrg"
DISK = f"{GROUP}/providers/Microsoft.Compute/disks/data"
DISKS = f"{GROUP}/providers/Microsoft.Compute/disks"
GRAPH = "/providers/Microsoft.ResourceGraph/resources"


@pytest.mark.parametrize(("mode", "burst"), [("documented", 200), ("halved", 100)])
def test_buckets_run_empty_and_fill_again(ask: Any, mode: str, burst: int) -> None:
    ask.sandbox.set_switch("throttling", mode)
    for left in range(burst - 1, -1, -1):
        headers = ask("PATCH", DISK, {"tags": {}}).headers
        assert headers["x-ms-ratelimit-remaining-subscription-writes"] == str(left)
    refused = ask("PATCH", DISK, {"tags": {}})
    assert (refused.status, refused.code) == (429, "SubscriptionRequestsThrottled")
    assert refused.headers["Retry-After"] == "1"
    assert ask("GET", DISK).status == 200, "reads have a bucket of their own"
    assert ask("PATCH", f"{TWO}/resourceGroups/other", {"tags": {}}, who="ci").status == 403, "so has another caller"
    ask.sandbox.advance(0.5)
    assert ask("PATCH", DISK, {"tags": {}}).status == 429, "a request before the time is refused again"
    ask.sandbox.advance(0.5)
    assert ask("PATCH", DISK, {"tags": {}}).status == 202


def test_throttling_can_be_off(ask: Any) -> None:
    ask.sandbox.set_switch("throttling", "off")
    assert {ask("GET", DISK).status for _ in range(300)} == {200}


def test_resource_graph_has_its_own_quota(ask: Any) -> None:
    answers = [ask("POST", GRAPH, {"query": "resources | count"}) for _ in range(16)]
    assert [answer.status for answer in answers] == [200] * 15 + [429]
    assert answers[0].headers["x-ms-user-quota-remaining"] == "14"
    assert answers[15].headers["x-ms-user-quota-resets-after"] == "00:00:05"


def test_authorization_may_have_its_own(ask: Any) -> None:
    ask.sandbox.set_switch("authorization_throttling", "on")
    path = f"{TWO}/providers/Microsoft.Authorization/roleAssignments"
    answers = [ask("GET", path) for _ in range(121)]
    assert answers[119].status == 200
    assert "exceeded the limit of '120' for time interval '00:01:00'" in answers[120].body["error"]["message"]


def test_reads_lag_behind_writes(ask: Any) -> None:
    ask.sandbox.set_switch("read_lag", 60)
    before = ask("GET", DISK).body
    body = {"location": "westus", "properties": {"creationData": {"createOption": "Empty"}}}
    ask("PATCH", DISK, {"tags": {"new": "yes"}})
    ask("PUT", f"{DISK}2", body)
    assert ask("GET", DISK).body == before
    assert ask("GET", f"{DISK}2").code == "ResourceNotFound"
    assert "data2" in ask("GET", DISKS).names, "lists have a lag of their own"
    ask.sandbox.advance(60)
    assert ask("GET", DISK).body["tags"] == {"new": "yes"}
    assert ask("GET", f"{DISK}2").status == 200


def test_lists_lag_behind_writes(ask: Any) -> None:
    ask.sandbox.set_switch("list_lag", 60)
    body = {"location": "westus", "properties": {"creationData": {"createOption": "Empty"}}}
    ask("PUT", f"{DISK}2", body)
    ask("PATCH", DISK, {"tags": {}})
    ask("DELETE", f"{DISKS}/log-001")
    ask.sandbox.advance(10)
    rows = ask("GET", DISKS).body["value"]
    assert sorted(row["name"] for row in rows) == ["data", "log-001", "log-002", "log-003", "log-004"]
    assert next(row for row in rows if row["name"] == "data")["tags"] == {"backup": "gold"}
    assert ask("GET", f"{DISK}2").status == 200
    assert ask("GET", f"{DISKS}/log-001").status == 404
    ask.sandbox.advance(60)
    assert sorted(ask("GET", DISKS).names) == ["data", "data2", "log-002", "log-003", "log-004"]


def test_case_drifts_by_address_alone(ask: Any) -> None:
    ask.sandbox.set_switch("case_drift", "everywhere")
    ask("PUT", f"{TWO}/resourceGroups/many", {"location": "westus"})
    body = {"location": "westus", "properties": {"creationData": {"createOption": "Empty"}}}
    base = f"{TWO}/resourceGroups/many/providers/Microsoft.Compute/disks"
    for number in range(40):
        ask("PUT", f"{base}/d{number}", body)
    ids = [row["id"] for row in ask("GET", base).body["value"]]
    spelled = {name.rpartition("/disks/")[0] for name in ids}
    assert {
        f"{TWO}/resourcegroups/many/providers/Microsoft.Compute",
        f"{TWO}/resourceGroups/MANY/providers/Microsoft.Compute",
    } < spelled
    assert base.rpartition("/disks")[0] in spelled
    assert all(ask("GET", name).body["id"] == name for name in ids)
    ask.sandbox.set_switch("case_drift", "on")
    assert {ask("GET", name).body["id"].rpartition("/")[0] for name in ids} == {base}, "as its client wrote it"


def test_the_states_of_vaults_drift(ask: Any) -> None:
    ask.sandbox.set_switch("case_drift", "on")
    group = "/subscriptions/11111111-1111-1111-1111-111111111111/resourceGroups/vaults"
    states = set()
    for number in range(12):
        vault = f"{group}/providers/Microsoft.DataProtection/backupVaults/vault{number}"
        soft = {"state": "On", "retentionDurationInDays": 14}
        ask.sandbox.put(vault, {"location": "westus", "properties": {"securitySettings": {"softDeleteSettings": soft}}})
        states.add(ask("GET", vault).body["properties"]["securitySettings"]["softDeleteSettings"]["state"])
    assert states == {"On", "ON"}


def test_answers_take_time(ask: Any) -> None:
    times = [ask("GET", DISK).latency for _ in range(200)]
    assert 0.11 < sorted(times)[100] < 0.13
    assert ask("GET", DISKS).latency > 0.12
    ask.sandbox.set_switch("latency", "off")
    assert ask("GET", DISK).latency == 0.0


VAULTS = f"{GROUP}/providers/Microsoft.DataProtection/backupVaults"


def test_data_protection_may_tell_what_is_left_of_its_own_buckets(ask: Any) -> None:
    reads, writes = "x-ms-ratelimit-remaining-subscription-reads", "x-ms-ratelimit-remaining-subscription-writes"
    assert ask("GET", VAULTS).headers[reads] == "249"
    ask.sandbox.set_switch("rate_headers", "resource-requests")
    own = "x-ms-ratelimit-remaining-subscription-resource-requests"
    read = ask("GET", VAULTS).headers
    assert (read[own], reads in read) == ("1099", False)
    for method, name, left in (("PUT", own, "799"), ("POST", writes, "799"), ("DELETE", own, "799")):
        action = "/validateForBackup" if method == "POST" else ""
        assert ask(method, f"{VAULTS}/vault{action}", {}).headers[name] == left, method
        ask.sandbox.advance(60)
    assert ask("GET", DISK).headers[reads] == "249", "other providers stay as they are"


def test_its_own_buckets_run_empty_as_well(ask: Any) -> None:
    ask.sandbox.set_switch("rate_headers", "resource-requests")
    answers = [ask("GET", VAULTS) for _ in range(1101)]
    assert {answer.status for answer in answers[:1100]} == {200}
    assert (answers[1100].status, answers[1100].code) == (429, "ResourceRequestsThrottled")
    assert answers[1100].headers["Retry-After"] == "1"


@pytest.mark.parametrize("path", [DISK, DISKS, f"{DISK}-none"])
def test_json_may_begin_with_a_byte_order_mark(ask: Any, path: str) -> None:
    def raw() -> bytes:
        content: bytes = ask.sandbox.handle(
            "GET", f"https://arm{path}?api-version=2024-03-02", {"Authorization": "Bearer x"}, None
        )[2]
        return content

    plain = raw()
    ask.sandbox.set_switch("byte_order_mark", "on")
    assert raw() == b"\xef\xbb\xbf" + plain


@pytest.mark.parametrize(
    ("name", "ascii_only", "every"),
    [("rg-größe", "RG-GRößE", "RG-GRÖßE"), ("ομάς", "ομάς", "ΟΜΆΣ"), ("дед.(1)_", "дед.(1)_", "ДЕД.(1)_")],
)
def test_group_names_of_any_script_drift_and_are_found(ask: Any, name: str, ascii_only: str, every: str) -> None:
    ask.sandbox.set_switch("case_drift", "everywhere")
    group = f"{TWO}/resourceGroups/{name}"
    assert ask("PUT", group, {"location": "westus"}).status == 201
    body = {"location": "westus", "properties": {"creationData": {"createOption": "Empty"}}}
    base = f"{group}/providers/Microsoft.Compute/disks"
    for number in range(30):
        assert ask("PUT", f"{base}/d{number}", body).status in {200, 201, 202}
    for letters, wanted in (("ascii", ascii_only), ("all", every)):
        ask.sandbox.set_switch("case_drift_letters", letters)
        ids = [row["id"] for row in ask("GET", base).body["value"]]
        assert {one.split("/")[4] for one in ids} == {name, wanted}
        assert {ask("GET", one).status for one in ids} == {200}
