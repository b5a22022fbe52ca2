"""`reconciler schema`: print a JSON Schema."""

from __future__ import annotations

import click

from reconciler.base.schemas import schema_names, schema_text
from reconciler.cli.output import Output
from reconciler.model.errors import UsageError


@click.command(help="Print the JSON Schema NAME (default: manifest).")
@click.argument("name", default="manifest")
@click.pass_obj
def schema(output: Output, name: str) -> int:
    """Print the schema's text."""
    if name not in schema_names():
        raise UsageError(f"Unknown schema: '{name}'", hint=f"choose from {', '.join(schema_names())}")
    output.data(schema_text(name))
    return 0
