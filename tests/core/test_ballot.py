"""One vote: whose, on what, with which reason, and what a modification does."""

from dataclasses import replace
from decimal import Decimal

import pytest

from core.ballot import MOST_SUGGESTIONS
from core.events import Revised, Voted
from core.model import Change, Outcome, Override, WouldAgree
from tests.cast import (
    ALICE,
    BOB,
    CAROL,
    ERIN,
    FRANK,
    HOUR,
    MOMENTUM,
    NOW,
    OTHER_PROGRAM,
    Story,
    away,
    because,
    context,
    form,
    gone,
    modify,
    names,
    people,
    person,
    policy,
    reason,
    recheck,
    rule,
    submit,
    two_tiers,
    vote,
    words,
    world,
)

FOUR_EYES = rule(quorum=2, four_eyes=True)


# Who


def test_only_people_vote() -> None:
    from_a_program = vote("alice", "approve")
    object.__setattr__(from_a_program, "actor", MOMENTUM)

    assert Story().refusal(from_a_program) == "not_a_person"


def test_strangers_and_those_removed_do_not_vote() -> None:
    assert Story().refusal(vote("mallory", "approve")) == "unknown_person"
    assert Story().with_people(gone(ALICE)).refusal(vote("alice", "approve")) == "unknown_person"


def test_who_has_no_authority_decides_nothing() -> None:
    story = Story()

    for choice in ("approve", "reject", "request_changes", "abstain"):
        assert story.refusal(vote("carol", choice)) == "not_entitled"
    assert story.refusal(modify("carol", qty=80)) == "not_entitled"
    assert story.happened() == ["Opened"]


def test_authority_is_judged_at_the_moment_of_the_vote() -> None:
    story = Story(world(rule(route={"roles": ["risk"]})))
    assert story.refusal(vote("carol", "approve")) == "not_entitled"

    story.with_people(replace(CAROL, roles=frozenset({"risk"}))).tells(vote("carol", "approve"))
    assert story.outcome == Outcome.APPROVED


def test_a_route_may_name_people_and_ask_for_skills() -> None:
    by_name = Story(world(rule(route={"people": ["carol"]})))
    assert by_name.refusal(vote("alice", "approve")) == "not_entitled"
    assert by_name.tells(vote("carol", "approve")).outcome == Outcome.APPROVED

    skilled = rule(route={"roles": ["risk", "trader"], "skills": ["options"]})
    assert Story(world(skilled)).refusal(vote("alice", "approve")) == "not_entitled"
    assert Story(world(skilled)).tells(vote("dave", "approve")).outcome == Outcome.APPROVED


def test_nobody_decides_what_they_asked_for_themselves() -> None:
    story = Story(opening=submit(by=person("alice")))

    assert story.refusal(vote("alice", "approve")) == "own_request"
    assert story.refusal(vote("alice", "reject")) == "own_request"
    assert story.tells(vote("bob", "approve")).outcome == Outcome.APPROVED


def test_who_asked_does_not_count_among_those_who_must_agree() -> None:
    story = Story(world(rule(quorum="all")), submit(by=person("alice")))

    assert (story.request.ruling.eligible, story.request.ruling.needed) == (2, 2)


def test_a_decision_kept_for_the_web_is_refused_in_every_chat() -> None:
    for chat in ("slack", "discord", "telegram", "console"):
        assert Story(world(rule(decide_in="web"))).refusal(vote("alice", "approve", via=chat)) == "web_only"
    for surface in ("web", "api", "cli"):
        story = Story(world(rule(decide_in="web"))).tells(vote("alice", "approve", via=surface))
        assert story.outcome == Outcome.APPROVED


# Four eyes


def test_the_programs_owner_is_never_the_second_eye() -> None:
    story = Story(world(FOUR_EYES))

    assert story.refusal(vote("frank", "approve")) == "four_eyes"
    assert story.request.ruling.eligible == 2
    assert Story(world(FOUR_EYES), submit(by=OTHER_PROGRAM)).hears(vote("frank", "approve")) is None


def test_without_four_eyes_the_owner_decides_like_everybody() -> None:
    assert Story(world(rule())).tells(vote("frank", "approve")).outcome == Outcome.APPROVED


