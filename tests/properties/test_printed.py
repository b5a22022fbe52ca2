"""Every address printed anywhere is accepted wherever an address or a disk is taken.

Random names (`naming.worlds`), every verb's output in every form, and what takes names: `--only`, `--disk`, `ignore`.
"""

from __future__ import annotations

import html
import json
import os
import re
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from itertools import pairwise
from typing import Any
from urllib.parse import unquote

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from naming import World, upper, worlds

from reconciler.manifest.compiling import compile_manifest
from reconciler.model import addresses
from reconciler.model.addresses import Address
from reconciler.model.changes import Action, Change, Kind, Op, Step
from reconciler.model.codes import planning as codes
from reconciler.model.errors import ManifestError
from reconciler.model.findings import Finding, Place
from reconciler.model.ids import ArmId, lower
from reconciler.model.jobs import Job
from reconciler.model.plan import Gate, Plan
from reconciler.model.resources import Disk
from reconciler.model.results.coverage import Coverage, Covered
from reconciler.model.results.dossier import DiskBackups, Dossier, Right
from reconciler.model.results.drift import Drift
from reconciler.model.results.outcome import Outcome, Result, Status
from reconciler.model.results.status import BackupStatus, DiskStatus
from reconciler.model.short_names import Typed
from reconciler.planning.ordering import Narrowing
from reconciler.report.annotations import azure, github
from reconciler.report.coverage import coverage_document, coverage_listing
from reconciler.report.documents import apply_document, drift_document, operation_document, plan_document
from reconciler.report.dossier import dossier_document, dossier_markdown, dossier_text
from reconciler.report.jobs import jobs_document, jobs_listing
from reconciler.report.listing import Listing, listing_markdown, listing_text
from reconciler.report.markdown import drift_markdown, outcome_markdown, plan_markdown
from reconciler.report.notices import Base, of_outcome, of_plan
from reconciler.report.page.gathering import gathered
from reconciler.report.page.render import page_html
from reconciler.report.plans.text import plan_text
from reconciler.report.scanning import sarif
from reconciler.report.status import status_document, status_listing
from reconciler.report.style import Style
from reconciler.report.terminal import drift_text, outcome_text

NOW = datetime(2026, 1, 8, 9, tzinfo=UTC)
PLACE = Place("teams/payments.yaml", 12, 5)
WIDE = (Style(width=10_000), Style(width=10_000, whole=True))
VAULT = ArmId("/subscriptions/s/resourceGroups/b/providers/Microsoft.DataProtection/backupVaults/v")
PRINTED = re.compile(r"(?<![\w/.@-])(?:disk|vault|policy|group|role|drill)/[^\s,;|`'\"<>…]+", re.IGNORECASE)
"""An address in a text. What a name may end with may also be punctuation of a sentence."""
ZERO_WIDTH = "\u200b"
EXAMPLES = 100 if os.environ.get("RECONCILER_LONG_TESTS") else 15
KINDS = {"group": Kind.GROUP, "vault": Kind.VAULT, "policy": Kind.POLICY, "role": Kind.ROLE, "disk": Kind.DISK}


def failed(about: Address) -> str:
    """A sentence as the engine makes it, with a whole address in it."""
    return f"{about} failed: no permission over {about.arm_id or about.name}"


def plan_of(world: World) -> Plan:
    """A plan that changes everything, finds something about everything, and is refused."""
    mine = [one for one in world.known if one.kind in KINDS]
    changes = tuple(
        Change(
            one,
            KINDS[one.kind],
            Action.ADD,
            "new",
            (Step(Op.GROUP_PUT, one.arm_id or VAULT),),
            vault=VAULT,
            place=PLACE,
        )
        for one in mine
    )
    findings = [codes.LOCKED.at(failed(one), address=one, place=PLACE) for one in world.known]
    findings += [codes.WAITS_FOR.at(f"waits for {cause}", address=one, cause=cause) for one, cause in pairwise(mine)]
    gate = Gate("mass-change", "too much", "look", addresses=tuple(mine))
    return Plan("m", changes, tuple(findings), (gate,), "0", names=world.names)


def outcome_of(world: World) -> Outcome:
    """An apply in which some failed, and the others waited for these."""
    mine = [one for one in world.known if one.kind in KINDS]
    results = [
        Result(one, KINDS[one.kind], Action.ADD, Status.FAILED, failed(one), "Locked", request="r")
        if at % 2
        else Result(one, KINDS[one.kind], Action.ADD, Status.SKIPPED, because=failed(mine[at - 1]), cause=mine[at - 1])
        for at, one in enumerate(mine)
    ]
    drills = [
        Result(one, Kind.DRILL, Action.ADD, Status.FAILED, failed(one)) for one in world.known if one.kind == "drill"
    ]
    return Outcome((*results, *drills), warnings=(codes.LOCKED.at("said", address=mine[0]),))


