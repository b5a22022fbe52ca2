"""F57-F59: answers that are strange, broken or filtered: understood where they can be, never taken for an empty Azure."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import pytest
from arm import disk, estate
from faults import Answer, Asked, Fault, answer, changed, cut, error
from manifests import manifest, selecting
from stories import DISK_ID, LONGER, applied, instance_of, state_of
from trial import Trial

pytestmark = pytest.mark.long

LISTS = [
    "LIST backupVaults",
    "LIST disks",
    "LIST resourcegroups",
    "LIST backupPolicies",
    "LIST backupInstances",
    "LIST roleAssignments",
]

# F57


def richer(body: Any) -> Any:
    """The same body as a later api-version might send it: more keys everywhere, empty lists as null."""
    if isinstance(body, dict):
        more = {key: None if value == [] and key != "value" else richer(value) for key, value in body.items()}
        return (
            more
            if "value" in body or "status" in body
            else more | {"futureSetting": {"state": "Splendid", "rows": [1, None]}}
        )
    if isinstance(body, list):
        return [richer(one) for one in body]
    return body


def test_f57_extra_fields_everywhere_change_nothing(quickstart: Trial) -> None:
    quickstart.inject("GET *", changed(richer), times=9999)
    quickstart.inject("LIST *", changed(richer), times=9999)
    quickstart.inject("P* *", changed(lambda body: richer(body) if body else body), times=9999)
    run = quickstart.apply()
    assert run.code == 0, run.text
    again = quickstart.plan("--detailed-exitcode")
    assert (again.code, again.err) == (0, ""), again.text
    assert quickstart.drift().code == 0


def test_f57_what_is_not_ours_is_kept_by_a_write(quickstart: Trial) -> None:
    """Read, merge, PUT: a key that this version doesn't know goes back as it came."""
    applied(quickstart)
    row = instance_of(quickstart)
    extra = {"futureSetting": {"state": "Splendid"}, "friendlyName": "by a person"}
    quickstart.sandbox.patch(row["id"], {"properties": extra, "tags": {"team": "x"}})
    quickstart.said = manifest(policies=[LONGER])
    run = quickstart.apply()
    assert run.code == 0, run.text
    (put,) = [call for call in run.writes if call.kind == "PUT backupInstances"]
    assert put.body["properties"]["futureSetting"] == {"state": "Splendid"}
    assert put.body["properties"]["friendlyName"] == "by a person"
    assert put.body["tags"]["team"] == "x"
    assert "currentProtectionState" not in put.body["properties"] or put.body["properties"]["currentProtectionState"]


@pytest.mark.parametrize("word", ["Quarantined", "protectionPaused", "\u0130n\u0130t", "::error::x"])
def test_f57_an_unknown_state_is_shown_verbatim_and_not_touched(quickstart: Trial, word: str) -> None:
    applied(quickstart)
    row = instance_of(quickstart)
    was = row["properties"]
    quickstart.sandbox.patch(
        row["id"], {"properties": {"currentProtectionState": word, "protectionStatus": {"status": word}}}
    )
    run = quickstart.apply()
    assert run.code == 1
    assert word in run.text
    assert "unknown-state" in run.text
    assert run.writes == []
    assert quickstart.drift().code == 2
    back = {key: was[key] for key in ("currentProtectionState", "protectionStatus")}
    quickstart.cures.append(lambda: quickstart.sandbox.patch(row["id"], {"properties": back}))


@pytest.mark.parametrize(
    "key", ["securitySettings", "storageSettings", "featureSettings", "monitoringSettings", "provisioningState"]
)
@pytest.mark.parametrize("value", [None, [], {}, "Splendid", 7, [None], {"state": None}, True])
def test_f57_a_vaults_settings_of_any_shape_are_no_traceback(quickstart: Trial, key: str, value: Any) -> None:
    applied(quickstart)

    def odd(body: Any) -> Any:
        for row in body["value"]:
            row["properties"][key] = value
        return body

    quickstart.inject("LIST backupVaults", changed(odd), times=99)
    run = quickstart.plan()
    assert run.code in (0, 1)
    assert "unexpected" not in run.text
    assert "Traceback" not in run.text


@pytest.mark.parametrize("kind", LISTS)
@pytest.mark.parametrize("value", [None, [], {}, "x", 7, [None], [[]], [7], ["x"], True])
def test_f57_rows_of_any_shape_are_told_and_never_concluded_from(quickstart: Trial, kind: str, value: Any) -> None:
    """Every property bag replaced: what can't be understood is an error with a code, and nothing is written."""
    applied(quickstart)

    def odd(body: Any) -> Any:
        return {
            "value": [
                row | {"properties": value, "tags": value, "identity": value, "location": value}
                for row in body["value"]
            ]
        }

    quickstart.inject(kind, changed(odd), times=99)
    run = quickstart.plan()
    assert run.code in (0, 1)
    assert "unexpected" not in run.text, run.text
    drift = quickstart.drift()
    assert "unexpected" not in drift.text
    assert run.writes == []