def test_nobody_borrows_the_owners_authority_under_four_eyes() -> None:
    story = Story(world(FOUR_EYES, people=people(away(FRANK, "carol"))))

    assert story.refusal(vote("carol", "approve")) == "not_entitled"


def test_a_delegate_stands_in_with_the_absent_persons_authority() -> None:
    story = Story(world(rule(), people=people(away(ALICE, "carol")))).tells(vote("carol", "approve"))

    assert story.outcome == Outcome.APPROVED
    assert story.request.votes[0].acting_for == "alice"


def test_a_delegate_has_nothing_left_when_the_absence_is_over_or_the_absent_is_removed() -> None:
    back = Story(world(rule(), people=people(away(ALICE, "carol", until=NOW + HOUR)))).later(HOUR)
    assert back.refusal(vote("carol", "approve")) == "not_entitled"

    removed = Story(world(rule(), people=people(away(ALICE, "carol")))).with_people(gone(ALICE))
    assert removed.refusal(vote("carol", "approve")) == "not_entitled"
    removed.with_people(replace(away(ALICE, "carol"), active=False))
    assert removed.refusal(vote("carol", "approve")) == "not_entitled"


def test_a_delegate_passes_nothing_on() -> None:
    around = world(rule(), people=people(away(ALICE, "carol"), away(CAROL, "dave")))

    assert Story(around).refusal(vote("dave", "approve")) == "not_entitled"


@pytest.mark.parametrize(("first", "second"), [("alice", "bob"), ("bob", "alice")])
def test_the_delegate_of_an_earlier_voter_is_no_second_eye_in_either_order(first: str, second: str) -> None:
    story = Story(world(FOUR_EYES, people=people(away(ALICE, "bob")))).tells(vote(first, "approve"))

    assert story.refusal(vote(second, "approve")) == "four_eyes"
    assert story.outcome is None


def test_who_lent_their_authority_is_no_second_eye_after_coming_back() -> None:
    absent = away(ALICE, "carol", until=NOW + HOUR)
    story = Story(world(FOUR_EYES, people=people(absent))).tells(vote("carol", "approve")).later(2 * HOUR)

    assert story.refusal(vote("alice", "approve")) == "already_counted"
    assert story.tells(vote("bob", "approve")).outcome == Outcome.APPROVED


def test_the_authority_of_one_absent_person_is_not_two_pairs_of_eyes() -> None:
    story = Story(world(FOUR_EYES, people=people(away(ALICE, "carol")))).tells(vote("carol", "approve"))

    story.with_people(away(ALICE, "dave"))

    assert story.refusal(vote("dave", "approve")) == "already_counted"


def test_authority_lent_for_the_new_revision_is_written_down_with_the_vote() -> None:
    # Bob decides the small amount in his own right, and the large one in Erin's place.
    above = rule(name="critical", tier=2, when="amount > 100000", route={"roles": ["head", "risk"]}, quorum=2)
    absent = away(ERIN, "bob", until=NOW + HOUR)
    story = Story(world({**above, "four_eyes": True}, rule(), people=people(absent)))

    story.tells(modify("bob", qty=1_000)).later(2 * HOUR)

    assert [v.acting_for for v in story.request.counted()] == ["erin"]
    assert story.refusal(vote("erin", "approve", 2)) == "already_counted"


def test_it_escalates_when_only_a_delegate_of_the_first_voter_is_left() -> None:
    around = world(rule(quorum=2, four_eyes=True, escalate=[{"after": "PT1H", "to": {"roles": ["head"]}}]))
    story = Story(around).tells(vote("alice", "approve"))
    assert story.happened() == ["Opened", "Voted"]

    story.with_people(away(ALICE, "carol"), away(BOB)).tells(recheck())
    assert story.happened() == ["Opened", "Voted", "Escalated"]


# Hard limits


def test_nobody_approves_what_breaks_a_hard_limit_and_anybody_may_reject_it() -> None:
    around = world(ruled_by=policy(limits=[{"name": "largest", "must": "amount <= 10000"}]))

    refused = Story(around).hears(vote("alice", "approve"))
    assert refused is not None
    assert refused.code == "limit"
    assert "largest: amount <= 10000 (amount is 42500)" in refused.detail
    assert Story(around).tells(vote("alice", "reject")).outcome == Outcome.REJECTED


