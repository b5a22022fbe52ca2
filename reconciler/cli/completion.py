"""`reconciler completion`: what a shell needs to complete commands, options and their values."""

from __future__ import annotations

import click
from click.shell_completion import get_completion_class

from reconciler.cli.output import Output

SHELLS = ("bash", "zsh", "fish", "powershell")


@click.command(
    help="""Print the completion script for SHELL (bash, zsh, fish or powershell); load it when the shell starts.

    \b
    reconciler completion bash > ~/.local/share/bash-completion/completions/reconciler
    reconciler completion zsh > FOLDER/_reconciler   # a folder of $fpath
    reconciler completion fish > ~/.config/fish/completions/reconciler.fish
    reconciler completion powershell >> $PROFILE
    """
)
@click.argument("shell", metavar="SHELL", type=click.Choice(SHELLS))
@click.pass_context
def completion(context: click.Context, shell: str) -> int:
    """The script on stdout."""
    kind = get_completion_class(shell)
    if kind is None:
        raise click.UsageError(f"no completion for {shell}")
    script = kind(context.find_root().command, {}, "reconciler", "_RECONCILER_COMPLETE").source()
    context.ensure_object(Output).data(f"{script}\n")
    return 0
