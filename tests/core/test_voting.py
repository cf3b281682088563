"""The tally as a truth table, and that it does not care for the order of votes."""

from collections.abc import Sequence

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.model import Choice, QuorumKind, Vote
from core.voting import Verdict, needed, tally
from tests.cast import NOW

A, R, M, C, X = Choice.APPROVE, Choice.REJECT, Choice.MODIFY, Choice.REQUEST_CHANGES, Choice.ABSTAIN


def votes(*choices: Choice) -> list[Vote]:
    return [Vote(f"voter-{number}", choice, 1, NOW, "web") for number, choice in enumerate(choices)]


@pytest.mark.parametrize(
    ("kind", "eligible", "n", "must_approve"),
    [
        (QuorumKind.ANY, 0, 1, 1),
        (QuorumKind.ANY, 5, 1, 1),
        (QuorumKind.ALL, 0, 1, 1),  # nobody is not everybody
        (QuorumKind.ALL, 1, 1, 1),
        (QuorumKind.ALL, 5, 1, 5),
        (QuorumKind.MAJORITY, 0, 1, 1),
        (QuorumKind.MAJORITY, 1, 1, 1),
        (QuorumKind.MAJORITY, 2, 1, 2),  # a tie is no majority
        (QuorumKind.MAJORITY, 3, 1, 2),
        (QuorumKind.MAJORITY, 4, 1, 3),
        (QuorumKind.N, 5, 2, 2),
        (QuorumKind.N, 1, 3, 3),  # more than there are: never reached, never shrunk
        (QuorumKind.N, 5, 0, 1),
    ],
)
def test_how_many_must_approve(kind: QuorumKind, eligible: int, n: int, must_approve: int) -> None:
    assert needed(kind, eligible, n) == must_approve


@pytest.mark.parametrize(
    ("choices", "must_approve", "eligible", "verdict"),
    [
        # Any one of three.
        ([], 1, 3, Verdict.OPEN),
        ([A], 1, 3, Verdict.APPROVED),
        ([M], 1, 3, Verdict.APPROVED),
        ([R], 1, 3, Verdict.REJECTED),
        ([C], 1, 3, Verdict.CHANGES_REQUESTED),
        ([X], 1, 3, Verdict.OPEN),
        ([X, X], 1, 3, Verdict.OPEN),
        ([X, X, X], 1, 3, Verdict.UNREACHABLE),
        ([X, X, A], 1, 3, Verdict.APPROVED),
        # Two of three.
        ([A], 2, 3, Verdict.OPEN),
        ([A, A], 2, 3, Verdict.APPROVED),
        ([M, A], 2, 3, Verdict.APPROVED),
        ([R], 2, 3, Verdict.OPEN),
        ([A, R], 2, 3, Verdict.OPEN),
        ([A, R, A], 2, 3, Verdict.APPROVED),
        ([R, R], 2, 3, Verdict.REJECTED),
        ([A, R, X], 2, 3, Verdict.UNREACHABLE),
        ([A, X, X], 2, 3, Verdict.UNREACHABLE),
        # Enough of both, as a grace leaves the time for: a tie never approves.
        ([A, R], 1, 3, Verdict.REJECTED),
        ([A, A, R, R], 2, 4, Verdict.REJECTED),
        ([A, C], 2, 3, Verdict.CHANGES_REQUESTED),
        ([R, R, C], 2, 3, Verdict.CHANGES_REQUESTED),
        # All of three: one rejection puts it out of reach.
        ([A, A], 3, 3, Verdict.OPEN),
        ([A, A, A], 3, 3, Verdict.APPROVED),
        ([R], 3, 3, Verdict.REJECTED),
        ([A, A, R], 3, 3, Verdict.REJECTED),
        ([X], 3, 3, Verdict.UNREACHABLE),
        ([A, A, X], 3, 3, Verdict.UNREACHABLE),
        # A majority of four is three: two rejections put it out of reach, and a tie approves nothing.
        ([A, A, R], 3, 4, Verdict.OPEN),
        ([A, A, R, R], 3, 4, Verdict.REJECTED),
        ([R, R], 3, 4, Verdict.REJECTED),
        ([A, A, X, X], 3, 4, Verdict.UNREACHABLE),
        # Three are needed and only two are there: rejecting is possible, approving is not.
        ([A, A], 3, 2, Verdict.UNREACHABLE),
        ([R], 3, 2, Verdict.REJECTED),
        ([], 1, 0, Verdict.UNREACHABLE),
    ],
)
def test_the_verdict(choices: Sequence[Choice], must_approve: int, eligible: int, verdict: Verdict) -> None:
    counted = tally(votes(*choices), must_approve, eligible, remaining=max(0, eligible - len(choices)))

    assert counted.verdict is verdict


def test_the_tally_says_how_many_said_what() -> None:
    counted = tally(votes(A, M, R, X, X), 3, 9, 4)

    assert (counted.approvals, counted.rejections, counted.abstentions, counted.needed) == (2, 1, 2, 3)


choices = st.lists(st.sampled_from(Choice), max_size=7)


@given(choices=choices, must_approve=st.integers(1, 5), data=st.data())
def test_the_verdict_does_not_depend_on_the_order_of_votes(
    choices: list[Choice], must_approve: int, data: st.DataObject
) -> None:
    eligible = data.draw(st.integers(len(choices), 9))
    remaining = eligible - len(choices)
    shuffled = data.draw(st.permutations(votes(*choices)))

    assert tally(shuffled, must_approve, eligible, remaining) == tally(
        votes(*choices), must_approve, eligible, remaining
    )


@given(choices=choices, must_approve=st.integers(1, 5), eligible=st.integers(0, 9), remaining=st.integers(0, 9))
def test_it_approves_only_with_enough_approvals_and_neither_a_rejection_nor_changes_asked_for(
    choices: list[Choice], must_approve: int, eligible: int, remaining: int
) -> None:
    verdict = tally(votes(*choices), must_approve, eligible, remaining).verdict

    enough = sum(choice in (A, M) for choice in choices) >= must_approve
    said_no = choices.count(R)
    rejected = said_no >= must_approve or (said_no > 0 and max(eligible, must_approve) - said_no < must_approve)
    assert (verdict is Verdict.APPROVED) is (enough and not rejected and C not in choices)
    assert (verdict is Verdict.CHANGES_REQUESTED) is (C in choices)


@given(choices=choices, must_approve=st.integers(1, 5), eligible=st.integers(0, 9), remaining=st.integers(0, 9))
def test_abstentions_alone_change_nothing_but_who_is_left(
    choices: list[Choice], must_approve: int, eligible: int, remaining: int
) -> None:
    without = [choice for choice in choices if choice is not X]

    assert (
        tally(votes(*choices), must_approve, eligible, remaining).verdict
        is tally(votes(*without), must_approve, eligible, remaining).verdict
    )
