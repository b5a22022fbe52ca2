"""The report page in a real Chromium: quick, quiet, usable by keyboard, and without barriers that axe-core knows."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from browser import CHROMIUM, Browser
from externals import of_npm

from reconciler.model.changes import Action, Kind
from reconciler.model.findings import Finding, Severity
from reconciler.model.results.outcome import Outcome, Result, Status
from reconciler.report.page.model import STATES, DiskRow, Page
from reconciler.report.page.render import page_html

pytestmark = [
    pytest.mark.external,
    pytest.mark.skipif(CHROMIUM is None, reason="Chromium is not installed: .ci/externals installs it"),
]

TINY = "<img src=x onerror=alert(1)>"


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    with Browser() as one:
        yield one


def estate(count: int) -> str:
    rows = tuple(
        DiskRow(
            f"/subscriptions/s{n % 3}/resourceGroups/rg{n % 9}/providers/Microsoft.Compute/disks/disk-{n:05}{TINY}",
            list(STATES)[n % 7 % 5],
            f"vault-{n % 4}",
            f"policy-{n % 5}",
            "protected",
            "2026-01-05T08:00:00Z",
            float(n % 40),
            6.0,
            "2026-01-01T00:00:00Z",
            "late" * (n % 7 == 1),
        )
        for n in range(count)
    )
    findings = tuple(
        Finding("uncovered", Severity.WARNING, f"{n} {TINY}", "exclude it", f"disk/{n}") for n in range(30)
    )
    results = tuple(
        Result(f"disk/{n}", Kind.DISK, Action.ADD, status, f"{n} {TINY}", "UserErrorX", "do this")
        for n, status in enumerate(Status)
    )
    return page_html(Page("estate", "2026-01-05T08:00:00+00:00", "0", rows, None, findings, outcome=Outcome(results)))


def written(folder: Path, count: int) -> Path:
    path = folder / "estate.html"
    path.write_text(estate(count), encoding="utf-8")
    return path


def test_ten_thousand_disks_open_within_two_seconds_and_ask_for_nothing(browser: Browser, tmp_path: Path) -> None:
    path = written(tmp_path, 10_000)
    seconds = min(browser.open(path) for _ in range(3))
    assert browser.requests == [path.as_uri()]
    assert browser.complaints == []
    assert seconds < 2, f"{seconds:.2f} s"
    assert browser.value("document.querySelectorAll('#disk-rows tbody tr').length") == 200


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_no_barrier_that_axe_knows(browser: Browser, tmp_path: Path, scheme: str) -> None:
    source = of_npm("axe-core", "axe.min.js").read_text()
    browser.open(written(tmp_path, 60))
    browser.dress(scheme)
    browser.value(f"{source};1")
    found = browser.value("axe.run().then(r => r.violations.map(v => [v.id, v.nodes.map(n => n.html)]))")
    assert found == []


def shown(browser: Browser) -> str:
    return str(browser.value("document.querySelector('[data-filters=disk-rows] output').textContent"))


def test_filters_work_by_keyboard_alone(browser: Browser, tmp_path: Path) -> None:
    browser.open(written(tmp_path, 1_000))
    assert shown(browser) == "200 of 1000"
    for _ in range(60):
        browser.press("Tab")
        if browser.value("document.activeElement.matches('[data-filters=disk-rows] input')"):
            break
    browser.type("disk-0007")
    browser.value("new Promise(done => setTimeout(done, 300))")
    assert shown(browser) == "10 of 10 (of 1000)"
    assert browser.value("document.querySelectorAll('#disk-rows tbody tr').length") == 10
    for _ in range(9):
        browser.press("Backspace")


def test_more_is_shown_on_demand_and_everything_on_paper(browser: Browser, tmp_path: Path) -> None:
    browser.open(written(tmp_path, 1_500))
    browser.value("document.querySelector('[data-filters=disk-rows] button').click()")
    assert shown(browser) == "1200 of 1500"
    browser.value("dispatchEvent(new Event('beforeprint'))")
    assert browser.value("document.querySelectorAll('#disk-rows tbody tr').length") == 1500
    browser.value("dispatchEvent(new Event('afterprint'))")
    assert browser.value("document.querySelectorAll('#disk-rows tbody tr').length") == 200


def test_text_in_rows_that_the_script_makes_stays_text(browser: Browser, tmp_path: Path) -> None:
    path = written(tmp_path, 500)
    browser.open(path)
    browser.value("document.querySelector('[data-filters=disk-rows] button').click()")
    assert browser.value("document.images.length") == 0
    assert TINY in browser.value("document.querySelector('#disk-rows tbody tr:last-child th').textContent")
    assert browser.requests == [path.as_uri()]
