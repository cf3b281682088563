"""What may go with a proposal, whose it must be, and what of it is hashed."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from core import attachments, card
from core.attachments import Upload, attached, is_id, line, upload_id
from core.errors import Refused
from core.lifecycle import decide
from core.model import Actor, ActorKind, Attachment, Similar
from core.queue import joinable
from core.world import World
from tests.cast import MOMENTUM, NOW, OTHER_PROGRAM, Story, modify, proposal, submit, world


def upload(name: str, by: Actor = MOMENTUM, media_type: str = "image/png") -> Upload:
    size = (640, 400) if media_type.startswith("image/") else (0, 0)
    return Upload(name, attachments.asker_name(by), media_type, *size, False, NOW)


def around(*uploads: Upload) -> World:
    return world(uploads={one.id: one for one in uploads})


def refusal(around: World, *asked: Attachment) -> Refused:
    _, refused = decide(None, submit(attachments=asked), around)
    assert refused is not None
    return refused


PICTURES = [upload(f"att_{number}") for number in range(4)]
TEXTS = [upload(f"att_t{number}", media_type="text/plain") for number in range(2)]


def test_what_is_known_of_an_upload_goes_into_the_proposal() -> None:
    opening = submit(attachments=(Attachment("att_0", "NVDA, five days"), Attachment("att_t0")))
    story = Story(around(PICTURES[0], TEXTS[0]), opening)
    assert story.request.proposal.attachments == (
        Attachment("att_0", "NVDA, five days", "image/png", 640, 400),
        Attachment("att_t0", "Text", "text/plain"),
    )


def test_a_picture_without_a_title_is_named_after_its_place() -> None:
    opening = submit(attachments=(Attachment("att_0"), Attachment("att_1", "mine"), Attachment("att_2")))
    titles = [one.title for one in Story(around(*PICTURES), opening).request.proposal.attachments]
    assert titles == ["Picture 1", "mine", "Picture 3"]


def test_what_was_never_uploaded_is_refused_by_its_place() -> None:
    refused = refusal(around(PICTURES[0]), Attachment("att_0"), Attachment("att_1"))
    assert (refused.code, refused.field) == ("invalid", "attachments.1")


@pytest.mark.parametrize("by", [OTHER_PROGRAM, Actor(ActorKind.PERSON, "momentum", "web")])
def test_what_somebody_else_uploaded_is_as_if_it_were_not_there(by: Actor) -> None:
    refused = refusal(around(upload("att_0", by)), Attachment("att_0"))
    assert refused == refusal(around(), Attachment("att_0"))


def test_a_picture_is_attached_once() -> None:
    assert refusal(around(*PICTURES), Attachment("att_0"), Attachment("att_0", "again")).field == "attachments.1"


@pytest.mark.parametrize("uploads", [PICTURES, TEXTS])
def test_there_are_three_pictures_and_one_text_at_most(uploads: list[Upload]) -> None:
    names = [Attachment(one.id) for one in uploads]
    refused = refusal(around(*uploads), *names)
    assert (refused.code, refused.field) == ("invalid", "attachments")
    fewer = Story(around(*uploads), submit(attachments=tuple(names[:-1])))
    assert len(fewer.request.proposal.attachments) == len(uploads) - 1


def test_a_refused_upload_is_not_asked_for_where_there_is_none() -> None:
    asked = proposal()
    assert attached(asked, MOMENTUM, {}) == asked


def test_an_id_says_whose_and_what_it_is() -> None:
    ids = {
        upload_id(asker, kind, content)
        for asker in ("program:a", "program:b")
        for kind in ("image/png", "text/plain")
        for content in (b"x", b"y", b"")
    }
    assert len(ids) == 12
    assert all(map(is_id, ids))
    assert upload_id("program:a", "image/png", b"x") in ids


@pytest.mark.parametrize(
    "text", ["", "att_", "att_" + "g" * 64, "att_" + "a" * 65, "../att_" + "a" * 64, "att_" + "A" * 64]
)
def test_what_is_no_id_is_known_for_none(text: str) -> None:
    assert not is_id(text)
    assert not is_id("att_" + "a" * 64 + "\n")


def test_a_modification_keeps_what_was_attached() -> None:
    story = Story(around(PICTURES[0]), submit(attachments=(Attachment("att_0", "chart"),)))
    story.tells(modify("alice", qty=50))
    assert [one.id for one in story.request.proposal.attachments] == ["att_0"]


# The card


def face(**changes: Any) -> str:
    story = Story()
    return card.face_hash(MOMENTUM, proposal(**changes), story.request.ruling, 1)


def test_the_face_covers_what_is_attached_and_what_is_said_of_similar_ones() -> None:
    chart = Attachment("att_0", "chart", "image/png", 1, 1)
    faces = [
        face(),
        face(attachments=(chart,)),
        face(attachments=(replace(chart, id="att_1"),)),
        face(attachments=(replace(chart, title="another"),)),
        face(similar=Similar(42, 31)),
    ]
    assert len(set(faces)) == len(faces)


def test_the_face_of_a_proposal_without_them_is_what_it_always_was() -> None:
    # Golden: votes are bound to it.
    assert face() == "00efddcc859d201d486b32312a643052d1325756c037c2c496afcae88b57b70f"


def test_the_card_says_what_is_attached() -> None:
    story = Story(around(*PICTURES, *TEXTS), submit(attachments=tuple(map(Attachment, ("att_0", "att_1", "att_t0")))))
    assert card.of(story.request).attached == "2 pictures, 1 text"
    assert card.of(Story().request).attached == ""
    assert line([Attachment("att_0", media_type="image/jpeg")]) == "1 picture"


def test_what_is_not_to_be_seen_in_a_row_is_not_decided_from_one() -> None:
    assert joinable(Story().request)
    assert not joinable(Story(around(PICTURES[0]), submit(attachments=(Attachment("att_0"),))).request)


@pytest.mark.parametrize(
    ("similar", "said"),
    [
        (Similar(42, 31), "31 of 42 similar ones went well"),
        (Similar(1, 0), "0 of 1 similar one went well"),
        (Similar(0, 0), "no similar one before"),
        (Similar(9, 9, "calls on AAPL, 90 days"), "9 of 9 similar ones went well (calls on AAPL, 90 days)"),
    ],
)
def test_the_card_says_how_similar_ones_went(similar: Similar, said: str) -> None:
    assert said in card.says(proposal(similar=similar)).split(" · ")
