"""A card as lines of plain text. Pure."""

from __future__ import annotations

from core.card import Card


def lines(card: Card) -> list[str]:
    """The card from its tier mark to its outcome, one thing a line."""
    result = [f"{card.mark}  {card.title}", f"  {card.asker}"]
    width = max((len(field.label) for field in card.parameters), default=0)
    result += [f"    {field.label:<{width}}  {field.value}" for field in card.parameters]
    if card.says:
        result.append(f"  {card.says}")
    result.append(f"  {card.rules}")
    result += [f"  {vote}" for vote in card.votes]
    if card.outcome is not None:
        result.append(f"  ► {card.outcome}")
    else:
        result.append(f"  {card.left}")
        choices = " | ".join(button.verb for button in card.buttons)
        result.append(f"  placet vote {card.request} {choices}")
    return result
