"""The shapes of what the API answers about people: their accounts, their keys, and the links that let them in."""

from __future__ import annotations

from typing import Literal

from pydantic import BaseModel, ConfigDict


class AccountAnswer(BaseModel):
    """Somebody on one platform. `workspace`: Slack's team; `declared`: in `placet.yaml`, and changed there only."""

    platform: str
    workspace: str
    user: str
    declared: bool


class LinkAnswer(BaseModel):
    """A code that links the account which shows it, once."""

    model_config = ConfigDict(
        json_schema_extra={"example": {"code": "K7QF-93WD", "expires_at": "2026-11-20T15:24:00.000000Z"}}
    )

    code: str
    expires_at: str


class EntryAnswer(BaseModel):
    """A link to the web inbox that works once. `url`: where people reach it, if that is known."""

    model_config = ConfigDict(
        json_schema_extra={
            "example": {
                "path": "/enter?code=…",
                "url": "https://placet.example.org/enter?code=…",
                "expires_at": "2026-11-20T15:29:00.000000Z",
            }
        }
    )

    path: str
    url: str | None
    expires_at: str


class SessionAnswer(BaseModel):
    id: str
    browser: str
    created_at: str
    seen_at: str
    expires_at: str


class SessionsAnswer(BaseModel):
    items: list[SessionAnswer]


class PersonAnswer(BaseModel):
    id: str
    name: str
    roles: list[str]
    skills: list[str]
    admin: bool
    active: bool
    away_until: str | None
    delegate: str | None
    accounts: list[AccountAnswer]


class PeopleAnswer(BaseModel):
    items: list[PersonAnswer]


class KeyAnswer(BaseModel):
    """`token` is shown once, when the key is made."""

    id: str
    kind: Literal["program", "person"]
    speaks_for: str
    scopes: list[str]
    label: str
    created_at: str
    revoked_at: str | None
    token: str | None = None


class KeysAnswer(BaseModel):
    items: list[KeyAnswer]


class MeAnswer(BaseModel):
    kind: Literal["program", "person"]
    id: str
    scopes: list[str]
    roles: list[str]
    accounts: list[AccountAnswer]
