"""One message to one browser (web push, RFC 8030): encrypted for it alone (RFC 8291), signed by this server (RFC 8292).

A browser names the address where its maker takes messages for it, so a stranger could name any: only public
addresses are written to, each time anew, and no answer of theirs leads anywhere else.
"""

from __future__ import annotations

import asyncio
import base64
import binascii
import ipaddress
import socket
from dataclasses import dataclass
from datetime import timedelta

import aiohttp
from aiohttp.abc import AbstractResolver, ResolveResult
from aiohttp.resolver import ThreadedResolver
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from yarl import URL

from core.ports import Clock

LONGEST_ADDRESS = 1_000
"""Characters; those of the known push services are under 400."""
NOBODY = "https://placet.invalid"
"""Who answers for a server that knows neither its public address nor a contact."""
_PATIENCE = aiohttp.ClientTimeout(total=15, connect=10)
_MOST_CONNECTIONS = 32
_SIGNED_FOR = timedelta(hours=12)
_LONGEST_WAIT = 3_600.0
_GONE = (404, 410)
_BUSY = (408, 425, 429)
_NAT64 = ipaddress.ip_network("64:ff9b::/96")
_UNICAST = ipaddress.ip_network("2000::/3")
"""All of IPv6 that the internet has been given."""
_ISATAP = (0x00005EFE, 0x02005EFE)
"""What stands before an IPv4 address that hides in the lower half of an IPv6 one."""


class NotTaken(Exception):
    """What a browser has sent cannot be written to; the words say why."""


@dataclass(frozen=True, slots=True)
class Subscription:
    """Where a browser takes messages, and the keys with which they are encrypted for it."""

    endpoint: str
    p256dh: str
    auth: str

    @property
    def host(self) -> str:
        """What may be said of it in the log: the rest of the address is a secret."""
        return URL(self.endpoint).host or ""


@dataclass(frozen=True, slots=True)
class Message:
    """`keeps`: seconds for which it is worth something; `topic`: a later one of the same takes its place."""

    body: bytes
    keeps: int
    urgent: bool = False
    topic: str | None = None


@dataclass(frozen=True, slots=True)
class Sent:
    """What became of a message. `gone`: the browser takes none any more; `later`: it may work in so many seconds."""

    status: str
    good: bool = False
    gone: bool = False
    later: float | None = None


class Refusing(AbstractResolver):
    """Finds the addresses of a name; if one of them is not public, it finds none."""

    def __init__(self, *, private: bool) -> None:
        self._private = private
        self._found = ThreadedResolver()

    async def resolve(
        self, host: str, port: int = 0, family: socket.AddressFamily = socket.AF_UNSPEC
    ) -> list[ResolveResult]:
        found = await self._found.resolve(host, port, family)
        if not self._private and not all(is_public(one["host"]) for one in found):
            raise OSError(None, "not a public address")
        return found

    async def close(self) -> None:
        await self._found.close()


