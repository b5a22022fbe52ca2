"""Which policies the desired disks use, and which instances a plan re-points from one to another."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping

from reconciler.model import addresses
from reconciler.model.ids import ArmId, lower
from reconciler.model.known import Yes
from reconciler.model.manifest import PolicyContent, PolicySpec, VaultSpec
from reconciler.model.resources import Instance, Policy
from reconciler.planning.content import shortens
from reconciler.planning.desired import DesiredDisk
from reconciler.planning.draft import Draft
from reconciler.planning.kinds import policies
from reconciler.planning.local_gates import may_replace


class Usage:
    """The policies in use.

    `wanted` are ids of policies that declared disks use. Of re-pointed instances, `joining` maps the address of the
    policy that they come to, and `moving` the id of the one that they leave, to the addresses of their disks; those
    that are deleted for good leave theirs, too.
    """

    def __init__(self, draft: Draft, shelf: policies.Shelf) -> None:
        self._draft, self._shelf = draft, shelf
        self._settled: dict[tuple[str, str], ArmId | None] = {}
        self.wanted: set[str] = set()
        self.moving: dict[str, list[str]] = defaultdict(list)
        self.joining: dict[str, list[str]] = defaultdict(list)

    def policy(self, wanted: DesiredDisk) -> ArmId | None:
        """The policy that the disk is to have, made once per vault; None when it is refused."""
        key = (wanted.vault.id.key, lower(wanted.policy.name))
        if key not in self._settled:
            self._settled[key] = policies.settle(self._draft, self._shelf, wanted.vault, wanted.policy)
        policy = self._settled[key]
        if policy:
            self.wanted.add(policy.key)
        return policy

    def keep(self, vault: VaultSpec, spec: PolicySpec) -> None:
        """Keep the policy that holds what `spec` declares, whether or not anything could be planned for its disks."""
        held = self._shelf.holding(vault, spec.content, policies.preferred(spec)) if spec.content else None
        if held:
            self.wanted.add(held.id.key)

    def keep_unmanaged(self, spec: PolicySpec) -> None:
        """Keep what a policy that isn't managed names, in every vault: it isn't ours, whatever its name."""
        for vault in self._draft.manifest.vaults.values():
            held = self._shelf.named(vault.id, spec.azure_name or spec.name)
            if held:
                self.wanted.add(held.id.key)

    def stays(self, wanted: DesiredDisk, instance: Instance) -> bool:
        """Whether the instance keeps its policy: it is right, not to be touched, or can't be read whole."""
        if not self._is_known(wanted, instance):
            return True
        if self.is_right(wanted, instance) or self._draft.ignores(wanted.address, "policy"):
            return True
        unknown = self._unread(wanted, instance)
        if instance.policy is None or not unknown:
            return False
        instead = f"what {wanted.policy.name} declares"
        return not may_replace(self._draft, instance.policy, unknown, wanted.address, wanted.place, instead=instead)

    def _is_known(self, wanted: DesiredDisk, instance: Instance) -> bool:
        """Whether it is known what the instance's policy does; one that its vault doesn't list is asked for by id.

        A policy that is gone does nothing.
        """
        policy = instance.policy
        if policy is None or policy.key in self._shelf.contents:
            return True
        presence = self._draft.presence(policy, wanted.address, wanted.place)
        if isinstance(presence, Yes) and isinstance(presence.value.resource, Policy):
            self._shelf.add(presence.value.resource)
        return presence is not None

    def _unread(self, wanted: DesiredDisk, instance: Instance) -> tuple[str, ...]:
        """What isn't understood of the instance's policy, where the disk is to have another one."""
        policy, spec = instance.policy, wanted.policy
        if policy is None or (not spec.manage and lower(policy.name) == lower(spec.azure_name or spec.name)):
            return ()
        return self._shelf.unknown.get(policy.key, ())

    def is_right(self, wanted: DesiredDisk, instance: Instance) -> bool:
        """An instance's policy is right when its content is, whatever its name; one that isn't managed has a name."""
        content = wanted.policy.content
        if instance.policy is None or content is None or not wanted.policy.manage:
            return False
        if not instance.policy.is_within(wanted.vault.id) or self._shelf.contents.get(instance.policy.key) != content:
            return False
        self.wanted.add(instance.policy.key)
        return True

    def move(self, wanted: DesiredDisk, instance: Instance) -> None:
        """Note that this plan re-points the instance."""
        self.joining[addresses.policy(wanted.vault.name, wanted.policy.name)].append(wanted.address)
        if instance.policy:
            self.moving[instance.policy.key].append(wanted.address)

    def lose(self, lost: Mapping[str, str]) -> None:
        """Note which instances this plan deletes for good, each with the address of that: they leave their policies."""
        for key, address in lost.items():
            policy = self._draft.estate.instances[key].policy
            if policy:
                self.moving[policy.key].append(address)

    def shortened(self, wanted: DesiredDisk, instance: Instance) -> str:
        """What re-pointing the instance does to how long recovery points are kept; empty when nothing is lost."""
        if instance.policy is None:
            return ""
        before, after = self._shelf.contents.get(instance.policy.key), self._content(wanted)
        if before is None or after is None:
            which = "present" if before is None else "other"
            unknown = self._shelf.unknown.get(instance.policy.key, ()) if before is None else ()
            parts = ", ".join(f"`{part}`" for part in unknown)
            told = f"; not understood of {instance.policy.name}: {parts}" if parts else ""
            return f"retention may get shorter: what the {which} policy keeps can't be told{told}"
        if shortens(before, after):
            return "retention gets shorter for new recovery points; existing ones keep theirs"
        return ""

    def _content(self, wanted: DesiredDisk) -> PolicyContent | None:
        """What the disk's policy holds: as declared, else as the policy that isn't managed has it."""
        if wanted.policy.content is not None:
            return wanted.policy.content
        policy = self.policy(wanted)
        return self._shelf.contents.get(policy.key) if policy else None
