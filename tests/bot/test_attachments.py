"""Pictures and texts over HTTP, by a real server: what is kept of them, who may attach them, who sees them."""

from __future__ import annotations

import base64
import io
import os
import struct
import zlib
from typing import Any

import httpx
import pytest
from PIL import Image, PngImagePlugin

from bot import redraw
from core.attachments import LARGEST, LONGEST_TEXT, MOST_WAITING
from tests.bot.asking import looked_at, refused, says, submitted, voted
from tests.bot.running import Running, fresh, proposal

TITLED = {"title": "NVDA, five days"}


def written(picture: Image.Image, kind: str = "PNG", **how: Any) -> bytes:
    out = io.BytesIO()
    picture.save(out, kind, **how)
    return out.getvalue()


def picture(kind: str = "PNG", size: tuple[int, int] = (64, 48), colour: str = "navy", **how: Any) -> bytes:
    return written(Image.new("RGB", size, colour), kind, **how)


def png_of(width: int, height: int) -> bytes:
    """A PNG that says it is so large, in a few bytes."""

    def chunk(name: bytes, data: bytes) -> bytes:
        return struct.pack(">I", len(data)) + name + data + struct.pack(">I", zlib.crc32(name + data))

    head = struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", head) + chunk(b"IDAT", zlib.compress(b"\0" * 99)) + chunk(b"IEND", b"")


def uploaded(client: httpx.Client, data: bytes, kind: str = "image/png") -> httpx.Response:
    return client.post("/v1/attachments", content=data, headers={"Content-Type": kind})


def kept(client: httpx.Client, data: bytes, kind: str = "image/png") -> str:
    answer = uploaded(client, data, kind)
    assert answer.status_code == 201, answer.text
    return str(answer.json()["id"])


def served(client: httpx.Client, name: str) -> httpx.Response:
    answer = client.get(f"/v1/attachments/{name}")
    assert answer.status_code == 200, answer.text
    return answer


def shown(client: httpx.Client, name: str) -> Image.Image:
    return Image.open(io.BytesIO(served(client, name).content))


def asked(client: httpx.Client, *attachments: Any, **changes: Any) -> httpx.Response:
    return client.post("/v1/requests", json=proposal(attachments=list(attachments), **changes))


# What is kept


def test_a_picture_is_uploaded_attached_and_seen(program: httpx.Client, alice: httpx.Client) -> None:
    made = uploaded(program, picture())
    assert made.status_code == 201
    known = {"media_type": "image/png", "width": 64, "height": 48}
    assert made.json() == {"id": made.json()["id"], **known}

    request = asked(program, {"id": made.json()["id"], **TITLED})
    assert request.status_code == 201, request.text
    assert request.json()["proposal"]["attachments"] == [{**made.json(), "kind": "picture", **TITLED}]
    assert alice.get(made.headers["location"]).content == served(program, made.json()["id"]).content
    assert shown(alice, made.json()["id"]).size == (64, 48)


@pytest.mark.parametrize(
    ("sent", "became"), [("PNG", "image/png"), ("GIF", "image/png"), ("WEBP", "image/png"), ("JPEG", "image/jpeg")]
)
def test_each_kind_is_known_by_its_content_whatever_is_said_of_it(
    program: httpx.Client, sent: str, became: str
) -> None:
    for said in (f"image/{sent.lower()}", "text/plain", "application/octet-stream", "image/svg+xml", ""):
        made = uploaded(program, picture(sent), said)
        assert made.json()["media_type"] == became, said
        assert served(program, made.json()["id"]).headers["content-type"] == became


def test_the_same_picture_twice_is_one_and_another_programs_is_its_own(program: httpx.Client, desk: Running) -> None:
    assert kept(program, picture()) == kept(program, picture())
    assert kept(program, picture()) != kept(program, picture(colour="teal"))
    assert kept(program, picture()) != kept(desk.program(), picture())


def test_a_large_picture_is_made_smaller(program: httpx.Client) -> None:
    assert shown(program, kept(program, picture("JPEG", (3_000, 1_500)))).size == (2_048, 1_024)


def test_nothing_stays_but_what_can_be_seen(program: httpx.Client) -> None:
    info = PngImagePlugin.PngInfo()
    info.add_text("Comment", "drawn in Zurich")
    info.add_itxt("XML:com.adobe.xmp", "Zurich")
    drawing = picture(pnginfo=info) + b"Zurich<script>alert(1)</script>"
    photograph = Image.new("RGB", (40, 20), "red")
    exif = photograph.getexif()
    exif[0x0112], exif[0x010E] = 6, "Zurich"
    for data in (drawing, written(photograph, "JPEG", exif=exif, comment=b"Zurich")):
        assert b"Zurich" in data
        name = kept(program, data)
        assert b"Zurich" not in served(program, name).content
        assert not shown(program, name).getexif()


