"""`--annotations`: which CI system a command runs in, and how it shows an error that ends the command."""

from __future__ import annotations

import functools
import os
from collections.abc import Callable, Mapping
from typing import Any

import click

from reconciler.cli.output import Output
from reconciler.model.errors import ReconcilerError

Command = Callable[..., int]

GITHUB, AZURE, NO_SYSTEM = "github", "azure", "none"
"""The CI systems that get more than a report."""


def annotations_option(command: Command) -> Command:
    """`--annotations`; the command gets the CI system's name as `system`, and an error that ends it is annotated."""

    @functools.wraps(command)
    @click.pass_context
    def wrapped(context: click.Context, /, *arguments: Any, annotations: str, **options: Any) -> int:
        system = system_of(annotations, os.environ)
        try:
            return command(*arguments, system=system, **options)
        except ReconcilerError as error:
            output = context.find_object(Output)
            if output is not None and system != NO_SYSTEM:
                from reconciler.cli.ci import tell_error

                tell_error(output, system, error, getattr(error, "root", "") or str(options.get("path", ".")))
            raise

    return click.option(
        "--annotations",
        type=click.Choice(("auto", GITHUB, AZURE, NO_SYSTEM)),
        default="auto",
        show_default=True,
        help="Report to a CI system: annotations on lines, a job summary, variables for later steps.",
    )(wrapped)


def system_of(said: str, environment: Mapping[str, str]) -> str:
    """The CI system that `--annotations` selects; `auto` recognizes it by its environment variables."""
    if said != "auto":
        return said
    if environment.get("GITHUB_ACTIONS", "").lower() == "true":
        return GITHUB
    return AZURE if environment.get("TF_BUILD", "").lower() == "true" else NO_SYSTEM
