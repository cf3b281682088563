"""Uploads on each database: kept for a day, for good once a request holds them, and never lost in between."""

from __future__ import annotations

from datetime import datetime, timedelta

from core.attachments import WAITS, Upload
from core.engine import Done
from core.errors import Refused
from core.model import Actor, ActorKind, Attachment
from tests.storage.scene import START, Scene, name, submit

LATER = START + WAITS
MOST = 3


def upload(which: str, asker: str = "program:momentum", at: datetime = START) -> Upload:
    return Upload(which, asker, "image/png", 4, 3, False, at, which.encode() * 1_000)


def keep(scene: Scene, *uploads: Upload) -> list[bool]:
    with scene.store.transaction() as transaction:
        return [transaction.keep_upload(one, MOST) for one in uploads]


def sweep(scene: Scene, now: datetime) -> int:
    with scene.store.transaction() as transaction:
        return transaction.sweep(now)


def test_an_upload_is_read_back_byte_by_byte(scene: Scene) -> None:
    assert keep(scene, upload("att_a")) == [True]
    assert scene.reader.upload("att_a") == upload("att_a")
    assert scene.reader.upload("att_b") is None


def test_a_transaction_reads_what_is_known_of_them_and_not_their_content(scene: Scene) -> None:
    keep(scene, upload("att_a"), upload("att_b"))
    with scene.store.transaction() as transaction:
        found = transaction.uploads(["att_a", "att_b", "att_c"])
    assert sorted(found) == ["att_a", "att_b"]
    assert found["att_a"].content == b""
    assert found["att_a"].width == 4


def test_an_upload_that_no_request_holds_is_swept_after_a_day(scene: Scene) -> None:
    keep(scene, upload("att_a"))
    assert sweep(scene, LATER - timedelta(seconds=1)) == 0
    assert sweep(scene, LATER) == 1
    assert scene.reader.upload("att_a") is None


def test_the_same_again_waits_a_day_from_then_on(scene: Scene) -> None:
    keep(scene, upload("att_a"))
    keep(scene, upload("att_a", at=START + WAITS / 2))
    assert sweep(scene, LATER) == 0
    assert sweep(scene, LATER + WAITS / 2) == 1


def test_what_a_request_holds_stays(scene: Scene) -> None:
    keep(scene, upload("att_a"), upload("att_b"))
    (done,) = scene.run(submit(name(1), attachments=(Attachment("att_a", "chart"),)))
    assert isinstance(done, Done)
    assert sweep(scene, LATER) == 1
    held = scene.reader.upload("att_a")
    assert held is not None
    assert held.kept
    # The same picture again, which a request holds already: it stays so.
    keep(scene, upload("att_a", at=LATER))
    assert sweep(scene, LATER + 2 * WAITS) == 0
    request = scene.reader.request(name(1))
    assert request is not None
    assert request.proposal.attachments == (Attachment("att_a", "chart", "image/png", 4, 3),)


def test_a_refused_request_holds_nothing(scene: Scene) -> None:
    keep(scene, upload("att_a"), upload("att_x", "program:carry"))
    (refused,) = scene.run(submit(name(1), attachments=(Attachment("att_a"), Attachment("att_x"))))
    assert isinstance(refused, Refused)
    assert refused.field == "attachments.1"
    assert sweep(scene, LATER) == 2


def test_requests_of_one_batch_may_hold_the_same_and_only_their_own(scene: Scene) -> None:
    alice = Actor(ActorKind.PERSON, "alice", "web")
    keep(scene, upload("att_a"), upload("att_p", "person:alice"))
    outcomes = scene.run(
        submit(name(1), attachments=(Attachment("att_a"),)),
        submit(name(2), attachments=(Attachment("att_a"),)),
        submit(name(3), attachments=(Attachment("att_p"),)),
        submit(name(4), actor=alice, attachments=(Attachment("att_p"),)),
    )
    assert [isinstance(outcome, Done) for outcome in outcomes] == [True, True, False, True]


def test_one_asker_has_room_for_so_many_and_takes_nobodys_place(scene: Scene) -> None:
    assert keep(scene, *(upload(f"att_{number}") for number in range(MOST + 1))) == [True] * MOST + [False]
    assert keep(scene, upload("att_0"), upload("att_x", "program:carry")) == [True, True]
    scene.run(submit(name(1), attachments=(Attachment("att_0"),)))
    assert keep(scene, upload("att_9")) == [True], "what a request holds does not wait"
