"""One tap of somebody who is known: who it is, and what can be asked of the house in answering it."""

from __future__ import annotations

import hashlib
import logging
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import timedelta

from bot.desk import Closing, NotCertain, Overloaded
from bot.ids import new_id
from bot.services import Services
from core.card import Button, Card
from core.commands import CastVote, Command, TakeBack
from core.engine import CLOCK, Bookkeeping, Done, Failed
from core.errors import PlacetError, Refused, StoreUnavailable
from core.model import Account, Actor, ActorKind, Json, Person
from core.policy import Policy
from core.ports import Draft, Filter
from core.registry import Registry
from core.request import Request
from core.taps import Answer, Tap
from core.token import Token, guard_of
from core.world import World

log = logging.getLogger("placet.taps")
DRAFT_LASTS = timedelta(hours=24)
CHIPS_IN_A_ROW = 2
MOST_CHIPS = 20
WEB = "web"
"""The platform of the taps of our own pages: their `user` is a person, who is signed in there."""
PRIVATE = "."
"""The argument of the buttons of a card that one person alone sees."""
SHORTEST_ID = 4
_ID = re.compile(r"req_[0-9a-z]{26}")
_END = re.compile(rf"[0-9a-z]{{{SHORTEST_ID},26}}")
_LOOKED_THROUGH = 500
NOT_OURS = "This button is not one of ours, or of a version that is long gone. Nothing was counted."
_TAKEN_BACK_SINCE = "You have taken this back since, and it counts no more. Vote again on the card as it stands now."
_VOTED_SINCE = "You have voted again since, and that vote stands. Undo it with the button of its own answer."
_NOT_RECORDED = "Placet failed on this and recorded nothing of it. Its log says why."


class Told(PlacetError):
    """The tap is answered, with a no: raised where the answer is found, shown by the desk."""

    def __init__(self, text: str, card: Card | None = None) -> None:
        super().__init__(text)
        self.answer = Answer(text, card, refused=True)


class AskedAgain(Told):
    """The tap is answered with a further question."""

    def __init__(self, answer: Answer) -> None:
        super().__init__(answer.text)
        self.answer = answer


