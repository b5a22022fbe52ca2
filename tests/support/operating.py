"""What restore, drill and move do, on a stage: the same planners and the same engine as behind their commands."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from functools import partial
from typing import Any, NamedTuple

from arm import APPS, disk, disk_id, estate, group, group_id, instance_id, vault_id
from manifests import manifest
from stage import Stage

from reconciler.flow.look import Planner, look
from reconciler.model.ids import ArmId
from reconciler.model.names import drill_disk_name, instance_name
from reconciler.model.plan import Plan
from reconciler.model.results.outcome import Outcome
from reconciler.planning import drilling, restoring

TARGET = group_id(APPS, "restorerg")
SCRATCH = group_id(APPS, "drillrg")
DRILL = {"name": "monthly", "targetResourceGroup": "drillrg", "maxAge": "30d"}
RUN = "0f8fad5b-d9cb-469f-a165-70867728950e"


class Done(NamedTuple):
    """What was planned and what came of it."""

    plan: Plan
    outcome: Outcome

    @property
    def result(self) -> Any:
        """The one result that is about a disk."""
        (found,) = [row for row in self.outcome.results if str(row.kind) not in ("role", "group", "policy", "vault")]
        return found


def world(*resources: Any, **more: Any) -> dict[str, Any]:
    """The walkthrough's disk, and resource groups to restore into."""
    rows = resources or (group(APPS, "diskrg"), disk("PSTestDisk", tags={"app": "shop"}))
    targets = [group(APPS, "restorerg"), group(APPS, "drillrg")]
    return estate(*rows, *targets, restoreTargets=[TARGET, SCRATCH], **more)


def back_up(stage: Stage, *names: str, vault: str = "") -> None:
    """Have a recovery point of each of these disks."""
    for name in names or ("PSTestDisk",):
        instance = instance_id(vault or vault_id(), instance_name(ArmId(disk_id(name))))
        stage.ask(
            "POST", f"{instance}/backup", {"backupRuleOptions": {"ruleName": "BackupHourly", "triggerOption": {}}}
        )
    stage.wait(600)
    stage.sandbox.world.settle()


def planned(stage: Stage, said: Any, planner: Planner, *, subscriptions: Sequence[str] = (), **options: Any) -> Plan:
    """The plan of an operation."""
    compiled, chosen = stage.manifest(said), stage._options(options)
    return stage.session.run(
        lambda azure, clock: look(azure, compiled, chosen, clock, planner=planner, subscriptions=subscriptions)
    )


def done(stage: Stage, said: Any, planner: Planner, **options: Any) -> Done:
    """An operation, planned and carried out; AssertionError when it is refused."""
    plan = planned(stage, said, planner, **options)
    assert not plan.errors, [f"{row.code}: {row.message}" for row in plan.errors]
    return Done(plan, stage.carry_out(plan))


def wish(disk: str = "PSTestDisk", **said: Any) -> Planner:
    """The planner of a restore."""
    made = restoring.Wish(**{"disk": disk, "group": "restorerg", "run": RUN, "name": "copy", **said})
    return partial(restoring.make, wish=made)


def drilled(stage: Stage, said: Mapping[str, Any], run: str = RUN) -> Planner:
    """The planner of all drills of a manifest."""
    return partial(drilling.make, drills=stage.manifest(said).drills, run=run)


def trial_disk(name: str = "PSTestDisk", drill: str = "monthly") -> str:
    """The id of the disk that a drill makes."""
    return f"{SCRATCH}/providers/Microsoft.Compute/disks/{drill_disk_name('quickstart', drill, ArmId(disk_id(name)))}"


def moment(text: str) -> datetime:
    """A moment in UTC."""
    return datetime.fromisoformat(text).replace(tzinfo=UTC)


def with_drill(**said: Any) -> dict[str, Any]:
    """The walkthrough's manifest with a monthly drill."""
    return manifest(drills=[DRILL | said])
