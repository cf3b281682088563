"""Values to bytes and back: nothing recorded is lost, and nothing recorded is read differently."""

from decimal import Decimal
from typing import Any, get_args

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from core import accounts as a
from core import codec, codec_registry
from core import guests as g
from core import registry as r
from core.canonical import decode, encode, leaf_hash, sha256, time_text
from core.codec_events import (
    Entry,
    entry,
    read_entry,
    read_event,
    read_revision,
    read_state,
    state_bytes,
    write_event,
)
from core.events import Opened, RequestEvent, Revised
from core.lifecycle import fold
from core.model import Account, Actor, Attachment, Key, Program, Proposal, Similar
from core.policy_document import read_policy
from core.request import Request, Revision
from tests.cast import MOMENTUM, NOW, Story, because, claim, context, document, modify, proposal, rule, vote, world
from tests.core import strategies as any_of


def through_bytes(document: codec.Doc) -> Any:
    return decode(encode(document))


def sealed(stream: str, seq: int, event: RequestEvent, actor: Actor = MOMENTUM) -> Entry:
    return entry(
        stream,
        seq,
        NOW,
        time_text(NOW),
        type(event).__name__,
        codec.write_actor(actor),
        "cmd_1",
        write_event(event),
    )


@settings(max_examples=300)
@given(any_of.events)
def test_every_event_is_read_back_as_it_was(event: RequestEvent) -> None:
    read = read_event(type(event).__name__, through_bytes(write_event(event)))

    assert read == event
    assert encode(write_event(read)) == encode(write_event(event))


def test_there_is_a_strategy_for_every_kind_of_event() -> None:
    found: set[type] = set()

    @settings(max_examples=400, database=None)
    @given(any_of.events)
    def collect(event: RequestEvent) -> None:
        found.add(type(event))

    collect()
    assert found == set(get_args(RequestEvent))


def test_an_event_of_a_later_version_is_not_guessed_at() -> None:
    with pytest.raises(KeyError):
        read_event("Teleported", {})


@given(any_of.proposals)
def test_a_proposal_is_read_back_with_every_digit(asked: Proposal) -> None:
    read = codec.read_proposal(decode(codec.proposal_bytes(asked)))

    assert read == asked
    assert list(read.parameters) == list(asked.parameters)
    assert codec.proposal_bytes(read) == codec.proposal_bytes(asked)


def test_the_same_proposal_has_the_same_bytes_however_its_context_was_ordered() -> None:
    context: dict[str, Any] = {"vix": Decimal("20.5"), "spread": Decimal("0.1")}
    backwards = dict(reversed(context.items()))

    assert codec.proposal_bytes(proposal(context=context)) == codec.proposal_bytes(proposal(context=backwards))


@given(any_of.revisions)
def test_a_revision_reads_its_proposal_from_the_bytes_that_were_hashed(revision: Revision) -> None:
    fresh = Revision(
        revision.number,
        revision.content,
        revision.ruling,
        revision.hash,
        revision.shown,
        revision.opened_at,
    )

    assert fresh.proposal == revision.proposal
    assert fresh.hash == sha256(fresh.content)


@settings(max_examples=200)
@given(any_of.states)
def test_every_state_is_read_back_from_its_row_and_its_revisions_entry(state: Request) -> None:
    opening = sealed(state.id, state.revised_in, Opened(state.revision, state.asker))

    row, revision = decode(state_bytes(state)), read_revision(decode(opening.data)["body"]["revision"])
    assert read_state(state.id, state.version, state.revised_in, row, revision) == state


def test_the_fold_of_recorded_events_is_the_state_of_the_snapshot() -> None:
    story = Story(world(rule(quorum=2)))
    story.tells(vote("alice", "approve", reason=because("other", "a hunch")), modify("bob", qty=80), context(vix=3))
    story.tells(vote("alice", "approve", 2), claim())

    entries = [sealed("req_1", seq, event) for seq, event in enumerate(story.events, 1)]
    facts = [read_entry(recorded.data) for recorded in entries]
    folded = fold(None, [read_event(fact.type, fact.body) for fact in facts], "req_1")
    assert folded == story.request

    request = story.request
    revising = entries[request.revised_in - 1]
    assert revising.type == Revised.__name__
    row, revision = decode(state_bytes(request)), read_revision(decode(revising.data)["body"]["revision"])
    assert read_state("req_1", request.version, request.revised_in, row, revision) == folded


def test_an_entry_says_who_what_when_and_why_and_knows_its_hash() -> None:
    recorded = sealed("req_1", 1, Story().events[0])
    fact = read_entry(recorded.data)

    assert (fact.seq, fact.at, fact.type, fact.actor, fact.cause) == (1, NOW, "Opened", MOMENTUM, "cmd_1")
    assert recorded.leaf == leaf_hash(recorded.data)
    assert sorted(decode(recorded.data)) == ["actor", "at", "body", "cause", "seq", "stream", "type", "v"]


def test_the_recorded_bytes_of_a_proposal_never_change() -> None:
    # Golden: whoever changes these bytes breaks every hash and every proof there is.
    assert codec.proposal_bytes(proposal(editable=None)) == (
        b'{"action":"buy","algorithm":"momentum 1.4","amount":"42500","confidence":"0.8","context":{"vix":20},'
        b'"currency":"USD","decimals":["/parameters/limit"],"order":["qty","limit","side"],'
        b'"parameters":{"limit":"425.00","qty":100,"side":"buy"},'
        b'"subject":"NVDA","title":"Buy 100 NVDA"}'
    )


