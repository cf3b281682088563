"""The app as Slack's own form takes it: https://docs.slack.dev/reference/app-manifest"""

from __future__ import annotations

from typing import Any

from bot.adapters.slack.checks import SCOPES


def manifest() -> dict[str, Any]:
    """To be pasted at https://api.slack.com/apps > Create New App > From a manifest."""
    return {
        "display_information": {
            "name": "Placet",
            "description": "Puts what programs propose before the right people",
            "background_color": "#1f3a34",
        },
        "features": {
            "app_home": {
                "home_tab_enabled": False,
                "messages_tab_enabled": True,
                "messages_tab_read_only_enabled": False,
            },
            "bot_user": {"display_name": "placet", "always_online": True},
            "slash_commands": [
                {
                    "command": "/placet",
                    "description": "What waits for you, and everything else",
                    "usage_hint": "pending | show ID | ask WHAT | away UNTIL | why ID | link CODE | help",
                    "should_escape": False,
                }
            ],
        },
        "oauth_config": {"scopes": {"bot": list(SCOPES)}},
        "settings": {
            "event_subscriptions": {"bot_events": ["app_mention", "message.im"]},
            "interactivity": {"is_enabled": True},
            "org_deploy_enabled": False,
            "socket_mode_enabled": True,
            "token_rotation_enabled": False,
        },
    }
