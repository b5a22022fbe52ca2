"""Backup vaults: created by PUT, changed by PATCH with only the changed blocks, never replaced."""

from __future__ import annotations

from typing import Any

from reconciler.model import addresses
from reconciler.model.addresses import Address
from reconciler.model.changes import Action, Change, FieldChange, Kind, Op, Step
from reconciler.model.codes import disks as disk_codes
from reconciler.model.codes import planning as codes
from reconciler.model.estate import DELETED_VAULT, EXISTS
from reconciler.model.ids import ArmId, lower
from reconciler.model.known import No, Unsure, Yes
from reconciler.model.manifest import VaultSpec
from reconciler.model.resources import OwnedVault, Vault
from reconciler.model.tags import OWNER_TAG, tag_of
from reconciler.planning import vault_fields
from reconciler.planning.comparison import Comparison
from reconciler.planning.decisions import Decisions
from reconciler.planning.draft import Draft
from reconciler.planning.kinds.groups import laid_over, merged_tags, tag_differences
from reconciler.planning.marks import drift_class
from reconciler.planning.questions import PENDING
from reconciler.planning.weight import WEAKENS

_ALWAYS_ON_FROM = "2025-09-01"
_ALWAYS_ON_REGIONS = frozenset({"australiaeast", "eastasia", "westcentralus"})
"""Regions where soft delete can't be off in any api-version: "secure by default" in Microsoft's documentation of 2025-11."""

_AT_WORK = frozenset({"provisioning", "updating"})


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
        draft.decisions.note(disk_codes.ORPHANED_VAULT, f"{vault.id} bears the mark of {vault.owner}", address=address)


def _compare_missing(draft: Draft, spec: VaultSpec) -> None:
    address = addresses.vault(spec.name)
    presence = draft.questions.presence(spec.id, address, spec.place)
    if presence is None:
        return
    if isinstance(presence, Yes):
        draft.decisions.refuse(address, codes.LIST_INCOMPLETE, f"{spec.id} exists but isn't listed", place=spec.place)
    elif not spec.manage:
        draft.decisions.refuse(address, codes.VAULT_MISSING, f"{spec.id} doesn't exist", place=spec.place)
    elif _may_create(draft, spec):
        _create(draft, spec)


def _may_create(draft: Draft, spec: VaultSpec) -> bool:
    deleted = draft.questions.ask(DELETED_VAULT(spec.id, spec.location), address=addresses.vault(spec.name))
    if deleted is PENDING:
        return False
    if deleted is not None and not draft.world.forces("deleted-vault"):
        message = f"a soft-deleted vault {spec.azure_name} exists until {deleted.purge_time}"
        draft.decisions.refuse(addresses.vault(spec.name), codes.VAULT_SOFT_DELETED, message, place=spec.place)
        return False
    if draft.world.options.api_version >= _ALWAYS_ON_FROM and spec.soft_delete.state != "AlwaysOn":
        message = f"api-version {draft.world.options.api_version} makes vaults with soft delete AlwaysOn only"
        hint = "declare `softDelete: {state: AlwaysOn}`, or use api-version 2025-07-01"
        draft.decisions.refuse(addresses.vault(spec.name), codes.ONE_WAY_DOOR, message, place=spec.place, hint=hint)
        return False
    if spec.soft_delete.state == "Off" and spec.location in _ALWAYS_ON_REGIONS:
        message = f"{spec.location} has no vaults with soft delete off: they are always AlwaysOn"
        hint = "declare `softDelete: {state: AlwaysOn}`, or another location"
        draft.decisions.refuse(addresses.vault(spec.name), codes.ONE_WAY_DOOR, message, place=spec.place, hint=hint)
        return False
    return True


def _create(draft: Draft, spec: VaultSpec) -> None:
    said = vault_fields.declared(spec)
    said |= {path: value for path, value in vault_fields.defaults().items() if path not in said}
    tags = {key: value for key, value in laid_over(spec.default_tags, spec.tags).items() if value is not None}
    tags[OWNER_TAG] = draft.world.manifest.name
    body = {
        "identity": vault_fields.identity_body(spec, None),
        "location": spec.location,
        "tags": tags,
        "properties": vault_fields.properties(said),
    }
    fields = [FieldChange(path, None, value) for path, value in said.items()]
    _count(draft.decisions, spec, fields)
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
        message = f"{spec.name} is protected by {mapped or 'no resource guard'}, not {spec.resource_guard}"
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
            what = f"which resource guard {spec.name} is under"
            draft.decisions.note_unsure(doubt, what, address=addresses.vault(spec.name), place=spec.place)
    return None


