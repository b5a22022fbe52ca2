"""On-demand backups: an operation that names a job, the job, and its recovery point a few minutes later."""

from __future__ import annotations

from typing import Any

from reconciler.sandbox.arm.messages import Request, Response
from reconciler.sandbox.dataprotection import operations
from reconciler.sandbox.dataprotection.errors import facing, invalid, refusal
from reconciler.sandbox.dataprotection.instances import requirements, states
from reconciler.sandbox.dataprotection.instances import routes as instances
from reconciler.sandbox.dataprotection.jobs import mishaps
from reconciler.sandbox.dataprotection.jobs import routes as jobs
from reconciler.sandbox.dataprotection.namespace import INSTANCE, provider, the, vault_id, vault_of
from reconciler.sandbox.dataprotection.recovery_points import routes as recovery_points
from reconciler.sandbox.dataprotection.spelling import at, canonical, same, text
from reconciler.sandbox.tables import Record
from reconciler.sandbox.world import World, event

_WRONG_RULE = "BMSUserErrorDPPAdhocBackupNotAllowedForBackupType"


@provider.route("POST", f"{INSTANCE}/backup", f"{instances.KIND}/backup/action")
def backup(world: World, request: Request, **ids: str) -> Response:
    """Back a disk up now, by a rule of its policy, at most ten times a day."""
    instance, vault = instances.find(world, INSTANCE.format(**ids)), the(world, vault_id(ids))
    tag = _checked(world, instance, canonical(request.body))
    address = instance["id"]
    number = world.count(address, "backup")
    job = jobs.begin(world, instance, world.guid(address, f"job {number}"), tag=tag, by_user=True)
    return jobs.answer(
        world,
        request,
        vault,
        job,
        begins=operations.between(world, address, f"backup {number}", 1.0, 2.0),
        lasts=operations.between(world, address, f"job {number}", 205.0, 228.0),
        ends="dataprotection.backup-ends",
        instance=address,
        tag=tag,
    )


def _checked(world: World, instance: Record, body: Any) -> str:
    """The retention tag of the backup that a body asks for; ArmError when it cannot be."""
    rule = text(body, "backupRuleOptions", "ruleName")
    if not rule:
        raise invalid("backupRuleOptions.ruleName is missing.")
    rules = at(world.find(text(instance, "properties", "policyInfo", "policyId")), "properties", "policyRules") or []
    if not any(text(known, "name") == rule and same(text(known, "objectType"), "AzureBackupRule") for known in rules):
        raise refusal(
            world.switch("adhoc_wrong_rule_status"),
            _WRONG_RULE,
            "The on-demand backup is not allowed for this backup type.",
        )
    tag = _tag(world, rules, text(body, "backupRuleOptions", "triggerOption", "retentionTagOverride"))
    if states.state_of(instance) != states.CONFIGURED:
        raise invalid(f"The backup instance is in the state {states.state_of(instance)}.")
    jobs.check_today(world, instance, "on-demand backups")
    return tag


def _tag(world: World, rules: list[Any], asked: str) -> str:
    """The retention tag that a backup gets: the one asked for, as its policy spells it."""
    tags = (text(rule, "name") for rule in rules if same(text(rule, "objectType"), "AzureRetentionRule"))
    found = next((tag for tag in tags if same(tag, asked)), "")
    if asked and not found and world.switch("adhoc_unknown_tag") == "refused":
        raise invalid(f"The policy has no retention for the tag {asked}.")
    return found or "Default"


@event("dataprotection.backup-ends")
def backup_ends(world: World, **data: Any) -> None:
    """The job ends: with a recovery point, or with what kept it from that."""
    job, instance = world.find(data["job"]), world.find(data["instance"])
    vault = world.find(vault_of(data["instance"]))
    if job is None:
        return
    if instance is None or vault is None:
        jobs.end(world, job, error=facing("UserErrorGenericResourceNotFound"))
        return
    error = mishaps.in_job(requirements.problem(world, vault, instance["properties"]))
    error = error or mishaps.next_for(world, instance)
    if error:
        jobs.end(world, job, error=error)
    else:
        jobs.end(world, job, point=recovery_points.make(world, instance, data["tag"], job["_began"]))
