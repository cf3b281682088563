"""What people type: `/placet pending`, `show ID`, `approve ID` and the rest."""

from __future__ import annotations

import re
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from decimal import Decimal

from bot.ids import new_id
from bot.taps import modify, undoing, votes
from bot.taps.hearing import Hearing, Told, rows
from core import people as who
from core.card import Button, mark, time_left, value_text
from core.commands import Submit
from core.errors import Refused
from core.learning.week import read_week
from core.model import Away, Proposal
from core.ports import Filter
from core.registry import SetAway
from core.taps import Answer, Form, FormField
from core.text import cut, fault, normal
from core.token import Token
from core.typed import NotMeant, meant
from core.wording import reason_text

SHORT = 6
"""Characters of an id that lists show."""
_LISTED = 10
_LOOKED_THROUGH = 200
_SPAN = re.compile(r"(?P<count>[0-9]{1,3})(?P<unit>[hdw])")
_LONGEST_TITLE = 200
_LONGEST_SUGGESTIONS = 1_200
"""Characters that every platform shows in full, below the title."""
_AMOUNT = {"type": "number", "minimum": 0}
_COST = re.compile(r".*\s(?P<amount>[0-9]{1,15}(\.[0-9]{1,8})?) (?P<currency>[A-Za-z]{3,8})\W*", re.DOTALL)
_UNITS = {"h": timedelta(hours=1), "d": timedelta(days=1), "w": timedelta(weeks=1)}
HELP = """Placet puts what programs propose before you, and records what you decide.
pending – what waits for you
show ID – one request, with its buttons
approve ID, reject ID, modify ID – decide without the card
why ID – say why you decided as you did, or say it better
undo ID – take your vote back, while the rule leaves the time for it; withdraw ID – take back what you asked
ask WHAT – ask the others something yourself; say what it costs at the end (… 400 USD)
away 3d [PERSON] – be away for so long, perhaps with somebody standing in; back – be here again
link CODE – tell Placet that this account is yours
digest [WEEK] – what your overrides have in common, as it was said on Saturday
login – a link that signs you in on the web
An ID is what lists show: the last characters of it will do."""


async def command(hearing: Hearing) -> Answer:
    """Answer what was typed."""
    verb, _, rest = hearing.tap.text.strip().partition(" ")
    found = COMMANDS.get(verb.strip("/").lower() or "help")
    if found is None:
        raise Told(f"I do not know “{cut(verb, 30)}”. `help` lists what I understand.")
    return await found(hearing, rest.strip())


async def show_help(hearing: Hearing, rest: str) -> Answer:
    return Answer(HELP)


async def pending(hearing: Hearing, rest: str) -> Answer:
    """What this person may decide and has not yet, the most urgent first."""
    person = hearing.person
    asked = who.audience(person, hearing.registry.people)
    services = hearing.services
    page = await services.read(services.reader.page, Filter(audience=asked), None, _LOOKED_THROUGH)
    people, programs, now = hearing.registry.people, hearing.registry.programs, services.clock.now()
    mine = [request for request in page.items if who.waits_for(person, request, people, programs, now)]
    if not mine:
        return Answer("Nothing waits for you.")
    listed = mine[:_LISTED]
    lines = [
        f"{number}. {mark(r.ruling)}  {cut(r.proposal.title, 100)}\n    {time_left(r)} · {r.id[-SHORT:]}"
        for number, r in enumerate(listed, 1)
    ]
    more = "" if len(mine) == len(listed) else f"\n… and {len(mine) - len(listed)} more, less urgent"
    if page.cursor is not None:
        more = f"\n… and at least {len(mine) - len(listed)} more, less urgent"
    buttons = [
        Button("show", str(number), str(Token("show", r.id, r.revision.number))) for number, r in enumerate(listed, 1)
    ]
    head = "One request waits for you:" if len(mine) == 1 else f"{len(mine)} requests wait for you:"
    return Answer(head + "\n" + "\n".join(lines) + more, rows=rows(buttons, 5))


async def show(hearing: Hearing, rest: str) -> Answer:
    return Answer(card=await hearing.card(await hearing.named(rest)))


async def why(hearing: Hearing, rest: str) -> Answer:
    """The reason chips for one's own vote, with what was said so far."""
    request = await hearing.named(rest)
    vote = votes.latest(request, hearing.person.id)
    if vote is None:
        raise Told("You have not voted on this, so there is no vote to give a reason for.")
    words = await hearing.words(request)
    so_far = "; ".join(reason_text(reason, hearing.policy.reasons, words) for reason in vote.reasons)
    text = f"{request.proposal.title}: you said {vote.choice.value.replace('_', ' ')}."
    text += f"\nSo far: {so_far}" if so_far else ""
    return Answer(f"{text}\nWhy?", rows=hearing.chips(Token("why", request.id, vote.revision)))


