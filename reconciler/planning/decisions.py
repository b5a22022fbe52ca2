"""What is decided while a plan is made: changes, refusals, waits and findings."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace

from reconciler.model import addresses
from reconciler.model.addresses import NOWHERE, Address
from reconciler.model.changes import Action, Change, FieldChange, Kind
from reconciler.model.codes import disks as disk_codes
from reconciler.model.codes import planning as codes
from reconciler.model.codes.gates import Key
from reconciler.model.findings import Code, Finding, Place
from reconciler.model.ids import ArmId, lower
from reconciler.model.known import NOT_KNOWN, Unsure
from reconciler.model.manifest import Ignore, VaultSpec
from reconciler.model.plan import AT_REST, Wait
from reconciler.model.protection import AT_WORK, Health, health, health_of
from reconciler.model.resources import Instance, Lock
from reconciler.model.tags import OWNER_TAG
from reconciler.planning.world import World

_DOING = {Action.ADD: "creating it", Action.CHANGE: "changing it", Action.DESTROY: "deleting it"}

OUT_OF_REACH = "out-of-reach"
"""The class of drift for what could not be read."""


@dataclass(frozen=True, slots=True)
class Refusal:
    """Why nothing that depends on an address is planned; `place` is that of the finding which says so, if one does."""

    because: str
    place: Place | None = None


@dataclass(frozen=True, slots=True)
class Unprotectable:
    """A declared disk that can't be protected: why, the place that declares it, and whether it is gone."""

    disk: ArmId
    because: str
    place: Place
    is_gone: bool = False


