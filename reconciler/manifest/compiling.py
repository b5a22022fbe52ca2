"""Text of files into a Manifest: every step notes what it finds, so that all problems are told at once."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import replace
from typing import Any, TypeVar

from reconciler.manifest import exceptions
from reconciler.manifest.choices import Use
from reconciler.manifest.defaults import Defaults, defaults
from reconciler.manifest.disks import rules
from reconciler.manifest.drills import check_targets, drill
from reconciler.manifest.merging import Include, Merged, merge
from reconciler.manifest.notes import Notes
from reconciler.manifest.policies import policy
from reconciler.manifest.references import Declared, check_disks, check_groups, check_names, check_uses, check_vaults
from reconciler.manifest.sections import Items, Section
from reconciler.manifest.support import check_regions, check_support
from reconciler.manifest.vaults import group, vault
from reconciler.model.codes import manifest as codes
from reconciler.model.errors import ManifestError
from reconciler.model.ids import lower
from reconciler.model.manifest import (
    DiskRule,
    DrillSpec,
    Excluded,
    GroupSpec,
    Manifest,
    PolicySpec,
    Removed,
    RoleSettings,
    VaultSpec,
)

_Spec = TypeVar("_Spec", VaultSpec, PolicySpec, GroupSpec)
_Item = TypeVar("_Item")


def compile_manifest(texts: Mapping[str, bytes], include: Include) -> Manifest:
    """The manifest that the files make together; ManifestError with everything that is wrong with them.

    `texts` has each file's bytes by its name; `include` finds what a file includes.
    """
    notes = Notes()
    merged = merge(texts, include, notes)
    found = _Compilation(merged, notes)
    manifest = found.manifest() if merged.is_whole else None
    findings = notes.in_order()
    if manifest is None or notes.has_errors:
        raise ManifestError(findings, merged.sources)
    return _with_warnings(manifest, notes, merged)


def _with_warnings(manifest: Manifest, notes: Notes, merged: Merged) -> Manifest:
    return replace(manifest, warnings=tuple(notes.in_order()), sources=merged.sources)


class _Compilation:
    """One manifest on its way from merged files to its compiled form."""

    def __init__(self, merged: Merged, notes: Notes) -> None:
        self.merged = merged
        self.notes = notes
        self.uses: list[Use] = []

    def manifest(self) -> Manifest | None:
        """The compiled manifest; None when the files don't even name it."""
        merged, notes = self.merged, self.notes
        check_names(merged, notes)
        stated = defaults(self._single("defaults", Section()), self.uses, notes)
        vaults = self._vaults(stated)
        policies = self._policies(stated)
        groups = self._groups(stated)
        disks = rules(merged.lists["disks"], stated, self.uses, notes)
        excluded = _all(exceptions.excluded, merged.lists["excluded"], notes)
        removed = _all(exceptions.removed, merged.lists["removed"], notes)
        ignored = _all(exceptions.ignore, merged.lists["ignore"], notes)
        drills = [drill(entry, notes) for entry in merged.lists["drills"]]
        declared = Declared(vaults, policies, groups, disks, excluded, removed)
        self._check(declared)
        check_targets(drills, declared, notes)
        self._check_lists()
        if "name" not in merged.single:
            return None
        return Manifest(
            name=self._single("name", ""),
            place=merged.single["name"].place("name"),
            vaults=vaults,
            policies=policies,
            snapshot_groups=groups,
            disks=tuple(disks),
            roles=RoleSettings(**self._single("roleAssignments", {})),
            excluded=tuple(excluded),
            removed=tuple(removed),
            ignore=tuple(ignored),
            drills=tuple(drills),
            formerly=tuple(self._single("formerly", ())),
            hands_over_to=tuple(self._single("handsOverTo", ())),
            subscriptions=_subscriptions(vaults, disks, excluded, removed, drills),
        )

    def _single(self, key: str, otherwise: Any) -> Any:
        holder = self.merged.single.get(key)
        return otherwise if holder is None else holder[key]

    def _vaults(self, stated: Defaults) -> dict[str, VaultSpec]:
        made = (vault(entry, stated, self.notes) for entry in self.merged.lists["vaults"])
        return _by_name(spec for spec in made if spec)

    def _policies(self, stated: Defaults) -> dict[str, PolicySpec]:
        made = (policy(entry, stated, self.notes) for entry in self.merged.lists["policies"])
        return _by_name(spec for spec in made if spec)

    def _groups(self, stated: Defaults) -> dict[str, GroupSpec]:
        return _by_name(group(entry, stated, self.notes) for entry in self.merged.lists["snapshotResourceGroups"])

    def _check(self, declared: Declared) -> None:
        check_uses(self.uses, self.merged, self.notes)
        check_regions(self.uses, declared.vaults, self.notes)
        check_vaults(declared.vaults, self.notes)
        check_groups(declared.groups, self.notes)
        check_disks(declared, self.notes)
        check_support(declared, self.notes)

    def _check_lists(self) -> None:
        own = self._single("name", "")
        for key in ("formerly", "handsOverTo"):
            names = self._single(key, Items())
            for index, name in enumerate(names):
                if name == own:
                    message = f"`{key}` names this manifest itself"
                    self.notes.add(codes.OWN_NAME, message, names.place(index))


def _by_name(specs: Iterable[_Spec]) -> dict[str, _Spec]:
    """The specs by lower-cased name, the first of each; that there are more is told elsewhere."""
    found: dict[str, _Spec] = {}
    for spec in specs:
        found.setdefault(lower(spec.name), spec)
    return found


def _all(
    make: Callable[[Section, Notes], _Item | None], entries: Iterable[Section], notes: Notes,
) -> list[_Item]:  # fmt: skip
    made = (make(entry, notes) for entry in entries)
    return [item for item in made if item is not None]


def _subscriptions(
    vaults: Mapping[str, VaultSpec],
    disks: Sequence[DiskRule],
    excluded: Sequence[Excluded],
    removed: Sequence[Removed],
    drills: Sequence[DrillSpec],
) -> tuple[str, ...]:
    """Every subscription in which something of the manifest lies, lower-cased and sorted."""
    found = {lower(spec.subscription) for spec in vaults.values()}
    found |= {entry.id.subscription for entry in excluded} | {entry.id.subscription for entry in removed}
    found |= {drill.subscription for drill in drills if drill.subscription}
    for rule in disks:
        found |= {arm_id.subscription for arm_id, _ in rule.ids}
        found |= set((rule.select and rule.select.subscriptions) or ())
    return tuple(sorted(found))
