"""Scenes of findings about disks, their backups and their selectors: plans of estates that are built here."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from plan_builders import (
    FORBIDDEN,
    NOW,
    UNSURE,
    VAULT,
    D,
    S,
    deleted,
    disk,
    disk_id,
    estate,
    group_id,
    instance,
    manifest,
    place,
    plan,
    policy,
    policy_body,
    removed,
    rule,
    selector,
    settled,
    there,
    without,
)
from scenes import Scenes, screen

from reconciler.model.estate import KEPT_POINTS, Estate
from reconciler.model.ids import vault_id
from reconciler.model.known import Unsure, Yes
from reconciler.model.manifest import DrillSpec, Manifest, Removed
from reconciler.model.resources import Instance, RecoveryPoint
from reconciler.model.selectors import Confirmation
from reconciler.model.short_names import ShortNames

NAMES = ShortNames({S: "platform", D: "payments"})
OTHER = vault_id(S, "vaultrg", "W")
AWS = {"k8s-azure-created-by": "kubernetes-azure-dd"}


def world(*things: Any, **said: Any) -> Estate:
    """An estate whose subscriptions have names."""
    return estate(*things, names=NAMES, **said)


def shown(desire: Manifest, estate: Estate, answers: Any = None, **options: Any) -> str:
    """The plan on a terminal."""
    return screen(plan(desire, estate, answers, **options))


def selecting(**said: Any) -> Manifest:
    """One entry that selects."""
    return manifest(rule(select=selector(**{"subscriptions": (D,), **said})))


def held(**said: Any) -> Estate:
    """The settled world, whose one instance is different."""
    return world(*without(settled(), Instance), instance(**said))


def points(*days: int) -> Yes[tuple[RecoveryPoint, ...]]:
    """Recovery points that many days old, each kept for a fortnight."""
    taken = [NOW - timedelta(days=age) for age in days]
    return Yes(tuple(RecoveryPoint(disk_id(f"p{at:%d}"), at, expires=at + timedelta(days=14)) for at in taken))


def going(**said: Any) -> Estate:
    """A disk that the manifest takes out, with three recovery points."""
    own = instance("x")
    return world(*settled(), disk("x"), own, answers={KEPT_POINTS(own.id): points(1, 2, 3)}, **said)


def entry(**said: Any) -> Removed:
    """An entry of `removed` that may delete since a few days ago."""
    kept = {"after": NOW.date() - timedelta(days=4), **said}
    confirm = kept.pop("confirm", None)
    return Removed(place(80), None, "delete", "ticket 1", confirm=Confirmation(*confirm) if confirm else None, **kept)


def leaving(told: Any = None, **said: Any) -> str:
    """A disk that is taken out, with protection stopped and three recovery points."""
    desire = manifest(removed=(entry(ids=((disk_id("x"), place(80)),), **said),))
    rows = world(*settled(), disk("x", size_gb=64), instance("x", state="ProtectionStopped"), clock=NOW)
    return shown(desire, rows, {KEPT_POINTS.word: told or points(1, 2, 3)})


def drilled(*proofs: str, failed: str = "") -> str:
    """A drill of two disks that bear such proofs, whose first one may have failed since."""
    rows = without(settled("a", "b"), Instance)
    for name, proof in zip("ab", proofs or ("", ""), strict=True):
        rows.append(
            instance(name, tags={"reconciler-owner": "team", **({"reconciler-proven": proof} if proof else {})})
        )
    if failed:
        rows[-2] = instance("a", tags={"reconciler-owner": "team", "reconciler-drill-failed": failed})
    spec = DrillSpec(place(70), "monthly", "drillrg", max_age_hours=720)
    return shown(manifest(rule(disk_id("a"), disk_id("b")), drills=(spec,)), world(*rows))


def named(**said: Any) -> str:
    """A disk that is named by id and is such."""
    return shown(manifest(), world(*without(settled(), type(disk()), Instance), disk(**said)))


def nearly() -> str:
    """One selector takes a disk and misses two, another one takes none."""
    gold = rule(select=selector(subscriptions=(D,), tags={"backup": ("gold",)}))
    other = rule(select=selector(subscriptions=(D,), tags={"team": ("payments",)}), number=1)
    rows = [one for one in settled() if type(one) is not type(disk())]
    spelled = [disk(name, tags={"Backup": "Gold"}) for name in ("sql-003", "sql-004")]
    return shown(
        manifest(gold, other),
        world(*rows, disk(tags={"backup": "gold"}), *spelled, disk("x", tags={"team": "payment"})),
    )


def gone(**said: Any) -> str:
    """One disk of ten is gone, which a selector had taken."""
    names = [f"d{number}" for number in range(9)]
    rows = world(*settled("d", *names), instance("x", state=said.pop("state", "ProtectionConfigured")))
    entry = rule(select=selector(subscriptions=(D,)), **said)
    return shown(manifest(entry), rows, {KEPT_POINTS.word: points(8, 9)})


SCENES: Scenes = {
    "not-known": lambda: shown(manifest(), world(*settled(), owned_vaults=UNSURE)),
    "out-of-reach": lambda: shown(manifest(), world(*without(settled(), type(disk()))), {"exists": FORBIDDEN}),
    "aks-volume": lambda: named(tags=AWS),
    "claimed-twice": lambda: shown(
        manifest(*(rule(select=selector(subscriptions=(D,)), number=one) for one in (1, 2))), world(*settled())
    ),
    "disk-gone": gone,
    "deletion-due": lambda: shown(manifest(removed=(removed(disk_id("x"), "delete"),)), going()),
    "confirm-differs": lambda: leaving(confirm=(2, 3)),
    "confirm-early": lambda: leaving(after=NOW.date() + timedelta(days=9), confirm=(1, 3)),
    "confirm-uncounted": lambda: leaving(confirm=(1, 3), told=UNSURE),
    "deletion-ahead": lambda: leaving(after=NOW.date() + timedelta(days=9)),
    "deletion-held": lambda: leaving(hold="legal case 12"),
    "deletion-unconfirmed": leaving,
    "removal-unclear": lambda: shown(
        manifest(removed=(entry(select=selector(subscriptions=(D,), tags={"app": ("legacy",)})),)),
        world(*settled(), instance("x", state="ProtectionStopped")),
    ),
    "expiring": lambda: gone(when_gone="expire", state="BackupsSuspended"),
    "halt-over": lambda: shown(
        manifest(rule(disk_id(), protection="suspended", until=NOW.date() - timedelta(days=4), reason="freeze, ticket 7")),
        held(state="BackupsSuspended"),
    ),
    "instance-deleting": lambda: shown(manifest(), held(state="SoftDeleting")),
    "orphan": lambda: shown(manifest(), world(*settled(), disk("x"), instance("x"))),
    "passed-over": lambda: shown(selecting(), world(*settled(), disk("pvc-1", tags=AWS))),
    "protected-elsewhere": lambda: shown(manifest(), held(of=OTHER, owner=None)),
    "retained": lambda: shown(manifest(), world(*settled(), disk("x"), instance("x", state="ProtectionStopped"))),
    "snapshot-group-immutable": lambda: shown(manifest(), held(snapshot_group=group_id(D, "elsewhere"))),
    "uncovered": lambda: shown(selecting(), world(*settled(), disk("old", ade=True))),
    "selects-nothing": nearly,
    "unchecked": lambda: shown(manifest(), world(disk()), {"holders": Unsure("Resource Graph did not answer")}),
    "unmanaged": lambda: shown(manifest(), world(*settled(), disk("x"), instance("x", owner=None))),
    "region-differs": lambda: named(location="eastus"),
    "region-unnamed": lambda: shown(
        manifest(rule(disk_id(), vault={"eastus": "V"})), world(*without(settled(), Instance))
    ),
    "disk-encryption": lambda: named(ade=True),
    "disk-deleting": lambda: named(provisioning_state="Deleting"),
    "replica-disk": lambda: shown(
        manifest(rule(disk_id("web-ASRReplica"))), world(*settled(), disk("web-ASRReplica"))
    ),
    "schedule-too-fast": lambda: named(sku="UltraSSD_LRS"),
    "drill-failed": lambda: drilled("", "2026-05-01T02:00:00Z", failed="2026-05-02T02:00:00Z"),
    "drill-late": lambda: drilled("2026-03-01T02:00:00Z", "2026-02-01T02:00:00Z"),
    "never-proven": drilled,
    "points-expire": lambda: shown(manifest(), world(*settled(), deleted(of=OTHER))),
    "soft-deleted": lambda: shown(manifest(), world(*without(settled(), Instance), deleted(of=OTHER))),
    "unknown-state": lambda: shown(manifest(), held(state="Levitating")),
    "in-progress": lambda: shown(manifest(), held(state="ConfiguringProtection")),
    "list-incomplete": lambda: shown(
        manifest(), world(*settled(), instance("x")), {"exists": there()}, prune=True
    ),
    "resume-expires": lambda: shown(manifest(), held(state="ProtectionStopped"), {"kept-points": points(18, 19, 20)}),
    "policy-not-understood": lambda: shown(
        manifest(), world(*without(settled(), Instance), policy(name="strange", body=policy_body(default="P0.5M")),
                          instance(policy=VAULT.child("backupPolicies", "strange")))
    ),
}  # fmt: skip
