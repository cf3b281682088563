"""What a reader sees where Discord's markdown stands: https://support.discord.com/hc/en-us/articles/210298617"""

from __future__ import annotations

import re
from datetime import UTC, datetime

from tests.platforms.discord.world import World

_INNER = r"(?:\\.|[^\\])+?"
_MARKS = re.compile(
    r"```(?:[a-z0-9_+-]*\n)?(?P<block>.+?)```"
    r"|(?P<ticks>`{1,2})(?P<code>[^`].*?)(?P=ticks)(?!`)"
    r"|\\(?P<escaped>[^0-9A-Za-z\s])"
    r"|<@!?(?P<user>\d{1,20})>|<@&(?P<role>\d{1,20})>|<#(?P<channel>\d{1,20})>"
    r"|<t:(?P<moment>-?\d{1,13})(?::(?P<style>[tTdDfFR]))?>"
    r"|<a?:(?P<emoji>\w{2,32}):\d{1,20}>"
    r"|<(?P<address>https?://[^\s>]+)>"
    rf"|\[(?P<link>{_INNER})\]\(<?https?://[^\s)]+>?\)"
    rf"|\*\*(?P<bold>{_INNER})\*\*(?!\*)"
    rf"|__(?P<under>{_INNER})__(?!_)"
    rf"|~~(?P<struck>{_INNER})~~"
    rf"|\|\|(?P<spoiler>{_INNER})\|\|"
    rf"|\*(?P<italic>(?=\S){_INNER}(?<=\S))\*(?!\*)"
    rf"|(?<!\w)_(?P<slanted>(?=\S){_INNER}(?<=\S))_(?!\w)",
    re.DOTALL,
)
_LINE_HEAD = re.compile(r"^(?:#{1,3} +|-# +|>>> |> )", re.MULTILINE)
_STYLES = {"t": "%H:%M", "T": "%H:%M:%S", "d": "%d/%m/%Y", "D": "%d %B %Y", "F": "%A %d %B %Y %H:%M"}


def seen(text: str, world: World) -> str:
    """Markdown as it is read."""
    return _inline(_LINE_HEAD.sub("", text), world)


def _inline(text: str, world: World) -> str:
    return _MARKS.sub(lambda found: _one(found, world), text)


def _one(found: re.Match[str], world: World) -> str:
    kind = found.lastgroup
    part = found.groupdict()
    if part["block"] is not None:
        return part["block"]
    if part["code"] is not None:
        return part["code"].strip() if part["ticks"] == "``" else part["code"]
    if part["escaped"] is not None:
        return part["escaped"]
    if part["user"] is not None:
        user = world.users.get(part["user"])
        return f"@{user.name}" if user else "@unknown-user"
    if part["role"] is not None:
        names = {number: name for guild in world.guilds.values() for number, name in guild.roles.items()}
        return f"@{names.get(part['role'], 'deleted-role')}"
    if part["channel"] is not None:
        channel = world.channels.get(part["channel"])
        return f"#{channel.name}" if channel else "#unknown"
    if part["moment"] is not None:
        return _moment(int(part["moment"]), part["style"] or "f", world)
    if part["emoji"] is not None:
        return f":{part['emoji']}:"
    if part["address"] is not None:
        return part["address"]
    return _inline(part[kind] or "", world) if kind else found.group()


def _moment(seconds: int, style: str, world: World) -> str:
    """A moment as somebody in UTC sees it."""
    moment = datetime.fromtimestamp(seconds, UTC)
    if style != "R":
        return moment.strftime(_STYLES.get(style, "%d %B %Y %H:%M"))
    left = (moment - world.clock.now()).total_seconds()
    size, unit = next(
        ((size, unit) for size, unit in ((86400, "day"), (3600, "hour"), (60, "minute")) if abs(left) >= size),
        (1, "second"),
    )
    number = round(abs(left) / size)
    words = f"{number} {unit}{'' if number == 1 else 's'}"
    return f"in {words}" if left >= 0 else f"{words} ago"
