"""The one place where all parts are introduced to each other."""

from __future__ import annotations

import asyncio
import contextlib
import logging
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from pathlib import Path

from bot.bulletin import Bulletin
from bot.clock import Deadlines, SystemClock
from bot.config import House, Settings
from bot.delivery import Delivery
from bot.desk import Desk
from bot.ids import digest_of, new_id, new_token, written
from bot.lookups import Lookups
from bot.metrics import Metrics
from bot.services import Services
from core.commands import Command
from core.engine import Done, Engine
from core.errors import PlacetError, Refused, StoreUnavailable
from core.model import Actor, ActorKind, Key
from core.ports import Clock, Messenger
from core.registry import SCOPES, AdoptPolicy, CreateKey, DeclarePeople
from storage import migrations
from storage.queries import SqlReader
from storage.states import States
from storage.store import SqlStore

SHELL = "shell"
"""The program that `placet submit` speaks as on the machine where `placet serve` runs."""
START = Actor(ActorKind.SYSTEM, "start", "start")
log = logging.getLogger("placet")


async def wait_for_database(url: str) -> None:
    """Bring the database up to date; one that does not answer is waited for. Raises MigrationFailed."""
    pause = 0.5
    while True:
        try:
            await asyncio.to_thread(migrations.upgrade, url)
        except StoreUnavailable as problem:
            log.error("the database does not answer; waiting (%s)", problem)
            await asyncio.sleep(pause)
            pause = min(pause * 2, 10)
        else:
            return


@contextlib.asynccontextmanager
async def running(
    settings: Settings,
    house: House,
    messengers: Mapping[str, Messenger] | None = None,
    clock: Clock | None = None,
) -> AsyncIterator[Services]:
    """Everything but the surfaces, up and running; drained and closed at the end."""
    clock = clock or SystemClock()
    messengers = messengers or {}
    url = settings.database()
    await wait_for_database(url)
    states = States()
    store, reader = SqlStore(url, states), SqlReader(url, states)
    latest = await asyncio.to_thread(store.latest)
    if latest is not None and isinstance(clock, SystemClock):
        clock.not_before(latest)
    channels = tuple(messengers)
    engine = await asyncio.to_thread(Engine, store, clock, lambda _request, _registry: channels)
    await asyncio.to_thread(engine.refresh)
    bulletin = Bulletin(reader)
    desk = Desk(engine, bulletin.publish)
    delivery = Delivery(desk, reader, clock, messengers)
    deadlines = Deadlines(desk, reader, clock)
    metrics = Metrics(reader.counts, lambda: desk.waiting)
    for hook in (delivery.on_batch, deadlines.on_batch, metrics.on_batch):
        bulletin.on_batch(hook)
    services = Services(
        desk=desk,
        reader=reader,
        lookups=Lookups(reader),
        bulletin=bulletin,
        delivery=delivery,
        clock=clock,
        metrics=metrics,
        registry=lambda: engine.registry,
        max_body=settings.max_body,
    )
    desk.start()
    tasks: list[asyncio.Task[None]] = []
    try:
        await declare(services, house)
        tasks += [asyncio.create_task(_kept_running(part.run)) for part in (bulletin, delivery, deadlines)]
        yield services
    finally:
        bulletin.close()
        await desk.close()
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        reader.close()
        store.close()


async def _kept_running(part: Callable[[], Awaitable[None]]) -> None:
    """A part that fails is said in the log and begun again; none of them may end unseen."""
    while True:
        try:
            await part()
        except Exception:
            log.exception("a part of Placet failed and is begun again")
            await asyncio.sleep(1)
        else:
            return


async def _must(services: Services, command: Command) -> None:
    outcome = await services.ask(command)
    if isinstance(outcome, Done):
        return
    detail = f"{outcome.field} {outcome.detail}" if isinstance(outcome, Refused) else "see the log"
    raise PlacetError(f"{type(command).__name__} at start: {detail}")


async def declare(services: Services, house: House) -> None:
    """Keep people, programs and policy in step with what is declared. Also on reload."""
    names = {person.id: written(person.name) for person in house.people}
    await _must(
        services,
        DeclarePeople(new_id("cmd"), START, "", "-", people=house.people, names=names, programs=house.programs),
    )
    await _must(
        services, AdoptPolicy(new_id("cmd"), START, "", "-", document=house.policy_document, policy=house.policy)
    )


async def leave_keys(services: Services, file: Path) -> None:
    """Two keys for the commands on this machine, in files that only their owner can read: FILE, the token of the first
    administrator, and FILE.program, the key of the program `shell`. Those that are there and still good stay.
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
    await _must(services, CreateKey(new_id("cmd"), START, "", "-", key, known.owner if known else owner))
    await asyncio.to_thread(_write_secret, file, token)


def _digest_in(file: Path) -> str | None:
    return digest_of(file.read_text(encoding="ascii", errors="replace").strip()) if file.exists() else None


def _write_secret(file: Path, token: str) -> None:
    file.touch(mode=0o600)
    file.chmod(0o600)
    file.write_text(token + "\n", encoding="ascii")


def migrate_to(url: str, step: str) -> None:
    """Bring the database to a step, forwards or backwards. Raises MigrationFailed."""
    at, _ = migrations.current(url)
    if step == "head" or at is None or step > at:
        migrations.upgrade(url, step)
    else:
        migrations.downgrade(url, step)


def migration_state(url: str) -> tuple[str | None, str]:
    """The step the database has, and the newest there is."""
    return migrations.current(url)
