"""Ten thousand disks cost what a thousand show: lists and queries by the page, and few recovery points."""

from __future__ import annotations

from collections.abc import Callable

from arm import (
    APPS,
    BACKUP_READER,
    Body,
    disk,
    disk_id,
    estate,
    grants,
    group,
    instance,
    policy,
    principal,
    role,
    vault,
    vault_id,
)
from manifests import manifest
from stage import READER, Stage

from reconciler.verbs.coverage import coverage
from reconciler.verbs.status import status

COUNT = 1000
PER_DISK = 0.05


def test_many_disks_in_few_calls_and_what_was_skipped_is_told(on_stage: Callable[..., Stage]) -> None:
    bodies: list[Body] = [vault(), policy(vault_id(), "byhand"), group(APPS, "snapshotrg")]
    bodies += [
        grants(vault_id(), disk_id("d"))[1],
        role(f"/subscriptions/{APPS}", principal(vault_id()), BACKUP_READER),
    ]
    for number in range(COUNT):
        bodies += [disk(f"d{number}"), instance(vault_id(), disk_id(f"d{number}"), "byhand")]
    stage = on_stage(estate(bodies, switches={"scheduled_backups": False}))
    said = manifest(disks=[{"select": {"subscriptions": [APPS]}, "vault": "TestBkpVault", "policy": "diskBkpPolicy"}])
    wanted = stage.manifest(said)
    with stage._acting_as(READER):
        stage.forget()
        found = stage.session.run(lambda azure, clock: status(azure, clock, wanted))
        assert len(stage.recorder.calls) <= PER_DISK * COUNT
        stage.forget()
        covered = stage.session.run(lambda azure, clock: coverage(azure, clock, wanted))
        assert len(stage.recorder.calls) <= PER_DISK * COUNT
    assert covered.count("covered") == COUNT
    assert found.skipped == ("recovery points of 980 disks were not read: only 20 are, of those in doubt",)
    assert (found.count("unknown"), found.exit_code) == (COUNT, 1), "nothing tells since when they are protected"
