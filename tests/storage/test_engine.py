"""A batch of commands becomes one transaction, on both databases."""

from __future__ import annotations

from datetime import timedelta

from core.canonical import decode
from core.commands import Cancel, Command, Recheck, UpdateContext
from core.engine import Done, Failed
from core.errors import Refused
from core.model import ActorKind, Away, Key, Person
from core.ports import Post
from core.registry import CreateKey, Resume, RevokeKey, SetAway, Stop
from tests.storage.scene import (
    PEOPLE,
    POLICY,
    PROGRAM,
    START,
    SYSTEM,
    Scene,
    adopt,
    claim,
    declare,
    faults_of_the_journal,
    name,
    person,
    refusal,
    state,
    submit,
    tick,
    vote,
    words,
)

ONE, TWO = name(1), name(2)
SURROGATE = "half a character: \ud800"


def test_a_poisonous_command_fails_alone_and_its_neighbours_are_carried_out(scene: Scene) -> None:
    names = [name(number) for number in range(256)]
    batch = scene.engine.run([submit(r, title=SURROGATE if i == 100 else "Buy") for i, r in enumerate(names)])
    failed = [i for i, outcome in enumerate(batch.outcomes) if isinstance(outcome, Failed)]
    assert failed == [100]
    neighbours = [r for r in names if r != name(100)]
    assert [state(o).id for o in batch.outcomes if not isinstance(o, Failed)] == neighbours
    assert sorted(batch.changed) == neighbours
    assert [row[0] for row in scene.sql("SELECT id FROM requests ORDER BY id")] == neighbours
    assert scene.sql("SELECT count(*) FROM events WHERE stream = :r", r=name(100)) == [(0,)]
    assert scene.sql("SELECT count(*) FROM commands WHERE id = :c", c=f"submit:{name(100)}") == [(0,)]


def test_several_poisonous_commands_of_two_kinds_are_all_found(scene: Scene) -> None:
    scene.open(name(0))
    # A submission under an id that is taken is caught by the database, not by the program.
    commands = [submit(name(i), id=f"c{i}", title=SURROGATE if i in (7, 8, 31) else "Buy") for i in range(32)]
    outcomes = scene.run(*commands)
    assert [i for i, outcome in enumerate(outcomes) if isinstance(outcome, Failed)] == [0, 7, 8, 31]
    assert scene.sql("SELECT count(*) FROM requests") == [(29,)]


def test_a_poisonous_command_takes_no_part_of_the_registry_with_it(scene: Scene) -> None:
    scene.open(ONE)
    scene.run(vote(ONE))
    outcomes = scene.run(Stop("s", SYSTEM, "", "d", why=words("fire drill")), submit(TWO, title=SURROGATE), claim(ONE))
    assert isinstance(outcomes[1], Failed)
    assert refusal(outcomes[2]) == "stopped"
    assert scene.engine.registry.stopped == "fire drill"
    assert [row[3] for row in scene.events() if row[1] == "registry:stop"] == ["Stopped"]


def test_an_empty_batch_is_nothing(scene: Scene) -> None:
    before = scene.reader.position()
    assert scene.run() == []
    assert scene.reader.position() == before


def test_a_command_of_before_the_first_policy_fails_and_nothing_is_recorded(database_url: str) -> None:
    bare = Scene(database_url)
    try:
        assert isinstance(bare.run(submit(ONE))[0], Failed)
        assert bare.events() == []
    finally:
        bare.close()


def test_an_expiry_that_is_due_comes_before_the_vote_of_the_same_batch(scene: Scene) -> None:
    scene.open(ONE, amount=2_000)
    scene.clock.advance(hours=2)
    refused = scene.run(vote(ONE))[0]
    assert refusal(refused) == "ended"
    assert scene.outcome(ONE) == "expired"
    assert scene.request(ONE).votes == ()
    scene.clock.advance(hours=-1)
    assert scene.run(vote(ONE))[0] == refused


def test_a_vote_one_microsecond_before_the_deadline_counts(scene: Scene) -> None:
    scene.open(ONE, amount=2_000)
    scene.clock.advance(hours=2, microseconds=-1)
    assert state(scene.run(vote(ONE))[0]).decision is not None
    assert scene.outcome(ONE) == "approved"


