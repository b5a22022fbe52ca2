"""Backup vaults: created by PUT, changed by PATCH with only the changed blocks, never replaced."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any

from reconciler.model import addresses, api_versions
from reconciler.model.addresses import Address
from reconciler.model.changes import Action, Change, FieldChange, Kind, Op, Step
from reconciler.model.codes import planning as codes
from reconciler.model.estate import DELETED_VAULT, EXISTS
from reconciler.model.ids import ArmId, lower
from reconciler.model.known import NOT_KNOWN, No, Unsure, Yes
from reconciler.model.manifest import VaultSpec
from reconciler.model.resources import OwnedVault, Vault
from reconciler.model.tags import OWNER_TAG, tag_of
from reconciler.model.vault_fields import told
from reconciler.planning import vault_fields
from reconciler.planning.comparison import Comparison
from reconciler.planning.decisions import Decisions
from reconciler.planning.draft import Draft
from reconciler.planning.group_book import WantedGroup
from reconciler.planning.marks import drift_class
from reconciler.planning.questions import PENDING
from reconciler.planning.tags import laid_over, merged_tags, tag_differences
from reconciler.planning.weight import WEAKENS

_ALWAYS_ON_REGIONS = frozenset({"australiaeast", "eastasia", "westcentralus"})
"""Regions where soft delete can't be off in any api-version: "secure by default" in Microsoft's documentation of 2025-11."""

_AT_WORK = frozenset({"provisioning", "updating"})

_UNTOLD = "check it in the Azure portal; leave it out of the manifest, or list it under `ignore`"


def need(comparison: Comparison) -> None:
    """The resource groups of managed vaults."""
    for spec in comparison.draft.world.manifest.vaults.values():
        if spec.manage:
            manage, default_tags = spec.manage_resource_group, dict(spec.default_tags)
            wanted = WantedGroup(spec.id.group_id, spec.place, manage, spec.location, {}, default_tags)
            comparison.groups.want(wanted).vaults[spec.id.key] = spec


def declared(comparison: Comparison) -> Iterator[Address]:
    """The addresses of all vaults."""
    return (addresses.vault(spec.name) for spec in comparison.draft.world.manifest.vaults.values())


def compare(comparison: Comparison) -> None:
    """Plan every declared vault that is missing or differs, and refuse what Azure can't change."""
    draft = comparison.draft
    for _, spec in sorted(draft.world.vaults.items()):
        live = draft.world.estate.vaults.get(spec.id.key)
        if live is None:
            _compare_missing(draft, spec)
        else:
            _verify_guard(draft, spec, live)
            _compare_live(draft, spec, live)


def conclude(comparison: Comparison) -> None:
    """Report vaults with our mark that this run didn't read; each is read by id, since lists of them lag."""
    draft = comparison.draft
    match draft.world.estate.owned_vaults:
        case Yes(vaults):
            for vault in vaults:
                if (
                    draft.world.owner({OWNER_TAG: vault.owner}) == "ours"
                    and vault.id.key not in draft.world.estate.vaults
                ):
                    _report_orphaned(draft, vault)
        case Unsure() as doubt:
            what = f"whether other vaults bear the mark of {draft.world.manifest.name}"
            draft.decisions.note_unsure(doubt, what)


def _report_orphaned(draft: Draft, vault: OwnedVault) -> None:
    if not draft.world.options.shard.takes(vault.id.key):
        return
    address = addresses.resource(vault.id)
    if isinstance(draft.questions.presence(vault.id, address), Yes):
        draft.decisions.note(
            codes.ORPHANED_VAULT,
            f"the vault has the tag `{OWNER_TAG}: {vault.owner}`, but the manifest does not name its subscription",
            address=address,
        )


