"""D5: wherever a move fails, the disk is protected in the old vault again, and what is told is how it is."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from arm import vault_id
from forging import Azure, Done, Estate, afterwards, fails, forbidden, html, lost, quickstart
from manifests import DISK, VAULT

Forged = Callable[..., Any]
OLD, NEW = vault_id(), vault_id("NewVault", "newRG")
BOTH = [VAULT, {"name": "NewVault", "resourceGroup": "newRG"}]
STOP, RESUME = "POST */stopProtection", "POST */resumeProtection"
PUT, DELETE = "PUT */newvault/backupInstances/*", "DELETE */backupInstances/*"
UNDELETE = "POST */undelete"
PROTECTED, STOPPED = "ProtectionConfigured", "ProtectionStopped"


@pytest.fixture(scope="module")
def there() -> Estate:
    """A disk with the recovery points of a day, and a manifest that wants it in another vault."""
    return quickstart(vaults=BOTH).aged("1d").saying(disks=[DISK | {"vault": "NewVault"}])


def move(azure: Azure, *flags: str) -> Done:
    return azure.run("move", "PSTestDisk", "--auto-approve", "--format", "json", *flags)


def states(azure: Azure) -> dict[str, str]:
    """The state of each of the disk's instances, by vault; soft-deleted ones in brackets."""
    found = {}
    for row in (*azure.show("*/backupInstances/*"), *azure.show("*/deletedBackupInstances/*")):
        vault, kind = row["id"].split("/")[-3:-1]
        word = row["properties"]["currentProtectionState"]
        found[vault] = f"({word})" if kind.lower().startswith("deleted") else word
    return found


def points(azure: Azure) -> set[str]:
    return set(azure.ids("*/recoveryPoints/*"))


def told(done: Done) -> str:
    (row,) = [row for row in done.document["results"] if row["kind"] == "move"]
    return f"{row['message']} {row['hint']}"


def is_as_before(azure: Azure, done: Done, kept: set[str]) -> None:
    assert done.code == 1, done
    assert "the disk is protected in the old vault again" in told(done), told(done)
    assert [row["hint"] for row in done.document["results"] if row["kind"] == "move"] != [""], "what to do next"
    azure.rules()
    azure.advance("1h")
    assert states(azure)["TestBkpVault"] == PROTECTED, (states(azure), done)
    assert states(azure).get("NewVault", "(gone)").startswith("("), states(azure)
    assert kept <= points(azure)
    assert "is already protected by" in azure.run("plan").out


@pytest.mark.parametrize("takes_effect", [True, False])
def test_a_stop_that_azure_calls_failed_is_taken_back(forged: Forged, there: Estate, takes_effect: bool) -> None:
    clock = "scaled:500" if takes_effect else "virtual"
    with forged(there, fails(STOP, "UserErrorX", "Made up.", takes_effect=takes_effect), clock=clock) as azure:
        kept = points(azure)
        is_as_before(azure, move(azure), kept)


def test_a_stop_that_takes_effect_after_it_is_called_failed_is_taken_back(forged: Forged, there: Estate) -> None:
    """Azure's operation fails at once; a minute later the disk is stopped all the same."""

    def stop(azure: Azure) -> None:
        old = next(one for one in azure.ids("*/backupInstances/*"))
        azure.ask("POST", f"{old}/stopProtection")

    rules = (afterwards(STOP, stop), fails(STOP, "UserErrorX", "Made up.", takes_effect=False))
    with forged(there, *rules, clock="virtual") as azure:
        kept = points(azure)
        is_as_before(azure, move(azure), kept)


@pytest.mark.parametrize(
    "rule",
    [
        fails(STOP, "UserErrorX", "Made up."),
        forbidden(STOP),
        html(STOP, status=502),
        lost(STOP),
    ],
    ids=["failed", "forbidden", "proxy", "lost"],
)
def test_a_stop_that_goes_wrong_leaves_the_disk_protected(forged: Forged, there: Estate, rule: Any) -> None:
    with forged(there, rule, clock="virtual") as azure:
        kept = points(azure)
        azure.switch(stopped_elsewhere="accepted")
        done = move(azure)
        if done.code:
            is_as_before(azure, done, kept)
        else:
            assert states(azure) == {"TestBkpVault": STOPPED, "NewVault": PROTECTED}


def test_a_new_instance_that_is_not_made_leaves_the_disk_protected(forged: Forged, there: Estate) -> None:
    with forged(there, fails(PUT, "UserErrorX", "Made up.", takes_effect=False), clock="virtual") as azure:
        azure.switch(stopped_elsewhere="accepted")
        kept = points(azure)
        is_as_before(azure, move(azure), kept)


