"""Options that several verbs share, each group collected into one object."""

from __future__ import annotations

import functools
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

import click
from click.core import ParameterSource

from reconciler.cli.output import Output
from reconciler.connection.choice import CLOUDS, LOOK_SECONDS, Connection
from reconciler.model.errors import UsageError

if TYPE_CHECKING:
    from reconciler.model.manifest import Manifest
    from reconciler.model.plan import Options

Command = Callable[..., int]


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


def _verbose(context: click.Context, _parameter: click.Parameter, value: bool) -> None:
    output = context.find_object(Output)
    if output is not None and value:
        output.verbose = True


verbose_option = click.option(
    "--verbose",
    "-v",
    is_flag=True,
    expose_value=False,
    is_eager=True,
    callback=_verbose,
    help="Show the traceback of an error.",
)
"""`--verbose`."""

_CONNECTION = (
    click.option(
        "--sandbox",
        metavar="ESTATE.yaml",
        envvar="RECONCILER_SANDBOX",
        show_envvar=True,
        help="Use a simulated Azure that runs in this process.",
    ),
    click.option(
        "--arm-endpoint",
        metavar="URL",
        envvar="RECONCILER_ARM_ENDPOINT",
        show_envvar=True,
        help="URL of another Resource Manager; http is allowed only on loopback.",
    ),
    click.option("--cloud", type=click.Choice(CLOUDS), default=CLOUDS[0], show_default=True, help="The Azure cloud."),
    click.option("--clock", metavar="CLOCK", help="Clock of the run: real, scaled:N or virtual[:START]."),
    click.option("--api-version", metavar="VERSION", help="API version of Microsoft.DataProtection."),
    click.option(
        "--look-timeout",
        metavar="SECONDS",
        type=click.FloatRange(min=0, min_open=True),
        default=LOOK_SECONDS,
        show_default=True,
        envvar="RECONCILER_LOOK_TIMEOUT",
        show_envvar=True,
        help="How long all reads of Azure together may take.",
    ),
)


def _shard(_context: click.Context, _parameter: click.Parameter, value: str | None) -> str | None:
    from reconciler.model.shard import Shard

    try:
        return None if value is None or Shard.parse(value).is_whole else str(Shard.parse(value))
    except ValueError as error:
        raise UsageError(f"--shard: {error}", hint="for the first of five runs, pass `--shard 1/5`") from error


shard_option = click.option(
    "--shard", metavar="I/N", callback=_shard, help="Work on part I of N of the manifest's vaults, such as 1/5."
)
"""`--shard`: None for the whole."""

guard_request_option = click.option(
    "--resource-guard-request",
    metavar="VAULT=ID",
    multiple=True,
    help="Resource guard request id for a vault under a resource guard; may be repeated.",
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
        help="Only objects with this address (may contain *), and what they depend on; may be repeated.",
    ),
    guard_request_option,
    shard_option,
    click.option(
        "--preflight",
        is_flag=True,
        help="Also ask Azure whether another vault already protects each new disk and, in `plan`, whether Azure would accept it.",
    ),
)


def connection_options(command: Command) -> Command:
    """Add the options of the connection; the command gets them as `connection`."""

    @functools.wraps(command)
    @click.pass_context
    def wrapped(context: click.Context, /, *arguments: Any, **options: Any) -> int:
        sandbox, endpoint = options.pop("sandbox"), options.pop("arm_endpoint")
        said = [name for name in ("sandbox", "arm_endpoint") if _is_said(context, name)]
        if ("sandbox" in said and not sandbox) or ("arm_endpoint" in said and not endpoint):
            hint = "check what sets it; leave the option out to use Azure itself"
            raise UsageError("`--sandbox` or `--arm-endpoint` is empty, which would select Azure itself.", hint=hint)
        if sandbox and endpoint and len(said) != 1:
            raise UsageError(
                "`--sandbox` and `--arm-endpoint` can't be used together",
                hint="pass only one of them; check `RECONCILER_SANDBOX` and `RECONCILER_ARM_ENDPOINT` too",
            )
        if said == ["arm_endpoint"]:
            sandbox = None
        connection = Connection(
            sandbox=sandbox,
            endpoint=None if sandbox else endpoint or None,
            cloud=options.pop("cloud"),
            clock=options.pop("clock"),
            api_version=options.pop("api_version"),
            look_seconds=options.pop("look_timeout"),
        )
        return command(*arguments, connection=connection, **options)

    return _with(wrapped, (*_CONNECTION, verbose_option))


def _is_said(context: click.Context, name: str) -> bool:
    return context.get_parameter_source(name) is ParameterSource.COMMANDLINE


def planning_options(command: Command) -> Command:
    """Add the options of planning; the command gets them as `planning`."""

    @functools.wraps(command)
    def wrapped(*arguments: Any, **options: Any) -> int:
        planning = Planning(**{name: options.pop(name) for name in Planning._fields})
        if planning.only and planning.prune:
            raise UsageError("`--only` and `--prune` can't be used together", hint="prune in a separate run")
        return command(*arguments, planning=planning, **options)

    return _with(wrapped, _PLANNING)


