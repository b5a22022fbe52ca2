"""What lists lack is asked for by id: some of it, and more as soon as a list has lied."""

from __future__ import annotations

import pytest
from plan_builders import GOLD, NOW, disk, disk_id, estate, group, instance, manifest, policy, rule, vault, wide

from reconciler.model.addresses import NOWHERE
from reconciler.model.changes import Kind
from reconciler.model.errors import ReadIncomplete
from reconciler.model.estate import Estate, Found, Question
from reconciler.model.known import NO, Yes
from reconciler.model.plan import Options, Plan
from reconciler.planning.draft import Draft
from reconciler.planning.planner import make

NAMES = [f"d{number:03}" for number in range(130)]


def asked(held: Estate, *there: str) -> Plan:
    """The plan for all disks once its questions are answered: these instances are there, the others aren't."""
    desired = manifest(rule(*map(disk_id, NAMES)), roles=wide("verify"))
    known = {instance(name).id: instance(name) for name in there}
    while (plan := make(desired, held, Options(tool_version="0"), NOW)).questions:
        for question in plan.questions:
            own = known.get(question.subject)
            held.answers[question] = Yes(Found({}, own)) if own and question.kind == "exists" else NO
    return plan


def world(*more: object) -> Estate:
    return estate(vault(), policy(GOLD), group(), *map(disk, NAMES), *more)


def sought(held: Estate) -> int:
    instances = {instance(name).id for name in NAMES}
    return sum(question.kind == "exists" and question.subject in instances for question in held.answers)


def unasked(plan: Plan) -> int:
    return sum(change.unasked for change in plan.changes if change.kind is Kind.DISK)


def test_a_hundred_are_asked_for_and_the_rest_before_it_is_made() -> None:
    held = world()
    plan = asked(held)
    assert (sought(held), unasked(plan)) == (100, 30)
    assert plan.contradicted == frozenset()


def test_a_list_that_has_lied_is_asked_on() -> None:
    held = world()
    plan = asked(held, "d000")
    assert (sought(held), unasked(plan)) == (130, 0)
    assert plan.contradicted == {instance("d000").id.key}


def test_a_vault_that_is_not_there_holds_nothing() -> None:
    held = estate(group(), *map(disk, NAMES), answers={Question("exists", vault().id): NO})
    assert (sought(held), unasked(asked(held))) == (0, 0)


@pytest.mark.parametrize(("count", "is_broken"), [(10, False), (11, True)])
def test_more_than_ten_lies_are_a_broken_list(count: int, is_broken: bool) -> None:
    if not is_broken:
        assert len(asked(world(), *NAMES[:count]).contradicted) == count
        return
    with pytest.raises(ReadIncomplete) as broken:
        asked(world(), *NAMES[:count])
    assert broken.value.code == "lists-broken"


def test_what_two_drafts_of_one_world_find_is_counted_once() -> None:
    """A drill and a move look beside their own plan: together they believe no more lies than one of them."""
    held = world()
    known = {instance(name).id: instance(name) for name in NAMES[:11]}
    held.answers.update({Question("exists", own): Yes(Found({}, live)) for own, live in known.items()})
    draft = Draft.of(manifest(), held, Options(tool_version="0"), NOW)
    beside = draft.beside()
    *most, last = known
    for number, own in enumerate(most):
        (draft, beside)[number % 2].questions.presence(own, NOWHERE)
    with pytest.raises(ReadIncomplete):
        draft.questions.presence(last, NOWHERE)
