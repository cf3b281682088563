"""Learning: what overrides have in common, in words and pictures; what is asked is answered on the page."""

from __future__ import annotations

from datetime import timedelta

import pytest
from playwright.sync_api import expect

from bot.learning import candidates
from core.learning import records
from core.learning.ledger import Wanted
from core.learning.records import Label, Match
from tests.bot.history import BEGIN, DAY, MINUTE, advice, keep, order, reconciled, result
from tests.browser.house import Inn
from tests.browser.look import picture
from tests.browser.visitor import DESKTOP, NARROW, PHONE, ZOOMED, Visitor

DAYS = 60


def habit(inn: Inn, person: str = "erin") -> list[Match]:
    """Sixty days: what was advised is sold at the next strike two times in three, otherwise followed or rejected."""
    ones, done = [], []
    for day in range(DAYS):
        at = BEGIN + day * DAY
        rejected = {"decision": "rejected", "decided_at": at + MINUTE, "reason": "risk"} if day % 6 == 5 else {}
        ones.append(advice(f"a/{day}", at, person, subject=("AAPL", "IBM", "MSFT")[day % 3], **rejected))
        if not rejected:
            strike = 425.0 if day % 6 == 4 else 430.0
            done.append(order(f"o/{day}", at + 5 * MINUTE, person, subject=ones[-1].subject, strike=strike))
    done.append(order("own", BEGIN + 3 * DAY, person, subject="TSLA"))
    found = reconciled(inn.running, ones, done)
    keep(
        inn.running,
        *(result(one.key, "recommended", "100", one.at + DAY) for one in ones),
        *(result(one.order or "", "actual", str(60 + 7 * (day % 13)), one.at + DAY) for day, one in enumerate(done)),
    )
    return found


def doubt(inn: Inn, person: str = "erin") -> Match:
    """One piece of advice, and two orders of which either may be the one."""
    at = BEGIN + (DAYS + 1) * DAY
    one = advice("doubtful", at, person)
    done = [order("o-1", at + 20 * MINUTE, person, strike=430.0), order("o-2", at + 30 * MINUTE, person, strike=420.0)]
    (found,) = [match for match in reconciled(inn.running, [one], done) if match.recommendation]
    assert found.ambiguous
    return found


def proposed(inn: Inn, person: str = "erin") -> None:
    """What has become a pattern is proposed, as every night."""
    studied = inn.do(inn.running.services.study.of(person))
    assert inn.do(candidates.propose(inn.running.services, studied.findings))


def digested(inn: Inn) -> str:
    week = "2012-W06"
    made = inn.running.client().post(f"/v1/digests/{week}", params={"person": "erin"})
    assert made.status_code == 201, made.text
    return week


def kept(inn: Inn, match: Match) -> dict[str, object]:
    record = inn.running.services.reader.record(records.MATCH, match.key)
    assert record is not None
    return dict(record.body)


def filled(inn: Inn) -> dict[str, str]:
    """Everything there can be to see; the addresses, by a name."""
    habit(inn)
    doubt(inn)
    proposed(inn)
    week = digested(inn)
    return {
        "learning": "/learning",
        "learning-digest": f"/learning/digests/{week}",
        "learning-matches": "/learning/matches",
        "learning-open": "/learning/matches?show=open",
        "learning-nothing": "/learning?person=bob",
        "learning-nothing-done": "/learning/matches?person=bob",
    }


@pytest.mark.parametrize("colours", ["light", "dark"])
@pytest.mark.parametrize(("name", "size"), [("desktop", DESKTOP), ("phone", PHONE)])
def test_the_pages_of_learning_are_for_everybody(inn: Inn, name: str, size: dict[str, int], colours: str) -> None:
    erin = inn.visitor("erin", size=size, colours=colours)
    found: list[str] = []
    for page, path in filled(inn).items():
        erin.opens(path)
        expect(erin.page.get_by_role("heading", level=1)).to_have_count(1)
        for one in erin.page.locator("details").all():
            one.evaluate("details => details.open = true")
        picture(erin.page, f"{page}-{name}-{colours}")
        found += erin.violations()
        erin.fits()
    assert not found, "\n".join(found)


