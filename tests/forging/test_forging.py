"""The forging proxy and its rules, against the command: what it concludes from each is the business of other tests."""

from __future__ import annotations

import json
import time
from collections.abc import Callable
from contextlib import AbstractContextManager
from pathlib import Path
from typing import Any

import pytest
from arm import APPS, disk, disk_id
from forging import (
    GONE,
    GRAPH,
    Azure,
    Estate,
    Rule,
    about,
    adds,
    afterwards,
    answers,
    before,
    changed_list,
    cut_short,
    delayed,
    disks,
    duplicates,
    edits_graph,
    edits_rows,
    emptied,
    empty,
    endless,
    fails,
    forbidden,
    forged_azure,
    hides,
    html,
    lacks,
    lost,
    not_found,
    null_value,
    pages,
    quickstart,
    reply,
    rule,
    selected,
    throttled,
    two_manifests,
    two_vaults,
    unavailable,
)

pytestmark = pytest.mark.long

Forged = Callable[..., AbstractContextManager[Azure]]
INSTANCES, DISKS, VAULTS = "GET */backupInstances", "GET */disks", "GET */backupVaults"
STOPPED = {"properties": {"currentProtectionState": "ProtectionStopped"}}
RETAINED = [{"id": disk_id("PSTestDisk"), "data": "retain", "reason": "over"}]


@pytest.fixture
def at_once(tmp_path: Path) -> Forged:
    """The door on virtual time."""
    return lambda *said: forged_azure(tmp_path, *said, clock="virtual")


@pytest.fixture(params=["scaled:200", "virtual"])
def either(request: pytest.FixtureRequest, tmp_path: Path) -> Forged:
    """Both doors, one after the other."""
    return lambda *said: forged_azure(tmp_path, *said, clock=request.param)


def listed(azure: Azure, where: str) -> list[str]:
    """The names in the last page that the command got."""
    return [row["id"].rsplit("/", 1)[-1] for row in azure.calls(where)[-1].answer["value"]]


# The estates, and time


@pytest.mark.parametrize("estate", [quickstart, disks, selected, two_vaults, two_manifests])
def test_what_is_applied_is_at_rest(at_once: Forged, estate: Callable[[], Estate]) -> None:
    with at_once(estate()) as azure:
        for name, _ in estate().manifests:
            done = azure.run("drift", name, "--format", "json")
            assert done.code == 0, done
            assert done.document["drifted"] is False
        assert azure.writes == []


def test_an_estate_is_made_once(at_once: Forged) -> None:
    assert quickstart() is quickstart()
    with at_once(quickstart(fresh=True)) as azure:
        assert azure.ids("*/backupVaults/*") == []
        assert azure.run("apply", "--auto-approve").code == 0
        assert azure.ids("*/backupVaults/*")


def test_another_manifest_is_declared(at_once: Forged) -> None:
    with at_once(quickstart().saying(removed=RETAINED, disks=None)) as azure:
        assert "1 to change" in azure.run("plan").out
        again = azure.declare(quickstart().manifest, "again.yaml")
        assert "No changes" in azure.run("plan", again).out


def test_the_command_and_the_sandbox_agree_on_the_time(either: Forged) -> None:
    with either(quickstart().aged("2d")) as azure:
        done = azure.run("status", "--format", "json")
        assert done.code == 0, done
        assert done.document["summary"]["ok"] == 1
        azure.fail_backups("*/disks/*", times=9)
        azure.advance("30h")
        assert azure.run("status").code == 2


def test_time_passes_only_while_a_command_asks(forged: Forged) -> None:
    with forged(quickstart()) as azure:
        begin = azure.now
        azure.run("validate")
        assert azure.now == begin
        azure.run("plan")
        now = azure.now
        assert begin < now
        time.sleep(0.02)
        assert azure.now == now


def test_the_shipped_roles_are_enough(at_once: Forged, tmp_path: Path) -> None:
    with forged_azure(tmp_path, quickstart(fresh=True, roles=True), clock="virtual", token="operator") as azure:  # noqa: S106
        assert azure.run("apply", "--auto-approve").code == 0
    with forged_azure(tmp_path, quickstart(fresh=True, roles=True), clock="virtual", token="reader") as azure:  # noqa: S106
        assert azure.run("apply", "--auto-approve").code == 1


# Lists


