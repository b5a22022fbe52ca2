"""Role assignments: what each vault's identity needs, what it has, and what is missing."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from datetime import timedelta
from itertools import islice

from reconciler.model import addresses
from reconciler.model.addresses import Address
from reconciler.model.builtin_roles import DISK_BACKUP_READER, DISK_SNAPSHOT_CONTRIBUTOR, READER, Role
from reconciler.model.changes import UNKNOWN, Action, Change, Grant, Kind, Op, Probe, Step
from reconciler.model.codes import planning as codes
from reconciler.model.estate import ROLE_COUNT
from reconciler.model.ids import ArmId, lower, subscription_id
from reconciler.model.manifest import VaultSpec
from reconciler.model.names import role_name
from reconciler.model.resources import RoleAssignment
from reconciler.planning.desired import DesiredDisk
from reconciler.planning.draft import Draft
from reconciler.planning.marks import drift_class
from reconciler.planning.questions import PENDING

WINDOW = timedelta(minutes=30)
"""How long a new role assignment may take to become effective, according to Microsoft staff."""

Principal = str | Mapping[str, str]
"""A principal's id, or a mapping that says that it is known only after apply."""


@dataclass(slots=True)
class Grants:
    """The role assignments of one disk's protection: addresses of planned ones, addresses of missing ones that are not
    ours to make, and scopes of those that are so new that they may not be effective yet.
    """

    planned: list[Address] = field(default_factory=list)
    missing: list[Address] = field(default_factory=list)
    young: list[str] = field(default_factory=list)

    def probe(self, *about: str) -> Probe | None:
        """What must be effective before a write; writes `about` the same share it. None when nothing is new."""
        new = (*self.planned, *self.young, *self.missing)
        if not new:
            return None
        return Probe((*about, *new), bool(self.planned or self.young), tuple(self.planned), tuple(self.missing))


