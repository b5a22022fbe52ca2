"""Each rule of the forging proxy, against the installed command."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import AbstractContextManager

import pytest
from arm import disk_id
from forging import (
    GRAPH,
    Azure,
    afterwards,
    disks,
    edits_rows,
    fails,
    html,
    lacks,
    quickstart,
    selected,
    two_vaults,
    unavailable,
)

Forged = Callable[..., AbstractContextManager[Azure]]
INSTANCES = "GET */backupInstances"


@pytest.mark.parametrize("estate", [quickstart, disks, selected, two_vaults])
def test_what_is_applied_is_at_rest(forged: Forged, estate: Callable[[], object]) -> None:
    with forged(estate()) as azure:
        done = azure.run("drift", "--format", "json")
        assert done.code == 0, done
        assert done.document["drifted"] is False
        assert azure.writes == []
        assert azure.calls(INSTANCES)[0].path.endswith("/backupInstances")


def test_a_list_lacks_rows(forged: Forged) -> None:
    with forged(disks(3), lacks(INSTANCES, "*/disks/disk-02")) as azure:
        assert azure.run("plan").code == 0
        (short,) = azure.calls(INSTANCES)
        assert len(short.answer["value"]) == 2
        assert len(azure.show("*/backupInstances/*")) == 3


def test_a_row_reads_differently(forged: Forged) -> None:
    stopped = {"properties.currentProtectionState": "ProtectionStopped"}
    with forged(quickstart(), edits_rows(INSTANCES, "*/disks/PSTestDisk", stopped)) as azure:
        assert azure.run("drift").code == 2


def test_graph_is_away(forged: Forged) -> None:
    with forged(quickstart(), unavailable(GRAPH)) as azure:
        azure.run("status")
        assert {one.status for one in azure.calls(GRAPH)} == {503}


def test_a_page_of_somebody_else(forged: Forged) -> None:
    with forged(quickstart(), html("GET */disks")) as azure:
        done = azure.run("plan")
        assert done.code == 1, done


def test_an_operation_fails_that_took_effect(forged: Forged) -> None:
    retained = quickstart().saying(disks=None, removed=[{"id": disk_id("PSTestDisk"), "data": "retain", "reason": "x"}])
    with forged(retained, fails("POST */stopProtection", "UserErrorMade", "Made up.")) as azure:
        done = azure.run("apply", "--auto-approve")
        assert done.code == 1, done
        assert "UserErrorMade" in done.out + done.err, done
        (instance,) = azure.show("*/backupInstances/*")
        assert instance["properties"]["currentProtectionState"] == "ProtectionStopped"


def test_azure_moves_between_look_and_write(forged: Forged) -> None:
    stop = {"properties": {"currentProtectionState": "ProtectionStopped"}}
    moved = afterwards(INSTANCES, lambda azure: azure.patch("*/backupInstances/*", stop))
    with forged(quickstart(), moved) as azure:
        assert azure.run("drift").code == 0
        assert azure.run("drift").code == 2


def test_a_rule_that_never_fires_is_told(forged: Forged) -> None:
    with (
        pytest.raises(AssertionError, match=r"never fired.*lacks\('GET \*/nothing'\)"),
        forged(quickstart(), lacks("GET */nothing", "*")) as azure,
    ):
        azure.run("plan")