@pytest.mark.parametrize(
    ("made", "names"),
    [
        (lacks(DISKS, "*/disks/disk-02"), ["disk-01", "disk-03"]),
        (lacks(DISKS, lambda row: row["name"] != "disk-02"), ["disk-02"]),
        (emptied(DISKS), []),
        (adds(DISKS, disk("extra")), ["disk-01", "disk-02", "disk-03", "extra"]),
        (duplicates(DISKS), ["disk-01", "disk-01", "disk-02", "disk-02", "disk-03", "disk-03"]),
        (duplicates(DISKS, "disk-03"), ["disk-01", "disk-02", "disk-03", "disk-03"]),
        (edits_rows(DISKS, "disk-01", {"id": disk_id("other")}), ["other", "disk-02", "disk-03"]),
        (changed_list(DISKS, lambda rows: rows[::-1]), ["disk-03", "disk-02", "disk-01"]),
        (hides("*/disks/disk-01"), ["disk-02", "disk-03"]),
    ],
    ids=lambda value: value.name if isinstance(value, Rule) else "",
)
def test_rows(at_once: Forged, made: Rule, names: list[str]) -> None:
    with at_once(disks(3), made) as azure:
        azure.run("plan")
        assert listed(azure, DISKS) == names
        assert len(azure.ids("*/disks/*")) == 3


def test_fields_of_rows(at_once: Forged) -> None:
    changes = {"tags.team": "x", "sku": GONE, "properties.made.up": [1]}
    with at_once(selected(2), edits_rows(DISKS, "disk-01", changes)) as azure:
        azure.run("plan")
        one, other = azure.calls(DISKS)[0].answer["value"]
        assert one["tags"] == {"backup": "gold", "team": "x"}
        assert "sku" not in one
        assert one["properties"]["made"] == {"up": [1]}
        assert other["properties"] == azure.get(disk_id("disk-02"))["properties"]


def test_null_for_rows(at_once: Forged) -> None:
    with at_once(quickstart(), null_value(INSTANCES)) as azure:
        azure.run("plan")
        assert azure.calls(INSTANCES)[0].answer == {"value": None}


def test_rows_of_graph(at_once: Forged) -> None:
    rules = lacks(GRAPH, "*/backupVaults/*", when=about("backupvaults")), edits_graph({"resultTruncated": "true"})
    with at_once(quickstart(), *rules) as azure:
        azure.run("coverage")
        found = [one.answer for one in azure.calls(GRAPH) if "backupvaults" in json.dumps(one.body).lower()]
        assert {one["resultTruncated"] for one in found} == {"true"}
        for one in found:
            assert [row["id"] for row in one["data"] if "/backupVaults/" in row["id"]] == []
            assert one["totalRecords"] == len(one["data"])


def test_a_hidden_resource_is_not_found_by_id(at_once: Forged) -> None:
    with at_once(quickstart(), hides("*/backupInstances/*")) as azure:
        azure.run("plan")
        assert [one.status for one in azure.calls("GET */backupInstances/*")] == [404]
        assert listed(azure, INSTANCES) == []


# Pages


def test_a_list_in_pages(either: Forged) -> None:
    with either(disks(5), lacks(DISKS, "disk-05"), pages(DISKS, 2)) as azure:
        assert azure.run("plan").code == 0
        found = [[row["name"] for row in one.answer["value"]] for one in azure.calls(DISKS)]
        assert found == [["disk-01", "disk-02"], ["disk-03", "disk-04"], []]


def test_pages_of_true_pages(at_once: Forged) -> None:
    with at_once(disks(5), pages(DISKS, 3)) as azure:
        azure.switch(page_size=2)
        assert azure.run("drift").code == 0
        assert [len(one.answer["value"]) for one in azure.calls(DISKS)] == [3, 2]


def test_pages_without_end(either: Forged) -> None:
    with either(quickstart(), endless(DISKS, rows=True, times=4)) as azure:
        azure.run("plan")
        assert [len(one.answer["value"]) for one in azure.calls(DISKS)][:4] == [1, 0, 0, 0]
        assert len(azure.calls(DISKS)) == 5


def test_a_command_that_reads_on_and_on_fails_the_test(at_once: Forged) -> None:
    patient = endless(DISKS, at_most=3)
    with at_once(quickstart(), patient) as azure, pytest.raises(AssertionError, match="has read 3 pages, and goes on"):
        azure.run("plan")


# Other answers


