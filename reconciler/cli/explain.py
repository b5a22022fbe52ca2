"""`reconciler explain`: explain a code or a field, offline, or a disk and anything else that a manifest manages."""

from __future__ import annotations

import json
from collections.abc import Sequence
from difflib import get_close_matches
from pathlib import Path

import click

from reconciler.base.schemas import schema_text
from reconciler.cli.loading import load_manifest, root_of
from reconciler.cli.options import connection_options, format_option
from reconciler.cli.output import Output
from reconciler.cli.planning import Planning, plan_options
from reconciler.cli.progress import listener
from reconciler.connection import opening
from reconciler.connection.choice import Connection
from reconciler.model.errors import UsageError
from reconciler.report.documents import text
from reconciler.report.dossier import dossier_document, dossier_markdown, dossier_text
from reconciler.report.topics import KINDS, Topic, found, topic_document, topic_markdown, topic_text, topics

_HERE = "."
_A_TYPO = 0.85
_MARK = b"reconciler/v"


@click.command(
    help="""Explain NAME: the code of a finding or an error, a gate, a drift class, or a field of the manifest.

    Name a field by its path, such as policies.schedule.every, or by the end of that path. Without NAME: list all names.

    Any other NAME is a disk, or anything else that the manifest declares: its name as it is shown, or the end of that
    name (sql-003). This reads Azure, and shows which entry selects the disk, its vault, policy, state and newest
    recovery point, what would change, and who else claims it. How names are written: docs/reference/names.md.

    Exit codes: 0 explained; 1 nothing has that name, or several things have it.
    """
)
@click.argument("name", required=False)
@click.option(
    "--manifest",
    metavar="PATH",
    help="The manifest that declares NAME, which is then not a code. Default: the one in this folder, if any.",
)
@format_option("text", "json", "markdown")
@connection_options
@click.pass_obj
def explain(output: Output, name: str | None, manifest: str | None, form: str, connection: Connection) -> int:
    """The exit code: 0, or 1 if nothing has that name."""
    known = topics(json.loads(schema_text("manifest")))
    chosen = (found(name, known) if manifest is None else ()) if name else known
    if chosen:
        _tell_topics(output, chosen, form, is_list=not name)
        return 0
    name = name or ""
    near = get_close_matches(name, [topic.name for topic in known], n=3)
    is_typo = not any(map(str.isdigit, name)) and get_close_matches(name, near, cutoff=_A_TYPO)
    if manifest is None and (is_typo or not _has_manifest()):
        hint = f"did you mean {' or '.join(near)}?" if near else "run `reconciler explain` to list all names"
        raise UsageError(
            f"Unknown name: '{name}'", hint=f"{hint}; for a disk, name its manifest with `--manifest PATH`"
        )
    _tell_thing(output, name, manifest or _HERE, form, connection)
    return 0


def _has_manifest() -> bool:
    """Whether a file of this folder says that it is a manifest."""
    files = (one for one in sorted(Path(_HERE).iterdir()) if one.suffix in {".yaml", ".yml"} and one.is_file())
    return any(_MARK in one.read_bytes() for one in files)


def _tell_topics(output: Output, chosen: Sequence[Topic], form: str, *, is_list: bool) -> None:
    if form == "json":
        output.data(text({"format_version": "1.0", "topics": [dict(topic_document(topic)) for topic in chosen]}))
    elif form == "markdown":
        output.data("\n".join(map(topic_markdown, chosen)))
    elif not is_list:
        output.data("\n".join(topic_text(one, output.style) for one in chosen))
    else:
        for kind, heading in KINDS.items():
            names = [topic.name for topic in chosen if topic.kind == kind]
            output.data(f"{heading}:\n" + "".join(f"  {one}\n" for one in names))


def _tell_thing(output: Output, name: str, path: str, form: str, connection: Connection) -> None:
    """Look at Azure, and say what is known of one thing."""
    from reconciler.verbs.explain import (
        explain as about,
    )  # planning is half of the package, and a code needs none of it

    manifest, root = load_manifest(path), root_of(path)
    options = plan_options(Planning(), manifest, connection.api_version, path)
    with opening.opened(connection, events=listener(output), readonly=True) as session:
        dossier = session.run(lambda azure, clock: about(azure, clock, manifest, name, options))
    told = {
        "text": lambda: dossier_text(dossier, style=output.style, root=root),
        "markdown": lambda: dossier_markdown(dossier, root=root),
        "json": lambda: text(dossier_document(dossier)),
    }
    output.report(told[form](), form)
