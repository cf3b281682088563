"""`core.ports.Taps`: who taps, what it means, and an answer whatever happens."""

from __future__ import annotations

import asyncio
import logging
from collections import deque
from collections.abc import Awaitable, Callable
from dataclasses import replace

from bot.desk import Closing, NotCertain, Overloaded
from bot.ids import code_digest, looks_like_code, new_id
from bot.services import Services
from bot.taps import batch, candidates, commands, difference, matches, modify, undoing, votes
from bot.taps.hearing import DRAFT_LASTS, NOT_OURS, WEB, Hearing, Told, account_of, sentence
from core.accounts import LinkAccount
from core.channels import PERSON
from core.commands import CastVote
from core.engine import CLOCK, Bookkeeping, Done
from core.errors import Refused, StoreFull, StoreUnavailable
from core.model import Account, Actor, ActorKind
from core.ports import Draft
from core.queue import QUEUE
from core.taps import Answer, Form, Tap
from core.token import Token, read_token

QUESTION = "question"
_MOST_TRIES, _TRIES_WITHIN = 5, 600.0
_STRANGER = (
    "I do not know whose account this is, so nothing was counted. If you are to decide here, make a code with "
    "`placet people link` (or ask an administrator for one), then send me `/placet link CODE`."
)
log = logging.getLogger("placet.taps")

_PRESSES: dict[str, Callable[[Hearing], Awaitable[Answer]]] = {
    "approve": votes.approve,
    "reject": votes.reject,
    "abstain": votes.abstain,
    "changes": votes.changes,
    "adopt": votes.adopt,
    "why": votes.why,
    "agree": votes.agree,
    "modify": modify.modify,
    "edit": modify.edit,
    "field": modify.field,
    "set": modify.choose,
    "preset": modify.preset,
    "back": modify.back,
    "done": modify.done,
    "confirm": difference.confirm,
    "drop": difference.drop,
    "batch": batch.decide,
    "chosen": batch.chosen,
    "undo": undoing.undo,
    "withdraw": undoing.withdraw,
    "more": commands.more,
    "show": commands.open_one,
    "ask": commands.form,
    "mwhy": matches.why,
    "magree": matches.agree,
    "mpick": matches.pick,
    "mnone": matches.none,
    **dict.fromkeys(candidates.VERBS, candidates.press),
}
_ON_CARDS = frozenset({"approve", "reject", "modify", "undo", "more"})


