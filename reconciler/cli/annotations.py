"""The option `--annotations`, which tells a CI system also of an error that ends the command."""

from __future__ import annotations

import functools
import os
from collections.abc import Callable
from typing import Any

import click

from reconciler.cli.output import Output
from reconciler.cli.systems import AZURE, GITHUB, NO_SYSTEM, system_of
from reconciler.model.errors import ReconcilerError

Command = Callable[..., int]


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
                from reconciler.cli.ci import tell_error  # brings the reports, which a quick `validate` does without

                tell_error(output, system, error, getattr(error, "root", "") or str(options.get("path", ".")))
            raise

    return click.option(
        "--annotations",
        type=click.Choice(("auto", GITHUB, AZURE, NO_SYSTEM)),
        default="auto",
        show_default=True,
        help="Report to a CI system: annotations on lines, a job summary, variables for later steps.",
    )(wrapped)
