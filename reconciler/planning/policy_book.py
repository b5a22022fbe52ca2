"""Policies: which one each disk is to use, planned where it is missing, and which instances move from one to another."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping

from reconciler.model import addresses
from reconciler.model.addresses import Address
from reconciler.model.changes import Action, Change, Kind, Op, Step
from reconciler.model.codes import planning as codes
from reconciler.model.codes.gates import Key
from reconciler.model.errors import UsageError
from reconciler.model.findings import Place
from reconciler.model.ids import ArmId, lower
from reconciler.model.known import Yes
from reconciler.model.manifest import PolicyContent, PolicySpec, VaultSpec
from reconciler.model.names import policy_names, policy_stem
from reconciler.model.policy_reading import content_of, read, start_doubt
from reconciler.model.resources import Instance, Policy
from reconciler.planning.content import body_of, differences, shortens, shown
from reconciler.planning.decisions import Decisions
from reconciler.planning.desired import DesiredDisk
from reconciler.planning.draft import Draft
from reconciler.planning.marks import drift_class
from reconciler.planning.questions import PENDING, UNASKED
from reconciler.planning.world import World

_UNKNOWN_POLICY = "unknown-policy"


class PolicyBook:
    """Which policies a plan uses.

    `wanted` are ids of policies that declared disks use. For re-pointed instances, `joining` maps the address of the
    new policy, and `moving` the id of the old one, to the addresses of their disks; instances that are deleted
    permanently count as leaving their policy, too.
    """

    def __init__(self, draft: Draft) -> None:
        self._draft, self._world = draft, draft.world
        self.shelf = Shelf(draft.world.estate.policies.values())
        self._settled: dict[tuple[str, str], ArmId | None] = {}
        self.wanted: set[str] = set()
        self.moving: dict[str, list[Address]] = defaultdict(list)
        self.joining: dict[Address, list[Address]] = defaultdict(list)

    def policy(self, wanted: DesiredDisk) -> ArmId | None:
        """The policy that the disk should have, planned once per vault; None when it is refused."""
        key = (wanted.vault.id.key, lower(wanted.policy.name))
        if key not in self._settled:
            self._settled[key] = settle(self._draft, self.shelf, wanted.vault, wanted.policy)
        policy = self._settled[key]
        if policy:
            self.wanted.add(policy.key)
        return policy

    def keep(self, vault: VaultSpec, spec: PolicySpec) -> None:
        """Keep the policy with the content of `spec`, even if nothing could be planned for its disks."""
        held = self.shelf.holding(vault, spec.content, preferred(spec)) if spec.content else None
        if held:
            self.wanted.add(held.id.key)

    def keep_unmanaged(self, spec: PolicySpec) -> None:
        """Keep the policy that an unmanaged `spec` names, in every vault: it isn't ours, whatever its name."""
        for vault in self._world.manifest.vaults.values():
            held = self.shelf.named(vault.id, spec.azure_name or spec.name)
            if held:
                self.wanted.add(held.id.key)

    def plan(self, wanted: DesiredDisk, instance: Instance) -> None:
        """Plan the disk's policy where it is missing, unless the instance has the right one; nothing is re-pointed."""
        if not self.is_right(wanted, instance):
            self.policy(wanted)

    def stays(self, wanted: DesiredDisk, instance: Instance) -> bool:
        """Whether the instance keeps its policy: it is right, ignored, or not fully understood."""
        if not self._is_known(wanted, instance):
            return True
        if self.is_right(wanted, instance) or self._draft.decisions.ignores(wanted.address, "policy"):
            return True
        unknown = self._unread(wanted, instance)
        if instance.policy is None or not unknown:
            return False
        instead = f"what {wanted.policy.name} declares"
        return not may_replace(self._draft, instance.policy, unknown, wanted.address, wanted.place, instead=instead)

    def _is_known(self, wanted: DesiredDisk, instance: Instance) -> bool:
        """Whether it is known what the instance's policy does; an unlisted one is asked for by id.

        A policy that no longer exists does nothing.
        """
        policy = instance.policy
        if policy is None or policy.key in self.shelf.contents:
            return True
        presence = self._draft.questions.presence(policy, wanted.address, wanted.place)
        if isinstance(presence, Yes) and isinstance(presence.value.resource, Policy):
            self.shelf.add(presence.value.resource)
        return presence is not None

    def _unread(self, wanted: DesiredDisk, instance: Instance) -> tuple[str, ...]:
        """What isn't understood of the instance's policy, if the disk should have another one."""
        policy, spec = instance.policy, wanted.policy
        if policy is None or (not spec.manage and lower(policy.name) == lower(spec.azure_name or spec.name)):
            return ()
        return self.shelf.unknown.get(policy.key, ())

    def is_right(self, wanted: DesiredDisk, instance: Instance) -> bool:
        """Whether the instance's policy has the declared content, whatever its name; False for unmanaged policies."""
        content = wanted.policy.content
        if instance.policy is None or content is None or not wanted.policy.manage:
            return False
        if not instance.policy.is_within(wanted.vault.id) or not self.shelf.may_be(instance.policy, content):
            return False
        tell_doubt(self._draft.decisions, self.shelf, wanted.vault, instance.policy, wanted.policy.place)
        self.wanted.add(instance.policy.key)
        return True

    def move(self, wanted: DesiredDisk, instance: Instance) -> None:
        """Note that this plan re-points the instance."""
        self.joining[addresses.policy(wanted.vault.name, wanted.policy.name)].append(wanted.address)
        if instance.policy:
            self.moving[instance.policy.key].append(wanted.address)

    def lose(self, lost: Mapping[str, Address]) -> None:
        """Note the instances that this plan deletes permanently, with the addresses: they leave their policies."""
        for key, address in lost.items():
            policy = self._world.estate.instances[key].policy
            if policy:
                self.moving[policy.key].append(address)

    def shortened(self, wanted: DesiredDisk, instance: Instance) -> str:
        """How re-pointing the instance shortens the retention of recovery points; empty when it doesn't."""
        if instance.policy is None:
            return ""
        before, after = self.shelf.contents.get(instance.policy.key), self._content(wanted)
        if before is None or after is None:
            which = "present" if before is None else "other"
            unknown = self.shelf.unknown.get(instance.policy.key, ()) if before is None else ()
            parts = ", ".join(f"`{part}`" for part in unknown)
            told = f"; not understood of {instance.policy.name}: {parts}" if parts else ""
            return f"retention may get shorter: could not tell what the {which} policy keeps{told}"
        if shortens(before, after):
            return "retention gets shorter for new recovery points; existing ones keep theirs"
        return ""

    def _content(self, wanted: DesiredDisk) -> PolicyContent | None:
        """The content of the disk's policy: as declared, else from the unmanaged policy."""
        if wanted.policy.content is not None:
            return wanted.policy.content
        policy = self.policy(wanted)
        return self.shelf.contents.get(policy.key) if policy else None