async def ask(hearing: Hearing, rest: str) -> Answer:
    """Something that a person asks the others; never theirs to decide."""
    if not rest:
        return Answer(form=_asking(hearing, {}, {}))
    cost = _COST.fullmatch(rest)
    known = cost is not None and cost["currency"].upper() == hearing.policy.currency
    return await _submit(hearing, rest, cost["amount"] if cost is not None and known else "")


async def form(hearing: Hearing) -> Answer:
    """The form of `ask`, filled in."""
    values = hearing.tap.values
    if "what" not in values:
        return Answer(form=_asking(hearing, {}, {}))
    return await _submit(hearing, values["what"], values.get("amount", ""))


def _asking(hearing: Hearing, values: Mapping[str, str], wrong: Mapping[str, str]) -> Form:
    hint = "One sentence that says what is to be decided"
    what = FormField("what", "What do you ask?", "lines", values.get("what", ""), hint=hint, longest=_LONGEST_TITLE)
    amount = FormField(
        "amount", f"Amount in {hearing.policy.currency}, if any", "number", values.get("amount", ""), required=False
    )
    fields = (what,) if hearing.fields == 0 else (what, amount)
    marked = tuple(replace(one, error=wrong.get(one.name, "")) for one in fields)
    return Form(str(Token("ask")), "Ask", marked, submit="Ask")


async def _submit(hearing: Hearing, what: str, amount: str) -> Answer:
    title, wrong = normal(" ".join(what.split())), {}
    if problem := "must be said" if not title else fault(title, longest=_LONGEST_TITLE, joiners=True):
        wrong["what"] = problem
    size: Decimal | None = None
    if amount.strip():
        try:
            size = Decimal(meant(_AMOUNT, amount))
        except NotMeant as problem:
            wrong["amount"] = str(problem)
    if wrong:
        return Answer(form=_asking(hearing, {"what": what, "amount": amount}, wrong))
    currency = hearing.policy.currency if size is not None else None
    proposal = Proposal("ask", "by hand", title, amount=size, currency=currency)
    command = Submit(hearing.command, hearing.actor, new_id("req"), hearing.digest, proposal=proposal)
    request = await hearing.must(command)
    lines = [f"Asked: {title}", f"{mark(request.ruling)} · {time_left(request)} · {request.id[-SHORT:]}"]
    if broken := hearing.policy.broken_limits(proposal, {}):
        lines.append(f"As it stands nobody can approve it, for it breaks a hard limit: {'; '.join(broken)}.")
    return Answer("\n".join(lines))


async def away(hearing: Hearing, rest: str) -> Answer:
    """`3d`, `2026-12-01`, and who stands in."""
    span, _, delegate = rest.partition(" ")
    now = hearing.services.clock.now()
    if not span:
        current = hearing.person.away
        if current is not None and hearing.person.is_away(now):
            stands_in = f", and {current.delegate} stands in for you" if current.delegate else ""
            return Answer(f"You are away until {current.until:%d %b, %H:%M} UTC{stands_in}. `back` ends it.")
        return Answer("You are here. `away 3d`, `away 12h bob` or `away 2026-12-01` says otherwise.")
    if span == "back":
        return await back(hearing, "")
    until = _until(span, now)
    if until is None:
        raise Told("Say for how long: `away 12h`, `away 3d`, `away 2w`, or until which day: `away 2026-12-01`.")
    delegate = delegate.strip().lstrip("@").lower()
    await _set_away(hearing, Away(until, delegate or None))
    stands_in = f"; {delegate} stands in with your authority, no more" if delegate else ""
    return Answer(f"You are away until {until:%d %b, %H:%M} UTC{stands_in}. `back` ends it.")


async def back(hearing: Hearing, rest: str) -> Answer:
    await _set_away(hearing, None)
    return Answer("You are here again.")


async def _set_away(hearing: Hearing, away: Away | None) -> None:
    command = SetAway(hearing.command, hearing.actor, "", hearing.digest, hearing.person.id, away)
    outcome = await hearing.ask(command)
    if isinstance(outcome, Refused):
        raise await hearing.no(outcome, "")


def _until(span: str, now: datetime) -> datetime | None:
    if found := _SPAN.fullmatch(span.lower()):
        return now + int(found["count"]) * _UNITS[found["unit"]]
    try:
        day = datetime.fromisoformat(span)
    except ValueError:
        return None
    try:
        return day.astimezone(UTC) if day.tzinfo is not None else day.replace(tzinfo=UTC)
    except OverflowError:
        return None


def _decided_by_hand(
    verb: str, do: Callable[[Hearing], Awaitable[Answer]]
) -> Callable[[Hearing, str], Awaitable[Answer]]:
    """`approve ID`: the same as the press of the button on the card as it stands now."""

    async def typed(hearing: Hearing, rest: str) -> Answer:
        request = await hearing.named(rest)
        return await do(hearing.about(Token(verb, request.id, request.revision.number)))

    return typed