def test_the_recorded_bytes_of_attachments_and_of_a_track_record_never_change() -> None:
    # And of a proposal without them the bytes are those above, as they were before there were any.
    attached = (
        Attachment("att_1", "NVDA, five days", "image/png", 640, 400),
        Attachment("att_2", "Why", "text/plain"),
    )
    asked = Proposal("buy", "NVDA", "Buy", attachments=attached, similar=Similar(42, 31, "since May"))
    assert codec.proposal_bytes(asked) == (
        b'{"action":"buy","attachments":['
        b'{"height":400,"id":"att_1","media_type":"image/png","title":"NVDA, five days","width":640},'
        b'{"id":"att_2","media_type":"text/plain","title":"Why"}],'
        b'"context":{},"parameters":{},"similar":{"count":42,"good":31,"words":"since May"},'
        b'"subject":"NVDA","title":"Buy"}'
    )


def test_the_recorded_bytes_of_a_vote_never_change() -> None:
    story = Story().tells(vote("alice", "approve", reason=because("risk")))

    body = write_event(story.events[1])
    assert encode(body["vote"]) == (
        b'{"at":"2026-11-20T09:00:00.000000Z","choice":"approve","person":"alice",'
        b'"reasons":[{"at":"2026-11-20T09:00:00.000000Z","catalogue":1,"code":"risk"}],"revision":1,"via":"web"}'
    )
    assert sorted(body) == ["policy", "revision_hash", "shown", "vote"]


# The registry

accounts = st.builds(Account, any_of.NAMES, any_of.maybe(any_of.NAMES).map(lambda name: name or ""), any_of.NAMES)
registry_events = st.one_of(
    st.builds(r.PersonRemoved, person=any_of.NAMES),
    st.builds(r.AwaySet, person=any_of.NAMES, away=any_of.people.map(lambda person: person.away)),
    st.builds(r.ProgramDeclared, st.builds(Program, id=any_of.NAMES, owner=any_of.maybe(any_of.NAMES))),
    st.builds(
        r.KeyCreated,
        st.builds(
            Key,
            id=any_of.NAMES,
            digest=any_of.NAMES,
            ref=any_of.NAMES,
            scopes=st.frozensets(any_of.NAMES, max_size=2),
            created_at=any_of.TIMES,
            revoked_at=st.none(),
            label=any_of.WORDS,
        ),
    ),
    st.builds(r.KeyRevoked, key=any_of.NAMES, at=any_of.TIMES),
    st.builds(r.PolicyAdopted, document=any_of.MAPPINGS, hash=any_of.NAMES),
    st.just(r.Resumed()),
    st.builds(a.AccountLinked, any_of.NAMES, accounts, declared=st.booleans(), offer=any_of.maybe(any_of.NAMES)),
    st.builds(a.AccountUnlinked, any_of.NAMES, accounts),
    st.builds(a.LinkOffered, any_of.NAMES, any_of.NAMES, any_of.TIMES),
    st.builds(g.EntryOffered, any_of.NAMES),
)


@settings(max_examples=300)
@given(registry_events)
def test_every_event_of_the_registry_is_read_back_as_it_was(event: r.RegistryEvent) -> None:
    body = through_bytes(codec_registry.write_registry_event(event))

    assert codec_registry.read_registry_event(type(event).__name__, body, {}) == event


@given(any_of.people)
def test_a_persons_name_lies_in_the_vault_and_nowhere_else(person: Any) -> None:
    event = r.PersonDeclared(person, "commitment")
    body = through_bytes(codec_registry.write_registry_event(event))

    assert "commitment" in body.values()
    assert codec_registry.read_registry_event("PersonDeclared", body, {"commitment": person.name}) == event


@given(any_of.WORDS)
def test_why_everything_was_stopped_lies_in_the_vault_and_nowhere_else(why: str) -> None:
    event = r.Stopped(why, "commitment")
    body = through_bytes(codec_registry.write_registry_event(event))

    assert body == {"why": "commitment"}
    assert codec_registry.read_registry_event("Stopped", body, {"commitment": why}) == event


def test_a_stop_whose_words_were_erased_is_still_a_stop() -> None:
    body = through_bytes(codec_registry.write_registry_event(r.Stopped("fat finger in Zurich", "commitment")))

    read = codec_registry.read_registry_event("Stopped", body, {})
    assert isinstance(read, r.Stopped)
    assert read.why
    assert "Zurich" not in read.why


def test_an_erased_name_is_read_as_the_id() -> None:
    event = r.PersonDeclared(Story().world.people["alice"], "commitment")
    body = through_bytes(codec_registry.write_registry_event(event))
    assert "Alice" not in str(body)

    read = codec_registry.read_registry_event("PersonDeclared", body, {})
    assert isinstance(read, r.PersonDeclared)
    assert read.person.name == "alice"


def test_an_adopted_policy_is_read_back_with_the_same_hash() -> None:
    written = document(rule(name="high", tier=2), rule(remind=None), limits=[{"name": "x", "must": "amount < 5"}])
    adopted = r.PolicyAdopted(written, read_policy(written).hash)

    body = through_bytes(codec_registry.write_registry_event(adopted))
    read = codec_registry.read_registry_event("PolicyAdopted", body, {})

    assert isinstance(read, r.PolicyAdopted)
    assert read_policy(read.document) == read_policy(written)
    assert read_policy(read.document).hash == adopted.hash
