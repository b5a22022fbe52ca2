"""One story by seed: a manifest and an Azure that people, other tools, faults and crashes change step by step.

Every step has chance of its own, so that a story can be told again without some of its steps. After every step the
invariants hold; at the end the faults are over, the tool is run, and Azure is as desired and stays so.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Sequence
from collections.abc import Set as AbstractSet
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from random import Random
from typing import Any

import arm
import oracle
import pytest
from arm import APPS, PLATFORM, Body
from faults import TOKEN, Injection
from invariants import one_object_each, rows
from losses import Losses, keys_of
from switching import covering
from trial import Run, Trial

from reconciler.azure.sign_in.signing import StaticToken
from reconciler.model.codes.gates import NAMES

OWNER = "story"
VAULTS = ("Alpha", "Beta")
POLICIES = ("short", "long")
DISKS = tuple(f"disk-{number}" for number in range(6))
_GATES = ("empty", "mass-change", "weakens-protection", "role-quota", "mass-gone", "selects-nothing", "two-sources")
GATES = tuple(name for name in _GATES if name in NAMES)
OPEN = ("--accept-irreversible", *(word for gate in GATES for word in ("--force", gate)))
LAGS = ("read_lag", "list_lag", "graph_lag")
DAY = 86_400.0
_LACKS_RIGHTS = ("UserErrorMissingRequiredPermissions", "UserErrorSystemIdentityNotEnabledWithVault")

_Rule = Callable[["Story", Random], "str | None"]
RULES: dict[str, tuple[_Rule, int]] = {}


def rule(weight: int) -> Callable[[_Rule], _Rule]:
    """Register a rule: it returns what it did in words, None when there was nothing to do."""

    def register(function: _Rule) -> _Rule:
        RULES[getattr(function, "__name__", "")] = (function, weight)
        return function

    return register


def vault_of(name: str) -> str:
    """The id of a vault of the story."""
    return arm.vault_id(name, f"{name}-group")


@dataclass
class Story:
    """A story while it is told; `told` is what happened so far, a line a step."""

    seed: int
    trial: Trial
    said: Body
    before: Body
    told: list[str] = field(default_factory=list)
    cures: dict[str, Callable[[], object]] = field(default_factory=dict)
    gone_by_hand: set[str] = field(default_factory=set)
    blurs: list[Injection] = field(default_factory=list)
    patience: float = 3600.0
    runs: int = 0

    def __post_init__(self) -> None:
        self.losses = Losses(self.trial)

    # What the rules need

    def keep(self) -> None:
        """The manifest as it is now becomes the former one."""
        self.before = json.loads(json.dumps(self.said))

    @property
    def sandbox(self) -> Any:
        return self.trial.sandbox

    def entry(self, name: str) -> Body | None:
        """The entry of a disk that is declared by id."""
        return next((row for row in self.said["disks"] if row.get("id") == arm.disk_id(name)), None)

    def instances(self) -> list[Body]:
        """Every active, stopped or suspended instance."""
        return [row for row in rows(self.trial, "backupinstances") if "dataSourceInfo" in row.get("properties", {})]

    def deleted(self) -> list[Body]:
        """Every soft-deleted instance."""
        return rows(self.trial, "deletedbackupinstances")

    def there(self, address: str) -> bool:
        """Whether a resource is there."""
        return bool(self.sandbox.ids(address))

    def manifest(self) -> Body:
        """The manifest as data, without empty lists."""
        return {key: value for key, value in self.said.items() if value not in ([], {})}

    def apply(self, *flags: str) -> Run:
        """Apply the manifest as it is; every gate but the deletions' is opened."""
        return self.runs_apply("--auto-approve", *self.trial.flags, *flags)

    def runs_apply(self, *flags: str) -> Run:
        """Apply the manifest as it is, with these flags alone."""
        self.trial.said = self.manifest()
        self.runs += 1
        self.trial.is_blurred = self.losses.is_blurred = self.is_blurred
        self.losses.begins([self.trial.said], flags)
        run = self.trial.run("apply", *flags)
        if run.outcome is None:
            refused = "error[gate]" in run.text
            assert not (refused and run.writes), f"I1: written behind a closed gate: {run.text}"
        assert "error[unexpected]" not in run.text, run.text
        return run

    def asks(self, verb: str) -> Run:
        """Run what only looks; where it says that all is well, it is."""
        self.trial.said = self.manifest()
        self.losses.begins([self.trial.said], ())
        run = self.trial.run(verb)
        assert "error[unexpected]" not in run.text, run.text
        assert not run.writes, f"I1: {verb} wrote {run.writes}"
        says_all = "No drift so far. Azure is still working on " not in run.text
        if run.code == 0 and says_all and not (self.trial.is_lagging or self.is_blurred or run.meets_others):
            {"drift": oracle.check_green, "status": oracle.check_backups}[verb](self.trial, self.said)
        return run

    def asks_back(self, disks: Sequence[str]) -> Run:
        """Restore disks to their old ids."""
        self.trial.said = self.manifest()
        self.losses.begins([self.trial.said], ())
        subjects = disks if len(disks) > 1 else ("--select", f"names={disks[0].rsplit('/', 1)[-1]}")
        run = self.trial.run("restore", *subjects, "--newest", "--auto-approve")
        assert "error[unexpected]" not in run.text, run.text
        return run

    @property
    def is_blurred(self) -> bool:
        """Whether lists lack rows now."""
        return any(row in self.trial.weather.injections and len(row.hits) < row.times for row in self.blurs)

    def gives_up(self, name: str) -> None:
        """Whoever owns the manifest takes a disk out that is gone; what was backed up of it stays."""
        address = arm.disk_id(name)
        self.said["disks"] = [row for row in self.said["disks"] if row.get("id") != address]
        if not any(row["id"] == address for key in ("removed", "excluded") for row in self.said[key]):
            self.said["removed"].append({"id": address, "data": "retain", "reason": "ticket 4712"})

    def flags(self) -> list[str]:
        """What opens every gate, with the exact count of deletions and of recovery points that resumes clean up."""
        self.trial.said = self.manifest()
        plan = self.trial.plan(*OPEN)
        gates = plan.plan.gates if plan.plan else ()
        return [*OPEN, *keys_of([gate.hint for gate in gates])]

    # Telling

    def tell(self, steps: int, *, without: AbstractSet[int] = frozenset()) -> None:
        """The story's steps, but for some, and its end."""
        names = list(RULES)
        weights = [weight for _, weight in RULES.values()]
        for number in range(steps):
            chance = Random(f"{self.seed}/{number}")
            (name,) = chance.choices(names, weights)
            if number in without:
                continue
            known = self._known()
            did = RULES[name][0](self, chance)
            if did is not None:
                self.told.append(f"{number:3} {name}: {did}")
                self._check(known)
        self.told.append("  the end")
        self._end()

    def _known(self) -> dict[str, str]:
        """The disk of every instance that isn't deleted."""
        return {row["id"].lower(): disk_of(row) for row in self.instances()}

    def _check(self, known: dict[str, str]) -> None:
        """I2; and no instance is lost that nobody asked to delete."""
        one_object_each(self.trial)
        self.losses.check()
        kept = {row["id"].lower() for row in self.instances()}
        deleted = {row["id"].lower().replace("/deletedbackupinstances/", "/backupinstances/") for row in self.deleted()}
        asked = {
            row["id"].lower() for said in (self.said, self.before) for row in said["removed"] if row["data"] == "delete"
        }
        for address, disk in known.items():
            if address in kept or address in self.gone_by_hand:
                continue
            assert address in deleted, f"lost: {address} is gone for good"
            assert disk in asked, f"lost: {address} was deleted, and nobody asked for it"
        self.gone_by_hand &= kept  # a deletion takes its time

    def _end(self) -> None:
        trial = self.trial
        trial.clear()
        trial.token = lambda: StaticToken(TOKEN)
        for name in LAGS:
            trial.switch(**{name: "0"})
        trial.switch(given_up_instance="repaired")  # what no write mends is told, T7, and no apply settles it
        for name in sorted(self.cures, key=lambda name: "/locks/" not in name):  # a lock forbids other cures
            self.cures[name]()
        self.blurs.clear()
        trial.wait(self.patience)
        self._put_where_they_are()
        trial.is_lagging = trial.has_rivals = False
        self._apply_until_well()
        self._check_rest()
        trial.wait(26 * 3600)  # role assignments that nobody needs may go when they are a day old
        self._apply_until_well()
        self._check_rest()
        trial.wait(26 * 3600)
        self._check_rest()

    def _put_where_they_are(self) -> None:
        """A disk whose instance lies in another vault can't move: somebody takes that instance away."""
        wanted = oracle.wanted(self.trial, self.said)
        for row in (*self.instances(), *self.deleted()):
            entry = wanted.get(disk_of(row))
            if entry is not None and row["id"].lower().split("/")[8] != entry["vault"].lower():
                self.remove(row["id"])

    def _apply_until_well(self) -> None:
        for attempt in range(4):
            run = self.apply(*self.flags())
            if run.code == 0:
                return
            self.told.append(f"  attempt {attempt + 1}: exit {run.code}")
            self._delete_without_rights(run)
            self.trial.wait(1800)
        raise AssertionError(f"I3: it doesn't settle: {run.text}")

    def _delete_without_rights(self, run: Run) -> None:
        """A vault whose permissions or identity are gone can't delete, and says so: somebody takes that instance away."""
        asked = {row["id"].lower() for row in self.said["removed"] if row["data"] == "delete"}
        for row in run.outcome.results if run.outcome else ():
            disk = row.address.lower().removeprefix("disk/")
            if disk in asked and row.code in _LACKS_RIGHTS:
                for held in (one for one in self.instances() if disk_of(one) == disk):
                    self.remove(held["id"])

    def remove(self, address: str) -> list[str]:
        """Somebody takes something away, past all of Azure's checks; the ids that are gone."""
        self.losses.is_by_hand = True
        try:
            return list(self.sandbox.remove(address))
        finally:
            self.losses.is_by_hand = False

    def _check_rest(self) -> None:
        plan = self.trial.plan("--detailed-exitcode")
        assert plan.plan is not None, plan.text
        assert (plan.code, plan.plan.changes, plan.plan.waits) == (0, (), ()), f"I3: {plan.text}"
        again = self.apply()
        assert (again.code, again.writes) == (0, []), f"I3: {again.text}"
        oracle.check(self.trial, self.said)
        self.losses.check()


