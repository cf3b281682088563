"""Where messages to browsers are never sent: a browser names its address, so a stranger could name any."""

from __future__ import annotations

import asyncio

import pytest

from bot.clock import SystemClock
from bot.push_service import Message, PushService, ServerKey, Subscription, is_public
from tests.platforms.push import Browser, push_town

INSIDE = (
    "https://127.0.0.1/x",
    "https://localhost/x",
    "https://localhost.:443/x",
    "https://[::1]/x",
    "https://[::ffff:127.0.0.1]/x",
    "https://[::ffff:7f00:1]/x",
    "https://[64:ff9b::a9fe:a9fe]/x",
    "https://[fe80::1%25lo]/x",
    "https://169.254.169.254/latest/meta-data",
    "https://10.0.0.1/x",
    "https://192.168.1.1/x",
    "https://100.64.0.1/x",
    "https://0.0.0.0/x",
    "https://224.0.0.1/x",
    "https://0x7f.1/x",
    "https://2130706433/x",
    "https://0177.0.0.1/x",
    "https://127.1/x",
    "https://127.0.0.1./x",
    "https://0/x",
    "https://[fec0::1]/x",
    "https://[64:ff9b:1::7f00:1]/x",
)
NO_ADDRESS = (
    "",
    "x",
    "http://push.example.org/x",
    "http://127.0.0.1/x",
    "ftp://push.example.org/x",
    "javascript:alert(1)",
    "https:///x",
    "https://push.example.org:0/x",
    "https://push.example.org:99999/x",
    "https://user:secret@push.example.org/x",
    "https://push.example.org/\r\nHost: x",
    "https://push.example.org/" + "x" * 1_000,
    "https://püsh.example.org/x",
)


@pytest.mark.parametrize("endpoint", [*INSIDE, *NO_ADDRESS])
def test_an_address_that_is_not_on_the_internet_is_refused(endpoint: str) -> None:
    given = Browser(endpoint).given

    async def registered() -> str:
        try:
            await PushService(SystemClock()).subscription(endpoint, given["p256dh"], given["auth"])
        except Exception as problem:  # noqa: BLE001 - its kind is what is looked at
            return type(problem).__name__
        return "taken"

    assert asyncio.run(registered()) == "NotTaken"


def test_a_name_that_leads_inside_later_is_not_written_to() -> None:
    with push_town() as town:
        browser = town.browser()
        given = browser.given
        # As if they had been registered while they still led to the internet.
        spelled = ("127.0.0.1", "localhost", "127.1", "2130706433", "0x7f.1", "127.0.0.1.")
        for endpoint in (browser.endpoint.replace("127.0.0.1", name) for name in spelled):

            async def sent(address: str) -> tuple[str, bool]:
                service = PushService(SystemClock())
                try:
                    to = Subscription(address.replace("http:", "https:"), given["p256dh"], given["auth"])
                    answer = await service.send(ServerKey.new(), to, Message(b"{}", 60))
                finally:
                    await service.close()
                return answer.status, answer.good

            status, good = asyncio.run(sent(endpoint))
            assert not good
            assert status in ("not an address and keys", "ClientConnectorDNSError")
        assert browser.tries == 0


@pytest.mark.parametrize(
    ("address", "public"),
    [
        ("8.8.8.8", True),
        ("2606:4700::1111", True),
        ("::ffff:8.8.8.8", True),
        ("64:ff9b::808:808", True),
        ("2002:a00:1::1", False),
        ("::", False),
        ("fc00::1", False),
        ("ff02::1", False),
        ("203.0.113.5", False),
        ("::127.0.0.1", False),
        ("::ffff:0:7f00:1", False),
        ("64:ff9b:1::7f00:1", False),
        ("fec0::1", False),
        ("2a00:1450::5efe:7f00:1", False),
        ("2a00:1450::200:5efe:a00:1", False),
        ("2a00:1450::5efe:808:808", True),
    ],
)
def test_an_address_within_another_is_what_counts(address: str, public: bool) -> None:
    assert is_public(address) is public
