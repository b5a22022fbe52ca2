"""Both forms of a listing: the Markdown leaves out nothing that the text says."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager

import click
import pytest
from arm import disk_id
from forging import Azure, disks

from reconciler.cli.main import root

Forged = Callable[..., AbstractContextManager[Azure]]
WORDS = {"backup": ("--dry-run",)}
"""What a verb needs besides the manifest."""
APART = {"validate", "plan", "apply", "drift", "restore", "drill", "move", "jobs show", "export", "explain"}
"""Verbs whose Markdown isn't that of a listing, or that need the name of something; every other is tried here."""


def verbs(group: click.Group = root, before: str = "") -> Iterator[str]:
    """Every command with a Markdown form, by its words."""
    context = click.Context(group)
    for name in group.list_commands(context):
        command = group.get_command(context, name)
        if isinstance(command, click.Group):
            yield from verbs(command, f"{before}{name} ")
        elif command and any("markdown" in getattr(one.type, "choices", ()) for one in command.params):
            yield f"{before}{name}"


def told(text: str) -> set[str]:
    """The words of a report, whatever marks it up; severities are headings in Markdown, which has room for all columns."""
    text = re.sub(r"More with --columns: [^.]*\.", "", re.sub(r"(?m)^[x+!?~-] ", "", text), flags=re.DOTALL)
    return set(re.findall(r"[\w./-]*\w", text.replace("\\", ""))) - {"error", "warning", "info"}


def test_no_verb_stands_apart_that_there_is_not() -> None:
    assert not APART - {*verbs()}


@pytest.mark.parametrize("verb", sorted({*verbs()} - APART))
def test_markdown_tells_what_the_text_tells(forged: Forged, verb: str) -> None:
    """Findings of `status` and `coverage` had no hint and no place, and an empty name where they are about nothing."""
    with forged(disks(2).aged("1d"), clock="virtual") as azure:
        azure.fail_backups("*/disks/disk-01")
        while not any(one["properties"]["status"] == "Failed" for one in azure.show("*/backupJobs/*")):
            azure.advance("20m")
        azure.delete(disk_id("disk-02"))
        words = WORDS.get(verb, ())
        shown = azure.run(verb, *words)
        page = azure.run(verb, *words, "--format", "markdown")
        assert shown.code == page.code, page
        assert told(shown.out) <= told(page.out), told(shown.out) - told(page.out)
        assert f"\n**{shown.out.splitlines()[-1]}**\n" in page.out, "the summary, which comes first here"
        assert "`  `" not in page.out