async def login(hearing: Hearing, rest: str) -> Answer:
    """A link to the web inbox, for the eyes of whoever asks alone: who opens it decides as they do."""
    if not hearing.tap.alone:
        raise Told("A link that signs you in is for you alone: ask for it in the chat with me alone.")
    services = hearing.services
    if not (services.public_url or services.address):
        raise Told("I do not know the address of the web inbox. Its keeper sets it with PLACET_PUBLIC_URL.")
    offer = await services.passes.let_in(hearing.actor, hearing.person.id)
    if isinstance(offer, Refused):
        raise await hearing.no(offer, "")
    where = (
        "" if services.public_url else "\nIt is good on the machine where Placet runs, for no other address is known."
    )
    link = services.link(f"/enter?code={offer.secret}")
    return Answer(f"This signs you in, once, within 15 minutes. Show it to nobody else:\n{link}{where}")


async def digest(hearing: Hearing, rest: str) -> Answer:
    """The latest digest of whoever asks, or that of the week they name; the buttons are for what still is open."""
    jobs = hearing.services.jobs
    if jobs is None:
        raise Told("Placet is only just starting: try again in a moment.")
    if not hearing.tap.alone:
        raise Told("What your overrides have in common is for you alone: ask for it in the chat with me alone.")
    if rest:
        try:
            record = await jobs.digests.find(hearing.person.id, read_week(rest))
        except ValueError as problem:
            raise Told(f"“{cut(rest, 30)}” {problem}.") from None
    else:
        record = next(iter(await jobs.digests.of(hearing.person.id)), None)
    if record is None:
        raise Told("There is no digest of that week." if rest else "There is no digest of you yet.")
    return Answer(str(record.body["text"]))


COMMANDS: dict[str, Callable[[Hearing, str], Awaitable[Answer]]] = {
    "help": show_help,
    "start": show_help,
    "pending": pending,
    "show": show,
    "why": why,
    "ask": ask,
    "away": away,
    "back": back,
    "login": login,
    "digest": digest,
    "approve": _decided_by_hand("approve", votes.approve),
    "reject": _decided_by_hand("reject", votes.reject),
    "modify": _decided_by_hand("modify", modify.modify),
    "undo": _decided_by_hand("undo", undoing.undo),
    "withdraw": _decided_by_hand("withdraw", undoing.withdraw),
}


async def more(hearing: Hearing) -> Answer:
    """What stands behind the card, and the choices that are needed less often."""
    request = await hearing.request(hearing.token.about)
    proposal = request.proposal
    lines = [proposal.title, f"id {request.id}, revision {request.revision.number}"]
    if proposal.summary:
        lines.append(cut(proposal.summary, 900))
    lines += [f"{name}: {cut(value_text(value), 120)}" for name, value in list(request.context.items())[:12]]
    words = await hearing.words(request)
    for vote in request.votes:
        why = "; ".join(reason_text(reason, hearing.policy.reasons, words) for reason in vote.reasons)
        note = f" – {cut(words[vote.note], 200)}" if vote.note and vote.note in words else ""
        back = ", taken back" if vote.taken_back is not None else ""
        lines.append(f"{vote.person}: {vote.choice.value.replace('_', ' ')}{back}{f' ({why})' if why else ''}{note}")
    revision = request.revision.number
    buttons, suggested, room = [], [], _LONGEST_SUGGESTIONS
    if request.pending:
        for suggestion in request.suggestions:
            # Somebody may suggest twice, and a button has no room for long names.
            one = f"{suggestion.number}. " if len(request.suggestions) > 1 else ""
            label = f"Adopt {one}{suggestion.person}" if one else f"Adopt what {suggestion.person} suggests"
            values = ", ".join(f"{name} {value_text(value)}" for name, value in suggestion.parameters.items())
            if (room := room - len(values)) < 0:
                suggested.append(f"{one}{suggestion.person} suggests more than can be shown here: see the web inbox")
                continue
            suggested.append(f"{one}{suggestion.person} suggests: {values}")
            adopting = Token("adopt", request.id, revision, str(suggestion.number))
            buttons.append(Button("adopt", cut(label, 40), str(adopting)))
        buttons.append(Button("changes", "Ask for changes", str(Token("changes", request.id, revision))))
        buttons.append(Button("abstain", "Abstain", str(Token("abstain", request.id, revision))))
        if request.asked_by(hearing.actor):
            buttons.append(Button("withdraw", "Withdraw", str(Token("withdraw", request.id, revision))))
    # First what can be adopted: where the text is too long for a platform, its end is what is cut.
    return Answer("\n".join((*lines[:2], *suggested, *lines[2:])), rows=rows(buttons, 2))


async def open_one(hearing: Hearing) -> Answer:
    """A request out of a list."""
    return Answer(card=await hearing.card(await hearing.request(hearing.token.about)))
