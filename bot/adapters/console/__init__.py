"""The console as a channel: cards and their changes, printed."""
