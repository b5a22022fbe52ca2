"""Who is signed in and what is missing, as text, Markdown and a document."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from reconciler.base.escape import code, markdown, plain
from reconciler.base.plurals import counted
from reconciler.model.results.identity import Bearer, Identity, Place
from reconciler.report.documents import FORMAT_VERSION, Document
from reconciler.report.style import Style

_CONDITION = (
    "use `plan --preflight` to check by trying: Azure may not report rights that a role assignment gives under a "
    "condition, or in a resource group only."
)
_FACTS = ("kind", "name", "tenant", "client_id", "object_id", "expires")
_WAYS = {"static-token": "the token in RECONCILER_ARM_TOKEN", "none": "nothing: this endpoint accepts everybody"}


def identity_document(found: Identity, *, tool_version: str) -> Document:
    """The document of `whoami --format json`."""
    bearer: dict[str, Any] = {name: getattr(found.bearer, name) or None for name in ("detail", *_FACTS)}
    return {
        "format_version": FORMAT_VERSION,
        "tool_version": tool_version,
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


def identity_text(found: Identity, *, ways: dict[str, str], style: Style | None = None) -> str:
    """The identity as text for a terminal; `ways` are the names of the ways to sign in."""
    style = style or Style()
    lines = [style.bold(f"Signed in to {plain(found.endpoint)} with {_way(found.bearer, ways)}.")]
    lines += [f"  {name:<10} {value}" for name, value in _facts(found.bearer)]
    lines += ["", _counted(found)]
    for place in found.places:
        lines += ["", style.bold(f"  {_titled(place)}")]
        if place.problem:
            lines.append(style.bad(f"    {plain(place.problem)}"))
        for command, actions in (place.missing or {}).items():
            told = style.bad(_lacking(actions)) if actions else style.good("all rights")
            lines.append(f"    {command:<9} {told}")
            lines += [f"      {plain(action)}" for action in actions]
    if _is_lacking(found):
        lines += ["", f"{style.hint('hint')}: {_CONDITION}"]
    return "\n".join(lines) + "\n"


def identity_markdown(found: Identity, *, ways: dict[str, str]) -> str:
    """The identity as Markdown, for an issue or a job's summary."""
    lines = ["## Who signs in", "", f"{code(found.endpoint)} with {markdown(_way(found.bearer, ways))}", ""]
    lines += [f"- {name}: {code(value)}" for name, value in _facts(found.bearer)]
    lines += ["", _counted(found)]
    for place in found.places:
        lines += ["", f"### {markdown(_titled(place))}", ""]
        if place.problem:
            lines.append(markdown(place.problem))
        for command, actions in (place.missing or {}).items():
            lines.append(f"- {code(command)}: {_lacking(actions) if actions else 'all rights'}")
            lines += [f"  - {code(action)}" for action in actions]
    if _is_lacking(found):
        lines += ["", _CONDITION]
    return "\n".join(lines) + "\n"


def _way(bearer: Bearer, ways: dict[str, str]) -> str:
    shown = {**ways, **_WAYS}.get(bearer.way, bearer.way)
    return f"{shown} ({plain(bearer.detail)})" if bearer.detail else shown


def _facts(bearer: Bearer) -> Iterator[tuple[str, str]]:
    for name in _FACTS:
        value = getattr(bearer, name)
        if value:
            yield name.replace("_", " "), plain(value)


def _counted(found: Identity) -> str:
    visible = sum(1 for place in found.places if place.name or place.missing is not None)
    return f"{visible} of {counted(len(found.places), 'subscription')} visible."


def _titled(place: Place) -> str:
    state = f", {plain(place.state)}" if place.state and place.state != "Enabled" else ""
    return f"{plain(place.name)} ({plain(place.subscription)}{state})" if place.name else plain(place.subscription)


def _lacking(actions: tuple[str, ...]) -> str:
    return f"{counted(len(actions), 'right')} missing"


def _is_lacking(found: Identity) -> bool:
    return any(actions for place in found.places for actions in (place.missing or {}).values())