class Decisions:
    """What is decided so far: changes, refusals, waits and findings, to which every kind of thing adds.

    `due` are the deletions that `removed` asks for and whose key wasn't given, by address: what would be deleted, and the
    place that asks for it. `gated` says, by the key of each local gate, which addresses stand before it and why.
    `settled` is what `whenGone` has done about disks that are named by id and gone, by their lower-cased ids, and
    `masses` the vaults that lack very many of their disks: how many, and of how many. `held_vaults`
    are those of which a closed local gate holds something back, by lower-cased id. `unprotectable` are declared disks that
    can't be protected, by lower-cased id; `names` those of addresses in messages.
    """

    def __init__(self, world: World) -> None:
        self._world, self.names = world, world.names
        self.changes: dict[Address, Change] = {}
        self.findings: list[Finding] = []
        self.refused: dict[Address, Refusal] = {}
        self.waits: list[Wait] = []
        self.irreversible: dict[Address, str] = {}
        self.weakening: dict[Address, str] = {}
        self.due: dict[Address, tuple[str, Place]] = {}
        self.gated: dict[Key, dict[Address, str]] = {}
        self.held_vaults: set[str] = set()
        self.settled: dict[str, tuple[Instance, Place]] = {}
        self.unprotectable: dict[str, Unprotectable] = {}
        self.masses: Mapping[ArmId, tuple[int, int]] = {}
        self._spelled: dict[str, Address] = {}
        self._passed_over: set[Address] = set()
        self._ignored: set[tuple[str, str]] = set()

    @property
    def addresses(self) -> list[Address]:
        """Every address so far."""
        return list(self._spelled.values())

    @property
    def unread(self) -> list[Finding]:
        """The findings that tell what could not be read."""
        return [finding for finding in self.findings if finding.drift == OUT_OF_REACH]

    def spelled(self, address: Address) -> Address:
        """The spelling of an address in this plan, which is the first one used: names have no case in Azure."""
        return self._spelled.setdefault(lower(address), address)

    def report(self, findings: Iterable[Finding]) -> None:
        """Add findings that were made elsewhere."""
        self.findings.extend(findings)

    def note(
        self,
        code: Code,
        message: str,
        *,
        address: Address = NOWHERE,
        place: Place | None = None,
        hint: str = "",
        cause: Address = NOWHERE,
    ) -> None:
        """Add a finding."""
        self.findings.append(code.at(message, address=address, place=place, hint=hint, cause=cause))

    def note_unsure(self, doubt: Unsure, what: str, *, address: Address = NOWHERE, place: Place | None = None) -> None:
        """Add the finding that `what` isn't known, and why."""
        self.note(doubt.code, f"could not tell {what}: {doubt.because}", address=address, place=place, hint=doubt.hint)

    def tell_unclear(self) -> None:
        """Note the `ignore` entries of which nobody can tell what they name."""
        why, hint = "no subscription has this name", "correct the name, or name the subscription by its id"
        if not self.names.is_known:
            why, hint = (
                "the names of subscriptions could not be read",
                "run it again, or name the subscription by its id",
            )
        message = f"could not tell what this `ignore` entry names: {why}"
        for entry in self._world.unclear:
            address = Address(entry.address, entry.address.kind)
            self.note(NOT_KNOWN, message, address=address, place=entry.place, hint=hint)

    def refuse(self, address: Address, code: Code, message: str, *, place: Place | None = None, hint: str = "") -> None:
        """Add a finding, and plan nothing that depends on `address`."""
        address = self.spelled(address)
        self.note(code, message, address=address, place=place, hint=hint)
        self.refused.setdefault(address, Refusal(message, place))

    def cannot_protect(self, disk: ArmId, because: str, place: Place, *, is_gone: bool = False) -> None:
        """Note that a declared disk can't be protected; a finding says the same."""
        self.unprotectable.setdefault(disk.key, Unprotectable(disk, because, place, is_gone))

    def refuse_untold(self, address: Address, message: str) -> None:
        """Plan nothing that depends on `address`, without a finding: it is reported elsewhere."""
        self.refused.setdefault(self.spelled(address), Refusal(message))

    def refuse_unsure(self, answer: Unsure, what: object, address: Address, place: Place | None = None) -> None:
        """Add the finding that `what` isn't known, and plan nothing that depends on `address`."""
        named = what if not isinstance(what, ArmId) else "it" if address.arm_id == what else self.names.of(what)
        message = f"could not tell whether {named} exists: {answer.because}"
        self.refuse(address, answer.code, message, place=place, hint=answer.hint)

    def wait_for(
        self, address: Address, instance: Instance, place: Place | None, goal: str = AT_REST, *, may_go: bool = False
    ) -> None:
        """Plan nothing for an instance that Azure is still working on, and let apply wait for it.

        One that is being deleted is unhealthy at once, unless it `may_go`.
        """
        state = instance.state if health(instance.state) in AT_WORK else instance.provisioning_state
        if health_of(instance) is Health.LEAVING:
            goal = AT_REST
        if health_of(instance) is Health.LEAVING and not may_go:
            message = f"Azure is deleting its backup instance: it is {state}"
            self.note(disk_codes.INSTANCE_DELETING, message, address=address, place=place)
        else:
            self.note(
                codes.IN_PROGRESS,
                f"Azure is still working on its backup instance: it is {state}",
                address=address,
                place=place,
            )
        self.waits.append(Wait(address, instance.id, goal))

    def add(self, change: Change) -> None:
        """Plan a change, unless the manifest says to ignore it, a lock forbids it, or what it needs is refused."""
        address, depends = self.spelled(change.address), tuple(map(self.spelled, change.depends))
        change = replace(change, address=address, depends=depends)
        if self.ignores(address):
            if change.action is Action.ADD and change.kind is not Kind.ROLE:
                self.refused.setdefault(address, Refusal("it doesn't exist, and the manifest says to ignore that"))
                self._passed_over.add(address)
            return
        because = next((needed for needed in depends if needed in self.refused), None)
        if because:
            self._wait(change, because)
            return
        lock = self._lock_on(change)
        if lock:
            self.refuse(
                address, codes.LOCKED, f"{lock.shown(self.names)} forbids {_DOING[change.action]}", place=change.place
            )
            return
        self.changes[address] = change

    def revise(self, change: Change) -> None:
        """Put a change in the place of the one at its address."""
        self.changes[change.address] = change

    def drop(self, surplus: Iterable[Address], message: str) -> None:
        """Remove changes from the plan, together with everything that depends on them."""
        dropped = dict.fromkeys(surplus, message)
        while dropped:
            self.refused |= {address: Refusal(why) for address, why in dropped.items()}
            for address in dropped:
                del self.changes[address]
            causes = {
                change.address: because
                for change in self.changes.values()
                if (because := next((address for address in change.depends if address in dropped), None))
            }
            dropped = {address: f"waits for {self.names.shown(because)}" for address, because in causes.items()}
            for address, waits in dropped.items():
                place = self.changes[address].place
                self.note(codes.WAITS_FOR, waits, address=address, place=place, cause=causes[address])

    def _wait(self, change: Change, because: Address) -> None:
        """Refuse a change that needs something refused; the finding is an error when no other error reports that."""
        address, code, name = change.address, codes.WAITS_FOR, self.names.shown(because)
        message, why = f"waits for {name}", self.refused[because].because
        self.refused[address] = Refusal(f"{name}: {why}")
        if because in self._passed_over:
            self._passed_over.add(address)
            code, message = code.as_error, f"{message}: {why}"
        self.note(code, message, address=address, place=change.place, cause=because)

    def _lock_on(self, change: Change) -> Lock | None:
        steps = change.steps
        found = (self._world.lock_on(step.target, deletes=step.op.deletes) for step in steps)
        return next(filter(None, found), None)

    def ignores(self, address: Address, field: str = "") -> bool:
        """Whether the manifest ignores differences at `address` (of `field`; of everything when empty)."""
        for entry, typed in self._world.ignored:
            if entry.fields and not any(field == name or field.startswith(f"{name}.") for name in entry.fields):
                continue
            if typed.is_address(address):
                self._tell_ignored(address, field, entry)
                return True
        return False

    def has_ignored(self, address: Address, field: str) -> bool:
        """Whether a difference there, or every one at `address`, was left alone so far."""
        return not self._ignored.isdisjoint({(address, field), (address, "")})

    def kept(self, address: Address, fields: Iterable[FieldChange]) -> tuple[FieldChange, ...]:
        """Those of `fields` that are not ignored."""
        return tuple(field for field in fields if not self.ignores(address, field.path))

    def _tell_ignored(self, address: Address, field: str, entry: Ignore) -> None:
        if (address, field) not in self._ignored:
            self._ignored.add((address, field))
            what = f"a difference of {field}" if field else "every difference"
            self.note(codes.IGNORED, f"{what} is ignored: {entry.reason}", address=address, place=entry.place)

    def owned_vaults(self) -> Iterator[VaultSpec]:
        """The declared vaults that exist and bear our mark, or get it by this plan."""
        for spec in self._world.vaults.values():
            live = self._world.estate.vaults.get(spec.id.key)
            if live and (self._world.owner(live.tags) == "ours" or self.marking(spec)):
                yield spec

    def marking(self, vault: VaultSpec) -> tuple[Address, ...]:
        """The address of the change that gives a vault our mark; what needs a vault of ours waits for it."""
        change = self.changes.get(self.spelled(addresses.vault(vault.name)))
        return (change.address,) if change and takes_mark(change) else ()


def takes_mark(change: Change) -> bool:
    """Whether a change of a vault writes our mark on it."""
    after = change.after or {}
    return change.kind is Kind.VAULT and (f"tags.{OWNER_TAG}" in after or OWNER_TAG in (after.get("tags") or {}))
