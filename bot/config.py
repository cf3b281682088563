"""Settings: `.env` (secrets and addresses) and `placet.yaml` (people, programs, policy, channels). Read here alone.

A mistake names the file, the line and the remedy, and Placet does not start.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Annotated, Any
from urllib.parse import urlsplit

from pydantic import BaseModel, ConfigDict, Field, SecretStr, StringConstraints, ValidationError, model_validator
from pydantic_settings import BaseSettings, SettingsConfigDict

from bot.declared_chats import AccountsEntry, ChannelEntry, read_accounts, read_channels
from bot.declared_learning import LearningEntry, SessionEntry, read_learning
from bot.declared_templates import TemplateEntry, read_templates
from bot.setting_kinds import BotToken, Contact, Origin, Secret, SocketAddress, TelegramToken, WebAddress, slack_fault
from bot.yaml_document import ConfigError, Document, read_document
from core.asking import Template
from core.channels import Channel
from core.errors import PolicyError
from core.learning.setup import Learning
from core.model import Account, Person, Program
from core.policy import Policy
from core.policy_document import read_policy

POLICIES = Path(__file__).parent / "policies"
ENVIRONMENT = ".env or the environment"

Slug = Annotated[str, StringConstraints(pattern=r"^[a-z0-9][a-z0-9._-]{0,39}$")]
Name = Annotated[str, StringConstraints(min_length=1, max_length=80)]


class Settings(BaseSettings):
    """What comes from the environment or from `.env`. Every one is described in `.env.example`."""

    model_config = SettingsConfigDict(env_prefix="PLACET_", env_file=".env", extra="ignore")

    home: Path = Path("~/.placet")
    config: Path | None = None
    database_url: str | None = Field(default=None, pattern=r"^(sqlite|postgresql)(\+[a-z0-9]+)?://", repr=False)
    host: str = Field(default="127.0.0.1", min_length=1)
    port: int = Field(default=8600, ge=0, le=65535)
    url: str | None = None
    token: Secret = None
    public_url: Origin = None
    push_contact: Contact = None
    push_private: bool = False
    slack_bot_token: BotToken = None
    slack_app_token: BotToken = None
    slack_api_url: WebAddress = "https://slack.com/api/"
    discord_token: BotToken = None
    discord_api_url: WebAddress = "https://discord.com/api/v10"
    discord_gateway_url: SocketAddress = ""
    telegram_token: TelegramToken = None
    telegram_api_url: WebAddress = "https://api.telegram.org"
    max_body: int = Field(default=262_144, ge=1_024, le=16_777_216)
    max_import: int = Field(default=52_428_800, ge=65_536, le=1_073_741_824)
    log_level: str = Field(default="info", pattern=r"^(?i)(debug|info|warning|error)$")

    @model_validator(mode="after")
    def _both_of_slack(self) -> Settings:
        if fault := slack_fault(self.slack_bot_token, self.slack_app_token):
            raise ValueError(fault)
        return self

    def platforms(self) -> tuple[str, ...]:
        """The platforms whose tokens are set."""
        tokens = {"slack": self.slack_bot_token, "discord": self.discord_token, "telegram": self.telegram_token}
        return tuple(name for name, token in tokens.items() if token is not None)

    def secrets(self) -> tuple[str, ...]:
        """Every token, for whoever sees to it that none is written down."""
        values = (getattr(self, name) for name in type(self).model_fields)
        return tuple(value.get_secret_value() for value in values if isinstance(value, SecretStr))

    def without_platforms(self) -> Settings:
        """The same, for a house that speaks in no chat."""
        tokens = ("slack_bot_token", "slack_app_token", "discord_token", "telegram_token")
        return self.model_copy(update=dict.fromkeys(tokens))

    def contact(self) -> str | None:
        """Whom a push service may write to about this server."""
        at = urlsplit(self.public_url or "")
        # Without its port, which not every push service takes for a part of an address.
        return self.push_contact or (f"https://{at.hostname}" if at.scheme == "https" else None)

    def folder(self) -> Path:
        """Where Placet keeps what is its own; made if it is not there, readable for its owner alone."""
        folder = self.home.expanduser()
        try:
            folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        except OSError as problem:
            raise ConfigError(folder, None, f"cannot be made ({problem.strerror}); correct PLACET_HOME") from problem
        return folder

    def database(self) -> str:
        """The database's address: SQLite in the home folder, unless told otherwise."""
        url = self.database_url or f"sqlite:///{self.folder() / 'placet.db'}"
        if not url.startswith(("sqlite:///", "postgresql://", "postgresql+psycopg://")) or url == "sqlite:///:memory:":
            raise ConfigError(
                ENVIRONMENT,
                None,
                "PLACET_DATABASE_URL: an address such as postgresql://user:password@host/placet or sqlite:////file.db",
            )
        if url.startswith("sqlite:///") and not Path(url.removeprefix("sqlite:///")).absolute().parent.is_dir():
            raise ConfigError(ENVIRONMENT, None, f"PLACET_DATABASE_URL: there is no folder for {url}; make it first")
        return url

    def server(self) -> str:
        """Where the commands find the server."""
        host = f"[{self.host}]" if ":" in self.host else self.host
        return (self.url or f"http://{host}:{self.port}").rstrip("/")

    def token_file(self, host: str, port: int) -> Path:
        """Where `serve` leaves the local administrator's token for the commands on the same machine."""
        folder = self.folder() / "tokens"
        folder.mkdir(exist_ok=True, mode=0o700)
        return folder / f"{host.replace(':', '_')}_{port}"


