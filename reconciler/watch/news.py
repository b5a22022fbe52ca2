"""News: what is new or over since the last round, each reported once; and the bodies for webhooks."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from reconciler.base.escape import markdown, plain
from reconciler.base.redaction import redact
from reconciler.model import addresses
from reconciler.model.addresses import Address
from reconciler.model.findings import Finding, Severity
from reconciler.model.ids import ArmId, lower
from reconciler.model.states import BAD, GONE, UNKNOWN, UNPROTECTED
from reconciler.watch.rounds import Round, Seen

_SHOWN = 20


@dataclass(frozen=True, slots=True)
class News:
    """What is new and what is over after one round: findings with code, address (empty: the whole round) and message.

    `manifest` is the manifest's name; `simulated`: a sandbox answered, not Azure.
    """

    manifest: str
    new: tuple[Finding, ...]
    over: tuple[Finding, ...]
    simulated: bool = False

    @property
    def title(self) -> str:
        """The headline: `reconciler: walkthrough: 2 new, 1 over`."""
        told = " (simulated)" if self.simulated else ""
        return f"reconciler: {plain(self.manifest)}{told}: {len(self.new)} new, {len(self.over)} over"


class Bulletin:
    """Remembers what was reported, by code and address, so that nothing is reported twice while it lasts."""

    def __init__(self) -> None:
        self._open: dict[tuple[str, str], Finding] = {}

    def news(self, manifest: str, one: Round, *, simulated: bool = False) -> News | None:
        """The news of a round, None without any. Nothing counts as over while Azure can't be read, or only in part."""
        now = {(found.code, found.address): found for found in newsworthy(one)}
        new = tuple(found for key, found in now.items() if key not in self._open)
        is_whole = one.seen is not None and one.seen.is_whole
        over = tuple(found for key, found in self._open.items() if is_whole and key not in now)
        return News(manifest, new, over, simulated) if new or over else None

    def told(self, news: News) -> None:
        """Record that the news has arrived, so that it isn't sent again."""
        for found in news.over:
            self._open.pop((found.code, found.address), None)
        for found in news.new:
            self._open[found.code, found.address] = found


def newsworthy(one: Round) -> tuple[Finding, ...]:
    """The findings of a round that are worth a message, in the order of reports; a difference has its class as code."""
    if one.error is not None:
        hint = f" (hint: {one.error.hint})" if one.error.hint else ""
        return (Finding(one.error.code, Severity.ERROR, one.error.message + hint),)
    if one.seen is None:
        return ()
    drift = one.seen.drift
    found: list[Finding] = []
    for name in drift.counted:
        found += [_warning(name, change.address, change.reason) for change in drift.changes_of(name)]
        found += drift.findings_of(name)
    found += drift.plan.errors
    found += _backups(one.seen, {lower(row.address) for row in found})
    found += one.seen.status.findings
    found += [_warning("gate", Address(name), "this gate prevents the apply") for name in one.seen.refused]
    return tuple({(row.code, row.address): row for row in found}.values())


def _warning(code: str, address: Address, message: str) -> Finding:
    return Finding(code, Severity.WARNING, message, address=address)


_OF_HEALTH = ("unhealthy", "gone", "replaced", "moved", "out-of-reach")
"""The classes of drift that explain the state of a disk's backups."""


def _backups(seen: Seen, told: Collection[str]) -> Iterator[Finding]:
    """One finding for each disk whose backups aren't well, except those in `told` (lower-cased addresses).

    Drift already reports disks that aren't protected; it doesn't report failing backups, even where a policy differs.
    """
    drift = seen.drift
    causes = {lower(change.address) for name in _OF_HEALTH for change in drift.changes_of(name)}
    causes |= {lower(finding.address) for name in _OF_HEALTH for finding in drift.findings_of(name)}
    for row in seen.status.rows:
        address = addresses.disk(ArmId(row.disk))
        known = told if row.state in {GONE, UNPROTECTED} else causes
        if row.state in BAD | {UNKNOWN} and lower(address) not in known:
            yield _warning(row.state, address, row.note)


def body(kind: str, news: News) -> Mapping[str, Any]:
    """The JSON that a webhook of `kind` takes: `slack`, `teams` (an adaptive card), or `json`, our own."""
    return {"slack": _slack, "teams": _teams, "json": _json}[kind](news)


KINDS = ("slack", "teams", "json")
"""The kinds of webhook."""


def _lines(news: News) -> list[tuple[str, Finding]]:
    told = [("new", found) for found in news.new] + [("over", found) for found in news.over]
    return told[:_SHOWN]


def _more(news: News) -> str:
    left = len(news.new) + len(news.over) - _SHOWN
    return f"… and {left} more" if left > 0 else ""


def _slack(news: News) -> Mapping[str, Any]:
    """Slack's message; only `&`, `<` and `>` have to be escaped, according to Slack's page on formatting."""
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
    def rows(found: tuple[Finding, ...]) -> list[Mapping[str, str]]:
        return [{"code": one.code, "address": one.address, "message": redact(one.message)} for one in found]

    told = {"simulated": True} if news.simulated else {}
    return {"format_version": "1.0", "manifest": news.manifest, "new": rows(news.new), "over": rows(news.over), **told}
