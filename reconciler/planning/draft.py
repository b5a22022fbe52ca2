"""The plan while it is being made: what every kind of thing adds to, asks of, and is refused by."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import replace
from datetime import datetime
from functools import cached_property
from typing import Any, TypeVar

from reconciler.model import addresses
from reconciler.model.changes import Action, Change, FieldChange, Kind
from reconciler.model.codes import disks as disk_codes
from reconciler.model.codes import planning as codes
from reconciler.model.estate import EXISTS, Estate, Found, Question
from reconciler.model.findings import Code, Finding, Place, Severity
from reconciler.model.ids import ArmId, lower
from reconciler.model.known import Known, No, Unsure, Yes
from reconciler.model.manifest import DiskRule, Ignore, Manifest, VaultSpec
from reconciler.model.plan import AT_REST, Options, Wait
from reconciler.model.protection import AT_WORK, Health, health, health_of
from reconciler.model.resources import Instance, Lock
from reconciler.model.tags import OWNER_TAG, tag_of
from reconciler.planning.declared import by_vault, declared_for, takes_mark
from reconciler.planning.doubts import Doubts
from reconciler.planning.questions import DOUBTS, PENDING, UNASKED, Pending
from reconciler.planning.scope import reach
from reconciler.planning.selection import Surroundings, glob
from reconciler.planning.takers import Takers

T = TypeVar("T")


class Draft:
    """Manifest, estate and options, and what follows from them so far.

    `disks` and `machines` are those of the estate, and those that no list shows and that were found by id; `vaults` are
    the declared ones that this run sees to, by lower-cased name. `due` are the deletions that `removed` asks for and
    whose key wasn't given, by address: what would be deleted, and the place that asks for it. `gated` says, by name and
    value of each local gate, which addresses stand before it and why. `sought` are the disks that lists lack and that
    are asked for by id, `contradicted` the subscriptions whose lists lack disks that are there, `settled` what `whenGone`
    has done about disks that are named by id and gone, by their lower-cased ids, and `masses` the vaults, by lower-cased
    id, that lack very many of their disks: how many, and of how many. `traced` are new disks whose jobs are asked for.
    `held_vaults` are those of which a closed local gate holds something back, by lower-cased id.
    """

    def __init__(self, manifest: Manifest, estate: Estate, options: Options, now: datetime) -> None:
        self.manifest = manifest
        self.estate = estate
        self.disks = dict(estate.disks)
        self.options = options
        self.now = now
        self.changes: dict[str, Change] = {}
        self.findings: list[Finding] = list(manifest.warnings)
        self.questions: set[Question[Any]] = set()
        self._told: set[Question[Any]] = set()
        self.refused: dict[str, str] = {}
        self._ignores = [entry for entry in manifest.ignore if self._is_current(entry)]
        self._used: set[tuple[str, str]] = set()
        self._locks: dict[str, list[Lock]] = defaultdict(list)
        for lock in sorted(estate.locks.values(), key=lambda lock: lock.id.key):
            self._locks[lock.scope.key].append(lock)
        self.reach = reach(manifest, options.shard, groups=estate.management_groups)
        self.machines = dict(estate.machines)
        self.doubts = Doubts(estate, self.reach)
        self._own = frozenset(self.reach.vaults)
        self.vaults = {name: spec for name, spec in manifest.vaults.items() if spec.id.key in self._own}
        self._ours = {lower(name) for name in (manifest.name, *manifest.formerly)}
        self._heirs = {lower(name) for name in manifest.hands_over_to}
        self._declared: dict[str, str] = {}
        self._rules: dict[str, list[DiskRule]] | None = None
        self._spelled: dict[str, str] = {}
        self._passed_over: set[str] = set()
        self.waits: list[Wait] = []
        self.irreversible: dict[str, str] = {}
        self.weakening: dict[str, str] = {}
        self.due: dict[str, tuple[str, Place]] = {}
        self.gated: dict[tuple[str, str], dict[str, str]] = {}
        self.held_vaults: set[str] = set()
        self.sought: set[str] = set()
        self.traced: set[str] = set()
        self.contradicted: set[str] = set()
        self.settled: dict[str, tuple[Instance, Place]] = {}
        self.masses: Mapping[str, tuple[int, int]] = {}

    def forces(self, gate: str, value: str = "") -> bool:
        """Whether the command line opens a gate: as a whole, or a local one for `value` alone."""
        return gate in self.options.force or bool(value and f"{gate}={lower(value)}" in self.options.force)

    def answer(self, question: Question[T]) -> Known[T] | Pending:
        """What is known of a question; PENDING: decide nothing."""
        answer = self.estate.answer(question)
        if answer is None:
            self.questions.add(question)
            return PENDING
        return answer

    def ask(self, question: Question[T], *, address: str = "") -> T | Pending | None:
        """The value of the answer to one of the questions in `DOUBTS` (None: there is none), or PENDING: decide nothing.

        It stays so where nobody can tell, and a finding says why; nothing is then planned that depends on `address`.
        """
        match self.answer(question):
            case Yes(value):
                return value
            case No():
                return None
            case Unsure() as answer:
                self._tell_unsure(question, answer, address)
        return PENDING

    def _tell_unsure(self, question: Question[Any], answer: Unsure, address: str) -> None:
        what = DOUBTS[question.kind].format(question.subject.name)
        message = f"could not tell {what}: {answer.because}"
        if question not in self._told:
            self._told.add(question)
            self.note(answer.code, message, address=address or question.subject.text, hint=answer.hint)
        if address:
            self.refused.setdefault(self.spelled(address), message)

    @property
    def sorted_questions(self) -> tuple[Question[Any], ...]:
        """The open questions in an order that doesn't depend on chance."""
        return tuple(sorted(self.questions, key=lambda question: (question.kind, question.subject.key)))

    @cached_property
    def held(self) -> dict[str, list[Instance]]:
        """Live instances by the lower-cased id of their disk."""
        found: dict[str, list[Instance]] = defaultdict(list)
        for _, instance in sorted(self.estate.instances.items()):
            if instance.disk is not None:
                found[instance.disk.key].append(instance)
        return found

    @cached_property
    def takers(self) -> Takers:
        """The entries by which disks were taken, which are no longer there to be looked at."""
        return Takers(self.manifest, self.estate.management_groups)

    @property
    def surroundings(self) -> Surroundings:
        """What selectors look at besides disks."""
        return Surroundings(self.estate.management_groups, self.machines)

    @property
    def addresses(self) -> list[str]:
        """Every address that came up so far."""
        return list(self._spelled.values())

    def presence(self, subject: ArmId, address: str, place: Place | None = None) -> Yes[Found] | No | None:
        """Whether an object that the lists lack is there; None: decide nothing (not asked yet, or a finding says why)."""
        match self.answer(EXISTS(subject)):
            case Yes() as answer:
                self.doubts.there(subject)
                return answer
            case No() as answer:
                return answer
            case Unsure() as answer:
                self.refuse_unsure(answer, subject, address, place)
        return None

    def tell_unread(self) -> None:
        """Refuse the declared vaults that nobody can tell of: what they hold isn't known, and is no absence."""
        for vault in self.vaults.values():
            if vault.id.key not in self.estate.vaults:
                self.presence(vault.id, addresses.vault(vault.name), vault.place)

    def is_unread(self, vault: VaultSpec) -> bool:
        """Whether nobody can tell of a declared vault."""
        return vault.id.key not in self.estate.vaults and self.spelled(addresses.vault(vault.name)) in self.refused

    def unlisted(self, vault: VaultSpec, subject: ArmId, address: str, place: Place | None = None) -> object:
        """An object of a vault that is there although its list lacks it; None: it isn't. PENDING: decide nothing.

        UNASKED beyond the first hundred: those are asked for before they are made.
        """
        if vault.id.key not in self.estate.vaults:
            return None
        if not self.doubts.may_ask(subject):
            return UNASKED
        match self.presence(subject, address, place):
            case Yes(found):
                return found.resource
            case No():
                return None
        return PENDING

    def refuse_unsure(self, answer: Unsure, what: object, address: str, place: Place | None = None) -> None:
        """Add the finding that `what` isn't known, and let nothing be planned that depends on `address`."""
        message = f"could not tell whether {what} is there: {answer.because}"
        self.refuse(address, answer.code, message, place=place, hint=answer.hint)

    def note(self, code: Code, message: str, *, address: str = "", place: Place | None = None, hint: str = "") -> None:
        """Add a finding."""
        self.findings.append(code.at(message, address=address, place=place, hint=hint))

    def wait_for(
        self, address: str, instance: Instance, place: Place | None, goal: str = AT_REST, *, may_go: bool = False
    ) -> None:
        """Plan nothing for an instance that Azure is still working on, and let apply wait until it has settled.

        One that is on its way out is unhealthy at once, unless it `may_go`.
        """
        name = instance.disk.name if instance.disk else instance.id.name
        state = instance.state if health(instance.state) in AT_WORK else instance.provisioning_state
        if health_of(instance) is Health.LEAVING:
            goal = AT_REST
        if health_of(instance) is Health.LEAVING and not may_go:
            self.note(
                disk_codes.INSTANCE_DELETING, f"the backup instance of {name} is {state}", address=address, place=place
            )
        else:
            self.note(codes.IN_PROGRESS, f"{name} is {state}", address=address, place=place)
        self.waits.append(Wait(address, instance.id, goal))

    def code_as_error(self, code: Code, message: str, address: str, place: Place | None, hint: str) -> Finding:
        """A finding that is an error here, whatever its code means elsewhere."""
        return replace(code.at(message, address=address, place=place, hint=hint), severity=Severity.ERROR)

    def refuse(self, address: str, code: Code, message: str, *, place: Place | None = None, hint: str = "") -> None:
        """Add a finding and let nothing be planned that depends on `address`."""
        address = self.spelled(address)
        self.note(code, message, address=address, place=place, hint=hint)
        self.refused.setdefault(address, message)

    def sees_to(self, vault: VaultSpec) -> bool:
        """Whether a declared vault is this run's, and not another shard's."""
        return vault.id.key in self._own

    def spelled(self, address: str) -> str:
        """The one spelling of an address in this plan, the first that was met: names have no case in Azure."""
        return self._spelled.setdefault(lower(address), address)

    def add(self, change: Change) -> None:
        """Plan a change, unless the manifest says to ignore it, a lock forbids it, or what it needs is refused."""
        address, depends = self.spelled(change.address), tuple(map(self.spelled, change.depends))
        change = replace(change, address=address, depends=depends)
        if self.ignores(address):
            if change.action is Action.ADD and change.kind is not Kind.ROLE:
                self.refused.setdefault(address, "it isn't there, and the manifest says to ignore that")
                self._passed_over.add(address)
            return
        because = next((needed for needed in depends if needed in self.refused), None)
        if because:
            self._wait(change, because)
            return
        lock = self._lock_on(change)
        if lock:
            message = f"{lock} forbids it"
            self.refuse(address, codes.LOCKED, message, place=change.place)
            return
        self.changes[address] = change

    def _wait(self, change: Change, because: str) -> None:
        """Nothing is planned for what needs something refused; when no error tells of that yet, this is one."""
        address, message = change.address, f"waits for {because}"
        self.refused[address] = f"{because}: {self.refused[because]}"
        if because in self._passed_over:
            self._passed_over.add(address)
            message = f"{message}: {self.refused[because]}"
            self.findings.append(self.code_as_error(codes.WAITS_FOR, message, address, change.place, ""))
        else:
            self.note(codes.WAITS_FOR, message, address=address, place=change.place)

    def ignores(self, address: str, field: str = "") -> bool:
        """Whether differences at `address` (of `field`; of everything when empty) are not to be acted on."""
        for entry in self._ignores:
            if entry.fields and not any(field == name or field.startswith(f"{name}.") for name in entry.fields):
                continue
            if glob(entry.address).match(lower(address)):
                self._tell_ignored(address, field, entry)
                return True
        return False

    def kept(self, address: str, fields: Iterable[FieldChange]) -> tuple[FieldChange, ...]:
        """Those of `fields` that are not ignored."""
        return tuple(field for field in fields if not self.ignores(address, field.path))

    def _tell_ignored(self, address: str, field: str, entry: Ignore) -> None:
        if (address, field) not in self._used:
            self._used.add((address, field))
            what = f"a difference of {field}" if field else "every difference"
            self.note(codes.IGNORED, f"{what} is ignored: {entry.reason}", address=address, place=entry.place)

    def _is_current(self, entry: Ignore) -> bool:
        if entry.expires is None or self.now.date() <= entry.expires:
            return True
        message = f"expired on {entry.expires.isoformat()}: {entry.reason}"
        self.note(codes.IGNORE_EXPIRED, message, address=entry.address, place=entry.place)
        return False

    def lock_on(self, target: ArmId, *, deletes: bool = False) -> Lock | None:
        """A lock that forbids writing (or deleting) `target`: on itself or on anything that encloses it."""
        if not self._locks:
            return None
        for scope in target.enclosing():
            for lock in self._locks.get(scope, ()):
                if deletes or lower(lock.level) == "readonly":
                    return lock
        return None

    def _lock_on(self, change: Change) -> Lock | None:
        found = (self.lock_on(step.target, deletes=step.op.value.endswith(".delete")) for step in change.steps)
        return next(filter(None, found), None)

    @property
    def owners(self) -> frozenset[str]:
        """The names, lower-cased, whose mark is ours, or was given away by us: no mark of a foreign manifest."""
        return frozenset(self._ours | self._heirs)

    def owner(self, tags: Mapping[str, str]) -> str:
        """Whose mark `tags` bear: `ours`, `handed` (ours to give away), `foreign` or nobody's (empty)."""
        mark = tag_of(tags, OWNER_TAG)
        if not mark:
            return ""
        if lower(mark) in self._ours:
            return "ours"
        return "handed" if lower(mark) in self._heirs else "foreign"

    def declared(self, vault: VaultSpec) -> str:
        """The digest of what is declared for a vault."""
        if vault.id.key not in self._declared:
            if self._rules is None:
                self._rules = by_vault(self.manifest.disks)
            rules = self._rules.get(lower(vault.name), ())
            self._declared[vault.id.key] = declared_for(self.manifest, vault, rules)
        return self._declared[vault.id.key]

    def owned_vaults(self) -> Iterator[VaultSpec]:
        """The declared vaults that are there and bear our mark, or take it by this plan."""
        for spec in self.vaults.values():
            live = self.estate.vaults.get(spec.id.key)
            if live and (self.owner(live.tags) == "ours" or self.marking(spec)):
                yield spec

    def marking(self, vault: VaultSpec) -> tuple[str, ...]:
        """The address of the change that gives a vault our mark: what we may do only to vaults of ours waits for it."""
        change = self.changes.get(self.spelled(addresses.vault(vault.name)))
        return (change.address,) if change and takes_mark(change) else ()
