"""Options that several verbs share, and the values that they take; those of the connection become one object."""

from __future__ import annotations

import functools
import re
from collections.abc import Callable, Collection
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from typing import Any

import click
from click.core import ParameterSource

from reconciler.base.durations import seconds
from reconciler.cli.output import Output
from reconciler.connection.choice import CLOUDS, LOOK_SECONDS, Connection
from reconciler.model import api_versions
from reconciler.model.errors import UsageError

Command = Callable[..., int]

_PARTS = re.compile(r"(?:[0-9]{1,9}(?:\.[0-9]+)?[smhdw])+")
_SECONDS = {"s": 1, "m": 60, "h": 3600, "d": 86400, "w": 604800}


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
    click.option(
        "--clock", metavar="CLOCK", help="Clock of the run: real, scaled:N (N times as fast) or virtual[:START]."
    ),
    click.option(
        "--api-version", metavar="VERSION", help="API version of Microsoft.DataProtection, instead of the tool's own."
    ),
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
        version = options.pop("api_version")
        _tell_doubt(context, version)
        connection = Connection(
            sandbox=sandbox,
            endpoint=None if sandbox else endpoint or None,
            cloud=options.pop("cloud"),
            clock=options.pop("clock"),
            api_version=version,
            look_seconds=options.pop("look_timeout"),
        )
        return command(*arguments, connection=connection, **options)

    return with_options(wrapped, (*_CONNECTION, verbose_option))


def _tell_doubt(context: click.Context, version: str | None) -> None:
    """Warn, and go on, where nobody knows how Azure behaves under the version that was asked for."""
    output = context.find_object(Output)
    doubt = api_versions.doubt(version) if version and api_versions.FORM.fullmatch(version) else ""
    if output is not None and doubt:
        output.tell(f"warning[api-version]: {doubt}; the run goes on, and Azure may refuse it or behave differently\n")


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
        help="A disk: its name as it is shown, the end of that name (sql-003), its id, or a pattern with *; may be repeated"
        " (default: all that the manifest declares). Names: docs/reference/names.md.",
    )(command)


def fail_on_values(text: str, choices: Collection[str]) -> tuple[str, ...]:
    """The values of `--fail-on`; UsageError when there is none, or one that isn't a choice."""
    named = tuple(name.strip() for name in text.split(",") if name.strip())
    hint = f"choose from {', '.join(choices)}"
    if not named:
        raise UsageError("`--fail-on` has no value", hint=hint)
    for name in named:
        if name not in choices:
            raise UsageError(f"Unknown value for `--fail-on`: '{name}'", hint=hint)
    return named


def moment(text: str, option: str, now: datetime) -> datetime:
    """The time in a text, as in `time_of`, or a length of time before now, such as `24h` and `7d`."""
    length = seconds_of(text)
    if length is not None:
        with suppress(OverflowError):
            return now - timedelta(seconds=length)
    return time_of(text, option, hint="write 2026-01-05T08:00:00Z, or 24h, 7d")


def time_of(text: str, option: str, hint: str = "write 2026-01-05T08:00:00Z") -> datetime:
    """The time in a text: ISO 8601, in UTC unless it says otherwise."""
    try:
        found = datetime.fromisoformat(text)
    except ValueError:
        raise UsageError(f"`{option}` is not a time: '{text}'", hint=hint) from None
    return found if found.tzinfo else found.replace(tzinfo=UTC)


def seconds_of(text: str) -> float | None:
    """The seconds of `90s`, `1h30m`, `7d`, `2w` or an ISO 8601 duration; None for other text."""
    if _PARTS.fullmatch(text):
        return sum(float(number) * _SECONDS[unit] for number, unit in re.findall(r"([0-9.]+)(.)", text))
    return seconds(text)