def status_of(world: World, findings: tuple[Finding, ...]) -> BackupStatus:
    states = ("ok", "failing", "late", "unprotected")
    rows = (
        DiskStatus(one, states[at % 4], "", "", "p", PLACE, NOW, timedelta(hours=1), vault=VAULT)
        for at, one in enumerate(world.disks)
    )
    return BackupStatus("m", tuple(rows), findings, (), NOW, world.names)


def coverage_of(world: World, findings: tuple[Finding, ...]) -> Coverage:
    rows = (
        Covered(
            Disk(one, "westus", "Premium_LRS", {}, None, None, False, "Attached", "Succeeded", 8), state, "why", PLACE
        )
        for one, state in zip(world.disks, ("covered", "uncovered") * len(world.disks), strict=False)
    )
    return Coverage("m", tuple(rows), findings, (), world.names)


def dossier_of(world: World, plan: Plan) -> Dossier:
    rights = tuple(Right(one, "missing") for one in world.known if one.kind == "role")
    backups = DiskBackups("v", "p", "protected", "ok", "", NOW, NOW, rights, ())
    about = addresses.disk(world.disks[0])
    return Dossier("m", about, "by id", PLACE, backups, plan.changes, (), plan.findings, {}, NOW, world.names)


def jobs_of(world: World) -> list[Job]:
    return [
        Job(
            ArmId(f"{VAULT}/backupJobs/{at}"),
            "Failed",
            "Backup",
            False,
            NOW,
            NOW,
            None,
            one,
            "p",
            None,
            disk_name=world.names.of(one),
        )
        for at, one in enumerate(world.disks)
    ]


SCRIPT = re.compile(r"<script[^>]*>(.*?)</script>", re.DOTALL)


def on_page(page: str) -> Iterator[str]:
    """What stands on a page: its data, and its texts, ids and links."""
    data = (one for one in SCRIPT.findall(page) if one.lstrip().startswith(("[", "{")))
    for one in data:
        yield from strings(json.loads(one))
    yield unquote(html.unescape(SCRIPT.sub("", page)))


def strings(value: Any) -> Iterator[str]:
    if isinstance(value, str):
        yield value
    elif isinstance(value, dict | list):
        for inner in value.values() if isinstance(value, dict) else value:
            yield from strings(inner)


def texts(world: World) -> Iterator[str]:
    """What every verb prints for people."""
    plan, outcome = plan_of(world), outcome_of(world)
    status, coverage = status_of(world, plan.findings), coverage_of(world, plan.findings)
    listings: tuple[Listing, ...] = (status_listing(status), coverage_listing(coverage), jobs_listing(jobs_of(world)))
    for style in WIDE:
        yield plan_text(plan, style=style)
        yield drift_text(Drift(plan), style=style)
        for verb in ("apply", "restore", "drill", "move"):
            yield outcome_text(outcome, names=world.names, style=style, verb=verb)
        yield dossier_text(dossier_of(world, plan), style=style)
        yield from (listing_text(one, style=style) for one in listings)
    limit = 10**7
    yield plan_markdown(plan, limit=limit)
    yield drift_markdown(Drift(plan), limit=limit)
    yield outcome_markdown(outcome, plan, limit=limit)
    yield dossier_markdown(dossier_of(world, plan))
    yield from map(listing_markdown, listings)
    base = Base("infra", "m.yaml")
    for notices in (of_plan(plan, base), of_outcome(outcome, plan, base)):
        commands = (*github(notices), *azure(notices))
        yield from (one.replace("::", "\n").replace("]", "\n").replace("%0A", "\n") for one in commands)
    page = gathered(plan, status, coverage, made=NOW, version="1", outcome=outcome)
    yield from on_page(page_html(page))


def documents(world: World) -> Iterator[Any]:
    """What every verb prints for programs."""
    plan, outcome = plan_of(world), outcome_of(world)
    yield plan_document(plan)
    yield drift_document(Drift(plan))
    yield apply_document(outcome, plan)
    yield operation_document("drill", outcome, plan)
    yield status_document(status_of(world, plan.findings))
    yield coverage_document(coverage_of(world, plan.findings))
    yield jobs_document(jobs_of(world), manifest="m")
    yield dossier_document(dossier_of(world, plan))
    yield json.loads(sarif(of_outcome(outcome, plan, Base("infra", "m.yaml"), whole=True)))


NAMED = ("address", "name", "addresses", "names", "cause", "cause_name", "depends_on", "disk")


def named_in(value: Any) -> Iterator[str]:
    """The addresses and names in a document."""
    if isinstance(value, dict):
        for key, inner in value.items():
            if key in NAMED:
                yield from (
                    one
                    for one in (inner if isinstance(inner, list) else [inner])
                    if isinstance(one, str) and "/" in one
                )
            yield from named_in(inner)
    elif isinstance(value, list):
        for inner in value:
            yield from named_in(inner)


