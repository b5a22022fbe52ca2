"""The rules behind notices, as code scanning lists them: every stable code with its meaning and the way out."""

from __future__ import annotations

from typing import NamedTuple

from reconciler.model.codes.manifest import CODES as MANIFEST_CODES
from reconciler.model.codes.planning import CODES as PLAN_CODES
from reconciler.model.findings import Severity
from reconciler.model.results.drift import CLASSES

APPLY = {
    "apply-failed": ("A change was not carried out.", "mend what the message says, then run apply again"),
    "apply-skipped": ("A change was left out because something that it needs failed.", "mend that, then apply again"),
    "apply-in-progress": ("Azure was still at work on a change when the run ended.", "look again in some minutes"),
}
"""What a notice says of a change that wasn't carried out: its meaning, and what to do."""
_GATE = "A gate is closed, so nothing of the plan may be written."
_GATE_HINT = "read what the gate says; if the change is meant, open the gate by its name"


class Rule(NamedTuple):
    """One rule: its stable id, its meaning in a sentence, what to do, and how much it matters."""

    id: str
    meaning: str
    hint: str
    severity: Severity


def rule(code: str) -> Rule:
    """The rule of a notice's code; one that no table has stands for itself."""
    known = MANIFEST_CODES.get(code) or PLAN_CODES.get(code)
    if known:
        return Rule(code, known.meaning, known.hint, known.severity)
    if code in APPLY:
        return Rule(code, *APPLY[code], Severity.ERROR)
    kind, _, name = code.partition("-")
    if kind == "drift" and name in CLASSES:
        meaning = CLASSES[name]
        return Rule(code, f"{meaning[0].upper()}{meaning[1:]}.", "apply, or change the manifest", Severity.WARNING)
    if kind == "gate":
        return Rule(code, _GATE, _GATE_HINT, Severity.ERROR)
    return Rule(code, f"The command ended with the error {code}.", "read the message", Severity.ERROR)
