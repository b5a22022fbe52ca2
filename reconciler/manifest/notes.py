"""Collects the findings of validation, and suggests what a misspelled word meant."""

from __future__ import annotations

from collections.abc import Iterable

from reconciler.model.addresses import NOWHERE, Address
from reconciler.model.findings import Code, Finding, Place, Severity
from reconciler.model.ids import lower


class Notes:
    """The findings so far."""

    def __init__(self) -> None:
        self.findings: list[Finding] = []

    def add(self, code: Code, message: str, place: Place, *, hint: str = "", address: Address = NOWHERE) -> None:
        """Note a finding; `hint` replaces the code's own."""
        self.findings.append(code.at(message, place=place, hint=hint, address=address))

    def extend(self, findings: Iterable[Finding]) -> None:
        """Note findings made elsewhere."""
        self.findings.extend(findings)

    @property
    def has_errors(self) -> bool:
        """Whether any finding is an error."""
        return any(finding.severity is Severity.ERROR for finding in self.findings)

    def in_order(self) -> list[Finding]:
        """All findings without duplicates, by file, line and column."""
        return sorted(dict.fromkeys(self.findings), key=_position)


def _position(finding: Finding) -> tuple[str, int, int, str, str]:
    place = finding.place or Place("", 0, 0)
    return place.file, place.line, place.column, finding.code, finding.message


def suggestion(word: str, known: Iterable[str]) -> str:
    """The known word that is closest to `word`, ignoring case; empty when none is close."""
    by_key = {lower(name): name for name in sorted(known)}
    key = lower(word)
    if key in by_key:
        return by_key[key]
    from difflib import get_close_matches  # only a word that nobody knows needs it

    close = get_close_matches(key[:200], by_key, n=1, cutoff=0.65)
    return by_key[close[0]] if close else ""
