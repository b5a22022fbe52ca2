"""Every message once, as a terminal of 80 columns shows it: read from top to bottom, and held by golden files.

`REWRITE_GOLDEN=1 make test T=tests/catalogue` writes them anew. Read the diff as somebody on call would.
"""

from __future__ import annotations

import os
import re
from collections.abc import Mapping
from functools import cache
from pathlib import Path

import pytest
import scenes_of_azure
import scenes_of_azure_codes
import scenes_of_disks
import scenes_of_errors
import scenes_of_gates
import scenes_of_manifests
import scenes_of_vaults
import scenes_of_verbs
import scenes_of_work
from scenes import SHOWN_AS, WIDTH, Scenes, excerpts

from reconciler.model.codes import azure, errors, gates, manifest, planning

SCREENS = Path(__file__).parent / "screens"
GROUPS: Mapping[str, Scenes] = {
    "manifests": scenes_of_manifests.SCENES,
    "findings": {**scenes_of_disks.SCENES, **scenes_of_vaults.SCENES, **scenes_of_verbs.SCENES},
    "gates": scenes_of_gates.SCENES,
    "errors": {**scenes_of_errors.SCENES, **scenes_of_azure.SCENES, **scenes_of_work.SCENES},
    "azure": scenes_of_azure_codes.SCENES,
}
NEVER_TOLD = {
    "error": "the code of a class that all errors refine: each one that is raised has a code of its own",
    "azure": "the same of errors that Azure answers with: without a code they are `http-400` and the like",
}
CODES = {
    "manifests": {*manifest.CODES},
    "findings": {*planning.CODES},
    "gates": {*gates.GATES, "allow-delete"},
    "errors": {*errors.CODES} - {*NEVER_TOLD},
    "azure": {one.code for one in azure.CODES.values()},
}
_HEAD = re.compile(r"(?:error|warning|info)\[[a-z-]+\] (?P<address>\S+):\s+(?P<first>\S+)")
_ID = re.compile(
    r"(?<!GET )(?<!PUT )(?<!POST )(?<!PATCH )(?<!DELETE )/subscriptions/[^/\s<]+/resourceGroups/", re.IGNORECASE
)
"""An id, but not the path of a request, which says what was sent."""
_MACHINE_TIME = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d")
_SOURCE = re.compile(r"^ *\d* \||^::")
_QUOTED = re.compile(r"'[^']*'")
LONGEST = 40


@cache
def entries(group: str) -> Mapping[str, str]:
    """The messages of a group by their codes, in the order of the codes' names."""
    scenes = GROUPS[group]
    return {code: "\n".join(excerpts(scenes[code](), SHOWN_AS.get((group, code), code))) for code in sorted(scenes)}


def lines(group: str) -> list[tuple[str, str]]:
    """Each line with its code, without those of manifests and of CI systems, which nothing wraps."""
    found = entries(group).items()
    return [(code, line) for code, text in found for line in text.splitlines() if not _SOURCE.match(line)]


@pytest.mark.parametrize("group", GROUPS)
def test_every_message_reads_like_this(group: str) -> None:
    shown = "\n".join(f"=== {code}\n{text}\n" for code, text in entries(group).items())
    golden = SCREENS / f"{group}.txt"
    if os.environ.get("REWRITE_GOLDEN"):
        golden.write_text(shown, encoding="utf-8")
    assert shown == golden.read_text(encoding="utf-8")


@pytest.mark.parametrize("group", GROUPS)
def test_every_code_has_a_scene_that_shows_it(group: str) -> None:
    assert {*GROUPS[group]} == CODES[group]
    assert [code for code, text in entries(group).items() if SHOWN_AS.get((group, code), code) not in text] == []


@pytest.mark.parametrize("group", GROUPS)
def test_no_line_is_wider_than_the_terminal_but_for_a_long_word(group: str) -> None:
    wide = [pair for pair in lines(group) if len(pair[1]) > WIDTH and max(map(len, pair[1].split())) < LONGEST]
    assert wide == []


@pytest.mark.parametrize("group", GROUPS)
def test_things_are_named_as_people_name_them(group: str) -> None:
    told = {code: " ".join(line.strip() for key, line in lines(group) if key == code) for code in entries(group)}
    assert {code: found[0] for code, text in told.items() if (found := _ID.search(text))} == {}


@pytest.mark.parametrize("group", GROUPS)
def test_times_are_those_of_people(group: str) -> None:
    assert [pair for pair in lines(group) if _MACHINE_TIME.search(pair[1])] == []


@pytest.mark.parametrize("group", GROUPS)
def test_no_message_begins_with_what_it_is_about(group: str) -> None:
    for code, text in entries(group).items():
        for told in _HEAD.finditer(text):
            address, first = told["address"], told["first"].rstrip(":")
            assert first not in {address, address.rpartition("/")[2]}, (code, text)
            message = _QUOTED.sub("", text[told.end() :].partition("hint:")[0])
            assert address not in message, (code, text)
