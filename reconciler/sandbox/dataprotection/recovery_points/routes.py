"""Recovery points of disks: incremental snapshots in the snapshot resource group, newest first, of the time that a `$filter` says."""

from __future__ import annotations

import re
from datetime import UTC, datetime

from reconciler.sandbox.arm.ids import lower, name_of
from reconciler.sandbox.arm.messages import Request, Response
from reconciler.sandbox.arm.paging import page_of
from reconciler.sandbox.dataprotection.backups import wakes
from reconciler.sandbox.dataprotection.errors import invalid
from reconciler.sandbox.dataprotection.instances import routes as instances
from reconciler.sandbox.dataprotection.namespace import INSTANCE, RECOVERY_POINTS, provider, the
from reconciler.sandbox.dataprotection.policies import rules as policy_rules
from reconciler.sandbox.dataprotection.recovery_points import bodies as point_bodies
from reconciler.sandbox.dataprotection.spelling import at, same, text
from reconciler.sandbox.tables import Record
from reconciler.sandbox.world import World, adopted

KIND = point_bodies.KIND
_READ = f"{KIND}/read"
_DAY = 86400.0
_PART = re.compile(r"(startDate|endDate)\s+(?:eq|ge|le)\s+'([^']+)'", re.IGNORECASE)


def make(world: World, instance: Record, tag: str, created: float) -> Record:
    """Keep a snapshot of the instance's disk, created at that time, as a recovery point under a retention tag."""
    address, facts = instance["id"], point_bodies.facts(world, instance)
    number = world.count(address, "recovery point")
    name = world.hex32(address, f"recovery point {number}")
    snapshot = point_bodies.snapshot(world, facts, name, created)
    world.store(snapshot["id"], snapshot)
    policy = world.find(facts["policy"])
    store, expires = world.guid(address, f"store of {number}"), created + kept_days(policy, tag) * _DAY
    point = point_bodies.point(world, facts, name, store=store, created=created, expires=expires, tag=tag)
    wakes.soon(world, address)
    return world.store(point["id"], point)


def kept_days(policy: Record | None, tag: str) -> float:
    """How many days a policy keeps what bears a retention tag; a week where it says nothing of it."""
    for rule in at(policy, "properties", "policyRules") or []:
        if same(text(rule, "name"), tag) and same(text(rule, "objectType"), "AzureRetentionRule"):
            return policy_rules.days(text(rule, "lifecycles", 0, "deleteAfter", "duration"))
    return 7.0


@adopted(RECOVERY_POINTS)
def adopt(world: World, address: str, record: Record) -> None:
    """A recovery point of an estate file, or made by hand: when it was taken, when it goes, and its snapshot."""
    properties, known = record.get("properties") or {}, world.find(address)
    taken, expires = (text(properties, key) for key in ("recoveryPointTime", "expiryTime"))
    created = text(properties, "recoveryPointDataStoresDetails", 0, "creationTime") or taken
    record["_taken"] = datetime.fromisoformat(taken).timestamp() if taken else world.timestamp
    record["_created"] = datetime.fromisoformat(created).timestamp() if created else world.timestamp
    if expires:
        record["_expires"] = datetime.fromisoformat(expires).timestamp()
    instance = world.find(address.rsplit("/", 2)[0])
    if known is not None:
        record["_snapshot"] = known.get("_snapshot", "")
    elif instance is not None:
        record["_snapshot"] = _snapshot(world, instance, name_of(address), record["_created"])
    wakes.soon(world, address.rsplit("/", 2)[0])


def _snapshot(world: World, instance: Record, name: str, created: float) -> str:
    """The id of the snapshot of a recovery point that is put by hand, made where there is a group for it."""
    facts = point_bodies.facts(world, instance)
    snapshot = point_bodies.snapshot(world, facts, name, created)
    if world.resource_exists(facts["group"]):
        world.store(snapshot["id"], snapshot)
    return str(snapshot["id"])


@provider.route("GET", f"{INSTANCE}/recoveryPoints", _READ)
def rows(world: World, request: Request, **ids: str) -> Response:
    """The recovery points of an instance, newest first, of the time that `$filter` says."""
    instance = instances.find(world, INSTANCE.format(**ids))
    table, (first, last) = world.table(RECOVERY_POINTS), period(request.query.get("$filter", ""))
    every = (table[key] for key in table.below(lower(instance["id"])))
    found = sorted((point for point in every if first <= point.get("_taken", 0.0) <= last), key=_age)
    return page_of(world, request, [point_bodies.shown(world, point) for point in found], size=200)


def period(text: str) -> tuple[float, float]:
    """First and last second, since 1970, that a filter lets through; ArmError 400 for another filter."""
    bounds = {"startdate": float("-inf"), "enddate": float("inf")}
    for part in re.split(r"\s+and\s+", text.strip(), flags=re.IGNORECASE) if text.strip() else ():
        match = _PART.fullmatch(part.strip())
        if match is None:
            raise invalid(f"The filter '{text}' is not supported.")
        try:
            at = datetime.fromisoformat(match[2])
        except ValueError:
            raise invalid(f"'{match[2]}' is no time.") from None
        bounds[match[1].lower()] = (at if at.tzinfo else at.replace(tzinfo=UTC)).timestamp()
    return bounds["startdate"], bounds["enddate"]


def _age(point: Record) -> tuple[float, str]:
    return -float(point.get("_taken", 0.0)), point["name"]


@provider.route("GET", f"{INSTANCE}/recoveryPoints/{{point}}", _READ)
def get(world: World, _request: Request, **ids: str) -> Response:
    """One recovery point, with what its list leaves out."""
    return Response(200, point_bodies.in_full(world, the(world, f"{INSTANCE}/recoveryPoints/{{point}}".format(**ids))))
