"""The disks that a verb is about, from one look at the estate."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from reconciler.azure.connection import Azure
from reconciler.base.clock import Clock
from reconciler.flow.look import drafted, estate_for
from reconciler.model.errors import ReadIncomplete
from reconciler.model.estate import EXISTS, Estate
from reconciler.model.findings import Finding
from reconciler.model.ids import ArmId
from reconciler.model.known import Unsure
from reconciler.model.manifest import Manifest
from reconciler.model.resources import Target
from reconciler.planning.targets import left_out, targets


@dataclass(frozen=True, slots=True)
class Targets:
    """The disks, the estate they were found in, and `left_out`, the other declared disks with the reason."""

    disks: tuple[Target, ...]
    estate: Estate
    left_out: tuple[Finding, ...] = ()

    @property
    def vaults(self) -> tuple[ArmId, ...]:
        """The vaults that hold an instance of any of these disks, in order."""
        found = {instance.vault.key: instance.vault for target in self.disks for instance in target.instances}
        return tuple(found[key] for key in sorted(found))


async def find(azure: Azure, clock: Clock, manifest: Manifest, named: Sequence[str] = ()) -> Targets:
    """The named disks (see `planning.targets`), by default all that the manifest declares, with their instances.

    ReadIncomplete when a list can't be read to the end, UsageError for a name that matches no disk, or more than one.
    """
    estate = await estate_for(azure, manifest)
    for vault in manifest.vaults.values():
        match estate.answer(EXISTS(vault.id)):
            case Unsure(because, hint, code):
                message = f"Could not tell whether the vault {estate.names.of(vault.id)} exists: {because}"
                raise ReadIncomplete(message, hint=hint, code=code)
    found = await drafted(azure, clock, manifest, estate, lambda draft: targets(draft, named))
    others = () if named else await drafted(azure, clock, manifest, estate, left_out)
    return Targets(found, estate, others)
