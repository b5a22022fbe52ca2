"""`reconciler restore`: restore a recovery point to a new disk."""

from __future__ import annotations

import re
from functools import partial

import click

from reconciler.cli.acting import Deed, Manner, act, acting_options, new_run
from reconciler.cli.loading import load_manifest
from reconciler.cli.options import time_of
from reconciler.cli.output import Output
from reconciler.connection.choice import Connection
from reconciler.manifest.names import GUID, LONGEST_VALUE, is_group_name, is_tag_key
from reconciler.model.errors import UsageError
from reconciler.planning.restoring import Wish
from reconciler.verbs import restore as operation

_NAME = re.compile(r"[A-Za-z0-9_][A-Za-z0-9_.-]{0,79}")
_SKUS = (
    "Standard_LRS", "StandardSSD_LRS", "StandardSSD_ZRS", "Premium_LRS", "Premium_ZRS", "PremiumV2_LRS", "UltraSSD_LRS",
)  # fmt: skip


@click.command(
    help="""Restore a recovery point of DISK, a name or an id, to a new disk, and check that it matches its source.

    PATH is the manifest that names the disk's vault; the disk may be gone from the manifest and from Azure. An existing
    disk is never overwritten. The new disk gets the tag reconciler-restored.
    """
)
@click.argument("path")
@click.argument("disk")
@click.option(
    "--to", "group", metavar="GROUP", required=True, help="Resource group of the new disk: its id, or its name."
)
@click.option("--subscription", metavar="ID", help="Subscription of that resource group (default: the source disk's).")
@click.option(
    "--name", metavar="NAME", default="", help="Name of the new disk (default: derived from the recovery point)."
)
@click.option("--point", metavar="POINT", default="latest", show_default=True, help="A recovery point's id, or latest.")
@click.option(
    "--before", metavar="TIME", help="Use the newest recovery point before this time (ISO 8601, default UTC)."
)
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
@click.pass_obj
def restore(
    output: Output,
    path: str,
    disk: str,
    group: str,
    subscription: str | None,
    name: str,
    point: str,
    before: str | None,
    tags: tuple[str, ...],
    sku: str | None,
    zone: str | None,
    manner: Manner,
    connection: Connection,
) -> int:
    """The exit code: 0 if the disk exists and is as expected; 1 if not, or refused; 130 or 143 if interrupted."""
    if name and not _NAME.fullmatch(name):
        raise UsageError(
            f"`--name` is not a valid disk name: '{name}'",
            hint="use 1 to 80 letters, digits, dots, hyphens and underscores",
        )
    if before is not None and point != "latest":
        raise UsageError("`--before` and `--point` can't be used together", hint="leave one of them out")
    run = new_run()
    where, group = _place(group, subscription)
    manifest = load_manifest(path)
    wish = Wish(
        disk=disk,
        group=group,
        subscription=where,
        run=run,
        name=name,
        point=point,
        before=None if before is None else time_of(before, "--before"),
        tags=_tags(tags),
        sku=sku or "",
        zone=zone or "",
    )
    deed = Deed("restore", path, manifest, run, partial(operation.restore, wish=wish))
    return act(output, deed, manner, connection)


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
