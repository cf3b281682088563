"""The one place where all parts are introduced to each other."""

from __future__ import annotations

import asyncio
import contextlib
import logging
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping

from bot.bulletin import Bulletin
from bot.channels import Channels
from bot.clock import Deadlines, SystemClock
from bot.config import House, Settings
from bot.connections import connections
from bot.delivery import Delivery
from bot.desk import Desk
from bot.devices import Devices
from bot.faces import Faces
from bot.ids import new_id, written
from bot.learning.jobs import Jobs
from bot.learning.studying import reckoning
from bot.learning.tasks import Basis
from bot.learning.work import Worker
from bot.lookups import Lookups
from bot.metrics import Metrics
from bot.pace import Timer, WallTimer
from bot.push import Push
from bot.push_service import PushService
from bot.services import START, Services
from bot.taps.desk import TapDesk
from core.engine import Engine
from core.errors import StoreUnavailable
from core.platforms import Messenger
from core.ports import Clock
from core.registry import AdoptPolicy, DeclarePeople
from storage import migrations
from storage.lease import SqlLeases
from storage.queries import SqlReader
from storage.states import States
from storage.store import SqlStore

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
    timer: Timer | None = None,
) -> AsyncIterator[Services]:
    """Everything but the surfaces, up and running; drained and closed at the end.

    `messengers`: further channels by name, beside those that are declared.
    """
    clock, timer = clock or SystemClock(), timer or WallTimer()
    url = settings.database()
    await wait_for_database(url)
    states = States()
    store, reader = SqlStore(url, states), SqlReader(url, states)
    latest = await asyncio.to_thread(store.latest)
    if latest is not None and isinstance(clock, SystemClock):
        clock.not_before(latest)
    leases = SqlLeases(url)
    channels = Channels(connections(settings, timer), messengers or {}, leases, timer)
    engine = await asyncio.to_thread(Engine, store, clock, channels.for_request)
    await asyncio.to_thread(engine.refresh)
    bulletin = Bulletin(reader)
    desk = Desk(engine, bulletin.publish)
    faces = Faces(reader, lambda: engine.registry, settings.public_url)
    delivery = Delivery(desk, reader, clock, lambda: channels.places(engine.registry), timer, faces.card)
    channels.moved = delivery.refresh
    deadlines = Deadlines(desk, reader, clock)
    metrics = Metrics(reader.counts, lambda: desk.waiting)
    push_service = PushService(clock, settings.contact(), private=settings.push_private)
    devices = Devices(desk, reader, clock, push_service)
    push = Push(devices, push_service, reader, lambda: engine.registry, clock, timer)
    for hook in (delivery.on_batch, deadlines.on_batch, metrics.on_batch, push.on_batch):
        bulletin.on_batch(hook)
    services = Services(
        desk=desk,
        reader=reader,
        lookups=Lookups(reader),
        bulletin=bulletin,
        delivery=delivery,
        channels=channels,
        faces=faces,
        clock=clock,
        metrics=metrics,
        registry=lambda: engine.registry,
        max_body=settings.max_body,
        max_import=settings.max_import,
        push=push,
        public_url=settings.public_url,
    )
    metrics.watch(services.degraded)
    worker = Worker()
    jobs = services.jobs = Jobs(services, url, leases, timer, worker)
    services.study.reckon = reckoning(reader, worker, lambda: Basis(url, services.learning))
    taps = services.taps = TapDesk(services, channels.fields, channels.channel_at)
    desk.start()
    parts: list[asyncio.Task[None]] = []
    try:
        await declare(services, house)
        work = (bulletin.run, deadlines.run, delivery.run, push.run)
        parts = [asyncio.create_task(_kept_running(part)) for part in work]
        parts.append(asyncio.create_task(channels.run(taps), name="channels"))
        parts.append(asyncio.create_task(_kept_running(jobs.run), name="learning"))
        yield services
    finally:
        bulletin.close()
        # Who taps is answered, so the desk is still there; what is answered is shown, so delivery goes after it.
        for part in reversed(parts):
            part.cancel()
            await asyncio.gather(part, return_exceptions=True)
        await channels.release()
        await desk.close()
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


async def declare(services: Services, house: House) -> None:
    """Keep people, programs, policy and channels in step with what is declared. Also on reload."""
    names = {person.id: written(person.name) for person in house.people}
    people = DeclarePeople(
        new_id("cmd"),
        START,
        "",
        "-",
        people=house.people,
        names=names,
        programs=house.programs,
        accounts=house.accounts,
    )
    await services.must(people)
    await services.must(AdoptPolicy(new_id("cmd"), START, "", "-", document=house.policy_document, policy=house.policy))
    services.channels.declare(house.channels)
    services.templates = {template.name: template for template in house.templates}
    services.learning = house.learning
    if not house.channels and services.channels.states():
        log.warning("no channels are declared in %s: cards stand in no chat", house.source)
    unseen = [
        tier for tier in house.policy.tiers if not any(c.tiers is None or tier in c.tiers for c in house.channels)
    ]
    if house.channels and unseen:
        log.warning("no channel shows tier %s: add it to the `tiers` of one", ", ".join(map(str, unseen)))


def reader_of(url: str) -> SqlReader:
    """Reading from a database, for a process of its own. Whoever asks closes it."""
    return SqlReader(url)


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