def test_nothing_scrolls_sideways_when_narrow_or_magnified(inn: Inn) -> None:
    pages = filled(inn)
    for name, size in (("narrow", NARROW), ("zoomed", ZOOMED)):
        erin = inn.visitor("erin", size=size)
        for page, path in pages.items():
            erin.opens(path)
            erin.fits()
            picture(erin.page, f"{page}-{name}")
            if name == "zoomed":
                erin.page.evaluate("document.documentElement.style.fontSize = '200%'")
                erin.fits()
        erin.context.close()


@pytest.mark.parametrize("width", [768, 900, 1_024])
def test_the_bar_at_the_head_has_room_for_every_page(inn: Inn, width: int) -> None:
    erin = inn.visitor("erin", size={"width": width, "height": 800})
    erin.opens("/learning")
    erin.fits()
    expect(erin.page.get_by_role("navigation", name="Pages").get_by_role("link")).to_have_count(7)


def test_a_chart_is_a_picture_with_a_name_and_its_numbers_stand_in_a_table(inn: Inn) -> None:
    habit(inn)
    erin = inn.visitor("erin")
    page = erin.opens("/learning")
    figure = page.locator("#divergence")
    expect(figure.get_by_role("img", name="How often you depart from the advice")).to_have_count(1)
    expect(figure.get_by_role("table")).to_have_count(0)
    figure.get_by_text("The numbers").click()
    expect(figure.get_by_role("table")).to_be_visible()
    expect(figure.get_by_role("row").nth(1)).to_contain_text("2012-W01")
    narrow = inn.visitor("erin", size=NARROW)
    drawn = narrow.opens("/learning").locator("#divergence").get_by_role("img")
    expect(drawn).to_have_count(1)
    box = drawn.bounding_box()
    assert box is not None
    assert box["width"] <= 320


def test_a_pattern_is_told_with_its_evidence_and_what_is_undetermined_is_called_so(inn: Inn) -> None:
    habit(inn)
    erin = inn.visitor("erin")
    page = erin.opens("/learning")
    common = page.get_by_role("region", name="What they have in common")
    expect(common.get_by_role("listitem").filter(has_text="Raises the strike").first).to_contain_text("Pattern")
    expect(common).to_contain_text("evidence")
    expect(page.locator("#paired-usd")).to_contain_text("undetermined")
    expect(page.locator("#paired-usd")).to_contain_text("very same recommendation")
    page.get_by_role("navigation", name="How far back").get_by_role("link", name="4 weeks").click()
    expect(page.locator("#divergence figcaption")).not_to_contain_text("60 that were decided")
    # The pattern is of all there ever was, whatever stretch is looked at.
    expect(common).to_contain_text("Raises the strike")


def test_an_administrator_looks_at_others_and_nobody_else_does(inn: Inn) -> None:
    habit(inn, "alice")
    erin = inn.visitor("erin")
    page = erin.opens("/learning")
    erin.sees("Nothing has been matched yet")
    page.get_by_label("Whose").select_option(label="Alice")
    erin.presses("Show")
    erin.sees("What the overrides of Alice have in common")
    page.get_by_role("link", name="What was done").click()
    erin.sees("of Alice")
    bob = inn.visitor("bob")
    bob.opens("/learning?person=alice")
    bob.sees("Nothing has been matched yet")
    expect(bob.page.get_by_label("Whose")).to_have_count(0)


def test_who_begins_is_told_how(inn: Inn) -> None:
    alice = inn.visitor("alice", size=NARROW)
    alice.opens("/")
    alice.page.get_by_role("link", name="Learning").click()
    alice.sees("placet import")
    alice.is_for_everybody()
    alice.opens("/learning/matches")
    alice.sees("placet import")


# What is asked


def answers_why(visitor: Visitor) -> None:
    row = visitor.row("Sell 1").first
    visitor.presses("Too risky", row)
    visitor.sees("Noted: Too risky")


def departed(inn: Inn) -> Match:
    one = advice("why", BEGIN, "erin")
    (found,) = reconciled(inn.running, [one], [order("o-why", BEGIN + MINUTE, "erin", strike=430.0)])
    assert found.label is Label.MODIFY
    return found


