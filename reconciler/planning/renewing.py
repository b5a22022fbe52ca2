"""The estate, updated with what was read again."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from dataclasses import replace
from typing import Any

from reconciler.model.estate import ATTRIBUTES, BELOW, KEPT_POINTS, MAPPINGS, Estate, Found, Presence, Question
from reconciler.model.ids import ArmId
from reconciler.model.known import Known, No, Yes
from reconciler.model.resources import Disk, Instance, RoleAssignment


def renewed(estate: Estate, held: Mapping[ArmId, Iterable[Instance]], read: Mapping[Question[Any], Presence]) -> Estate:
    """The estate, updated from two sources: `held` are complete lists of vaults, `read` what was read by id.

    What is read by id overrides a list, and an instance that a list lacks is added.
    """
    vaults = {vault.key for vault in held}
    rows: dict[str, Any] = {name: dict(getattr(estate, name)) for name in MAPPINGS} | {
        "instances": {key: one for key, one in estate.instances.items() if one.vault.key not in vaults},
        "deleted_instances": {key: one for key, one in estate.deleted_instances.items() if one.vault.key not in vaults},
    }
    answers = _lasting(estate.answers, {question.subject for question in read})
    found = replace(estate, **rows, answers={**answers, **read})
    for one in (one for listed in held.values() for one in listed):
        (found.deleted_instances if one.deleted else found.instances)[one.id.key] = one
    for question, presence in read.items():
        _lay(found, question.subject, presence)
    return found


def _lasting(answers: Mapping[Question[Any], Known[Any]], read: Collection[ArmId]) -> dict[Question[Any], Known[Any]]:
    """The answers that stay valid in another look; those that change with time are asked again for what was read again."""
    return {question: one for question, one in answers.items() if not _ages(question, read)}


def _ages(question: Question[Any], read: Collection[ArmId]) -> bool:
    if question.kind == BELOW.word:
        return any(one.subscription == question.subject.subscription for one in read)
    return question.kind == KEPT_POINTS.word and question.subject in read


def _lay(estate: Estate, subject: ArmId, presence: Presence) -> None:
    """Put an object into the collection of its kind, or remove it."""
    match presence:
        case Yes(Found(resource=Disk() as disk)) if disk.id.subscription not in estate.disk_subscriptions:
            return  # its list wasn't read, and selectors choose only from complete lists
        case Yes(Found(resource=RoleAssignment() as role)):
            known = estate.roles.get(subject.key)
            estate.roles[subject.key] = replace(role, listed_in=known.listed_in) if known else role
        case Yes(Found(resource=Instance(deleted=True) as instance)):
            estate.deleted_instances[subject.key] = instance
        case Yes(Found(resource=resource)) if type(resource) in ATTRIBUTES:
            getattr(estate, ATTRIBUTES[type(resource)])[subject.key] = resource
        case No():
            for name in ATTRIBUTES.values():
                getattr(estate, name).pop(subject.key, None)


def unlisted(held: Mapping[ArmId, Iterable[Instance]], read: Mapping[Question[Any], Presence]) -> set[ArmId]:
    """The instances that were read by id but are missing from their vault's list."""
    listed = {vault: {one.id.key for one in rows} for vault, rows in held.items()}
    return {
        question.subject
        for question, presence in read.items()
        if isinstance(presence, Yes)
        and isinstance(presence.value.resource, Instance)
        and question.subject.parent in listed
        and question.subject.key not in listed[question.subject.parent]
    }
