"""T3: what Resource Graph alone could tell is asked of Resource Manager; never a better answer for knowing less."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import AbstractContextManager
from typing import Any

import pytest
from arm import APPS, disk, disk_id, instance, policy, vault, vault_id
from forging import (
    GRAPH,
    Azure,
    Estate,
    Rule,
    answers,
    applied,
    changed_list,
    edits_graph,
    edits_rows,
    emptied,
    forbidden,
    html,
    quickstart,
    unavailable,
)
from manifests import manifest

Forged = Callable[..., AbstractContextManager[Azure]]
VIRTUAL = "virtual"
OTHER = "33333333-3333-3333-3333-333333333333"
ELSEWHERE = vault_id("Elsewhere", "elsewhere", OTHER)
JOBS = "GET */backupJobs"


def silent() -> dict[str, Rule]:
    """What Resource Graph may say when it tells nothing, or a part."""
    odd: Any = {"data": ["text", {"id": 7}], "count": 2, "totalRecords": 2}
    return {
        "503": unavailable(GRAPH),
        "403": forbidden(GRAPH),
        "html": html(GRAPH, 200),
        "empty": emptied(GRAPH, optional=True),
        "cut short": edits_graph({"totalRecords": 5000}),
        "truncated": edits_graph({"resultTruncated": "true"}),
        "odd": answers(GRAPH, 200, odd),
    }


NAMES = sorted(silent())


def states(done: Any) -> dict[str, str]:
    return {row["disk"].rsplit("/", 1)[-1]: row["state"] for row in done.document["disks"]}


def failing(azure: Azure) -> None:
    """The last backup failed; the recovery point before it is as fresh as promised."""
    azure.fail_backups("*/disks/PSTestDisk", times=1)
    while not any(one["properties"]["status"] == "Failed" for one in azure.show("*/backupJobs/*")):
        azure.advance("20m")


# --- status: jobs -----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("graph", ["answers", *NAMES])
def test_a_failed_backup_is_seen_whatever_resource_graph_says(forged: Forged, graph: str) -> None:
    """It said "1 ok", exit 0, though the last backup had failed."""
    rules = [silent()[graph]] if graph in NAMES else []
    with forged(quickstart().aged("1d"), *rules, clock=VIRTUAL) as azure:
        failing(azure)
        done = azure.run("status", "--format", "json")
        assert done.code == 2, done
        assert states(done) == {"PSTestDisk": "failing"}


@pytest.mark.parametrize("graph", NAMES)
def test_all_is_well_though_resource_graph_is_away(forged: Forged, graph: str) -> None:
    with forged(quickstart().aged("1d"), silent()[graph], clock=VIRTUAL) as azure:
        done = azure.run("status", "--format", "json")
        assert done.code == 0, done
        assert states(done) == {"PSTestDisk": "ok"}
        assert done.document["disks"][0]["snapshots"]


@pytest.mark.parametrize("jobs", ["503", "403", "html", "empty", "odd"])
@pytest.mark.parametrize("graph", ["503", "empty"])
def test_jobs_that_nobody_tells_of_are_not_known(forged: Forged, graph: str, jobs: str) -> None:
    away = {
        "503": unavailable(JOBS),
        "403": forbidden(JOBS),
        "html": html(JOBS),
        "empty": answers(JOBS, 404, b""),
        "odd": edits_rows(JOBS, "*/backupJobs/*", {"properties.status": "", "properties.startTime": "soon"}),
    }
    with forged(quickstart().aged("1d"), silent()[graph], away[jobs], clock=VIRTUAL) as azure:
        failing(azure)
        done = azure.run("status", "--format", "json")
        assert done.code == 1, done
        assert states(done) == {"PSTestDisk": "unknown"}
        assert {"not-known", "out-of-reach"} & set(done.codes)
        (finding,) = done.document["findings"]
        assert "TestBkpVault" in finding["message"]
        assert finding["hint"]


def test_the_text_says_what_is_not_known_and_the_way_to_know(forged: Forged) -> None:
    with forged(quickstart().aged("1d"), unavailable(GRAPH), unavailable(JOBS)) as azure:
        done = azure.run("status")
        assert done.code == 1, done
        assert "1 unknown of 1 disk" in done.out
        assert "error[not-known]" in done.out
        assert "hint:" in done.out


def test_an_answer_that_lags_behind_the_recovery_points_is_not_believed(forged: Forged) -> None:
    """Of the last two days Resource Graph has heard nothing: what it last showed was well."""

    def before(row: Any) -> bool:
        return "newest" not in row or str(row["newest"]) < "2026-01-06"

    stale = changed_list(GRAPH, lambda rows: [row for row in rows if not isinstance(row, dict) or before(row)])
    with forged(quickstart().aged("3d"), stale, clock=VIRTUAL) as azure:
        failing(azure)
        done = azure.run("status", "--format", "json")
        assert states(done) == {"PSTestDisk": "failing"}, done
        assert done.code == 2


# --- coverage: instances elsewhere --------------------------------------------------------------------------------------


def protected_elsewhere() -> Estate:
    """A disk that the manifest doesn't name, protected in a vault of a subscription that it doesn't name either."""
    theirs = [vault(ELSEWHERE), policy(ELSEWHERE, "theirs"), instance(ELSEWHERE, disk_id("theirs"), "theirs")]
    return applied(manifest(), [disk("PSTestDisk"), disk("theirs", sku="StandardSSD_LRS")], theirs)


@pytest.mark.parametrize("graph", ["answers", *NAMES])
def test_a_disk_that_another_vault_protects_is_covered_whatever_resource_graph_says(forged: Forged, graph: str) -> None:
    """Disks of other vaults were called uncovered, exit 2."""
    rules = [silent()[graph]] if graph in NAMES else []
    with forged(protected_elsewhere(), *rules, clock=VIRTUAL) as azure:
        done = azure.run("coverage", "--format", "json")
        assert done.code == 0, done
        assert states(done) == {"PSTestDisk": "covered", "theirs": "covered"}


@pytest.mark.parametrize("list_", ["GET /subscriptions", f"GET {ELSEWHERE}/backupInstances"])
@pytest.mark.parametrize("graph", ["503", "html"])
def test_what_other_vaults_protect_is_not_known_where_nobody_tells(forged: Forged, graph: str, list_: str) -> None:
    with forged(protected_elsewhere(), silent()[graph], unavailable(list_), clock=VIRTUAL) as azure:
        done = azure.run("coverage", "--format", "json", "--fail-on", "uncovered")
        assert done.code == 1, done
        assert states(done) == {"PSTestDisk": "covered", "theirs": "unknown"}
        assert done.document["summary"] == {"disks": 2, "covered": 1, "excluded": 0, "uncovered": 0, "unknown": 1}
        assert "not-known" in done.codes


def test_an_instance_that_resource_graph_still_shows_protects_nothing(forged: Forged) -> None:
    with forged(protected_elsewhere(), clock=VIRTUAL) as azure:
        shown = azure.show(f"{ELSEWHERE}/backupInstances/*")
        late = changed_list(GRAPH, lambda rows: [*rows, *shown] if rows and "properties" in rows[0] else rows)
        azure.delete(f"{ELSEWHERE}/backupInstances/*")
        azure.rules(late)
        done = azure.run("coverage", "--format", "json")
        assert states(done)["theirs"] == "uncovered", done


# --- drift: vaults with our mark ----------------------------------------------------------------------------------------


def left_behind() -> Estate:
    """A vault with our mark in a subscription that the manifest doesn't name."""
    lost = vault(ELSEWHERE)
    return applied(manifest(), [disk("PSTestDisk")], [lost | {"tags": {"reconciler-owner": "quickstart"}}])