@pytest.mark.parametrize(
    ("made", "status", "word"),
    [
        (html(DISKS), 404, b"<html>"),
        (html(DISKS, status=200), 200, b"<html>"),
        (not_found(DISKS, "SubscriptionNotFound"), 404, b"'22222222-2222-2222-2222-222222222222' could not be found"),
        (not_found(DISKS, "MadeUpNotFound"), 404, b"MadeUpNotFound"),
        (forbidden(DISKS), 403, b"AuthorizationFailed"),
        (cut_short(DISKS), 200, b"{"),
        (empty(DISKS), 200, b""),
        (answers(DISKS, 409, {"error": {"code": "Odd", "message": "x"}}), 409, b"Odd"),
        (answers(DISKS, 200, lambda asked: {"value": [disk(asked.path[-5:])]}), 200, b"/disks/disks"),
    ],
    ids=lambda value: value.name if isinstance(value, Rule) else "",
)
def test_answers_in_azure_s_place(at_once: Forged, made: Rule, status: int, word: bytes) -> None:
    told: list[bytes] = []

    def listen(asked: Any, own: Rule) -> Any:
        answer = asked.forward()
        own.fired += 1
        told.append(answer.content)
        return answer

    with at_once(quickstart(), rule(DISKS, listen), made) as azure:
        azure.run("plan", "--format", "json")
        assert azure.calls(DISKS)[0].status == status
        assert word in told[0]


@pytest.mark.parametrize(
    ("made", "status"), [(html(DISKS), 404), (empty(DISKS), 200), (cut_short(DISKS), 200)], ids=["html", "empty", "cut"]
)
def test_odd_answers_over_a_connection(forged: Forged, made: Rule, status: int) -> None:
    with forged(quickstart(), made) as azure:
        done = azure.run("plan")
        assert done.code == 1, done
        assert {one.status for one in azure.calls(DISKS)} == {status}
        assert "unexpected" not in done.text


def test_a_resource_group_that_resource_manager_does_not_know(at_once: Forged) -> None:
    hidden = lacks(DISKS, "PSTestDisk"), not_found("GET */disks/PSTestDisk", "ResourceGroupNotFound")
    with at_once(quickstart(), *hidden) as azure:
        azure.run("plan")
        (asked,) = azure.calls("GET */disks/PSTestDisk")
        assert asked.answer["error"]["message"] == "Resource group 'diskrg' could not be found."


def test_a_service_that_is_down_for_a_while(either: Forged) -> None:
    with either(quickstart(), unavailable(VAULTS, times=2, when=lambda asked: APPS in asked.path)) as azure:
        assert azure.run("plan").code == 0
        found = [one.status for one in azure.calls(VAULTS) if APPS in one.path]
        assert found == [503, 503, 200]


def test_a_service_that_asks_for_patience(either: Forged) -> None:
    with either(quickstart(), throttled(DISKS, retry_after=40, once=True)) as azure:
        begin = azure.now
        assert azure.run("plan").code == 0
        assert [one.status for one in azure.calls(DISKS)] == [429, 200]
        assert (azure.now - begin).total_seconds() > 40


def test_a_slow_answer(at_once: Forged) -> None:
    with at_once(quickstart(), delayed(DISKS, 30)) as azure:
        begin = azure.now
        assert azure.run("plan").code == 0
        assert (azure.now - begin).total_seconds() > 30


@pytest.mark.parametrize("acted", [True, False])
def test_a_connection_that_breaks(at_once: Forged, acted: bool) -> None:
    put = "PUT */backupPolicies/*"
    with at_once(quickstart(fresh=True), lost(put, acted=acted, once=True)) as azure:
        assert azure.run("apply", "--auto-approve").code == 0
        assert [one.status for one in azure.calls(put)] == [0, 200]


def test_a_connection_that_breaks_in_earnest(forged: Forged) -> None:
    with forged(quickstart(), lost(DISKS, once=True)) as azure:
        assert azure.run("plan").code == 0
        assert [one.status for one in azure.calls(DISKS)] == [0, 200]


# Operations


@pytest.mark.parametrize("takes_effect", [True, False])
@pytest.mark.parametrize("polls", [0, 2])
def test_an_operation_that_fails(at_once: Forged, takes_effect: bool, polls: int) -> None:
    failure = fails("POST */stopProtection", "UserErrorX", "Made up.", takes_effect=takes_effect, polls=polls)
    with at_once(quickstart().saying(removed=RETAINED, disks=None), failure) as azure:
        done = azure.run("apply", "--auto-approve")
        assert done.code == 1, done
        assert "Made up. (UserErrorX)" in done.text
        assert len(azure.calls("GET */operationStatus/*")) >= polls + 1
        (instance,) = azure.show("*/backupInstances/*")
        assert (instance["properties"]["currentProtectionState"] == "ProtectionStopped") is takes_effect