class PushService:
    """`contact`: whom a push service may write to about us; `private`: addresses that are not public will do, too."""

    def __init__(self, clock: Clock, contact: str | None = None, *, private: bool = False) -> None:
        self._clock = clock
        self._contact = contact or NOBODY
        self._private = private
        self._session: aiohttp.ClientSession | None = None

    async def subscription(self, endpoint: str, p256dh: str, auth: str) -> Subscription:
        """What a browser has sent, if it can be written to. Raises NotTaken."""
        address = self._address(endpoint)
        try:
            point, secret = unpacked(p256dh), unpacked(auth)
            ec.EllipticCurvePublicKey.from_encoded_point(ec.SECP256R1(), point)
        except (ValueError, binascii.Error):
            raise NotTaken("The keys that this browser has sent are none.") from None
        if len(point) != 65 or len(secret) != 16:
            raise NotTaken("The keys that this browser has sent are none.")
        host = address.raw_host or ""
        try:
            async with asyncio.timeout(_PATIENCE.connect):
                if not _is_literal(host):
                    await Refusing(private=self._private).resolve(host)
        except (OSError, TimeoutError):
            words = f"{host[:80]} cannot be reached from here, or it is not a public address."
            raise NotTaken(words) from None
        return Subscription(endpoint, packed(point), packed(secret))

    def _address(self, endpoint: str) -> URL:
        """The address, if it is one that is ever written to. Raises NotTaken."""
        no = NotTaken("A browser takes messages at an https address on the internet, and this is none.")
        if len(endpoint) > LONGEST_ADDRESS or not endpoint.isascii() or not endpoint.isprintable():
            raise no
        try:
            address = URL(endpoint, encoded=True)
            host, port = address.raw_host, address.port
        except ValueError:
            raise no from None
        if not host or not port or address.user is not None or address.password is not None:
            raise no
        literal = _is_literal(host)
        if not literal and host.replace(".", "").isdigit():
            # `127.1`, `2130706433`, `127.0.0.1.`: no address to us, and one to what connects, which looks up no name.
            raise no
        near = self._private and (host == "localhost" or (literal and ipaddress.ip_address(host).is_loopback))
        if address.scheme != "https" and not (near and address.scheme == "http"):
            raise no
        if literal and not self._private and not is_public(host):
            raise no
        return address

    async def send(self, key: ServerKey, to: Subscription, message: Message) -> Sent:
        """Hand it to the browser's push service. Raises nothing: whatever goes wrong is in the answer."""
        try:
            address = self._address(to.endpoint)
            body, authorization = await asyncio.to_thread(self._sealed, key, to, message, str(address.origin()))
        except (NotTaken, ValueError):
            return Sent("not an address and keys", gone=True)
        headers = {
            "Authorization": authorization,
            "Content-Encoding": "aes128gcm",
            "Content-Type": "application/octet-stream",
            "TTL": str(message.keeps),
            "Urgency": "high" if message.urgent else "normal",
        }
        if message.topic:
            headers["Topic"] = message.topic
        try:
            async with self._opened().post(address, data=body, headers=headers, allow_redirects=False) as answer:
                return _read(answer.status, answer.headers.get("Retry-After", ""))
        except (aiohttp.ClientError, OSError, TimeoutError) as problem:
            # Its kind alone: the words may hold the address, which is a secret.
            return Sent(type(problem).__name__, later=0.0)

    def _sealed(self, key: ServerKey, to: Subscription, message: Message, audience: str) -> tuple[bytes, str]:
        # A quarter of a second that nobody needs who is written to over no browser.
        from pywebpush import Vapid, WebPusher  # noqa: PLC0415

        keys = {"p256dh": to.p256dh, "auth": to.auth}
        body: bytes = WebPusher({"endpoint": to.endpoint, "keys": keys}).encode(message.body)["body"]
        until = int((self._clock.now() + _SIGNED_FOR).timestamp())
        ours = Vapid.from_raw(key.private.encode())
        ours.conf = {"no-strict": True}  # The contact was read when the settings were.
        return body, str(ours.sign({"aud": audience, "exp": until, "sub": self._contact})["Authorization"])

    def _opened(self) -> aiohttp.ClientSession:
        if self._session is None:
            connector = aiohttp.TCPConnector(resolver=Refusing(private=self._private), limit=_MOST_CONNECTIONS)
            self._session = aiohttp.ClientSession(
                connector=connector, timeout=_PATIENCE, cookie_jar=aiohttp.DummyCookieJar()
            )
        return self._session

    async def close(self) -> None:
        session, self._session = self._session, None
        if session is not None:
            await session.close()


@dataclass(frozen=True, slots=True)
class ServerKey:
    """Our own key pair: a browser takes messages from whoever has the one that it was asked with."""

    private: str
    public: str

    @staticmethod
    def new() -> ServerKey:
        number = ec.generate_private_key(ec.SECP256R1()).private_numbers().private_value
        return ServerKey.of(packed(number.to_bytes(32, "big")))

    @staticmethod
    def of(private: str) -> ServerKey:
        key = ec.derive_private_key(int.from_bytes(unpacked(private), "big"), ec.SECP256R1())
        public = key.public_key().public_bytes(Encoding.X962, PublicFormat.UncompressedPoint)
        return ServerKey(private, packed(public))


def is_public(address: str) -> bool:
    """Whether an IP address belongs to the internet, also where one address hides in another."""
    one = ipaddress.ip_address(address.partition("%")[0])
    if isinstance(one, ipaddress.IPv6Address):
        inner = one.ipv4_mapped or one.sixtofour
        if one in _NAT64 or int(one) >> 32 & 0xFFFFFFFF in _ISATAP:
            inner = ipaddress.IPv4Address(int(one) & 0xFFFFFFFF)
        if inner is not None:
            return is_public(str(inner))
        if one not in _UNICAST:
            return False
    return one.is_global and not one.is_multicast


def packed(raw: bytes) -> str:
    return base64.urlsafe_b64encode(raw).decode().rstrip("=")


def unpacked(text: str) -> bytes:
    """Raises ValueError."""
    if len(text) > 200 or not text.isascii():
        raise ValueError("not a key")
    return base64.b64decode(text.rstrip("=") + "=" * (-len(text.rstrip("=")) % 4), altchars=b"-_", validate=True)


def _is_literal(host: str) -> bool:
    try:
        ipaddress.ip_address(host)
    except ValueError:
        return False
    return True


def _read(status: int, retry_after: str) -> Sent:
    if 200 <= status < 300:
        return Sent(str(status), good=True)
    if status in _GONE:
        return Sent(str(status), gone=True)
    if status in _BUSY or status >= 500:
        wait = float(retry_after) if retry_after.isascii() and retry_after.isdigit() else 0.0
        return Sent(str(status), later=min(wait, _LONGEST_WAIT))
    return Sent(str(status))