def test_nobody_modifies_beyond_a_hard_limit() -> None:
    around = world(ruled_by=policy(limits=[{"name": "largest", "must": "amount <= 50000"}]))

    assert Story(around).refusal(modify("alice", qty=118)) == "limit"
    assert Story(around).tells(modify("alice", qty=117)).outcome == Outcome.MODIFIED


def test_a_limit_that_cannot_be_judged_is_not_kept() -> None:
    around = world(ruled_by=policy(limits=[{"name": "largest", "must": "amount <= 50000"}]))

    assert Story(around, submit(amount=None)).refusal(vote("alice", "approve")) == "limit"


# Reasons


def test_an_approval_wants_evidence_where_the_rule_says_so() -> None:
    story = Story(world(rule(reasons={"approve": "required"})))

    assert story.refusal(vote("alice", "approve")) == "reason_required"
    story.tells(vote("alice", "approve", reason=because("information", "seen the filing")))
    assert story.outcome == Outcome.APPROVED


def test_a_reason_that_is_only_asked_for_may_stay_away() -> None:
    assert Story(world(rule(reasons={"reject": "asked"}))).tells(vote("alice", "reject")).outcome == Outcome.REJECTED


def test_a_code_must_stand_in_the_catalogue_and_other_wants_words() -> None:
    story = Story()

    assert story.refusal(vote("alice", "reject", reason=because("mood"))) == "invalid"
    assert story.refusal(vote("alice", "reject", reason=because("other"))) == "invalid"
    assert story.tells(vote("alice", "reject", reason=because("other", "a hunch"))).outcome == Outcome.REJECTED
    assert story.refusal(reason("alice", because("mood"))) == "invalid"
    story.tells(reason("alice", because("risk")))
    assert story.refusal(reason("alice", because("other"))) == "invalid"


def test_a_reason_holds_the_commitment_to_the_words_and_never_the_words() -> None:
    story = Story(world(ruled_by=policy(catalogue=3)))
    story.tells(vote("alice", "reject", reason=because("risk", "earnings tonight", WouldAgree.YES)))

    (given,) = story.request.votes[0].reasons
    assert given.words == words("earnings tonight").commitment
    assert (given.code, given.would_agree, given.catalogue, given.at) == ("risk", WouldAgree.YES, 3, NOW)
    assert "earnings" not in repr(story.events)


def test_a_program_gives_no_reasons_and_who_was_removed_neither() -> None:
    story = Story().tells(vote("alice", "reject"))

    assert story.refusal(reason("alice", because("risk"), by=MOMENTUM)) == "not_a_person"
    assert story.with_people(gone(ALICE)).refusal(reason("alice", because("risk"))) == "no_vote"


def test_a_reason_may_be_bound_to_the_vote_on_an_earlier_revision() -> None:
    story = Story(world(rule(quorum=2))).tells(vote("alice", "approve"), modify("bob", qty=80))
    story.tells(vote("alice", "approve", 2), reason("alice", because("size"), revision=1))

    by_revision = {v.revision: [r.code for r in v.reasons] for v in story.request.votes if v.person == "alice"}
    assert by_revision == {1: ["size"], 2: []}
    assert story.refusal(reason("alice", because("size"), revision=3)) == "no_vote"


# Votes are bound to what was seen


def test_a_vote_is_bound_to_the_revision_the_card_and_the_policy() -> None:
    story = Story().tells(vote("alice", "approve", note=words("fine by me")))

    voted = story.events[1]
    revision = story.request.revision
    assert isinstance(voted, Voted)
    assert (voted.revision_hash, voted.shown) == (revision.hash, revision.shown)
    assert voted.policy == story.world.policy.hash
    assert voted.vote.note == words("fine by me").commitment


def test_a_vote_on_a_revision_that_was_never_shown_is_refused() -> None:
    for number in (0, 2, -1):
        assert Story().refusal(vote("alice", "approve", number)) == "stale_revision"


# Modifications


def test_only_a_modification_brings_parameters() -> None:
    assert Story().refusal(vote("alice", "approve", parameters={"qty": 80})) == "invalid"
    assert Story().refusal(vote("alice", "approve", adopt=1)) == "invalid"