def _compare_live(draft: Draft, spec: VaultSpec, live: Vault) -> None:
    address = addresses.vault(spec.name)
    if lower(live.provisioning_state) == "deleting":
        draft.decisions.refuse(address, codes.VAULT_DELETING, f"{spec.name} is being deleted", place=spec.place)
        return
    if lower(live.provisioning_state) in _AT_WORK:
        draft.decisions.note(
            codes.IN_PROGRESS, f"{spec.name} is {live.provisioning_state}", address=address, place=spec.place
        )
    admissible = _admissible(draft.decisions, spec, vault_fields.differences(spec, live))
    if admissible is None:
        return
    owner = draft.world.owner(live.tags)
    tags = [*tag_differences(spec.tags, live.tags)]
    fields = draft.decisions.kept(address, [*admissible, *tags])
    if not spec.manage:
        if fields:
            names = ", ".join(field.path for field in fields)
            draft.decisions.note(
                codes.VAULT_DIFFERS, f"{spec.name} differs in {names}", address=address, place=spec.place
            )
        return
    if owner == "handed":
        return
    if owner == "foreign" and fields:
        mark = tag_of(live.tags, OWNER_TAG)
        draft.decisions.note(
            codes.MANAGED_ELSEWHERE, f"{spec.name} belongs to {mark}", address=address, place=spec.place
        )
        return
    _patch(draft, spec, live, fields, owner)


def _admissible(decisions: Decisions, spec: VaultSpec, fields: list[FieldChange]) -> list[FieldChange] | None:
    """The differences that a PATCH can remove; None when one of them, and so the vault's change, is refused."""
    address, kept, refused = addresses.vault(spec.name), [], False
    for field in fields:
        code, message = vault_fields.refusal(field)
        if decisions.ignores(address, field.path):
            continue
        if vault_fields.is_satisfied_by_more(field):
            message = f"{field.path} is {field.before}, declared is {field.after}"
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
        fields = (*fields, FieldChange(f"tags.{OWNER_TAG}", mark or None, draft.world.manifest.name))
    guard = draft.world.options.guard_requests.get(spec.id.key, ())
    if live.guarded and not guard and any(map(vault_fields.is_guarded, fields)):
        message = f"{spec.name} is protected by a resource guard"
        draft.decisions.note(codes.RESOURCE_GUARD, message, address=addresses.vault(spec.name), place=spec.place)
        return
    _count(draft.decisions, spec, fields)
    have = vault_fields.live(live, spec.identity)
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
    values = {field.path: field.after for field in fields if not field.path.startswith("tags.")}
    body: dict[str, Any] = {}
    if "identity" in values:
        body["identity"] = vault_fields.identity_body(spec, live)
    settings = vault_fields.properties(vault_fields.with_their_blocks(values, vault_fields.live(live, spec.identity)))
    if settings:
        body["properties"] = settings
    if any(field.path.startswith("tags.") for field in fields):
        body["tags"] = merged_tags(live.tags, fields)
    return body


def _sharing(have: dict[str, Any], fields: tuple[FieldChange, ...]) -> tuple[str, ...]:
    """The remark when an identity is added: the vault keeps its present one."""
    added = any(field.path == "identity" for field in fields)
    return (f"the vault keeps its identity {have['identity']}",) if added and have["identity"] else ()


def _count(decisions: Decisions, spec: VaultSpec, fields: list[FieldChange] | tuple[FieldChange, ...]) -> None:
    """Note for the gates which differences are irreversible or weaken the vault."""
    for field in fields:
        address = addresses.vault(spec.name)
        if vault_fields.is_irreversible(field):
            _also(decisions.irreversible, address, f"{spec.name}: {field.path} permanently becomes {field.after}")
        elif field.before is not None and vault_fields.weakens(field):
            _also(decisions.weakening, address, f"{spec.name}: {field.path} goes from {field.before} to {field.after}")


def _also(reasons: dict[Address, str], address: Address, reason: str) -> None:
    reasons[address] = f"{reasons[address]}; {reason}" if address in reasons else reason
