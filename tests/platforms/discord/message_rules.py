"""What a message may hold: https://discord.com/developers/docs/resources/message

The official description leaves out the 2,000 characters of a message, the 6,000 of its embeds and what must be unique.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from tests.platforms.discord.component_rules import check_components
from tests.platforms.discord.errors import Refused, invalid, required, too_long
from tests.platforms.discord.world import Json, World

SUPPRESS_EMBEDS, EPHEMERAL, SUPPRESS_NOTIFICATIONS, COMPONENTS_V2 = 1 << 2, 1 << 6, 1 << 12, 1 << 15
LOADING = 1 << 7
MOST_CONTENT, MOST_EMBEDS, MOST_IN_ALL_EMBEDS = 2000, 10, 6000
# https://discord.com/developers/docs/resources/message#attachment-object
LONGEST_ALT = 1024
MOST_FILES, LARGEST_FILE, LARGEST_CALL = 10, 10 * 1024 * 1024, 25 * 1024 * 1024
_URL = re.compile(r"(https?|attachment)://\S+")


def check_message(body: Json, flags: int, allowed_flags: int) -> None:
    """Everything but emptiness, which depends on what was there before. Raises `Refused`."""
    content = body.get("content")
    if content is not None and not isinstance(content, str):
        raise invalid("content", "STRING_TYPE_CONVERT", "Could not convert to string.")
    if content is not None and len(content) > MOST_CONTENT:
        raise too_long("content", MOST_CONTENT)
    wanted = body.get("flags") or 0
    if wanted & ~allowed_flags:
        raise invalid("flags", "MESSAGE_FLAGS_INVALID", f"These flags cannot be set here: {wanted & ~allowed_flags}")
    nonce = body.get("nonce")
    if isinstance(nonce, str) and len(nonce) > 25:
        raise too_long("nonce", 25)
    components_v2 = bool(flags & COMPONENTS_V2)
    if components_v2 and (content or body.get("embeds") or body.get("poll") or body.get("sticker_ids")):
        field = "content" if content else "embeds"
        why = f"The '{field}' field cannot be used when using MessageFlags.IS_COMPONENTS_V2"
        raise invalid(field, "MESSAGE_CANNOT_USE_LEGACY_FIELDS_WITH_COMPONENTS_V2", why)
    _check_embeds(body.get("embeds") or [])
    check_components(body.get("components") or [], v2=components_v2)
    _check_mentions(body.get("allowed_mentions") or {})
    if len(body.get("attachments") or []) > MOST_FILES:
        raise invalid("attachments", "BASE_TYPE_MAX_LENGTH", f"Must be {MOST_FILES} or fewer in length.")


def _text(holder: Mapping[str, Any], name: str, where: str, most: int, *, needed: bool = False) -> int:
    value = holder.get(name)
    if value is None or not isinstance(value, str) or not value.strip():
        if needed:
            raise required(f"{where}.{name}")
        return 0
    if len(value) > most:
        raise too_long(f"{where}.{name}", most)
    return len(value.strip())


def _check_embeds(embeds: list[Json]) -> None:
    if len(embeds) > MOST_EMBEDS:
        raise invalid("embeds", "BASE_TYPE_MAX_LENGTH", f"Must be {MOST_EMBEDS} or fewer in length.")
    total = 0
    for number, embed in enumerate(embeds):
        where = f"embeds.{number}"
        size = _text(embed, "title", where, 256) + _text(embed, "description", where, 4096)
        fields = embed.get("fields") or []
        if len(fields) > 25:
            raise invalid(f"{where}.fields", "BASE_TYPE_MAX_LENGTH", "Must be 25 or fewer in length.")
        for place, one in enumerate(fields):
            inside = f"{where}.fields.{place}"
            size += _text(one, "name", inside, 256, needed=True) + _text(one, "value", inside, 1024, needed=True)
        if footer := embed.get("footer"):
            size += _text(footer, "text", f"{where}.footer", 2048, needed=True)
        if author := embed.get("author"):
            size += _text(author, "name", f"{where}.author", 256, needed=True)
        if not size and not any(embed.get(name) for name in ("image", "thumbnail", "video")):
            raise required(f"{where}.description")
        _check_dress(embed, where)
        total += size
    if total > MOST_IN_ALL_EMBEDS:
        raise invalid("embeds", "MAX_EMBED_SIZE_EXCEEDED", f"Embed size exceeds maximum size of {MOST_IN_ALL_EMBEDS}")


def _check_dress(embed: Json, where: str) -> None:
    colour = embed.get("color")
    if colour is not None and not (isinstance(colour, int) and 0 <= colour <= 0xFFFFFF):
        raise invalid(f"{where}.color", "NUMBER_TYPE_MAX", "int value should be less than or equal to 16777215.")
    if stamp := embed.get("timestamp"):
        try:
            datetime.fromisoformat(stamp)
        except ValueError:
            raise invalid(f"{where}.timestamp", "DATE_TIME_TYPE_PARSE", f"Could not parse {stamp}.") from None
    for url, place in [(embed.get("url"), "url")] + [
        (embed[name].get("url"), f"{name}.url") for name in ("image", "thumbnail") if embed.get(name)
    ]:
        if url and not _URL.fullmatch(url):
            raise invalid(f"{where}.{place}", "URL_TYPE_INVALID_URL", "Not a well formed URL.")


def _check_mentions(allowed: Json) -> None:
    parse = allowed.get("parse") or []
    for kind in ("users", "roles"):
        named = allowed.get(kind) or []
        if len(named) > 100:
            raise invalid(f"allowed_mentions.{kind}", "BASE_TYPE_MAX_LENGTH", "Must be 100 or fewer in length.")
        if named and kind in parse:
            why = f'parse:["{kind}"] and {kind}: [ids...] are mutually exclusive.'
            raise invalid("allowed_mentions", "MESSAGE_ALLOWED_MENTIONS_PARSE_EXCLUSIVE", why)
    if strangers := set(parse) - {"users", "roles", "everyone"}:
        raise invalid("allowed_mentions.parse.0", "BASE_TYPE_CHOICES", f"Value {strangers} is not a choice.")


def check_files(files: Sequence[bytes]) -> None:
    if len(files) > MOST_FILES:
        raise invalid("files", "BASE_TYPE_MAX_LENGTH", f"Must be {MOST_FILES} or fewer in length.")
    if any(len(content) > LARGEST_FILE for content in files):
        raise Refused(40005, why="a file of more than 10 MiB")


def pinged(body: Json, world: World, everyone: set[str], *, answer: bool) -> tuple[list[str], list[str], bool]:
    """Users, roles and whether everybody here is called by a text. Without `allowed_mentions` all are, in an answer
    to an interaction users alone: https://discord.com/developers/docs/resources/message#allowed-mentions-object"""
    allowed = body.get("allowed_mentions")
    if allowed is None:
        allowed = {"parse": ["users"] if answer else ["users", "roles", "everyone"]}
    text = "\n".join([body.get("content") or "", *_displays(body.get("components") or [])])
    parse = allowed.get("parse") or []
    users = re.findall(r"(?<!\\)<@!?(\d{1,20})>", text)
    roles = re.findall(r"(?<!\\)<@&(\d{1,20})>", text)
    return (
        [user for user in dict.fromkeys(users) if user in world.users and _named(allowed, "users", user, parse)],
        [role for role in dict.fromkeys(roles) if role in everyone and _named(allowed, "roles", role, parse)],
        "everyone" in parse and bool(re.search(r"@(everyone|here)\b", text)),
    )


def _named(allowed: Json, kind: str, number: str, parse: list[str]) -> bool:
    return kind in parse or number in [str(one) for one in allowed.get(kind) or []]


def _displays(components: list[Json]) -> list[str]:
    found: list[str] = []
    for one in components:
        if one.get("type") == 10:
            found.append(one.get("content", ""))
        found += _displays(one.get("components") or [])
    return found
