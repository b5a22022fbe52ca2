"""What a scene is, and how its part of the catalogue is cut out of what the terminal shows."""

from __future__ import annotations

import io
import os
import re
from collections.abc import Callable, Mapping
from contextlib import redirect_stderr
from unittest.mock import patch

from reconciler.cli.failure import tell_error
from reconciler.cli.output import Output
from reconciler.model.errors import ReconcilerError
from reconciler.model.plan import Plan
from reconciler.report.plans.text import plan_text
from reconciler.report.style import Style

WIDTH = 80
NARROW = {"COLUMNS": str(WIDTH)}
"""The environment of a command on a terminal of 80 columns."""

SHOWN_AS = {
    ("gates", "deleted-vault"): "vault-soft-deleted",
    ("gates", "unknown-policy"): "policy-not-understood",
    ("errors", "endless-list"): "read-incomplete",
    ("errors", "look-timeout"): "read-incomplete",
}
"""Gates that close for one object and are told as its error, and errors that are told as the reason of another one."""

Scene = Callable[[], str]
Scenes = Mapping[str, Scene]
"""What the terminal shows where the message of each code is made."""

_TOLD = re.compile(r"^ *(?:error|warning|info|gate)\[([a-z-]+)\]")
_RESULT = re.compile(r"^  \S \S+:(?: ([\w-]+):)?( |$)")
_FURTHER = re.compile(r" |hint: |\d+ \|")
_CODE = re.compile(r"^ +([\w-]+):")


def error_told(error: ReconcilerError) -> str:
    """An error as a terminal of 80 columns shows it."""
    told = io.StringIO()
    with patch.dict(os.environ, NARROW), redirect_stderr(told):
        tell_error(error, Output())
    return told.getvalue()


def screen(plan: Plan, verb: str = "") -> str:
    """A plan as a terminal of 80 columns shows it."""
    return plan_text(plan, style=Style(width=WIDTH), verb=verb)


def excerpts(text: str, code: str) -> list[str]:
    """Every message of a code in what the terminal shows, each with its place, hint and whatever belongs to it.

    All of the text where the code stands elsewhere in it, as in a table.
    """
    found: list[list[str]] = []
    is_inside = False
    lines = text.splitlines()
    for line, following in zip(lines, [*lines[1:], ""], strict=False):
        head = _TOLD.match(line) or _RESULT.match(line)
        if head or not line or not line.startswith(" "):
            own = head and (head[1] or (_CODE.match(following) or head)[1])
            is_inside = own == code or (is_inside and not head and bool(_FURTHER.match(line)))
            if is_inside and head:
                found.append([])
        if is_inside:
            found[-1].append(line.rstrip())
    if not found and code in text:
        return [text.strip()]
    return ["\n".join(lines) for lines in found]