def _compare_missing(draft: Draft, spec: VaultSpec) -> None:
    address = addresses.vault(spec.name)
    presence = draft.questions.presence(spec.id, address, spec.place)
    if presence is None:
        return
    if isinstance(presence, Yes):
        draft.decisions.refuse(
            address, codes.LIST_INCOMPLETE, "the vault exists, but Azure's list lacks it", place=spec.place
        )
    elif not spec.manage:
        draft.decisions.refuse(
            address,
            codes.VAULT_MISSING,
            f"the vault doesn't exist in {draft.world.names.group(spec.id)}, and the manifest doesn't manage it",
            place=spec.place,
        )
    elif _may_create(draft, spec):
        _create(draft, spec)


def _may_create(draft: Draft, spec: VaultSpec) -> bool:
    deleted = draft.questions.ask(DELETED_VAULT(spec.id, spec.location), address=addresses.vault(spec.name))
    if deleted is PENDING:
        return False
    if deleted is not None and not draft.world.forces("deleted-vault"):
        message = f"a soft-deleted vault has this name; Azure purges it at {deleted.purged}"
        draft.decisions.refuse(addresses.vault(spec.name), codes.VAULT_SOFT_DELETED, message, place=spec.place)
        return False
    if (
        api_versions.has(draft.world.options.api_version, api_versions.ALWAYS_ON)
        and spec.soft_delete.state != "AlwaysOn"
    ):
        message = (
            f"under api-version {draft.world.options.api_version} Azure creates vaults with soft delete AlwaysOn only"
        )
        specs = draft.world.manifest.vaults.values()
        is_too_old = any(vault_fields.unavailable(one, api_versions.DEFAULT) for one in specs)
        other = "" if is_too_old else f", or use api-version {api_versions.DEFAULT}"
        hint = f"declare `softDelete: {{state: AlwaysOn}}`{other}"
        draft.decisions.refuse(addresses.vault(spec.name), codes.ONE_WAY_DOOR, message, place=spec.place, hint=hint)
        return False
    if spec.soft_delete.state == "Off" and spec.location in _ALWAYS_ON_REGIONS:
        message = f"vaults in {spec.location} always have soft delete AlwaysOn, declared is Off"
        hint = "declare `softDelete: {state: AlwaysOn}`, or another location"
        draft.decisions.refuse(addresses.vault(spec.name), codes.ONE_WAY_DOOR, message, place=spec.place, hint=hint)
        return False
    return True


def _create(draft: Draft, spec: VaultSpec) -> None:
    said = vault_fields.declared(spec)
    said |= {path: value for path, value in vault_fields.defaults().items() if path not in said}
    _drop_unavailable(draft, spec, said, is_new=True)
    tags = {key: value for key, value in laid_over(spec.default_tags, spec.tags).items() if value is not None}
    tags[OWNER_TAG] = draft.world.manifest.name
    body = {
        "identity": vault_fields.identity_body(spec, None),
        "location": spec.location,
        "tags": tags,
        "properties": vault_fields.properties(said),
    }
    fields = [FieldChange(path, None, value) for path, value in said.items()]
    _count(draft.decisions, spec, fields, is_new=True)
    draft.decisions.add(
        Change(
            address=addresses.vault(spec.name),
            kind=Kind.VAULT,
            action=Action.ADD,
            reason="not there",
            steps=(Step(Op.VAULT_PUT, spec.id, body),),
            after={"id": spec.id.text, **said, "tags": tags},
            depends=(addresses.group(spec.id),),
            vault=spec.id,
            place=spec.place,
            drift=drift_class(draft.world, spec),
        )
    )


def _verify_guard(draft: Draft, spec: VaultSpec, live: Vault) -> None:
    """Verify the resource guard, which is never written; only the vault's proxy names it."""
    if spec.resource_guard is None:
        return
    mapped = _mapped_guard(draft, spec) if live.guarded else ""
    if mapped is None:
        return
    if ArmId(mapped) != spec.resource_guard and not draft.decisions.ignores(
        addresses.vault(spec.name), "resourceGuard"
    ):
        message = f"the vault is protected by {mapped or 'no resource guard'}, declared is {spec.resource_guard}"
        draft.decisions.note(codes.GUARD_DIFFERS, message, address=addresses.vault(spec.name), place=spec.place)