class TapDesk:
    """`fields`: how many fields a form has on a platform. `channel_at`: which of our channels a chat is, if any."""

    def __init__(
        self,
        services: Services,
        fields: Callable[[str], int | None],
        channel_at: Callable[[str, str], str | None],
    ) -> None:
        self._services = services
        self._fields = fields
        self._channel_at = channel_at
        self._tries: dict[Account, deque[float]] = {}

    async def tap(self, tap: Tap) -> Answer:
        """Do what was asked, durably, and say what came of it."""
        try:
            return await self._answer(tap)
        except Told as told:
            return told.answer
        except (Overloaded, Closing) as problem:
            return Answer(f"{problem} Nothing of this was recorded.", refused=True)
        except StoreFull:
            return Answer("Placet's database has no room left, so nothing was recorded. Tell its keeper.", refused=True)
        except (NotCertain, StoreUnavailable):
            return Answer(
                "Placet's database does not answer, so it is not certain that this was recorded. "
                "The card will show how it stands; tap again if it does not change.",
                refused=True,
            )
        except Exception:
            log.exception("a tap on %s failed", tap.platform)
            return Answer(
                "Something went wrong here. The card shows how it stands; tap again if it must be.", refused=True
            )

    async def asked(self, tap: Tap, form: Form, ref: str) -> None:
        """Remember the question that stands in a message, so that a reply to it is understood after any restart."""
        person = self._person(tap)
        if person is None:
            return
        until = self._services.clock.now() + DRAFT_LASTS
        body = {"token": form.token, "field": form.fields[0].name}
        draft = Draft(_question(tap.platform, ref), person, QUESTION, body, until)
        keep = Bookkeeping(new_id("cmd"), CLOCK, "", apply=lambda tx: tx.keep_draft(draft))
        try:
            await self._services.ask(keep)
        except (StoreUnavailable, NotCertain, Overloaded, Closing) as problem:
            log.warning("a question on %s could not be remembered: %s", tap.platform, problem)

    async def _answer(self, tap: Tap) -> Answer:
        words = tap.text.split()
        first = words[0].strip("/").lower() if words else ""
        code = "".join(words[1:])
        # Telegram's own links begin a chat with `/start` and something: a code, or nothing that means anything.
        if not tap.reply_to and code and (first == "link" or (first == "start" and looks_like_code(code))):
            return await self._link(tap, code)
        if first == "link" and not tap.reply_to:
            raise Told("The code is missing, as in `/placet link K7QF-93WD`. `placet people link` makes one.")
        person = self._person(tap)
        found = self._services.registry().people.get(person or "")
        if found is None or not found.active:
            if first in ("help", "start"):
                return Answer(f"{_STRANGER}\n\n{commands.HELP}")
            stranger = Actor(ActorKind.PERSON, str(account_of(tap)), tap.platform)
            refused = Refused("unknown_person", _STRANGER)
            self._services.refused(CastVote(f"tap:{tap.platform}:{tap.id}", stranger, ""), refused)
            raise Told(_STRANGER)
        hearing = Hearing(self._services, tap, Token("none"), found, self._fields(tap.platform))
        if tap.reply_to:
            return await self._reply(hearing)
        if not tap.token:
            return await commands.command(hearing)
        token = read_token(tap.token)
        if token is None:
            raise Told(NOT_OURS)
        return await self._press(hearing.about(token))

    async def _press(self, hearing: Hearing) -> Answer:
        token, tap = hearing.token, hearing.tap
        own = PERSON + hearing.person.id if tap.alone else None
        channel = self._channel_at(tap.platform, tap.chat) or own
        if token.verb == "all":
            return await batch.everything(hearing, channel)
        press = _PRESSES.get(token.verb)
        if press is None:
            raise Told(NOT_OURS)
        try:
            return await press(hearing)
        finally:
            # A button of a card carries no argument: one that does stands in an answer, which must not become a card.
            if channel is not None and tap.ref and token.verb in _ON_CARDS and not token.argument:
                await self._adopt(token.about, channel, tap.ref)

    async def _adopt(self, request: str, channel: str, ref: str) -> None:
        """A second card of the request, left by a crash, is kept up to date from its first tap on."""
        services = self._services
        try:
            posts = await services.read(services.reader.posts_of, request)
            for post in posts:
                if post.channel != channel or post.ref is None or ref in (post.ref, *post.also):
                    continue
                # Whoever makes a token of their own must not lay one card over another.
                if not (await self._stands_at(channel, ref) or await self._stands_at(channel, QUEUE + ref)):
                    adopt = Bookkeeping(new_id("cmd"), CLOCK, "", apply=lambda tx: tx.adopt(request, channel, ref))
                    await services.ask(adopt)
        except (StoreUnavailable, NotCertain, Overloaded, Closing, asyncio.CancelledError) as problem:
            log.warning("a second card in %s could not be remembered: %s", channel, problem)

    async def _stands_at(self, channel: str, ref: str) -> bool:
        return bool(await self._services.read(self._services.reader.posts_at, channel, ref))

    async def _reply(self, hearing: Hearing) -> Answer:
        """A typed answer to a question of ours."""
        tap, services = hearing.tap, self._services
        name = _question(tap.platform, tap.reply_to)
        draft = await services.read(services.reader.draft, name, services.clock.now())
        if draft is None or draft.kind != QUESTION:
            if tap.alone:
                return await commands.command(hearing)
            raise Told("This question is over. Begin again from the card.")
        if draft.person != hearing.person.id:
            raise Told("This question was for somebody else.")
        token = read_token(str(draft.body["token"]))
        if token is None:
            raise Told(NOT_OURS)
        filled = replace(tap, token=str(token), values={str(draft.body["field"]): tap.text})
        answer = await self._press(replace(hearing, tap=filled, token=token))
        if answer.form is None:
            await hearing.drop(name)
        # What was typed stands in the chat: nothing there can take its place.
        return replace(answer, instead=False)

    def _person(self, tap: Tap) -> str | None:
        if tap.platform == WEB:
            return tap.user
        link = self._services.registry().accounts.links.get(account_of(tap))
        return link.person if link else None

    async def _link(self, tap: Tap, code: str) -> Answer:
        """A one-time code: whoever shows it is whom it was made for."""
        account = account_of(tap)
        now = asyncio.get_running_loop().time()
        tries = self._tries.setdefault(account, deque(maxlen=_MOST_TRIES))
        if len(tries) == _MOST_TRIES and now - tries[0] < _TRIES_WITHIN:
            raise Told("Those were too many codes. Wait ten minutes, then make a new one.")
        tries.append(now)
        if len(self._tries) > 10_000:
            self._tries = {account: tries}
        actor = Actor(ActorKind.SYSTEM, "link", tap.platform)
        digest = code_digest(code)
        command = LinkAccount(f"tap:{tap.platform}:{tap.id}", actor, "", digest, account=account, code=digest)
        outcome = await self._services.ask(command)
        if not isinstance(outcome, Done):
            raise Told(sentence(outcome) if isinstance(outcome, Refused) else "Placet failed on this; look at its log.")
        self._tries.pop(account, None)
        link = self._services.registry().accounts.links.get(account)
        who = link.person if link else "somebody"
        return Answer(f"This account is now {who}'s. `pending` lists what waits for you, `help` everything else.")


def _question(platform: str, ref: str) -> str:
    return f"question:{platform}:{ref}"
