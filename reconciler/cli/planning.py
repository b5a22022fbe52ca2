"""The options of planning: on the command line, as the planner takes them, and as saved plans record them."""

from __future__ import annotations

import functools
import shlex
from collections.abc import Sequence
from pathlib import Path
from typing import Any, NamedTuple

import click

from reconciler.cli.options import Command, with_options
from reconciler.connection.choice import CLOUDS, Connection
from reconciler.loading.source import sources_of
from reconciler.model import api_versions
from reconciler.model.errors import UsageError
from reconciler.model.ids import lower
from reconciler.model.manifest import Manifest
from reconciler.model.plan import Options
from reconciler.model.shard import WHOLE, Shard
from reconciler.planning.keys import keys


class Planning(NamedTuple):
    """The planning options of the command line."""

    prune: bool = False
    adopt: bool = False
    allow_delete: int | None = None
    accept_irreversible: bool = False
    force: tuple[str, ...] = ()
    only: tuple[str, ...] = ()
    resource_guard_request: tuple[str, ...] = ()
    preflight: bool = False
    shard: str | None = None


def _shard(_context: click.Context, _parameter: click.Parameter, value: str | None) -> str | None:
    try:
        return None if value is None or Shard.parse(value).is_whole else str(Shard.parse(value))
    except ValueError as error:
        raise UsageError(f"--shard: {error}", hint="for the first of five runs, pass `--shard 1/5`") from error


shard_option = click.option(
    "--shard", metavar="I/N", callback=_shard, help="Work on shard I of N of the manifest's vaults, such as 1/5."
)
"""`--shard`: None for the whole."""

guard_request_option = click.option(
    "--resource-guard-request",
    metavar="VAULT=ID",
    multiple=True,
    help="For a vault under a resource guard: the id of the guard's request; may be repeated.",
)
"""`--resource-guard-request`, repeatable."""

force_option = click.option(
    "--force",
    metavar="GATE[=VALUE]",
    multiple=True,
    help="Continue despite this gate; some gates need a VALUE, such as one object or a count. May be repeated.",
)
"""`--force`, repeatable."""

_PLANNING = (
    click.option(
        "--prune",
        is_flag=True,
        help="Stop the protection of disks that the manifest no longer names; their recovery points are kept.",
    ),
    click.option("--adopt", is_flag=True, help="Tag existing objects as owned by this manifest."),
    click.option(
        "--allow-delete",
        metavar="N",
        type=click.IntRange(min=0),
        help="Allow exactly N backup instances to be deleted with their recovery points (disks in `removed` with `data: delete`).",
    ),
    click.option(
        "--accept-irreversible", is_flag=True, help="Allow changes that can't be undone, such as immutability Locked."
    ),
    force_option,
    click.option(
        "--only",
        metavar="ADDRESS",
        multiple=True,
        help="Limit the run to this object and what it depends on: a name as it is shown, or its end; may contain *; may be"
        " repeated. Names: docs/reference/names.md.",
    ),
    guard_request_option,
    shard_option,
    click.option(
        "--preflight",
        is_flag=True,
        help="Also ask Azure whether another vault already protects each new disk and, in `plan`, whether Azure would accept it.",
    ),
)


def planning_options(command: Command) -> Command:
    """Add the options of planning; the command gets them as `planning`."""

    @functools.wraps(command)
    def wrapped(*arguments: Any, **options: Any) -> int:
        planning = Planning(**{name: options.pop(name) for name in Planning._fields})
        if planning.only and planning.prune:
            raise UsageError("`--only` and `--prune` can't be used together", hint="prune in a separate run")
        return command(*arguments, planning=planning, **options)

    return with_options(wrapped, _PLANNING)


def plan_options(planning: Planning, manifest: Manifest, api_version: str | None, path: str) -> Options:
    """The planner's options for the manifest; UsageError for a resource guard request that names no vault of it."""
    requests: dict[str, tuple[str, ...]] = {}
    for text in planning.resource_guard_request:
        vault, request = _guard_request(text, manifest)
        requests[vault] = (*requests.get(vault, ()), request)
    sources = sources_of(Path(path))
    return Options(
        prune=planning.prune,
        adopt=planning.adopt,
        allow_delete=planning.allow_delete,
        accept_irreversible=planning.accept_irreversible,
        force=keys(planning.force, manifest.vaults),
        only=planning.only,
        guard_requests=requests,
        preflight=planning.preflight,
        shard=Shard.parse(planning.shard) if planning.shard else WHOLE,
        source=next(iter(sources), ""),
        same_sources=frozenset(sources),
        api_version=api_version or api_versions.DEFAULT,
    )


def _guard_request(text: str, manifest: Manifest) -> tuple[str, str]:
    vault, found, request = text.partition("=")
    if not (vault and found and request):
        raise UsageError(
            f"`--resource-guard-request` must have the form VAULT=ID: '{text}'",
            hint="use a vault's name in the manifest, or its resource id, as VAULT",
        )
    if vault.startswith("/"):
        return lower(vault).rstrip("/"), request
    spec = manifest.vaults.get(lower(vault))
    if spec is None:
        raise UsageError(
            f"`--resource-guard-request` names a vault that is not in the manifest: '{vault}'",
            hint=f"choose from {', '.join(one.name for one in manifest.vaults.values())}",
        )
    return spec.id.key, request


def recorded(options: Options) -> dict[str, object]:
    """The planning options as saved plans record them."""
    return {
        "prune": options.prune,
        "adopt": options.adopt,
        "allow_delete": options.allow_delete,
        "accept_irreversible": options.accept_irreversible,
        "force": sorted(map(str, options.force)),
        "only": list(options.only),
        "resource_guard_request": {vault: list(ids) for vault, ids in sorted(options.guard_requests.items())},
        "preflight": options.preflight,
        "shard": None if options.shard.is_whole else str(options.shard),
        "api_version": options.api_version,
    }


def apply_command(of: Sequence[str], connection: Connection, planning: Planning) -> str:
    """The command line that applies a plan, with the options that it was made with; `of` names the plan."""
    flags = {"--sandbox": connection.sandbox, "--arm-endpoint": connection.endpoint}
    flags |= {"--cloud": None if connection.cloud == CLOUDS[0] else connection.cloud}
    flags |= {"--clock": connection.clock, "--api-version": connection.api_version}
    words = ["reconciler", "apply", *of]
    for name, value in [
        *flags.items(),
        *((f"--{name.replace('_', '-')}", value) for name, value in planning._asdict().items()),
    ]:
        if value is True:
            words.append(name)
        elif value is not None and value is not False:
            for one in value if isinstance(value, tuple) else (value,):
                words += [name, str(one)]
    return shlex.join(words)