def shaped(**odd: Any) -> Fault:
    """Azure's answer, or each of its rows, with these keys replaced."""

    def change(body: Any) -> Any:
        return body | ({"value": [row | odd for row in body["value"]]} if "value" in body else odd)

    return changed(change)


@pytest.mark.parametrize("key", ["properties", "tags"])
@pytest.mark.parametrize("value", [[7]])
def test_f57_rows_of_any_shape_end_the_wait_for_them_with_an_explanation(
    quickstart: Trial, key: str, value: Any
) -> None:
    """Whoever waits hears of it: a watcher that dies would let them wait for ever, and lose the result."""
    quickstart.switch(propagation="0")
    quickstart.inject("LIST backupInstances", shaped(**{key: value}), times=9999)
    run = quickstart.apply()
    assert run.code == 1
    assert (run.result("disk/").status, run.result("disk/").code) == ("failed", "read-incomplete")
    assert run.statuses["vault/TestBkpVault"] == "done"
    assert "unexpected" not in run.text


@pytest.mark.parametrize(
    ("kind", "odd"),
    [
        ("GET backupVaults", {"id": None}),
        ("GET backupInstances", {"tags": [7]}),
        ("PUT backupPolicies", {"id": 7}),
        ("PUT roleAssignments", {"properties": ["x"]}),
    ],
)
def test_f57_objects_of_any_shape_are_never_the_tools_own_fault(
    quickstart: Trial, kind: str, odd: dict[str, Any]
) -> None:
    quickstart.switch(propagation="0")
    quickstart.inject(kind, shaped(**odd), times=9999)
    run = quickstart.apply()
    assert run.outcome is not None
    assert "unexpected" not in run.text, run.text


@pytest.mark.parametrize("value", ["boom", ["x"]])
def test_f57_an_operations_error_of_any_shape_is_told(quickstart: Trial, value: Any) -> None:
    quickstart.inject("GET operationStatus", answer(200, {"name": "x", "status": "Failed", "error": value}), times=99)
    run = quickstart.apply()
    assert run.code == 1
    failed = run.result("vault/")
    assert (failed.status, failed.code) == ("failed", "operation-failed")
    assert ("boom" in failed.message) is (value == "boom")


# F58


def page(_: Asked) -> Answer:
    return 200, {"Content-Type": "text/html"}, b"<html><body>Please sign in to the proxy</body></html>", 0.0


def mistyped(asked: Asked) -> Answer:
    status, headers, content, latency = asked.act()
    return status, {**headers, "Content-Type": "text/plain"}, content, latency


def scalar(_: Asked) -> Answer:
    return 200, {"Content-Type": "application/json"}, b'"ok"', 0.0


def empty(_: Asked) -> Answer:
    return 200, {"Content-Type": "application/json"}, b"", 0.0


def binary(_: Asked) -> Answer:
    return 200, {"Content-Type": "application/json"}, b"\xff\xfe\x00\x01", 0.0


def no_value(_: Asked) -> Answer:
    return 200, {"Content-Type": "application/json"}, b"{}", 0.0


BROKEN = {"HTML": page, "truncated": cut, "scalar": scalar, "empty": empty, "binary": binary, "no value": no_value}


@pytest.mark.parametrize("kind", LISTS)
@pytest.mark.parametrize("fault", ["HTML", "truncated", "empty", "binary"])
def test_f58_what_cannot_be_read_is_asked_again(quickstart: Trial, kind: str, fault: str) -> None:
    applied(quickstart)
    hit = quickstart.inject(kind, BROKEN[fault], times=2)
    run = quickstart.apply()
    assert (run.code, run.writes) == (0, []), run.text
    assert len(hit.hits) == 2


@pytest.mark.parametrize("kind", LISTS)
@pytest.mark.parametrize("fault", BROKEN)
def test_f58_what_stays_unreadable_is_told_and_is_no_empty_snapshot(quickstart: Trial, kind: str, fault: str) -> None:
    applied(quickstart)
    quickstart.inject(kind, BROKEN[fault], times=9999)
    for verb in ("apply", "drift", "plan"):
        run = quickstart.run(verb, *(("--auto-approve", "--prune") if verb == "apply" else ()))
        assert (run.code, run.writes) == (1, []), run.text
        assert "read-incomplete" in run.err
        assert "No changes" not in run.text
        assert "No drift" not in run.text
        assert "unexpected" not in run.text


