"""The commands of `reconciler sandbox` except `serve`, which read and change a sandbox from outside.

ESTATE is the estate file, beside which the state is kept, or the address of the server that has it open.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from reconciler.base.escape import plain
from reconciler.base.plurals import counted
from reconciler.cli.options import format_option, seconds_of, verbose_option
from reconciler.cli.output import Output
from reconciler.cli.sandbox_doors import Remote, opened
from reconciler.model.codes import errors as error_codes
from reconciler.model.errors import UsageError
from reconciler.sandbox.switches import SWITCHES

if TYPE_CHECKING:
    from reconciler.sandbox.sandbox import Sandbox


@click.command(help="List the resources in the sandbox ESTATE; with ID (may contain *), show their bodies.")
@click.argument("estate")
@click.argument("resource_id", metavar="[ID]", required=False)
@format_option("text", "json")
@verbose_option
@click.pass_obj
def show(output: Output, estate: str, resource_id: str | None, form: str) -> int:
    """Print ids with their states, or bodies as JSON."""
    with opened(estate, readonly=True) as sandbox:
        bodies = [sandbox.get(one) for one in _matching(sandbox, resource_id or "*", needed=bool(resource_id))]
        now = sandbox.time()
    if form == "json" or resource_id:
        single = bool(resource_id and "*" not in resource_id)
        output.data(json.dumps(bodies[0] if single else bodies, indent=2) + "\n")
    else:
        output.data("".join(map(_line, bodies)))
        output.tell(f"{counted(len(bodies), 'resource')} at {now:%Y-%m-%dT%H:%M:%SZ}\n")
    return 0


@click.command(help="Create or replace the resource ID in the sandbox ESTATE with the ARM body JSON (- for stdin).")
@click.argument("estate")
@click.argument("resource_id", metavar="ID")
@click.argument("body", metavar="JSON")
@verbose_option
@click.pass_obj
def put(output: Output, estate: str, resource_id: str, body: str) -> int:
    """Create or replace a resource, without Azure's checks."""
    content = _object(body)
    with opened(estate) as sandbox:
        made = sandbox.put(resource_id, content)
    _told(output, "put", str(made["id"]))
    return 0


@click.command(
    help="Merge JSON (- for stdin) into the body of ID, where * stands for any text, also with /; null removes a key."
)
@click.argument("estate")
@click.argument("resource_id", metavar="ID")
@click.argument("changes", metavar="JSON")
@verbose_option
@click.pass_obj
def patch(output: Output, estate: str, resource_id: str, changes: str) -> int:
    """Change resources as in the portal, but without Azure's checks."""
    content = _object(changes)
    with opened(estate) as sandbox:
        for one in _matching(sandbox, resource_id):
            sandbox.patch(one, content)
            _told(output, "patched", one)
    return 0


@click.command(
    help="Delete ID, where * stands for any text, also with /, and everything in it, from the sandbox ESTATE."
)
@click.argument("estate")
@click.argument("resource_id", metavar="ID")
@verbose_option
@click.pass_obj
def delete(output: Output, estate: str, resource_id: str) -> int:
    """Delete resources, without Azure's checks."""
    with opened(estate) as sandbox:
        gone: set[str] = set()
        for one in _matching(sandbox, resource_id):
            if one.lower() not in gone:
                removed = sandbox.remove(one)
                gone.update(removed)
                for each in removed:
                    _told(output, "deleted", each)
    return 0


@click.command(help="Move ID (may contain *) unchanged to the resource group GROUP in the sandbox ESTATE.")
@click.argument("estate")
@click.argument("resource_id", metavar="ID")
@click.argument("group")
@verbose_option
@click.pass_obj
def move(output: Output, estate: str, resource_id: str, group: str) -> int:
    """Disks, snapshots and machines get another id, and keep everything else."""
    with opened(estate) as sandbox:
        for one in _matching(sandbox, resource_id):
            _told(output, "moved", str(sandbox.move(one, group)["id"]))
    return 0


@click.command(
    help="Delete the disks ID (may contain *) in the sandbox ESTATE, and create empty ones with the same names."
)
@click.argument("estate")
@click.argument("resource_id", metavar="ID")
@verbose_option
@click.pass_obj
def replace(output: Output, estate: str, resource_id: str) -> int:
    """SKU, size and tags stay; the `uniqueId` is a new one."""
    with opened(estate) as sandbox:
        for one in _matching(sandbox, resource_id):
            _told(output, "replaced", str(sandbox.replace(one)["id"]))
    return 0


