"""The edits of a match in listed steps, with the room that there was on either side.

Who can only go up says nothing by going up.
"""

from __future__ import annotations

import math
from collections.abc import Iterator

from core.learning.finding import UNLISTED
from core.learning.ladders import Nature, ladder, nature, place
from core.learning.observations import Edit
from core.learning.records import Match, Recommendation


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
        if nature(name) is Nature.PRICE and not _typed(advice, name):
            # Of what was filled only the worse prices show as a moved limit: there is but one direction to see.
            continue
        sign = 1 if change > 0 else -1
        here, listed = place(advice.parameters.get(name)), ladder(advice, name)
        if listed is not None and here is not None:
            below = listed.nearest(here)
            # A size is told in doublings: less than one of them is a change all the same.
            found[name] = Edit(round(change) or sign, below, len(listed.places) - 1 - below)
        else:
            # Of a single one there are no fewer.
            lowest = nature(name) is Nature.SIZE and here is not None and here <= 1
            found[name] = Edit(sign, 0 if lowest else UNLISTED, UNLISTED)
    return found


def _typed(advice: Recommendation, name: str) -> bool:
    """Whether somebody set it themselves, when they decided."""
    return advice.decided is not None and advice.decided.get(name) != advice.parameters.get(name)
