"""Local servers that speak the wire of Slack, Discord and Telegram, and people with hands on them."""
