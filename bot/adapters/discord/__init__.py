"""Discord as a channel: cards are embeds, taps are interactions."""
