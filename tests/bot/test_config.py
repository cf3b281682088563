"""A mistake in a settings file names the file, the line and the remedy, and Placet does not start."""

from __future__ import annotations

import logging
from decimal import Decimal
from pathlib import Path

import pytest
from pydantic import SecretStr

from bot.config import House, Settings, read_house, read_settings
from bot.logs import LineFormatter
from bot.yaml_document import ConfigError, read_document
from core.channels import Channel
from core.model import Account
from tests.bot.process import environment, ran
from tests.bot.running import HOUSE, settings_in

OWNER = "people:\n  you: {roles: [owner], admin: true, "
PEOPLE = "people: {you: {roles: [owner], admin: true}}\n"


def inline(rules: str, more: str = "") -> str:
    """A house with a policy of its own; its rules begin in line 6."""
    return f"""{PEOPLE}policy:
  name: own
  tiers: {{1: routine}}
  rules:
{rules}{more}"""


SLACK = {"slack_bot_token": "xoxb-bot-secret", "slack_app_token": "xapp-app-secret"}
RULE = "    - {name: all, tier: 1, route: {roles: [owner]}}\n"

MISTAKES: dict[str, tuple[str, int | None, str]] = {
    "an unknown field": (PEOPLE + "colour: red\n", 2, "`colour` is not known here; take it out or correct"),
    "an unknown field of a person": ("people:\n  you:\n    admin: true\n    rolls: [owner]\n", 4, "`people.you.rolls`"),
    "a wrong type": ("people:\n  you: {admin: true, roles: owner}\n", 2, "list"),
    "a number for a name": ("people:\n  you: {admin: true, name: 7}\n", 2, "string"),
    "a word for yes or no": ("people:\n  you:\n    admin: yes\n", 3, "boolean"),
    "a key that stands twice": ("people:\n  you: {admin: true}\n  you: {}\n", 3, "`you` stands here twice"),
    "a key that stands twice, deep": (inline(RULE, "  rules: []\n"), 7, "`rules` stands here twice"),
    "what is not YAML": ("people:\n  you: {admin: true\n", None, "not YAML"),
    "a tab": ("people:\n\tyou: {admin: true}\n", 2, "not YAML"),
    "a character that cannot be": ("people: {you: {name: '\x07', admin: true}}\n", None, "not YAML"),
    "two documents": (PEOPLE + "---\n" + PEOPLE, None, "not YAML"),
    "an unknown tag": ("people: !!python/object:os.system {}\n", 1, "`people`"),
    "a key that is a list": ("? [a, b]\n: c\n", 1, "a key must be a single word"),
    "an alias of itself": ("people: &all\n  you: *all\n", None, ""),
    "nested too deep": ("people: " + "[" * 5_000 + "]" * 5_000, None, "nested deeper"),
    "nothing": ("", None, "`people`"),
    "a list": ("- you\n", 1, ""),
    "nobody": ("people: {}\n", 1, "`people`"),
    "nobody who administers": ("people:\n  you: {roles: [owner]}\n", 1, "somebody must be `admin: true`"),
    "a name that is none": ("people:\n  Not A Slug: {admin: true}\n", 2, "Not A Slug"),
    "an owner who is not there": (PEOPLE + "programs:\n  momentum:\n    owner: me\n", 4, "`me` is not among"),
    "a program with a person's name": (PEOPLE + "programs:\n  you: {}\n", 3, "`you` is a person's name"),
    "a policy that is not there": (PEOPLE + "policy: sola\n", 2, "there is no policy `sola`; shipped are"),
    "a policy file that is not there": (PEOPLE + "policy: mine.yaml\n", 2, "mine.yaml cannot be read"),
    "a policy nobody can satisfy": (PEOPLE + "policy: trading-tiers\n", 2, "give more people the role"),
    "a rule without a route": (inline("    - {name: all, tier: 1}\n"), 6, "must say whom"),
    "an empty list of approvers": (
        inline("    - name: all\n      tier: 1\n      route: {roles: []}\n"), 8, "an empty list of approvers"
    ),
    "a rule that nobody can decide": (
        inline("    - {name: all, tier: 1, route: {roles: [head]}}\n"), 6, "head, and nobody can decide it"
    ),
    "a quorum that cannot be": (
        inline("    - {name: all, tier: 1, route: {roles: [owner]}, quorum: 2}\n"), 6, "needs 2 of owner"
    ),
    "an escalation to nobody": (
        inline("    - name: all\n      tier: 1\n      route: {roles: [owner]}\n      escalate:\n"
               "        - {after: PT1H, to: {roles: [head]}}\n"), 9, "there is nobody like that",
    ),
    "an unknown field of a rule": (
        inline("    - name: all\n      tier: 1\n      rout: {roles: [owner]}\n"), 8, "`rout` is not known here; known:"
    ),
    "a duration that is none": (
        inline("    - name: all\n      tier: 1\n      route: {roles: [owner]}\n      expire: 4h\n"), 9, "PT4H"
    ),
    "a condition that is none": (
        inline("    - name: all\n      tier: 1\n      route: {roles: [owner]}\n      when: amount >\n"), 9, "CEL"
    ),
    "an input that is not declared": (
        inline("    - name: all\n      tier: 1\n      route: {roles: [owner]}\n      when: amount > 1\n"), 9,
        "`inputs` does not declare",
    ),
    "a highest tier without a rule": (
        f"{PEOPLE}policy:\n  name: own\n  tiers: {{1: routine, 2: critical}}\n  rules:\n{RULE}", 5, "highest tier 2"
    ),
    "silence that approves what is risky": (
        f"{PEOPLE}policy:\n  name: own\n  tiers: {{1: a, 2: b}}\n  rules:\n"
        "    - name: all\n      tier: 2\n      route: {roles: [owner]}\n      silence: approve\n",
        9, "silence may approve in tier 1 alone",
    ),
    "a channel of nobody": (PEOPLE + "channels:\n  mine: {person: bob}\n", 3, "not among the people"),
    "a channel on no platform": (PEOPLE + "channels:\n  desk: {}\n", 3, "one chat on one platform"),
    "a channel on two platforms": (PEOPLE + "channels:\n  desk: {telegram: 1, discord: 12345}\n", 3, "not 2"),
    "a channel on an unknown platform": (PEOPLE + "channels:\n  desk:\n    teams: x\n", 4, "known: slack, discord"),
    "a channel whose token is not set": (
        PEOPLE + "channels:\n  desk:\n    discord: 12345\n", 4, "add PLACET_DISCORD_TOKEN=… to .env"
    ),
    "a channel that is the terminal": (PEOPLE + "channels:\n  console: {telegram: 1}\n", 3, "take another name"),
    "a channel with a name that is none": (PEOPLE + "channels:\n  My Desk: {telegram: 1}\n", 3, "My Desk"),
    "a chat by its name": (PEOPLE + "channels:\n  desk: {slack: '#trading'}\n", 3, "C0123456789"),
    "a chat by its handle": (PEOPLE + "channels:\n  desk: {telegram: '@desk'}\n", 3, "the chat's number"),
    "a chat that is a list": (PEOPLE + "channels:\n  desk: {telegram: [1]}\n", 3, "`channels.desk.telegram`"),
    "a chat that is a yes": (PEOPLE + "channels:\n  desk: {telegram: true}\n", 3, "`channels.desk.telegram`"),
    "two channels in one chat": (
        PEOPLE + "channels:\n  desk: {telegram: 7}\n  phone:\n    telegram: '7'\n", 5, "`desk` is the same chat already"
    ),
    "an empty filter": (PEOPLE + "channels:\n  desk:\n    telegram: 7\n    tiers: []\n", 5, "`channels.desk.tiers`"),
    "a tier that is not there": (
        PEOPLE + "channels:\n  desk:\n    telegram: 7\n    tiers: [2, 4]\n", 5, "no tier 4 (there are: 1, 2, 3)"
    ),
    "a role that nobody has": (
        PEOPLE + "channels:\n  desk:\n    telegram: 7\n    roles: [trader]\n", 5, "nobody has the role `trader`"
    ),
    "an account on an unknown platform": (OWNER + "accounts: {irc: x}}\n", 2, "known: slack"),
    "an account without its team": (
        "people:\n  you:\n    {admin: true, roles: [owner],\n    accounts: {slack: U345CD}}\n", 4, "TEAM/USER, as in"
    ),
    "an account the wrong way round": (OWNER + "accounts: {slack: U1X/T1X}}\n", 2, "TEAM/USER"),
    "an account by its name": (OWNER + "accounts: {discord: alice#1}}\n", 2, "the user's ID"),
    "an account of two people": (
        OWNER + "accounts: {telegram: 7}}\n  me:\n    accounts:\n      telegram: '7'\n",
        5,
        "the account of `you` already",
    ),
    "a policy that is a list": (PEOPLE + "policy: [solo]\n", 2, "`policy"),
}  # fmt: skip


