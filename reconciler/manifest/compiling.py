"""Text of files into a Manifest: every step notes its findings, so that all problems are reported at once."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from reconciler.manifest import drills, references, support
from reconciler.manifest.entries import Context, defaults
from reconciler.manifest.kinds import KINDS, roles
from reconciler.manifest.merging import Include, Merged, merge
from reconciler.manifest.notes import Notes
from reconciler.manifest.sections import Items, Section
from reconciler.model.codes import manifest as codes
from reconciler.model.errors import ManifestError
from reconciler.model.manifest import Manifest


def compile_manifest(texts: Mapping[str, bytes], include: Include) -> Manifest:
    """The manifest that the files form together; ManifestError with everything that is wrong with them.

    `texts` has each file's bytes by its name; `include` finds what a file includes.
    """
    notes = Notes()
    merged = merge(texts, include, notes)
    manifest = _compiled(merged, notes) if merged.is_whole else None
    findings = notes.in_order()
    if manifest is None or not manifest.name or notes.has_errors:
        raise ManifestError(findings, merged.sources)
    return replace(manifest, warnings=tuple(findings), sources=merged.sources)


def _compiled(merged: Merged, notes: Notes) -> Manifest:
    """The manifest that the merged files declare; its name is empty if no file gives one."""
    references.check_names(merged, notes)
    context = Context(notes)
    context.defaults = defaults(_single(merged, "defaults", Section()), context.uses, notes)
    manifest = Manifest(
        name=_single(merged, "name", ""),
        place=merged.single.get("name", Section()).place("name"),
        roles=roles.read(_single(merged, "roleAssignments", Section())),
        formerly=tuple(_single(merged, "formerly", ())),
        hands_over_to=tuple(_single(merged, "handsOverTo", ())),
        **{kind.attribute: kind.declared(merged.lists[kind.key], context) for kind in KINDS},
    )
    references.check(manifest, context.uses, merged, notes)
    support.check(manifest, context.uses, notes)
    drills.check_targets(manifest, notes)
    drills.check_programs(manifest, notes)
    _check_lists(merged, notes)
    return replace(manifest, subscriptions=_subscriptions(manifest))


def _single(merged: Merged, key: str, otherwise: Any) -> Any:
    holder = merged.single.get(key)
    return otherwise if holder is None else holder[key]


def _check_lists(merged: Merged, notes: Notes) -> None:
    own = _single(merged, "name", "")
    for key in ("formerly", "handsOverTo"):
        names = _single(merged, key, Items())
        for index, name in enumerate(names):
            if name == own:
                notes.add(codes.OWN_NAME, f"`{key}` names this manifest itself", names.place(index))


def _subscriptions(manifest: Manifest) -> tuple[str, ...]:
    """Every subscription that the manifest names, lower-cased and sorted."""
    return tuple(sorted({subscription for entry in manifest.entries for subscription in entry.subscriptions}))