def _mapped_guard(draft: Draft, spec: VaultSpec) -> str | None:
    """The id of the guard that the vault's proxy names; None while that isn't known."""
    proxy = spec.id.child("backupResourceGuardProxies", "DppResourceGuardProxy")
    match draft.questions.answer(EXISTS(proxy)):
        case Yes(found):
            return str((found.body.get("properties") or {}).get("resourceGuardResourceId") or "")
        case No():
            return ""
        case Unsure() as doubt:
            what = "which resource guard protects the vault"
            draft.decisions.note_unsure(doubt, what, address=addresses.vault(spec.name), place=spec.place)
    return None


def _compare_live(draft: Draft, spec: VaultSpec, live: Vault) -> None:
    address = addresses.vault(spec.name)
    if lower(live.provisioning_state) == "deleting":
        draft.decisions.refuse(address, codes.VAULT_DELETING, "Azure is deleting the vault", place=spec.place)
        return
    if lower(live.provisioning_state) in _AT_WORK:
        draft.decisions.note(
            codes.IN_PROGRESS,
            f"Azure is still working on the vault: it is {live.provisioning_state}",
            address=address,
            place=spec.place,
        )
    differing = {field.path: field for field in vault_fields.differences(spec, live)}
    _drop_unavailable(draft, spec, differing)
    admissible = _admissible(draft.decisions, spec, [*differing.values()])
    if admissible is None:
        return
    owner = draft.world.owner(live.tags)
    tags = [*tag_differences(spec.tags, live.tags)]
    fields = draft.decisions.kept(address, [*admissible, *tags])
    if not spec.manage:
        if fields:
            told_apart = "; ".join(f"{one.path} is {told(one.before)}, declared is {told(one.after)}" for one in fields)
            draft.decisions.note(codes.VAULT_DIFFERS, told_apart, address=address, place=spec.place)
        return
    if owner == "handed":
        return
    if owner == "foreign" and fields:
        mark = tag_of(live.tags, OWNER_TAG)
        draft.decisions.note(
            codes.MANAGED_ELSEWHERE, f"the manifest `{mark}` owns the vault", address=address, place=spec.place
        )
        return
    _patch(draft, spec, live, fields, owner)


def _drop_unavailable(draft: Draft, spec: VaultSpec, fields: dict[str, Any], *, is_new: bool = False) -> None:
    """Take out the fields that Azure doesn't know under this run's api-version, each with an error."""
    version, address = draft.world.options.api_version, addresses.vault(spec.name)
    for path, first in vault_fields.unavailable(spec, version).items():
        fields.pop(path, None)
        if not draft.decisions.ignores(address, path):
            message = f"the manifest declares `{path}`, which api-version {version} does not have"
            insists = (
                is_new and api_versions.has(first, api_versions.ALWAYS_ON) and spec.soft_delete.state != "AlwaysOn"
            )
            more = " and declare `softDelete: {state: AlwaysOn}`, which these want of new vaults" if insists else ""
            hint = f"pass `--api-version {first}` or a later one{more}, or remove `{path}`"
            draft.decisions.note(codes.NEEDS_API_VERSION, message, address=address, place=spec.place, hint=hint)


def _admissible(decisions: Decisions, spec: VaultSpec, fields: list[FieldChange]) -> list[FieldChange] | None:
    """The differences that a PATCH can remove; None when one of them, and so the vault's change, is refused."""
    address, kept, refused = addresses.vault(spec.name), [], False
    for field in fields:
        code, message = vault_fields.refusal(field)
        if decisions.ignores(address, field.path):
            continue
        if vault_fields.is_untold(field):
            message = f"could not tell its {field.path}: Azure's answer has none"
            decisions.note(NOT_KNOWN, message, address=address, place=spec.place, hint=_UNTOLD)
        elif vault_fields.is_satisfied_by_more(field):
            message = f"{field.path} is {told(field.before)}, declared is {told(field.after)}"
            decisions.note(codes.STRONGER_THAN_DECLARED, message, address=address, place=spec.place)
        elif code:
            decisions.note(code, message, address=address, place=spec.place)
            refused = True
        else:
            kept.append(field)
    return None if refused else kept


