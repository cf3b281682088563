"""The commands that open the store themselves: `serve` and `migrate` (and `demo`, in `bot/demo`)."""

from __future__ import annotations

import asyncio
from typing import Annotated

import typer
from rich.console import Console

from bot.adapters.console.adapter import CHANNEL, ConsoleMessenger
from bot.cli.app import app
from bot.cli.welcome import SIGN_IN, first_link, where
from bot.config import read_settings
from bot.demo.live import play_live
from bot.demo.once import play_once
from bot.logs import begin
from bot.serve import run
from bot.serve import serve as serve_until_stopped
from bot.services import Services
from core.platforms import Messenger


@app.command()
def serve(
    console: Annotated[bool, typer.Option("--console", help="Print cards and their changes here.")] = False,
    host: Annotated[str | None, typer.Option(help="The address to listen on (PLACET_HOST).")] = None,
    port: Annotated[int | None, typer.Option(help="The port to listen on (PLACET_PORT).")] = None,
    link: Annotated[
        bool | None,
        typer.Option(
            "--link/--no-link",
            help="Print a link that signs the first administrator in, once. Left out: on a terminal alone.",
            show_default=False,
        ),
    ] = None,
) -> None:
    """Serve the API and the web inbox until stopped. SIGTERM drains; SIGHUP reads placet.yaml again."""
    given = {name: value for name, value in (("host", host), ("port", port)) if value is not None}
    settings = read_settings(**given)
    begin(settings.log_level, settings.secrets())
    out = Console(highlight=False)
    messengers: dict[str, Messenger] = {}
    if console:
        messengers[CHANNEL] = ConsoleMessenger(lambda block: out.print(block + "\n", markup=False, soft_wrap=True))

    async def begun(services: Services, address: str) -> None:
        out.print(f"Placet serves at {address} (API at {address}/docs). Stop it with Ctrl-C.", markup=False)
        # What is no terminal may be a journal, which others read and which is kept.
        wanted = out.is_terminal if link is None else link
        out.print(await first_link(services) if wanted else SIGN_IN, markup=False, soft_wrap=True)
        out.print(await where(services), markup=False, soft_wrap=True)
        await asyncio.Event().wait()

    run(lambda: serve_until_stopped(settings, messengers, begun))


@app.command()
def migrate(
    to: Annotated[str, typer.Option(help="The step to go to: head, or an earlier one to go back to.")] = "head",
    show: Annotated[bool, typer.Option("--show", help="Only say which step the database has.")] = False,
) -> None:
    """Bring the database to the form that this version knows. `serve` does it by itself."""
    from bot.bootstrap import migrate_to, migration_state  # noqa: PLC0415 - opens the store; the others must not

    url = read_settings().database()
    if not show:
        migrate_to(url, to)
    at, newest = migration_state(url)
    print(f"The database is at step {at or 'none'}; the newest is {newest}.")


@app.command()
def demo(
    once: Annotated[
        bool, typer.Option("--once", help="Play some days with a scripted person, check, and end.")
    ] = False,
    days: Annotated[int, typer.Option(min=1, max=250, help="With --once: how many trading days.")] = 5,
    seconds: Annotated[float, typer.Option(min=0.05, help="Live: seconds between two proposals.")] = 3.0,
) -> None:
    """Serve, and let a real algorithm of 2012 ask, until stopped."""
    out = Console(highlight=False)
    settings = read_settings()
    begin("warning")
    if once:
        run(lambda: play_once(days, out))
        return
    demo_database = settings.database_url or f"sqlite:///{settings.folder() / 'demo.db'}"
    run(lambda: play_live(settings.model_copy(update={"database_url": demo_database}), seconds, out))
