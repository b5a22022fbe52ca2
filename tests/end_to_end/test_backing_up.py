"""On-demand backups, jobs and recovery points: what was asked for, what came of it, and what can be restored."""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import jsonschema
import pytest
from arm import disk, disk_id, estate, vault_id
from manifests import POLICY, manifest
from manifests import disk as entry
from stage import READER, Stage

from reconciler.base.schemas import schema_text
from reconciler.model.codes import errors as error_codes
from reconciler.model.errors import OperationFailed, ReconcilerError, UsageError
from reconciler.model.jobs import Job
from reconciler.model.results.backup import Backup
from reconciler.report.backup import backups_document, backups_listing
from reconciler.report.documents import text
from reconciler.report.jobs import jobs_document, jobs_listing
from reconciler.report.listing import listing_markdown, listing_text
from reconciler.report.recovery_points import points_document, points_listing
from reconciler.sandbox.arm.messages import Request as Asked
from reconciler.sandbox.arm.messages import Response
from reconciler.sandbox.sandbox import Hook
from reconciler.verbs import jobs as operation
from reconciler.verbs.backup import Request, back_up
from reconciler.verbs.jobs import Filter
from reconciler.verbs.recovery_points import recovery_points

HOUR, DAY = 3600, 86400
SAID = manifest(
    disks=[entry("one"), entry("two")],
    policies=[POLICY | {"retention": {"default": "7d", "daily": "14d"}}],
)


@pytest.fixture
def stage(on_stage: Callable[..., Stage]) -> Stage:
    opened = on_stage(estate(disk("one"), disk("two"), disk("unprotected")))
    assert opened.apply(SAID).ok
    opened.forget()
    return opened


def backed_up(stage: Stage, *named: str, said: Any = None, **asked: Any) -> tuple[Backup, ...]:
    wanted = stage.manifest(said or SAID)
    request = Request(**{"deadline": stage.session.clock.monotonic() + HOUR, **asked})
    return stage.session.run(lambda azure, clock: back_up(azure, clock, wanted, named, request, lambda _: None))


def listed(stage: Stage, *, everywhere: bool = False, **said: Any) -> list[Job]:
    wanted = None if everywhere else stage.manifest(SAID)
    with stage._acting_as(READER):
        return stage.session.run(lambda azure, _: operation.found(azure, wanted, Filter(**said)))


def posts(stage: Stage) -> list[Any]:
    return [call.body for call in stage.writes() if call.kind == "POST backup"]


def valid(name: str, document: Any) -> Any:
    found = json.loads(text(document))
    jsonschema.validate(found, json.loads(schema_text(name)))
    return found


def test_every_declared_disk_is_backed_up_and_waited_for(stage: Stage) -> None:
    rows = backed_up(stage, wait=True)
    assert [(row.disk.name, row.status, row.retention_rule) for row in rows] == [
        ("one", "completed", "Default"),
        ("two", "completed", "Default"),
    ]
    assert {body["backupRuleOptions"]["ruleName"] for body in posts(stage)} == {"BackupHourly"}
    wanted = stage.manifest(SAID)
    with stage._acting_as(READER):
        found = stage.session.run(lambda azure, clock: recovery_points(azure, clock, wanted))
    points = [row.points[0].id.name for row in found]
    assert points == [row.job.point for row in rows if row.job]
    valid("backup", backups_document(rows, manifest="m"))
    assert listing_text(backups_listing(rows)).endswith("Backup: 2 completed of 2 disks.\n")
    assert "| completed | one | Default |" in listing_markdown(backups_listing(rows))


@pytest.mark.parametrize("status", [403, 404])
def test_a_backup_whose_operation_cannot_be_read_is_found_among_the_jobs(stage: Stage, status: int) -> None:
    """Reading operations wants a right of its own; that it was taken is not that it has ended."""
    handle = stage.recorder.handle

    def handled(method: str, url: str, *rest: Any) -> Any:
        return (status, {}, b"", 0.0) if "/operationStatus/" in url else handle(method, url, *rest)

    stage.recorder.handle = handled  # type: ignore[method-assign]
    (row,) = backed_up(stage, "one", wait=True)
    assert (row.status, row.job is not None and row.job.status) == ("completed", "Completed")


def test_a_backup_that_shows_no_job_is_not_called_well(stage: Stage) -> None:
    handle = stage.recorder.handle

    def handled(method: str, url: str, *rest: Any) -> Any:
        if "/operationStatus/" in url:
            return 404, {}, b"", 0.0
        if url.partition("?")[0].endswith("/backupJobs"):
            return 200, {}, b'{"value": []}', 0.0
        return handle(method, url, *rest)

    stage.recorder.handle = handled  # type: ignore[method-assign]
    (row,) = backed_up(stage, "one", wait=True)
    assert (row.status, row.ok) == ("in-progress", False)
    (row,) = backed_up(stage, "two")
    assert (row.status, row.ok) == ("started", True), "it began, and nobody asked for more"
    assert len(posts(stage)) == 2


