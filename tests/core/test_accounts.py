"""Who is who on the platforms: one-time codes, declared accounts, and what happens to both."""

from __future__ import annotations

from datetime import timedelta

from core.accounts import (
    CODE_LASTS,
    MOST_OFFERS,
    AccountLinked,
    Accounts,
    AccountUnlinked,
    Link,
    LinkAccount,
    LinkOffered,
    OfferLink,
    UnlinkAccount,
)
from core.errors import Refused
from core.model import Account, Actor, ActorKind, Person
from core.registry import DeclarePeople, Registry, RegistryCommand, decide_registry, evolve_registry
from tests.cast import ALICE, BOB, ERIN, NOW, person, words

SYSTEM = Actor(ActorKind.SYSTEM, "start", "start")
SLACK = Account("slack", "T1", "U1")
TELEGRAM = Account("telegram", "", "42")


def declare(accounts: dict[str, tuple[Account, ...]], *people: Person) -> DeclarePeople:
    everybody = people or (ALICE, BOB, ERIN)
    names = {someone.id: words(someone.name) for someone in everybody}
    return DeclarePeople("cmd", SYSTEM, "", people=everybody, names=names, accounts=accounts)


class House:
    """A registry that is told things."""

    def __init__(self, **accounts: tuple[Account, ...]) -> None:
        self.registry = Registry()
        self.now = NOW
        self.tells(declare(accounts))

    def tells(self, command: RegistryCommand) -> tuple[object, ...]:
        facts = decide_registry(self.registry, command, self.now)
        assert not isinstance(facts, Refused), facts
        for fact in facts:
            self.registry = evolve_registry(self.registry, fact)
        return facts

    def refused(self, command: RegistryCommand) -> str:
        facts = decide_registry(self.registry, command, self.now)
        assert isinstance(facts, Refused), facts
        return facts.code

    @property
    def accounts(self) -> Accounts:
        return self.registry.accounts


def offer(name: str, by: str | None = None, code: str = "digest") -> OfferLink:
    return OfferLink("cmd", person(by or name), "", person=name, code=code)


def link(account: Account = SLACK, code: str = "digest") -> LinkAccount:
    return LinkAccount("cmd", Actor(ActorKind.SYSTEM, "link", account.platform), "", account=account, code=code)


def test_a_code_links_the_account_that_shows_it_once() -> None:
    house = House()
    assert house.tells(offer("alice")) == (LinkOffered("alice", "digest", NOW + CODE_LASTS),)
    assert house.tells(link()) == (AccountLinked("alice", SLACK, offer="digest"),)
    assert house.accounts.links == {SLACK: Link("alice")}
    assert house.refused(link(TELEGRAM)) == "bad_code"


def test_a_code_is_good_for_ten_minutes() -> None:
    house = House()
    house.tells(offer("alice"))
    house.now += CODE_LASTS
    assert house.refused(link()) == "bad_code"


def test_one_for_each_platform_can_be_made_beforehand_and_the_oldest_of_many_gives_way() -> None:
    house = House()
    for number in range(MOST_OFFERS + 1):
        house.tells(offer("alice", code=f"code {number}"))
    assert house.refused(link(code="code 0")) == "bad_code"
    house.tells(link(SLACK, "code 1"))
    house.tells(link(TELEGRAM, "code 2"))
    assert house.accounts.of("alice") == (SLACK, TELEGRAM)


def test_nobody_hands_out_a_code_for_somebody_else_but_an_administrator() -> None:
    house = House()
    assert house.refused(offer("alice", by="bob")) == "not_admin"
    assert house.refused(offer("nobody", by="erin")) == "not_found"
    house.tells(offer("alice", by="erin"))


def test_the_code_of_somebody_who_is_gone_is_good_for_nothing() -> None:
    house = House()
    house.tells(offer("alice"))
    house.tells(declare({}, BOB, ERIN))
    assert house.refused(link()) == "bad_code"


def test_an_account_is_one_persons() -> None:
    house = House()
    house.tells(offer("alice"))
    house.tells(link())
    house.tells(offer("bob"))
    assert house.refused(link()) == "linked_already"
    house.tells(offer("alice", code="again"))
    house.tells(link(code="again"))
    assert house.accounts.links == {SLACK: Link("alice")}


def test_the_same_user_id_in_another_workspace_is_somebody_else() -> None:
    house = House(alice=(SLACK,))
    assert Account("slack", "T2", "U1") not in house.accounts.links


def test_declared_accounts_are_kept_in_step_with_the_file() -> None:
    house = House(alice=(SLACK, TELEGRAM))
    assert house.accounts.of("alice") == (SLACK, TELEGRAM)
    assert house.tells(declare({"alice": (SLACK, TELEGRAM)})) == ()
    assert house.tells(declare({"alice": (TELEGRAM,), "bob": (SLACK,)})) == (
        AccountUnlinked("alice", SLACK),
        AccountLinked("bob", SLACK, declared=True),
    )
    unlink = UnlinkAccount("cmd", person("erin"), "", person="bob", account=SLACK)
    assert house.refused(unlink) == "invalid"


def test_what_a_code_has_linked_stays_when_the_file_is_read_again_and_goes_when_asked() -> None:
    house = House()
    house.tells(offer("alice"))
    house.tells(link())
    assert house.tells(declare({})) == ()
    assert house.refused(UnlinkAccount("cmd", person("bob"), "", person="alice", account=SLACK)) == "not_admin"
    house.tells(UnlinkAccount("cmd", person("alice"), "", person="alice", account=SLACK))
    assert house.accounts.links == {}


def test_the_file_goes_before_a_code() -> None:
    house = House()
    house.tells(offer("alice"))
    house.tells(link())
    house.tells(declare({"bob": (SLACK,)}))
    assert house.accounts.links == {SLACK: Link("bob", declared=True)}


def test_somebody_who_is_gone_has_no_accounts_and_does_not_get_them_back() -> None:
    house = House()
    house.tells(offer("alice"))
    house.tells(link())
    facts = house.tells(declare({}, BOB, ERIN))
    assert AccountUnlinked("alice", SLACK) in facts
    house.now += timedelta(days=1)
    house.tells(declare({}))
    assert house.accounts.of("alice") == ()
