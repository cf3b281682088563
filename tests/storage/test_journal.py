"""The journal: only ever added to, canonical, hashed as stored, and the one source of everything else."""

from __future__ import annotations

import hashlib
from collections import Counter
from contextlib import closing

import pytest
import rfc8785
from sqlalchemy.exc import DBAPIError

from core.canonical import decode
from core.codec_events import read_event
from core.commands import GivenReason
from core.lifecycle import fold
from core.ports import Recorded
from core.registry import Stop
from core.request import Request
from storage.rows import REQUEST_COLUMNS, request_row
from tests.storage.driver import SECRET, Driver
from tests.storage.scene import SYSTEM, Scene, claim, faults_of_the_journal, name, refusal, state, submit, vote, words

ONE, TWO = name(1), name(2)
COMMANDS = 900
ON_BOTH = [
    "UPDATE events SET entry = entry",
    "UPDATE events SET at = at + 1 WHERE position = 1",
    "DELETE FROM events",
    "DELETE FROM events WHERE position = 1",
    "INSERT INTO events (stream, seq, type, at, entry, leaf) SELECT stream, seq, 'Forged', at, entry, leaf "
    "FROM events WHERE true ON CONFLICT (stream, seq) DO UPDATE SET type = 'Forged'",
]
ON_POSTGRES = ["TRUNCATE events", "TRUNCATE events, requests RESTART IDENTITY CASCADE"]
ON_SQLITE = [
    "INSERT OR REPLACE INTO events (stream, seq, type, at, entry, leaf) "
    "SELECT stream, seq, 'Forged', at, entry, leaf FROM events",
    "INSERT OR REPLACE INTO events (position, stream, seq, type, at, entry, leaf) "
    "SELECT position, 'forged', 1, 'Forged', at, entry, leaf FROM events WHERE position = 1",
    "UPDATE OR REPLACE events SET position = 1 WHERE position = 2",
    "UPDATE OR IGNORE events SET type = 'Forged'",
]


@pytest.fixture
def busy(scene: Scene) -> tuple[Scene, Driver]:
    """A desk after a few hundred random commands."""
    driver = Driver(seed=20_260_302)
    driver.drive(scene, COMMANDS)
    return scene, driver


def folded(scene: Scene, request: str) -> Request | None:
    """A request as the journal tells it, read past everything that the store offers."""
    rows = scene.sql("SELECT entry FROM events WHERE stream = :r ORDER BY seq", r=request)
    documents = [decode(bytes(row[0])) for row in rows]
    return fold(None, (read_event(d["type"], d["body"]) for d in documents), request)


def refused(scene: Scene, statement: str) -> None:
    scene.open(ONE)
    before = scene.events()
    with pytest.raises(DBAPIError, match="journal"):
        scene.sql(statement)
    assert scene.events() == before


@pytest.mark.parametrize("statement", ON_BOTH)
def test_the_database_itself_refuses_to_change_the_journal(scene: Scene, statement: str) -> None:
    refused(scene, statement)


@pytest.mark.parametrize("statement", ON_SQLITE)
def test_sqlite_refuses_its_own_ways_of_changing_the_journal(sqlite_url: str, statement: str) -> None:
    with closing(Scene(sqlite_url).furnish()) as scene:
        refused(scene, statement)


@pytest.mark.parametrize("statement", ON_POSTGRES)
def test_postgresql_refuses_its_own_ways_of_changing_the_journal(postgres_url: str, statement: str) -> None:
    with closing(Scene(postgres_url).furnish()) as scene:
        refused(scene, statement)


def test_the_random_run_reaches_every_kind_of_event_and_outcome(busy: tuple[Scene, Driver]) -> None:
    scene, _ = busy
    types = {row[3] for row in scene.events() if row[1].startswith("req_")}
    assert types >= {
        "Opened",
        "Voted",
        "Revised",
        "VoteVoided",
        "ReasonGiven",
        "ContextUpdated",
        "Escalated",
        "Decided",
        "Claimed",
    }
    outcomes = Counter(row[0] for row in scene.sql("SELECT outcome FROM requests"))
    assert {"approved", "modified", "rejected", "expired", "lapsed", "cancelled", "advised"} <= outcomes.keys()