class _Strict(BaseModel):
    model_config = ConfigDict(extra="forbid", strict=True)


class PersonEntry(_Strict):
    name: Name | None = None
    roles: list[Slug] = []
    skills: list[Slug] = []
    admin: bool = False
    accounts: AccountsEntry = AccountsEntry()


class ProgramEntry(_Strict):
    owner: Slug | None = None


class HouseFile(_Strict):
    people: dict[Slug, PersonEntry] = Field(min_length=1)
    programs: dict[Slug, ProgramEntry] = {}
    policy: str | dict[Any, Any] = "solo"
    channels: dict[Slug, ChannelEntry] = {}
    templates: dict[Slug, TemplateEntry] = Field({}, max_length=50)
    learning: LearningEntry = LearningEntry()


@dataclass(frozen=True, slots=True)
class House:
    """What `placet.yaml` declares. `source` says where it came from."""

    source: str
    people: tuple[Person, ...]
    programs: tuple[Program, ...]
    policy_document: dict[str, Any]
    policy: Policy
    channels: tuple[Channel, ...] = ()
    accounts: Mapping[str, tuple[Account, ...]] = field(default_factory=dict)
    """By person."""
    templates: tuple[Template, ...] = ()
    learning: Learning = field(default_factory=Learning)


def read_settings(**overrides: Any) -> Settings:
    """Settings from the environment and `.env`. Raises ConfigError."""
    try:
        return Settings(**overrides)
    except ValidationError as problem:
        first = problem.errors()[0]
        name = f"PLACET_{'_'.join(str(part) for part in first['loc']).upper()}: " if first["loc"] else ""
        # Without what was given: it may hold a password.
        raise ConfigError(ENVIRONMENT, None, name + first["msg"].removeprefix("Value error, ")) from None
    except UnicodeDecodeError as problem:
        raise ConfigError(".env", None, f"cannot be read: {problem}") from None


def read_house(settings: Settings) -> House:
    """The declared house: `placet.yaml` here or where PLACET_CONFIG says; without one, one local person and `solo`.

    Raises ConfigError.
    """
    file = settings.config or Path("placet.yaml")
    if file.is_file():
        try:
            text = file.read_text(encoding="utf-8")
        except (OSError, UnicodeDecodeError) as problem:
            raise ConfigError(file, None, f"cannot be read: {problem}") from problem
        return _house(read_document(file, text), settings.platforms())
    if settings.config is not None:
        raise ConfigError(file, None, "there is no such file; correct PLACET_CONFIG, or take it out for the defaults")
    return default_house()


def default_house() -> House:
    """One local person and the policy `solo`: what is there with nothing configured, and what the demo uses."""
    return _house(read_document("the defaults", "people: {you: {name: You, roles: [owner], admin: true}}\n"))