def test_now_is_one_for_the_whole_batch(scene: Scene) -> None:
    scene.open(ONE, TWO)
    scene.run(vote(ONE), vote(TWO, "bob", "reject"))
    assert len({row[4] for row in scene.events() if row[3] in ("Voted", "Decided")}) == 1


def test_now_never_goes_back_when_the_clock_does(scene: Scene) -> None:
    scene.clock.advance(minutes=30)
    scene.open(ONE)
    scene.clock.advance(minutes=-29)
    assert state(scene.run(vote(ONE))[0]).votes[0].at == START + timedelta(minutes=30)
    moments = [row[4] for row in scene.events()]
    assert moments == sorted(moments)


def test_now_never_goes_back_behind_what_an_earlier_engine_recorded(scene: Scene) -> None:
    scene.clock.advance(minutes=30)
    scene.open(ONE)
    later = Scene(scene.url)
    try:
        assert later.clock.now() == START
        assert state(later.run(vote(ONE))[0]).votes[0].at == START + timedelta(minutes=30)
    finally:
        later.close()


def test_while_everything_is_stopped_nothing_is_claimed_and_votes_still_count(scene: Scene) -> None:
    scene.open(ONE, TWO)
    scene.run(vote(ONE))
    scene.run(Stop("stop", person("alice"), "", "d", why=words("markets are closed")))
    assert refusal(scene.run(claim(ONE))[0]) == "stopped"
    assert state(scene.run(vote(TWO))[0]).decision is not None
    scene.run(Resume("resume", person("alice"), "", "d"))
    assert state(scene.run(claim(ONE))[0]).claim is not None, "a refused claim is judged anew"


def test_a_stop_holds_for_the_claims_behind_it_in_its_batch(scene: Scene) -> None:
    scene.open(ONE, TWO)
    scene.run(vote(ONE), vote(TWO))
    before, _, after = scene.run(claim(ONE), Stop("stop", SYSTEM, "", "d", why=words("now")), claim(TWO))
    assert state(before).claim is not None
    assert refusal(after) == "stopped"


def test_only_an_administrator_stops(scene: Scene) -> None:
    assert refusal(scene.run(Stop("stop", person("bob"), "", "d", why=words("no")))[0]) == "not_admin"
    assert scene.engine.refresh().stopped is None


def test_somebody_declared_in_a_batch_may_vote_in_the_same_batch(scene: Scene) -> None:
    eve = Person("eve", "Eve", frozenset({"trader"}))
    scene.open(ONE, TWO)
    before, _, after = scene.run(vote(ONE, "eve"), declare((*PEOPLE, eve), id="more"), vote(TWO, "eve"))
    assert refusal(before) == "unknown_person"
    assert state(after).decision is not None


def test_a_policy_adopted_in_a_batch_rules_what_comes_behind_it(scene: Scene) -> None:
    stricter = {**POLICY, "rules": [{**POLICY["rules"][0], "when": "amount > 10"}, *POLICY["rules"][1:]]}
    old, _, new = scene.run(submit(ONE), adopt(stricter, id="stricter"), submit(TWO))
    assert (state(old).ruling.tier, state(new).ruling.tier) == (1, 3)
    assert state(old).ruling.policy != state(new).ruling.policy


def test_a_person_removed_in_a_batch_does_not_vote_behind_it(scene: Scene) -> None:
    scene.open(ONE)
    _, outcome = scene.run(declare([p for p in PEOPLE if p.id != "bob"], id="less"), vote(ONE, "bob"))
    assert refusal(outcome) == "unknown_person"


def test_the_vote_of_a_removed_person_is_voided_and_the_quorum_stays(scene: Scene) -> None:
    scene.open(ONE, amount=200_000)
    scene.run(vote(ONE, "carol"))
    assert list(scene.reader.voted_by("carol")) == [ONE]
    rechecks = [Recheck("recheck", SYSTEM, r) for r in scene.reader.voted_by("carol")]
    scene.run(declare([p for p in PEOPLE if p.id != "carol"], id="less"), *rechecks)
    assert scene.reader.voted_by("carol") == []
    assert [v.person for v in scene.request(ONE).counted()] == []
    assert state(scene.run(vote(ONE, "alice"))[0]).decision is None
    assert state(scene.run(vote(ONE, "bob"))[0]).decision is not None


