"""A push service and the browsers that take messages from it, over HTTP: what is sent is decrypted with their keys."""

from __future__ import annotations

import json
import os
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from email.message import Message
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import http_ece
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from py_vapid.jwt import decode as jwt_decode

from bot.push_service import packed


@dataclass(frozen=True)
class Arrived:
    """A message as the browser reads it. `claims`: what the server has signed."""

    body: dict[str, Any]
    headers: Message
    claims: dict[str, Any]
    key: str


@dataclass
class Browser:
    """What `pushManager.subscribe` would give, with the keys that only the browser has."""

    endpoint: str
    key: ec.EllipticCurvePrivateKey = field(default_factory=lambda: ec.generate_private_key(ec.SECP256R1()))
    secret: bytes = field(default_factory=lambda: os.urandom(16))
    answers: list[tuple[int, dict[str, str]]] = field(default_factory=list)
    """What the service answers next, status and headers; when none is left, 201."""
    hangs: threading.Event | None = None
    """The service answers only once this is set."""
    tries: int = 0
    arrived: list[Arrived] = field(default_factory=list)

    @property
    def given(self) -> dict[str, str]:
        """The fields of its subscription."""
        point = self.key.public_key().public_bytes(Encoding.X962, PublicFormat.UncompressedPoint)
        return {"endpoint": self.endpoint, "p256dh": packed(point), "auth": packed(self.secret)}

    def titles(self) -> list[str]:
        return [one.body["title"] for one in self.arrived]

    def take(self, content: bytes, headers: Message) -> tuple[int, dict[str, str]]:
        self.tries += 1
        if self.hangs is not None:
            assert self.hangs.wait(30)
        status, more = self.answers.pop(0) if self.answers else (201, {})
        if status < 300:
            plain = http_ece.decrypt(content, private_key=self.key, auth_secret=self.secret, version="aes128gcm")
            scheme, _, rest = headers["Authorization"].partition(" ")
            assert scheme == "vapid"
            signed = dict(part.split("=", 1) for part in rest.split(","))
            claims = jwt_decode(signed["t"], signed["k"])
            self.arrived.append(Arrived(json.loads(plain), headers, claims, signed["k"]))
        return status, more


class PushTown:
    """`browser()` makes one that takes messages here."""

    def __init__(self, address: str) -> None:
        self.address = address
        self.browsers: dict[str, Browser] = {}

    def browser(self) -> Browser:
        path = f"/send/{len(self.browsers)}-{packed(os.urandom(9))}"
        self.browsers[path] = Browser(self.address + path)
        return self.browsers[path]


@contextmanager
def push_town() -> Iterator[PushTown]:
    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_POST(self) -> None:
            content = self.rfile.read(int(self.headers["Content-Length"]))
            browser = town.browsers.get(self.path)
            status, more = browser.take(content, self.headers) if browser else (404, {})
            self.send_response(status)
            for name, value in {"Content-Length": "0", **more}.items():
                self.send_header(name, value)
            self.end_headers()

        def log_message(self, format: str, *args: Any) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    town = PushTown(f"http://127.0.0.1:{server.server_address[1]}")
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02})
    thread.start()
    try:
        yield town
    finally:
        server.shutdown()
        thread.join()
        server.server_close()
