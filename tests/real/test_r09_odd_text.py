"""R9: what the official SDKs read is read: half a surrogate pair in a text, and a byte order mark before JSON."""

from __future__ import annotations

import codecs
import json
from collections.abc import Callable
from contextlib import AbstractContextManager
from pathlib import Path

import pytest
from arm import APPS, PLATFORM, READER, disk_id
from forging import Answer, Asked, Azure, Rule, adds, edits, edits_rows, quickstart, rule

Forged = Callable[..., AbstractContextManager[Azure]]

HALF = "half \ud83d of a smile"
OTHER_HALF = "\ude00"


def behind_a_mark(where: str) -> Rule:
    """Answers that begin with a byte order mark, links to further pages and errors among them."""

    def act(asked: Asked, own: Rule) -> Answer:
        answer = asked.forward()
        if not answer.content:
            return answer
        own.fired += 1
        return answer._replace(content=codecs.BOM_UTF8 + answer.content)

    return rule(where, act, "behind a mark")


@pytest.mark.parametrize("text", [HALF, OTHER_HALF, "\ud83d\ud83d"])
def test_half_a_pair_in_a_tag_of_anything(forged: Forged, text: str) -> None:
    tags = {"tags.note": text, f"tags.{text}": "x"}
    rules = [edits_rows("GET */" + kind, "*", tags) for kind in ("backupVaults", "disks", "resourceGroups")]
    singles = [edits("GET */" + kind, tags, optional=True) for kind in ("backupVaults/*", "disks/*")]
    with forged(quickstart(), *rules, *singles, clock="virtual") as azure:
        began = azure.now
        for verb in ("plan", "drift", "status", "coverage"):
            done = azure.run(verb, "--format", "json")
            assert (done.code, "unexpected" in done.text) == (0, False), done
        assert (azure.now - began).total_seconds() < 60, "nothing was retried"


def test_a_write_beside_half_a_pair_keeps_it(forged: Forged) -> None:
    declared = quickstart().manifest
    vault = {**declared["vaults"][0], "tags": {"team": "shop"}}
    with forged(quickstart().saying(vaults=[vault]), clock="virtual") as azure:
        azure.patch("*/backupVaults/*", {"tags": {"note": HALF}})
        azure.patch("*/disks/*", {"tags": {"note": HALF}})
        done = azure.run("apply", "--auto-approve", "--report", "out.md", "--report", "out.html", "--report", "out.xml")
        assert done.code == 0, done
        (live,) = azure.show("*/backupVaults/*")
        assert (live["tags"]["note"], live["tags"]["team"]) == (HALF, "shop")
        assert azure.run("drift").code == 0


def test_what_is_told_of_half_a_pair_can_be_written(forged: Forged) -> None:
    """The vault's tag is declared otherwise, so that it is shown in every form."""
    declared = quickstart().manifest
    vault = {**declared["vaults"][0], "tags": {"note": "whole"}}
    with forged(quickstart().saying(vaults=[vault]), clock="virtual") as azure:
        azure.patch("*/backupVaults/*", {"tags": {"note": HALF}})
        named = [word for form in ("md", "html", "xml", "sarif", "json") for word in ("--report", f"out.{form}")]
        done = azure.run("drift", *named)
        assert (done.code, r"half \ud83d of a smile" in done.text) == (2, True), done
        for form in ("md", "html", "xml", "sarif", "json"):
            assert (Path(azure.folder) / f"out.{form}").read_text(encoding="utf-8")
        assert azure.run("plan", "--out", "saved.json").code == 0
        assert azure.run("apply", "saved.json", "backup.yaml").code == 0


def test_an_export_with_half_a_pair_lists_the_disks(forged: Forged) -> None:
    with forged(quickstart(), clock="virtual") as azure:
        azure.patch("*/disks/*", {"tags": {"app": HALF}})
        (vault,) = azure.ids("*/backupVaults/*")
        done = azure.run("export", vault, "--by", "tag", "app")
        assert (done.code, "PSTestDisk" in done.out) == (0, True), done


