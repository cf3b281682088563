"""Cards, answers and questions as Telegram's HTML and keyboards. Pure."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import replace
from html import escape

from telegram import InlineKeyboardButton, InlineKeyboardMarkup

from bot.adapters.telegram.text import cut, inert
from core.card import SEE, Button, Card, Field
from core.taps import Answer, Form
from core.text import clean, units

# https://core.telegram.org/bots/api#sendmessage: "1-4096 characters after entities parsing"
LONGEST_TEXT = 4_096
# https://core.telegram.org/bots/api#answercallbackquery
LONGEST_TOAST = 200
# https://core.telegram.org/bots/api#forcereply
LONGEST_PLACEHOLDER = 64
_MOST_IN_A_ROW, _WIDEST_ROW, _LONGEST_LABEL = 5, 18, 40
_MOST_ROWS = 8
_COLOURS = ("🟢", "🟠", "🔴")
_ENDED = "⚪"
_STYLES = {"yes": "success", "no": "danger"}
_LONGEST_LINE, _LONGEST_VOTE, _MOST_VOTES, _LONGEST_OUTCOME = 400, 120, 12, 900
_MOST_LIVELY = 60
MOST_SHOWN = 30
_SHRUNK = (300, 200, 120, 60, 30)
_REF = re.compile(r"(-?[0-9]{1,20}):([0-9]{1,12})")


def ref_of(chat: int, message: int) -> str:
    """The reference of a message: ids repeat from chat to chat."""
    return f"{chat}:{message}"


def place_of(ref: str) -> tuple[int, int] | None:
    """The chat and the message that a reference names, or None if it names none."""
    found = _REF.fullmatch(ref)
    return (int(found[1]), int(found[2])) if found else None


# Cards


def card_html(card: Card) -> str:
    """The whole card within one message. What may be long gives way first, and the parameters never, if they fit."""
    says, rules = clean(card.says), clean(card.rules)
    left = LONGEST_TEXT + 2 - _length(replace(card, says="…", rules="…"))
    if left < units(says) + units(rules):
        rules = cut(rules, max(left // 3, left - units(says)))
        says = cut(says, left - units(rules))
    shown = replace(card, says=says, rules=rules)
    for longest in _SHRUNK:
        if _length(shown) <= LONGEST_TEXT:
            break
        # Such a card was not whole from the beginning, so that nobody can approve it here.
        shown = replace(shown, says=cut(says, longest), rules=cut(rules, longest), parameters=_shrunk(card, longest))
    if len(card.parameters) > MOST_SHOWN:
        rest = Field("…", f"and {len(card.parameters) - MOST_SHOWN} more")
        shown = replace(shown, parameters=(*shown.parameters[:MOST_SHOWN], rest))
    while _length(shown) > LONGEST_TEXT and shown.parameters:
        shown = replace(shown, parameters=shown.parameters[:-1])
    return "\n".join(html for html, _ in _lines(shown))


def _shrunk(card: Card, longest: int) -> tuple[Field, ...]:
    return tuple(Field(cut(clean(f.label), longest), cut(clean(f.value), longest)) for f in card.parameters)


def _length(card: Card) -> int:
    return sum(units(text) + 1 for _, text in _lines(card))


def _lines(card: Card) -> list[tuple[str, str]]:
    """Each line as HTML and as it will be read."""
    ended = card.outcome is not None or not card.left
    colour = _ENDED if ended else _COLOURS[min(max(card.tier, 1), len(_COLOURS)) - 1]
    votes = [cut(clean(vote), _LONGEST_VOTE) for vote in card.votes[:_MOST_VOTES]]
    if len(card.votes) > _MOST_VOTES:
        votes.append(f"… and {len(card.votes) - _MOST_VOTES} more votes")
    if card.outcome is None:
        last = [_line(card.note, "i"), _line(card.left)]
    else:
        last = [_line(cut(f"► {card.outcome}", _LONGEST_OUTCOME), "b")]
    groups = [
        [_line(f"{colour} {card.mark} · {card.title}", "b"), _line(cut(card.asker, _LONGEST_LINE)), _more(card)],
        [_parameter(field) for field in card.parameters],
        [_line(card.says, "i"), _line(card.rules)],
        [_line(vote, most=0) for vote in votes],
        last,
    ]
    lines: list[tuple[str, str]] = []
    for group in groups:
        shown = [line for line in group if line[1]]
        if lines and shown:
            lines.append(("", ""))
        lines += shown
    return lines


def _more(card: Card) -> tuple[str, str]:
    """What goes with it and does not stand here, and where it does."""
    attached = _line(f"📎 {card.attached}") if card.attached else ("", "")
    if not card.link:
        return attached
    between = " · " if card.attached else ""
    return f'{attached[0]}{between}<a href="{escape(card.link)}">{SEE}</a>', f"{attached[1]}{between}{SEE}"


def _line(text: str, tag: str = "", most: int = 3) -> tuple[str, str]:
    plain = clean(text)
    return inert(plain, tag, most), plain


def _parameter(field: Field) -> tuple[str, str]:
    label, value = _line(field.label, "b", most=0), _line(field.value, most=0)
    return f"{label[0]}  {value[0]}", f"{label[1]}  {value[1]}"


# Keyboards


def keyboard(rows: Sequence[Sequence[Button]]) -> InlineKeyboardMarkup | None:
    """Rows of buttons, broken where a telephone would cut the labels. None: no buttons."""
    laid = [row for given in rows for row in _broken(given)]
    return InlineKeyboardMarkup([[_button(one) for one in row] for row in laid]) if laid else None


def _broken(buttons: Sequence[Button]) -> list[list[Button]]:
    rows: list[list[Button]] = []
    for button in buttons:
        row = rows[-1] if rows else []
        width = sum(len(one.label) for one in row) + len(button.label)
        if row and len(row) < _MOST_IN_A_ROW and width <= _WIDEST_ROW:
            row.append(button)
        else:
            rows.append([button])
    return rows


def _button(button: Button) -> InlineKeyboardButton:
    label = cut(clean(button.label), _LONGEST_LABEL) or "…"
    return InlineKeyboardButton(label, callback_data=button.token, style=_STYLES.get(button.look))


# Answers


def mention(user: str, name: str) -> str:
    """The person's name, so that they are called even without a username."""
    return f'<a href="tg://user?id={int(user)}">{inert(cut(clean(name), 64)) or "You"}</a>'