def test_an_operation_that_fails_over_a_connection(forged: Forged) -> None:
    failure = fails("POST */stopProtection", "UserErrorX", "Made up.")
    with forged(quickstart().saying(removed=RETAINED, disks=None), failure) as azure:
        assert "UserErrorX" in azure.run("apply", "--auto-approve").text


def test_what_a_failed_operation_leaves(at_once: Forged) -> None:
    left = {"properties.provisioningState": "Failed", "properties.currentProtectionState": "ConfiguringProtection"}
    failure = fails("PUT */backupInstances/*", "UserErrorX", shows=left)
    with at_once(quickstart(fresh=True), failure) as azure:
        azure.run("apply", "--auto-approve", "--timeout", "600")
        (row,) = azure.calls(INSTANCES)[-1].answer["value"]
        shown = row["properties"]
        assert (shown["provisioningState"], shown["currentProtectionState"]) == ("Failed", "ConfiguringProtection")
        azure.run("plan")
        (row,) = azure.calls(INSTANCES)[-1].answer["value"]
        assert row["properties"]["provisioningState"] == "Failed"


# Moments


def test_azure_moves_between_look_and_write(either: Forged) -> None:
    moved = afterwards(INSTANCES, lambda azure: azure.patch("*/backupInstances/*", STOPPED))
    with either(quickstart(), moved) as azure:
        assert azure.run("drift").code == 0
        assert azure.run("drift").code == 2


def test_azure_moves_before_the_second_look(at_once: Forged) -> None:
    moved = before(DISKS, lambda azure: azure.delete("*/disks/PSTestDisk"), after=1)
    with at_once(quickstart(), moved) as azure:
        assert azure.run("drift").code == 0
        assert azure.run("drift").code == 1


def test_another_command_runs_meanwhile(forged: Forged) -> None:
    within: list[int] = []
    with forged(quickstart(), before(INSTANCES, lambda azure: within.append(azure.run("plan").code))) as azure:
        assert azure.run("plan").code == 0
        assert within == [0]
        assert len(azure.calls(INSTANCES)) == 2


def test_other_rules_from_a_moment_on(at_once: Forged) -> None:
    with at_once(quickstart(), emptied(INSTANCES)) as azure:
        azure.run("plan")
        azure.rules(lacks(DISKS, "PSTestDisk"))
        azure.forget()
        azure.run("plan")
        assert listed(azure, INSTANCES) != []


# What goes wrong in a test


def test_a_rule_that_never_fires_is_told(at_once: Forged) -> None:
    idle = lacks("GET */nothing", "*")
    with (
        pytest.raises(AssertionError, match=r"never fired.*lacks\('GET \*/nothing'\)"),
        at_once(quickstart(), idle) as azure,
    ):
        azure.run("plan")
    idle.optional = True
    with at_once(quickstart(), idle) as azure:
        azure.run("plan")


def test_a_rule_that_changes_nothing_never_fires(at_once: Forged) -> None:
    with (
        pytest.raises(AssertionError, match="requests that matched: 1"),
        at_once(quickstart(), lacks(DISKS, "x")) as azure,
    ):
        azure.run("plan")


def test_a_mistake_in_a_rule_is_told(at_once: Forged) -> None:
    broken = edits_rows(DISKS, "PSTestDisk", lambda row: row["absent"], optional=True)
    with (
        at_once(quickstart(), broken) as azure,
        pytest.raises(AssertionError, match=r"a rule broke.*KeyError: 'absent'"),
    ):
        azure.run("plan")


@pytest.mark.parametrize("where", ["*/disks", "get */disks", "GET disks"])
def test_what_no_request_can_match_is_refused(where: str) -> None:
    with pytest.raises(AssertionError, match="write"):
        emptied(where)


def test_a_change_of_nothing_is_refused(at_once: Forged) -> None:
    with at_once(quickstart()) as azure, pytest.raises(AssertionError, match="nothing in the sandbox matches"):
        azure.delete("*/disks/nobody")


def test_rules_are_not_in_the_way_of_the_test(either: Forged) -> None:
    body = {"backupRuleOptions": {"ruleName": "BackupHourly", "triggerOption": {}}}
    with either(quickstart(), rule("* *", lambda *_: reply(500), optional=True)) as azure:
        (address,) = azure.ids("*/backupInstances/*")
        azure.ask("POST", f"{address}/backup", body)
        assert azure.requests == []
