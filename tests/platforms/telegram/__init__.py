"""A Telegram on this machine: the Bot API with long polling, and people who use it."""
