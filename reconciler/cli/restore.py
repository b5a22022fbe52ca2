"""`reconciler restore`: restore recovery points to new disks."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from functools import partial
from typing import Any, NamedTuple

import click

from reconciler.base.durations import time_limit
from reconciler.cli.acting import Deed, Manner, act, acting_options, new_run
from reconciler.cli.loading import load_manifest
from reconciler.cli.options import parallelism_option, time_of
from reconciler.cli.output import Output
from reconciler.cli.runbook import Runbook
from reconciler.cli.selecting import selector_of
from reconciler.connection.choice import Connection
from reconciler.flow.run import Task
from reconciler.manifest.names import GUID, LONGEST_VALUE, is_group_name, is_tag_key
from reconciler.model.errors import UsageError
from reconciler.model.globs import is_pattern
from reconciler.model.manifest import Manifest
from reconciler.model.plan import Options
from reconciler.planning.machine import MachineRecovery
from reconciler.planning.recovering import PLACEHOLDER, Recovery
from reconciler.planning.restoring import Wish
from reconciler.verbs import restore as operation

Work = Callable[[Manifest, Options], Task]
_HELP = "see `reconciler restore --help`"
_SINCE = "use `--before TIME` with a time before the damage, or `--newest`; the newest recovery points may contain the damage"
_SPREAD = 30 * 60
"""Half of the shortest interval between backups, so that no moment mixes recovery points of two rounds."""
_NAMES = "use 1 to 80 letters, digits, dots, hyphens and underscores"
_NAME = re.compile(r"[A-Za-z0-9_][A-Za-z0-9_.-]{0,79}")
_SKUS = (
    "Standard_LRS", "StandardSSD_LRS", "StandardSSD_ZRS", "Premium_LRS", "Premium_ZRS", "PremiumV2_LRS", "UltraSSD_LRS",
)  # fmt: skip


@click.command(
    help="""Restore a recovery point of DISK, a name or an id, to a new disk, and check that it matches its source.

    PATH is the manifest that names the disk's vault; the disk may be gone from the manifest and from Azure. An existing
    disk is never overwritten. The new disk gets the tag reconciler-restored.

    Several disks, named or selected by --select, are restored together, as of --before or --newest: each to its old id, or
    elsewhere with --to and --name. If the run is interrupted, run the command again: it restores only the rest.

    --machine restores copies of all disks of a virtual machine as of one moment, named DISK-rTIME, beside the disks or in
    --to, and writes a runbook: the commands to swap the disks, and to undo that. The machine itself is never changed.
    """
)
@click.argument("path")
@click.argument("disks", metavar="[DISK]...", nargs=-1)
@click.option(
    "--select",
    metavar="KEY=VALUE,...",
    multiple=True,
    help="Restore all disks whose id and region match. Keys: subscriptions, resourceGroups, names, locations; values may"
    " contain *; repeat the option for other keys, which must match, too.",
)
@click.option(
    "--machine", metavar="VM", help="Restore copies of all disks of this virtual machine: its id, or its name."
)
@click.option(
    "--max-spread",
    metavar="TIME",
    help="How far apart the recovery points of a machine's disks may be, as in 90s, 10m, 1h (default: 30m).",
)
@click.option("--partial", is_flag=True, help="Leave out disks of the machine that are not protected.")
@click.option(
    "--runbook", metavar="FILE", help="File for the machine's runbook (default: VM-rTIME.md in the current folder)."
)
@click.option("--to", "group", metavar="GROUP", help="Resource group of the new disk: its id, or its name.")
@click.option("--subscription", metavar="ID", help="Subscription of that resource group (default: the source disk's).")
@click.option(
    "--name",
    metavar="NAME",
    default="",
    help="Name of the new disk (default: derived from the recovery point); for several disks, it contains {disk}.",
)
@click.option("--point", metavar="POINT", default="latest", show_default=True, help="A recovery point's id, or latest.")
@click.option(
    "--before", metavar="TIME", help="Use the newest recovery point before this time (ISO 8601, default UTC)."
)
@click.option("--newest", is_flag=True, help="Use the newest recovery point of each of several disks.")
@click.option(
    "--first",
    metavar="KEY=VALUE,...",
    multiple=True,
    help="Restore these of several disks first; written like --select.",
)
@click.option("--prepare", is_flag=True, help="Only assign the roles that the restore needs; restore nothing.")
@click.option("--tags", metavar="KEY=VALUE", multiple=True, help="A tag for the new disk; may be repeated.")
@click.option(
    "--sku", type=click.Choice(_SKUS, case_sensitive=False), help="Change the new disk to this SKU after the restore."
)
@click.option(
    "--zone",
    metavar="ZONE",
    help="Fail if Azure places the new disk in another zone; Azure uses the zone of the source disk.",
)
@acting_options
@parallelism_option
@click.pass_obj
def restore(output: Output, /, path: str, manner: Manner, connection: Connection, **said: Any) -> int:
    """The exit code: 0 if the disks exist and are as expected; 1 if not, or refused; 130 or 143 if interrupted."""
    asked, run = RestoreWords(**said), new_run()
    if asked.machine is None:
        asked.check_no_machine()
        task = _several(asked, run) if asked.is_several else _one(asked, run)
        return act(output, Deed("restore", path, load_manifest(path), run, task), manner, connection)
    task, book = _machine(asked, run), Runbook(asked.runbook, output)
    return act(output, Deed("restore", path, load_manifest(path), run, task, book.write), manner, connection)


class RestoreWords(NamedTuple):
    """What the command line asks for."""

    disks: tuple[str, ...]
    select: tuple[str, ...]
    machine: str | None
    max_spread: str | None
    partial: bool
    runbook: str | None
    group: str | None
    subscription: str | None
    name: str
    point: str
    before: str | None
    newest: bool
    first: tuple[str, ...]
    prepare: bool
    tags: tuple[str, ...]
    sku: str | None
    zone: str | None

    @property
    def is_several(self) -> bool:
        """Whether it may be about more than one disk."""
        many = len(self.disks) > 1 or bool(self.select or self.first) or self.newest or self.prepare
        return many or (self.before is not None and any(map(is_pattern, self.disks)))

    def check_no_machine(self) -> None:
        """UsageError for an option that only a machine's disks have."""
        given = {"--max-spread": self.max_spread, "--partial": self.partial, "--runbook": self.runbook}
        for name, value in given.items():
            if value is not None and value is not False:
                raise UsageError(f"`{name}` needs `--machine`", hint="name the virtual machine with `--machine`")

    def check_moment(self, what: str) -> None:
        """UsageError unless it says from when several disks are to be."""
        if self.point != "latest":
            hint = "use `--before TIME` or `--newest`"
            raise UsageError("`--point` is a recovery point of one disk, and can't be used for several", hint=hint)
        if self.newest and self.before is not None:
            raise UsageError("`--before` and `--newest` can't be used together", hint="leave one of them out")
        if not (self.newest or self.before is not None or self.prepare):
            raise UsageError(f"A restore of {what} needs `--before` or `--newest`", hint=_SINCE)


