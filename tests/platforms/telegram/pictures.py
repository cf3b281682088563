"""Whether something is a picture of a size that Telegram shows: https://core.telegram.org/bots/api#sendphoto"""

from __future__ import annotations

from tests.platforms.pictures import size_of
from tests.platforms.telegram.refusals import broken

LARGEST = 10 * 1024 * 1024
LONGEST_SIDES, WIDEST_RATIO = 10_000, 20


def check_picture(content: bytes) -> tuple[int, int]:
    """Width and height. Raises what Telegram refuses the picture with."""
    if not content:
        raise broken("file must be non-empty")
    if len(content) > LARGEST:
        raise broken(f"file of size {len(content)} bytes is too big for a photo; the maximum size is {LARGEST} bytes")
    width, height = size_of(content) or (0, 0)
    if not width or not height:
        raise broken("IMAGE_PROCESS_FAILED")
    if width + height > LONGEST_SIDES or max(width, height) > WIDEST_RATIO * min(width, height):
        raise broken("PHOTO_INVALID_DIMENSIONS")
    return width, height
