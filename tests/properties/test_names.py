"""Every name that is printed anywhere is taken wherever a disk, or anything else, is named."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from hypothesis import given, settings
from naming import World, upper, worlds

from reconciler.model import addresses
from reconciler.model.findings import Finding, Severity
from reconciler.model.plan import Plan
from reconciler.model.short_names import ShortNames, Typed
from reconciler.report.documents import plan_document
from reconciler.report.plans.text import plan_text

pytestmark = pytest.mark.long


@settings(deadline=None)
@given(world=worlds())
def test_every_address_is_taken_in_both_of_its_forms(world: World) -> None:
    for address in world.known:
        for text in (address, upper(address), world.names.shown(address), upper(world.names.shown(address))):
            found = Typed(text, world.names).chosen(world.known)
            assert found == [address], (text, found)


@settings(deadline=None)
@given(world=worlds())
def test_every_form_of_a_disk_names_that_disk(world: World) -> None:
    for disk in world.disks:
        address = addresses.disk(disk)
        for text in (disk.text, disk.key, address, world.names.of(disk), world.names.shown(address)):
            assert Typed(text, world.names).disks(world.disks) == [disk], text


@settings(deadline=None)
@given(world=worlds())
def test_an_end_names_one_thing_or_is_ambiguous(world: World) -> None:
    for disk in world.disks:
        parts = world.names.of(disk).split("/")
        for start in range(len(parts)):
            typed = Typed("/".join(parts[start:]), world.names)
            found = typed.disks(world.disks)
            assert disk in found
            assert typed.is_ambiguous(found) == (len(found) > 1)


@settings(deadline=None)
@given(world=worlds())
def test_whoever_cannot_read_the_subscriptions_names_still_takes_what_shows_ids(world: World) -> None:
    """Whoever copies a name from a run without names, or from a document, types it where names are known."""
    bare = ShortNames({}, world.names.groups)
    for address in world.known:
        assert Typed(bare.shown(address), world.names).chosen(world.known) == [address]


def printed(world: World) -> Iterator[str]:
    """The names in the text and in the document of a plan that tells something about everything."""
    findings = tuple(Finding("a-code", Severity.WARNING, "said", "hint", one) for one in world.known)
    plan = Plan("m", (), findings, (), "0", names=world.names)
    document = plan_document(plan)
    for row in document["findings"]:
        yield row["address"]
        yield row["name"]
    text = plan_text(plan)
    for one in world.known:
        if world.names.shown(one) in text:
            yield world.names.shown(one)


@settings(deadline=None)
@given(world=worlds())
def test_what_a_plan_prints_is_taken(world: World) -> None:
    for text in printed(world):
        assert len(Typed(text, world.names).chosen(world.known)) == 1, text
