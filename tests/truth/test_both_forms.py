"""Both forms of a listing: the Markdown leaves out nothing that the text says."""

from __future__ import annotations

import re
from collections.abc import Callable
from contextlib import AbstractContextManager

import pytest
from arm import disk_id
from forging import Azure, disks

Forged = Callable[..., AbstractContextManager[Azure]]
VERBS = ("status", "coverage", "backup", "jobs list", "recovery-points", "whoami")


def told(text: str) -> set[str]:
    """The words of a report, whatever marks it up; severities are headings in Markdown."""
    return set(re.findall(r"[\w./-]*\w", text.replace("\\", ""))) - {"error", "warning", "info"}


@pytest.mark.parametrize("verb", VERBS)
def test_markdown_tells_what_the_text_tells(forged: Forged, verb: str) -> None:
    """Findings of `status` and `coverage` had no hint and no place, and an empty name where they are about nothing."""
    with forged(disks(2).aged("1d"), clock="virtual") as azure:
        azure.fail_backups("*/disks/disk-01")
        while not any(one["properties"]["status"] == "Failed" for one in azure.show("*/backupJobs/*")):
            azure.advance("20m")
        azure.delete(disk_id("disk-02"))
        words = ("--dry-run",) if verb == "backup" else ()
        shown = azure.run(verb, *words)
        page = azure.run(verb, *words, "--format", "markdown")
        assert shown.code == page.code, page
        assert told(shown.out) <= told(page.out), told(shown.out) - told(page.out)
        assert f"\n**{shown.out.splitlines()[-1]}**\n" in page.out, "the summary, which comes first here"
        assert "`  `" not in page.out
