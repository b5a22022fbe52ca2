"""The report page's rows and figures, and that no text on it is ever markup."""

from __future__ import annotations

import json
import re
from base64 import b64encode
from hashlib import sha256
from html.parser import HTMLParser

import pytest

from reconciler.model import addresses
from reconciler.model.addresses import Address
from reconciler.model.changes import Action, Change, FieldChange, Kind
from reconciler.model.findings import Finding, Place, Severity
from reconciler.model.ids import ArmId
from reconciler.model.plan import Gate, Plan, Wait
from reconciler.model.results.outcome import Outcome, Result, Status
from reconciler.model.short_names import ShortNames
from reconciler.report.page.glance import glance
from reconciler.report.page.graph import graph
from reconciler.report.page.model import STATES, DiskRow, Page, Share, freshness
from reconciler.report.page.render import FIRST, page_html

HOSTILE = "</script><script>alert(1)</script><img src=x onerror=alert(1)>\"'&\x1b[31m\u202e{{ 7*7 }} sig=abcdefgh"


def row(number: int = 1, state: str = "covered", **said: object) -> DiskRow:
    where = ArmId(f"/subscriptions/s{number % 2}/resourceGroups/rg/providers/Microsoft.Compute/disks/d{number}")
    return DiskRow(where, state, **{"vault": "V", "policy": "gold", **said})  # type: ignore[arg-type]


def page(*rows: DiskRow, **said: object) -> Page:
    return Page("estate", "2026-01-05T08:00:00+00:00", "0.1.0", rows, **said)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("counts", "percent"),
    [
        ({"covered": 3}, 100),
        ({"covered": 2, "uncovered": 1}, 66),
        ({"covered": 999, "late": 1}, 99),
        ({"excluded": 4}, 100),
        ({"covered": 1, "excluded": 9}, 100),
        ({"failing": 1}, 0),
    ],
)
def test_a_share_is_of_what_is_wanted_and_full_only_when_nothing_is_missing(
    counts: dict[str, int], percent: int
) -> None:
    assert Share("x", counts).percent == percent


def test_freshness_tells_the_worst_of_each_vault() -> None:
    rows = (
        row(1, age_hours=3.0),
        row(2, "late", age_hours=30.0),
        row(3, age_hours=None),
        row(4, vault="W", age_hours=1.0),
        row(5, vault=""),
    )
    found = [(one.vault, one.disks, one.oldest_hours, one.late, one.unknown) for one in freshness(rows)]
    assert found == [("V", 3, 30.0, 1, 1), ("W", 1, 1.0, 0, 0)]


def test_the_graph_joins_subscriptions_vaults_and_policies() -> None:
    drawn = graph([row(1), row(2), row(3, policy="silver"), row(4, vault="")])
    assert [(box.name, box.text) for box in drawn.boxes] == [
        ("s0", "1 disk"),
        ("s1", "2 disks"),
        ("V", "3 disks"),
        ("gold", "2 disks"),
        ("silver", "1 disk"),
    ]
    assert len(drawn.edges) == 4
    assert drawn.left == 0


def test_a_graph_of_too_much_says_how_much_it_left_out() -> None:
    drawn = graph([row(n, vault=f"v{n}") for n in range(100)])
    assert drawn.left == 60 + 60
    assert sum(box.name.startswith("v") for box in drawn.boxes) == 40
    assert len(drawn.tree) == 2
    assert sum(len(branch.branches) for branch in drawn.tree) == 100


@pytest.mark.parametrize(
    ("name", "lines"),
    [
        ("short", ("short",)),
        ("shared-services-westeurope-production-01", ("shared-services-", "westeurope-production-01")),
        ("x" * 60, ("x" * 25, "x" * 25, "x" * 10)),
        ("a" * 20 + "-" + "b" * 30, ("a" * 20 + "-", "b" * 25, "b" * 5)),
    ],
)
def test_a_name_in_the_graph_is_whole_however_long(name: str, lines: tuple[str, ...]) -> None:
    (box,) = [box for box in graph([row(vault=name)]).boxes if box.name == name]
    assert box.lines == lines
    assert "".join(box.lines) == name


