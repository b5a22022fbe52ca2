"""The estate with what was read again laid over it: ids count more than lists, and newer lists more than older ones."""

from __future__ import annotations

from dataclasses import replace

import pytest
from plan_builders import VAULT, S, deleted, disk, disk_id, estate, instance, policy, role, vault

from reconciler.model.estate import Estate, Found, Question
from reconciler.model.ids import ArmId
from reconciler.model.known import NO, Yes
from reconciler.planning.renewing import renewed, unlisted


def there(one: object) -> dict[Question, Yes[Found]]:
    return {Question("exists", one.id): Yes(Found({}, one))}  # type: ignore[attr-defined]


def gone(own: ArmId) -> dict[Question, object]:
    return {Question("exists", own): NO}


def world() -> Estate:
    return estate(vault(), policy(), disk(), instance(), instance("b"), deleted("c"), role(disk_id()))


def test_a_list_replaces_what_that_vault_held() -> None:
    found = renewed(world(), {VAULT: [instance("b"), deleted("d")]}, {})
    assert list(found.instances) == [instance("b").id.key]
    assert list(found.deleted_instances) == [deleted("d").id.key]
    assert len(world().instances) == 2, "the estate that was read first stays as it is"


def test_what_a_list_lacks_and_its_id_shows_is_there() -> None:
    held, read = {VAULT: [instance("b")]}, there(instance())
    assert set(renewed(world(), held, read).instances) == {instance().id.key, instance("b").id.key}
    assert unlisted(held, read) == {instance().id}
    assert unlisted({VAULT: [instance()]}, read) == set()
    assert unlisted({}, read) == set(), "no list, no contradiction"


def test_what_a_list_shows_and_its_id_denies_is_gone() -> None:
    assert renewed(world(), {VAULT: [instance()]}, gone(instance().id)).instances == {}  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("one", "kind"),
    [
        (disk(tags={"backup": "none"}), "disks"),
        (vault(owner="another"), "vaults"),
        (policy(body={}), "policies"),
        (instance(state="ProtectionStopped"), "instances"),
        (deleted("c", owner="another"), "deleted_instances"),
    ],
)
def test_what_was_read_by_id_takes_its_place(one: object, kind: str) -> None:
    found = renewed(world(), {}, there(one))
    assert getattr(found, kind)[one.id.key] is one  # type: ignore[attr-defined]
    assert getattr(world(), kind)[one.id.key] != one  # type: ignore[attr-defined]


def test_an_assignment_stays_listed_where_it_was() -> None:
    held = estate(replace(role(disk_id()), listed_in=(S,)))
    (found,) = renewed(held, {}, there(role(disk_id()))).roles.values()
    assert found.listed_in == (S,)


def test_a_disk_of_a_subscription_that_was_not_read_chooses_nothing() -> None:
    foreign = disk(disk_id(subscription=S))
    found = renewed(world(), {}, there(foreign))
    assert foreign.id.key not in found.disks
    assert isinstance(found.answers[Question("exists", foreign.id)], Yes)


def test_answers_that_age_are_asked_again() -> None:
    own, other = (Question("kept-points", instance(name).id) for name in ("d", "b"))
    kept = Question("deleted-vault", VAULT)
    held = replace(world(), answers={own: (), other: (), kept: None})
    assert set(renewed(held, {}, there(instance())).answers) == {other, kept, Question("exists", instance().id)}