def printed_in(text: str, spelled: dict[str, Address]) -> Iterator[tuple[str, Address]]:
    """The addresses in a text as a reader sees them, without the punctuation after them.

    Markdown has a backslash before some signs, which nobody sees, and a space of no width, which is copied with the name.
    """
    # in lists that say the kind, and what all have in common, apart: a subscription or a vault may be called `disk`
    kindless = {one.partition("/")[2] for one in spelled}
    kindless |= {one.rpartition("/")[0] for one in kindless}
    for found in PRINTED.findall(html.unescape(text).replace("\\", "")):
        ends = [found[: len(found) - cut] for cut in range(4) if not re.search(r"\w", found[len(found) - cut :])]
        whole = next((one for one in ends if seen(one) in spelled or seen(one) in kindless), None)
        assert whole is not None, f"no such address: {found}"
        if seen(whole) in spelled:
            yield whole, spelled[seen(whole)]


def seen(text: str) -> str:
    return lower(text.replace(ZERO_WIDTH, ""))


def check_taken(text: str, address: Address, world: World) -> None:
    """A printed text is taken by `--only` and by `ignore`, and by `--disk` if it is of one disk; else that says why not."""
    if address.kind in KINDS:
        narrowing = Narrowing((text,), {}, [one for one in world.known if one.kind in KINDS], world.names)
        assert not narrowing.unmatched, text
        assert narrowing.takes(address), text
    typed = Typed(text, world.names)
    assert typed.is_whole(address) or typed.is_end(address), text
    disk = address.arm_id if address.arm_id in world.disks else None
    found = typed.disks(world.disks)
    wanted = [disk] if disk else ending_so(typed, world)
    assert found == wanted, (text, found)
    assert disk or typed.of_no_disk or not address.kind, text


def ending_so(typed: Typed, world: World) -> list[ArmId]:
    """The disks whose names end like the address of something else: `vault/a` is also disk `a` of a group called `vault`."""
    return [one for one in world.disks if typed.is_end(addresses.disk(one))]


def spellings(world: World) -> dict[str, Address]:
    """Every address by its two forms, in lower case; a short name of a disk without its kind, too."""
    known = [*world.known, *map(addresses.disk, world.disks)]
    found = {lower(text): one for one in known for text in (one, world.names.shown(one))}
    return found | {lower(text): addresses.disk(one) for one in world.disks for text in (world.names.of(one), one.text)}


@pytest.mark.timeout(600)
@settings(deadline=None, max_examples=EXAMPLES)
@given(world=worlds())
def test_what_is_printed_for_people_is_taken(world: World) -> None:
    spelled = spellings(world)
    told = {one for text in texts(world) for one in printed_in(text, spelled)}
    assert {address for _, address in told} >= {one for one in world.known if one.kind in KINDS}
    for text, address in told:
        check_taken(text, address, world)
        check_taken(upper(text), address, world)


@pytest.mark.timeout(600)
@settings(deadline=None, max_examples=EXAMPLES)
@given(world=worlds())
def test_what_is_printed_for_programs_is_taken(world: World) -> None:
    spelled = spellings(world)
    told = {text for document in documents(world) for text in named_in(document)}
    for text in told:
        assert lower(text) in spelled, text
        check_taken(text, spelled[lower(text)], world)
    assert {spelled[lower(one)] for one in told} >= {one for one in world.known if one.kind in KINDS}


@settings(deadline=None)
@given(world=worlds(), kind=st.sampled_from(["vault", "policy", "group", "role", "drill"]))
def test_what_is_of_no_disk_is_refused_in_words(world: World, kind: str) -> None:
    for address in world.known:
        if address.kind == kind and address.arm_id not in world.disks:
            typed = Typed(world.names.shown(address), world.names)
            assert typed.disks(world.disks) == ending_so(typed, world)
            assert typed.near_disks(map(addresses.disk, world.disks)).startswith("this is the address of a ")


@settings(deadline=None, max_examples=EXAMPLES)
@given(world=worlds())
def test_what_is_printed_of_what_a_manifest_manages_may_be_ignored(world: World) -> None:
    mine = [one for one in world.known if one.kind in KINDS]
    said = [(one, text) for one in mine for text in (one, world.names.shown(one))]
    said += [(one, form) for one, text in said for form in (upper(text), text.replace("@", f"@{ZERO_WIDTH}"))]
    entries = [{"address": text, "reason": "r"} for _, text in said]
    text = f"apiVersion: reconciler/v1\nname: m\nvaults: []\npolicies: []\nignore: {json.dumps(entries, ensure_ascii=False)}\n"
    ignored = compile_manifest({"m.yaml": text.encode()}, lambda *_: {}).ignore
    for (address, _), entry in zip(said, ignored, strict=True):
        typed = Typed(entry.address, world.names)
        assert [one for one in mine if typed.is_address(one)] == [address], entry.address


def test_what_no_manifest_manages_cannot_be_ignored_and_says_what_can() -> None:
    entry = json.dumps([{"address": "drill/monthly", "reason": "r"}])
    text = f"apiVersion: reconciler/v1\nname: m\nvaults: []\npolicies: []\nignore: {entry}\n"
    with pytest.raises(ManifestError) as error:
        compile_manifest({"m.yaml": text.encode()}, lambda *_: {})
    (finding,) = error.value.findings
    assert finding.hint == "what can be ignored begins with group/, vault/, policy/, role/, disk/ or is an id"
