"""The two keys for the commands on the machine where `placet serve` runs, each in a file of its own."""

from __future__ import annotations

import asyncio
from pathlib import Path

from bot.ids import digest_of, new_id, new_token
from bot.services import START, Services
from core.model import ActorKind, Key
from core.registry import SCOPES, CreateKey

SHELL = "shell"
"""The program that `placet submit` speaks as on this machine."""


async def leave_keys(services: Services, file: Path) -> None:
    """FILE, the token of the first administrator, and FILE.program, the key of the program `shell`; only their owner
    can read them. Those that are there and still good stay.
    """
    admin = next(person for person in services.registry().people.values() if person.admin and person.active)
    await _leave(services, file, ActorKind.PERSON, admin.id, None)
    await _leave(services, file.with_name(file.name + ".program"), ActorKind.PROGRAM, SHELL, admin.id)


async def _leave(services: Services, file: Path, kind: ActorKind, ref: str, owner: str | None) -> None:
    registry = services.registry()
    digest = await asyncio.to_thread(_digest_in, file)
    # One whose person was taken out since is good for nothing.
    if any(key.digest == digest and key.revoked_at is None and key.ref == ref for key in registry.keys.values()):
        return
    known = registry.programs.get(ref)
    token = new_token(kind.value)
    key = Key(
        id=new_id("key"),
        digest=digest_of(token),
        kind=kind,
        ref=ref,
        scopes=SCOPES[kind],
        created_at=services.clock.now(),
        label=f"this machine ({file.name})",
    )
    await services.must(CreateKey(new_id("cmd"), START, "", "-", key, known.owner if known else owner))
    await asyncio.to_thread(_write_secret, file, token)


def _digest_in(file: Path) -> str | None:
    return digest_of(file.read_text(encoding="ascii", errors="replace").strip()) if file.exists() else None


def _write_secret(file: Path, token: str) -> None:
    file.touch(mode=0o600)
    file.chmod(0o600)
    file.write_text(token + "\n", encoding="ascii")
