"""The digest in words: what is new first, then the numbers, each with what it rests on.

Written to be read aloud, or on a phone while the coffee is made: no tables, no abbreviations, and at most 3,500
characters, so that every chat shows it whole.
"""

from __future__ import annotations

from collections.abc import Sequence
from decimal import Decimal
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

from core.card import Button
from core.learning.aloud import (
    about,
    amount,
    capital,
    count,
    day_of,
    duration,
    listed,
    moment_in,
    of_them,
    share,
    times,
    to_one,
)
from core.learning.counting import Counts
from core.learning.digest import Digest, Habit, Offer
from core.learning.effects import FEWEST
from core.learning.sums import Money
from core.note import Note, Section
from core.text import cut

if TYPE_CHECKING:
    from core.learning.paired import Paired

LONGEST = 3_500
_LONGEST_LINE = 320
_ENOUGH = 5
"""Recommendations in a week, and such weeks, before one is compared with the others."""
_MOST = 3
"""Of each kind; the others are on the web."""
_STATES = {
    "proposed": "waits for your decision",
    "implement": "to be implemented",
    "implemented": "implemented; what comes of it is watched",
    "validating": "is being tried out on what is exposed to it",
    "deferred": "put off",
    "rejected": "rejected",
    "kept": "was tried out and kept",
    "rolled_back": "was tried out and rolled back",
    "modified": "was tried out and is to be changed",
    "extended": "is being tried out for longer",
    "inconclusive": "was tried out for twelve weeks and cannot be told from chance",
}


def as_note(
    digest: Digest, *, picture: bytes = b"", rows: Sequence[Sequence[Button]] = (), labels: dict[str, str] | None = None
) -> Note:
    """The digest as it is said. `rows`: buttons for what can be decided; `labels`: what orders are called."""
    sections = [
        Section("New", _new(digest)),
        Section("Recommendations", _advice(digest)),
        Section("Money", _money(digest)),
        Section("Habits", _habits(digest)),
        Section("To decide", _offers(digest)),
        Section("To settle", _unsettled(digest, labels or {})),
        Section("Answers", _answers(digest)),
    ]
    kept = [Section(one.title, tuple(cut(line, _LONGEST_LINE) for line in one.lines)) for one in sections if one.lines]
    note = Note(
        id=f"digest:{digest.person}:{digest.week}",
        title=f"Your overrides, {digest.week}",
        sections=tuple(kept),
        foot=_foot(digest),
        picture=picture,
        alt=alt(digest) if picture else "",
        rows=tuple(tuple(row) for row in rows),
    )
    return _short(note)


def text(note: Note) -> str:
    """The note as plain text."""
    parts = [note.title, *("\n".join((one.title, *one.lines)) for one in note.sections), note.foot]
    return "\n\n".join(part for part in parts if part)


def _short(note: Note) -> Note:
    """Without the last lines of the longest sections, until it is short enough."""
    while len(text(note)) > LONGEST:
        sizes = [sum(map(len, one.lines)) if len(one.lines) > 1 else 0 for one in note.sections]
        if not any(sizes):
            break
        place = sizes.index(max(sizes))
        chosen = note.sections[place]
        lines = [line for line in chosen.lines if line != _REST][:-1]
        shorter = Section(chosen.title, (*lines, _REST))
        sections = (*note.sections[:place], shorter, *note.sections[place + 1 :])
        if sections == note.sections:
            break
        note = Note(note.id, note.title, sections, note.foot, note.picture, note.alt, note.rows)
    return note


_REST = "… more on the web."


# What is new


def _new(digest: Digest) -> tuple[str, ...]:
    lines = []
    if digest.first:
        lines.append(
            "This is your first digest: what follows is known of you so far, and nothing is changed by itself."
        )
    since, until = digest.since.date(), digest.until.date()
    fresh = [one for one in digest.habits if one.since is not None and since <= one.since <= until]
    lines += [f"A pattern: {one.sentence}" for one in fresh if one.level == "pattern"]
    lines += [f"A hint, no more yet: {one.sentence}" for one in fresh if one.level == "hint"]
    for one in digest.offers:
        if _is_news(one, digest):
            lines.append(f"{one.title}: {_state(one)}.")
    if digest.corrected:
        lines.append(
            f"{count(digest.corrected, 'label')} of earlier weeks changed, for more is known of what was done."
        )
    if digest.catching_up:
        lines.append(
            f"Placet was not running when {listed(digest.catching_up)} came due; "
            "`placet digest` with the week shows it."
        )
    if not lines and digest.counts.recommendations:
        lines = _otherwise(digest)
    return tuple(lines)


