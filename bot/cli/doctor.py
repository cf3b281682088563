"""`placet doctor`: looks at everything that must be right outside this program, and says what to do."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from dataclasses import asdict, dataclass

import httpx
import typer
from rich import box
from rich.table import Table
from rich.text import Text

from bot.cli.app import Json, app, show
from bot.config import House, Settings, read_house, read_settings
from bot.connections import Connection, connections
from bot.pace import WallTimer
from bot.served import OK, STANDBY
from bot.yaml_document import ConfigError
from core.channels import Channel

_PATIENCE = 20.0
"""Seconds that a platform is given."""
_MARKS = {True: Text("✓", "green"), False: Text("✗", "bold red"), None: Text("–", "dim")}


@dataclass(frozen=True, slots=True)
class Looked:
    """What was looked at. `ok` None: it could not be, or need not be; `remedy` then says why."""

    what: str
    ok: bool | None
    remedy: str | None = None


@app.command()
def doctor(as_json: Json = False) -> None:
    """Look at settings, tokens, rights, channels and the server, and say what to do. Changes nothing."""
    found = examined()
    good = all(one.ok is not False for one in found)
    show({"ok": good, "findings": [asdict(one) for one in found]}, as_json, lambda: _table(found))
    if not good:
        raise typer.Exit(1)


def _table(found: Sequence[Looked]) -> Table:
    table = Table(box=box.SIMPLE_HEAD, pad_edge=False)
    table.add_column("what", overflow="fold")
    table.add_column("", no_wrap=True)
    table.add_column("what to do", overflow="fold", ratio=1)
    for one in found:
        table.add_row(Text(one.what), _MARKS[one.ok], Text(one.remedy or ""))
    return table


def examined() -> list[Looked]:
    """Everything, in the order in which it is to be mended."""
    try:
        settings = read_settings()
    except ConfigError as problem:
        return [Looked("settings", False, str(problem))]
    found = [Looked("settings", True)]
    try:
        house = read_house(settings)
    except ConfigError as problem:
        return [*found, Looked("people, policy and channels", False, str(problem)), _server(settings)]
    found.append(Looked(f"people, policy and channels ({house.source})", True))
    found += asyncio.run(_platforms(settings, house))
    return [*found, *_links(settings, house), _server(settings)]


async def _platforms(settings: Settings, house: House) -> list[Looked]:
    there = connections(settings, WallTimer())
    if not there:
        return [Looked("chats", None, "no platform's token is set in .env: people decide over the API alone")]
    checks = [_checked(name, connection, house.channels) for name, connection in there.items()]
    found = [one for looked in await asyncio.gather(*checks) for one in looked]
    if not house.channels:
        found.append(Looked("channels", None, f"none are declared in {house.source}: cards stand in no chat"))
    return found


async def _checked(name: str, connection: Connection, channels: Sequence[Channel]) -> list[Looked]:
    """One platform, and the channels on it."""
    addresses = [channel.address for channel in channels if channel.platform == name]
    try:
        async with asyncio.timeout(_PATIENCE):
            findings = await connection.platform.check(addresses)
    except TimeoutError:
        return [Looked(name, False, f"has not answered within {_PATIENCE:.0f} s: can this machine reach it?")]
    except Exception as problem:  # noqa: BLE001 - one platform must not keep the others from being looked at
        # Its kind alone: nobody has promised that its words hold no token.
        return [Looked(name, False, f"cannot be looked at ({type(problem).__name__}); is this machine connected?")]
    return [Looked(_named(name, found.what), found.remedy is None, found.remedy) for found in findings]


def _named(where: str, what: str) -> str:
    return what if what.lower().startswith(where) else f"{where}: {what}"


def _links(settings: Settings, house: House) -> list[Looked]:
    """What is decided on the web alone needs an address that people reach."""
    rules = [rule.name for rule in house.policy.rules if rule.web_only]
    if settings.public_url is not None:
        return [Looked(f"address for links ({settings.public_url})", True)]
    if not rules:
        return []
    return [
        Looked(
            f"address for what is decided on the web alone ({', '.join(rules)})",
            False,
            "add PLACET_PUBLIC_URL=https://… to .env: the address at which people reach this server (one inside a VPN "
            "will do)",
        )
    ]


def _server(settings: Settings) -> Looked:
    """What the running server says of its database and its channels."""
    what = f"server ({settings.server()})"
    try:
        answer = httpx.get(f"{settings.server()}/readyz", timeout=5, trust_env=False)
        ready = answer.json()
        database, channels, platforms = ready["database"], ready["channels"], ready["platforms"]
    except (httpx.HTTPError, httpx.InvalidURL):
        return Looked(what, None, "does not answer; `placet serve` starts it")
    except (ValueError, KeyError, TypeError):
        return Looked(what, False, "something else than Placet answers there; correct PLACET_URL or PLACET_PORT")
    troubles = [f"channel {name}: {why}" for name, why in channels.items()]
    troubles += [f"{name}: {why}" for name, why in platforms.items() if why not in (OK, STANDBY)]
    if database != "ok":
        troubles.insert(0, f"database: {database}")
    return Looked(what, not troubles, "; ".join(troubles) or None)