def test_a_retention_rule_is_an_override_without_regard_to_case(stage: Stage) -> None:
    (row,) = backed_up(stage, "TW*", retention_rule="daily")
    assert (row.disk.name, row.status, row.retention_rule) == ("two", "started", "Daily")
    assert posts(stage) == [
        {"backupRuleOptions": {"ruleName": "BackupHourly", "triggerOption": {"retentionTagOverride": "Daily"}}}
    ]
    (bad,) = backed_up(stage, "two", retention_rule="Yearly")
    assert (bad.status, bad.code, bad.hint) == ("refused", "no-such-rule", "choose from Default, Daily")
    (empty,) = backed_up(stage, "two", retention_rule="")
    assert (empty.status, empty.code) == ("refused", "no-such-rule"), "a slip, and no wish for the default"
    assert len(posts(stage)) == 1


def test_a_dry_run_sends_nothing(stage: Stage) -> None:
    rows = backed_up(stage, dry_run=True)
    assert [row.status for row in rows] == ["ready", "ready"]
    assert stage.writes() == []
    assert "Nothing was sent" in listing_text(backups_listing(rows, dry_run=True))


def test_requests_under_way_are_bounded(stage: Stage) -> None:
    def moments() -> list[float]:
        return [call.at for call in stage.writes() if call.kind == "POST backup"]

    assert all(row.ok for row in backed_up(stage))
    first, second = moments()
    assert first == second
    stage.forget()
    assert all(row.ok for row in backed_up(stage, parallelism=1))
    first, second = moments()
    assert first < second


def test_what_can_not_be_recorded_is_not_sent(stage: Stage) -> None:
    class Full:
        def intent(self, _write: Any) -> None:
            raise ReconcilerError("the disk is full", code=error_codes.UNAUDITED)

        def result(self, _write: Any, _answer: Any) -> None:
            raise AssertionError

    async def audited(azure: Any, _clock: Any) -> None:
        azure.audited.ledger = Full()

    stage.session.run(audited)
    assert [(row.status, row.code) for row in backed_up(stage)] == [("failed", "unaudited")] * 2
    assert stage.writes() == []


def test_ten_a_day_are_counted_before_anything_is_sent(stage: Stage) -> None:
    for _ in range(10):
        assert backed_up(stage, "one")[0].ok
    stage.forget()
    rows = backed_up(stage)
    assert [(row.status, row.code) for row in rows] == [("refused", "backup-limit"), ("started", "")]
    assert len(posts(stage)) == 1
    assert "refused" in listing_text(backups_listing(rows))
    valid("backup", backups_document(rows, manifest="m"))
    stage.wait(DAY)
    assert backed_up(stage, "one")[0].ok


def test_what_is_not_protected_is_refused_and_the_rest_goes_on(stage: Stage) -> None:
    one = stage.instances(vault_id())["one"]["id"]
    stage.ask("POST", f"{one}/suspendBackups")
    stage.wait(120)
    said = SAID | {"disks": [*SAID["disks"], entry("unprotected")]}
    rows = {row.disk.name: (row.status, row.code) for row in backed_up(stage, said=said)}
    assert rows == {
        "one": ("refused", "not-protected"),
        "two": ("started", ""),
        "unprotected": ("refused", "not-protected"),
    }


def test_names_that_mean_no_disk_or_two_are_refused(on_stage: Callable[..., Stage]) -> None:
    twins = [disk("twin", group="a"), disk("twin", group="b")]
    stage = on_stage(estate(*twins))
    said = manifest(disks=[{"id": [row["id"] for row in twins], "vault": "TestBkpVault", "policy": "diskBkpPolicy"}])
    assert stage.apply(said).ok
    for named, code in (("nobody", "no-such-disk"), ("TWIN", "disk-ambiguous")):
        with pytest.raises(UsageError) as refused:
            backed_up(stage, named, said=said)
        assert refused.value.code == code
    assert len(backed_up(stage, twins[0]["id"].upper(), said=said)) == 1
    assert len(backed_up(stage, "tw*", "twi?", said=said)) == 2


def test_a_job_that_fails_tells_azures_reason_and_a_way_out(stage: Stage) -> None:
    stage.sandbox.fail(disk_id("one"), "UserErrorDiskBackupAuthorizationFailed", 1)
    one, two = backed_up(stage, wait=True)
    assert (one.status, one.code, two.status) == ("failed", "UserErrorDiskBackupAuthorizationFailed", "completed")
    assert "reconciler plan" in one.hint
    (failed,) = listed(stage, statuses=("failed",))
    told = listing_text(jobs_listing([failed]))
    assert "code: UserErrorDiskBackupAuthorizationFailed\n  hint: find out which role or lock" in told
    assert "reconciler plan" in listing_markdown(jobs_listing([failed]))
    found = valid("jobs", jobs_document([failed], manifest="m"))
    assert found["jobs"][0]["error"]["code"] == "UserErrorDiskBackupAuthorizationFailed"