@pytest.mark.parametrize("graph", ["answers", *NAMES])
def test_an_orphaned_vault_is_found_whatever_resource_graph_says(forged: Forged, graph: str) -> None:
    """Drift with an orphaned vault exited 0."""
    rules = [silent()[graph]] if graph in NAMES else []
    with forged(left_behind(), *rules, clock=VIRTUAL) as azure:
        done = azure.run("drift", "--format", "json")
        assert done.code == 2, done
        assert "orphaned-vault" in done.codes


@pytest.mark.parametrize("graph", ["503", "empty"])
def test_marks_that_nobody_tells_of_are_not_known(forged: Forged, graph: str) -> None:
    with forged(left_behind(), silent()[graph], forbidden("GET /subscriptions"), clock=VIRTUAL) as azure:
        done = azure.run("drift", "--format", "json")
        assert done.code == 1, done
        assert "out-of-reach" in done.codes
        assert azure.run("plan").code == 1


def test_an_orphaned_vault_that_is_gone_is_none(forged: Forged) -> None:
    with forged(left_behind(), clock=VIRTUAL) as azure:
        row = {"id": ELSEWHERE, "tags": {"reconciler-owner": "quickstart"}}
        azure.delete(ELSEWHERE)
        azure.rules(changed_list(GRAPH, lambda rows: [*rows, row]))
        done = azure.run("drift", "--format", "json")
        assert done.code == 0, done


@pytest.mark.parametrize("graph", NAMES)
def test_a_plan_without_changes_stays_one(forged: Forged, graph: str) -> None:
    with forged(quickstart(), silent()[graph], clock=VIRTUAL) as azure:
        assert azure.run("plan", "--detailed-exitcode").code == 0
        assert len(azure.requests) <= 20, [str(one.path) for one in azure.requests]


def test_a_plan_asks_no_more_than_before_while_resource_graph_answers(forged: Forged) -> None:
    with forged(quickstart(), clock=VIRTUAL) as azure:
        assert azure.run("plan", "--detailed-exitcode").code == 0
        assert len(azure.calls(GRAPH)) == 1
        assert azure.calls("GET /subscriptions") == []
        assert APPS in {one.path.split("/")[2] for one in azure.requests if one.path.startswith("/subscriptions/")}
