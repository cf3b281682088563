"""What people call things: the words of an action, and the names of sizes, prices, rights and sides.

Bringing orders to advice and reckoning what either was worth ask the same here, so that they read the same.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from functools import lru_cache

from core.model import Json

SIZES = ("quantity", "qty", "size", "contracts", "shares", "units", "lots")
LIMITS = ("limit_price", "limit")
PRICES = ("fill_price", "average_price", "premium", "price", *LIMITS, "credit", "debit", "mark")
"""Names of a price, the one that was really paid first."""
RIGHTS = ("right", "put_call", "option_type", "call_or_put")
EXPIRIES = ("expiry", "expiration", "expiration_date", "expires")
SIDE = "side"
EFFECTS = ("effect", "position_effect")
BUY, SELL, OPEN, CLOSE, ROLL = "buy", "sell", "open", "close", "roll"

_BUYS = frozenset({"buy", "bought", "bot", "btc", "bto", "cover"})
_SELLS = frozenset({"sell", "sold", "sld", "stc", "sto", "write"})
_LONG, _SHORT = frozenset({"long"}), frozenset({"short"})
_OPENS = frozenset({"open", "opened", "opening", "bto", "sto"})
_CLOSES = frozenset({"close", "closed", "closing", "exit", "btc", "stc", "cover"})
_ROLLS = frozenset({"roll", "rolled"})
_LETTERS = {"b": BUY, "s": SELL}
_RIGHTS = {"call": "call", "calls": "call", "put": "put", "puts": "put"}
_RIGHT_LETTERS = {"c": "call", "p": "put"}
_SILENT = frozenset({"to", "a", "the", "of", "trade", ""})
_KNOWN = _BUYS | _SELLS | _LONG | _SHORT | _OPENS | _CLOSES | _ROLLS | _RIGHTS.keys() | _RIGHT_LETTERS.keys()


@lru_cache(maxsize=4096)
def words(said: str) -> frozenset[str]:
    """However they are joined: `sell_call`, `Sell to Open`, `sellCall`."""
    apart = re.sub(r"([a-z])([A-Z])", r"\1 \2", said)
    return frozenset(re.split(r"[\W_]+", apart.casefold())) - _SILENT


@lru_cache(maxsize=4096)
def rest(action: str) -> frozenset[str]:
    """The words of an action that are no side, right or effect."""
    return words(action) - _KNOWN


def said(parameters: Mapping[str, Json], names: Sequence[str]) -> Json:
    """The first of the parameters that says something."""
    return next((parameters[name] for name in names if parameters.get(name) is not None), None)


def text(parameters: Mapping[str, Json], *names: str) -> str | None:
    """The first of the parameters that says something in words."""
    return next((found for name in names if isinstance(found := parameters.get(name), str) and found.strip()), None)


def effect_of(action: str, parameters: Mapping[str, Json]) -> str | None:
    """Whether it opens or closes a position, or rolls it (closes one and opens another)."""
    return _effect(action, text(parameters, SIDE), text(parameters, *EFFECTS))


def side_of(action: str, parameters: Mapping[str, Json]) -> str | None:
    """`buy` or `sell`: as the parameter `side` says, or else the action."""
    return _side(action, text(parameters, SIDE), text(parameters, *EFFECTS))


def right_of(action: str, parameters: Mapping[str, Json]) -> str | None:
    """`call` or `put`: as a parameter says, or else the action."""
    return _right(action, text(parameters, *RIGHTS))


@lru_cache(maxsize=4096)
def _effect(action: str, side: str | None, effect: str | None) -> str | None:
    if words(action) & _ROLLS:
        return ROLL
    for one in (effect, action, side):
        here = words(one or "")
        if here & _ROLLS or (here & _OPENS and here & _CLOSES):
            return ROLL
        if here & (_OPENS | _CLOSES):
            return OPEN if here & _OPENS else CLOSE
    return None


@lru_cache(maxsize=4096)
def _side(action: str, side: str | None, effect: str | None) -> str | None:
    here = words(side or "")
    if (letter := _LETTERS.get("".join(here))) is not None:
        return letter
    if not here & (_BUYS | _SELLS | _LONG | _SHORT):
        here = words(action)
    for buys, sells, held in ((_BUYS, _SELLS, False), (_LONG, _SHORT, True)):
        if bool(here & buys) != bool(here & sells):
            # To close what is long is to sell it; "sell to close" says so itself.
            turned = held and _effect(action, side, effect) == CLOSE
            return BUY if bool(here & buys) is not turned else SELL
        if here & buys:
            return None
    return None


@lru_cache(maxsize=4096)
def _right(action: str, right: str | None) -> str | None:
    found = {_RIGHTS[word] for word in words(right or "") if word in _RIGHTS}
    found |= {_RIGHT_LETTERS[word] for word in words(right or "") if word in _RIGHT_LETTERS}
    found = found or {_RIGHTS[word] for word in words(action) if word in _RIGHTS}
    return next(iter(found)) if len(found) == 1 else None