class RoleBook:
    """The role assignments of the estate by principal and role, and those that this plan adds."""

    def __init__(self, draft: Draft) -> None:
        self._world, self._decisions, self._questions = draft.world, draft.decisions, draft.questions
        self._held: dict[tuple[str, str], dict[str, list[RoleAssignment]]] = defaultdict(lambda: defaultdict(list))
        self._above: dict[tuple[str, str], list[RoleAssignment]] = defaultdict(list)
        self._around: dict[tuple[str, ...], list[RoleAssignment]] = {}
        self._conditional: dict[tuple[str, str, str], RoleAssignment] = {}
        self._listed = set(draft.world.reach.role_subscriptions)
        self._take(draft.world.estate.roles.values())
        self.disk_scopes: dict[str, set[str]] = defaultdict(set)
        self.emitted: dict[str, Step] = {}
        self.missing: dict[str, Step] = {}
        self._principals: dict[str, Principal | None] = {}
        self._told: set[str] = set()

    def _take(self, rows: Iterable[RoleAssignment]) -> None:
        self._around.clear()
        for row in rows:
            key = (lower(row.principal), row.role)
            if row.conditional:
                self._conditional[*key, row.scope.key] = row
            elif row.scope.subscription:
                self._held[key][row.scope.key].append(row)
            else:
                self._above[key].append(row)

    def principal(self, spec: VaultSpec) -> Principal | None:
        """The principal of the identity that a vault's instances use; UNKNOWN until apply; None when refused."""
        if spec.id.key not in self._principals:
            self._principals[spec.id.key] = self._find_principal(spec)
        return self._principals[spec.id.key]

    def _find_principal(self, spec: VaultSpec) -> Principal | None:
        address = addresses.vault(spec.name)
        if isinstance(spec.identity, ArmId):
            identity = self._world.estate.identities.get(spec.identity.key)
            if identity is not None:
                return identity.principal_id
            self._decisions.refuse(
                address,
                codes.VAULT_WITHOUT_IDENTITY,
                f"the user-assigned identity {self._world.names.of(spec.identity)} doesn't exist",
                place=spec.place,
            )
            return None
        live = self._world.estate.vaults.get(spec.id.key)
        if live and live.principal_id:
            return live.principal_id
        change = self._decisions.changes.get(address)
        if change and (change.action is Action.ADD or any(entry.path == "identity" for entry in change.fields)):
            return UNKNOWN
        if address not in self._decisions.refused and live is not None:
            message = "the vault has no system-assigned identity, so no role can be assigned to it"
            hint = "fix what prevents the vault's own change: its identity is declared" if spec.identity else ""
            self._decisions.refuse(address, codes.VAULT_WITHOUT_IDENTITY, message, place=spec.place, hint=hint)
        return None

    def grant(self, wanted: DesiredDisk) -> Grants:
        """The grants of `wanted`; missing assignments are planned if this manifest manages roles."""
        grants = Grants()
        principal = self.principal(wanted.vault)
        if principal is None:
            return grants
        for role, target, scope in needs(wanted, self._world.manifest.roles.scope):
            if self._world.options.only:
                self._decisions.spelled(addresses.role(wanted.vault.name, role.word, scope))
            held = self._covering(principal, role, target)
            if scope == wanted.disk.id and all(row.scope == scope for row in held):
                self.disk_scopes[scope.subscription].add(scope.key)
            if not held:
                self._lack(wanted.vault, role, scope, principal, grants)
            elif all(self._is_young(row) for row in held):
                grants.young.append(held[0].scope.key)
        return grants

    def count_others(self, desired: Iterable[DesiredDisk]) -> None:
        """Count the disks of other shards towards the limit of role assignments at disk scope, which all shards share."""
        if self._world.manifest.roles.scope == "disk":
            for wanted in desired:
                if wanted.rule.protection == "protected" and not self._world.sees_to(wanted.vault):
                    self.disk_scopes[wanted.disk.id.subscription].add(wanted.disk.id.key)

    def need(self, vault: VaultSpec, role: Role, scope: ArmId) -> Grants:
        """The grants of one role at one scope; a missing assignment is planned if this manifest manages roles."""
        grants = Grants()
        principal = self.principal(vault)
        if principal is None:
            return grants
        held = self._covering(principal, role, scope)
        if not held:
            self._lack(vault, role, scope, principal, grants)
        elif all(self._is_young(row) for row in held):
            grants.young.append(held[0].scope.key)
        return grants

    def _covering(self, principal: Principal, role: Role, target: ArmId) -> list[RoleAssignment]:
        """The assignments that apply to `target`, nearest first: on itself or on anything that encloses it."""
        subscription = target.subscription
        self._look_into(subscription)
        if not isinstance(principal, str):
            return []
        key = (lower(principal), role.guid)
        place = (*key, subscription, target.key.rpartition("/")[0])
        around = self._around.get(place)
        if around is None:
            around = self._around[place] = self._covering_all_beside(key, target)
        return [*self._held[key].get(target.key, ()), *around]

    def _covering_all_beside(self, key: tuple[str, str], target: ArmId) -> list[RoleAssignment]:
        """The assignments on what encloses `target`, which also apply to everything in the same place."""
        by_scope, above = self._held[key], self._above[key]
        near = (row for scope in islice(target.enclosing(), 1, None) for row in by_scope.get(scope, ()))
        return [*near, *(row for row in above if not row.scope.key or target.subscription in row.listed_in)]

    def _look_into(self, subscription: str) -> None:
        """Ask for the assignments of a subscription without any of the disks, where an encryption set may be."""
        if subscription in self._listed:
            return
        rows = self._questions.ask(ROLE_COUNT(subscription_id(subscription)))
        self._listed.add(subscription)
        if rows is not PENDING:
            self._take(replace(row, listed_in=(*row.listed_in, subscription)) for row in rows or ())

    def _is_young(self, row: RoleAssignment) -> bool:
        return row.created is not None and self._world.now - row.created < WINDOW

    def _lack(self, vault: VaultSpec, role: Role, scope: ArmId, principal: Principal, grants: Grants) -> None:
        address = addresses.role(vault.name, role.word, scope)
        identity = vault.identity.key if isinstance(vault.identity, ArmId) else "system"
        body = Grant(role=role.guid, principal=principal, identity=identity, vault=vault.id.text)
        step = Step(Op.ROLE_PUT, scope, body)
        if self._world.manifest.roles.mode != "manage":
            grants.missing.append(address)
            self.missing[address] = step
            self._tell_missing(vault, role, address)
            if self._world.manifest.roles.mode == "emit":
                self.emitted[address] = step
            return
        if self._is_unlisted(vault, role, scope, principal, address):
            return
        if address not in self._decisions.changes and not self._is_in_the_way(vault, role, scope, principal, address):
            self._decisions.add(
                Change(
                    address=address,
                    kind=Kind.ROLE,
                    action=Action.ADD,
                    reason=f"{role.title} is needed there",
                    steps=(step,),
                    after={"role": role.title, "scope": scope.text, "principal": principal},
                    depends=(addresses.vault(vault.name), addresses.group(scope)),
                    vault=vault.id,
                    place=vault.place,
                    drift=drift_class(self._world, vault),
                )
            )
        if address in self._decisions.changes or address in self._decisions.refused:
            grants.planned.append(address)
        else:
            grants.missing.append(address)

    def _is_unlisted(self, vault: VaultSpec, role: Role, scope: ArmId, principal: Principal, address: Address) -> bool:
        """Whether the assignment, under its derived name, exists or may exist although no list shows it.

        It is asked for only if the vault's mark says that it was made before. Making it again changes nothing, because
        its name is derived from its content.
        """
        if not isinstance(principal, str) or address in self._decisions.refused:
            return False
        if drift_class(self._world, vault) != "changed-outside":
            return False
        name = role_name(scope, role.guid, principal)
        own = ArmId(f"{scope}/providers/Microsoft.Authorization/roleAssignments/{name}")
        found = self._questions.unlisted(vault, own, address, vault.place)
        if found is PENDING:
            return address not in self._decisions.refused
        return isinstance(found, RoleAssignment) and not found.conditional

    def _tell_missing(self, vault: VaultSpec, role: Role, address: Address) -> None:
        if address not in self._told:
            self._told.add(address)
            message = f"the identity of the vault {vault.name} lacks the role {role.title}"
            emits = self._world.manifest.roles.mode == "emit"
            hint = "have it assigned; `--report FILE.sh` writes the missing assignments as a script" if emits else ""
            self._decisions.note(codes.ROLE_MISSING, message, address=address, place=vault.place, hint=hint)

    def _is_in_the_way(
        self, vault: VaultSpec, role: Role, scope: ArmId, principal: Principal, address: Address
    ) -> bool:
        """Whether a conditional assignment blocks the needed one: Azure allows one for each principal, role and scope."""
        if address in self._decisions.refused:
            return True
        row = self._conditional.get((lower(principal), role.guid, scope.key)) if isinstance(principal, str) else None
        if row is None or is_derived(row):
            return False
        message = f"the role is assigned with a condition (assignment {row.id.name}), so it may not cover everything that the vault needs"
        self._decisions.refuse(address, codes.ROLE_CONDITIONAL, message, place=vault.place)
        return True


_SCOPES: Mapping[str, Callable[[ArmId], ArmId]] = {
    "disk": lambda disk: disk,
    "resourceGroup": lambda disk: disk.group_id,
    "subscription": lambda disk: subscription_id(disk.subscription),
}


def needs(wanted: DesiredDisk, width: str) -> Iterator[tuple[Role, ArmId, ArmId]]:
    """Role, what it must cover, and the scope at which it would be made (from Azure's support matrix)."""
    disk = wanted.disk.id
    yield DISK_BACKUP_READER, disk, _SCOPES[width](disk)
    yield DISK_SNAPSHOT_CONTRIBUTOR, wanted.group_id, wanted.group_id
    if wanted.disk.encryption_set:
        yield READER, wanted.disk.encryption_set, wanted.disk.encryption_set


def is_derived(row: RoleAssignment) -> bool:
    """Whether a role assignment has the name that this tool derives for it: then it is ours."""
    return lower(row.id.name) == role_name(row.scope, row.role, row.principal)
