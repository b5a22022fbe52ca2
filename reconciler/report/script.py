"""Missing role assignments as a script for someone who may create them."""

from __future__ import annotations

import shlex
from collections.abc import Iterable, Iterator

from reconciler.base.escape import commands as obeyed
from reconciler.base.escape import visible
from reconciler.model.changes import Step
from reconciler.report.values import is_unknown


def quoted(text: object) -> str:
    """Foreign text as one word of a shell command, on one line."""
    return shlex.quote(obeyed(visible(str(text))))


def _principal(step: Step) -> str:
    principal = step.grant["principal"]
    if principal and not is_unknown(principal):
        return quoted(principal)
    identity = step.grant["identity"]
    if identity != "system":
        return f'"$(az identity show --ids {quoted(identity)} --query principalId --output tsv)"'
    vault = quoted(step.grant["vault"])
    return f'"$(az resource show --ids {vault} --query identity.principalId --output tsv)"'


def role_commands(steps: Iterable[Step]) -> Iterator[str]:
    """One `az role assignment create` for each step; a principal that isn't known yet is looked up when it runs."""
    for step in steps:
        yield (
            f"az role assignment create --role {quoted(step.grant['role'])}"
            f" --assignee-object-id {_principal(step)} --assignee-principal-type ServicePrincipal"
            f" --scope {quoted(step.target)}"
        )


def role_script(steps: Iterable[Step]) -> str:
    """The commands as a POSIX shell script that stops at the first error."""
    return script(role_commands(steps))


def script(commands: Iterable[str]) -> str:
    """Commands as a POSIX shell script that stops at the first error."""
    return "\n".join(["#!/bin/sh", "set -eu", *commands]) + "\n"
