"""T9: only Resource Manager's own 404 for that very resource means gone; a proxy's page and a lost subscription don't."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import AbstractContextManager
from typing import Any

import pytest
from arm import APPS, disk_id
from forging import Azure, Rule, answers, disks, empty, html, lacks, not_found, quickstart
from manifests import POLICY, disk

VIRTUAL = "virtual"
Forged = Callable[..., AbstractContextManager[Azure]]
INSTANCE = "*/backupInstances/*"
DISK = "*/disks/PSTestDisk"
OTHER = "The Resource 'Microsoft.Compute/disks/AnotherDisk' under resource group 'diskrg' was not found."


def removing(name: str = "PSTestDisk", **more: Any) -> Any:
    entry = {"id": disk_id(name), "data": "delete", "reason": "decommissioned"}
    return quickstart().saying(disks=[], removed=[entry], **more)


def pages(where: str) -> dict[str, Rule]:
    """What answers 404 and says nothing of the resource that was asked for."""
    return {
        "html": html(where),
        "empty": empty(where, 404),
        "another JSON": answers(where, 404, {"message": "no Route matched with those values"}),
        "a subscription": not_found(where, "SubscriptionNotFound"),
        "a type": answers(where, 404, {"error": {"code": "InvalidResourceType", "message": "No such type."}}),
        "another resource": answers(where, 404, {"error": {"code": "ResourceNotFound", "message": OTHER}}),
    }


NAMES = sorted(pages("GET *"))


@pytest.mark.parametrize("page", NAMES)
def test_a_deletion_that_a_proxy_answers_is_not_done(forged: Forged, page: str) -> None:
    """It said "1 destroyed" with exit 0, and the instance was still there."""
    with forged(removing(), pages(f"GET {INSTANCE}")[page], clock=VIRTUAL) as azure:
        done = azure.run("apply", "--auto-approve", "--allow-delete", "1")
        assert done.code == 1, done
        assert "1 destroyed" not in done.out
        assert "404" in done.out + done.err or "NotFound" in done.out + done.err or "InvalidResourceType" in done.out
        assert len(azure.ids(INSTANCE)) == 1


def test_a_delete_request_that_a_proxy_answers_is_not_done(forged: Forged) -> None:
    with forged(removing(), html(f"DELETE {INSTANCE}")) as azure:
        done = azure.run("apply", "--auto-approve", "--allow-delete", "1")
        assert done.code == 1, done
        assert "proxy" in done.out
        assert len(azure.ids(INSTANCE)) == 1


@pytest.mark.parametrize("page", NAMES)
def test_a_disk_is_not_gone_on_the_word_of_somebody_else(forged: Forged, page: str) -> None:
    """A lost subscription made orphans `disk-gone`, with exit 0."""
    with forged(quickstart().saying(disks=[]), pages(f"GET {DISK}")[page], clock=VIRTUAL) as azure:
        done = azure.run("drift", "--format", "json")
        assert done.code == 1, done
        assert "not-known" in done.codes
        assert "disk-gone" not in done.codes
        assert "PSTestDisk" in done.out


@pytest.mark.parametrize("page", NAMES)
def test_a_named_disk_is_not_gone_on_the_word_of_somebody_else(forged: Forged, page: str) -> None:
    with forged(
        disks(2), lacks("GET */disks", "*/disks/disk-01"), pages("GET */disks/disk-01")[page], clock=VIRTUAL
    ) as azure:
        done = azure.run("plan", "--format", "json")
        assert done.code == 1, done
        assert "not-known" in done.codes
        assert "disk-gone" not in done.codes


@pytest.mark.parametrize("page", ["html", "a subscription"])
def test_a_group_is_not_made_on_the_word_of_somebody_else(forged: Forged, page: str) -> None:
    missing = lacks("GET */resourcegroups", "*/resourceGroups/snapshotrg")
    with forged(quickstart(), missing, pages("GET */resourceGroups/snapshotrg")[page], clock=VIRTUAL) as azure:
        done = azure.run("apply", "--auto-approve", "--report", "a.json")
        assert done.code == 1, done
        assert azure.writes == []


@pytest.mark.parametrize(
    ("kind", "page"),
    [("disks", "html"), ("backupInstances", "empty"), ("backupVaults", "a subscription"), ("roleAssignments", "html")],
)
def test_a_list_that_answers_404_is_not_empty(forged: Forged, kind: str, page: str) -> None:
    with forged(quickstart(), pages(f"GET */{kind}")[page], clock=VIRTUAL) as azure:
        done = azure.run("apply", "--auto-approve", "--prune")
        assert done.code == 1, done
        assert kind in done.err
        assert azure.writes == []


def test_resource_managers_own_404_is_believed(forged: Forged) -> None:
    with forged(quickstart().saying(disks=[])) as azure:
        azure.delete(DISK)
        done = azure.run("drift", "--format", "json")
        assert "disk-gone" in done.codes, done
        assert "not-known" not in done.codes


def test_a_disk_is_gone_with_its_resource_group(forged: Forged) -> None:
    with forged(quickstart().saying(disks=[])) as azure:
        azure.delete(f"/subscriptions/{APPS}/resourceGroups/diskrg")
        done = azure.run("drift", "--format", "json")
        assert "disk-gone" in done.codes, done
        assert "not-known" not in done.codes


@pytest.mark.parametrize("answer", ["nothing there", "its own 404", "a proxy's page", "a page for success"])
@pytest.mark.parametrize("what", ["backupPolicies", "roleAssignments"])
def test_what_is_still_there_is_not_destroyed(forged: Forged, what: str, answer: str) -> None:
    """A policy of which a deletion was answered with 204 was counted as destroyed."""
    where = f"DELETE */{what}/*"
    answered: dict[str, Rule] = {
        "nothing there": answers(where, 204),
        "its own 404": not_found(where),
        "a proxy's page": html(where),
        "a page for success": html(where, status=200),
    }
    estate = disks(2).aged("2d")
    if what == "backupPolicies":
        estate = estate.saying(policies=[POLICY | {"retention": {"default": "9d"}}])
    with forged(estate, clock=VIRTUAL) as azure:
        if what == "roleAssignments":
            removed = [{"id": disk_id("disk-02"), "data": "delete", "reason": "ticket 4711"}]
            azure.declare({**estate.manifest, "disks": [disk("disk-01")], "removed": removed})
            assert azure.run("apply", "--auto-approve", "--allow-delete", "1").code == 0
            azure.advance("20d")
        before = set(azure.ids(f"*/{what}/*"))
        azure.rules(answered[answer])
        done = azure.run("apply", "--auto-approve", "--report", "a.json")
        assert before <= set(azure.ids(f"*/{what}/*"))
        assert done.code == 1, done
        assert "0 destroyed" in done.out