def _house(document: Document, platforms: tuple[str, ...] = ()) -> House:
    try:
        entries = HouseFile.model_validate(document.value if document.value is not None else {})
    except ValidationError as problem:
        first = problem.errors()[0]
        trail = tuple(part for part in first["loc"] if part != "[key]")
        raise document.fault(trail, _words(first, trail)) from problem
    people = tuple(
        Person(
            id=person,
            name=entry.name or person,
            roles=frozenset(entry.roles),
            skills=frozenset(entry.skills),
            admin=entry.admin,
        )
        for person, entry in entries.people.items()
    )
    if not any(person.admin for person in people):
        raise document.fault(("people",), "somebody must be `admin: true`, to make keys and to hear warnings")
    for name, entry in entries.programs.items():
        if entry.owner is not None and entry.owner not in entries.people:
            raise document.fault(("programs", name, "owner"), f"`{entry.owner}` is not among the people above")
        if name in entries.people:
            raise document.fault(("programs", name), f"`{name}` is a person's name; a program needs one of its own")
    programs = tuple(Program(name, entry.owner) for name, entry in entries.programs.items())
    policy_document, policy = _policy(document, entries.policy)
    faults = policy.faults({p.id: p for p in people}, {p.id: p for p in programs})
    if faults:
        inline = isinstance(entries.policy, dict)
        chosen = "" if "policy" in (document.value or {}) else "no `policy` is given, so `solo` applies: "
        raise document.fault(("policy", *faults[0].path) if inline else ("policy",), f"{chosen}{faults[0]}")
    return House(
        source=str(document.file),
        people=people,
        programs=programs,
        policy_document=policy_document,
        policy=policy,
        channels=read_channels(document, entries.channels, platforms, people, policy),
        accounts=read_accounts(document, {name: entry.accounts for name, entry in entries.people.items()}),
        templates=read_templates(document, entries.templates, policy),
        learning=read_learning(document, entries.learning, entries.people),
    )


_KNOWN: Mapping[tuple[str, int], type[BaseModel]] = {
    ("people", 3): PersonEntry,
    ("people", 4): AccountsEntry,
    ("programs", 3): ProgramEntry,
    ("channels", 3): ChannelEntry,
    ("templates", 3): TemplateEntry,
    ("learning", 2): LearningEntry,
    ("learning", 3): SessionEntry,
}
"""What a section holds so many steps into the file."""


_LEAST = "people: {you: {roles: [owner], admin: true}}"


def _words(error: Mapping[str, Any], trail: tuple[str | int, ...]) -> str:
    """A mistake in words of ours, with the remedy."""
    name = ".".join(str(part) for part in trail) or "the file"
    if error["type"] == "extra_forbidden":
        model = _KNOWN.get((str(trail[0]), len(trail)), HouseFile)
        known = ", ".join(model.model_fields)
        return f"`{name}` is not known here; take it out or correct its spelling (known: {known})"
    if error["type"] == "missing":
        example = "title: Buy {quantity} of {subject}" if trail and trail[0] == "templates" else _LEAST
        return f"`{name}` must be given, as in `{example}`"
    return f"`{name}`: {error['msg']}"


def _policy(document: Document, given: str | dict[Any, Any]) -> tuple[dict[str, Any], Policy]:
    if isinstance(given, dict):
        try:
            return given, read_policy(given)
        except PolicyError as problem:
            raise document.fault(("policy", *problem.path), str(problem)) from problem
    shipped = sorted(path.stem for path in POLICIES.glob("*.yaml"))
    if given in shipped:
        file = POLICIES / f"{given}.yaml"
    elif given.endswith((".yaml", ".yml")):
        file = Path(document.file).parent / given
    else:
        raise document.fault(
            ("policy",),
            f"there is no policy `{given}`; shipped are {', '.join(shipped)}, and a file of your own ends in .yaml",
        )
    try:
        source = read_document(file, file.read_text(encoding="utf-8"))
    except (OSError, UnicodeDecodeError) as problem:
        why = problem.strerror if isinstance(problem, OSError) else problem
        raise document.fault(("policy",), f"{file} cannot be read: {why}") from problem
    try:
        return source.value, read_policy(source.value)
    except PolicyError as problem:
        raise source.fault(problem.path, str(problem)) from problem
