"""What is known of one thing, as text, Markdown and data."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime

from reconciler.base.durations import age
from reconciler.base.escape import code, markdown, plain
from reconciler.base.redaction import redact
from reconciler.model.changes import Action
from reconciler.model.codes import disks as disk_codes
from reconciler.model.results.dossier import ASSIGNED, RIGHTS, DiskBackups, Dossier
from reconciler.model.results.status import GONE
from reconciler.report.caret import location
from reconciler.report.documents import Document, change_document, finding_document, head, place_document, stamp
from reconciler.report.style import Style
from reconciler.report.wrapping import wrapped

Row = tuple[str, str]
"""A label, and what is said under it."""


def dossier_text(dossier: Dossier, *, style: Style, root: str = "") -> str:
    """About ten lines: the name, then one line for each thing that is known, or that could not be told."""
    rows = list(_rows(dossier, root))
    width = max(len(label) for label, _ in rows)
    lines = [style.bold(plain(dossier.names.shown(dossier.address)))]
    for label, said in rows:
        lines += wrapped(f"  {f'{label}:'.ljust(width + 1)}  ", plain(said), style, hang=width + 5)
    return "\n".join(lines) + "\n"


def dossier_markdown(dossier: Dossier, *, root: str = "") -> str:
    """The same as a list."""
    items = (f"- {label}: {markdown(said)}\n" for label, said in _rows(dossier, root))
    return f"## {code(dossier.names.shown(dossier.address))}\n\n{''.join(items)}"


def _rows(dossier: Dossier, root: str) -> Iterator[Row]:
    place = f"at {location(dossier.place, root)}" if dossier.place else ""
    yield "declared", " ".join(filter(None, (dossier.chosen, place)))
    if dossier.backups:
        yield from _of_disk(dossier, dossier.backups)
    yield "would change", _changes(dossier)
    for finding in dossier.findings:
        yield str(finding.severity), f"{dossier.names.of_message(finding.message)} [{finding.code}]"


def _of_disk(dossier: Dossier, backups: DiskBackups) -> Iterator[Row]:
    policy = f", policy {backups.policy}" if backups.policy else ""
    if backups.live_policy not in {"", backups.policy}:
        policy += f" (now {backups.live_policy})"
    yield "vault", f"{backups.vault}{policy}" if backups.vault else "none"
    protection = f" ({backups.protection})" if backups.protection else ""
    state = f"{backups.state or 'no entry declares its backups'}{protection}"
    is_told = backups.state == GONE and any(one.code == disk_codes.DISK_GONE.code for one in dossier.findings)
    yield "state", f"{state}: {backups.note}" if backups.note and not is_told else state
    newest = f"{_time(backups.newest)}, {age(dossier.now - backups.newest)} old" if backups.newest else "none"
    yield "newest recovery point", _or_untold(dossier, "newest_recovery_point", newest)
    due = _time(backups.due) if backups.due else "none, since it isn't protected now"
    due = "none can succeed, since the disk is gone" if backups.state == GONE else due
    yield "next run", _or_untold(dossier, "next_run", due)
    yield "roles", _rights(dossier, backups)
    rivals = [f"{one.what}, marked by {one.owner}" if one.owner else one.what for one in backups.rivals]
    untold = _or_untold(dossier, "claimed_by", "")
    yield "claimed by", "; ".join(filter(None, (*rivals, untold))) or "nobody else"


def _or_untold(dossier: Dossier, key: str, said: str) -> str:
    """What is said, or that it couldn't be told, and why."""
    because = dossier.untold.get(key)
    return said if because is None else f"couldn't tell: {because}"


def _time(moment: datetime) -> str:
    return f"{moment:%Y-%m-%d %H:%M} UTC"


def _rights(dossier: Dossier, backups: DiskBackups) -> str:
    """The role assignments that the disk needs, those of one state together."""
    if not backups.rights:
        return f"none needed, since {'the disk is gone' if backups.state == GONE else 'no entry declares it'}"
    told = []
    for state, meaning in RIGHTS.items():
        names = [dossier.names.shown(one.address) for one in backups.rights if one.state == state]
        if names and state == ASSIGNED and len(names) == len(backups.rights):
            return f"all {len(names)} that it needs are assigned"
        if names:
            told.append(f"{', '.join(names)}: {meaning}")
    because = dossier.untold.get("roles")
    return f"{'; '.join(told)} ({because})" if because else "; ".join(told)


def _changes(dossier: Dossier) -> str:
    """What the next apply would do, and the gates that refuse it."""
    if not dossier.changes:
        return "nothing"
    told = "; ".join(
        f"{_ACTIONS[one.action]} {dossier.names.shown(one.address)}: {one.reason}" for one in dossier.changes
    )
    gates = f" (refused by the gate {' and '.join(dossier.gates)})" if dossier.gates else ""
    return f"{told}{gates}"


_ACTIONS = {Action.ADD: "add", Action.CHANGE: "change", Action.DESTROY: "destroy"}


def dossier_document(dossier: Dossier) -> Document:
    """The same as data, with times in UTC; `untold` has what could not be told, by its key."""
    names, backups = dossier.names, dossier.backups
    return {
        **head(dossier.manifest),
        "now": stamp(dossier.now),
        "address": dossier.address,
        "name": names.shown(dossier.address),
        "declared": redact(dossier.chosen),
        "place": place_document(dossier.place),
        "backups": _backups(dossier, backups) if backups else None,
        "changes": [change_document(one, names) for one in dossier.changes],
        "refused_by": list(dossier.gates),
        "findings": [finding_document(one, names) for one in dossier.findings],
        "untold": {key: redact(because) for key, because in dossier.untold.items()},
    }


def _backups(dossier: Dossier, backups: DiskBackups) -> Document:
    names = dossier.names
    return {
        "vault": backups.vault or None,
        "policy": backups.policy or None,
        "protection": backups.protection or None,
        "state": backups.state or None,
        "note": redact(backups.note),
        "newest_recovery_point": stamp(backups.newest),
        "next_run": stamp(backups.due),
        "roles": [
            {"address": one.address, "name": names.shown(one.address), "state": one.state} for one in backups.rights
        ],
        "claimed_by": [
            {
                "what": redact(one.what),
                "owner": redact(one.owner) or None,
                "instance": one.instance.text if one.instance else None,
            }
            for one in backups.rivals
        ],
    }
