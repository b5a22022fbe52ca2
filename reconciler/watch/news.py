"""News: what is new or over since the last round, each reported once; and the bodies for webhooks."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from reconciler.base.escape import markdown, plain
from reconciler.base.redaction import redact
from reconciler.model import addresses
from reconciler.model.addresses import Address
from reconciler.model.findings import Finding, Severity
from reconciler.model.ids import lower
from reconciler.model.results.status import BAD, GONE, UNKNOWN, UNPROTECTED
from reconciler.model.short_names import ShortNames
from reconciler.report.causes import Fold, under_causes
from reconciler.watch.rounds import Round, Seen

_SHOWN = 20


@dataclass(frozen=True, slots=True)
class News:
    """What is new and what is over after one round: findings with code, address (empty: the whole round) and message.

    `manifest` is the manifest's name; `simulated`: a sandbox answered, not Azure. `names`: how addresses are shown to people.
    """

    manifest: str
    new: tuple[Finding, ...]
    over: tuple[Finding, ...]
    simulated: bool = False
    names: ShortNames = field(default_factory=ShortNames, compare=False)

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
        names = one.seen.drift.plan.names if one.seen else ShortNames()
        return News(manifest, new, over, simulated, names) if new or over else None

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
    found += [row for row in one.seen.status.findings if row.severity is not Severity.INFO]
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
        address = addresses.disk(row.disk)
        known = told if row.state in {GONE, UNPROTECTED} else causes
        if row.state in BAD | {UNKNOWN} and lower(address) not in known:
            yield _warning(row.state, address, row.note)


def body(kind: str, news: News) -> Mapping[str, Any]:
    """The JSON that a webhook of `kind` takes: `slack`, `teams` (an adaptive card), or `json`, our own."""
    return {"slack": _slack, "teams": _teams, "json": _json}[kind](news)


KINDS = ("slack", "teams", "json")
"""The kinds of webhook."""


def _lines(news: News) -> Iterator[str]:
    """What is new, and what waits for it, and what is over: as many lines as fit into a message."""
    lines = [("new", found) for found in under_causes(news.new)] + [("over", found) for found in news.over]
    yield from (_line(word, found, news.names) for word, found in lines[:_SHOWN])
    if len(lines) > _SHOWN:
        yield f"… and {len(lines) - _SHOWN} more"


def _line(word: str, found: Finding, names: ShortNames) -> str:
    said = "; ".join((names.of_message(found.message), *Fold(found).others(names)))
    return f"{word}: {found.code} {names.shown(found.address)} {said}"


def _slack(news: News) -> Mapping[str, Any]:
    """Slack's message; only `&`, `<` and `>` have to be escaped, according to Slack's page on formatting."""
    text = "\n".join(map(plain, (news.title, *(f"• {line}" for line in _lines(news)))))
    return {"text": text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")}


def _teams(news: News) -> Mapping[str, Any]:
    blocks = [markdown(row) for row in _lines(news)]
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