FAILING = {
    "properties.currentProtectionState": "ProtectionError",
    "properties.protectionStatus.status": "ProtectionError",
}


@pytest.mark.parametrize("flags", [(), ("--through-soft-delete",)])
def test_a_new_instance_that_does_not_protect_makes_room_for_the_old_one(
    forged: Forged, there: Estate, flags: tuple[str, ...]
) -> None:
    """It is made, and ends in ProtectionError: as long as it is there, Azure resumes no other."""
    with forged(there, fails(PUT, "UserErrorX", shows=FAILING), clock="virtual") as azure:
        azure.switch(stopped_elsewhere="refused" if flags else "accepted")
        kept = points(azure)
        is_as_before(azure, move(azure, *flags), kept)


@pytest.mark.parametrize("flags", [(), ("--through-soft-delete",)])
def test_a_new_instance_that_cannot_be_taken_away_is_told(
    forged: Forged, there: Estate, flags: tuple[str, ...]
) -> None:
    """The permissions of the new vault are gone: Azure neither protects the disk there nor deletes the instance."""

    def take_rights(azure: Azure) -> None:
        own = azure.get(NEW)["identity"]["principalId"]
        for row in azure.show("*/roleAssignments/*"):
            if row["properties"]["principalId"] == own:
                azure.delete(row["id"])

    with forged(there, afterwards(PUT, take_rights), clock="virtual") as azure:
        azure.switch(propagation="0", stopped_elsewhere="refused" if flags else "accepted")
        kept = points(azure)
        done = move(azure, *flags)
        assert (done.code, states(azure)) == (1, {"TestBkpVault": STOPPED, "NewVault": "ProtectionError"}), done
        assert "could not be brought back" in told(done), done
        assert "in the vault NewVault is ProtectionError" in told(done), done
        assert kept <= points(azure)


@pytest.mark.parametrize(
    "rule",
    [
        fails(DELETE, "UserErrorX", "Made up."),
        fails(DELETE, "UserErrorX", "Made up.", takes_effect=False),
        forbidden(DELETE),
        fails(PUT, "UserErrorX", "Made up.", takes_effect=False),
        forbidden(PUT),
    ],
    ids=["delete-took-effect", "delete-failed", "delete-forbidden", "put-failed", "put-forbidden"],
)
def test_a_move_through_soft_delete_that_fails_leaves_the_disk_protected(
    forged: Forged, there: Estate, rule: Any
) -> None:
    with forged(there, rule, clock="virtual") as azure:
        kept = points(azure)
        is_as_before(azure, move(azure, "--through-soft-delete"), kept)


def test_recovery_points_that_stay_soft_deleted_are_told_and_brought_back(forged: Forged, there: Estate) -> None:
    with forged(there, forbidden(UNDELETE), clock="virtual") as azure:
        kept = points(azure)
        done = move(azure, "--through-soft-delete")
        assert (done.code, "still soft-deleted: run the move again" in told(done)) == (1, True), done
        assert states(azure) == {"TestBkpVault": "(SoftDeleted)", "NewVault": PROTECTED}
        azure.rules()
        assert move(azure).code == 0
        assert states(azure) == {"TestBkpVault": STOPPED, "NewVault": PROTECTED}
        assert kept <= points(azure)


def test_a_disk_that_ends_protected_nowhere_is_told_as_it_is(forged: Forged, there: Estate) -> None:
    with forged(there, fails(STOP, "UserErrorX", "Made up."), forbidden(RESUME), clock="virtual") as azure:
        done = move(azure)
        assert (done.code, states(azure)) == (1, {"TestBkpVault": STOPPED}), done
        assert "could not be brought back" in told(done), done
        assert STOPPED in told(done), done
        assert "declare the old vault and apply" in told(done), done
        azure.rules()
        plan = azure.run("plan")
        assert (plan.code, "which is ProtectionStopped and doesn't protect it" in plan.out) == (1, True), plan
        assert "already protected by" not in plan.out


def test_an_old_instance_that_was_stopped_long_ago_is_not_resumed_over_its_expired_points(forged: Forged) -> None:
    """To resume it would clean up what has expired since; the disk had no backups before the move, either."""
    estate = quickstart(vaults=BOTH).aged("1d").saying(disks=[DISK | {"vault": "NewVault"}])
    with forged(estate, clock="virtual") as azure:
        azure.ask("POST", f"{azure.ids('*/backupInstances/*')[0]}/stopProtection")
        azure.advance("20d")
        kept = points(azure)
        done = move(azure)
        assert (done.code, states(azure)) == (1, {"TestBkpVault": STOPPED}), done
        assert "nothing protects the disk" in told(done), done
        assert points(azure) == kept
