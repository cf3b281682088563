"""Pictures for tests to send, and the one judge of those that arrive: a picture library reads all of it."""

from __future__ import annotations

import io
from functools import cache

from PIL import Image


@cache
def png(colour: str = "navy", width: int = 640, height: int = 360) -> bytes:
    """A picture; another colour makes another file."""
    kept = io.BytesIO()
    Image.linear_gradient("L").resize((width, height)).convert("RGB").point(lambda v: v // 2).save(kept, "PNG")
    made = Image.open(kept)
    made.paste(colour, (0, 0, width // 2, height // 2))
    kept = io.BytesIO()
    made.save(kept, "PNG")
    return kept.getvalue()


def size_of(content: bytes) -> tuple[int, int] | None:
    """Width and height of a PNG or JPEG that can be read from its first to its last byte; None: it is none."""
    try:
        with Image.open(io.BytesIO(content), formats=("PNG", "JPEG")) as picture:
            size = picture.size
            # Before a bomb is unpacked: what is this large, no platform shows.
            if size[0] * size[1] <= 50_000_000:
                picture.load()
            return size
    except (OSError, ValueError, SyntaxError, Image.DecompressionBombError):
        return None
