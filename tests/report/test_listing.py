"""Listings: both forms say the same, and nothing foreign acts in either."""

from __future__ import annotations

from reconciler.base.escape import code
from reconciler.model.addresses import Address
from reconciler.model.findings import Finding, Place, Severity
from reconciler.report.columns import Heading, Table, cells
from reconciler.report.listing import Item, Listing, listing_markdown, listing_text
from reconciler.report.style import Style

PLACE = Place("backup.yaml", 7, 3)
FOUND = Finding("never-proven", Severity.WARNING, "never restored", "run a drill", Address("drill/monthly"), PLACE)
ITEM = Item("disk-1", "it failed", "failing", "replica-disk", PLACE, (("hint", "look again"),))
COLUMNS = (Heading("disk"), Heading("count", is_number=True))
LISTING = Listing(
    "Status of m",
    "1 failing.",
    (
        Table("Disks", COLUMNS, (cells("disk-1", "7"), cells("disk-22", "12"))),
        Table("empty", COLUMNS[:1], (), "none yet"),
    ),
    {"Not well": [ITEM], "Unknown": []},
    (FOUND,),
    ("Azure",),
    is_well=False,
)
TEXT = """\
Status of m

Disks:
  disk     count
  disk-1       7
  disk-22     12

empty:
  none yet

Not well:
  failing disk-1 [replica-disk]: it failed
    --> here/backup.yaml:7:3
    hint: look again

Warnings:
  warning[never-proven] drill/monthly: never restored
    --> here/backup.yaml:7:3
    hint: run a drill

Not read: Azure
1 failing.
"""
MARKDOWN = """\
## Status of m

**1 failing.**

Not read: Azure

### Not well (1)

- failing `disk-1` `replica-disk`: it failed (`here/backup.yaml:7:3`)
  - hint: look again

### Warnings (1)

- `never-proven` `drill/monthly`: never restored (`here/backup.yaml:7:3`)__
  hint: run a drill

### Disks

| disk | count |
| --- | --- |
| disk-1 | 7 |
| disk-22 | 12 |

### empty

none yet
""".replace("__", "  ")


def test_both_forms_tell_everything() -> None:
    assert listing_text(LISTING, root="here") == TEXT
    assert listing_markdown(LISTING, root="here") == MARKDOWN


def test_items_without_a_heading_stand_at_the_margin() -> None:
    bare = Listing("Jobs", "1 job.", (), {"": [Item("job-1", "it failed", "failed", details=(("code", "No"),))]})
    assert listing_text(bare) == "failed job-1: it failed\n  code: No\n\n1 job.\n"
    assert listing_markdown(bare) == "## Jobs\n\n**1 job.**\n\n- failed `job-1`: it failed\n  - code: No\n"


def test_items_that_say_the_same_are_told_once_unless_all_is_asked_for() -> None:
    said = "the backup of 2026-01-0{} 02:14 UTC failed"
    items = [Item(f"a/b/disk-{number}", said.format(number), "failing", place=PLACE) for number in range(1, 7)]
    listing = Listing("t", "s", (), {"Not well": [*items[:2], *items[2:], Item("a/b/other", "it is gone", "gone")]})
    assert (
        listing_text(listing)
        == """\
Not well:
  failing a/b/disk-1: the backup of 2026-01-01 02:14 UTC failed
    --> backup.yaml:7:3
    the same, at other times, of 5 more: a/b/disk-2, a/b/disk-3, a/b/disk-4 … and 2 more
  gone a/b/other: it is gone

s
"""
    )
    whole = listing_text(listing, style=Style(whole=True))
    assert [whole.count(item.said) for item in items] == [1] * 6
    two = Listing("t", "s", (), {"": [item._replace(said="x") for item in items[:2]]})
    assert listing_text(two).count("failing") == 2
    three = Listing("t", "s", (), {"": [item._replace(said="x") for item in items[:3]]})
    assert "\n  the same of 2 more: a/b/disk-2, a/b/disk-3\n" in listing_text(three)


def test_colours_tell_what_is_merely_new_from_what_is_bad() -> None:
    items = [Item("a", "x", "failing"), Item("b", "x", "unprotected", is_bad=False)]
    text = listing_text(Listing("t", "s", (), {"": items}, is_well=True), style=Style(colour=True))
    assert text.split("\n")[:2] == ["\x1b[1;31mfailing\x1b[0m a: x", "\x1b[36munprotected\x1b[0m b: x"]
    assert text.endswith("\x1b[1;32ms\x1b[0m\n")


def test_nothing_foreign_acts() -> None:
    foul = "<b>|`x` ::error::\x1b[31m\n@team sig=abcdefgh"
    item = Item(foul, foul, "bad", details=(("hint", foul),))
    listing = Listing(foul, foul, (Table(foul, (Heading("h"),), (cells(foul),)),), {"": [item]}, skipped=(foul,))
    for shown in (listing_text(listing), listing_markdown(listing)):
        assert "\x1b" not in shown
        assert "abcdefgh" not in shown
        assert "\n::" not in shown
    outside = listing_markdown(listing).replace(code(foul), "")
    assert not [word for word in ("<b>", "@team", "`x`") if word in outside.replace(r"\`", "")]
