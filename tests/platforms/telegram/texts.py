"""What becomes of a text that is sent: markup resolved, cleaned, trimmed, measured, and links found in it."""

from __future__ import annotations

import json
import re
from typing import Any

from tests.platforms.telegram.html import in_order, read_html, units
from tests.platforms.telegram.links import checked_link
from tests.platforms.telegram.refusals import broken
from tests.platforms.telegram.wire import user
from tests.platforms.telegram.world import Json, World

LONGEST_TEXT, LONGEST_CAPTION, MOST_ENTITIES = 4_096, 1_024, 100
_GIVEN_TYPES = {
    "mention", "hashtag", "cashtag", "bot_command", "url", "email", "phone_number", "bold", "italic", "underline",
    "strikethrough", "spoiler", "blockquote", "expandable_blockquote", "code", "pre", "text_link", "text_mention",
    "custom_emoji", "date_time",
}  # fmt: skip
_FOUND_BY_TELEGRAM = {"mention", "hashtag", "cashtag", "bot_command", "url", "email", "phone_number"}
_COMMON_ENDS = "com|org|net|io|me|dev|app|info|biz|edu|gov|co|uk|de|fr|ru|xyz|example|ly"
_AUTOMATIC = (
    ("url", re.compile(rf"(?<![\w@./-])(?:https?://[^\s<>\"]+|(?:[\w-]+\.)+(?:{_COMMON_ENDS})\b(?:[/?#][^\s<>\"]*)?)")),
    ("email", re.compile(r"(?<![\w.+-])[\w.+-]+@[\w-]+(?:\.[\w-]+)+")),
    ("mention", re.compile(r"(?<!\w)@[A-Za-z][A-Za-z0-9_]{3,31}(?![\w@])")),
    ("bot_command", re.compile(r"(?<![\w/<>])/[A-Za-z0-9_]{1,64}(?:@[A-Za-z0-9_]{3,32})?(?![\w/])")),
    ("hashtag", re.compile(r"(?<![\w#])#(?!\d+\b)\w{1,256}")),
)
# What TDLib drops, and what it makes a space of, in every text that it is given.
_DROPPED = {"\r", *map(chr, range(0x2028, 0x202F))}
_BLANKED = {*map(chr, range(9)), "\v", "\f", *map(chr, range(14, 32))}


def formatted(
    source: str, mode: str, given: str, world: World, *, longest: int = LONGEST_TEXT
) -> tuple[str, list[Json]]:
    """The text as it will be read, with its entities. Raises what Telegram refuses it with."""
    if mode and mode.lower() != "html":
        if mode.lower() in ("markdown", "markdownv2"):
            raise broken("can't parse entities: this local Telegram reads HTML only")
        raise broken("unsupported parse_mode")
    text, entities = read_html(source) if mode else (source, _given(given, source))
    text, entities = _trimmed(*_cleaned(text, entities))
    what = "message" if longest == LONGEST_TEXT else "message caption"
    if not text and longest == LONGEST_TEXT:
        raise broken("message text is empty")
    if units(text) > longest:
        raise broken(f"{what} is too long")
    entities = [one for one in (_resolved(each, world) for each in entities) if one is not None]
    if len(entities) > MOST_ENTITIES:
        raise broken(f"{len(entities)} entities, and Telegram drops all after the first {MOST_ENTITIES}")
    return text, in_order([*_outside_code(entities), *_found(text, entities)])


def entities_of_people(text: str) -> list[Json]:
    return in_order(_found(text, []))


def _given(source: str, text: str) -> list[Json]:
    if not source:
        return []
    try:
        entities = json.loads(source)
    except ValueError:
        raise broken("can't parse entities: can't parse entities JSON object") from None
    length = units(text)
    for one in entities:
        if one.get("type") not in _GIVEN_TYPES:
            raise broken(f"can't parse entities: unsupported type of MessageEntity: {one.get('type')}")
        if one["offset"] < 0 or one["length"] <= 0 or one["offset"] + one["length"] > length:
            raise broken("ENTITY_BOUNDS_INVALID")
        if one["type"] == "text_link" and checked_link(one.get("url", "")) is None:
            raise broken("can't parse entities: wrong URL in a text_link")
    return [one for one in entities if one["type"] not in _FOUND_BY_TELEGRAM]


def _resolved(one: Json, world: World) -> Json | None:
    """A mention of a user whom the bot has never met is no mention."""
    if one["type"] != "text_mention":
        return one
    person = world.users.get(int(one["user"]["id"]))
    return {**one, "user": user(person)} if person is not None and world.known(person) else None


def _cleaned(text: str, entities: list[Json]) -> tuple[str, list[Json]]:
    if not (_DROPPED | _BLANKED) & set(text):
        return text, entities
    return _kept("".join(" " if c in _BLANKED else c for c in text), entities, [c not in _DROPPED for c in text])


def _trimmed(text: str, entities: list[Json]) -> tuple[str, list[Json]]:
    """White space at the end goes always, at the beginning up to the first entity."""
    first = min((one["offset"] for one in entities), default=units(text))
    begin = 0
    while begin < len(text) and text[begin] in " \n\t" and units(text[:begin]) < first:
        begin += 1
    end = max(len(text.rstrip(" \n\t\u00a0")), begin)
    return _kept(text, entities, [begin <= place < end for place in range(len(text))])


def _kept(text: str, entities: list[Json], keep: list[bool]) -> tuple[str, list[Json]]:
    """Without some of the characters, with the entities where they belong now."""
    moved = [0]
    for character, kept in zip(text, keep, strict=True):
        for _ in range(units(character)):
            moved.append(moved[-1] + kept)
    shifted = []
    for one in entities:
        begin, end = moved[one["offset"]], moved[one["offset"] + one["length"]]
        if end > begin:
            shifted.append({**one, "offset": begin, "length": end - begin})
    return "".join(c for c, kept in zip(text, keep, strict=True) if kept), shifted


def _outside_code(entities: list[Json]) -> list[Json]:
    """Nothing stands inside code."""
    code = [one for one in entities if one["type"] in ("code", "pre")]
    return [one for one in entities if one in code or not any(_overlap(one, other) for other in code)]


def _found(text: str, entities: list[Json]) -> list[Json]:
    """What Telegram makes a link of by itself, where code, links and mentions have not said otherwise."""
    taken = [one for one in entities if one["type"] in ("code", "pre", "text_link", "text_mention", "custom_emoji")]
    found: list[Json] = []
    for kind, pattern in _AUTOMATIC:
        for match in pattern.finditer(text):
            place: dict[str, Any] = {"offset": units(text[: match.start()]), "length": units(match[0])}
            one: Json = {"type": kind, **place}
            if not any(_overlap(one, other) for other in [*taken, *found]):
                found.append(one)
    return found


def _overlap(one: Json, other: Json) -> bool:
    begins_before = bool(one["offset"] < other["offset"] + other["length"])
    return begins_before and bool(other["offset"] < one["offset"] + one["length"])
