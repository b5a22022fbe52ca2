"""Requests to people with the needed permissions: as a script for them, and as a page to send."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

from reconciler.base.escape import code, fence, markdown, plain
from reconciler.model.builtin_roles import title_of
from reconciler.model.changes import Change, Kind, Op, Step
from reconciler.model.codes import planning as codes
from reconciler.model.ids import lower
from reconciler.model.known import OUT_OF_REACH
from reconciler.model.plan import Plan
from reconciler.model.results.outcome import Outcome, Result, Status
from reconciler.model.results.registration import Registration
from reconciler.report.script import quoted, role_commands, script

_REFUSED = frozenset({"authorizationfailed", "linkedauthorizationfailed"})
_ASKED = (codes.LOCKED.code, codes.LOCK_KEEPS_SNAPSHOTS.code, codes.RESOURCE_GUARD.code, OUT_OF_REACH.code)
"""Findings that only somebody else can resolve."""

NOTHING = "Nobody else has to do anything."


@dataclass(frozen=True, slots=True)
class Ask:
    """What others have to do: `roles` to assign (ROLE_PUT steps), `providers` to register (subscription and namespace),
    and `requests` in words, which no script should carry out: locks, guards, permissions of the caller.
    """

    manifest: str
    roles: tuple[Step, ...] = ()
    providers: tuple[tuple[str, str], ...] = ()
    requests: tuple[str, ...] = ()

    @property
    def is_empty(self) -> bool:
        """Whether there is nothing to request."""
        return not (self.roles or self.providers or self.requests)


def ask_for(
    manifest: str,
    plan: Plan | None = None,
    outcome: Outcome | None = None,
    registrations: Sequence[Registration] = (),
) -> Ask:
    """The role assignments that a plan lacks, and those that its apply was refused for; each once, in the plan's order."""
    providers = tuple((one.subscription, one.namespace) for one in registrations if one.is_known)
    unknown = tuple(map(_unread, (one for one in registrations if not one.is_known)))
    if plan is None:
        return Ask(manifest, providers=providers, requests=unknown)
    results = outcome.results if outcome else ()
    changes = {change.address: change for change in plan.changes}
    refused = [row for row in results if row.status is Status.FAILED and lower(row.code) in _REFUSED]
    roles = [*plan.missing, *_roles(changes[row.address] for row in refused if row.address in changes)]
    return Ask(
        manifest,
        tuple({(step.target.key, step.grant["role"]): step for step in roles}.values()),
        providers,
        tuple(dict.fromkeys((*unknown, *_found(plan), *_rights(refused), *_locks(results)))),
    )


def _roles(changes: Iterable[Change]) -> Iterator[Step]:
    for change in changes:
        yield from (step for step in change.steps if step.op is Op.ROLE_PUT)


def _unread(one: Registration) -> str:
    return f"Could not read whether the subscription {one.subscription} is registered for {one.namespace}."


def _found(plan: Plan) -> Iterator[str]:
    for finding in plan.findings:
        if finding.code in _ASKED:
            yield f"{finding.address}: {finding.message}. {finding.hint}." if finding.hint else finding.message


def _rights(refused: Iterable[Result]) -> Iterator[str]:
    for row in refused:
        if row.kind is not Kind.ROLE:
            yield f"{row.address}: {row.message.rstrip('.')}. The caller needs permission to do this; see samples/roles."


def _locks(results: Iterable[Result]) -> Iterator[str]:
    for row in results:
        if row.status is Status.FAILED and lower(row.code) in ("scopelocked", "resourcelocked"):
            yield f"{row.address}: {row.message.rstrip('.')}. Ask whoever set the lock; reconciler never removes one."


def ask_script(ask: Ask) -> str:
    """The commands as a POSIX shell script that stops at the first error; requests in words are comments."""
    lines: list[str] = []
    if ask.is_empty:
        lines.append(f"# {NOTHING}")
    for subscription, namespace in ask.providers:
        lines.append(
            f"az provider register --namespace {quoted(namespace)} --subscription {quoted(subscription)} --wait"
        )
    lines += role_commands(ask.roles)
    if ask.requests:
        lines.append("# Somebody has to decide about these, so this script doesn't do them:")
        lines += [f"# - {plain(text)}" for text in ask.requests]
    return script(lines)


def ask_markdown(ask: Ask) -> str:
    """A page for people with the needed permissions: what, where, why, and the commands."""
    lines = [f"## Requests of reconciler for {markdown(ask.manifest)}", ""]
    if ask.is_empty:
        lines += [NOTHING, ""]
    if ask.providers:
        lines += ["### Register providers", ""]
        lines += [f"- {code(namespace)} in the subscription {code(one)}" for one, namespace in ask.providers]
        lines.append("")
    if ask.roles:
        lines += ["### Assign roles", "", "Azure Backup uses them with the vault's own identity.", ""]
        lines += [f"- {code(title_of(step.grant['role']))} on {code(step.target)}" for step in ask.roles]
        lines.append("")
    if ask.providers or ask.roles:
        commands = ask_script(Ask(ask.manifest, ask.roles, ask.providers))
        lines += ["Commands for someone with the needed permissions:", "", fence(commands, "sh")]
    if ask.requests:
        lines += ["### Decide", ""]
        lines += [f"- {markdown(text)}" for text in ask.requests]
        lines.append("")
    return "\n".join(lines).rstrip() + "\n"