def test_after_a_random_run_every_row_is_the_fold_of_the_journal(busy: tuple[Scene, Driver]) -> None:
    scene, _ = busy
    rows = scene.sql(f"SELECT {', '.join(REQUEST_COLUMNS)} FROM requests ORDER BY id")
    streams = scene.sql("SELECT DISTINCT stream FROM events WHERE stream LIKE 'req%' ORDER BY stream")
    assert [row[0] for row in rows] == [stream for (stream,) in streams]
    assert len(rows) > 80
    for row in rows:
        request = folded(scene, row[0])
        assert request is not None
        assert scene.request(row[0]) == request
        assert row == request_row(request)


def test_after_a_random_run_every_leaf_is_the_hash_of_its_bytes_and_no_stream_has_a_gap(
    busy: tuple[Scene, Driver],
) -> None:
    scene, _ = busy
    rows = scene.events()
    assert len(rows) > 300
    assert faults_of_the_journal(rows) == []
    for row in rows[:50]:
        assert bytes(row[6]) == hashlib.sha256(b"\x00" + bytes(row[5])).digest()


def test_after_a_random_run_every_entry_is_canonical_and_says_what_its_row_says(busy: tuple[Scene, Driver]) -> None:
    scene, _ = busy
    for _, stream, seq, kind, at, data, _ in scene.events():
        entry = decode(bytes(data))
        assert rfc8785.dumps(entry) == bytes(data)
        assert (entry["stream"], entry["seq"], entry["type"], entry["v"]) == (stream, seq, kind, 1)
        assert "position" not in entry
        assert entry["at"].endswith(f"{at % 1_000_000:06d}Z")


def test_after_a_random_run_what_people_wrote_is_in_the_vault_and_nowhere_else(busy: tuple[Scene, Driver]) -> None:
    scene, driver = busy
    kept = [row[0] for row in scene.sql("SELECT text FROM vault") if row[0].startswith(SECRET)]
    assert len(kept) > 30
    assert set(kept) <= set(driver.written)
    elsewhere = [
        *(bytes(row[0]) for row in scene.sql("SELECT entry FROM events")),
        *(bytes(row[0]) for row in scene.sql("SELECT state FROM requests")),
        *(bytes(row[0]) for row in scene.sql("SELECT refused FROM commands WHERE refused IS NOT NULL")),
    ]
    assert [data for data in elsewhere if SECRET.encode() in data] == []


def test_after_a_random_run_every_repeat_is_answered_without_a_new_fact(busy: tuple[Scene, Driver]) -> None:
    scene, driver = busy
    before = scene.events()
    kept = {row[0] for row in scene.sql("SELECT id FROM commands")}
    remembered = [command for command in driver.sent if command.id in kept]
    assert len(remembered) > 300
    first, second = scene.run(*remembered), scene.run(*reversed(remembered))
    assert first == second[::-1]
    assert scene.events() == before


def test_after_a_random_run_earlier_states_can_be_had(busy: tuple[Scene, Driver]) -> None:
    scene, _ = busy
    longest = scene.sql("SELECT id FROM requests ORDER BY version DESC, id")[0][0]
    versions = scene.request(longest).version
    assert versions > 4
    with scene.store.transaction() as transaction:
        states = [transaction.request_at(longest, version) for version in range(1, versions + 1)]
        assert transaction.request_at("req_nobody", 1) is None
    assert [request.version for request in states if request] == list(range(1, versions + 1))
    assert states[-1] == scene.request(longest)
    assert states[0] is not None
    assert states[0].votes == ()


def test_an_earlier_state_is_the_one_that_was_answered_then(scene: Scene) -> None:
    opened = state(scene.run(submit(ONE, amount=200_000))[0])
    voted = state(scene.run(vote(ONE))[0])
    decided = state(scene.run(vote(ONE, "carol"))[0])
    with scene.store.transaction() as transaction:
        assert [transaction.request_at(ONE, v) for v in (1, 2, 4)] == [opened, voted, decided]


def test_no_name_of_a_person_stands_in_an_entry(scene: Scene) -> None:
    assert [row for row in scene.events() if b"Archer" in bytes(row[5])] == []
    assert ("Alice Archer",) in scene.sql("SELECT text FROM vault")


def test_words_of_a_refused_vote_are_not_kept(scene: Scene) -> None:
    scene.open(ONE)
    scene.run(vote(ONE, "carol", note=words("let me in")))
    assert scene.sql("SELECT text FROM vault WHERE text = 'let me in'") == []