def _one(asked: RestoreWords, run: str) -> Work:
    """The restore of one disk; UsageError for what can't be asked for."""
    if not asked.disks:
        raise UsageError("Missing argument 'DISK'.", hint=_HELP)
    if asked.group is None:
        raise UsageError("Missing option '--to'.", hint=_HELP)
    if asked.name and not _NAME.fullmatch(asked.name):
        raise UsageError(f"`--name` is not a valid disk name: '{asked.name}'", hint=_NAMES)
    if asked.before is not None and asked.point != "latest":
        raise UsageError("`--before` and `--point` can't be used together", hint="leave one of them out")
    where, group = _place(asked.group, asked.subscription)
    wish = Wish(disk=asked.disks[0], group=group, subscription=where, run=run, name=asked.name, point=asked.point)
    return partial(operation.restore, wish=_with_looks(wish, asked))


def _several(asked: RestoreWords, run: str) -> Work:
    """The restore of several disks; UsageError for what can't be asked for."""
    if not (asked.disks or asked.select):
        raise UsageError("Missing argument 'DISK'.", hint="name the disks, or use `--select`")
    asked.check_moment("more than one disk")
    if asked.name and not (
        asked.name.count(PLACEHOLDER) == 1 and _NAME.fullmatch(asked.name.replace(PLACEHOLDER, "d"))
    ):
        raise UsageError(
            f"`--name` of several disks must have {PLACEHOLDER} in it once, and be a valid disk name: '{asked.name}'",
            hint=f"write `{PLACEHOLDER}-restored`; {_NAMES}",
        )
    if asked.subscription is not None and asked.group is None:
        raise UsageError("`--subscription` needs `--to`", hint="name the resource group with `--to`")
    where, group = ("", "") if asked.group is None else _place(asked.group, asked.subscription)
    wish = Wish(disk="", group=group, subscription=where, run=run, name=asked.name, resumes=True)
    recovery = Recovery(
        asked.disks,
        _with_looks(wish, asked),
        selector_of(asked.select, "--select"),
        selector_of(asked.first, "--first"),
        asked.prepare,
    )
    return partial(operation.recover, asked=recovery)


