"""A reviewed plan that stops or deletes protection, in an estate that moves: what stands is done with its own keys."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import AbstractContextManager
from typing import Any

import pytest
from arm import disk as disk_body
from arm import disk_id
from forging import Azure, Done, before, selected
from manifests import selecting

Forged = Callable[..., AbstractContextManager[Azure]]
VIRTUAL = {"clock": "virtual"}
GOLD = {"backup": "gold"}
NAMES = ("disk-01", "disk-02")
REST = selecting(GOLD)


def removing(**said: Any) -> dict[str, Any]:
    """Two disks leave, and all others stay."""
    entries = [{"id": disk_id(name), "reason": "ticket 1", **said} for name in NAMES]
    return {"disks": [REST], "removed": entries}


def state(name: str) -> dict[str, Any]:
    return {"properties": {"currentProtectionState": name, "protectionStatus": {"status": name}}}


def reviewed(azure: Azure, *keys: str) -> None:
    done = azure.run("plan", "--out", "plan.json", *keys)
    assert done.code in {0, 2}, done


def unmoved(azure: Azure, *more: str) -> Done:
    return azure.run("apply", "plan.json", "backup.yaml", "--unmoved", "--format", "json", *more)


def left(done: Done) -> list[str]:
    return sorted(one["address"].rpartition("/")[2] for one in done.document["rest"]["changes"])


def sent(done: Done, word: str) -> list[str]:
    """The disks of whose instances a `DELETE` or a POST to `word` was sent."""
    paths = [one.path for one in done.writes if one.method == word or one.path.endswith(f"/{word}")]
    return sorted(path.split("/backupInstances/")[1][:7] for path in paths if "/backupInstances/" in path)


DELETING = ("--allow-delete", "2")


@pytest.mark.parametrize(
    ("data", "keys", "word"), [("retain", (), "stopProtection"), ("delete", DELETING, "DELETE")], ids=["stop", "delete"]
)
def test_what_was_reviewed_is_done_with_its_key_whatever_else_is_new(
    forged: Forged, data: str, keys: tuple[str, ...], word: str
) -> None:
    with forged(selected(12).aged("1d").saying(**removing(data=data)), **VIRTUAL) as azure:
        reviewed(azure, *keys)
        azure.put(disk_id("more"), disk_body("more", tags=GOLD))
        done = unmoved(azure, *keys)
        assert (done.code, sent(done, word), left(done)) == (2, [*NAMES], ["more", "more"]), done
        assert not [one for one in done.writes if "/more" in one.path]


@pytest.mark.parametrize(
    ("data", "keys", "word"), [("retain", (), "stopProtection"), ("delete", DELETING, "DELETE")], ids=["stop", "delete"]
)
def test_what_moved_is_listed_and_the_other_is_done(
    forged: Forged, data: str, keys: tuple[str, ...], word: str
) -> None:
    with forged(selected(12).aged("1d").saying(**removing(data=data)), **VIRTUAL) as azure:
        reviewed(azure, *keys)
        azure.patch("*/backupInstances/disk-02-*", state("BackupsSuspended"))
        done = unmoved(azure, *keys)
        assert (done.code, sent(done, word), left(done)) == (2, ["disk-01"], ["disk-02"]), done
        assert done.document["rest"]["changes"][0]["because"] == "it changed since the review"
        assert not [one for one in done.writes if "disk-02" in one.path]


def test_what_somebody_has_deleted_since_is_no_longer_planned(forged: Forged) -> None:
    with forged(selected(12).aged("1d").saying(**removing(data="delete")), **VIRTUAL) as azure:
        reviewed(azure, *DELETING)
        (own,) = azure.ids("*/backupInstances/disk-02-*")
        azure.ask("DELETE", own)
        azure.advance("10m")
        done = unmoved(azure, *DELETING)
        assert (done.code, sent(done, "DELETE")) == (2, ["disk-01"]), done
        assert [one.rpartition("/")[2] for one in done.document["rest"]["gone"]] == ["disk-02"]


@pytest.mark.parametrize("keys", [(), ("--allow-delete", "1"), ("--allow-delete", "3")])
def test_without_the_key_that_was_reviewed_nothing_is_done(forged: Forged, keys: tuple[str, ...]) -> None:
    with forged(selected(12).aged("1d").saying(**removing(data="delete")), **VIRTUAL) as azure:
        reviewed(azure, *DELETING)
        done = unmoved(azure, *keys)
        assert (done.code, done.writes, "other-options" in done.text) == (1, [], True), done


def test_a_plan_that_its_gate_refused_deletes_nothing(forged: Forged) -> None:
    with forged(selected(12).aged("1d").saying(**removing(data="delete")), **VIRTUAL) as azure:
        azure.run("plan", "--out", "plan.json", "--allow-delete", "3")
        done = unmoved(azure, "--allow-delete", "3")
        assert (done.code, done.writes, "gate[allow-delete]" in done.text) == (1, [], True), done


def test_a_deletion_that_nobody_reviewed_is_left(forged: Forged) -> None:
    with forged(selected(12).aged("1d").saying(**removing(data="retain")), **VIRTUAL) as azure:
        reviewed(azure)
        azure.declare(selected(12).saying(**removing(data="delete")).manifest)
        done = unmoved(azure)
        assert (done.code, done.writes) == (2, []), done


def test_what_moves_during_the_run_is_left(forged: Forged) -> None:
    """The look right before a deletion is limited to what the run began with, and to the same changes."""

    def take(azure: Azure) -> None:
        azure.patch("*/backupInstances/disk-02-*", {"tags": {"reconciler-owner": "other"}})
        azure.put(disk_id("more"), disk_body("more", tags=GOLD))

    rule = before("GET */backupInstances/disk-02-*", take)
    with forged(selected(12).aged("1d").saying(**removing(data="delete")), rule, **VIRTUAL) as azure:
        reviewed(azure, *DELETING)
        done = unmoved(azure, *DELETING)
        assert (done.code, sent(done, "DELETE")) == (1, ["disk-01"]), done
        assert "was taken over by the manifest `other` meanwhile" in done.text
        assert not [one for one in done.writes if "/more" in one.path]
