"""The size of a picture, as far as Telegram's rules need it: https://core.telegram.org/bots/api#sendphoto"""

from __future__ import annotations

import struct

from tests.platforms.telegram.refusals import broken

LARGEST = 10 * 1024 * 1024
LONGEST_SIDES, WIDEST_RATIO = 10_000, 20
_PNG = b"\x89PNG\r\n\x1a\n"


def check_picture(content: bytes) -> tuple[int, int]:
    """Width and height. Raises what Telegram refuses the picture with."""
    if not content:
        raise broken("file must be non-empty")
    if len(content) > LARGEST:
        raise broken(f"file of size {len(content)} bytes is too big for a photo; the maximum size is {LARGEST} bytes")
    width, height = _png(content) or _jpeg(content) or (0, 0)
    if not width or not height:
        raise broken("IMAGE_PROCESS_FAILED")
    if width + height > LONGEST_SIDES or max(width, height) > WIDEST_RATIO * min(width, height):
        raise broken("PHOTO_INVALID_DIMENSIONS")
    return width, height


def _png(content: bytes) -> tuple[int, int] | None:
    if not content.startswith(_PNG) or len(content) < 24:
        return None
    width, height = struct.unpack(">II", content[16:24])
    return width, height


def _jpeg(content: bytes) -> tuple[int, int] | None:
    if not content.startswith(b"\xff\xd8"):
        return None
    at = 2
    while at + 9 <= len(content) and content[at] == 0xFF:
        kind = content[at + 1]
        if 0xC0 <= kind <= 0xCF and kind not in (0xC4, 0xC8, 0xCC):
            height, width = struct.unpack(">HH", content[at + 5 : at + 9])
            return width, height
        at += 2 + struct.unpack(">H", content[at + 2 : at + 4])[0]
    return None
