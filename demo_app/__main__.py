"""``python -m demo_app``: the app with and without true 404s, side by side."""

from __future__ import annotations

import os
import signal
import socket
from http.client import HTTPException
from multiprocessing.connection import wait

import click

from .compare import QUESTIONS, ask, summary, surprises, table
from .servers import HOST, listen, serving

_PORTS = (8050, 8051)


class _PortTaken(click.ClickException):
    exit_code = 2


@click.command()
@click.option(
    "--once", is_flag=True, help="End after the table: status 0, or 1 if any answer is not what it should be."
)
@click.option(
    "--port",
    type=click.IntRange(1, 65534),
    help=f"Port of plain Dash; the one above is for true 404s. [default: {_PORTS[0]}, or any that is free]",
)
@click.pass_context
def main(context: click.Context, once: bool, port: int | None) -> None:
    """Serve a Dash app twice, plain and with true 404s, and show what each says of the same URLs."""
    if os.environ.get("NO_COLOR") or os.environ.get("TERM") == "dumb":
        context.color = False
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    status = 130
    try:
        listeners = _listen(once, port)
        ports = [listener.getsockname()[1] for listener in listeners]
        with serving(*listeners) as processes:
            status = _compare(*ports)
            if not once:
                _say_where(*ports)
                wait([process.sentinel for process in processes])
                raise click.ClickException("A server has ended by itself.")
    except KeyboardInterrupt:
        click.echo("\nStopped.")
    context.exit(status)


def _listen(once: bool, port: int | None) -> tuple[socket.socket, socket.socket]:
    wanted = (port, port + 1) if port else (0, 0) if once else _PORTS
    try:
        return listen(wanted)
    except OSError as error:
        if port:
            reason = os.strerror(error.errno) if error.errno else str(error)
            raise _PortTaken(f"Ports {port} and {port + 1} cannot both be had: {reason}.") from None
        return listen((0, 0))


def _compare(plain: int, true: int) -> int:
    try:
        answers = [(question, ask(HOST, plain, question), ask(HOST, true, question)) for question in QUESTIONS]
    except (OSError, HTTPException) as error:
        raise click.ClickException(f"A server does not answer: {error!r}") from None
    for line in table(answers):
        click.echo(line)
    click.echo("\n" + click.style(summary(answers), bold=True))
    unexpected = list(surprises(answers))
    for line in unexpected:
        click.secho(line, fg="red", err=True)
    return 1 if unexpected else 0


def _say_where(plain: int, true: int) -> None:
    click.echo(
        f"""
See it in the browser, and try any URL, until Ctrl-C:
  http://{HOST}:{true}/statuses

The same app twice; open /no-such-page on each, and see what the browser's network tab says:
  plain Dash       http://{HOST}:{plain}/
  with true 404s   http://{HOST}:{true}/"""
    )


if __name__ == "__main__":
    main(prog_name="python -m demo_app")
