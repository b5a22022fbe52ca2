"""`reconciler sandbox serve`: the simulated Azure over HTTP."""

from __future__ import annotations

from pathlib import Path

import click

from reconciler.cli.options import verbose_option
from reconciler.cli.output import Output


@click.command(help="Answer Resource Manager's requests over HTTP from the sandbox ESTATE, until interrupted.")
@click.argument("estate")
@click.option("--host", default="127.0.0.1", show_default=True, help="Address to listen on.")
@click.option(
    "--port",
    type=click.IntRange(0, 65535),
    default=8080,
    show_default=True,
    help="Port to listen on; 0 takes any free port.",
)
@click.option(
    "--clock",
    default="real",
    show_default=True,
    metavar="CLOCK",
    help="Clock: real, scaled:N (N times as fast), or virtual[:START], which stands still.",
)
@verbose_option
@click.pass_obj
def serve(output: Output, estate: str, host: str, port: int, clock: str) -> int:
    """Print the address once the server listens, and save the state at the end."""
    # brings the whole simulated Azure, and a web server
    from reconciler.connection.simulated import sandbox_errors
    from reconciler.sandbox.server import serve as answer_requests

    def ready(url: str) -> None:
        output.data(f"The sandbox listens at {url}\n")
        output.tell(
            f"hint: RECONCILER_ARM_TOKEN=sandbox reconciler plan PATH --arm-endpoint {url}"
            f"{f' --clock {clock}' if clock.startswith('scaled') else ''}\n"
        )

    with sandbox_errors():
        answer_requests(Path(estate), host, port, clock, ready=ready)
    return 0
