"""A local Slack: Web API, Socket Mode, and people who press what they see."""