def disk_of(row: Body) -> str:
    """The disk of an instance, lower-cased."""
    return str(row["properties"]["dataSourceInfo"]["resourceID"]).lower()


@contextmanager
def story(seed: int, folder: Path) -> Iterator[Story]:
    """The beginning of the story of a seed."""
    chance = Random(seed)
    said = _manifest(chance)
    targets = [arm.group_id(APPS, "diskrg")]
    estate = arm.estate(_resources(chance), switches=_switches(chance), seed=seed % 1000, restoreTargets=targets)
    with pytest.MonkeyPatch.context() as patch, Trial(folder, estate, said, OPEN, patch) as trial:
        trial.is_lagging = any(trial.sandbox.world.switch(name) != "0" for name in LAGS)
        trial.api_version = None
        yield Story(seed, trial, said, json.loads(json.dumps(said)))


def _manifest(chance: Random) -> Body:
    names = chance.sample(DISKS, chance.randint(1, 4))
    return {
        "apiVersion": "reconciler/v1",
        "name": OWNER,
        "defaults": {"subscription": PLATFORM, "location": "westus", "snapshotResourceGroup": "snapshotrg"},
        "vaults": [{"name": name, "resourceGroup": f"{name}-group"} for name in VAULTS],
        "policies": [policy(name, chance) for name in POLICIES],
        "snapshotResourceGroups": [{"name": "snapshotrg", "location": "westus"}],
        "roleAssignments": {"scope": chance.choice(("disk", "disk", "resourceGroup", "subscription"))},
        "disks": [entry(name, chance) for name in sorted(names)],
        "excluded": [],
        "removed": [],
    }


