"""Draws a picture anew: run as a program of its own, which knows no secrets and may neither grow nor last.

It reads a picture from its input and writes one line of JSON and the new picture to its output. Nothing of the old
file is in the new one but what can be seen: no metadata, no place where it was taken, nothing hidden behind its end.
It imports nothing of Placet's, so that it can be run all by itself.
"""

from __future__ import annotations

import io
import json
import os
import sys
import warnings
from typing import Final

from PIL import Image, ImageOps

LARGEST: Final = 5 * 1024 * 1024
"""Bytes that are read; as `core.attachments` has it."""
MOST_PIXELS: Final = 25_000_000
LONGEST_SIDE: Final = 2_048
"""Pixels of what is written."""
SMALL: Final = 1_500_000
"""Bytes up to which a drawing stays sharp to the pixel; what is larger is written as a photograph."""
FORMATS: Final = ("PNG", "JPEG", "WEBP", "GIF")
_MEMORY, _SECONDS = 1 << 30, 10
"""The largest honest picture takes one or two seconds."""
_MODESTY: Final = 10
"""Decisions go first, also where there is one processor."""


class UnfitError(Exception):
    """Not to be shown; why, as the end of a sentence."""


def redrawn(data: bytes) -> tuple[str, int, int, bytes]:
    """Media type, width, height and bytes of the new picture. Raises UnfitError."""
    if len(data) > LARGEST:
        raise UnfitError(f"has more than {LARGEST >> 20} MB")
    try:
        with Image.open(io.BytesIO(data), formats=FORMATS) as picture:
            # From its header alone: what it unfolds to is not made before it is known to be bearable.
            if picture.width * picture.height > MOST_PIXELS:
                raise UnfitError(f"has more than {MOST_PIXELS // 1_000_000} million pixels; send it smaller")
            drawing = picture.format != "JPEG"
            seen = _as_seen(picture)
        return _written(seen, drawing)
    except UnfitError:
        raise
    except MemoryError:
        raise UnfitError("takes more memory than a picture should; send it smaller") from None
    except Exception as problem:  # whatever a broken file makes the decoder do, the picture is broken
        raise UnfitError("is broken, or no PNG, JPEG, WebP or GIF") from problem


def _as_seen(picture: Image.Image) -> Image.Image:
    """The first frame, upright, small enough, on white: everybody sees the same, on a dark page too."""
    seen: Image.Image = picture
    if seen.mode.startswith(("I", "F")):
        # Sixteen bits a pixel, of which the upper eight can be seen.
        seen = seen.convert("I").point(lambda value: value * (1 / 256)).convert("L")
    elif seen.mode not in ("L", "RGB", "CMYK", "YCbCr") or "transparency" in seen.info:
        seen = seen.convert("RGBA")
    if seen.mode not in ("L", "RGBA"):
        # Let the decoder of JPEG shrink it while it reads, if it can.
        seen.draft("RGB", (LONGEST_SIDE, LONGEST_SIDE))
        seen = seen.convert("RGB")
    orientation = picture.getexif().get(0x0112)
    seen.thumbnail((LONGEST_SIDE, LONGEST_SIDE), Image.Resampling.LANCZOS)
    paper = Image.new("RGB", seen.size, "white")
    paper.paste(seen, mask=seen if seen.mode == "RGBA" else None)
    if orientation in range(2, 9):
        paper.getexif()[0x0112] = orientation
        paper = ImageOps.exif_transpose(paper)
    return paper


def _written(seen: Image.Image, drawing: bool) -> tuple[str, int, int, bytes]:
    # Into a fresh one: what stood beside the pixels stays behind.
    clean = Image.new("RGB", seen.size)
    clean.paste(seen)
    if drawing and len(png := _bytes(clean, "PNG")) <= SMALL:
        return "image/png", *clean.size, png
    jpeg = _bytes(clean, "JPEG", quality=88, subsampling=0)
    if len(jpeg) > SMALL:
        jpeg = _bytes(clean, "JPEG", quality=70)
    return "image/jpeg", *clean.size, jpeg


def _bytes(picture: Image.Image, kind: str, **how: int) -> bytes:
    out = io.BytesIO()
    picture.save(out, kind, **how)
    return out.getvalue()


def _bind() -> None:
    """Neither grow nor last, whatever the picture makes of the decoder."""
    try:
        import resource  # noqa: PLC0415 - Unix alone has it; elsewhere the patience of who waits has to do
    except ImportError:
        return
    os.nice(_MODESTY)
    bounds = ((resource.RLIMIT_AS, _MEMORY), (resource.RLIMIT_CPU, _SECONDS), (resource.RLIMIT_CORE, 0))
    for which, most in (*bounds, (resource.RLIMIT_FSIZE, 0)):
        _, highest = resource.getrlimit(which)
        bound = most if highest == resource.RLIM_INFINITY else min(most, highest)
        resource.setrlimit(which, (bound, bound))


def main() -> None:
    _bind()
    warnings.simplefilter("ignore")
    Image.MAX_IMAGE_PIXELS = None  # It is counted above, where there are words for it.
    try:
        media_type, width, height, made = redrawn(sys.stdin.buffer.read(LARGEST + 1))
        head: dict[str, object] = {"media_type": media_type, "width": width, "height": height}
    except UnfitError as problem:
        head, made = {"why": str(problem)}, b""
    sys.stdout.buffer.write(json.dumps(head).encode() + b"\n" + made)
    sys.stdout.buffer.flush()


if __name__ == "__main__":
    main()
