"""`reconciler condition`: the condition that keeps the operator from granting roles to itself."""

from __future__ import annotations

from uuid import UUID

import click

from reconciler.cli.loading import load_manifest
from reconciler.cli.options import connection_options
from reconciler.cli.output import Output
from reconciler.cli.progress import listener
from reconciler.connection import opening
from reconciler.connection.choice import Connection
from reconciler.loading.rights import condition_text
from reconciler.model.codes import errors as error_codes
from reconciler.model.errors import UsageError
from reconciler.verbs.condition import vault_principals


@click.command(
    help="""Print the condition for the operator's role assignment; change nothing.

    The condition keeps the operator, the service principal of --operator, from granting a role to itself. With a
    manifest PATH, the operator can grant roles only to the identities that the manifest's vaults have now: after
    adding a vault, print the condition and assign it again.
    """
)
@click.argument("path", required=False)
@click.option(
    "--operator",
    metavar="OBJECT_ID",
    required=True,
    help="Object id of the operator's service principal, not its client id.",
)
@connection_options
@click.pass_obj
def condition(output: Output, path: str | None, operator: str, connection: Connection) -> int:
    """The exit code: 0; 1 if a vault's identity is not known."""
    own = _object_id(operator)
    if path is None:
        output.data(condition_text(own))
        return 0
    manifest = load_manifest(path)
    with opening.opened(connection, events=listener(output), readonly=True) as session:
        principals = session.run(lambda azure, _clock: vault_principals(azure, manifest))
    without = sorted(name for name, ids in principals.items() if not ids)
    if without:
        raise UsageError(
            f"These vaults have no identity yet: {', '.join(without)}. The condition would forbid role assignments to them.",
            hint="use the condition that `reconciler condition --operator` prints without PATH, apply, then print this one",
            code=error_codes.NO_IDENTITY,
        )
    ids = {one for found in principals.values() for one in found}
    if own in ids:
        raise UsageError(
            "`--operator` is the identity of a vault; with this condition it could grant roles to itself.",
            hint="pass the object id of the service principal that runs `reconciler apply`",
            code=error_codes.NO_IDENTITY,
        )
    output.data(condition_text(own, ids))
    return 0


def _object_id(text: str) -> str:
    try:
        return str(UUID(text))
    except ValueError as error:
        raise UsageError(
            f"`--operator` is not an object id: '{text}'",
            hint="get it with `az ad sp show --id CLIENT_ID --query id --output tsv`",
        ) from error
