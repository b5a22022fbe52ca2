"""Every link of every page leads to a file, and to a place in it where it names one; every code has such a place."""

from __future__ import annotations

import json
import re
from functools import cache
from pathlib import Path

import pytest
from reference import GENERATE, REPOSITORY

from reconciler.base.schemas import schema_text
from reconciler.report.topics import Topic, topics

PAGES = sorted(
    page
    for folder in ("docs", "samples", "tests", "schemas", "actions")
    for page in (REPOSITORY / folder).rglob("*.md")
    if "plans" not in page.parts and "made" not in page.parts
)
PAGES += sorted(REPOSITORY.glob("*.md"))
CODES = REPOSITORY / "docs" / "reference" / "codes.md"
TOPICS = [topic for topic in topics(json.loads(schema_text("manifest"))) if topic.kind != "field"]


def prose(page: Path) -> str:
    """A page without its blocks of code."""
    return re.sub(r"^```.*?^```$", "", page.read_text(encoding="utf-8"), flags=re.MULTILINE | re.DOTALL)


@cache
def anchors(page: Path) -> tuple[str, ...]:
    text = prose(page)
    headings = [GENERATE.slug(heading) for heading in re.findall(r"^#+ (.+)$", text, re.MULTILINE)]
    return (*headings, *re.findall(r'<a id="([^"]+)"', text))


def links(page: Path) -> list[str]:
    return re.findall(r"\]\((?!\w+:)([^)\s]+)\)", re.sub(r"`[^`\n]*`", "", prose(page)))


def leads_somewhere(page: Path, link: str) -> bool:
    path, _, anchor = link.partition("#")
    target = (page.parent / path).resolve() if path else page
    return target.exists() and (not anchor or anchor in anchors(target))


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.relative_to(REPOSITORY).as_posix())
def test_every_link_leads_somewhere(page: Path) -> None:
    assert [link for link in links(page) if not leads_somewhere(page, link)] == []


@pytest.mark.parametrize("topic", TOPICS, ids=lambda topic: f"{topic.kind}-{topic.name}")
def test_a_code_is_an_anchor_and_its_row_says_all(topic: Topic) -> None:
    (line,) = [
        line
        for line in CODES.read_text(encoding="utf-8").splitlines()
        if f"`{topic.name}`" in line.split(" | ")[0] and GENERATE.cell(topic.meaning) in line
    ]
    assert topic.name in anchors(CODES)
    assert GENERATE.cell(topic.hint) in line
    assert all(value in line for _, value in topic.facts)


def test_what_reports_call_gates_and_drift_is_an_anchor_too() -> None:
    shown = [f"{topic.kind}-{topic.name}" for topic in TOPICS if topic.kind in {"gate", "drift"}]
    assert [code for code in shown if code not in anchors(CODES)] == []


def test_no_two_places_share_an_anchor() -> None:
    found = [anchor.lower() for anchor in anchors(CODES)]
    assert sorted(found) == sorted(set(found))
