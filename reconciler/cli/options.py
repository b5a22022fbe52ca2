"""Options that several verbs share; those of the connection are collected into one object."""

from __future__ import annotations

import functools
from collections.abc import Callable
from typing import Any

import click
from click.core import ParameterSource

from reconciler.cli.output import Output
from reconciler.connection.choice import CLOUDS, LOOK_SECONDS, Connection
from reconciler.model.errors import UsageError

Command = Callable[..., int]


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

    return with_options(wrapped, (*_CONNECTION, verbose_option))


def _is_said(context: click.Context, name: str) -> bool:
    return context.get_parameter_source(name) is ParameterSource.COMMANDLINE


def with_options(command: Command, options: tuple[Callable[[Command], Command], ...]) -> Command:
    """The command with the options, in their order."""
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


def disks_option(command: Command) -> Command:
    """`--disk`, repeatable: which disks an operation is about."""
    return click.option(
        "--disk",
        "disks",
        metavar="DISK",
        multiple=True,
        help="A disk's id or name, or a pattern with *; may be repeated (default: all that the manifest declares).",
    )(command)