class Shelf:
    """The live policies of every vault by content, read once per plan.

    `unknown` names what isn't understood of each; `otherwise` is its content if Azure reads its start the other way, where
    that is in doubt, and `doubts` says why, until that was told.
    """

    def __init__(self, policies: Iterable[Policy]) -> None:
        self.contents: dict[str, PolicyContent | None] = {}
        self.otherwise: dict[str, PolicyContent] = {}
        self.doubts: dict[str, str] = {}
        self.unknown: dict[str, tuple[str, ...]] = {}
        self.by_vault: dict[str, list[Policy]] = defaultdict(list)
        for policy in sorted(policies, key=lambda policy: policy.id.key):
            self.add(policy)

    def add(self, policy: Policy) -> None:
        """Add an unlisted policy."""
        reading = read(policy)
        self.contents[policy.id.key], self.unknown[policy.id.key] = reading.content, reading.unread
        self.by_vault[policy.vault.key].append(policy)
        if reading.otherwise:
            self.otherwise[policy.id.key] = reading.otherwise
            self.doubts[policy.id.key] = start_doubt(reading)

    def may_be(self, policy: ArmId, content: PolicyContent) -> bool:
        """Whether a policy has that content, in either reading of its start."""
        return content in (self.contents.get(policy.key), self.otherwise.get(policy.key))

    def named(self, vault: ArmId, name: str) -> Policy | None:
        """The policy of that name in a vault."""
        return next((policy for policy in self.by_vault[vault.key] if lower(policy.id.name) == lower(name)), None)

    def holding(self, vault: VaultSpec, content: PolicyContent, preferred: Iterable[str]) -> Policy | None:
        """The vault's policy with that content: a fully understood one first, then by preferred names, then by name."""
        equal = [policy for policy in self.by_vault[vault.id.key] if self.contents[policy.id.key] == content]
        order = {lower(name): number for number, name in enumerate(preferred)}

        def rank(policy: Policy) -> tuple[bool, int, str]:
            return bool(self.unknown[policy.id.key]), order.get(lower(policy.id.name), len(order)), policy.id.key

        return min(equal, key=rank, default=None)


def settle(draft: Draft, shelf: Shelf, vault: VaultSpec, spec: PolicySpec) -> ArmId | None:
    """The id of the policy that `vault`'s disks are to use, planned where missing; None when it is refused."""
    address = addresses.policy(vault.name, spec.name)
    if not spec.manage or spec.content is None:
        return _unmanaged(draft.decisions, shelf, vault, spec)
    live = shelf.holding(vault, spec.content, preferred(spec))
    if live:
        return live.id
    names = policy_names(spec.name, spec.content)
    name = next((name for name in names if shelf.named(vault.id, name) is None), None)
    if name is None:
        draft.decisions.refuse(
            address,
            codes.POLICY_DIFFERS,
            f"the vault's policies {', '.join(names)} all have other content than the manifest declares",
            place=spec.place,
        )
        return None
    policy = vault.id.child("backupPolicies", name)
    found = draft.questions.unlisted(vault, policy, address, spec.place)
    if found is PENDING:
        return None
    if isinstance(found, Policy) and content_of(found) == spec.content:
        return policy
    earlier = _versions(shelf, vault, spec)
    names_before = ", ".join(old.id.name for old in earlier)
    content_before = shelf.contents[earlier[0].id.key] if len(earlier) == 1 else None
    draft.decisions.add(
        Change(
            address=address,
            kind=Kind.POLICY,
            action=Action.ADD,
            reason=f"its content changed: {name} replaces {names_before}" if earlier else "not in the vault",
            steps=(Step(Op.POLICY_PUT, policy, body_of(spec)),),
            after={"name": name, **shown(spec.content)},
            fields=differences(content_before, spec.content) if content_before else (),
            depends=(addresses.vault(vault.name),),
            vault=vault.id,
            place=spec.place,
            drift=drift_class(draft.world, vault),
            unasked=found is UNASKED,
        )
    )
    return policy if address in draft.decisions.changes else None