def _patch(draft: Draft, spec: VaultSpec, live: Vault, fields: tuple[FieldChange, ...], owner: str) -> None:
    """Plan the PATCH; like every write of a vault that we may own, it also writes our mark and the default tags."""
    mark = tag_of(live.tags, OWNER_TAG)
    takes_mark = owner != "foreign" and mark != draft.world.manifest.name
    adopts = takes_mark and draft.world.options.adopt
    if adopts or fields or owner == "ours":
        defaults = tag_differences(laid_over(spec.default_tags, spec.tags), live.tags)
        known = {field.path for field in fields}
        fields = (
            *fields,
            *draft.decisions.kept(addresses.vault(spec.name), (field for field in defaults if field.path not in known)),
        )
    if not fields and not adopts:
        return
    if takes_mark:
        fields = (*fields, FieldChange.of_tag(OWNER_TAG, mark or None, draft.world.manifest.name))
    guard = draft.world.options.guard_requests.get(spec.id.key, ())
    if live.guarded and not guard and any(map(vault_fields.is_guarded, fields)):
        message = "a resource guard protects the vault, and must approve this change"
        draft.decisions.note(codes.RESOURCE_GUARD, message, address=addresses.vault(spec.name), place=spec.place)
        return
    _count(draft.decisions, spec, fields)
    have = vault_fields.live(live, spec.identities)
    draft.decisions.add(
        Change(
            address=addresses.vault(spec.name),
            kind=Kind.VAULT,
            action=Action.CHANGE,
            reason="its declared fields differ" if len(fields) > takes_mark else "gets this manifest's mark",
            steps=(Step(Op.VAULT_PATCH, spec.id, _patch_body(spec, live, fields), tuple(guard)),),
            before={field.path: field.before for field in fields} | {"id": spec.id.text},
            after={field.path: field.after for field in fields} | {"id": spec.id.text},
            fields=fields,
            vault=spec.id,
            place=spec.place,
            drift=drift_class(draft.world, spec),
            detail=_sharing(have, fields),
            weight=WEAKENS if addresses.vault(spec.name) in draft.decisions.weakening else "",
        )
    )


def _patch_body(spec: VaultSpec, live: Vault, fields: tuple[FieldChange, ...]) -> dict[str, Any]:
    values = {field.path: field.after for field in fields if not field.tag}
    body: dict[str, Any] = {}
    if "identity" in values:
        body["identity"] = vault_fields.identity_body(spec, live)
    settings = vault_fields.properties(vault_fields.with_their_blocks(values, vault_fields.live(live, spec.identities)))
    if settings:
        body["properties"] = settings
    if any(field.tag for field in fields):
        body["tags"] = merged_tags(live.tags, fields)
    return body


def _sharing(have: dict[str, Any], fields: tuple[FieldChange, ...]) -> tuple[str, ...]:
    """The remark when an identity is added: the vault keeps its present one."""
    added = any(field.path == "identity" for field in fields)
    return (f"the vault keeps its identity {have['identity']}",) if added and have["identity"] else ()


def _count(decisions: Decisions, spec: VaultSpec, fields: Iterable[FieldChange], *, is_new: bool = False) -> None:
    """Note for the gates which differences are irreversible or weaken the vault; what Azure doesn't tell may be lowered."""
    for field in fields:
        address = addresses.vault(spec.name)
        if vault_fields.is_irreversible(field):
            reason = f"{field.path} permanently becomes {told(field.after)}{vault_fields.lasting(field)}"
            _also(decisions.irreversible, address, f"{spec.name}: {reason}")
        elif not is_new and vault_fields.weakens(field):
            before = "a value that Azure does not tell" if field.before is None else told(field.before)
            _also(decisions.weakening, address, f"{spec.name}: {field.path} goes from {before} to {told(field.after)}")


def _also(reasons: dict[Address, str], address: Address, reason: str) -> None:
    reasons[address] = f"{reasons[address]}; {reason}" if address in reasons else reason
