"""The commands about who may do what: `placet key` and `placet people`."""

from __future__ import annotations

from enum import StrEnum
from typing import Annotated, Any
from urllib.parse import quote

import typer

from bot.cli import tables
from bot.cli.app import Json, app, settings, show
from bot.cli.client import Client

keys = typer.Typer(help="Keys of programs and tokens of people.", no_args_is_help=True)
people = typer.Typer(help="Who decides, and who is away.", no_args_is_help=True)
app.add_typer(keys, name="key")
app.add_typer(people, name="people")


@keys.command("create")
def key_create(
    program: Annotated[str | None, typer.Option(help="The program it speaks for.")] = None,
    person: Annotated[str | None, typer.Option(help="The person it speaks for.")] = None,
    owner: Annotated[str | None, typer.Option(help="The person behind a new program.")] = None,
    scope: Annotated[
        list[str] | None,
        typer.Option(help="What it may do: submit, read, claim; for a person vote, read, admin. All, if left out."),
    ] = None,
    label: Annotated[str | None, typer.Option(help="What it is for.")] = None,
    as_json: Json = False,
) -> None:
    """Make a key. Its token is shown once."""
    body = {"program": program, "person": person, "owner": owner, "scopes": scope, "label": label}
    made = Client(settings()).post("/v1/keys", {name: value for name, value in body.items() if value})
    if as_json:
        show(made, True, lambda: "")
        return
    # The token alone goes to standard output, so that `$(placet key create …)` is the token.
    print(made["token"])
    note = f"Kept nowhere: this is the only time it is shown. ({made['id']}, may {', '.join(made['scopes'])})"
    tables.errors_console().print(note, markup=False, soft_wrap=True)


@keys.command("list")
def key_list(as_json: Json = False) -> None:
    """All keys, without their tokens."""
    document = Client(settings()).get("/v1/keys")
    rows = [
        (k["id"], f"{k['kind']} {k['speaks_for']}", k["scopes"], k["label"], "revoked" if k["revoked_at"] else "good")
        for k in document["items"]
    ]
    show(document, as_json, lambda: tables.rows_table(("key", "speaks for", "may", "label", "state"), rows))


@keys.command("revoke")
def key_revoke(key: Annotated[str, typer.Argument(metavar="KEY")], as_json: Json = False) -> None:
    """Revoke a key, at once."""
    document = Client(settings()).post(f"/v1/keys/{key}/revoke")
    show(document, as_json, lambda: f"{document['id']} of {document['speaks_for']} is revoked.")


@people.command("list")
def people_list(as_json: Json = False) -> None:
    """Everybody, with roles."""
    document = Client(settings()).get("/v1/people")
    rows = [
        (
            p["id"],
            p["name"],
            p["roles"],
            "admin" if p["admin"] else "",
            [_account(account) for account in p["accounts"]],
            _whereabouts(p),
        )
        for p in document["items"]
    ]
    show(document, as_json, lambda: tables.rows_table(("id", "name", "roles", "", "accounts", "now"), rows))


class Platform(StrEnum):
    SLACK = "slack"
    DISCORD = "discord"
    TELEGRAM = "telegram"


def _account(account: dict[str, Any]) -> str:
    return f"{account['platform']} {_user(account)}"


def _user(account: dict[str, Any]) -> str:
    """An account's user as `placet.yaml` writes it: on Slack behind the team."""
    return "/".join(part for part in (account["workspace"], account["user"]) if part)


@people.command("link")
def people_link(
    person: Annotated[str | None, typer.Argument(metavar="PERSON", help="Whose; your own, if left out.")] = None,
    as_json: Json = False,
) -> None:
    """Make a code that links an account in Slack, Discord or Telegram."""
    client = Client(settings())
    person = person or client.get("/v1/me")["id"]
    made = client.post(f"/v1/people/{quote(person, safe='')}/link")
    if as_json:
        show(made, True, lambda: "")
        return
    # The code alone goes to standard output, so that `$(placet people link)` is the code.
    print(made["code"])
    note = (
        f"In Slack, Discord or Telegram, from the account that is to be {person}'s, type:\n"
        f"  /placet link {made['code']}\n"
        f"It works once, until {tables.local_time(made['expires_at'])}. Show it to nobody else."
    )
    tables.errors_console().print(note, markup=False, soft_wrap=True)


@people.command("unlink")
def people_unlink(
    person: Annotated[str, typer.Argument(metavar="PERSON")],
    platform: Annotated[Platform, typer.Argument(metavar="PLATFORM", help="slack, discord or telegram.")],
    user: Annotated[
        str | None, typer.Argument(metavar="[USER]", help="Which, if there are several: as `people list` shows it.")
    ] = None,
    as_json: Json = False,
) -> None:
    """Take an account away from a person: what is tapped from it counts no longer."""
    client = Client(settings())
    everybody = client.get("/v1/people")["items"]
    accounts = [account for p in everybody if p["id"] == person for account in p["accounts"]]
    found = [
        account
        for account in accounts
        if account["platform"] == platform.value and user in (None, account["user"], _user(account))
    ]
    if len(found) != 1:
        theirs = ", ".join(map(_account, accounts)) or "none"
        which = "Say which one." if found else "There is none like that."
        raise typer.BadParameter(f"{person}'s accounts: {theirs}. {which}")
    [account] = found
    body = {name: account[name] for name in ("platform", "workspace", "user")}
    document = client.post(f"/v1/people/{quote(person, safe='')}/unlink", body)
    show(document, as_json, lambda: f"{_account(account)} is {person}'s no longer.")