def test_an_export_selects_by_characters_beyond_the_plane(forged: Forged) -> None:
    with forged(quickstart(), clock="virtual") as azure:
        azure.patch("*/disks/*", {"tags": {"app": "😀 größe"}})
        (vault,) = azure.ids("*/backupVaults/*")
        done = azure.run("export", vault, "--by", "tag", "app")
        assert (done.code, "PSTestDisk" in done.out) == (0, False), done
        azure.declare(done.out, "exported.yaml")
        assert azure.run("drift", "exported.yaml").code == 0


@pytest.mark.parametrize("where", ["GET **", "* **", "POST **"])
def test_a_byte_order_mark_before_everything(forged: Forged, where: str) -> None:
    with forged(quickstart(fresh=True), behind_a_mark(where.replace("**", "*/**")), clock="virtual") as azure:
        done = azure.run("apply", "--auto-approve")
        assert done.code == 0, done
        azure.advance("1d")
        for verb in ("drift", "status", "coverage"):
            assert azure.run(verb).code == 0


def test_an_error_behind_a_byte_order_mark_is_told(forged: Forged) -> None:
    def act(asked: Asked, own: Rule) -> Answer:
        own.fired += 1
        body = {"error": {"code": "UserErrorOdd", "message": f"It is odd: {HALF}."}}
        return Answer(400, {"Content-Type": "application/json"}, codecs.BOM_UTF8 + json.dumps(body).encode())

    with forged(quickstart(fresh=True), rule("PUT */backupInstances/*", act), clock="virtual") as azure:
        done = azure.run("apply", "--auto-approve", "--report", "out.md")
        assert (done.code, "UserErrorOdd" in done.text, r"\ud83d" in done.text) == (1, True, True), done
        assert "proxy" not in done.text


@pytest.mark.parametrize("key", ["scope", "principalId", "roleDefinitionId"])
@pytest.mark.parametrize("verb", [("plan",), ("drift",), ("export", PLATFORM)])
def test_half_a_character_in_somebody_s_role_assignment_ends_no_run(
    forged: Forged, key: str, verb: tuple[str, ...]
) -> None:
    """From such texts names are derived, to tell whether a role assignment is ours."""
    row = {"id": f"/subscriptions/{APPS}/providers/Microsoft.Authorization/roleAssignments/odd", "name": "odd"}
    said = {"scope": disk_id("PSTestDisk"), "principalId": "p", "roleDefinitionId": READER, key: "Ä\ud800"}
    with forged(quickstart(), adds("GET */roleAssignments", row | {"properties": said}), clock="virtual") as azure:
        done = azure.run(*verb)
        assert (done.code, "unexpected" in done.text) == (0, False), done


COMMANDS = {
    "a command of Azure Pipelines": "##vso[task.setvariable variable=x]y",
    "a command of its old form": "##[error]x",
    "three signs": "###vso[task.complete result=Failed;]",
    "another direction": "\u202egnp.exe",
    "no width": "pay\u200bments",
    "an escape sequence": "\x1b]0;title\x07",
    "a quote and a backslash": '"##\\vso[',
}


@pytest.mark.parametrize("what", COMMANDS)
@pytest.mark.parametrize("form", ["text", "markdown"])
def test_an_exported_tag_is_no_command_to_a_terminal_or_a_ci_system(forged: Forged, what: str, form: str) -> None:
    """Whoever may tag a disk may write such a value; a pipeline that exports prints it."""
    text = COMMANDS[what]
    with forged(quickstart(), clock="virtual") as azure:
        azure.patch("*/disks/PSTestDisk", {"tags": {"team": text, text: "1"}})
        for name in ("team", text):
            done = azure.run("export", PLATFORM, "--by", "tag", name, "--format", form, env={"TF_BUILD": "True"})
            assert (done.code, "select:" in done.out) == (0, True), done
            assert not [sign for sign in ("##vso", "##[", "\u202e", "\u200b", "\x1b", "\x07") if sign in done.text], (
                done
            )
            if form == "text":
                azure.declare(done.out, "exported.yaml")
                again = azure.run("plan", "exported.yaml", "--format", "json")
                assert (again.code, again.document["changes"]) == (0, []), again