def fault_of(settings: Settings) -> str:
    with pytest.raises(ConfigError) as problem:
        read_house(settings)
    return str(problem.value)


@pytest.mark.parametrize(("text", "line", "hint"), MISTAKES.values(), ids=MISTAKES.keys())
def test_a_mistake_names_file_line_and_remedy(tmp_path: Path, text: str, line: int | None, hint: str) -> None:
    said = fault_of(settings_in(tmp_path, house=text, telegram_token="1:x", **SLACK))
    assert str(tmp_path / "placet.yaml") in said
    if line is not None:
        assert f"placet.yaml, line {line}: " in said
    assert hint in said


@pytest.mark.parametrize(
    ("policy", "line", "hint"),
    [
        ("name: own\nrules:\n  - {name: all, tier: 9, route: {roles: [owner]}}\n", 3, "`tier` is one of"),
        ("name: own\nrules: []\n", 2, "at least one rule"),
        ("name: own\nname: mine\n", 2, "stands here twice"),
        ("name: own\nrules: [\n", None, "not YAML"),
        ("", None, "mapping"),
        ("just words\n", 1, "mapping"),
        ("name: own\ncurrency: $\nrules: []\n", 2, "a code such as USD"),
    ],
)
def test_a_mistake_in_a_policy_file_names_that_file(tmp_path: Path, policy: str, line: int | None, hint: str) -> None:
    (tmp_path / "mine.yaml").write_text(policy)
    said = fault_of(settings_in(tmp_path, house=PEOPLE + "policy: mine.yaml\n"))
    assert str(tmp_path / "mine.yaml") in said
    if line is not None:
        assert f"mine.yaml, line {line}: " in said
    assert hint in said