@people.command("login")
def people_login(
    person: Annotated[str | None, typer.Argument(metavar="PERSON", help="Whom; yourself, if left out.")] = None,
    as_json: Json = False,
) -> None:
    """Print a link that signs somebody in with a browser, once. One for somebody else goes on record."""
    client = Client(settings())
    person = person or client.get("/v1/me")["id"]
    made = client.post(f"/v1/people/{quote(person, safe='')}/login")
    _print_link(made, as_json, f"It signs {person} in, once")


@people.command("invite")
def people_invite(
    person: Annotated[str, typer.Argument(metavar="ID", help="What they are called on record, as in gina.")],
    name: Annotated[str | None, typer.Option(help="Their name; the id, if left out.")] = None,
    role: Annotated[list[str] | None, typer.Option(help="A role they have; may be repeated.")] = None,
    skill: Annotated[list[str] | None, typer.Option(help="A skill they have; may be repeated.")] = None,
    admin: Annotated[bool, typer.Option("--admin", help="Make them an administrator.")] = False,
    as_json: Json = False,
) -> None:
    """Print a link with which somebody becomes a person here, once, within seven days."""
    body = {"id": person, "name": name or person, "roles": role or [], "skills": skill or [], "admin": admin}
    made = Client(settings()).post("/v1/invitations", body)
    _print_link(made, as_json, f"Whoever opens it becomes {person}, once")


def _print_link(made: dict[str, Any], as_json: bool, what: str) -> None:
    if as_json:
        show(made, True, lambda: "")
        return
    # The link alone goes to standard output, so that `$(placet people login)` is the link.
    print(made["url"] or settings().server() + made["path"])
    note = f"{what}, until {tables.local_time(made['expires_at'])}. Show it to nobody else."
    tables.errors_console().print(note, markup=False, soft_wrap=True)


@people.command("sessions")
def people_sessions(
    person: Annotated[str | None, typer.Argument(metavar="PERSON", help="Whose; your own, if left out.")] = None,
    revoke: Annotated[str | None, typer.Option(metavar="ID", help="Sign out this one.")] = None,
    everything: Annotated[bool, typer.Option("--all", help="Sign out everywhere.")] = False,
    as_json: Json = False,
) -> None:
    """Where somebody is signed in with a browser; sign them out."""
    if revoke and everything:
        raise typer.BadParameter("--revoke signs out one, --all everywhere: give one of them")
    client = Client(settings())
    path = f"/v1/people/{quote(person or client.get('/v1/me')['id'], safe='')}/sessions"
    document = client.post(f"{path}/end", {"session": revoke}) if revoke or everything else client.get(path)
    rows = [
        (one["id"], one["browser"], tables.local_time(one["created_at"]), tables.local_time(one["seen_at"]))
        for one in document["items"]
    ]
    show(document, as_json, lambda: tables.rows_table(("session", "browser", "since", "last seen"), rows))


@people.command("remove")
def people_remove(person: Annotated[str, typer.Argument(metavar="PERSON")], as_json: Json = False) -> None:
    """Remove an invited person: signed out everywhere, keys and accounts taken back."""
    document = Client(settings()).post(f"/v1/people/{quote(person, safe='')}/remove")
    show(document, as_json, lambda: f"{document['id']} is removed.")


def _whereabouts(person: dict[str, Any]) -> str:
    if not person["active"]:
        return "removed"
    if person["away_until"]:
        deputy = f", {person['delegate']} stands in" if person["delegate"] else ""
        return f"away until {tables.local_time(person['away_until'])}{deputy}"
    return "here"


@people.command("back")
def people_back(person: Annotated[str, typer.Argument(metavar="PERSON")], as_json: Json = False) -> None:
    """Be back again."""
    document = Client(settings()).put(f"/v1/people/{person}/away", {})
    show(document, as_json, lambda: f"{document['id']} is {_whereabouts(document)}.")


@people.command("away")
def people_away(
    person: Annotated[str, typer.Argument(metavar="PERSON")],
    until: Annotated[str, typer.Option(help="A time with its zone, as in 2026-12-01T09:00:00Z.")],
    delegate: Annotated[str | None, typer.Option(help="Who stands in.")] = None,
    as_json: Json = False,
) -> None:
    """Be away, until a time."""
    document = Client(settings()).put(f"/v1/people/{person}/away", {"until": until, "delegate": delegate})
    show(document, as_json, lambda: f"{document['id']} is {_whereabouts(document)}.")