def test_the_reason_is_given_where_it_is_asked(inn: Inn) -> None:
    match = departed(inn)
    erin = inn.visitor("erin", size=PHONE)
    erin.opens("/learning")
    erin.sees("strike: 425 → 430")
    answers_why(erin)
    erin.presses("Yes: it lacked data")
    erin.sees("Noted, thank you")
    assert kept(inn, match)["reason"] == "risk"
    erin.opens("/learning/matches")
    expect(erin.row("Sell 1")).to_contain_text("Too risky")
    expect(erin.row("Sell 1")).to_contain_text("Say it better")
    erin.opens("/learning/matches?show=open")
    erin.sees("Nothing is left to say")


def test_the_reason_is_given_by_keyboard_alone(inn: Inn) -> None:
    match = departed(inn)
    erin = inn.visitor("erin")
    page = erin.opens("/learning")
    chip = page.get_by_role("button", name="Too risky").first
    for _ in range(40):
        if chip.evaluate("one => one === document.activeElement"):
            break
        erin.keys("Tab")
    expect(chip).to_be_focused()
    erin.keys("Enter")
    erin.sees("Noted: Too risky")
    assert kept(inn, match)["reason"] == "risk"


def test_the_reason_and_the_order_are_told_without_scripts(inn: Inn) -> None:
    match, uncertain = departed(inn), doubt(inn)
    erin = inn.visitor("erin", scripts=False, size=PHONE)
    page = erin.opens("/learning")
    expect(page.get_by_role("button", name="None of them")).to_have_count(1)
    erin.presses("1, expiry 2012-01-20, strike 420")
    erin.sees("Noted: sell call AAPL: 1, expiry 2012-01-20, strike 420")
    erin.is_for_everybody()
    erin.fits()
    page.get_by_role("link", name="Back").first.click()
    assert kept(inn, uncertain)["orders"] == ["o-2/U-erin/aapl"]
    erin.opens("/learning/matches?show=open")
    row = erin.row("Sell 1").filter(has_text="425 → 430")
    row.get_by_text("Say why").click()
    erin.presses("Wrong moment", row)
    erin.sees("Noted: Wrong moment")
    assert kept(inn, match)["reason"] == "timing"


def test_which_order_it_was_is_asked_first_and_settled(inn: Inn) -> None:
    departed(inn)
    match = doubt(inn)
    erin = inn.visitor("erin", size=NARROW)
    page = erin.opens("/learning")
    first = page.get_by_role("article").first
    expect(first).to_contain_text("Which was it?")
    erin.fits()
    erin.presses("None of them", first)
    erin.sees("Noted: none of them.")
    assert kept(inn, match).get("orders") is None
    assert kept(inn, match)["settled_by"] == "erin"


@pytest.mark.parametrize("scripts", [True, False])
def test_a_candidate_is_decided_with_a_reason(inn: Inn, scripts: bool) -> None:
    habit(inn)
    proposed(inn)
    erin = inn.visitor("erin", scripts=scripts)
    page = erin.opens("/learning")
    offer = page.get_by_role("listitem").filter(has=page.get_by_role("button", name="Implement")).first
    title = offer.get_by_role("heading").inner_text()
    expect(page.get_by_role("heading", level=2).first).to_contain_text("To decide: ")
    expect(offer).to_contain_text("As of ")
    erin.presses("Reject", offer)
    erin.presses("I think it is chance")
    erin.sees(f"{title}: rejected")
    (record,) = [
        one for one in inn.running.services.reader.records(Wanted(records.CANDIDATE)) if one.status == "rejected"
    ]
    assert record.person == "erin"
    erin.opens("/learning")
    decided = page.get_by_role("region", name="Changes that were decided")
    expect(decided).to_contain_text(title)
    expect(decided).to_contain_text("erin")


def test_what_was_decided_is_counted_no_more_without_loading_the_page_anew(inn: Inn) -> None:
    habit(inn)
    proposed(inn)
    erin = inn.visitor("erin")
    page = erin.opens("/learning")
    waiting = page.get_by_role("listitem").filter(has=page.get_by_role("button", name="Implement"))
    count = waiting.count()
    for left in range(count - 1, -1, -1):
        offer = page.locator(f"[id='{waiting.first.get_attribute('id')}']")
        erin.presses("Implement", offer)
        erin.presses("I do it on purpose", offer)
        expect(offer.locator(".badge")).to_have_text("To be implemented")
        words = "To decide: " if left else "Changes to the algorithm"
        expect(page.get_by_role("heading", level=2).first).to_contain_text(words)
    erin.opens("/learning")
    expect(page.get_by_role("heading", level=2).first).to_have_text("Changes to the algorithm")