def test_a_photograph_stands_upright(program: httpx.Client) -> None:
    lying = Image.new("RGB", (40, 20), "white")
    lying.paste("red", (0, 0, 10, 20))
    exif = lying.getexif()
    exif[0x0112] = 6
    upright = shown(program, kept(program, written(lying, "JPEG", exif=exif, quality=95)))
    assert upright.size == (20, 40)
    red, green, _ = upright.convert("RGB").getpixel((10, 4))  # type: ignore[misc]
    assert red > 200
    assert green < 60


@pytest.mark.parametrize("mode", ["RGBA", "LA", "P"])
def test_what_is_transparent_is_white_for_everybody(program: httpx.Client, mode: str) -> None:
    clear = Image.new("RGBA", (8, 8), (0, 0, 0, 0))
    how: dict[str, Any] = {"transparency": 0} if mode == "P" else {}
    data = written(Image.new("P", (8, 8), 0) if mode == "P" else clear.convert(mode), **how)
    assert shown(program, kept(program, data)).convert("RGB").getpixel((4, 4)) == (255, 255, 255)


def test_sixteen_bits_a_pixel_keep_their_shades(program: httpx.Client) -> None:
    shades = Image.new("I;16", (2, 1))
    shades.putpixel((0, 0), 0x4000)
    shades.putpixel((1, 0), 0xC000)
    seen = shown(program, kept(program, written(shades))).convert("L")
    assert [seen.getpixel((x, 0)) for x in (0, 1)] == [0x40, 0xC0]


def test_of_something_that_moves_the_first_picture_is_kept(program: httpx.Client) -> None:
    frames = [Image.new("RGB", (9, 9), colour) for colour in ("red", "blue")]
    moving = written(frames[0], "GIF", save_all=True, append_images=frames[1:])
    still = shown(program, kept(program, moving))
    assert getattr(still, "n_frames", 1) == 1
    assert still.convert("RGB").getpixel((4, 4)) == (255, 0, 0)


def test_a_text_is_kept_in_one_form(program: httpx.Client, alice: httpx.Client) -> None:
    name = kept(program, "\ufeffWhy\r\nthe cafe\u0301 \U0001f4c8\r\n".encode(), "text/markdown")
    asked(program, {"id": name, "title": "Why"})
    answer = served(alice, name)
    assert answer.content.decode() == "Why\nthe caf\u00e9 \U0001f4c8"
    assert answer.headers["content-type"] == "text/plain; charset=utf-8"


def test_what_stands_in_the_body_is_kept_as_if_it_had_been_uploaded(program: httpx.Client) -> None:
    data = {"data": base64.b64encode(picture()).decode(), **TITLED}
    request = asked(program, data, {"text": "Because\nof this."}).json()
    chart, text = request["proposal"]["attachments"]
    assert (chart["id"], chart["title"]) == (kept(program, picture()), TITLED["title"])
    assert text == {"id": text["id"], "kind": "text", "title": "Text", "media_type": "text/plain"}
    assert served(program, text["id"]).text == "Because\nof this."


def test_a_repeat_with_the_same_pictures_is_the_same_request(program: httpx.Client) -> None:
    body = proposal(key=fresh(), attachments=[{"data": base64.b64encode(picture()).decode()}])
    first, second = (program.post("/v1/requests", json=body) for _ in range(2))
    assert (first.status_code, second.status_code) == (201, 200)
    assert first.json() == second.json()
    other = {**body, "attachments": []}
    assert refused(program.post("/v1/requests", json=other)) == (422, "key_reused")


def test_the_hash_of_a_revision_covers_the_picture(program: httpx.Client) -> None:
    hashes = {
        asked(program, *attachments).json()["hash"]
        for attachments in (
            [],
            [{"id": kept(program, picture()), **TITLED}],
            [{"id": kept(program, picture()), "title": "another"}],
            [{"id": kept(program, picture(colour="teal")), **TITLED}],
        )
    }
    assert len(hashes) == 4


