"""The digest counts what it should, says how sure it is, and reads well whatever the week was like."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from zoneinfo import ZoneInfo

import pytest

from core.card import Button
from core.learning.aloud import amount, duration
from core.learning.counting import Counts
from core.learning.digest import Digest, Habit, Known, Offer, compose, document, known_at
from core.learning.outcome import Outcome
from core.learning.paired import followed_vs_diverged
from core.learning.records import How, Label, Match, Recommendation, Source
from core.learning.sums import Priced
from core.learning.told import LONGEST, alt, as_note, text
from core.learning.week import Calendar, Week

CALENDAR = Calendar(ZoneInfo("America/New_York"))
WEEK = Week(2012, 7)
SINCE, UNTIL = CALENDAR.span(WEEK)
DAY = timedelta(days=1)


def match(number: int, label: Label = Label.CONSENT, **changes: object) -> Match:
    at = SINCE + timedelta(hours=number)
    plain: dict[str, object] = {
        "key": f"imp:{number}",
        "day": at.date(),
        "at": at,
        "person": "alice",
        "program": "calls",
        "algorithm": "1",
        "subject": "AAPL",
        "action": "sell_call",
        "label": label,
        "how": How.MATCHED,
        "recommendation": f"imp:{number}",
        "orders": (f"o-{number}",),
        "delay": 600.0,
    }
    if label is Label.INDEPENDENT:
        plain |= {"key": f"order:o-{number}", "recommendation": None}
    if label in (Label.REJECT, Label.NO_ACTION):
        plain |= {"orders": (), "delay": None, "how": How.EXPLICIT}
    return Match(**{**plain, **changes})  # type: ignore[arg-type]


def advice(number: int, **changes: object) -> Recommendation:
    at = SINCE + timedelta(hours=number)
    plain: dict[str, object] = {
        "key": f"imp:{number}",
        "at": at,
        "valid_until": at + timedelta(hours=4),
        "person": "alice",
        "program": "calls",
        "algorithm": "1",
        "action": "sell_call",
        "subject": "AAPL",
        "title": "Sell 1 AAPL call",
        "asked_at": at,
    }
    return Recommendation(**{**plain, **changes})  # type: ignore[arg-type]


NOTHING = Known()


def digest(known: Known = NOTHING, **more: object) -> Digest:
    made = {"zone": "America/New_York", "position": 1234, **more}
    return compose("alice", WEEK, CALENDAR, known, UNTIL, **made)


def said(one: Digest) -> dict[str, str]:
    return {section.title: "\n".join(section.lines) for section in as_note(one).sections}


def test_recommendations_are_those_with_a_recommendation() -> None:
    labels = [Label.CONSENT] * 15 + [Label.MODIFY] * 5 + [Label.REJECT] * 2 + [Label.NO_ACTION] + [Label.INDEPENDENT]
    one = digest(Known(matches=[match(number, label) for number, label in enumerate(labels)]))
    assert one.counts.recommendations == 23
    assert one.counts.independent == 1
    words = said(one)["Recommendations"]
    assert words.startswith("23 recommendations: 15 followed, 5 modified, 2 rejected and 1 over without you.")
    assert "Beside them 1 trade of your own, without a recommendation." in words


def test_what_was_let_pass_in_silence_is_told_apart_and_is_no_departure() -> None:
    one = digest(Known(matches=[match(1, Label.REJECT), match(2, Label.REJECT, how=How.IGNORED), match(3)]))
    assert (one.counts.reject, one.counts.ignored, one.counts.diverged) == (1, 1, 1)
    assert "2 rejected (1 in silence)" in said(one)["Recommendations"]


def test_imported_history_is_told_apart() -> None:
    mixed = digest(Known(matches=[match(1), match(2, source=Source.IMPORTED)]))
    assert "1 of them are imported history" in said(mixed)["Recommendations"]
    assert digest(Known(matches=[match(1, source=Source.IMPORTED)])).counts.imported == 1


def test_a_recommendation_belongs_to_the_week_in_which_its_end_was_known() -> None:
    late = advice(0, at=UNTIL - timedelta(minutes=30), valid_until=UNTIL + timedelta(hours=3))
    done_after = match(0, at=late.at, delay=3_600.0)
    known = Known(recommendations=[late], matches=[done_after])
    assert known_at(done_after, {late.key: late}) == UNTIL + timedelta(minutes=30)
    assert digest(known).counts.recommendations == 0
    assert compose("alice", WEEK.moved(1), CALENDAR, known, UNTIL, zone="UTC").counts.recommendations == 1


def test_every_match_is_counted_in_exactly_one_of_all_weeks() -> None:
    matches = [match(number, Label(label)) for number, label in enumerate(list(Label) * 30)]
    known = Known(recommendations=[advice(number) for number in range(150)], matches=matches)
    weeks = [compose("alice", WEEK.moved(n), CALENDAR, known, UNTIL, zone="UTC").counts for n in range(-2, 4)]
    assert sum(one.recommendations + one.independent for one in weeks) == len(matches)


@pytest.mark.parametrize(
    ("known", "words"),
    [
        (Known(), "No recommendation came to its end this week"),
        (Known(matches=[match(1)]), "1 recommendation: followed."),
        (Known(matches=[match(1, Label.REJECT, how=How.IGNORED)]), "1 recommendation: rejected in silence."),
        (Known(matches=[match(1, Label.INDEPENDENT)]), "Beside them 1 trade of your own"),
        (Known(matches=[match(1, how=How.EXPLICIT, orders=())]), "No executions are known of this week"),
    ],
)
def test_a_quiet_week_has_its_words_too(known: Known, words: str) -> None:
    one = digest(known)
    assert words in said(one)["Recommendations"]
    note = as_note(one, picture=b"x")
    assert "None" not in text(note)
    assert "nan" not in text(note)
    assert note.foot.startswith("Sat 11 Feb 09:00 to Sat 18 Feb 09:00, New York. Journal position 1234")


def test_what_is_new_comes_first_and_a_week_without_news_says_so() -> None:
    habit = Habit("Lengthens the expiry", "pattern", "You lengthened the expiry in 41 of 48 edits.", 320.0, 260.0)
    old = replace(habit, since=date(2012, 1, 20))
    new = replace(habit, since=date(2012, 2, 16))
    first = as_note(digest(Known(matches=[match(1)], habits=[new]))).sections[0]
    assert first.title == "New"
    assert first.lines == ("A pattern: You lengthened the expiry in 41 of 48 edits.",)
    again = digest(Known(matches=[match(1)], habits=[old]))
    assert said(again)["New"] == "Nothing: a week like the ones before."
    assert said(again)["Habits"].startswith(
        "You lengthened the expiry in 41 of 48 edits. Evidence 320 to 1 (260 to 1 is asked for)."
    )


def test_a_week_that_stands_out_is_told_as_one() -> None:
    matches = [
        match(n - 168 * week, Label.MODIFY if n == 1 else Label.CONSENT) for week in range(1, 8) for n in range(6)
    ]
    many = digest(Known(matches=[*matches, *(match(n, Label.MODIFY) for n in range(6))]))
    assert said(many)["New"] == "Most departures in 7 weeks: 6 of 6 (100 %)."
    none = digest(Known(matches=[*matches, *(match(n) for n in range(6))]))
    assert said(none)["New"] == "Fewest departures in 7 weeks: 0 of 6 (0 %)."


def test_a_pattern_whose_evidence_has_fallen_says_when_it_had_it() -> None:
    habit = Habit("Lengthens the expiry", "pattern", "You lengthened it.", 55.0, 280.0, date(2012, 1, 20))
    words = said(digest(Known(matches=[match(1)], habits=[habit])))["Habits"]
    assert words == "You lengthened it. Evidence 55 to 1 now; it had passed 280 to 1 by 20 Jan."


def test_a_hint_is_called_one_and_says_how_long_it_may_take() -> None:
    hint = Habit("Rejects low delta", "hint", "You rejected …", 27.0, 280.0, date(2012, 1, 5), weeks_to_go=3)
    words = said(digest(Known(matches=[match(1)], habits=[hint])))["Habits"]
    assert words == "Watching “Rejects low delta”: 27 to 1, a pattern from 280 to 1, 3 weeks to go at this rate."


def test_a_pattern_that_another_explains_says_so() -> None:
    habit = Habit("Rejects IBM", "pattern", "You rejected IBM.", 400.0, 260.0, explained_by="the premium")
    assert "Explained by the premium." in said(digest(Known(matches=[match(1)], habits=[habit])))["Habits"]


def test_candidates_are_news_once_and_are_numbered_as_their_buttons_are() -> None:
    moved = UNTIL - DAY
    offers = [Offer(f"cnd_{n}", f"Lengthens {n}", "proposed", moved, 1, "You lengthened.") for n in (1, 2)]
    one = digest(Known(matches=[match(1)], offers=offers))
    assert said(one)["New"].count("waits for your decision") == 2
    assert said(one)["To decide"].startswith("1. Lengthens 1. You lengthened.\n2. Lengthens 2.")
    before = digest(Known(matches=[match(1)], offers=[replace(offers[0], moved_at=SINCE - DAY)]))
    assert said(before)["New"] == "One candidate still waits for your decision, since 10 Feb."
    assert said(before)["To decide"] == "Lengthens 1, proposed on 10 Feb."


def test_money_says_how_much_of_it_is_known() -> None:
    at = SINCE + DAY
    priced = [
        Priced("imp:1", at, "USD", Decimal("1180"), Decimal("960.5")),
        Priced("imp:2", at, "USD", None, None, open=True),
        Priced("imp:3", at, "", None, None),
        Priced("order:o-4", at, "USD", Decimal("-20"), None, alone=True),
    ]
    matches = [match(1), match(2), match(3), match(4, Label.INDEPENDENT)]
    words = said(digest(Known(matches=matches, priced=priced)))["Money"]
    assert "of 1 recommendation: +1,180.00 USD as you did it, +960.50 USD as advised." in words
    assert "Your own trades brought −20.00 USD." in words
    assert "priced so far: 1 of 3 (1 still running and 1 without a price)." in words


def test_what_your_changes_bring_is_undetermined_until_zero_is_left() -> None:
    changed = [match(24 * 7 * week, Label.MODIFY, day=SINCE.date() + 7 * week * DAY) for week in range(-60, 0)]

    def of(brought: list[float]) -> tuple[str, Digest]:
        worth = [
            Outcome(
                one.key, one.subject, one.label, "USD", advised=Decimal(0), later=Decimal(0), paper=Decimal(str(value)),
                real=Decimal(str(value)), risk=Decimal(100), known_on=one.day,
            )
            for one, value in zip(changed, brought, strict=False)
        ]  # fmt: skip
        known = Known(matches=changed[: len(brought)], paired=followed_vs_diverged(changed[: len(brought)], worth))
        one = digest(known)
        return said(one).get("Money", ""), one

    few, _ = of([5.0])
    assert few == (
        "Whether your changes pay is undetermined: 1 departure that could be priced both ways, and it takes at least 8."
    )
    growing, one = of([120.0, -80.0, 40.0, -60.0, 90.0, -25.0] * 3)
    assert one.paired[0].edge.needed is not None
    assert "more bets (one is what you do with one name in one week) to tell" in growing
    shrinking, one = of([20.0, -20.0] * 10)
    assert one.paired[0].edge.needed is None
    assert "undetermined" in shrinking
    assert "more bets" not in shrinking
    clear, _ = of([100.0 + n % 7 for n in range(60)])
    assert clear.startswith("Your changes do better than the advice: +10")
    assert document(one)["paired"][0]["edge"]["needed"] is None


def test_two_currencies_are_never_added_up() -> None:
    priced = [
        Priced("imp:1", SINCE + DAY, "USD", Decimal(10), Decimal(8)),
        Priced("imp:2", SINCE + DAY, "EUR", Decimal(100), Decimal(80)),
    ]
    words = said(digest(Known(matches=[match(1), match(2)], priced=priced)))["Money"]
    assert "+10.00 USD as you did it" in words
    assert "+100.00 EUR as you did it" in words


def test_how_fast_people_answered_counts_who_acted_without_a_button() -> None:
    asked = [advice(1), advice(2, decision="rejected", decided_at=SINCE + timedelta(hours=2, minutes=30)), advice(3)]
    matches = [match(1), match(2, Label.REJECT), match(3, Label.REJECT, how=How.IGNORED)]
    one = digest(Known(recommendations=asked, matches=matches))
    assert (one.asked, one.answered, one.median_seconds) == (3, 2, 1_200.0)
    assert said(one)["Answers"].startswith(
        "You were asked 3 times and answered 2 of them, half of them within 20 minutes."
    )


def test_imported_dates_say_nothing_of_waiting() -> None:
    known = Known(recommendations=[advice(1, source=Source.IMPORTED)], matches=[match(1, source=Source.IMPORTED)])
    assert digest(known).asked == 0


def test_an_ambiguous_match_is_to_be_settled() -> None:
    known = Known(recommendations=[advice(1)], matches=[match(1, Label.MODIFY, ambiguous=("o-2",))])
    assert digest(known).without_reason == 0, "first it is to be said what it was"
    words = said(digest(known))["To settle"]
    assert words.startswith("Which of your trades belongs to “Sell 1 AAPL call”: o-1 or o-2?")
    settled = Known(recommendations=[advice(1)], matches=[match(1, ambiguous=("o-2",), settled_by="alice")])
    assert "To settle" not in said(digest(settled))


def test_a_label_that_changed_since_is_reported_and_not_counted_again() -> None:
    before = match(-30, Label.MODIFY)
    one = digest(Known(matches=[before], labels_before={before.key: "consent"}))
    assert one.corrected == 1
    assert one.counts.recommendations == 0
    assert "1 label of earlier weeks changed" in said(one)["New"]


def test_the_longest_digest_fits_and_every_section_stays() -> None:
    habits = [
        Habit(f"habit {n}", level, "word " * 120, 1e9, 260.0, date(2012, 2, 15), "another " * 20, "remark " * 30, 5)
        for n in range(30)
        for level in ("pattern", "hint")
    ]
    offers = [Offer(f"cnd_{n}", "title " * 30, "proposed", UNTIL - DAY, 1, "words " * 80) for n in range(20)]
    matches = [match(n, Label.MODIFY, ambiguous=("x" * 300, "y" * 300)) for n in range(40)]
    one = digest(
        Known(recommendations=[advice(n) for n in range(40)], matches=matches, habits=habits, offers=offers),
        catching_up=tuple(f"2012-W0{n}" for n in range(1, 7)),
        first=True,
    )
    note = as_note(one)
    assert len(text(note)) <= LONGEST
    assert [section.title for section in note.sections] == [
        "New",
        "Recommendations",
        "Money",
        "Habits",
        "To decide",
        "To settle",
        "Answers",
    ]
    assert any(line == "… more on the web." for section in note.sections for line in section.lines)


def test_the_same_is_said_the_same_way_and_kept_as_plain_json() -> None:
    import orjson  # noqa: PLC0415

    known = Known(matches=[match(1), match(2, Label.MODIFY)], recommendations=[advice(1), advice(2)])
    assert text(as_note(digest(known))) == text(as_note(digest(known)))
    kept = orjson.loads(orjson.dumps(document(digest(known))))
    assert kept == document(digest(known))
    assert (kept["week"], kept["counts"]["consent"]) == ("2012-W07", 1)


def test_what_the_picture_shows_is_said_in_words() -> None:
    known = Known(
        matches=[match(1), match(2, Label.MODIFY)],
        priced=[Priced("imp:1", SINCE + DAY, "USD", Decimal(10), Decimal(8))],
    )
    words = alt(digest(known))
    assert "2012-W07 to 2012-W07; 1 of 2 in all, 1 of 2 in the last week" in words
    assert "+10.00 USD as done and +8.00 USD as advised" in words
    assert alt(digest()) != ""


def test_the_chart_adds_up_and_looks_at_nothing_later() -> None:
    priced = [
        Priced("imp:1", SINCE - 30 * DAY, "USD", Decimal(10), Decimal(4)),
        Priced("imp:2", SINCE + DAY, "USD", Decimal(-3), Decimal(1)),
        Priced("imp:3", UNTIL + DAY, "USD", Decimal(900), Decimal(0)),
        Priced("imp:4", SINCE - 400 * DAY, "USD", Decimal(7), Decimal(7)),
    ]
    known = Known(matches=[match(-900, Label.MODIFY), match(1)], priced=priced)
    chart = digest(known).chart
    assert (chart.done[-1], chart.advised[-1], chart.pairs) == (7.0, 5.0, 2), "of these weeks alone"
    assert (sum(chart.of), sum(chart.diverged)) == (2, 1)
    assert len(chart.weeks) == len(chart.of) == len(chart.done) <= 26


def test_buttons_and_the_picture_go_with_it() -> None:
    rows = ((Button("implement", "Implement", "implement:-:1"),),)
    note = as_note(digest(), picture=b"png", rows=rows)
    assert (note.id, note.picture, note.rows) == ("digest:alice:2012-W07", b"png", rows)


@pytest.mark.parametrize(
    ("value", "words"),
    [
        (Decimal("1180"), "+1,180.00 USD"),
        (Decimal("-0.004"), "0.00 USD"),
        (Decimal("-17698.2"), "−17,698 USD"),
        (Decimal(0), "0.00 USD"),
    ],
)
def test_amounts_are_written_as_people_read_them(value: Decimal, words: str) -> None:
    assert amount(value, "USD") == words


@pytest.mark.parametrize(
    ("seconds", "words"),
    [
        (0.2, "0 seconds"),
        (59, "59 seconds"),
        (60, "1 minute"),
        (5_400, "90 minutes"),
        (9_000, "2 hours"),
        (172_800, "2 days"),
    ],
)
def test_times_are_written_as_people_say_them(seconds: float, words: str) -> None:
    assert duration(seconds) == words


def test_an_empty_count_is_zero_of_everything() -> None:
    assert digest().counts == Counts()
    assert datetime(2012, 2, 18, 14, tzinfo=UTC) == UNTIL