def test_no_box_of_the_graph_lies_on_another() -> None:
    rows = [row(n, vault=f"{'long-' * (n % 9)}v{n % 7}", policy=f"{'very-' * (n % 5)}p{n % 6}") for n in range(200)]
    drawn = graph(rows)
    for one, other in zip(drawn.boxes, drawn.boxes[1:], strict=False):
        assert one.x < other.x or one.y + one.height < other.y
    assert max(box.y + box.height for box in drawn.boxes) == drawn.height


def test_a_policy_is_drawn_beside_its_own_vault() -> None:
    drawn = graph([row(1, vault="A"), row(2, vault="B"), row(3, vault="B")])
    assert [(box.name, box.text) for box in drawn.boxes][-2:] == [("gold", "1 disk"), ("gold", "2 disks")]


class Elements(HTMLParser):
    """Every element with its attributes."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.found: list[tuple[str, dict[str, str | None]]] = []
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.found.append((tag, dict(attrs)))


def test_foreign_text_is_shown_and_never_markup() -> None:
    finding = Finding("uncovered", Severity.WARNING, HOSTILE, HOSTILE, Address(HOSTILE), Place(HOSTILE, 1, 1))
    disk = DiskRow(
        ArmId(f"/subscriptions/{HOSTILE}"), "failing", HOSTILE, HOSTILE, HOSTILE, HOSTILE, None, None, HOSTILE, HOSTILE
    )
    text = page_html(Page(HOSTILE, "2026-01-05", "0", (disk,), None, (finding,), (HOSTILE,), HOSTILE))
    elements = Elements(text).found
    assert [tag for tag, _ in elements if tag in {"img", "iframe", "object", "link", "a"} and tag != "a"] == []
    assert sum(tag == "script" for tag, _ in elements) == 3
    assert not [name for _, attributes in elements for name in attributes if name.startswith("on")]
    assert "\x1b" not in text
    assert "\u202e" not in text
    assert "abcdefgh" not in text
    assert "49" not in re.findall(r"\{\{ 7\*7 \}\}|49 sig", text)


def planned(*, gates: tuple[Gate, ...] = (), waits: tuple[Wait, ...] = (), findings: tuple[Finding, ...] = ()) -> Plan:
    return Plan("estate", (), findings, gates, "0123", waits=waits)


@pytest.mark.parametrize(
    ("plan", "said"),
    [
        (planned(), "No changes. Azure matches the manifest."),
        (planned(waits=(Wait("disk/x", ArmId("/i"), "at rest"),)), "No changes. Azure is still working on 1 object;"),
        (
            planned(findings=(Finding("out-of-reach", Severity.ERROR, "x"),)),
            "None, but Azure may not match",
        ),
        (
            planned(gates=(Gate("role-scope", "too many", "declare more", opener="--force role-scope"),)),
            "None, but Azure may not match",
        ),
    ],
)
def test_without_changes_azure_matches_only_when_nothing_else_is_wrong(plan: Plan, said: str) -> None:
    text = page_html(page(row(), plan=plan))
    assert said in text
    assert "0 marks" not in text
    assert ("Azure matches the manifest" in text) is (plan == planned())


def test_a_closed_gate_says_how_it_opens() -> None:
    text = page_html(
        page(row(), plan=planned(gates=(Gate("role-scope", "too many", "declare more", opener="--force role-scope"),)))
    )
    assert "declare more; if this is intended, pass `--force role-scope`" in text


def read(text: str, name: str) -> list[tuple[object, ...]]:
    """The rows of a long table, as the script reads them."""
    data = re.search(rf'id="{name}-data">(.*?)</script>', text, re.DOTALL)
    assert data is not None
    columns = [
        column["all"] if "all" in column else [column["words"][number] for number in column["at"]]
        for column in json.loads(data[1])
    ]
    return list(zip(*columns, strict=True))


def results(*statuses: Status, text: str = "said") -> Outcome:
    rows = [Result(Address(f"disk/{one}{text}"), Kind.DISK, Action.ADD, one, text, text, text) for one in statuses]
    return Outcome(tuple(rows), errors=(Finding("ade", Severity.ERROR, text, text, Address("disk/impossible")),))


def test_an_apply_is_told_with_what_failed_first_and_how_much_is_done() -> None:
    outcome = results(Status.DONE, Status.IN_PROGRESS, Status.SKIPPED, Status.FAILED)
    text = page_html(page(row(), outcome=outcome))
    assert read(text, "result-rows") == [
        (status, "add", "said", "said", "said", [f"disk/{status}said"])
        for status in ("failed", "skipped", "in-progress", "done")
    ]
    assert "<dt>done</dt><dd>1 <small>of 5</small>" in text
    assert "Apply incomplete! Resources: 1 added, 0 changed, 0 destroyed; 1 failed, 1 skipped, 1 in progress" in text
    assert "1 of 5 done. Fix any errors and run `apply` again" in text
    assert '<a href="#result">' in text
    assert '<a href="#result">' not in page_html(page(row()))


def test_a_result_is_never_markup_either() -> None:
    elements = Elements(page_html(page(row(), outcome=results(*Status, text=HOSTILE)))).found
    assert not [tag for tag, _ in elements if tag == "img"]
    assert sum(tag == "script" for tag, _ in elements) == 3
    assert not [name for _, attributes in elements for name in attributes if name.startswith("on")]


def test_nothing_is_asked_of_the_network_and_only_its_own_script_may_run() -> None:
    text = page_html(page(row()))
    policy = re.search(r'http-equiv="Content-Security-Policy" content="([^"]+)"', text)
    assert policy is not None
    said = policy[1].replace("&#39;", "'")
    assert said.startswith("default-src 'none';")
    script = re.search(r"<script>(.*?)</script>", text, re.DOTALL)
    assert script is not None
    assert f"'sha256-{b64encode(sha256(script[1].encode()).digest()).decode()}'" in said
    assert "unsafe" not in said
    assert not re.search(r'\b(src|href)="(?!#)', text)
    assert "url(" not in text


def test_every_row_is_in_the_data_and_the_first_ones_are_in_the_table() -> None:
    text = page_html(page(*(row(number) for number in range(FIRST + 50))))
    assert len(read(text, "disk-rows")) == FIRST + 50
    assert text.count('<tr id="disk/') == FIRST
    assert f"{FIRST} of {FIRST + 50}" in text


SUBSCRIPTIONS = {"s0": "payments", "s1": "data"}


def named_page(*rows: DiskRow, **said: object) -> str:
    return page_html(page(*rows, names=ShortNames(SUBSCRIPTIONS), **said))


def change(number: int, action: Action = Action.ADD, **said: object) -> Change:
    after = {"vault": "V", "policy": "gold", "protection": "protected"}
    where = addresses.disk(row(number).id)
    return Change(where, Kind.DISK, action, "", (), **{"after": after, **said})  # type: ignore[arg-type]


def test_people_read_names_and_a_whole_id_only_where_a_disk_is_opened() -> None:
    found = Finding("uncovered", Severity.WARNING, "nobody claims it", "", addresses.disk(row(2).id))
    text = named_page(row(1), row(2, "uncovered"), findings=(found,), plan=planned())
    shown = re.sub(r"<script.*?</script>|<[^>]+>", " ", text, flags=re.DOTALL)
    assert "payments/rg" in shown
    assert "disk/payments/rg/d2" in shown
    assert "/subscriptions/" not in shown
    assert read(text, "disk-rows")[0][-1] == "/subscriptions/s0/resourceGroups/rg/providers/Microsoft.Compute/disks"


def test_every_disk_has_an_anchor_of_its_short_name_and_every_name_of_a_disk_links_to_it() -> None:
    found = Finding("uncovered", Severity.WARNING, "nobody claims it", "", addresses.disk(row(2).id))
    lost = Finding("gone", Severity.WARNING, "gone", "", addresses.disk(row(8).id))
    elements = Elements(named_page(row(1), row(2, "uncovered"), findings=(found, lost))).found
    anchors = [said["id"] for tag, said in elements if tag == "tr" and "id" in said]
    assert anchors == ["disk/payments/rg/d2", "disk/data/rg/d1"]
    links = [said["href"] for tag, said in elements if tag == "a" and said.get("class") == "name"]
    assert links == ["#disk/payments/rg/d2"], "only what is on the page"


def test_disks_are_told_worst_first() -> None:
    states = ["covered", "new", "uncovered", "excluded", "late", "failing"]
    text = page_html(page(*(row(n, state) for n, state in enumerate(states))))
    assert [one[2] for one in read(text, "disk-rows")] == ["failing", "late", "uncovered", "new", "covered", "excluded"]


def test_times_are_in_utc_until_the_script_knows_the_reader() -> None:
    text = page_html(page(row(newest="2026-01-05T08:00:00+02:00", age_hours=2.0, promise_hours=24.0)))
    assert '<time datetime="2026-01-05T06:00Z">2026-01-05 06:00 UTC</time> <small>2 h old, 1 d promised</small>' in text
    assert '<time datetime="2026-01-05T08:00Z">2026-01-05 08:00 UTC</time>' in text, "when the page was made"


def test_changes_of_one_shape_are_one_part_with_all_its_disks() -> None:
    text = named_page(row(), plan=Plan("estate", tuple(change(n) for n in range(0, 90, 2)), (), (), "0"))
    assert sum(said.get("class") == "change" for _, said in Elements(text).found) == 1
    assert "45 disks in payments/rg: d0, d2, d4 … and 42 more" in text
    assert all(f"disk/payments/rg/d{n}" in text for n in range(0, 90, 2))


def test_what_is_dangerous_stands_first_by_itself_and_open() -> None:
    stops = [FieldChange("protection", "protected", "stopped")]
    dangers = [change(n, Action.CHANGE, fields=tuple(stops), weight="stops") for n in (90, 92, 94, 96)]
    plan = Plan("estate", (*(change(n) for n in range(0, 20, 2)), *dangers), (), (), "0")
    parts = [
        said for tag, said in Elements(named_page(row(), plan=plan)).found if tag == "details" and "data-item" in said
    ]
    assert [said["class"] for said in parts] == ["change danger"] * 4 + ["change"]
    assert ["open" in said for said in parts] == [True] * 4 + [False]


def test_findings_of_one_kind_are_one_row_with_all_that_it_is_about() -> None:
    rows = [row(n, "uncovered") for n in range(50)]
    findings = [
        Finding("uncovered", Severity.WARNING, f"nobody claims {one.name}", "exclude it", addresses.disk(one.id))
        for one in rows
    ]
    text = named_page(*rows, findings=(*findings, Finding("hint", Severity.ERROR, "d1 is odd")))
    error, warning = read(text, "finding-rows")
    assert error == ("error", "hint", "d1 is odd", "", [])
    assert warning[:4] == ("warning", "uncovered", "nobody claims …", "exclude it")
    assert len(warning[4]) == 50  # type: ignore[arg-type]
    assert "51 of 51" in text


@pytest.mark.parametrize(
    ("said", "state", "sentence"),
    [
        ({}, "covered", "All 2 disks are covered."),
        ({"skipped": ("jobs",)}, "late", "Not everything was read."),
        ({"findings": (Finding("x", Severity.WARNING, "x"),)}, "late", "All 2 disks are covered."),
        ({"findings": (Finding("x", Severity.ERROR, "x"),)}, "failing", "1 error."),
        ({"states": ("covered", "new")}, "new", "1 new disk waits for the next apply."),
        ({"states": ("late", "new")}, "late", "1 disk late. 1 new disk waits for the next apply."),
        ({"states": ("failing", "failing", "uncovered")}, "failing", "2 disks failing, 1 disk uncovered."),
        ({"states": ("covered", "excluded")}, "covered", "1 disk is covered."),
        ({"states": ()}, "new", "No disks."),
        (
            {"outcome": Outcome((Result(Address("vault/V"), Kind.VAULT, None, Status.FAILED),))},
            "failing",
            "0 of 1 done.",
        ),
    ],
)
def test_the_first_sentence_is_well_only_when_all_is_known_and_well(
    said: dict[str, object], state: str, sentence: str
) -> None:
    states = said.pop("states", ("covered", "covered"))
    found = glance(page(*(row(n, one) for n, one in enumerate(states)), **said))  # type: ignore[arg-type, var-annotated]
    assert found.state == state
    assert sentence in " ".join(found.said)


def test_an_estate_that_could_not_be_read_is_not_called_well() -> None:
    found = glance(Page("estate", "2026-01-05", "0"))
    assert (found.state, found.said) == ("late", ("The estate could not be read.",))


def test_the_same_page_has_the_same_bytes() -> None:
    assert page_html(page(row(1), row(2, "late"))) == page_html(page(row(1), row(2, "late")))


def test_every_state_has_a_meaning() -> None:
    assert set(STATES) == {"covered", "late", "failing", "new", "uncovered", "excluded"}
