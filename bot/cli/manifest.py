"""`placet manifest`: what a platform wants to be told about the app, to be pasted there."""

from __future__ import annotations

import json
import sys
from typing import Annotated

import typer
import yaml

from bot.cli.app import app

manifests = typer.Typer(help="The description of the app, to paste where a platform asks for it.", no_args_is_help=True)
app.add_typer(manifests, name="manifest")


@manifests.callback()
def _one_of() -> None:
    """The description of the app, to paste where a platform asks for it."""


@manifests.command()
def slack(as_json: Annotated[bool, typer.Option("--json", help="JSON in place of YAML.")] = False) -> None:
    """Slack's app manifest: api.slack.com/apps, Create New App, From a manifest."""
    from bot.adapters.slack.manifest import manifest  # noqa: PLC0415 - no other command waits for what it imports

    if as_json:
        sys.stdout.write(json.dumps(manifest(), indent=2, ensure_ascii=False) + "\n")
    else:
        sys.stdout.write(yaml.safe_dump(manifest(), sort_keys=False, allow_unicode=True, width=100))
