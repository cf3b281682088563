"""Telegram as a channel: cards and their buttons through the Bot API, taps by long polling."""