def _otherwise(digest: Digest) -> list[str]:
    """Of a week without news: what stands out in it as a number, or what still waits."""
    lines = []
    chart = digest.chart
    shares = [hits / of if of >= _ENOUGH else None for hits, of in zip(chart.diverged, chart.of, strict=True)]
    before = [share for share in shares[:-1] if share is not None]
    if shares and shares[-1] is not None and len(before) >= _ENOUGH:
        now = shares[-1]
        for word, beyond in (("Most", now > max(before)), ("Fewest", now < min(before))):
            if beyond:
                since = count(len(chart.weeks) - 1, "week")
                lines.append(f"{word} departures in {since}: {share(chart.diverged[-1], chart.of[-1])}.")
    waiting = [one for one in digest.offers if one.state == "proposed"]
    if waiting:
        oldest = min(one.moved_at for one in waiting).astimezone(ZoneInfo(digest.zone))
        what = "One candidate still waits" if len(waiting) == 1 else f"{len(waiting)} candidates still wait"
        lines.append(f"{what} for your decision, since {day_of(oldest)}.")
    return lines or ["Nothing: a week like the ones before."]


# What became of the advice


def _advice(digest: Digest) -> tuple[str, ...]:
    counts = digest.counts
    if not counts.recommendations:
        alone = _independent(counts)
        return ("No recommendation came to its end this week, so there was nothing to follow or to change.", *alone)
    lines = [_became(counts)]
    if counts.imported:
        every = "All of them are" if counts.imported == counts.recommendations else f"{counts.imported} of them are"
        lines.append(f"{every} imported history, with dates of their own.")
    lines += _independent(counts)
    if counts.decided >= _ENOUGH and digest.usual[1] >= 20:
        lines.append(
            f"Of what you decided you departed from {share(counts.diverged, counts.decided)}; "
            f"in the twelve weeks before from {share(*digest.usual)}."
        )
    if digest.by_word and not digest.executions:
        lines.append("No executions are known of this week: the labels rest on what you answered alone.")
    return tuple(lines)


def _became(counts: Counts) -> str:
    named = [
        (counts.consent, "followed"),
        (counts.modify, "modified"),
        (counts.reject + counts.ignored, "rejected"),
        (counts.no_action, "over without you"),
        (counts.ambiguous, "not certain until you say"),
    ]
    if counts.recommendations == 1:
        how = next(word for number, word in named if number)
        silent = " in silence" if counts.ignored else ""
        return f"1 recommendation: {how}{silent}."
    parts = [
        f"{number} {word}" + (f" ({counts.ignored} in silence)" if word == "rejected" and counts.ignored else "")
        for number, word in named
        if number
    ]
    return f"{counts.recommendations} recommendations: {listed(parts)}."


def _independent(counts: Counts) -> tuple[str, ...]:
    if not counts.independent:
        return ()
    return (f"Beside them {count(counts.independent, 'trade')} of your own, without a recommendation.",)


# Money


def _money(digest: Digest) -> tuple[str, ...]:
    lines = []
    for money in digest.money:
        lines += _sums(money)
    if not digest.money and digest.counts.recommendations:
        lines.append("Nothing of this week can be priced yet.")
    lines += [_edge(one) for one in digest.paired]
    return tuple(lines)


def _sums(money: Money) -> list[str]:
    lines = []
    if money.came:
        lines.append(
            f"Results that came in this week, of {count(money.came, 'recommendation')}: "
            f"{amount(money.done, money.currency)} as you did it, {amount(money.advised, money.currency)} as advised."
        )
    if money.unadvised is not None:
        lines.append(f"Your own trades brought {amount(money.unadvised, money.currency)}.")
    if money.of:
        missing = money.of - money.priced - money.open
        rest = [f"{money.open} still running"] if money.open else []
        rest += [f"{missing} without a price"] if missing else []
        lines.append(
            f"Of this week's own, priced so far: {money.priced} of {money.of}"
            + (f" ({listed(rest)})." if rest else ".")
        )
    return lines


def _edge(one: Paired) -> str:
    pairs = f"{count(one.mean.n, 'departure')} that could be priced both ways"
    if one.mean.n < FEWEST:
        return f"Whether your changes pay is undetermined: {pairs}, and it takes at least {FEWEST}."
    mean, low, high = (Decimal(str(value)) for value in (one.mean.value, one.mean.low, one.mean.high))
    between = f"{amount(mean, one.currency)} each ({amount(low, '')} to {amount(high, '')}, 95 %), over {pairs}"
    if not one.undetermined:
        verb = "better" if one.edge.mean.value > 0 else "worse"
        return f"Your changes do {verb} than the advice: {between}, from the beginning."
    further, needed = "", one.edge.needed
    if needed is not None:
        many = "thousands more bets" if needed >= 5_000 else f"about {about(needed)} more bets"
        further = f"; it would take {many} (one is what you do with one name in one week) to tell"
    return f"Whether your changes pay is undetermined: {between}{further}."


# Habits and what is offered


def _habits(digest: Digest) -> tuple[str, ...]:
    patterns = [one for one in digest.habits if one.level == "pattern"]
    hints = [one for one in digest.habits if one.level == "hint"]
    # What is new was said above; a habit that is known is told by its name and its evidence.
    since, until = digest.since.date(), digest.until.date()
    lines = []
    for one in patterns[:_MOST]:
        known = one.since is None or not since <= one.since <= until
        sentence = one.sentence if known else f"{capital(one.name)} (new, above)."
        lines.append(f"{sentence} {_evidence(one)}")
    for one in hints[:_MOST]:
        wait = f", {count(one.weeks_to_go, 'week')} to go at this rate" if one.weeks_to_go else ""
        lines.append(f"Watching “{one.name}”: {to_one(one.evidence)}, a pattern from {to_one(one.threshold)}{wait}.")
    more = max(0, len(patterns) - _MOST) + max(0, len(hints) - _MOST)
    if more:
        lines.append(f"… and {more} more on the web.")
    if not lines and digest.counts.recommendations:
        lines.append("No habit shows so far that could not be chance.")
    return tuple(lines)