def test_the_nested_reason_of_a_scheduled_failure_is_dug_out(stage: Stage) -> None:
    for address in stage.sandbox.ids(f"{disk_id('one')}/providers/Microsoft.Authorization/roleAssignments/*"):
        stage.sandbox.remove(address)
    stage.wait(DAY)
    failed = listed(stage, statuses=("Failed",), disks=("one",))
    assert len(failed) in {5, 6, 7}
    assert "does not have authorization to perform action" in listing_text(jobs_listing(failed[:1]))
    assert "aka.ms/UserErrorMissingRequiredPermissions" in listing_text(jobs_listing(failed[:1]))


def test_jobs_are_filtered_by_status_operation_disk_vault_and_time(stage: Stage) -> None:
    stage.wait(DAY)
    backed_up(stage, "one")
    now = stage.session.clock.now()
    everything = listed(stage)
    assert [job.began for job in everything] == sorted((job.began for job in everything if job.began), reverse=True)
    assert {job.disk.name for job in listed(stage, disks=("o*",)) if job.disk} == {"one"}
    assert len(listed(stage, disks=(disk_id("two").upper(),))) == len(everything) - len(listed(stage, disks=("one",)))
    assert [job.by_user for job in listed(stage, statuses=("inprogress",))] == [True]
    assert listed(stage, operations=("Restore",)) == []
    assert listed(stage, vaults=("other",)) == []
    assert len(listed(stage, vaults=("testbkp*",))) == len(everything)
    recent, older = (
        listed(stage, since=now - timedelta(hours=12)),
        listed(stage, until=now - timedelta(hours=12)),
    )
    assert len(recent) + len(older) == len(everything)
    assert min(len(recent), len(older)) > 2


def test_resource_graph_tells_of_every_job_page_by_page(stage: Stage) -> None:
    stage.wait(DAY)
    stage.switch(page_size=2)
    assert [job.id for job in listed(stage, everywhere=True)] == [job.id for job in listed(stage)]
    asked = [call for call in stage.recorder.calls if "resourcegraph" in call.path.lower()]
    assert len(asked) > 5


def test_a_job_is_shown_in_full_and_waited_for(stage: Stage) -> None:
    (row,) = backed_up(stage, "one")
    assert row.job_id is not None
    name, wanted = row.job_id.name, stage.manifest(SAID)
    (running,) = stage.session.run(lambda azure, _: operation.shown(azure, wanted, [name]))
    assert (running.status, running.tag, running.ended) == ("InProgress", "Default", None)
    seen: list[str] = []

    def waited(seconds: float) -> list[Job]:
        deadline = stage.session.clock.monotonic() + seconds
        return stage.session.run(
            lambda azure, clock: operation.waited(
                azure, clock, [running], deadline=deadline, tell=lambda job: seen.append(job.status)
            )
        )

    with pytest.raises(OperationFailed, match="still InProgress"):
        waited(60)
    (ended,) = waited(HOUR)
    assert (ended.status, seen[0], seen[-1]) == ("Completed", "InProgress", "Completed")
    with pytest.raises(UsageError, match="There is no job nothing"):
        stage.session.run(lambda azure, _: operation.shown(azure, wanted, ["nothing"]))


class Losing(Hook):
    """The answer to the first backup is lost, after Azure has begun it."""

    def __init__(self) -> None:
        self.lost = 0

    def after(self, request: Asked, response: Response) -> Response:
        if request.path.endswith("/backup") and not self.lost:
            self.lost += 1
            raise ConnectionResetError
        return response


def test_a_backup_whose_answer_was_lost_is_looked_for_and_not_sent_again(stage: Stage) -> None:
    stage.sandbox.hooks.append(Losing())
    (row,) = backed_up(stage, "one", wait=True)
    assert row.status == "completed"
    assert len(listed(stage, disks=("one",))) == 1


def test_recovery_points_come_newest_first_with_their_rules(stage: Stage) -> None:
    stage.wait(3 * DAY)
    wanted = stage.manifest(SAID)
    with stage._acting_as(READER):
        (found,) = stage.session.run(
            lambda azure, clock: recovery_points(azure, clock, wanted, [disk_id("two")], most=10)
        )
    times = [point.taken for point in found.points]
    assert times == sorted(times, reverse=True)
    assert (len(times), found.found > 15) == (10, True)
    assert {point.retention_rule for point in found.points} == {"Default", "Daily"}
    document = valid("recovery-points", points_document([found], manifest="m"))
    assert document["disks"][0]["count"] == found.found
    assert f"{found.found - 10} older ones are left out" in listing_text(points_listing([found]))
    assert "| Incremental | Default |" in listing_markdown(points_listing([found]))
