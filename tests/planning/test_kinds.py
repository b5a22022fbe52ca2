from __future__ import annotations

from pathlib import Path

from plan_builders import NOW, estate, manifest, options

from reconciler.model.codes import planning as codes
from reconciler.model.estate import EXISTS
from reconciler.model.ids import ArmId
from reconciler.planning import kinds
from reconciler.planning.draft import Draft
from reconciler.planning.questions import PENDING

GROUP = ArmId("/subscriptions/s/resourceGroups/rg")


def draft() -> Draft:
    return Draft.of(manifest(), estate(), options(), NOW)


def test_every_module_of_a_kind_is_in_the_tuple() -> None:
    modules = {path.stem for path in Path(str(kinds.__file__)).parent.glob("*.py")} - {"__init__"}
    hooks = [[kind.need, kind.compare, kind.conclude, kind.declared] for kind in kinds.KINDS]
    own = [{hook.__module__.removeprefix(f"{kinds.__name__}.") for hook in each} & modules for each in hooks]
    assert [len(one) for one in own] == [1] * len(modules)
    assert set.union(*own) == modules


def test_what_is_decided_beside_a_draft_stays_there_and_what_is_asked_does_not() -> None:
    one = draft()
    other = one.beside()
    other.decisions.refuse("disk/d", codes.LOCKED, "no")
    assert other.questions.answer(EXISTS(GROUP)) is PENDING
    assert (one.decisions.findings, one.decisions.refused) == ([], {})
    assert one.questions.open == (EXISTS(GROUP),)
    assert one.world is other.world


def test_of_so_many_subjects_each_is_counted_once() -> None:
    asked = draft().questions
    first, second = GROUP.child("disks", "a"), GROUP.child("disks", "b")
    assert [asked.fits("x", one, 1) for one in (first, first, second)] == [True, True, False]
    assert asked.fits("y", second, 1), "each purpose has its own count"
