"""T3: an `ignore` entry that names a subscription holds while nobody can tell which one that is."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import AbstractContextManager
from typing import Any

import pytest
from arm import APPS, PLATFORM, disk_id
from forging import GRAPH, Azure, Rule, changed_list, emptied, forbidden, quickstart, unavailable
from manifests import manifest

Forged = Callable[..., AbstractContextManager[Azure]]
VIRTUAL = "virtual"
INSTANCES = "*/backupInstances/*"
SNAPSHOTS = f"/subscriptions/{APPS}/resourceGroups/snapshotrg"
ROLE = "role/TestBkpVault/disk-backup-reader"


def unnamed() -> dict[str, tuple[Rule, ...]]:
    """What may hide the names of subscriptions."""
    lists = forbidden("GET /subscriptions")
    return {
        "nobody answers": (unavailable(GRAPH), lists),
        "Resource Graph shows nothing": (emptied(GRAPH), lists),
        "Resource Graph lacks one": (
            changed_list(GRAPH, lambda rows: [row for row in rows if not str(row.get("id")).endswith(APPS)]),
        ),
    }


UNNAMED = sorted(unnamed())


def ignoring(*entries: str) -> Any:
    return manifest(ignore=[{"address": entry, "reason": "SEC-1"} for entry in entries])


def stopped(azure: Azure) -> None:
    """Somebody has stopped the only backup, and the subscription is called apps."""
    azure.patch(f"/subscriptions/{APPS}", {"displayName": "apps"})
    azure.ask("POST", f"{azure.ids(INSTANCES)[0]}/stopProtection")
    azure.advance("2m")


def test_a_difference_that_is_ignored_by_a_name_is_left_alone(forged: Forged) -> None:
    with forged(quickstart(), clock=VIRTUAL) as azure:
        stopped(azure)
        azure.declare(ignoring("disk/apps/diskrg/PSTestDisk"))
        done = azure.run("apply", "--auto-approve")
        assert (done.code, azure.writes, azure.calls("GET /subscriptions")) == (0, [], []), done


@pytest.mark.parametrize("hidden", UNNAMED)
@pytest.mark.parametrize("entry", ["disk/apps/diskrg/PSTestDisk", "disk/Apps/*", "disk/ap*/diskrg/PSTestDisk"])
def test_it_is_left_alone_and_told_while_the_name_is_hidden(forged: Forged, entry: str, hidden: str) -> None:
    with forged(quickstart(), clock=VIRTUAL) as azure:
        stopped(azure)
        azure.declare(ignoring(entry))
        azure.rules(*unnamed()[hidden])
        done = azure.run("apply", "--auto-approve")
        assert (done.code, azure.writes) == (1, []), done
        assert "could not tell what this `ignore` entry names" in " ".join(done.text.split()), done
        for verb in ("drift", "status", "plan"):
            told = azure.run(verb, "--format", "json")
            assert told.code == 1, told
            assert "ignores-nothing" not in told.codes


def renamed(azure: Azure) -> None:
    azure.patch(f"/subscriptions/{APPS}", {"displayName": "applications"})


def shared(azure: Azure) -> None:
    """A second subscription has the name, so that it names neither."""
    azure.patch(f"/subscriptions/{PLATFORM}", {"displayName": "Apps"})


def unnameable(azure: Azure) -> None:
    azure.patch(f"/subscriptions/{APPS}", {"displayName": "apps (old)"})


@pytest.mark.parametrize("meanwhile", [renamed, shared, unnameable])
def test_it_is_left_alone_and_told_once_the_name_names_nothing(
    forged: Forged, meanwhile: Callable[[Azure], None]
) -> None:
    with forged(quickstart(), clock=VIRTUAL) as azure:
        stopped(azure)
        meanwhile(azure)
        azure.declare(ignoring("disk/apps/diskrg/PSTestDisk"))
        done = azure.run("apply", "--auto-approve")
        assert (done.code, azure.writes) == (1, []), done
        assert "no subscription has this name" in " ".join(done.text.split()), done
        assert azure.run("drift").code == azure.run("status").code == 1


@pytest.mark.parametrize("hidden", UNNAMED)
@pytest.mark.parametrize(
    "entry", [f"disk/{disk_id('PSTestDisk')}", f"disk/{APPS}/diskrg/PSTestDisk", "disk/*/diskrg/PSTestDisk"]
)
def test_an_entry_without_a_name_needs_none(forged: Forged, entry: str, hidden: str) -> None:
    with forged(quickstart(), clock=VIRTUAL) as azure:
        stopped(azure)
        azure.declare(ignoring(entry))
        azure.rules(*unnamed()[hidden])
        done = azure.run("apply", "--auto-approve")
        assert azure.writes == [], done
        assert "`ignore` entry" not in done.text


@pytest.mark.parametrize("hidden", UNNAMED)
@pytest.mark.parametrize("entry", ["group/apps/snapshotrg", f"{ROLE}@apps/diskrg/PSTestDisk"])
def test_groups_and_roles_are_left_alone_too(forged: Forged, entry: str, hidden: str) -> None:
    with forged(quickstart(), clock=VIRTUAL) as azure:
        azure.patch(f"/subscriptions/{APPS}", {"displayName": "apps"})
        azure.delete("*/roleAssignments/*" if entry.startswith("role") else SNAPSHOTS)
        azure.declare(ignoring(entry))
        azure.rules(*unnamed()[hidden])
        done = azure.run("plan", "--format", "json")
        assert done.code == 1, done
        assert entry.lower() not in {row["name"].lower() for row in done.document["changes"]}
        assert entry in {row["address"] for row in done.document["findings"]}


@pytest.mark.parametrize("hidden", UNNAMED)
def test_a_restore_does_not_depend_on_what_is_ignored(forged: Forged, hidden: str) -> None:
    with forged(quickstart(), clock=VIRTUAL) as azure:
        azure.advance("1d")
        azure.declare(ignoring("disk/apps/diskrg/PSTestDisk"))
        azure.rules(*unnamed()[hidden])
        done = azure.run("restore", "PSTestDisk", "--to", "diskrg", "--auto-approve")
        assert done.code == 0, done
        assert azure.calls("PUT */disks/*") or azure.calls("POST */restore"), done