def test_a_removal_never_approves(scene: Scene) -> None:
    scene.open(ONE, amount=200_000)
    scene.run(vote(ONE, "alice"))
    left = [p for p in PEOPLE if p.id in ("alice", "dave")]
    scene.run(declare(left, id="less"), Recheck("recheck", SYSTEM, ONE))
    request = scene.request(ONE)
    assert request.pending
    assert request.ruling.needed == 2
    assert request.escalated == 1, "nobody else can reach the quorum, so the head is asked"


def test_a_person_removed_and_declared_again_keeps_one_gap_free_stream(scene: Scene) -> None:
    scene.run(declare([p for p in PEOPLE if p.id != "bob"], id="less"))
    scene.run(declare(id="again"))
    rows = [row for row in scene.events() if row[1] == "registry:person:bob"]
    assert [row[3] for row in rows] == ["PersonDeclared", "PersonRemoved", "PersonDeclared"]
    assert faults_of_the_journal(rows) == []
    assert scene.engine.refresh().people["bob"].active


def test_the_registry_is_the_same_to_an_engine_that_was_started_later(scene: Scene) -> None:
    key = Key("key_1", "0" * 64, ActorKind.PROGRAM, "meanrev", frozenset({"submit"}), START, label="for tests")
    scene.clock.advance(minutes=1)
    scene.run(
        CreateKey("key", person("alice"), "", "d", key=key, owner="bob"),
        SetAway("away", person("bob"), "", "d", person="bob", away=Away(START + timedelta(days=3), "alice")),
        Stop("stop", SYSTEM, "", "d", why=words("drill")),
    )
    scene.run(RevokeKey("revoke", person("alice"), "", "d", key="key_1"))
    mine = scene.engine.refresh()
    later = Scene(scene.url)
    try:
        theirs = later.engine.refresh()
    finally:
        later.close()
    assert (mine.people, mine.programs, mine.keys) == (theirs.people, theirs.programs, theirs.keys)
    assert (mine.stopped, mine.versions) == (theirs.stopped, theirs.versions)
    assert mine.keys["key_1"].revoked_at == START + timedelta(minutes=1)
    assert mine.people["bob"].name == "Bob Baker"
    assert mine.policy is not None
    assert theirs.policy is not None
    assert mine.policy == theirs.policy
    assert list(mine.policy.reasons) == list(theirs.policy.reasons)
    assert mine.policy.hash == adopt().policy.hash  # type: ignore[union-attr]


def test_declaring_the_same_people_again_records_nothing(scene: Scene) -> None:
    before = scene.events()
    batch = scene.engine.run([declare(id="again"), adopt(id="again too")])
    assert [type(outcome) for outcome in batch.outcomes] == [Done, Done]
    assert not batch.registry_changed
    assert scene.events() == before


def test_a_registry_changed_by_another_engine_is_seen_at_once(scene: Scene) -> None:
    other = Scene(scene.url)
    try:
        scene.open(ONE)
        other.run(declare([p for p in PEOPLE if p.id != "bob"], id="less"))
        assert refusal(scene.run(vote(ONE, "bob"))[0]) == "unknown_person"
    finally:
        other.close()


def test_posts_are_wanted_in_every_channel_at_the_version_of_the_request(database_url: str) -> None:
    scene = Scene(database_url, channels=("desk", "risk")).furnish()
    try:
        scene.open(ONE, amount=200_000)
        assert [(p.request, p.channel, p.wanted, p.shown) for p in _posts(scene)] == [
            (ONE, "desk", 1, 0),
            (ONE, "risk", 1, 0),
        ]
        scene.run(vote(ONE, "alice"), UpdateContext("u", PROGRAM, ONE, "d", context={"spot": 1}))
        assert {p.wanted for p in _posts(scene)} == {scene.request(ONE).version} == {3}
        assert refusal(scene.run(vote(ONE, "dave"))[0]) == "not_entitled"
        assert {p.wanted for p in _posts(scene)} == {3}, "a refusal changes no card"
    finally:
        scene.close()