def test_a_request_with_a_picture_is_decided_and_changed_as_any_other(
    program: httpx.Client, alice: httpx.Client
) -> None:
    request = submitted(program, attachments=[kept(program, picture())])
    changed = voted(alice, request, "modify", parameters={"quantity": 7}, reason={"code": "size"})
    assert changed["revision"] == 2
    assert looked_at(program, request)["proposal"]["attachments"] == request["proposal"]["attachments"]
    assert program.post(f"/v1/requests/{request['id']}/claim").status_code == 200


# Who sees what


def test_an_attachment_is_served_as_what_it_is_and_can_do_nothing(program: httpx.Client) -> None:
    for data, kind, name in ((picture(), "image/png", "png"), (b"<script>alert(1)</script>", "text/plain", "txt")):
        headers = served(program, kept(program, data, kind)).headers
        assert headers["content-type"].partition(";")[0] == kind
        assert headers["x-content-type-options"] == "nosniff"
        assert "sandbox" in headers["content-security-policy"]
        assert "default-src 'none'" in headers["content-security-policy"]
        assert headers["content-disposition"].startswith("inline; filename=")
        assert headers["content-disposition"].endswith(f'.{name}"')
        assert "private" in headers["cache-control"]


def test_another_programs_picture_is_not_there(program: httpx.Client, desk: Running, alice: httpx.Client) -> None:
    name, other = kept(program, picture(colour=f"#{os.urandom(3).hex()}")), desk.program()
    for client in (other, alice):
        assert refused(client.get(f"/v1/attachments/{name}")) == (404, "not_found")
    asked(program, name)
    assert served(alice, name).status_code == 200
    assert refused(other.get(f"/v1/attachments/{name}")) == (404, "not_found")
    says(asked(other, name), 422, "invalid", "attachments.0")


def test_without_a_key_nothing_is_taken_and_nothing_shown(desk: Running, program: httpx.Client) -> None:
    name = kept(program, picture())
    nobody = desk.client("placet_program_nobody")
    assert refused(uploaded(nobody, picture())) == (401, "unauthorized")
    assert refused(nobody.get(f"/v1/attachments/{name}")) == (401, "unauthorized")


@pytest.mark.parametrize(
    "name", ["att_1", "att_" + "0" * 63 + "%2e", "..%2f..%2fetc%2fpasswd", "%00", "att_" + "A" * 64, "att_" + "0" * 65]
)
def test_a_path_that_is_no_id_leads_nowhere(alice: httpx.Client, name: str) -> None:
    assert alice.get(f"/v1/attachments/{name}").status_code in (404, 422)


# What is not taken


@pytest.mark.parametrize(
    ("data", "kind"),
    [
        (b"", "image/png"),
        (b"\x89PNG\r\n\x1a\n", "image/png"),
        (picture()[:60], "image/png"),
        (picture("JPEG")[:200], "image/jpeg"),
        (b"GIF89a" + b"\0" * 50, "image/gif"),
        (b"RIFF\0\0\0\0WEBP" + b"\0" * 50, "image/webp"),
        (b'<svg xmlns="http://www.w3.org/2000/svg"><script>alert(1)</script></svg>', "image/svg+xml"),
        (b"no picture at all", "image/png"),
        (written(Image.new("RGB", (9, 9)), "BMP"), "image/bmp"),
        (written(Image.new("RGB", (9, 9)), "TIFF"), "application/octet-stream"),
        (b"%PDF-1.7\n\xe2\xe3\xcf\xd3", "application/pdf"),
        (b"\0\0\0\x18ftypmp42", "video/mp4"),
        ("pass\u202eword".encode(), "text/plain"),
        ("zero\u200bwidth".encode(), "text/plain"),
        (b"bell\x07", "text/plain"),
        (b"\xff\xfeU\0T\0F\0", "text/plain"),
        (b" \n\n ", "text/plain"),
        (b"x" * (LONGEST_TEXT + 1), "text/plain"),
    ],
)
def test_what_is_no_picture_and_no_plain_text_is_refused(program: httpx.Client, data: bytes, kind: str) -> None:
    says(uploaded(program, data, kind), 422, "invalid", "body")


@pytest.mark.parametrize("size", [(5_001, 5_000), (60_000, 60_000), (2**31 - 1, 1), (2**31 - 1, 2**31 - 1)])
def test_a_bomb_is_refused_from_its_header(program: httpx.Client, size: tuple[int, int]) -> None:
    says(uploaded(program, png_of(*size)), 422, "invalid", "body", "pixels" if min(size) > 1 else "")
    assert uploaded(program, picture()).status_code == 201


