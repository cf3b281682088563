"""From cards, answers and forms to what the templates show. Jinja2 escapes everything; nothing here is marked safe."""

from __future__ import annotations

from pathlib import Path

from jinja2 import Environment, FileSystemLoader, StrictUndefined

from bot.ids import new_id

TEMPLATES = Path(__file__).parent / "templates"


def templates() -> Environment:
    """The templates, with what all of them may use."""
    environment = Environment(
        loader=FileSystemLoader(TEMPLATES),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        auto_reload=False,
    )
    environment.globals["new_tap"] = lambda: new_id("tap")
    return environment
