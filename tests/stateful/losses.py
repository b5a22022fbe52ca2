"""What the tool takes away, and what Azure loses by it: told by the simulated Azure itself, with none of the tool's code.

No recovery point goes that neither expired under its policy nor was announced and keyed; nothing is stopped, deleted
or revoked that a manifest at work still wants.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any, NamedTuple

import oracle
from arm import BACKUP_READER, SNAPSHOT_CONTRIBUTOR, Body
from trial import Trial

from reconciler.sandbox.sandbox import Hook
from reconciler.sandbox.tables import Table

INSTANCES = "microsoft.dataprotection/backupvaults/backupinstances"
POINTS = f"{INSTANCES}/recoverypoints"
SNAPSHOTS = "microsoft.compute/snapshots"
ASSIGNMENTS = "microsoft.authorization/roleassignments"
TOOL, HAND = "the tool", "somebody"
HALTS = {"stopprotection": "stopped", "suspendbackups": "suspended"}
RESUMES = ("resumeprotection", "resumebackups")
_DAY = 86_400.0
_GROUP = 4
"""Slashes in the id of a resource group."""

_KEYS = re.compile(r"--force resume-expires=(\d+)|--allow-delete (\d+)")


class Stake(NamedTuple):
    """What a resume cleans up: whose deed it is, and whether it was announced and keyed."""

    who: str
    is_keyed: bool
    points: frozenset[str]


@dataclass
class Losses(Hook):
    """Stands beside every request: `running` are the manifests at work, `flags` what the run was given."""

    trial: Trial
    running: Sequence[Body] = ()
    flags: tuple[str, ...] = ()
    problems: list[str] = field(default_factory=list)
    is_by_hand: bool = False
    is_blurred: bool = False
    _resumed: int = 0
    _stakes: dict[str, Stake] = field(default_factory=dict)
    _deletions: dict[str, tuple[str, bool]] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.trial.sandbox.hooks.append(self)
        self._world.tables[POINTS] = _Watched(self)

    @property
    def _world(self) -> Any:
        return self.trial.sandbox.world

    def begins(self, running: Sequence[Body], flags: Sequence[str]) -> None:
        """A run of the tool begins."""
        self.running, self.flags, self._resumed = running, tuple(flags), 0

    def check(self) -> None:
        """AssertionError for what was lost, or nearly."""
        assert not self.problems, "; ".join(self.problems)

    # Before Azure acts

    def before(self, request: Any) -> None:
        """Look at what a request is about to take away."""
        if request.method in ("GET", "HEAD"):
            return
        who = HAND if request.headers.get("authorization") == "Bearer somebody" else TOOL
        path = request.path.lower().rstrip("/")
        instance, verb = _instance(path)
        if instance:
            self._of_instance(who, request.method, instance, verb)
        elif who == TOOL and request.method == "DELETE":
            self._deletes(path)
        elif who == TOOL and request.method == "PUT" and path.count("/") == _GROUP and not self.is_blurred:
            self._remakes(path)

    def _of_instance(self, who: str, method: str, address: str, verb: str) -> None:
        live = self._world.table(INSTANCES).get(address)
        if live is None:
            return
        if verb in RESUMES or (method == "PUT" and self._world.switch("put_while_stopped") == "resumes"):
            self._stakes[address] = self._stake(who, address, live)
        if method == "DELETE":
            self._deletions[address] = (who, self._has("--allow-delete"))
        if who != TOOL:
            return
        if verb in HALTS and not any(self._may_halt(said, live, HALTS[verb]) for said in self.running):
            self._tell(f"the tool lets {address} be {HALTS[verb]}, which no manifest wants")
        if method == "DELETE" and not any(_removes(said, _disk(live)) for said in self.running):
            self._tell(f"the tool deletes {address}, which nobody asked for")
        if method == "PUT" and (live.get("tags") or {}).get("reconciler-owner") == "somebody-else":
            self._tell(f"the tool writes {address}, which is somebody else's")

    def _stake(self, who: str, address: str, live: Body) -> Stake:
        """The points that are there only because protection is stopped; the newest stays in any case."""
        if oracle.state_of(live) != "protectionstopped":
            return Stake(who, is_keyed=False, points=frozenset())
        table, now = self._world.table(POINTS), self._world.timestamp
        every = sorted((*_times(table.kept()[key]), key) for key in table.below(address))
        points = frozenset(key for _, expires, key in every[:-1] if expires <= now)
        if who == TOOL:
            self._resumed += len(points)
        return Stake(who, self._resumed <= self._key(), points)

    def _has(self, flag: str) -> bool:
        return any(one == flag or one.startswith(f"{flag}=") for one in self.flags)

    def _key(self) -> int:
        """The number of points that a run may clean up."""
        found = re.search(r"resume-expires=(\d+)", " ".join(self.flags))
        return int(found[1]) if found else 0

    def _may_halt(self, said: Body, live: Body, how: str) -> bool:
        disk = _disk(live)
        if any(row["id"].lower() == disk for row in said.get("removed", ())):
            return how == "stopped"
        entry = oracle.wanted(self.trial, said).get(disk)
        if entry is None or not self._world.resource_exists(disk):
            return self._may_leave(said, live, how, [entry] if entry else oracle.could_take(said, disk))
        return bool(entry.get("protection", "protected") == how)

    def _may_leave(self, said: Body, live: Body, how: str, entries: list[Body]) -> bool:
        """What may become of an instance whose disk is no longer declared, or gone."""
        if self._world.resource_exists(_disk(live)) or not entries:
            return self._has("--prune") and how == "stopped"
        said_of_gone = {row.get("whenGone", "report") for row in entries}
        wanted = {"stopped": "retain", "suspended": "expire"}[how]
        declared = any(row.get("protection", "protected") == how for row in entries)
        return (said_of_gone == {wanted} and self._is_long_gone(live, entries)) or declared

    def _is_long_gone(self, live: Body, entries: list[Body]) -> bool:
        table = self._world.table(POINTS)
        newest = max((_times(table.kept()[key])[0] for key in table.below(live["id"].lower())), default=0.0)
        patience = max(int(str(row.get("for", "7d"))[:-1]) for row in entries) * _DAY
        return bool(self._world.timestamp - newest >= patience)

    def _deletes(self, path: str) -> None:
        if path.rpartition("/providers/")[2].startswith("microsoft.compute/"):
            self._tell(f"the tool deletes {path}")
        found = self._world.table(ASSIGNMENTS).get(path)
        if found is not None:
            for needed in self._needs(found):
                self._tell(f"the tool revokes {path}, which {needed} needs")

    def _needs(self, gone: Body) -> Iterator[str]:
        """The protected instances for which nothing else grants what an assignment does."""
        role, table = str(gone["properties"]["roleDefinitionId"]).lower()[-36:], self._world.table(ASSIGNMENTS)
        if role not in (BACKUP_READER, SNAPSHOT_CONTRIBUTOR):
            return
        others = [table[key]["properties"] for key in table if key != gone["id"].lower()]
        for row in map(self._world.table(INSTANCES).get, list(self._world.table(INSTANCES))):
            vault = self._world.find(row["id"].rsplit("/", 2)[0]) or {}
            principal = str((vault.get("identity") or {}).get("principalId", "")).lower()
            scope = _disk(row) if role == BACKUP_READER else oracle.group_of(row)
            if oracle.state_of(row) != "protectionconfigured" or not self._world.resource_exists(scope):
                continue
            if oracle.grants(gone["properties"], scope, role, principal) and not any(
                oracle.grants(one, scope, role, principal) for one in others
            ):
                yield str(row["id"])

    def _remakes(self, group: str) -> None:
        """A snapshot group that vanished under recovery points is never quietly made again."""
        table, points = self._world.table(INSTANCES), self._world.table(POINTS)
        if self._world.find(group) is None:
            for key in table:
                if oracle.group_of(table[key]) == group and points.below(key):
                    self._tell(f"the tool makes {group} again, which vanished under {key}")

    # As Azure loses it

    def erased(self, key: str, kept: Any) -> None:
        """A recovery point goes: it has expired, or goes with its instance, or was cleaned up by a resume."""
        if self.is_by_hand:
            return
        address, (_, expires) = key.rsplit("/", 2)[0], _times(kept)
        live = self._world.table(INSTANCES).get(address)
        if live is None:
            who, is_keyed = self._deletions.get(address, (TOOL, False))
            if who == TOOL and not is_keyed:
                self._tell(f"{key} went with its instance, and nobody gave the key")
            return
        if expires > self._world.timestamp:
            self._tell(f"{key} went before it expired")
        stake = self._stakes.get(address)
        if stake and stake.who == TOOL and key in stake.points and not stake.is_keyed:
            self._tell(f"{key} was cleaned up by a resume, and nobody gave the key")

    def _tell(self, problem: str) -> None:
        if problem not in self.problems:
            self.problems.append(f"{problem} (at {datetime.fromtimestamp(self._world.timestamp, UTC):%dT%H:%M:%S})")


class _Watched(Table):
    """The table of recovery points, each of whose losses is seen."""

    def __init__(self, losses: Losses) -> None:
        world = losses._world
        before = world.table(POINTS)
        super().__init__(POINTS, drawn=before._drawn)
        for key, kept in before.kept().items():
            self.keep(key, kept)
        self._losses = losses

    def __delitem__(self, key: str) -> None:
        self._losses.erased(key, self.kept()[key])
        super().__delitem__(key)


def keys_of(hints: Sequence[str]) -> list[str]:
    """The options with a number that the hints of closed gates name."""
    return [word for hint in hints for found in _KEYS.finditer(hint) for word in found[0].split()]


def _instance(path: str) -> tuple[str, str]:
    """The instance that a path is about, and what is done to it; empty for another path."""
    found = re.fullmatch(r"(.*/backupvaults/[^/]+/backupinstances/[^/]+)(?:/([^/]+))?", path)
    return (found[1], found[2] or "") if found else ("", "")


def _times(kept: Any) -> tuple[float, float]:
    """When a recovery point was made, and when it expires."""
    if isinstance(kept, list):
        return float(kept[1]), float(kept[2])
    return float(kept.get("_created", 0.0)), float(kept.get("_expires", float("inf")))


def _removes(said: Body, disk: str) -> bool:
    return any(row["id"].lower() == disk and row["data"] == "delete" for row in said.get("removed", ()))


def _disk(row: Body) -> str:
    return str(row["properties"]["dataSourceInfo"]["resourceID"]).lower()