@dataclass(frozen=True, slots=True)
class Hearing:
    """`fields`: how many fields a form has on this platform (None: any number, 0: forms are asked in the chat)."""

    services: Services
    tap: Tap
    token: Token
    person: Person
    fields: int | None = None

    @property
    def registry(self) -> Registry:
        return self.services.registry()

    @property
    def account(self) -> Account:
        return account_of(self.tap)

    @property
    def actor(self) -> Actor:
        return Actor(ActorKind.PERSON, self.person.id, self.tap.platform)

    @property
    def policy(self) -> Policy:
        if self.registry.policy is None:
            raise Told("Placet is only just starting: try again in a moment.")
        return self.registry.policy

    @property
    def world(self) -> World:
        """What a decision would depend on now: for what is said before it is made."""
        registry = self.registry
        return World(self.services.clock.now(), self.policy, registry.people, registry.programs, registry.stopped)

    @property
    def on_the_web(self) -> bool:
        """Whether it came from a page of our own, which shows everything whole and vouches for the person itself."""
        return self.tap.platform == WEB

    @property
    def now_alone(self) -> bool:
        """Whether the tapped message is one that this person alone sees."""
        return self.token.argument == PRIVATE

    def about(self, token: Token) -> Hearing:
        """The same person and tap, about something else."""
        return replace(self, token=token)

    # What is asked of the engine

    @property
    def command(self) -> str:
        """The id of the command that this tap is: the same when it is delivered again."""
        return f"tap:{self.tap.platform}:{self.tap.id}"

    @property
    def digest(self) -> str:
        """A hash of what the tap says."""
        tap = self.tap
        said = [tap.workspace, tap.user, tap.token, tap.text, *(f"{k}={v}" for k, v in sorted(tap.values.items()))]
        return hashlib.sha256("\0".join(said).encode(errors="replace")).hexdigest()

    async def ask(self, command: Command) -> Done | Refused:
        """Carry out a command. Raises Told when the program itself failed on it, and what the desk raises."""
        if command.actor == self.actor and not self.on_the_web:
            # The account may cease to be this person's before the command is carried out.
            command = replace(command, over=self.account)
        outcome = await self.services.ask(command)
        if isinstance(outcome, Failed):
            raise Told(_NOT_RECORDED)
        if isinstance(outcome, Done) and outcome.repeated and isinstance(command, CastVote | TakeBack):
            return await self._outdated(command, outcome) or outcome
        return outcome

    async def _outdated(self, command: CastVote | TakeBack, first: Done) -> Refused | None:
        """Why the first answer to a command that came once more is no longer true: a page was gone back to."""
        if first.request is None:
            return None
        me, now = self.person.id, await self.request(command.request)
        stood = {(v.revision, v.at) for v in first.request.votes if v.person == me and v.taken_back is None}
        stand = {(v.revision, v.at) for v in now.votes if v.person == me and v.taken_back is None}
        if isinstance(command, CastVote) and not stood <= stand:
            return Refused("no_vote", _TAKEN_BACK_SINCE)
        if isinstance(command, TakeBack) and stand - stood and now.pending:
            return Refused("already_voted", _VOTED_SINCE)
        return None

    async def must(self, command: Command) -> Request:
        """The request after a command. Raises Told for every no."""
        outcome = await self.ask(command)
        if isinstance(outcome, Refused):
            raise await self.no(outcome, command.request)
        if outcome.request is None:
            raise Told(_NOT_RECORDED)
        return outcome.request

    async def no(self, refused: Refused, request: str) -> Told:
        """A refusal in words; with the card as it stands now, where that is what was missed."""
        text = sentence(refused)
        if refused.code != "stale_revision":
            return Told(text)
        return Told(text, await self.card(await self.request(request)))

    # What is read

    async def request(self, name: str) -> Request:
        """A request by its id. Raises Told when there is none."""
        found = await self.services.lookups.request(name)
        if found is None:
            raise Told("There is no such request here (any more).")
        return found

    async def named(self, text: str) -> Request:
        """A request by what somebody typed: its id, or the end of it. Raises Told."""
        typed = text.strip().strip("`").lower().removeprefix("…")
        if _ID.fullmatch(typed):
            return await self.request(typed)
        if not _END.fullmatch(typed):
            raise Told(f"Give the request's id, or at least the last {SHORTEST_ID} characters of it.")
        found: list[Request] = []
        for status in ("pending", "decided"):
            page = await self.services.read(self.services.reader.page, Filter(status=status), None, _LOOKED_THROUGH)
            found += [request for request in page.items if request.id.endswith(typed)]
        if not found:
            raise Told(f"There is no request that ends with {typed}. `pending` lists what waits for you.")
        if len(found) > 1:
            raise Told(f"{len(found)} requests end with {typed}: give a few more characters of the id.")
        return found[0]

    async def words(self, request: Request) -> Mapping[str, str]:
        """What people wrote about a request, by commitment."""
        return await self.services.read(self.services.faces.words, request)

    async def card(self, request: Request) -> Card:
        """The card as this person alone is shown it."""
        return _private(await self.services.read(self.services.faces.card, request))

    # Drafts

    async def keep(self, kind: str, body: Mapping[str, Json], name: str | None = None) -> Draft:
        """Keep an unfinished answer of this person."""
        until = self.services.clock.now() + DRAFT_LASTS
        draft = Draft(name or new_id("dft"), self.person.id, kind, body, until)
        await self.ask(Bookkeeping(new_id("cmd"), CLOCK, "", apply=lambda tx: tx.keep_draft(draft)))
        return draft

    async def draft(self, kind: str = "") -> Draft:
        """The unfinished answer that the token names. Raises Told when it is over, of another kind, or another's."""
        services = self.services
        found = await services.read(services.reader.draft, self.token.about, services.clock.now())
        if found is None or found.kind != (kind or found.kind):
            raise Told("This is over: it was finished, dropped, or left for too long. Begin again from the card.")
        if found.person != self.person.id:
            raise Told("These buttons are for somebody else. Use those of the card.")
        return found

    async def drop(self, name: str) -> None:
        """Forget an unfinished answer. If that fails, so does nothing else: by itself it is forgotten a day later."""
        try:
            await self.ask(Bookkeeping(new_id("cmd"), CLOCK, "", apply=lambda tx: tx.drop_draft(name)))
        except (StoreUnavailable, NotCertain, Overloaded, Closing) as problem:
            log.warning("an unfinished answer could not be dropped: %s", problem)

    # What is offered

    def chips(self, token: Token, start: int = 0) -> tuple[tuple[Button, ...], ...]:
        """The reason codes as buttons, for this person alone: `token` with each code as its argument.

        So many at a time as every platform has room for; the last button leads to the others.
        """
        guard = guard_of(self.person.id)
        buttons = [
            Button(token.verb, label, str(replace(token, argument=code, guard=guard)))
            for code, label in list(self.policy.reasons.items())[start : start + MOST_CHIPS]
        ]
        if start + MOST_CHIPS < len(self.policy.reasons):
            further = replace(token, argument=f"{PRIVATE}{start + MOST_CHIPS}", guard=guard)
            buttons.append(Button(token.verb, "More reasons …", str(further)))
        return rows(buttons, CHIPS_IN_A_ROW)


def account_of(tap: Tap) -> Account:
    """The account that a tap comes from, as the platform vouches for it."""
    return Account(tap.platform, tap.workspace, tap.user)


def rows(buttons: Sequence[Button], width: int) -> tuple[tuple[Button, ...], ...]:
    """Buttons in rows of at most `width`."""
    return tuple(tuple(buttons[at : at + width]) for at in range(0, len(buttons), width))


def _private(card: Card) -> Card:
    """A card whose buttons say that one person alone sees it, so that the answer can take its place."""

    def marked(button: Button) -> Button:
        verb, about, revision = button.token.split(":")[:3]
        return replace(button, token=f"{verb}:{about}:{revision}:{PRIVATE}")

    return replace(card, buttons=tuple(marked(button) for button in card.buttons))


def sentence(refused: Refused) -> str:
    """A refusal as people read it. Those about a field are the end of a sentence that begins with its name."""
    if refused.code == "invalid" and refused.field:
        return f"{refused.field.removeprefix('parameters.')} {refused.detail}"
    return refused.detail
