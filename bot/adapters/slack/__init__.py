"""Slack as a channel: cards in Block Kit, taps over Socket Mode."""
