"""The `$filter` of role-assignment lists: atScope(), principalId eq '…', assignedTo('…'), and atScope() with one of these."""

from __future__ import annotations

import re
from dataclasses import dataclass

from reconciler.sandbox.arm.ids import lower
from reconciler.sandbox.arm.messages import ArmError

_PART = re.compile(
    r"(?P<at>atScope\(\))|principalId\s+eq\s+'(?P<principal>[^']+)'|assignedTo\('(?P<assigned>[^']+)'\)", re.IGNORECASE
)


@dataclass(frozen=True, slots=True)
class AssignmentFilter:
    """`at_scope`: nothing from below the scope; `principal`: lower-cased, empty for everybody's."""

    at_scope: bool = False
    principal: str = ""

    def takes(self, principal: str) -> bool:
        """Whether an assignment to that principal is wanted."""
        return not self.principal or lower(principal) == self.principal


def assignment_filter(text: str) -> AssignmentFilter:
    """The filter that a query parameter spells; ArmError 400 for what Azure doesn't support either."""
    at_scope, principal = False, ""
    for part in re.split(r"\s+and\s+", text.strip(), flags=re.IGNORECASE) if text.strip() else ():
        match = _PART.fullmatch(part.strip())
        if match is None:
            raise ArmError(
                400,
                "UnsupportedQuery",
                "The filter is not supported. Supported filters are either 'atScope()' or 'principalId eq '{value}' or assignedTo('{value}')'.",
            )
        at_scope = at_scope or bool(match["at"])
        principal = lower(match["principal"] or match["assigned"] or principal)
    return AssignmentFilter(at_scope, principal)