def sentences_html(text: str, longest: int = LONGEST_TEXT) -> str:
    """Our own sentences, with whatever of others' stands in them."""
    shown = cut(clean(text, lines=True).strip(), longest)
    html = "\n".join(inert(line) for line in shown.split("\n"))
    return html if html.count("<code>") <= _MOST_LIVELY else inert(shown, most=-1)


def answer_html(answer: Answer, whom: str = "") -> str:
    """What is said to a person. `whom`: who is called by it, as HTML."""
    parts = [sentences_html(answer.text, LONGEST_TEXT - _LONGEST_LINE)] if answer.text else []
    if answer.card is not None:
        parts = [sentences_html(answer.text, 100)] if answer.text else []
        parts.append(card_html(answer.card) if not parts else _with_room(answer.card))
    text = "\n\n".join(parts)
    return f"{whom}: {text}" if whom else text


def _with_room(card: Card) -> str:
    """A card below a sentence."""
    return card_html(replace(card, says=cut(card.says, 900), rules=cut(card.rules, 300)))


def answer_rows(answer: Answer) -> tuple[tuple[Button, ...], ...]:
    return (*((answer.card.buttons,) if answer.card is not None else ()), *answer.rows)


def fits_a_toast(answer: Answer) -> bool:
    """Whether all of it can be shown in passing, to the one who tapped alone."""
    return not answer.rows and answer.card is None and answer.form is None and units(toast(answer)) <= LONGEST_TOAST


def toast(answer: Answer) -> str:
    """Plain text: no markup is read there."""
    return clean(answer.text, lines=True).strip()


def is_long(answer: Answer) -> bool:
    """Whether it would fill the screens of everybody in a group."""
    return answer.card is not None or units(answer.text) > _LONGEST_LINE or len(answer.rows) > _MOST_ROWS


def question_html(form: Form, whom: str = "") -> str:
    """A form of one field as a question that is answered by a reply."""
    field = form.fields[0]
    lines = [
        f"⚠️ {sentences_html(field.error, _LONGEST_OUTCOME)}" if field.error else "",
        sentences_html(form.note, _LONGEST_OUTCOME),
        inert(cut(clean(field.label), _LONGEST_LINE), "b"),
        inert(cut(clean(field.hint), _LONGEST_LINE), "i"),
        f"Now: {inert(cut(clean(field.value), _LONGEST_LINE))}" if field.value and not field.error else "",
    ]
    text = "\n".join(line for line in lines if line)
    return f"{whom}: {text}" if whom else text


def placeholder(form: Form) -> str:
    return cut(clean(form.fields[0].label), LONGEST_PLACEHOLDER) or "…"