@click.command(help="Advance the clock of the sandbox ESTATE by DURATION: 90s, 30m, 2h, 14d, 1h30m.")
@click.argument("estate")
@click.argument("duration")
@verbose_option
@click.pass_obj
def advance(output: Output, estate: str, duration: str) -> int:
    """Everything that is due in this time happens."""
    seconds = seconds_of(duration)
    if seconds is None:
        raise UsageError(f"not a duration: '{duration}'", hint="write 90s, 30m, 2h, 14d or 1h30m")
    with opened(estate) as sandbox:
        now = sandbox.advance(seconds)
    output.data(f"It is now {now:%Y-%m-%dT%H:%M:%SZ} in the sandbox.\n")
    return 0


@click.command(help="Make the next backups of the disks ID (may contain *) fail in the sandbox ESTATE.")
@click.argument("estate")
@click.argument("resource_id", metavar="ID")
@click.option("--code", metavar="CODE", default="CloudInternalError", show_default=True, help="Azure's error code.")
@click.option(
    "--times", type=click.IntRange(min=0), default=1, show_default=True, help="How many backups fail; 0: stop failing."
)
@verbose_option
@click.pass_obj
def fail(output: Output, estate: str, resource_id: str, code: str, times: int) -> int:
    """Make scheduled and on-demand backups fail."""
    with opened(estate) as sandbox:
        for one in _matching(sandbox, resource_id):
            sandbox.fail(one, code, times)
            _told(output, f"will fail {counted(times, 'time')}", one)
    return 0


@click.command(help="List the switches of the sandbox ESTATE, or set some with NAME=VALUE.")
@click.argument("estate")
@click.argument("settings", metavar="[NAME=VALUE]...", nargs=-1)
@verbose_option
@click.pass_obj
def switch(output: Output, estate: str, settings: tuple[str, ...]) -> int:
    """Set switches, one for each unconfirmed behaviour of Azure and each fault."""
    with opened(estate, readonly=not settings) as sandbox:
        for setting in settings:
            name, found, value = setting.partition("=")
            if not found:
                raise UsageError(
                    f"a setting must have the form NAME=VALUE: '{setting}'",
                    hint="to list the switches, pass no setting",
                )
            sandbox.set_switch(name, value)
            output.data(f"{name} is now {_word(sandbox.switches()[name])}\n")
        values = {} if settings else sandbox.switches()
    for name in sorted(values):
        one = SWITCHES[name]
        allowed = f" ({' | '.join(map(_word, one.values))})" if one.values else f" ({one.form})" if one.form else ""
        output.data(f"{name} = {_word(values[name])}{allowed}\n    {one.meaning}\n")
    return 0


@click.command(help="Reset the sandbox to the estate file ESTATE.")
@click.argument("estate")
@verbose_option
@click.pass_obj
def reset(output: Output, estate: str) -> int:
    """Delete the state, so that the next command starts from the estate file."""
    # brings the whole simulated Azure
    from reconciler.connection.simulated import sandbox_errors
    from reconciler.sandbox.sandbox import reset as forget

    with sandbox_errors():
        found = forget(Path(estate))
    output.data(f"{estate} was reset.\n" if found else f"{estate} had no saved state.\n")
    return 0


def _matching(sandbox: Sandbox | Remote, pattern: str, *, needed: bool = True) -> list[str]:
    found = sandbox.ids(pattern.rstrip("/") or "*")
    if needed and not found:
        raise UsageError(
            f"no resource in the sandbox has the id `{pattern}`",
            hint="list the resources with `reconciler sandbox show`; * matches any text",
            code=error_codes.NOTHING_THERE,
        )
    return found


def _object(text: str) -> dict[str, Any]:
    if text == "-":
        text = sys.stdin.read()
    try:
        found = json.loads(text)
    except (ValueError, RecursionError) as error:
        raise UsageError(f"not valid JSON: {error}", hint='quote it for the shell: \'{"tags": {"a": "b"}}\'') from error
    if not isinstance(found, dict):
        raise UsageError("the JSON value is not an object", hint="begin with a brace: '{\"properties\": {…}}'")
    return found


def _line(body: Mapping[str, Any]) -> str:
    """An id with its states."""
    properties = body.get("properties")
    properties = properties if isinstance(properties, dict) else {}
    states = (properties.get("currentProtectionState"), properties.get("provisioningState"), body.get("location"))
    told = ", ".join(plain(state) for state in states if isinstance(state, str))
    return f"{plain(body.get('id', ''))}{f'  ({told})' if told else ''}\n"


def _told(output: Output, verb: str, resource_id: str) -> None:
    output.data(f"{verb}: {plain(resource_id)}\n")


def _word(value: object) -> str:
    return {True: "on", False: "off"}[value] if isinstance(value, bool) else str(value)
