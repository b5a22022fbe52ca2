"""R7: no hint of a plan advises the contrary of another one, of any object or of the same one."""

from __future__ import annotations

import re
from collections.abc import Iterator

import pytest
from advice import ANYWHERE, OF_ONE_OBJECT, Advice, contradictions
from sources import hints, modules

from reconciler.model.codes import manifest, planning

FLOORS = ("reconciler.manifest", "reconciler.planning", "reconciler.model.codes", "reconciler.applying.preflight")
NOT_IN_PLANS = frozenset({"reconciler.model.codes.errors", "reconciler.model.codes.azure"})


def every() -> Iterator[str]:
    """Every hint that a plan may give: those of codes, and those that stand beside a finding or a gate."""
    for table in (manifest, planning):
        yield from (code.hint for code in vars(table)["CODES"].values())
    for name, (_, tree) in modules().items():
        if name.startswith(FLOORS) and name not in NOT_IN_PLANS:
            yield from hints(tree)


def test_no_hint_advises_the_contrary_of_another_one() -> None:
    found = {Advice("", text) for text in every()}
    assert len(found) > 150, "the search finds them"
    assert not contradictions(found)


@pytest.mark.parametrize("about", [*ANYWHERE, *OF_ONE_OBJECT])
def test_each_is_about_hints_that_there_are(about: str) -> None:
    """A stance that no hint takes would find nothing."""
    pro, contra = (ANYWHERE | OF_ONE_OBJECT)[about]
    assert any(re.search(pro, text) or re.search(contra, text) for text in every())


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("protect the group with a lock", "ask the lock's owner to remove it"),
        ("list it under `ignore`", "remove the `ignore` entry"),
        ("use api-version 2025-07-01", "pass `--api-version 2026-06-01` or a later one"),
    ],
)
def test_contraries_are_found_wherever_they_stand(one: str, other: str) -> None:
    assert contradictions([Advice("a", one), Advice("b", other)])


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("do nothing", "list it under `removed`"),
        ("exclude it with a reason", "run `reconciler apply` to protect it in the declared vault"),
        ("declare what it has", "pass the `--api-version` that has it, or remove the setting"),
    ],
)
def test_contraries_are_found_where_they_are_about_one_object(one: str, other: str) -> None:
    assert contradictions([Advice("disk/a", one), Advice("DISK/A", other)])
    assert not contradictions([Advice("disk/a", one), Advice("disk/b", other)])


def test_a_choice_contradicts_nothing() -> None:
    both = "run `apply --prune` to stop it, or add an entry for it"
    assert not contradictions([Advice("a", both), Advice("a", "add an entry for the region")])
