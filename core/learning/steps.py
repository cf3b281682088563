"""The edits of a match in listed steps, with the room that there was on either side.

Who can only go up says nothing by going up.
"""

from __future__ import annotations

import math
from collections.abc import Iterator

from core.learning.finding import UNLISTED
from core.learning.labels import ANSWERED
from core.learning.ladders import Ladder, Nature, ladder, nature, number, place, steps
from core.learning.observations import Edit
from core.learning.records import How, Match, Recommendation


def movable(advice: Recommendation) -> Iterator[str]:
    """The parameters that can be more or less: numbers and dates, and what is listed in an order."""
    for name in sorted(advice.parameters.keys() | advice.ladders.keys()):
        if nature(name) is not None and place(advice.parameters.get(name)) is not None:
            yield name


def edits_of(advice: Recommendation, match: Match) -> dict[str, Edit]:
    """What was changed of a recommendation, by parameter."""
    found: dict[str, Edit] = {}
    for name, change in match.edits.items():
        if not change or not math.isfinite(change):
            continue
        if _one_way(advice, match, name):
            continue
        sign = 1 if change > 0 else -1
        here, listed = place(advice.parameters.get(name)), ladder(advice, name)
        if listed is not None and here is not None:
            found[name] = _in_steps(advice, name, listed, change)
        else:
            # Of a single one there are no fewer.
            lowest = nature(name) is Nature.SIZE and here is not None and here <= 1
            found[name] = Edit(sign, 0 if lowest else UNLISTED, UNLISTED)
    return found


def _in_steps(advice: Recommendation, name: str, listed: Ladder, change: float) -> Edit:
    """A size is told in doublings and a price by its share: what was chosen says how many listed ones that is."""
    here, chosen = number(advice.parameters.get(name)), None
    if nature(name) is Nature.SIZE and here is not None:
        chosen = here * 2.0**change
    elif nature(name) is Nature.PRICE:
        chosen = place((advice.decided or {}).get(name))
    at = place(advice.parameters.get(name)) or 0.0
    below = listed.nearest(at)
    above = len(listed.places) - 1 - below
    if chosen is None:
        return Edit(round(change) or (1 if change > 0 else -1), below, above)
    # What lies outside the list is further away than anything in it: nothing so far was listed on the other side.
    if chosen > listed.places[-1] and not math.isclose(chosen, listed.places[-1]):
        return Edit(above + 1, below, above)
    if chosen < listed.places[0] and not math.isclose(chosen, listed.places[0]):
        return Edit(-below - 1, below, above)
    return steps(advice, name, chosen)


def _one_way(advice: Recommendation, match: Match, name: str) -> bool:
    """Whether only one direction would have shown: who goes that way says nothing by it.

    Of the prices that were filled only the worse ones show as a moved limit. Of the sizes, where it is known what was
    meant, only the larger ones do: less is taken for what the market did not fill.
    """
    if _typed(advice, name):
        return False
    if nature(name) is Nature.SIZE:
        return match.how is How.LINKED or advice.decision in ANSWERED
    return nature(name) is Nature.PRICE


def _typed(advice: Recommendation, name: str) -> bool:
    """Whether somebody set it themselves, when they decided."""
    return advice.decided is not None and advice.decided.get(name) != advice.parameters.get(name)