def policy(name: str, chance: Random) -> Body:
    """A policy's entry, within Azure's limits; no two of them are ever the same policy."""
    hours = chance.choice((4, 6) if name == POLICIES[0] else (12, 24))
    schedule = {"daily": "02:00"} if hours == 24 else {"every": f"{hours}h", "at": chance.choice(("13:00", "01:30"))}
    kept = {"default": f"{chance.choice((7, 10, 14))}d"}
    if hours < 24 and chance.random() < 0.4:
        kept["weekly"] = "8w"
    return {"name": name, "schedule": schedule, "timeZone": chance.choice(("UTC", "Europe/Berlin")), "retention": kept}


def entry(name: str, chance: Random) -> Body:
    """A disk's entry."""
    return {"id": arm.disk_id(name), "vault": chance.choice(VAULTS), "policy": chance.choice(POLICIES)}


def _resources(chance: Random) -> list[Body]:
    found = [arm.disk(name, tags=chance.choice((None, {"backup": "gold"}))) for name in DISKS]
    found.append(arm.group(APPS, "diskrg"))
    if chance.random() < 0.4:
        address = vault_of("Alpha")
        found.append(arm.vault(address, tags=chance.choice((None, {"env": "prod"}))))
        if chance.random() < 0.7:
            disk = arm.disk_id(chance.choice(DISKS))
            state = chance.choice(
                ("ProtectionConfigured", "ProtectionConfigured", "ProtectionStopped", "BackupsSuspended")
            )
            found += [arm.group(APPS, "snapshotrg"), arm.policy(address, "by-hand"), *arm.grants(address, disk)]
            found.append(arm.instance(address, disk, "by-hand", state=state))
    return found


_ROWS = [row for row in covering() if row["secure_by_default"] != "everywhere"]


def _switches(chance: Random) -> Body:
    return dict(chance.choice(_ROWS)) if chance.random() < 0.4 else {}