def test_a_real_bomb_ends_nothing_but_itself(program: httpx.Client) -> None:
    grey = written(Image.new("1", (50_000, 50_000)), optimize=False)
    assert len(grey) < LARGEST
    says(uploaded(program, grey), 422, "invalid", "body", "million pixels")
    # Within the bound, and a hundred megabytes when it is unfolded.
    made = uploaded(program, written(Image.new("RGBA", (5_000, 5_000), (1, 2, 3, 4))))
    assert (made.json()["width"], made.json()["height"]) == (2_048, 2_048)


def test_what_is_larger_than_five_megabytes_is_not_even_read(program: httpx.Client) -> None:
    assert refused(uploaded(program, b"\x89PNG" + b"\0" * LARGEST)) == (413, "too_large")
    streamed = program.post("/v1/attachments", content=(b"\0" * 65_536 for _ in range(100)))
    assert refused(streamed) == (413, "too_large")
    # The door is wider there alone.
    body = proposal(attachments=[{"data": base64.b64encode(os.urandom(400_000)).decode()}])
    assert refused(program.post("/v1/requests", json=body)) == (413, "too_large")


@pytest.mark.parametrize(
    ("attachments", "field"),
    [
        (["att_nothing"], "attachments.0.id"),
        (["att_" + "0" * 64], "attachments.0"),
        ([{}], "attachments.0"),
        ([{"text": "a", "data": "YQ=="}], "attachments.0"),
        ([{"data": "not base64"}], "attachments.0.data"),
        ([{"data": "YWJj"}, {"data": "/w=="}], "attachments.1.data"),
        ([{"text": "tab\tand\x07bell"}], "attachments.0.text"),
        ([{"text": "x", "title": "two\nlines"}], "attachments.0.title"),
        ([{"text": "x", "title": "x" * 121}], "attachments.0.title"),
        ([{"text": "a"}, {"text": "b"}], "attachments"),
        ([{"text": "a"}] * 5, "attachments"),
        ([{"text": "a", "url": "http://evil.test"}], "attachments.0.url"),
        ("att_", "attachments"),
        ([7], "attachments.0"),
    ],
)
def test_what_is_wrong_with_attachments_is_said_by_its_field(
    program: httpx.Client, attachments: Any, field: str
) -> None:
    says(program.post("/v1/requests", json=proposal(attachments=attachments)), 422, "invalid", field)


def test_a_fourth_picture_is_too_much(program: httpx.Client) -> None:
    names = [kept(program, picture(colour=colour)) for colour in ("red", "green", "blue", "black")]
    says(asked(program, *names), 422, "invalid", "attachments", "at most 3")
    assert asked(program, *names[:3], {"text": "and why"}).status_code == 201


def test_who_uploads_without_end_is_told_to_stop(desk: Running) -> None:
    hoarder = desk.program()
    for number in range(MOST_WAITING):
        assert uploaded(hoarder, f"text {number}".encode(), "text/plain").status_code == 201
    assert refused(uploaded(hoarder, b"one more", "text/plain")) == (409, "too_many")
    assert uploaded(hoarder, b"text 7", "text/plain").status_code == 201
    assert asked(hoarder, kept(hoarder, b"text 7", "text/plain")).status_code == 201
    assert uploaded(hoarder, b"one more", "text/plain").status_code == 201


def test_the_program_that_reads_pictures_has_the_same_bound_as_the_door() -> None:
    assert redraw.LARGEST == LARGEST


# How similar ones went


def test_a_track_record_is_shown(program: httpx.Client) -> None:
    similar = {"count": 42, "good": 31, "words": "calls on NVDA, 90 days"}
    assert submitted(program, similar=similar)["proposal"]["similar"] == similar
    assert "similar" not in submitted(program)["proposal"]


@pytest.mark.parametrize(
    ("similar", "field"),
    [
        ({"count": 3, "good": 4}, "similar"),
        ({"count": -1, "good": 0}, "similar.count"),
        ({"count": 3}, "similar.good"),
        ({"count": 3.5, "good": 1}, "similar.count"),
        ({"count": 3, "good": 1, "words": "x" * 121}, "similar.words"),
        ({"count": 3, "good": 1, "bad": 2}, "similar.bad"),
        ("31 of 42", "similar"),
    ],
)
def test_a_track_record_that_cannot_be_is_refused(program: httpx.Client, similar: Any, field: str) -> None:
    says(program.post("/v1/requests", json=proposal(similar=similar)), 422, "invalid", field)