def test_a_pattern_that_is_not_proposed_yet_says_when_it_will_be(inn: Inn) -> None:
    habit(inn)
    erin = inn.visitor("erin", size=NARROW)
    erin.opens("/learning")
    erin.sees("to be proposed as a change to the algorithm")
    proposed(inn)
    page = erin.opens("/learning")
    expect(page.get_by_role("region", name="What they have in common")).not_to_contain_text("to be proposed")


# Digests and what was done


def test_a_digest_is_read_as_it_was_made_with_its_picture(inn: Inn) -> None:
    habit(inn)
    week = digested(inn)
    erin = inn.visitor("erin", size=PHONE)
    page = erin.opens("/learning")
    shown = page.get_by_role("region", name=f"The digest of {week}")
    image = shown.get_by_role("img")
    image.scroll_into_view_if_needed()
    erin.waits_until(lambda: image.evaluate("one => one.complete && one.naturalWidth") == 1080)
    assert image.get_attribute("alt")
    page.get_by_role("link", name="Read it whole").click()
    expect(page.get_by_role("heading", level=1)).to_contain_text(week)
    erin.sees("As it was made")
    answer = erin.opens("/learning/digests/2012-W31")
    expect(answer.get_by_role("heading", level=1)).to_have_text("No such digest")
    alice = inn.visitor("alice")
    alice.opens(f"/learning/digests/{week}")
    alice.sees("No such digest")


def test_what_was_done_is_found_by_month_label_and_subject(inn: Inn) -> None:
    habit(inn)
    erin = inn.visitor("erin")
    page = erin.opens("/learning/matches")
    expect(page.get_by_role("heading", name="March 2012")).to_be_visible()
    page.get_by_role("link", name="Earlier month").click()
    expect(page.get_by_role("heading", name="February 2012")).to_be_visible()
    page.get_by_text("Find", exact=True).first.click()
    page.get_by_label("What became of it").select_option(label="Rejected")
    page.get_by_label("Subject").fill("MSFT")
    erin.presses("Find")
    rows = page.get_by_role("article")
    expect(rows.first).to_contain_text("Rejected")
    assert all("MSFT" in one and "Rejected" in one for one in rows.all_inner_texts())
    expect(page.get_by_label("Subject")).to_have_value("MSFT")
    page.get_by_label("Subject").fill("NOSUCH")
    erin.presses("Find")
    erin.sees("Nothing like that")


@pytest.mark.parametrize(
    "path",
    [
        "/learning?days=x&source=%00&person=..%2f",
        "/learning/matches?month=9999-99&label=nothing&subject=%ff&show=x",
        "/learning/matches?month=2012-13",
        "/learning/digests/%2e%2e/picture.png",
        "/learning/digests/2012-W99/picture.png",
    ],
)
def test_an_address_that_somebody_made_up_is_a_page_in_words(inn: Inn, path: str) -> None:
    habit(inn)
    erin = inn.visitor("erin")
    erin.opens(path)
    expect(erin.page.get_by_role("heading", level=1)).to_have_count(1)


def test_hostile_words_of_a_program_are_text_in_tables_and_pictures(inn: Inn) -> None:
    name = '"><script>window.hit=1</script>'
    ones = [advice(f"h/{day}", BEGIN + day * DAY, "erin", subject=name, title=name) for day in range(12)]
    fills = [order(f"h/{day}", one.at + timedelta(minutes=1), "erin", subject=name) for day, one in enumerate(ones)]
    reconciled(inn.running, ones, fills)
    erin = inn.visitor("erin")
    for path in ("/learning", "/learning/matches"):
        erin.opens(path)
        assert erin.page.evaluate("window.hit") is None
        erin.fits()
    erin.opens("/learning")
    expect(erin.page.locator("#by-subject svg.wide")).to_contain_text("<script>")
