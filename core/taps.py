"""What people do on a card and what they are told: presses, filled-in forms, typed answers, commands."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from core.card import Button, Card


@dataclass(frozen=True, slots=True)
class Tap:
    """Something that a person did, as the platform vouches for it.

    A press or a submitted form carries a `token` (and `values`: what was filled in, by the name of the field); a typed
    answer carries `text` and `reply_to`; a command or a message to the bot alone carries `text`, without `/placet`.
    """

    id: str
    """The platform's own id of this very act: the same when it is delivered again."""
    platform: str
    workspace: str
    """Slack's team; empty where user ids are good everywhere (Discord, Telegram)."""
    user: str
    token: str = ""
    values: Mapping[str, str] = field(default_factory=dict)
    text: str = ""
    chat: str = ""
    """Where it was done, as the platform names the chat."""
    ref: str = ""
    """The message that was tapped, in the form of `PostRef.ref`."""
    reply_to: str = ""
    """The message of ours that was replied to, in the same form."""
    alone: bool = False
    """Whether it was done where only this person and the bot are."""


@dataclass(frozen=True, slots=True)
class FormField:
    """One input. What is typed arrives as text under `name`, whatever the kind.

    `kind`: `text`, `lines` (several lines), `number`, `choice` (one of `choices`: value and label), `date`, `boolean`
    (`yes` or `no`).
    """

    name: str
    label: str
    kind: str = "text"
    value: str = ""
    choices: tuple[tuple[str, str], ...] = ()
    hint: str = ""
    required: bool = True
    longest: int = 1_000
    error: str = ""
    """What was wrong with the value, to be shown beside it."""
    was: str = ""
    """The value that the field had when the form was first opened."""
    fills: Mapping[str, Mapping[str, str]] = field(default_factory=dict)
    """Of a choice that fills other fields: by its value, what those then hold."""
    bounds: Mapping[str, str] = field(default_factory=dict)
    """What a surface may check as one types: `least`, `most`, `above`, `below`, `step`, `whole`, `shortest`."""


@dataclass(frozen=True, slots=True)
class Form:
    """Fields to fill in: a modal, or a question where the platform has none. Submitted as a tap with this `token`."""

    token: str
    title: str
    fields: tuple[FormField, ...]
    note: str = ""
    submit: str = "Send"


@dataclass(frozen=True, slots=True)
class Answer:
    """What only the person who tapped sees.

    `form`: to be opened; after a submitted form, the same form with errors at its fields, or its next step.
    `text`, `card` and `rows` make a message: a card shown to them alone, a sentence, rows of buttons.
    `instead`: it takes the place of the message that was tapped, where that is one of ours to this person alone.
    `refused`: this was a no, so that it deserves to be noticed. An empty answer needs nothing but the acknowledgement.
    """

    text: str = ""
    card: Card | None = None
    rows: tuple[tuple[Button, ...], ...] = ()
    form: Form | None = None
    instead: bool = False
    refused: bool = False
