"""The report page's rows and figures, and that no text on it is ever markup."""

from __future__ import annotations

import json
import re
from base64 import b64encode
from hashlib import sha256
from html.parser import HTMLParser

import pytest

from reconciler.model.changes import Action, Kind
from reconciler.model.findings import Finding, Place, Severity
from reconciler.model.ids import ArmId
from reconciler.model.plan import Gate, Plan, Wait
from reconciler.model.results.outcome import Outcome, Result, Status
from reconciler.report.page.graph import graph
from reconciler.report.page.model import STATES, DiskRow, Page, Share, freshness
from reconciler.report.page.render import FIRST, page_html

HOSTILE = "</script><script>alert(1)</script><img src=x onerror=alert(1)>\"'&\x1b[31m\u202e{{ 7*7 }} sig=abcdefgh"


def row(number: int = 1, state: str = "covered", **said: object) -> DiskRow:
    where = f"/subscriptions/s{number % 2}/resourceGroups/rg/providers/Microsoft.Compute/disks/d{number}"
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
    assert drawn.left == 60
    assert sum(box.name.startswith("v") for box in drawn.boxes) == 40


class Elements(HTMLParser):
    """Every element with its attributes."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.found: list[tuple[str, dict[str, str | None]]] = []
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.found.append((tag, dict(attrs)))


def test_foreign_text_is_shown_and_never_markup() -> None:
    finding = Finding("uncovered", Severity.WARNING, HOSTILE, HOSTILE, HOSTILE, Place(HOSTILE, 1, 1))
    disk = DiskRow(
        f"/subscriptions/{HOSTILE}", "failing", HOSTILE, HOSTILE, HOSTILE, HOSTILE, None, None, HOSTILE, HOSTILE
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
        (planned(waits=(Wait("disk/x", ArmId("/i"), "at rest"),)), "No changes. Azure is at work on 1 object;"),
        (
            planned(findings=(Finding("out-of-reach", Severity.ERROR, "x"),)),
            "None, but Azure may not match",
        ),
        (
            planned(gates=(Gate("role-scope", "too many", "declare more"),)),
            "None, but Azure may not match",
        ),
    ],
)
def test_without_changes_azure_matches_only_when_nothing_else_is_wrong(plan: Plan, said: str) -> None:
    text = page_html(page(row(), plan=plan))
    assert said in text
    assert ("Azure matches the manifest" in text) is (plan == planned())


def test_a_closed_gate_says_how_it_opens() -> None:
    text = page_html(page(row(), plan=planned(gates=(Gate("role-scope", "too many", "declare more"),))))
    assert "declare more; if this is intended, pass `--force role-scope`" in text


def results(*statuses: Status, text: str = "said") -> Outcome:
    rows = [Result(f"disk/{one}{text}", Kind.DISK, Action.ADD, one, text, text, text) for one in statuses]
    return Outcome(tuple(rows), errors=(Finding("ade", Severity.ERROR, text, text, "disk/impossible"),))


def test_an_apply_is_told_with_what_failed_first_and_how_much_is_done() -> None:
    outcome = results(Status.DONE, Status.IN_PROGRESS, Status.SKIPPED, Status.FAILED)
    text = page_html(page(row(), outcome=outcome))
    data = re.search(r'id="result-rows-data">(.*?)</script>', text, re.DOTALL)
    assert data is not None
    assert [(one[0], one[3]) for one in json.loads(data[1])] == [
        ("failed", ["said: said", "said"]),
        ("skipped", ["said: said", "said"]),
        ("in-progress", ["said: said", "said"]),
        ("done", ["said: said", "said"]),
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
    data = re.search(r'id="disk-rows-data">(.*?)</script>', text, re.DOTALL)
    assert data is not None
    assert len(json.loads(data[1])) == FIRST + 50
    assert text.count('<th scope="row" title="/subscriptions/') == FIRST
    assert f"{FIRST} of {FIRST + 50}" in text


def test_the_same_page_has_the_same_bytes() -> None:
    assert page_html(page(row(1), row(2, "late"))) == page_html(page(row(1), row(2, "late")))


def test_every_state_has_a_meaning() -> None:
    assert set(STATES) == {"covered", "late", "failing", "new", "uncovered", "excluded"}