def test_what_passes_no_gate_is_posted_nowhere_and_what_only_tells_is_posted(scene: Scene) -> None:
    free = {
        **POLICY,
        "rules": [
            *POLICY["rules"][:1],
            {**POLICY["rules"][1], "gate": "notify"},
            {"name": "routine", "tier": 1, "gate": "none"},
        ],
    }
    scene.run(adopt(free, id="free"), submit(ONE, amount=1), submit(TWO, amount=2_000))
    assert (scene.outcome(ONE), scene.outcome(TWO)) == ("advised", "advised")
    assert [post.request for post in _posts(scene)] == [TWO]
    assert refusal(scene.run(claim(ONE))[0]) == "not_approved"


def test_a_batch_says_which_requests_have_changed_and_how_they_stand(scene: Scene) -> None:
    scene.open(ONE, TWO, name(3))
    batch = scene.engine.run([vote(ONE), vote(TWO, "dave"), tick(name(3))])
    assert batch.changed == {ONE: scene.request(ONE)}


def test_many_commands_on_one_request_follow_each_other_in_one_batch(scene: Scene) -> None:
    commands: list[Command] = [
        submit(ONE, amount=200_000),
        UpdateContext("u", PROGRAM, ONE, "d", context={"spot": 400}),
    ]
    scene.run(*commands)
    outcomes = scene.run(
        vote(ONE, "alice", "modify", parameters={"quantity": 2}),
        vote(ONE, "carol"),
        vote(ONE, "carol", revision=2),
        claim(ONE),
        claim(ONE, "worker-2"),
        Cancel("cancel", PROGRAM, ONE, "d"),
    )
    assert refusal(outcomes[1]) == "stale_revision"
    assert state(outcomes[3]).claim is not None
    assert refusal(outcomes[4]) == "claimed"
    assert refusal(outcomes[5]) == "ended"
    assert [row[3] for row in scene.events() if row[1] == ONE] == [
        "Opened",
        "ContextUpdated",
        "Voted",
        "Revised",
        "Voted",
        "Decided",
        "Claimed",
    ]
    assert faults_of_the_journal(scene.events()) == []


def test_a_resubmission_shows_what_it_replaces_though_that_is_in_another_batch(scene: Scene) -> None:
    scene.open(ONE, amount=200_000)
    scene.run(vote(ONE, "alice", "request_changes"))
    assert scene.outcome(ONE) == "changes_requested"
    again = state(scene.run(submit(TWO, amount=100, replaces=ONE))[0])
    assert (again.iteration, again.ruling.tier) == (2, 3)
    assert refusal(scene.run(submit(name(3), replaces=name(9)))[0]) == "invalid"


def test_every_entry_names_the_actor_and_the_command_that_caused_it(scene: Scene) -> None:
    scene.open(ONE)
    scene.run(vote(ONE, "bob", id="tap:77"))
    entries = [decode(bytes(row[5])) for row in scene.events() if row[1] == ONE]
    assert [(e["type"], e["actor"]["ref"], e["cause"]) for e in entries] == [
        ("Opened", "momentum", f"submit:{ONE}"),
        ("Voted", "bob", "tap:77"),
        ("Decided", "bob", "tap:77"),
    ]


def test_a_refused_command_among_others_leaves_only_its_answer(scene: Scene) -> None:
    scene.open(ONE)
    outcomes = scene.run(vote(name(9)), vote(ONE), vote(ONE, "carol"))
    assert [type(outcome) for outcome in outcomes] == [Refused, Done, Refused]
    assert {row[1] for row in scene.events() if row[1].startswith("req_")} == {ONE}


def test_the_answer_holds_what_was_asked_even_where_numbers_are_long(scene: Scene) -> None:
    scene.open(ONE, parameters={"quantity": 3, "price": 10**15, "list": [{"a": [1, "x", None, True]}]})
    stored = scene.request(ONE)
    assert stored.proposal.parameters["price"] == 10**15
    assert stored.proposal.parameters["list"] == [{"a": [1, "x", None, True]}]
    assert stored == state(scene.run(tick(ONE))[0])


def _posts(scene: Scene) -> list[Post]:
    rows = scene.sql("SELECT request, channel, wanted, shown, ref FROM posts ORDER BY request, channel")
    return [Post(*row) for row in rows]