@pytest.mark.parametrize("name", ["placet.yaml", "mine.yaml"])
def test_a_file_that_is_not_utf8_is_a_sentence(tmp_path: Path, name: str) -> None:
    settings = settings_in(tmp_path, house=PEOPLE + "policy: mine.yaml\n")
    (tmp_path / name).write_bytes(b"name: \xff\xfe\n")
    assert f"{name} cannot be read" in fault_of(settings) or f"{name}: cannot be read" in fault_of(settings)


def test_a_config_that_is_not_there_is_said(tmp_path: Path) -> None:
    settings = settings_in(tmp_path)
    assert settings.config is not None
    settings.config.unlink()
    assert "there is no such file; correct PLACET_CONFIG" in fault_of(settings)


def test_without_a_file_one_local_person_decides_alone(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    house = read_house(Settings(_env_file=None, home=tmp_path))
    assert [(p.id, p.admin, sorted(p.roles)) for p in house.people] == [("you", True, ["owner"])]
    assert house.policy.name == "solo"


def test_a_file_without_a_mistake_is_read(tmp_path: Path) -> None:
    house: House = read_house(settings_in(tmp_path))
    assert [person.id for person in house.people] == ["alice", "bob", "carol", "dave", "erin", "frank"]
    assert house.programs[0].owner == "frank"
    assert [rule.name for rule in house.policy.rules] == ["critical", "elevated", "routine"]


def test_words_of_yaml_are_taken_as_they_stand() -> None:
    text = "a: no\nb: 1:30\nc: 2026-11-20\nd: on\ne: 0o17\nf: 1e3\ng: .inf\nh: 010\ni: 0x1F\n"
    value = read_document("x", text).value
    assert value == {
        "a": "no", "b": "1:30", "c": "2026-11-20", "d": "on", "e": "0o17", "f": "1e3", "g": ".inf", "h": 10,
        "i": "0x1F",
    }  # fmt: skip
    value = read_document("x", "a: 1.10\nb: 12\nc: true\nd: ~\ne:\nf: '12'\n").value
    assert value == {"a": Decimal("1.10"), "b": 12, "c": True, "d": None, "e": None, "f": "12"}
    assert str(value["a"]) == "1.10"


def test_channels_and_accounts_are_read(tmp_path: Path) -> None:
    house = """\
people:
  you: {roles: [owner], admin: true, accounts: {slack: T012AB/U345CD, discord: "112233445566778899", telegram: 4242}}
  me: {accounts: {telegram: 77}}
channels:
  desk: {slack: C0123456789, tiers: [2, 3], roles: [owner], programs: [momentum]}
  phone: {telegram: -1001234567890/17}
  group: {telegram: -42}
"""
    read = read_house(settings_in(tmp_path, house=house, telegram_token="1:x", **SLACK))
    assert read.channels == (
        Channel("desk", "slack", "C0123456789", frozenset({2, 3}), frozenset({"owner"}), frozenset({"momentum"})),
        Channel("phone", "telegram", "-1001234567890/17"),
        Channel("group", "telegram", "-42"),
    )
    assert read.accounts == {
        "you": (
            Account("slack", "T012AB", "U345CD"),
            Account("discord", "", "112233445566778899"),
            Account("telegram", "", "4242"),
        ),
        "me": (Account("telegram", "", "77"),),
    }


def test_a_role_may_be_called_no(tmp_path: Path) -> None:
    house = read_house(settings_in(tmp_path, house="people: {you: {admin: true, roles: [no, owner, on]}}\n"))
    assert house.people[0].roles == {"no", "on", "owner"}


@pytest.mark.parametrize(
    ("line", "hint"),
    [
        ("PLACET_PORT=many", "PLACET_PORT"),
        ("PLACET_PORT=99999", "PLACET_PORT"),
        ("PLACET_PORT=-1", "PLACET_PORT"),
        ("PLACET_MAX_BODY=10", "PLACET_MAX_BODY"),
        ("PLACET_HOST=", "PLACET_HOST"),
        ("PLACET_LOG_LEVEL=loud", "PLACET_LOG_LEVEL"),
        ("PLACET_DATABASE_URL=nonsense", "PLACET_DATABASE_URL"),
        ("PLACET_DATABASE_URL=mysql://root@localhost/placet", "PLACET_DATABASE_URL"),
        ("PLACET_PUBLIC_URL=placet.example.org", "PLACET_PUBLIC_URL: is an address"),
        ("PLACET_PUBLIC_URL=ftp://placet.example.org", "PLACET_PUBLIC_URL: is an address"),
        ("PLACET_PUBLIC_URL=https://placet.example.org/desk", "PLACET_PUBLIC_URL: is scheme and host alone"),
        ("PLACET_PUBLIC_URL=https://placet.example.org?x=1", "PLACET_PUBLIC_URL: is scheme and host alone"),
        ("PLACET_PUBLIC_URL=https://user:word@placet.example.org", "PLACET_PUBLIC_URL: is an address"),
        ("PLACET_PUBLIC_URL=https://placet.example.org:many", "PLACET_PUBLIC_URL: is an address"),
        ("PLACET_SLACK_API_URL=slack.com/api", "PLACET_SLACK_API_URL: is an address"),
        ("PLACET_TELEGRAM_API_URL=", "PLACET_TELEGRAM_API_URL: is an address"),
        ("PLACET_DISCORD_GATEWAY_URL=https://discord.com", "PLACET_DISCORD_GATEWAY_URL: is an address, as in wss://"),
        ("PLACET_TELEGRAM_TOKEN=secret", "PLACET_TELEGRAM_TOKEN: is a number, a colon"),
        ("PLACET_DISCORD_TOKEN=Bot secret", "PLACET_DISCORD_TOKEN: is one word"),
        ("PLACET_SLACK_BOT_TOKEN=xoxb-secret", "PLACET_SLACK_APP_TOKEN: Slack needs two tokens"),
        ("PLACET_SLACK_APP_TOKEN=xapp-secret", "PLACET_SLACK_BOT_TOKEN: Slack needs two tokens"),
        ("PLACET_SLACK_BOT_TOKEN=xapp-secret", "PLACET_SLACK_BOT_TOKEN: this is the token for PLACET_SLACK_APP_TOKEN"),
        ("PLACET_SLACK_APP_TOKEN=xoxb-secret", "PLACET_SLACK_APP_TOKEN: this is the token for PLACET_SLACK_BOT_TOKEN"),
    ],
)
def test_a_mistake_in_the_env_file_names_the_setting(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, line: str, hint: str
) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv(line.partition("=")[0], raising=False)
    (tmp_path / ".env").write_text(line + "\n")
    with pytest.raises(ConfigError) as problem:
        read_settings()
    assert hint in str(problem.value)
    assert ".env or the environment: PLACET_" in str(problem.value)
    assert "secret" not in str(problem.value)


def test_a_token_is_shown_by_no_repr_and_no_dump() -> None:
    settings = Settings(
        _env_file=None,
        token=SecretStr("placet_person_secret"),
        slack_bot_token=SecretStr("xoxb-secret"),
        slack_app_token=SecretStr("xapp-secret"),
        discord_token=SecretStr("secret"),
        telegram_token=SecretStr("1:secret"),
        database_url="postgresql://placet:secret@localhost/placet",
    )
    assert settings.platforms() == ("slack", "discord", "telegram")
    assert "secret" not in f"{settings!r} {settings} {settings.slack_bot_token} {settings.token!r}"
    assert settings.without_platforms().platforms() == ()
    assert sorted(settings.secrets()) == ["1:secret", "placet_person_secret", "secret", "xapp-secret", "xoxb-secret"]


def test_a_token_is_written_into_no_log(caplog: pytest.LogCaptureFixture) -> None:
    try:
        raise ConnectionError("https://api.telegram.org/bot1:secret/getMe")
    except ConnectionError:
        logging.getLogger("anybody").exception("bot1:secret failed")
    line = LineFormatter(["1:secret"]).format(caplog.records[0])
    assert "secret" not in line.replace("test_a_token", "")
    assert "bot…/getMe" in line


def test_a_setting_with_nothing_behind_it_is_not_set(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    lines = ("SLACK_BOT_TOKEN", "SLACK_APP_TOKEN", "DISCORD_TOKEN", "TELEGRAM_TOKEN", "PUBLIC_URL", "TOKEN")
    (tmp_path / ".env").write_text("".join(f"PLACET_{line}=\n" for line in lines))
    settings = read_settings()
    assert settings.platforms() == ()
    assert (settings.public_url, settings.token) == (None, None)


def test_a_public_address_is_kept_without_its_last_stroke() -> None:
    assert Settings(_env_file=None, public_url="https://placet.example.org/").public_url == "https://placet.example.org"
    assert Settings(_env_file=None, public_url="http://[fd00::1]:8600").public_url == "http://[fd00::1]:8600"


def test_an_env_file_that_cannot_be_read_is_a_sentence(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / ".env").write_bytes(b"PLACET_TOKEN=\xff\xfe\n")
    with pytest.raises(ConfigError, match=r"\.env"):
        read_settings()


def test_a_secret_in_a_wrong_setting_is_not_repeated(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / ".env").write_text("PLACET_DATABASE_URL=mysql://root:hunter2@localhost/placet\n")
    with pytest.raises(ConfigError) as problem:
        read_settings()
    assert "hunter2" not in str(problem.value)


def test_a_home_that_cannot_be_made_is_a_sentence() -> None:
    with pytest.raises(ConfigError, match="PLACET_HOME"):
        Settings(_env_file=None, home=Path("/dev/null/placet")).folder()


def test_an_ipv6_host_is_an_address_that_can_be_called() -> None:
    assert Settings(_env_file=None, host="::1", port=8600).server() == "http://[::1]:8600"


@pytest.mark.parametrize(
    ("house", "more", "hint"),
    [
        (HOUSE.replace("bob: {name", "bob: {nmae"), {}, "placet.yaml, line 3: `people.bob.nmae` is not known here"),
        (HOUSE, {"PLACET_PORT": "many"}, "PLACET_PORT"),
        (HOUSE, {"PLACET_HOME": "/dev/null/placet"}, "PLACET_HOME"),
    ],
)
def test_serve_does_not_start_with_a_mistake(tmp_path: Path, house: str, more: dict[str, str], hint: str) -> None:
    ended = ran(tmp_path, "serve", env=environment(settings_in(tmp_path, house=house), more))
    assert ended.returncode == 1
    assert hint in ended.stderr.replace("\n", " ")
    assert "Traceback" not in ended.stderr
    assert ended.stdout == ""
