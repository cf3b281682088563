"""HTML as Telegram reads it, to text and entities: https://core.telegram.org/bots/api#html-style

Offsets of entities are UTF-16 units, offsets in errors bytes of UTF-8. Behaviour and words of errors follow TDLib.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

from tests.platforms.telegram.links import checked_link, mentioned_user
from tests.platforms.telegram.refusals import Refused, broken
from tests.platforms.telegram.world import Json

_SPACE = " \t\r\n\v\0"
_END = "\0"
_PLAIN = {
    "b": "bold",
    "strong": "bold",
    "i": "italic",
    "em": "italic",
    "s": "strikethrough",
    "strike": "strikethrough",
    "del": "strikethrough",
    "u": "underline",
    "ins": "underline",
    "tg-spoiler": "spoiler",
}
_TAGS = {*_PLAIN, "a", "tg-emoji", "tg-time", "span", "pre", "code", "blockquote"}
_NAMED = {"lt": "<", "gt": ">", "amp": "&", "quot": '"'}
_REFERENCE = re.compile(r"&(?:#x([0-9a-fA-F]+)|#([0-9]+)|([a-zA-Z]+));?")
_ORDER = ("expandable_blockquote", "blockquote", "text_link", "text_mention", "pre", "code", "bold", "italic")


def units(text: str) -> int:
    """How long a text is in UTF-16 units, in which Telegram counts."""
    return len(text.encode("utf-16-le", "surrogatepass")) // 2


def in_order(entities: list[Json]) -> list[Json]:
    def key(one: Json) -> tuple[int, int, int]:
        kind = one["type"]
        return one["offset"], -one["length"], _ORDER.index(kind) if kind in _ORDER else len(_ORDER)

    return sorted(entities, key=key)


def read_html(source: str) -> tuple[str, list[Json]]:
    """The text without its markup, and the entities. Raises Telegram's `can't parse entities`."""
    return _Reader(source).read()


@dataclass
class _Open:
    tag: str
    attributes: dict[str, str]
    offset: int
    place: int


class _Reader:
    def __init__(self, source: str) -> None:
        self._source = source + _END
        self._end = len(source)
        self._at = 0
        self._text: list[str] = []
        self._units = 0
        self._open: list[_Open] = []
        self._entities: list[Json] = []

    def read(self) -> tuple[str, list[Json]]:
        while self._at < self._end:
            here = self._source[self._at]
            if here == "&":
                self._put(self._reference())
            elif here == "<":
                (self._end_tag if self._source[self._at + 1] == "/" else self._start_tag)()
            else:
                self._put(here)
                self._at += 1
        if self._open:
            raise _fault(f'Can\'t find end tag corresponding to start tag "{self._open[-1].tag}"')
        text = "".join(self._text)
        if any(0xD800 <= ord(character) <= 0xDFFF for character in text):
            raise _fault(
                "Text contains invalid Unicode characters after decoding HTML entities, check for unmatched "
                "surrogate code units"
            )
        for one in self._entities:
            if one["type"] == "code":
                one.pop("language", None)
        return text, in_order(self._entities)

    def _put(self, piece: str) -> None:
        self._text.append(piece)
        self._units += units(piece)

    def _reference(self) -> str:
        """The character that a reference stands for; what is none is text."""
        found = _REFERENCE.match(self._source, self._at)
        character = _decoded(found) if found else None
        if found is None or character is None:
            self._at += 1
            return "&"
        self._at = found.end()
        return character

    def _byte(self, place: int) -> int:
        return len(self._source[:place].encode("utf-8", "surrogatepass"))

    def _word(self, stop: str) -> str:
        begin = self._at
        while self._source[self._at] not in stop:
            self._at += 1
        return self._source[begin : self._at]

    def _skip_space(self) -> None:
        while self._at < self._end and self._source[self._at] in _SPACE:
            self._at += 1

    def _start_tag(self) -> None:
        begin = self._at
        self._at += 1
        tag = self._word(_SPACE + ">").lower()
        if self._at >= self._end:
            raise _fault(f"Unclosed start tag at byte offset {self._byte(begin)}")
        if tag not in _TAGS:
            raise _fault(f'Unsupported start tag "{tag}" at byte offset {self._byte(begin)}')
        attributes: dict[str, str] = {}
        while True:
            self._skip_space()
            if self._at >= self._end:
                raise _fault(f'Unclosed start tag "{tag}" at byte offset {self._byte(begin)}')
            if self._source[self._at] == ">":
                break
            name = self._word(_SPACE + "=>")
            if not name:
                raise _fault(f'Empty attribute name in the tag "{tag}" at byte offset {self._byte(begin)}')
            attributes[name] = self._value(tag, begin)
        self._at += 1
        if tag == "span" and attributes.get("class") != "tg-spoiler":
            raise _fault(f'Tag "span" must have class "tg-spoiler" at byte offset {self._byte(begin)}')
        self._open.append(_Open(tag, attributes, self._units, len(self._text)))

    def _value(self, tag: str, begin: int) -> str:
        self._skip_space()
        if self._source[self._at] != "=":
            return ""
        self._at += 1
        self._skip_space()
        if self._at >= self._end:
            raise _fault(f'Unclosed start tag "{tag}" at byte offset {self._byte(begin)}')
        quote = self._source[self._at]
        if quote not in "'\"":
            token = self._at
            while re.fullmatch(r"[a-zA-Z0-9.-]", self._source[self._at]):
                self._at += 1
            if self._at >= self._end or self._source[self._at] not in _SPACE + ">":
                raise _fault(f"Unexpected end of name token at byte offset {self._byte(token)}")
            return self._source[token : self._at].lower()
        self._at += 1
        pieces = []
        while self._at < self._end and self._source[self._at] != quote:
            if self._source[self._at] == "&":
                pieces.append(self._reference())
            else:
                pieces.append(self._source[self._at])
                self._at += 1
        self._at += 1
        if self._at >= self._end:
            raise _fault(f"Unclosed start tag at byte offset {self._byte(begin)}")
        return "".join(pieces)

    def _end_tag(self) -> None:
        begin = self._at
        if not self._open:
            raise _fault(f"Unexpected end tag at byte offset {self._byte(begin)}")
        self._at += 2
        tag = self._word(_SPACE + ">").lower()
        self._skip_space()
        if self._at >= self._end or self._source[self._at] != ">":
            raise _fault(f"Unclosed end tag at byte offset {self._byte(begin)}")
        self._at += 1
        was = self._open.pop()
        if tag and tag != was.tag:
            where = self._byte(begin)
            raise _fault(f'Unmatched end tag at byte offset {where}, expected "</{was.tag}>", found "</{tag}>"')
        if self._units > was.offset:
            self._close(was)

    def _close(self, was: _Open) -> None:
        place: Json = {"offset": was.offset, "length": self._units - was.offset}
        inner = self._entities[-1] if self._entities else {}
        same = bool(inner) and all(inner[name] == place[name] for name in place)
        language = was.attributes.get("class", "").removeprefix("language-")
        match was.tag:
            case "a":
                url = was.attributes.get("href") or "".join(self._text[was.place :])
                person, link = mentioned_user(url), checked_link(url)
                if person is not None:
                    self._entities.append({"type": "text_mention", **place, "user": {"id": person}})
                elif link:
                    self._entities.append({"type": "text_link", **place, "url": link})
            case "pre" if same and inner["type"] == "code" and inner.get("language"):
                inner["type"] = "pre"
            case "code" if same and inner["type"] == "pre" and language:
                inner["language"] = language
            case "code" if was.attributes.get("class", "").startswith("language-") and language:
                self._entities.append({"type": "code", **place, "language": language})
            case "blockquote":
                kind = "expandable_blockquote" if "expandable" in was.attributes else "blockquote"
                self._entities.append({"type": kind, **place})
            case "tg-emoji":
                number = was.attributes.get("emoji-id", "")
                if not number.isdecimal() or int(number) == 0:
                    raise _fault("Invalid custom emoji identifier specified")
                self._entities.append({"type": "custom_emoji", **place, "custom_emoji_id": number})
            case "tg-time":
                self._entities.append({"type": "date_time", **place, **_moment(was.attributes)})
            case "span":
                self._entities.append({"type": "spoiler", **place})
            case other:
                self._entities.append({"type": _PLAIN.get(other, other), **place})


def _decoded(found: re.Match[str]) -> str | None:
    hexadecimal, decimal, name = found.groups()
    if name is not None:
        return _NAMED.get(name)
    number = int(hexadecimal, 16) if hexadecimal else int(decimal)
    too_long = len(found[0].rstrip(";")) >= 10
    return None if number == 0 or number >= 0x10FFFF or too_long else chr(number)


def _moment(attributes: dict[str, str]) -> Json:
    if not attributes.get("unix", "").isdecimal():
        raise _fault("Invalid Unix time specified")
    form = attributes.get("format", "")
    if not re.fullmatch(r"r|[tTdDwW]*", form):
        raise _fault("Invalid date format used")
    found: Json = {"unix_time": int(attributes["unix"])}
    return {**found, "date_time_format": form} if form else found


def _fault(what: str) -> Refused:
    return broken(f"can't parse entities: {what}")
