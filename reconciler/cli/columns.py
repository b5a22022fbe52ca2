"""`--columns` and `--sort`: which columns of a table a person wants to see, and in which order its rows."""

from __future__ import annotations

import functools
from collections.abc import Callable, Sequence
from typing import Any

import click
from click.shell_completion import CompletionItem

from reconciler.cli.options import Command, with_options
from reconciler.model.errors import UsageError
from reconciler.report.columns import ALL, Heading, View, named


class Columns(click.ParamType[tuple[str, ...]]):
    """Names of `columns`, with commas between them, or `all`."""

    name = "columns"

    def __init__(self, columns: Sequence[Heading]) -> None:
        self.columns = columns

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> tuple[str, ...]:  # noqa: ARG002
        """The names, each once; UsageError for one that there isn't."""
        if not isinstance(value, str):
            return tuple(value)
        every = [one.option for one in self.columns]
        found: dict[str, None] = {}
        for part in filter(None, map(str.strip, value.split(","))):
            found |= dict.fromkeys(every if part.lower() == ALL else [named(part, self.columns, "--columns")])
        if not found:
            raise UsageError("`--columns` has no value", hint=f"the columns are {', '.join(every)}; {ALL} shows each")
        return tuple(found)

    def shell_complete(self, ctx: click.Context, param: click.Parameter, incomplete: str) -> list[CompletionItem]:  # noqa: ARG002
        """The names that go on from what is typed after the last comma."""
        before, comma, last = incomplete.rpartition(",")
        names = (*(one.option for one in self.columns), ALL)
        return [CompletionItem(f"{before}{comma}{name}") for name in names if name.startswith(last)]


class Order(click.ParamType[str]):
    """The name of one of `columns`, with `-` before it for the other direction."""

    name = "column"

    def __init__(self, columns: Sequence[Heading]) -> None:
        self.columns = columns

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> str:  # noqa: ARG002
        """The name, after `-` if that was there; UsageError for one that there isn't."""
        sign = "-" if str(value).startswith("-") else ""
        return sign + named(str(value).removeprefix("-"), self.columns, "--sort")

    def shell_complete(self, ctx: click.Context, param: click.Parameter, incomplete: str) -> list[CompletionItem]:  # noqa: ARG002
        """The names that begin as what is typed."""
        sign = "-" if incomplete.startswith("-") else ""
        names = (f"{sign}{one.option}" for one in self.columns)
        return [CompletionItem(name) for name in names if name.startswith(incomplete)]


def table_options(columns: Sequence[Heading]) -> Callable[[Command], Command]:
    """Add `--columns` and `--sort`; the command gets them as `view`."""
    options = (
        click.option(
            "--columns",
            metavar="COLUMN,…",
            type=Columns(columns),
            default=(),
            help=f"Show these columns, however wide, instead of those that fit: {', '.join(one.option for one in columns)}; or {ALL}.",
        ),
        click.option(
            "--sort",
            metavar="[-]COLUMN",
            type=Order(columns),
            default=None,
            help="Sort the rows by this column, in ascending order, or with - in descending order.",
        ),
    )

    def added(command: Command) -> Command:
        @functools.wraps(command)
        def wrapped(*arguments: Any, **said: Any) -> int:
            chosen, order = said.pop("columns"), said.pop("sort") or ""
            return command(*arguments, view=View(chosen, order.removeprefix("-"), order.startswith("-")), **said)

        return with_options(wrapped, options)

    return added