def test_f58_a_wrong_content_type_alone_harms_nothing(quickstart: Trial) -> None:
    quickstart.inject("*", mistyped, times=9999)
    assert quickstart.apply().code == 0


@pytest.mark.parametrize(
    "kind", ["PUT backupVaults", "PUT backupPolicies", "PUT backupInstances", "PUT roleAssignments"]
)
@pytest.mark.parametrize("fault", ["HTML", "truncated", "empty", "binary", "scalar"])
def test_f58_an_answer_to_a_write_that_cannot_be_read_is_looked_into(quickstart: Trial, kind: str, fault: str) -> None:
    """Once: Azure may have acted or a proxy may have answered in its place; the resource tells."""
    quickstart.inject(kind, BROKEN[fault], times=1)
    run = quickstart.apply()
    assert run.code == 0, run.text


# F59


def without(*names: str) -> Callable[[Any], Any]:
    """A list as a caller sees it whose permissions don't reach some of its rows."""

    def filtered(body: Any) -> Any:
        return body | {"value": [row for row in body["value"] if str(row.get("name", "")).lower() not in names]}

    return filtered


FORBIDDEN = error(
    403, "AuthorizationFailed", "The client does not have authorization to perform action 'read' over scope."
)


@pytest.mark.parametrize(
    ("list_kind", "point_kind", "name"),
    [("LIST backupVaults", "GET backupVaults", "testbkpvault"), ("LIST disks", "GET disks", "pstestdisk")],
    ids=["vault", "disk"],
)
def test_f59_a_row_that_rights_filter_is_out_of_reach_and_not_gone(
    quickstart: Trial, list_kind: str, point_kind: str, name: str
) -> None:
    applied(quickstart)
    quickstart.inject(list_kind, changed(without(name)), times=9999)
    forbidden = quickstart.inject(point_kind, FORBIDDEN, times=9999)
    for verb in ("plan", "drift", "apply"):
        run = quickstart.run(verb, *(("--auto-approve", "--prune") if verb == "apply" else ()))
        assert (run.code, run.writes) == (1, []), run.text
        assert "out-of-reach" in run.text
    assert forbidden.hits, "it was read by its id"


def test_f59_an_instance_that_rights_filter_is_neither_made_again_nor_pruned(quickstart: Trial) -> None:
    applied(quickstart)
    name = instance_of(quickstart)["name"].lower()
    quickstart.inject("LIST backupInstances", changed(without(name)), times=9999)
    quickstart.inject("GET backupInstances", FORBIDDEN, times=9999)
    for flags in ((), ("--prune",)):
        run = quickstart.apply(*flags)
        assert (run.code, run.writes) == (1, []), run.text
        assert "out-of-reach" in run.text


def test_f59_what_is_really_gone_is_told_from_what_is_filtered(quickstart: Trial) -> None:
    """404 by id is gone: the disk's instance is `disk-gone`, and made anew where the vault is what is gone."""
    applied(quickstart)
    quickstart.sandbox.remove(DISK_ID)
    plan = quickstart.plan()
    assert plan.code == 1
    assert "disk-gone" in plan.text
    quickstart.place(disk("PSTestDisk"))


@pytest.mark.parametrize("kind", LISTS)
def test_f59_an_empty_page_with_a_link_is_followed(quickstart: Trial, kind: str) -> None:
    applied(quickstart)

    def split(asked: Asked) -> Answer:
        status, headers, content, latency = asked.act()
        body = json.loads(content)
        if "emptied" in asked.url or "nextLink" in body:
            return status, headers, content, latency
        mark = "&" if "?" in asked.url else "?"
        return status, headers, json.dumps({"value": [], "nextLink": f"{asked.url}{mark}emptied=1"}).encode(), latency

    hit = quickstart.inject(kind, split, times=9999)
    run = quickstart.apply()
    assert (run.code, run.writes) == (0, []), run.text
    assert [asked for asked in hit.hits if "emptied" in asked.url]


def test_f59_a_selector_over_a_filtered_list_prunes_nothing(trials: Callable[..., Trial]) -> None:
    rows = [disk(f"data-{number}", tags={"backup": "gold"}) for number in range(3)]
    trial = applied(trials(estate(rows), manifest(disks=[selecting()])))
    trial.inject("LIST disks", changed(without("data-1")), times=9999)
    trial.inject("GET disks", FORBIDDEN, times=9999)
    run = trial.apply("--prune")
    assert (run.code, run.writes) == (1, []), run.text
    assert "out-of-reach" in run.text
    assert state_of(trial, "data-1") == "ProtectionConfigured"