def test_a_modification_says_what_to_change() -> None:
    story = Story()

    assert story.refusal(modify("alice")) == "invalid"
    assert story.refusal(modify("alice", adopt=1)) == "invalid"
    assert story.refusal(modify("alice", side="sell")) == "invalid"
    assert story.refusal(modify("alice", qty=0)) == "invalid"
    assert story.refusal(modify("alice", qty=100)) == "no_change"
    assert story.happened() == ["Opened"]


def test_a_suggestion_is_adopted_as_it_is_and_not_with_other_values() -> None:
    story = Story(world(ruled_by=two_tiers())).tells(modify("alice", qty=1_000))

    assert story.refusal(modify("erin", adopt=1, qty=900)) == "invalid"
    assert story.refusal(modify("erin", adopt=2)) == "invalid"


def test_suggestions_have_a_bound() -> None:
    story = Story(world(ruled_by=two_tiers()))
    story.tells(*(modify("alice", qty=1_000 + number) for number in range(MOST_SUGGESTIONS)))

    assert [s.number for s in story.request.suggestions] == list(range(1, MOST_SUGGESTIONS + 1))
    assert story.refusal(modify("alice", qty=5_000)) == "too_many"


def test_a_modification_is_recorded_with_the_old_values() -> None:
    both = form(qty={"type": "integer"}, limit={"type": "number"})
    refined = Story(opening=submit(editable=both)).tells(modify("alice", qty=80))
    replaced = Story(opening=submit(editable=both)).tells(modify("alice", qty=80, limit=Decimal("424.5")))

    assert refined.request.decision is not None
    assert refined.request.decision.override == Override("refined", (Change("/parameters/qty", 100, 80),))
    assert replaced.request.decision is not None
    assert replaced.request.decision.override is not None
    assert replaced.request.decision.override.kind == "replaced"


def test_a_change_that_is_changed_back_is_an_approval() -> None:
    story = Story(world(rule(quorum=2))).tells(modify("alice", qty=80), modify("bob", 2, qty=100))
    story.tells(vote("alice", "approve", 3))

    assert story.outcome == Outcome.APPROVED
    assert story.request.decision is not None
    assert story.request.decision.override is None


def test_a_larger_quantity_carries_the_amount_and_a_smaller_one_takes_nothing_back() -> None:
    story = Story(world(rule(quorum=2))).tells(modify("alice", qty=200))
    assert story.request.proposal.amount == Decimal(85_000)

    story.tells(modify("bob", 2, qty=50))
    assert story.request.proposal.amount == Decimal(85_000)


def test_the_tier_never_falls_from_one_revision_to_the_next() -> None:
    around = world(ruled_by=two_tiers(quorum=2, when="context.vix > 40", route={"roles": ["head", "risk"]}))
    story = Story(around, submit(context={"vix": 50})).tells(context(vix=10), modify("erin", qty=80))

    assert story.request.revision.number == 2
    assert story.request.ruling.tier == 2
    assert "a tier never falls" in story.request.ruling.why[-1]


def test_a_modification_into_what_is_kept_for_the_web_is_not_made_in_a_chat() -> None:
    around = world(ruled_by=two_tiers(decide_in="web", route={"roles": ["trader"]}))

    assert Story(around).refusal(modify("alice", qty=1_000, via="slack")) == "web_only"
    assert Story(around).tells(modify("alice", qty=1_000, via="web")).outcome == Outcome.MODIFIED


def test_a_modification_gives_the_reason_that_the_rule_of_the_new_revision_requires() -> None:
    around = world(ruled_by=two_tiers(reasons={"modify": "required"}, route={"roles": ["trader"]}))
    silent = vote("alice", "modify", parameters={"qty": 1_000})

    assert Story(around).refusal(silent) == "reason_required"
    assert Story(around).hears(vote("alice", "modify", parameters={"qty": 90})) is None


def test_the_reason_and_the_note_stay_with_the_vote_on_the_revision_that_was_changed() -> None:
    story = Story(world(rule(quorum=2)))
    story.tells(vote("bob", "modify", parameters={"qty": 80}, reason=because("size"), note=words("half of it")))

    old, new = story.request.votes
    assert names(story.latest) == ["Voted", "Revised"]
    assert ([r.code for r in old.reasons], old.note) == (["size"], words("half of it").commitment)
    assert (new.revision, new.reasons, new.note) == (2, (), None)
    revised = story.latest[1]
    assert isinstance(revised, Revised)
    assert revised.vote.person == "bob"
