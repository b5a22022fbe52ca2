"""Who is signed in and what is missing, as a listing and a document."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from reconciler import __version__
from reconciler.base.plurals import counted
from reconciler.model.results.identity import Bearer, Identity, SubscriptionRights
from reconciler.report.columns import Cell, Heading, Table, cells, headings
from reconciler.report.documents import FORMAT_VERSION, Document
from reconciler.report.listing import Listing

_CONDITION = (
    "Azure may not report permissions that a role assignment gives under a condition, or in a resource group only; "
    "use `plan --preflight` to check by trying."
)
_RIGHTS = (Heading("command", is_state=True), Heading("permissions", is_text=True))
_FACTS = ("kind", "name", "tenant", "client_id", "object_id", "expires")
_WAYS = {"static-token": "the token in RECONCILER_ARM_TOKEN", "none": "nothing: this endpoint accepts everybody"}


def identity_document(found: Identity) -> Document:
    """The document of `whoami --format json`."""
    bearer: dict[str, Any] = {name: getattr(found.bearer, name) or None for name in ("detail", *_FACTS)}
    return {
        "format_version": FORMAT_VERSION,
        "tool_version": __version__,
        "endpoint": found.endpoint,
        "bearer": {"way": found.bearer.way, **bearer},
        "subscriptions": [
            {
                "id": place.subscription,
                "name": place.name or None,
                "state": place.state or None,
                "problem": place.problem or None,
                "missing": None
                if place.missing is None
                else {command: list(actions) for command, actions in place.missing.items()},
            }
            for place in found.places
        ],
    }


def identity_listing(found: Identity, *, ways: Mapping[str, str]) -> Listing:
    """The identity, and a table of each subscription; `ways` are the names of the ways to sign in."""
    visible = sum(1 for place in found.places if place.name or place.missing is not None)
    return Listing(
        f"Signed in to {found.endpoint} with {_way(found.bearer, ways)}",
        f"{visible} of {counted(len(found.places), 'subscription')} visible.",
        (Table("", headings("claim", "value"), tuple(_facts(found.bearer))), *map(_rights, found.places)),
    )


def _way(bearer: Bearer, ways: Mapping[str, str]) -> str:
    shown = {**ways, **_WAYS}.get(bearer.way, bearer.way)
    return f"{shown} ({bearer.detail})" if bearer.detail else shown


def _facts(bearer: Bearer) -> Iterator[tuple[Cell, ...]]:
    for name in _FACTS:
        if value := getattr(bearer, name):
            yield cells(name.replace("_", " "), value)


def _rights(place: SubscriptionRights) -> Table:
    state = f", {place.state}" if place.state and place.state != "Enabled" else ""
    title = f"{place.name} ({place.subscription}{state})" if place.name else place.subscription
    missing = (place.missing or {}).items()
    rows = [cells(Cell("any", tone="doubt"), place.problem)] if place.problem else []
    for command, actions in missing:
        lacks = f"{counted(len(actions), 'permission')} missing" if actions else "none missing"
        rows.append(cells(Cell(command, tone="bad" if actions else "good"), lacks))
        rows += [cells("", action) for action in actions]
    return Table(title, _RIGHTS, tuple(rows), _CONDITION if any(lacks for _, lacks in missing) else "")