def _with(command: Command, options: tuple[Callable[[Command], Command], ...]) -> Command:
    for option in reversed(options):
        command = option(command)
    return command


def format_option(*formats: str) -> Callable[[Command], Command]:
    """`--format`, the first one being the default."""
    return click.option(
        "--format",
        "form",
        type=click.Choice(formats),
        default=formats[0],
        show_default=True,
        help="Format of the output.",
    )


_POSITIVE = click.FloatRange(min=0, min_open=True)


def auto_approve_option(command: Command) -> Command:
    """`--auto-approve`."""
    return click.option("--auto-approve", is_flag=True, help="Don't ask for approval.")(command)


def timeout_option(command: Command) -> Command:
    """`--timeout SECONDS`; None when it isn't given."""
    return click.option("--timeout", metavar="SECONDS", type=_POSITIVE, help="Time limit of the whole run.")(command)


def patience_option(command: Command) -> Command:
    """`--timeout SECONDS` of a wait for jobs, four hours unless it is given."""
    return click.option(
        "--timeout", metavar="SECONDS", type=_POSITIVE, default=4 * 3600.0, show_default=True, help="How long to wait."
    )(command)


def parallelism_option(command: Command) -> Command:
    """`--parallelism N`; None when it isn't given."""
    return click.option(
        "--parallelism", metavar="N", type=click.IntRange(min=1), help="Maximum number of writes at a time."
    )(command)


def audit_option(command: Command) -> Command:
    """`--audit FILE`; None when it isn't given."""
    return click.option(
        "--audit",
        metavar="FILE",
        help="Append a record of each write to this file before it is sent, and of its answer.",
    )(command)


def report_option(command: Command) -> Command:
    """`--report [FORM:]FILE`, repeatable."""
    return click.option(
        "--report",
        "reports",
        metavar="[FORM:]FILE",
        multiple=True,
        help="Also write a report. The file's ending gives its form: .html (a page on the whole estate), .md, .json, .sarif,"
        " .xml (JUnit), .sh (role assignments that mode emit leaves to others); or put the form first: md:FILE,"
        " gitlab:FILE (code quality).",
    )(command)


def plan_options(planning: Planning, manifest: Manifest, api_version: str | None, path: str) -> Options:
    """The planner's options for the manifest; UsageError for a resource guard request that names no vault of it."""
    from reconciler import __version__
    from reconciler.loading.source import source_of
    from reconciler.model.plan import Options
    from reconciler.model.shard import WHOLE, Shard
    from reconciler.planning.keys import keys

    requests: dict[str, tuple[str, ...]] = {}
    for text in planning.resource_guard_request:
        vault, request = _guard_request(text, manifest)
        requests[vault] = (*requests.get(vault, ()), request)
    said = {"api_version": api_version} if api_version else {}
    return Options(
        tool_version=__version__,
        prune=planning.prune,
        adopt=planning.adopt,
        allow_delete=planning.allow_delete,
        accept_irreversible=planning.accept_irreversible,
        force=keys(planning.force, manifest.vaults),
        only=planning.only,
        guard_requests=requests,
        preflight=planning.preflight,
        shard=Shard.parse(planning.shard) if planning.shard else WHOLE,
        source=source_of(Path(path)),
        **said,
    )


def _guard_request(text: str, manifest: Manifest) -> tuple[str, str]:
    from reconciler.model.ids import lower

    vault, found, request = text.partition("=")
    if not (vault and found and request):
        raise UsageError(
            f"`--resource-guard-request` must have the form VAULT=ID: {text!r}",
            hint="use a vault's name in the manifest, or its resource id, as VAULT",
        )
    if vault.startswith("/"):
        return lower(vault).rstrip("/"), request
    spec = manifest.vaults.get(lower(vault))
    if spec is None:
        raise UsageError(
            f"`--resource-guard-request` names a vault that is not in the manifest: {vault!r}",
            hint=f"choose from {', '.join(one.name for one in manifest.vaults.values())}",
        )
    return spec.id.key, request


def apply_command(plan: str, manifest: str, connection: Connection, planning: Planning) -> str:
    """The command line that applies a saved plan, with the options that it was made with."""
    import shlex

    flags = {"--sandbox": connection.sandbox, "--arm-endpoint": connection.endpoint}
    flags |= {"--cloud": None if connection.cloud == CLOUDS[0] else connection.cloud}
    flags |= {"--clock": connection.clock, "--api-version": connection.api_version}
    words = ["reconciler", "apply", plan, manifest]
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


def disks_option(command: Command) -> Command:
    """`--disk`, repeatable: which disks an operation is about."""
    return click.option(
        "--disk",
        "disks",
        metavar="DISK",
        multiple=True,
        help="A disk's id or name, or a pattern with *; may be repeated (default: all that the manifest declares).",
    )(command)