def _machine(asked: RestoreWords, run: str) -> Work:
    """The copies of a machine's disks; UsageError for what can't be asked for."""
    others = {"DISK": asked.disks, "--select": asked.select, "--name": asked.name, "--subscription": asked.subscription}
    for name, value in others.items():
        if value:
            raise UsageError(f"`{name}` and `--machine` can't be used together", hint="leave one of them out")
    asked.check_moment("a machine's disks")
    longest = _SPREAD if asked.max_spread is None else time_limit(asked.max_spread)
    if longest is None:
        raise UsageError(f"`--max-spread` is not a length of time: '{asked.max_spread}'", hint="write 90s, 10m or 1h")
    where, group = ("", "") if asked.group is None else _place(asked.group, None)
    wish = _with_looks(Wish(disk="", group=group, subscription=where, run=run, resumes=True), asked)
    first, spread = selector_of(asked.first, "--first"), timedelta(seconds=longest)
    recovery = MachineRecovery(asked.machine or "", wish, spread, asked.partial, first, asked.prepare)
    return partial(operation.rebuild, asked=recovery)


def _with_looks(wish: Wish, asked: RestoreWords) -> Wish:
    """The wish with the point's time, and with what each new disk is to be like."""
    before = None if asked.before is None else time_of(asked.before, "--before")
    return replace(wish, before=before, tags=_tags(asked.tags), sku=asked.sku or "", zone=asked.zone or "")


def _place(group: str, subscription: str | None) -> tuple[str, str]:
    """The subscription (empty: the disk's own) and the name of the given resource group."""
    where, name = subscription and subscription.lower(), group
    if group.startswith("/"):
        found = re.fullmatch(r"/subscriptions/([^/]+)/resourcegroups/([^/]+)/?", group, re.IGNORECASE)
        if found is None:
            raise UsageError(f"`--to` is not the id of a resource group: '{group}'", hint="write its id, or its name")
        where, name = found[1].lower(), found[2]
    if not is_group_name(name):
        raise UsageError(f"`--to` is not a valid resource group name: '{group}'", hint="write its id, or its name")
    if where is not None and not GUID.fullmatch(where):
        raise UsageError(f"not a subscription id: '{where}'", hint="use the GUID of the subscription")
    return where or "", name


def _tags(pairs: tuple[str, ...]) -> dict[str, str]:
    found: dict[str, str] = {}
    for pair in pairs:
        key, equals, value = pair.partition("=")
        if not (key and equals):
            raise UsageError(f"`--tags` must have the form KEY=VALUE: '{pair}'")
        if key.lower().startswith("reconciler-"):
            raise UsageError(f"`--tags` can't set tags that start with `reconciler-`: '{pair}'")
        if not is_tag_key(key) or len(value) > LONGEST_VALUE:
            hint = f"use keys of up to 512 characters, without <>%&\\?/, and values of up to {LONGEST_VALUE}"
            raise UsageError(f"`--tags` has a tag that Azure does not allow: '{pair}'", hint=hint)
        if key.lower() in map(str.lower, found):
            raise UsageError(f"`--tags` has the same key twice (Azure ignores case in tag keys): '{pair}'")
        found[key] = value
    return found