def preferred(spec: PolicySpec) -> tuple[str, ...]:
    """The preferred names of a policy with the declared content, best first."""
    return (spec.azure_name or "", *(policy_names(spec.name, spec.content) if spec.content else ()))


def _unmanaged(decisions: Decisions, shelf: Shelf, vault: VaultSpec, spec: PolicySpec) -> ArmId | None:
    address, name = addresses.policy(vault.name, spec.name), spec.azure_name or spec.name
    live = shelf.named(vault.id, name)
    if live is None:
        decisions.refuse(
            address,
            codes.POLICY_MISSING,
            f"the vault has no policy {name}, which the manifest uses but does not manage",
            place=spec.place,
        )
        return None
    if live.is_others:
        message = f"the vault has a policy {name}, but it isn't for disks"
        decisions.refuse(address, codes.POLICY_MISSING, message, place=spec.place)
        return None
    if spec.content is not None and not shelf.may_be(live.id, spec.content):
        parts = ", ".join(f"`{part}`" for part in shelf.unknown[live.id.key])
        message = f"the policy {name} differs from the manifest{_apart(shelf, live.id, spec.content)}{f'; not understood: {parts}' if parts else ''}"
        decisions.refuse(address, codes.POLICY_DIFFERS, message, place=spec.place)
        return None
    if spec.content is not None:
        tell_doubt(decisions, shelf, vault, live.id, spec.place)
    return live.id


def _apart(shelf: Shelf, policy: ArmId, content: PolicyContent) -> str:
    """In which parts a policy differs from what is declared: ` in retention.default`; empty where that isn't known."""
    held = shelf.contents.get(policy.key)
    paths = [field.path for field in differences(held, content)] if held else []
    return f" in {', '.join(paths)}" if paths else ""


def tell_doubt(decisions: Decisions, shelf: Shelf, vault: VaultSpec, policy: ArmId, place: Place) -> None:
    """Say once that it isn't known when a policy in use begins its backups."""
    doubt = shelf.doubts.pop(policy.key, "")
    if doubt:
        address = addresses.policy(vault.name, policy.name)
        message = f"it is not known when this policy begins backups: {doubt}"
        decisions.note(codes.POLICY_START_UNSURE, message, address=address, place=place)


def _versions(shelf: Shelf, vault: VaultSpec, spec: PolicySpec) -> list[Policy]:
    """Live policies that were derived from the same name, with other content."""
    return [
        policy
        for policy in shelf.by_vault[vault.id.key]
        if lower(policy_stem(policy.id.name, shelf.contents[policy.id.key])) == lower(spec.name)
    ]


def may_replace(
    draft: Draft, policy: ArmId, unknown: Iterable[str], address: Address, place: Place, *, instead: str
) -> bool:
    """Whether a policy that isn't fully understood may be replaced for a disk; else an error says why not.

    `unknown` names the parts that aren't understood, `instead` what would replace it.
    """
    vault = next((spec.name for spec in draft.world.manifest.vaults.values() if spec.id == policy.parent), "")
    key = Key(_UNKNOWN_POLICY, (vault, policy.name))
    parts = ", ".join(f"`{part}`" for part in unknown)
    message = f"the policy {policy.name} would be replaced by {instead}, but isn't fully understood: {parts}"
    draft.decisions.gated.setdefault(key, {})[address] = message
    if draft.world.forces(key.gate, *key.parts):
        return True
    opens = key if vault else Key(_UNKNOWN_POLICY)
    hint = f"declare it with `manage: false` to keep it; if it may be replaced, pass `--force {opens}`"
    draft.decisions.note(codes.POLICY_NOT_UNDERSTOOD, message, address=address, place=place, hint=hint)
    draft.decisions.held_vaults.add(policy.parent.key)
    return False


def check_keys(world: World) -> None:
    """UsageError when `--force` names a policy that its vault doesn't have: a typo must not open anything."""
    for key in sorted(world.options.force, key=str):
        if key.gate != _UNKNOWN_POLICY or not key.parts:
            continue
        vault, name = key.parts
        spec = world.vaults.get(vault)
        if spec and spec.id.child("backupPolicies", name).key not in world.estate.policies:
            raise UsageError(
                f"--force {key.gate} names the policy '{name}', which the vault {spec.name} does not have",
                hint="copy it from the plan's hint",
            )
