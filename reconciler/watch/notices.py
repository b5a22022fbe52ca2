"""Notices: what is new since the last round, and what is over, each told once; and the bodies that webhooks take."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from reconciler.base.escape import markdown, plain
from reconciler.base.redaction import redact
from reconciler.model import addresses
from reconciler.model.ids import ArmId, lower
from reconciler.model.states import BAD, GONE, UNKNOWN, UNPROTECTED
from reconciler.watch.rounds import Round, Seen

_SHOWN = 20


@dataclass(frozen=True, slots=True)
class Notice:
    """Something worth a message: a class of drift or a code, an address (empty for a whole round), and a sentence."""

    code: str
    address: str
    message: str


@dataclass(frozen=True, slots=True)
class News:
    """What one round adds and ends; `manifest` names whose it is, `simulated`: it was a sandbox's, not Azure's."""

    manifest: str
    new: tuple[Notice, ...]
    over: tuple[Notice, ...]
    simulated: bool = False

    @property
    def title(self) -> str:
        """`reconciler: walkthrough: 2 new, 1 over`."""
        told = " (simulated)" if self.simulated else ""
        return f"reconciler: {plain(self.manifest)}{told}: {len(self.new)} new, {len(self.over)} over"


class Bulletin:
    """Remembers what was told, by code and address, so that nothing is told twice while it lasts."""

    def __init__(self) -> None:
        self._open: dict[tuple[str, str], Notice] = {}

    def news(self, manifest: str, one: Round, *, simulated: bool = False) -> News | None:
        """What the round changes; None when nothing does. Nothing is over while Azure can't be read, or only in part."""
        now = {(notice.code, notice.address): notice for notice in notices(one)}
        new = tuple(notice for key, notice in now.items() if key not in self._open)
        is_whole = one.seen is not None and one.seen.is_whole
        over = tuple(notice for key, notice in self._open.items() if is_whole and key not in now)
        return News(manifest, new, over, simulated) if new or over else None

    def told(self, news: News) -> None:
        """The news has arrived: it is not told again."""
        for notice in news.over:
            self._open.pop((notice.code, notice.address), None)
        for notice in news.new:
            self._open[notice.code, notice.address] = notice


def notices(one: Round) -> tuple[Notice, ...]:
    """Everything in a round that is worth a message, in the order of reports."""
    if one.error is not None:
        hint = f" (hint: {one.error.hint})" if one.error.hint else ""
        return (Notice(one.error.code, "", redact(one.error.message + hint)),)
    if one.seen is None:
        return ()
    drift = one.seen.drift
    found = [
        notice
        for name in drift.counted
        for notice in (
            *(Notice(name, change.address, redact(change.reason)) for change in drift.changes_of(name)),
            *(Notice(row.code, row.address, redact(row.message)) for row in drift.findings_of(name)),
        )
    ]
    found += [Notice(row.code, row.address, redact(row.message)) for row in drift.plan.errors]
    found += _backups(one.seen, {lower(notice.address) for notice in found})
    found += [Notice(row.code, row.address, redact(row.message)) for row in one.seen.status.findings]
    found += [Notice("gate", name, "this gate keeps the changes from being applied") for name in one.seen.refused]
    return tuple({(notice.code, notice.address): notice for notice in found}.values())


_OF_HEALTH = ("unhealthy", "gone", "replaced", "moved", "out-of-reach")
"""The classes of drift that say why a disk's backups are as they are."""


def _backups(seen: Seen, told: Collection[str]) -> Iterator[Notice]:
    """How backups are: one notice a disk, by its state, unless drift has told the cause: lower-cased addresses.

    Drift tells of each disk that isn't protected; where a policy differs, it tells nothing of backups that fail.
    """
    drift = seen.drift
    causes = {lower(change.address) for name in _OF_HEALTH for change in drift.changes_of(name)}
    causes |= {lower(finding.address) for name in _OF_HEALTH for finding in drift.findings_of(name)}
    for row in seen.status.rows:
        address = addresses.disk(ArmId(row.disk))
        known = told if row.state in {GONE, UNPROTECTED} else causes
        if row.state in BAD | {UNKNOWN} and lower(address) not in known:
            yield Notice(row.state, address, redact(row.note))


def body(kind: str, news: News) -> Mapping[str, Any]:
    """The JSON that a webhook of `kind` takes: `slack`, `teams` (an adaptive card), or `json`, our own."""
    return {"slack": _slack, "teams": _teams, "json": _json}[kind](news)


KINDS = ("slack", "teams", "json")
"""The kinds of webhook."""


def _lines(news: News) -> list[tuple[str, Notice]]:
    told = [("new", notice) for notice in news.new] + [("over", notice) for notice in news.over]
    return told[:_SHOWN]


def _more(news: News) -> str:
    left = len(news.new) + len(news.over) - _SHOWN
    return f"… and {left} more" if left > 0 else ""


def _slack(news: News) -> Mapping[str, Any]:
    """Slack's text: `&`, `<` and `>` are all that acts in it (its own page on formatting says so)."""
    lines = [news.title, *(f"• {word}: {n.code} {n.address} {n.message}" for word, n in _lines(news)), _more(news)]
    text = "\n".join(plain(line) for line in lines if line)
    return {"text": text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")}


def _teams(news: News) -> Mapping[str, Any]:
    rows = [f"{word}: {n.code} {n.address} {n.message}" for word, n in _lines(news)]
    blocks = [markdown(row) for row in (*rows, _more(news)) if row]
    card = {
        "$schema": "http://adaptivecards.io/schemas/adaptive-card.json",
        "type": "AdaptiveCard",
        "version": "1.4",
        "body": [
            {"type": "TextBlock", "text": markdown(news.title), "weight": "Bolder", "wrap": True},
            *({"type": "TextBlock", "text": text, "wrap": True} for text in blocks),
        ],
    }
    attachment = {"contentType": "application/vnd.microsoft.card.adaptive", "contentUrl": None, "content": card}
    return {"type": "message", "attachments": [attachment]}


def _json(news: News) -> Mapping[str, Any]:
    def rows(notices: tuple[Notice, ...]) -> list[Mapping[str, str]]:
        return [{"code": one.code, "address": one.address, "message": one.message} for one in notices]

    told = {"simulated": True} if news.simulated else {}
    return {"format_version": "1.0", "manifest": news.manifest, "new": rows(news.new), "over": rows(news.over), **told}
