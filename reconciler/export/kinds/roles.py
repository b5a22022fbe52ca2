"""`roleAssignments`: what the plans of earlier rounds taught."""

from __future__ import annotations

from reconciler.export.choices import Described, Selected


def described(selected: Selected) -> Described:
    """Who makes role assignments, and at which scope, where it isn't as usual."""
    choices = selected.choices
    said = {"mode": "verify" if choices.verify else "", "scope": choices.scope}
    return Described({key: value for key, value in said.items() if value})