def _evidence(one: Habit) -> str:
    said = f"Evidence {to_one(one.evidence)} ({to_one(one.threshold)} is asked for)."
    if one.evidence < one.threshold and one.since is not None:
        said = f"Evidence {to_one(one.evidence)} now; it had passed {to_one(one.threshold)} by {day_of(one.since)}."
    if one.explained_by:
        said += f" Explained by {one.explained_by}."
    return f"{said} {one.remark}".strip()


def _offers(digest: Digest) -> tuple[str, ...]:
    waiting = [one for one in digest.offers if one.state == "proposed"]
    running = [
        one for one in digest.offers if one.state in ("implement", "implemented", "validating", "extended", "deferred")
    ]
    numbers = len(waiting) > 1
    lines = [(f"{number}. " if numbers else "") + _offer(one, digest) for number, one in enumerate(waiting[:_MOST], 1)]
    if len(waiting) > _MOST:
        lines.append(f"… and {len(waiting) - _MOST} more on the web.")
    lines += [f"{one.title}: {_state(one)}." for one in running[:_MOST] if not _is_news(one, digest)]
    return tuple(lines)


def _offer(one: Offer, digest: Digest) -> str:
    """In full when it is new; later by its name, for its numbers were frozen then and stand on the web."""
    if _is_news(one, digest) or not one.words:
        return f"{one.title}. {one.words}".strip()
    return f"{one.title}, proposed on {day_of(one.moved_at.astimezone(ZoneInfo(digest.zone)))}."


def _is_news(one: Offer, digest: Digest) -> bool:
    return (digest.told_since or digest.since) < one.moved_at <= max(digest.until, digest.made_at)


def _state(one: Offer) -> str:
    said = _STATES.get(one.state, one.state.replace("_", " "))
    return f"{said} ({one.words.rstrip('.')})" if one.words and one.state != "proposed" else said


def _unsettled(digest: Digest, labels: dict[str, str]) -> tuple[str, ...]:
    lines = []
    for one in digest.unsettled[:_MOST]:
        orders = [labels.get(order, order) for order in one.might_be]
        which = f": {listed(orders[:3], 'or')}?" if orders else "?"
        lines.append(f"Which of your trades belongs to “{cut(one.title, 80)}”{which}")
    if len(digest.unsettled) > _MOST:
        lines.append(f"… and {len(digest.unsettled) - _MOST} more on the web.")
    if lines:
        lines.append("Until you say, these are left out of the search for habits.")
    return tuple(lines)


# How people were asked


def _answers(digest: Digest) -> tuple[str, ...]:
    lines = []
    if digest.asked:
        line = f"You were asked {times(digest.asked)} and answered {of_them(digest.answered, digest.asked)}"
        if digest.median_seconds is not None:
            line += f", half of them within {duration(digest.median_seconds)}"
        lines.append(line + ".")
    if digest.without_reason:
        lines.append(f"{count(digest.without_reason, 'departure')} without a reason: one tap would say why.")
    if digest.late_reasons:
        lines.append(f"{count(digest.late_reasons, 'reason')} for earlier decisions came in this week.")
    return tuple(lines)


def span(digest: Digest) -> str:
    """What it tells of, in the time of its person."""
    zone = ZoneInfo(digest.zone)
    place = "" if digest.zone == "UTC" else f", {digest.zone.rpartition('/')[2].replace('_', ' ')}"
    return f"{moment_in(digest.since, zone)} to {moment_in(digest.until, zone)}{place}"


def _foot(digest: Digest) -> str:
    proof = f", entry {digest.last_entry[:16]}" if digest.last_entry else ""
    return f"{span(digest)}. Journal position {digest.position}{proof}. Nothing is changed by itself."


def alt(digest: Digest) -> str:
    """What the picture shows, for those who do not see it."""
    chart = digest.chart
    if not chart.weeks:
        return "An empty chart: nothing is known yet."
    last = f"{chart.diverged[-1]} of {chart.of[-1]}" if chart.of[-1] else "none"
    said = (
        f"Above: the share you departed from of what you decided, by week, {chart.weeks[0]} to {chart.weeks[-1]}; "
        f"{sum(chart.diverged)} of {sum(chart.of)} in all, {last} in the last week."
    )
    if chart.pairs:
        done, advised = Decimal(str(chart.done[-1])), Decimal(str(chart.advised[-1]))
        said += (
            f" Below: results added up over {count(chart.pairs, 'recommendation')} priced both ways, "
            f"{amount(done, chart.currency)} as done and {amount(advised, chart.currency)} as advised."
        )
    return said
