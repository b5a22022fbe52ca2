"""`reconciler explain`: explain a code or a field, offline."""

from __future__ import annotations

import json
from difflib import get_close_matches

import click

from reconciler.base.schemas import schema_text
from reconciler.cli.options import format_option
from reconciler.cli.output import Output
from reconciler.model.errors import UsageError
from reconciler.report.documents import text
from reconciler.report.topics import KINDS, found, topic_document, topic_markdown, topic_text, topics


@click.command(
    help="""Explain NAME: the code of a finding or an error, a gate, a drift class, or a field of the manifest.

    Name a field by its path, such as policies.schedule.every, or by the end of that path. Without NAME: list all names.
    """
)
@click.argument("name", required=False)
@format_option("text", "json", "markdown")
@click.pass_obj
def explain(output: Output, name: str | None, form: str) -> int:
    """The exit code: 0, or 1 if nothing has that name."""
    known = topics(json.loads(schema_text("manifest")))
    chosen = found(name, known) if name else known
    if not chosen:
        near = get_close_matches(name or "", [topic.name for topic in known], n=3)
        hint = f"did you mean {' or '.join(near)}?" if near else "run `reconciler explain` to list all names"
        raise UsageError(f"Unknown name: {name!r}", hint=hint)
    if form == "json":
        output.data(text({"format_version": "1.0", "topics": [dict(topic_document(topic)) for topic in chosen]}))
    elif form == "markdown":
        output.data("\n".join(map(topic_markdown, chosen)))
    elif name:
        output.data("\n".join(map(topic_text, chosen)))
    else:
        for kind, heading in KINDS.items():
            names = [topic.name for topic in known if topic.kind == kind]
            output.data(f"{heading}:\n" + "".join(f"  {one}\n" for one in names))
    return 0