def test_words_are_found_by_their_commitment_and_what_was_erased_is_not_there(scene: Scene) -> None:
    scene.open(ONE)
    why, note = words("too dear", "why"), words("call me", "note")
    scene.run(vote(ONE, "alice", "reject", reason=GivenReason("other", why), note=note))
    kept = [why.commitment, note.commitment, "0" * 64]
    assert scene.reader.words(kept) == {why.commitment: "too dear", note.commitment: "call me"}
    scene.sql("DELETE FROM vault WHERE commitment = :c", c=note.commitment)
    assert scene.reader.words(kept) == {why.commitment: "too dear"}
    assert scene.reader.words([]) == {}
    assert scene.request(ONE).votes[0].note == note.commitment


def test_the_name_of_a_person_can_be_erased_and_the_person_stays(scene: Scene) -> None:
    scene.sql("DELETE FROM vault WHERE text = 'Bob Baker'")
    later = Scene(scene.url)
    try:
        assert later.engine.refresh().people["bob"].name == "bob"
    finally:
        later.close()


def test_why_everything_was_stopped_lies_in_the_vault_and_can_be_erased(scene: Scene) -> None:
    why = words("fat finger in Zurich")
    scene.run(Stop("stop", SYSTEM, "", "d", why=why))
    assert scene.engine.registry.stopped == "fat finger in Zurich"
    assert scene.reader.words([why.commitment]) == {why.commitment: "fat finger in Zurich"}
    (entry,) = [bytes(row[5]) for row in scene.events() if row[3] == "Stopped"]
    assert b"Zurich" not in entry
    assert why.commitment.encode() in entry
    with closing(Scene(scene.url)) as later:
        assert later.engine.refresh().stopped == "fat finger in Zurich"
    scene.sql("DELETE FROM vault WHERE commitment = :c", c=why.commitment)
    with closing(Scene(scene.url)) as later:
        assert later.engine.refresh().stopped, "what was erased is still a stop"
        assert "Zurich" not in (later.engine.registry.stopped or "")


def test_the_journal_is_read_in_order_a_piece_at_a_time(scene: Scene) -> None:
    scene.open(ONE, TWO)
    scene.run(vote(ONE), vote(TWO))
    whole = scene.reader.journal(0, 1_000)
    assert [fact.position for fact in whole] == [row[0] for row in scene.events()]
    pieces, after = list[Recorded](), 0
    while piece := scene.reader.journal(after, 3):
        assert len(piece) <= 3
        pieces += piece
        after = piece[-1].position
    assert pieces == whole
    assert scene.reader.position() == whole[-1].position


def test_the_history_of_a_request_is_its_own_facts_in_order(scene: Scene) -> None:
    scene.open(ONE, TWO)
    scene.run(vote(ONE), vote(TWO))
    history = scene.reader.history(ONE)
    assert [(r.stream, r.fact.seq, r.fact.type) for r in history] == [
        (ONE, 1, "Opened"),
        (ONE, 2, "Voted"),
        (ONE, 3, "Decided"),
    ]
    assert all(isinstance(r.leaf, bytes) for r in history)
    assert scene.reader.history("req_nobody") == []


def test_an_empty_journal_has_no_position(database_url: str) -> None:
    bare = Scene(database_url)
    try:
        assert bare.reader.position() == 0
        assert bare.reader.journal(0, 10) == []
        assert bare.store.latest() is None
        assert bare.reader.next_due() is None
    finally:
        bare.close()


def test_what_is_stored_altered_is_not_claimed(scene: Scene) -> None:
    # The triggers keep an ordinary client out; somebody who owns the database can take them away.
    scene.open(ONE)
    scene.run(vote(ONE))
    position, entry = next((row[0], bytes(row[5])) for row in scene.events() if row[1] == ONE)
    drop = "DROP TRIGGER events_never_updated" if scene.url.startswith("sqlite") else None
    scene.sql(drop or "ALTER TABLE events DISABLE TRIGGER ALL")
    scene.sql(
        "UPDATE events SET entry = :e WHERE position = :p",
        e=entry.replace(b'"quantity":3', b'"quantity":9'),
        p=position,
    )
    assert refusal(scene.run(claim(ONE))[0]) == "altered"
    assert faults_of_the_journal(scene.events()) == [f"{position}: the leaf is not the hash of the bytes"]
